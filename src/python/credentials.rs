//! What all credentials have in common in Python, and the two that are given as they are.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::arguments::type_name;
use super::asyncio::{self, LoopSlot};
use super::errors::{configuration, exception};
use super::{blocking, gate};
use crate::classify::unready_error;
use crate::credentials::Credentials;
use crate::secret::SecretString;
use crate::settings::{Process, prepare_alone};
use crate::source::{Fault, Given, Issued, Memory, Net, Prepared, Source};
use crate::transport::TransportSettings;

/// How long connecting may take for a source that is asked without a client.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A way to prove who is calling: what `Client` and `AsyncClient` take as `credentials`.
#[pyclass(frozen, subclass, module = "huaweicloud_oms")]
pub(super) struct CredentialsSource {
    source: Arc<dyn Source>,
    /// Set where they are given as they are.
    fixed: Option<Credentials>,
}

#[pymethods]
impl CredentialsSource {
    /// Fetch credentials now, without a client.
    ///
    /// Returns:
    ///     An `AkSk` or a `Token`, and when it expires (an aware `datetime`) or `None` where no end is known.
    ///
    /// Raises:
    ///     ConfigurationError: Nothing was configured that could be used.
    ///     CredentialsError: The source failed, or gave nothing usable.
    fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let prepared = self.prepare(py, None)?;
        let issued = blocking::run(py, fetch(prepared))?;
        to_python(py, issued)
    }

    /// Fetch credentials now, without a client; as `get`, to be awaited.
    fn get_async(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let slot = Arc::new(LoopSlot::default());
        let (mailbox, event_loop) = slot.running(py)?;
        let prepared = self.prepare(py, Some(slot))?;
        let running = asyncio::spawn(py, mailbox, &event_loop, fetch(prepared), to_python)?;
        Ok(running.future.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        match &self.fixed {
            Some(credentials) => format!("{credentials:?}"),
            None => format!("{}(...)", self.source.name()),
        }
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err(
            "credentials are not pickled: a pickle would hold the keys. Make them where they are used",
        ))
    }
}

impl CredentialsSource {
    /// The base of a class whose credentials have to be fetched.
    pub(super) fn of(source: impl Source + 'static) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Self {
            source: Arc::new(source),
            fixed: None,
        })
    }

    fn fixed(name: &'static str, credentials: Credentials) -> Self {
        let source = Given {
            name,
            credentials: credentials.clone(),
        };
        Self {
            source: Arc::new(source),
            fixed: Some(credentials),
        }
    }

    fn prepare(&self, py: Python<'_>, slot: Option<Arc<LoopSlot>>) -> PyResult<Prepared> {
        let host = slot.map(|slot| slot as _);
        prepare_alone(&*self.source, host, &Process)
            .map_err(|fault| exception(py, unready_error(fault)))
    }
}

async fn fetch(prepared: Prepared) -> Result<Issued, Fault> {
    match prepared {
        Prepared::Fixed {
            source,
            credentials,
        } => Ok(Issued::lasting(source, credentials)),
        Prepared::Live(fetch) => {
            let net = Net::new(TransportSettings {
                connect_timeout: CONNECT_TIMEOUT,
                proxy: None,
                ca_bundle: None,
                allow_http: false,
            });
            fetch.fetch(&net, &mut Memory::default()).await
        }
    }
}

/// `(credentials, expiry)`.
fn to_python(py: Python<'_>, issued: Result<Issued, Fault>) -> PyResult<Py<PyAny>> {
    let issued = issued.map_err(|fault| exception(py, unready_error(fault)))?;
    let expiry = match issued.expires() {
        None => py.None(),
        Some(end) => {
            let datetime = py.import("datetime")?;
            let utc = datetime.getattr("timezone")?.getattr("utc")?;
            let seconds = end.duration_since(UNIX_EPOCH).unwrap_or_default();
            datetime
                .getattr("datetime")?
                .call_method1("fromtimestamp", (seconds.as_secs_f64(), utc))?
                .unbind()
        }
    };
    let credentials = match &issued.credentials {
        Credentials::AkSk { .. } => Py::new(py, AkSk::of(issued.credentials))?.into_any(),
        Credentials::Token(_) => Py::new(py, Token::of(issued.credentials))?.into_any(),
    };
    Ok((credentials, expiry).into_pyobject(py)?.into_any().unbind())
}

