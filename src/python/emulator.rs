//! The local OMS, offered to Python.

use pyo3::prelude::*;

/// The server behind `huaweicloud_oms.emulator.Emulator`.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub struct Emulator {}
