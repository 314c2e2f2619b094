//! The core's errors as the Python exceptions of `huaweicloud_oms.exceptions`.

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use super::results;
use crate::classify::ALREADY_STARTED;
use crate::error::{ApiError, Asked, Cause, Error};
use crate::operation::{Resource, SYNC_TASK, TASK, TASK_GROUP};
use crate::validation::Violation;
use crate::wait::{WaitError, WaitReason};

static RESOURCES: [&Resource; 3] = [&TASK, &TASK_GROUP, &SYNC_TASK];

const MODULE: &str = "huaweicloud_oms.exceptions";

/// Makes the exception of an error.
pub(super) fn exception(py: Python<'_>, error: Error) -> PyErr {
    build(py, error).unwrap_or_else(|failure| failure)
}

/// A `ValidationError` about the items of a list, which have no names of their own.
pub(super) fn invalid_items(
    py: Python<'_>,
    method: &str,
    violations: &[(String, String)],
) -> PyResult<PyErr> {
    const MOST: usize = 10;
    let module = py.import(MODULE)?;
    let class = module.getattr("FieldError")?;
    let errors = violations
        .iter()
        .map(|violation| class.call1(violation.clone()))
        .collect::<PyResult<Vec<_>>>()?;
    let told: Vec<String> = violations
        .iter()
        .take(MOST)
        .map(|(field, message)| format!("{field} {message}"))
        .collect();
    let more = match violations.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("{method}: {}{more}. Nothing was sent", told.join("; "));
    let fields = PyDict::new(py);
    fields.set_item("errors", PyTuple::new(py, errors)?)?;
    let class = module.getattr("ValidationError")?;
    Ok(PyErr::from_value(class.call((message,), Some(&fields))?))
}

/// A `ConfigurationError`.
pub(super) fn configuration(py: Python<'_>, message: String) -> PyErr {
    exception(py, Error::Configuration(message))
}

fn build(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    let message = error.to_string();
    let fields = PyDict::new(py);
    let (class, cause) = match error {
        Error::Configuration(_) => ("ConfigurationError", None),
        Error::Credentials { source_name, .. } => {
            fields.set_item("source", source_name)?;
            ("CredentialsError", None)
        }
        Error::Validation { violations, .. } => {
            fields.set_item("errors", field_errors(py, violations)?)?;
            ("ValidationError", None)
        }
        Error::Connect { asked, cause } => {
            set_asked(&fields, &asked)?;
            ("ConnectError", Some(os_error(cause)))
        }
        Error::Timeout { asked, sent } => {
            set_asked(&fields, &asked)?;
            fields.set_item("sent", sent)?;
            ("RequestTimeoutError", None)
        }
        Error::Broken { asked, cause, .. } => {
            set_asked(&fields, &asked)?;
            ("TransportError", Some(os_error(cause)))
        }
        Error::OutcomeUnknown {
            asked, seen, cause, ..
        } => {
            set_asked(&fields, &asked)?;
            fields.set_item("seen", seen)?;
            (
                "OutcomeUnknownError",
                cause.map(|cause| exception(py, *cause)),
            )
        }
        Error::Wait(wait) => {
            let WaitError {
                reason,
                asked,
                last,
                ..
            } = *wait;
            let resource = RESOURCES.iter().find(|r| r.wait_name == asked.operation);
            let last = match (resource, last) {
                (Some(resource), Some(json)) => results::model(py, resource, json)?,
                _ => py.None(),
            };
            let (class, attribute) = match reason {
                WaitReason::Failed => ("MigrationFailedError", "task"),
                WaitReason::Paused | WaitReason::Deleted => ("MigrationPausedError", "task"),
                WaitReason::TimedOut => ("WaitTimeoutError", "last"),
            };
            fields.set_item(attribute, last)?;
            (class, None)
        }
        Error::Api(api) => {
            set_asked(&fields, &api.asked)?;
            set_answer(&fields, &api)?;
            (api_class(&api), None)
        }
    };
    let class = py.import(MODULE)?.getattr(class)?;
    let error = PyErr::from_value(class.call((message,), Some(&fields))?);
    error.set_cause(py, cause);
    Ok(error)
}

/// The class of a refusal, by status and code.
fn api_class(error: &ApiError) -> &'static str {
    match (error.status_code, error.error_code.as_deref()) {
        (400, Some(ALREADY_STARTED)) => "AlreadyStartedError",
        (400, Some("OMS.1009")) | (404, _) => "NotFoundError",
        (400, _) => "BadRequestError",
        (401, _) => "AuthenticationError",
        (403, _) => "PermissionDeniedError",
        (409, _) => "ConflictError",
        (429, _) => "RateLimitError",
        (500..=599, _) => "ServerError",
        _ => "ApiError",
    }
}

fn set_asked(fields: &Bound<'_, PyDict>, asked: &Asked) -> PyResult<()> {
    fields.set_item("operation", asked.operation)?;
    fields.set_item("resource_id", &asked.resource_id)?;
    fields.set_item("attempts", asked.attempts)
}

fn set_answer(fields: &Bound<'_, PyDict>, error: &ApiError) -> PyResult<()> {
    fields.set_item("status_code", error.status_code)?;
    fields.set_item("error_code", error.error_code.as_deref())?;
    fields.set_item("error_msg", &error.error_msg)?;
    fields.set_item("request_id", error.request_id.as_deref())?;
    if error.status_code == 429 {
        let wait = error.retry_after.map(|wait| wait.as_secs_f64());
        fields.set_item("retry_after", wait)?;
    }
    Ok(())
}

fn field_errors(py: Python<'_>, violations: Vec<Violation>) -> PyResult<Bound<'_, PyTuple>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, MODULE, "FieldError")?;
    let errors = violations
        .into_iter()
        .map(|violation| class.call1((violation.field, violation.message)))
        .collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, errors)
}

/// What lies under a failed connection, as Python's own error: with a number it becomes the fitting subclass.
fn os_error(cause: Cause) -> PyErr {
    match cause.os_error {
        Some(number) => PyOSError::new_err((number, cause.message)),
        None => PyOSError::new_err(cause.message),
    }
}
