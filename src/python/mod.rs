//! The bindings: the only place that knows PyO3.

#[cfg(feature = "emulator")]
mod emulator;

use pyo3::prelude::*;

/// The extension module `huaweicloud_oms._core`.
#[pymodule]
mod _core {
    #[cfg(feature = "emulator")]
    #[pymodule_export]
    use super::emulator::Emulator;
}