/// An access key with its secret key; a temporary one comes with a security token.
///
/// Args:
///     ak: The access key.
///     sk: The secret access key.
///     security_token: The token of a temporary key, up to 16384 characters.
///
/// Raises:
///     ConfigurationError: A value is empty, no string, or cannot stand in an HTTP header.
///
/// See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct AkSk;

#[pymethods]
impl AkSk {
    #[new]
    #[pyo3(signature = (ak, sk, security_token=None))]
    fn new(
        ak: &Bound<'_, PyAny>,
        sk: &Bound<'_, PyAny>,
        security_token: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let py = ak.py();
        let token = security_token
            .map(|token| secret("security_token", token))
            .transpose()?;
        Credentials::ak_sk(secret("ak", ak)?, secret("sk", sk)?, token)
            .map(Self::of)
            .map_err(|message| configuration(py, message))
    }
}

impl AkSk {
    fn of(credentials: Credentials) -> PyClassInitializer<Self> {
        PyClassInitializer::from(CredentialsSource::fixed("AkSk", credentials)).add_subclass(Self)
    }
}

/// An IAM token, sent as `X-Auth-Token` instead of a signature.
///
/// Args:
///     token: The token, 1 to 16384 characters.
///
/// Raises:
///     ConfigurationError: It is empty, no string, or cannot stand in an HTTP header.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct Token;

#[pymethods]
impl Token {
    #[new]
    fn new(token: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Credentials::token(secret("token", token)?)
            .map(Self::of)
            .map_err(|message| configuration(token.py(), message))
    }
}

impl Token {
    fn of(credentials: Credentials) -> PyClassInitializer<Self> {
        PyClassInitializer::from(CredentialsSource::fixed("Token", credentials)).add_subclass(Self)
    }
}

/// The core's source in a Python object, if it is one.
pub(super) fn source(value: &Bound<'_, PyAny>) -> Result<Arc<dyn Source>, String> {
    match value.cast::<CredentialsSource>() {
        Ok(source) => Ok(Arc::clone(&source.get().source)),
        Err(_) => Err(format!(
            "credentials must be AkSk(...), Token(...) or another source of credentials, not {}",
            type_name(value)
        )),
    }
}

/// Credentials that are given as they are.
pub(super) fn extract(value: &Bound<'_, PyAny>) -> Result<Credentials, String> {
    let fixed = value
        .cast::<CredentialsSource>()
        .ok()
        .and_then(|source| source.get().fixed.clone());
    fixed.ok_or_else(|| {
        format!(
            "credentials must be AkSk(...) or Token(...), not {}",
            type_name(value)
        )
    })
}

pub(super) fn secret(name: &str, value: &Bound<'_, PyAny>) -> PyResult<SecretString> {
    let py = value.py();
    let text = value.cast::<PyString>().map_err(|_| {
        configuration(
            py,
            format!("{name} must be a string, not {}", type_name(value)),
        )
    })?;
    let text = text.to_str().map_err(|_| {
        configuration(
            py,
            format!("{name} must be Unicode text without lone surrogates"),
        )
    })?;
    Ok(SecretString::from(text))
}

/// Seconds from now until an aware `datetime`, which must lie ahead.
pub(super) fn until(expiry: &Bound<'_, PyAny>) -> Result<Duration, &'static str> {
    let refusal = "an expiry that is no aware datetime (one with a time zone)";
    let offset = expiry.call_method0("utcoffset").map_err(|_| refusal)?;
    let end: f64 = expiry
        .call_method0("timestamp")
        .and_then(|seconds| seconds.extract())
        .map_err(|_| refusal)?;
    if offset.is_none() {
        return Err(refusal);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Duration::try_from_secs_f64(end - now.as_secs_f64())
        .ok()
        .filter(|left| !left.is_zero())
        .ok_or("an expiry in the past")
}

/// Has the runtime's threads kept out of an interpreter that exits.
pub(super) fn use_threads(py: Python<'_>) -> PyResult<()> {
    gate::close_at_exit(py)
}
