//! A client's settings, from Python's arguments: everything wrong with them is told at once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBoolMethods, PyBytes, PyDict, PyInt, PyString};

use super::arguments::{number, positive_seconds, type_name};
use super::asyncio::LoopSlot;
use super::credentials;
use super::errors::configuration;
use crate::client::ClientSettings;
use crate::retry::RetryPolicy as Policy;
use crate::settings::{Behaviour, Given, Process, resolve};
use crate::transport::TransportSettings;

/// How often and how patiently a call tries what certainly was not carried out.
///
/// Args:
///     max_attempts: How many times a start is sent at most, the first included; at least 1.
///     base_delay: The longest wait before the second attempt, in seconds; it doubles with every further one, and
///         the real wait is a random part of it.
///     max_delay: No wait grows beyond this, in seconds.
///     attempt_timeout: How long one attempt may take, in seconds. By default what remains of the call's timeout,
///         less a third (at most 10 s) that is kept to find out what became of it. A start that is given up may
///         still arrive: choose no less than the service ever takes.
///
/// Raises:
///     ValueError: A value is out of range.
#[pyclass(frozen, eq, module = "huaweicloud_oms")]
#[derive(PartialEq)]
pub(super) struct RetryPolicy(pub(super) Policy);

#[pymethods]
impl RetryPolicy {
    #[new]
    #[pyo3(signature = (*, max_attempts=None, base_delay=None, max_delay=None, attempt_timeout=None),
        text_signature = "(*, max_attempts=4, base_delay=0.5, max_delay=20.0, attempt_timeout=None)")]
    fn new(
        max_attempts: Option<&Bound<'_, PyAny>>,
        base_delay: Option<&Bound<'_, PyAny>>,
        max_delay: Option<&Bound<'_, PyAny>>,
        attempt_timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut policy = Policy::default();
        if let Some(value) = max_attempts {
            policy.max_attempts = attempts(value)?;
        }
        if let Some(value) = base_delay {
            policy.base_delay = delay("base_delay", value)?;
        }
        if let Some(value) = max_delay {
            policy.max_delay = delay("max_delay", value)?;
        }
        if let Some(value) = attempt_timeout {
            policy.attempt_timeout = Some(
                positive_seconds(value)
                    .map_err(|m| PyValueError::new_err(format!("attempt_timeout {m}")))?,
            );
        }
        Ok(Self(policy))
    }

    /// How many times a start is sent at most, the first included.
    #[getter]
    const fn max_attempts(&self) -> u32 {
        self.0.max_attempts
    }

    /// The longest wait before the second attempt, in seconds.
    #[getter]
    fn base_delay(&self) -> f64 {
        self.0.base_delay.as_secs_f64()
    }

    /// No wait grows beyond this, in seconds.
    #[getter]
    fn max_delay(&self) -> f64 {
        self.0.max_delay.as_secs_f64()
    }

    /// How long one attempt may take, in seconds; `None` for what remains, less a reserve.
    #[getter]
    fn attempt_timeout(&self) -> Option<f64> {
        self.0.attempt_timeout.map(|limit| limit.as_secs_f64())
    }

    fn __hash__(&self) -> u64 {
        u64::from(self.0.max_attempts)
    }

    fn __repr__(&self) -> String {
        let limit = self
            .attempt_timeout()
            .map_or_else(|| "None".to_owned(), |limit| format!("{limit:?}"));
        format!(
            "RetryPolicy(max_attempts={}, base_delay={:?}, max_delay={:?}, attempt_timeout={limit})",
            self.0.max_attempts,
            self.base_delay(),
            self.max_delay(),
        )
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((), Bound<'py, PyDict>)> {
        let arguments = PyDict::new(py);
        arguments.set_item("max_attempts", self.max_attempts())?;
        arguments.set_item("base_delay", self.base_delay())?;
        arguments.set_item("max_delay", self.max_delay())?;
        if let Some(limit) = self.attempt_timeout() {
            arguments.set_item("attempt_timeout", limit)?;
        }
        Ok(((), arguments))
    }
}

fn attempts(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    let refusal = || PyValueError::new_err("max_attempts must be an integer of at least 1");
    if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
        return Err(refusal());
    }
    value
        .extract::<u32>()
        .ok()
        .filter(|attempts| *attempts > 0)
        .ok_or_else(refusal)
}

fn delay(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    number(value)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| {
            PyValueError::new_err(format!("{name} must be a number of seconds, 0 or more"))
        })
}

