//! The bindings: the only place that knows PyO3.
//!
//! `huaweicloud_oms` in `python/` is the public face; what is here is private to it, but for the classes and
//! functions that it hands on as they are.

#![allow(
    clippy::doc_markdown,
    clippy::unused_self,
    reason = "doc comments here are Python docstrings, and Python's protocols have a self"
)]

mod arguments;
mod asyncio;
mod blocking;
mod call;
mod client;
mod credentials;
#[cfg(feature = "emulator")]
mod emulator;
mod environment;
mod errors;
mod fleet;
mod function;
mod gate;
mod journals;
mod listing;
mod logging;
mod many;
mod outcomes;
mod progress;
mod results;
mod runtime;
mod settings;
mod signing;
mod sources;
mod start_value;

use pyo3::prelude::*;

/// The extension module `huaweicloud_oms._core`.
#[pymodule]
mod _core {
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_export]
    use super::call::Call;
    #[pymodule_export]
    use super::client::Core;
    #[pymodule_export]
    use super::credentials::{AkSk, CredentialsSource, Token};
    #[cfg(feature = "emulator")]
    #[pymodule_export]
    use super::emulator::Emulator;
    #[pymodule_export]
    use super::environment::environment_fingerprint;
    #[pymodule_export]
    use super::listing::Listing;
    #[pymodule_export]
    use super::settings::RetryPolicy;
    #[pymodule_export]
    use super::signing::sign_request;
    #[pymodule_export]
    use super::sources::{
        CredentialChain, EnvironmentCredentials, FunctionCredentials, IamPasswordCredentials,
        OidcCredentials, PodIdentityCredentials, ProfileCredentials, ServerMetadataCredentials,
    };
    #[pymodule_export]
    use super::start_value::Start;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let regions = PyTuple::new(module.py(), crate::region::REGIONS)?;
        module.add("REGIONS", regions)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