/// A client's arguments as they came from Python.
pub(super) struct ClientArguments<'a, 'py> {
    pub(super) region: Option<&'a Bound<'py, PyAny>>,
    pub(super) endpoint: Option<&'a Bound<'py, PyAny>>,
    pub(super) project_id: Option<&'a Bound<'py, PyAny>>,
    pub(super) credentials: Option<&'a Bound<'py, PyAny>>,
    pub(super) timeout: &'a Bound<'py, PyAny>,
    pub(super) connect_timeout: &'a Bound<'py, PyAny>,
    pub(super) retry: Option<&'a Bound<'py, PyAny>>,
    pub(super) proxy: Option<&'a Bound<'py, PyAny>>,
    pub(super) ca_bundle: Option<&'a Bound<'py, PyAny>>,
    pub(super) allow_http: &'a Bound<'py, PyAny>,
    pub(super) signing: Option<&'a Bound<'py, PyAny>>,
    pub(super) domain: Option<&'a Bound<'py, PyAny>>,
    pub(super) iam_endpoint: Option<&'a Bound<'py, PyAny>>,
}

impl ClientArguments<'_, '_> {
    /// Checks the arguments, and fills in what is missing from the environment and the profile file.
    pub(super) fn resolve(&self, slot: Arc<LoopSlot>) -> PyResult<ClientSettings> {
        let py = self.timeout.py();
        let mut faults = Faults::default();
        let given = Given {
            region: faults
                .keep(self.region.map(|v| text("region", v)).transpose())
                .flatten(),
            endpoint: faults
                .keep(self.endpoint.map(|v| text("endpoint", v)).transpose())
                .flatten(),
            project_id: faults
                .keep(self.project_id.map(|v| text("project_id", v)).transpose())
                .flatten(),
            domain: faults
                .keep(self.domain.map(|v| text("domain", v)).transpose())
                .flatten(),
            iam_endpoint: faults
                .keep(
                    self.iam_endpoint
                        .map(|v| text("iam_endpoint", v))
                        .transpose(),
                )
                .flatten(),
            source: faults
                .keep(self.credentials.map(credentials::source).transpose())
                .flatten(),
            host: Some(slot),
        };
        let time = |name: &str, value| {
            positive_seconds(value).map_err(|message| format!("{name} {message}"))
        };
        let timeout = faults.keep(time("timeout", self.timeout));
        let connect_timeout = faults.keep(time("connect_timeout", self.connect_timeout));
        let retry = faults.keep(self.retry.map_or_else(|| Ok(Policy::default()), policy));
        let proxy = faults.keep(self.proxy.map(|v| text("proxy", v)).transpose());
        let ca_bundle = faults.keep(self.ca_bundle.map(bundle).transpose());
        let allow_http = faults.keep(flag("allow_http", self.allow_http));
        let signing = faults.keep(self.signing.map(|v| text("signing", v)).transpose());
        let (
            Some(signing),
            Some(timeout),
            Some(connect_timeout),
            Some(retry),
            Some(proxy),
            Some(ca_bundle),
            Some(allow_http),
        ) = (
            signing,
            timeout,
            connect_timeout,
            retry,
            proxy,
            ca_bundle,
            allow_http,
        )
        else {
            return Err(configuration(py, faults.0.join("; ")));
        };
        if !faults.0.is_empty() {
            return Err(configuration(py, faults.0.join("; ")));
        }
        let behaviour = Behaviour {
            timeout,
            retry,
            transport: TransportSettings {
                connect_timeout,
                proxy: proxy.map(Into::into),
                ca_bundle,
                allow_http,
            },
            signing,
        };
        resolve(given, behaviour, &Process).map_err(|message| configuration(py, message))
    }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn keep<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|fault| self.0.push(fault)).ok()
    }
}

/// A string, of a setting that must be one.
pub(super) fn text(name: &str, value: &Bound<'_, PyAny>) -> Result<String, String> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| format!("{name} must be a string, not {}", type_name(value)))?;
    text.to_str()
        .map(str::to_owned)
        .map_err(|_| format!("{name} must be Unicode text without lone surrogates"))
}

fn flag(name: &str, value: &Bound<'_, PyAny>) -> Result<bool, String> {
    value
        .cast::<PyBool>()
        .map(PyBoolMethods::is_true)
        .map_err(|_| format!("{name} must be a boolean, not {}", type_name(value)))
}

fn policy(value: &Bound<'_, PyAny>) -> Result<Policy, String> {
    value
        .cast::<RetryPolicy>()
        .map(|policy| policy.get().0)
        .map_err(|_| format!("retry must be a RetryPolicy, not {}", type_name(value)))
}

/// A CA bundle: a path to a PEM file, or its content as bytes.
fn bundle(value: &Bound<'_, PyAny>) -> Result<Bytes, String> {
    if let Ok(content) = value.cast::<PyBytes>() {
        return Ok(Bytes::copy_from_slice(content.as_bytes()));
    }
    let path: std::path::PathBuf = value.extract().map_err(|_| {
        format!(
            "ca_bundle must be a path to a PEM file or its content as bytes, not {}",
            type_name(value)
        )
    })?;
    std::fs::read(&path).map(Bytes::from).map_err(|error| {
        format!(
            "ca_bundle cannot be read from '{}': {error}",
            path.display()
        )
    })
}
