//! Events of a call as records of the logger `huaweicloud_oms`. Nothing is printed by itself.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::journal::Event;

const DEBUG: u8 = 10;
const INFO: u8 = 20;
const WARNING: u8 = 30;

/// The logger, if anyone could be listening: a program that never imported `logging` has no handlers.
fn logger(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(logger) = LOGGER.get(py) {
        return Ok(Some(logger.bind(py)));
    }
    let modules = py.import("sys")?.getattr("modules")?;
    if !modules.contains("logging")? {
        return Ok(None);
    }
    let logger = LOGGER.get_or_try_init(py, || {
        let logging = py.import("logging")?;
        let logger = logging.call_method1("getLogger", ("huaweicloud_oms",))?;
        // Without any handler, Python would print warnings by itself.
        logger.call_method1("addHandler", (logging.call_method0("NullHandler")?,))?;
        PyResult::Ok(logger.unbind())
    })?;
    Ok(Some(logger.bind(py)))
}

/// Whether the records of a call that goes as it should would go anywhere.
pub(super) fn is_verbose(py: Python<'_>) -> bool {
    let wanted = |logger: &Bound<'_, PyAny>| {
        logger
            .call_method1(intern!(py, "isEnabledFor"), (INFO,))?
            .is_truthy()
    };
    logger(py)
        .and_then(|logger| logger.map_or(Ok(false), wanted))
        .unwrap_or(false)
}

/// Writes one event. A handler that raises is reported as Python reports errors nobody can catch.
pub(super) fn write(py: Python<'_>, event: &Event) {
    if let Err(error) = try_write(py, event) {
        error.write_unraisable(py, None);
    }
}

fn try_write(py: Python<'_>, event: &Event) -> PyResult<()> {
    let Some(logger) = logger(py)? else {
        return Ok(());
    };
    let level = match event {
        Event::Attempt { .. } => DEBUG,
        Event::Started(_) => INFO,
        Event::ClockCorrected { .. } => WARNING,
    };
    if !logger
        .call_method1(intern!(py, "isEnabledFor"), (level,))?
        .is_truthy()?
    {
        return Ok(());
    }
    let extra = PyDict::new(py);
    let text = describe(event, &extra)?;
    let keywords = PyDict::new(py);
    keywords.set_item("extra", extra)?;
    let args = PyTuple::new(
        py,
        [
            level.into_pyobject(py)?.into_any(),
            "%s".into_pyobject(py)?.into_any(),
            text.into_pyobject(py)?.into_any(),
        ],
    )?;
    logger.call_method("log", args, Some(&keywords))?;
    Ok(())
}

/// The text of a record; its parts become attributes of the record too.
fn describe(event: &Event, extra: &Bound<'_, PyDict>) -> PyResult<String> {
    Ok(match event {
        Event::Attempt {
            operation,
            resource_id,
            attempt,
            status,
            request_id,
            elapsed,
            failure,
        } => {
            let milliseconds = elapsed.as_secs_f64() * 1000.0;
            set_request(
                extra,
                operation,
                resource_id,
                *status,
                request_id.as_deref(),
            )?;
            extra.set_item("attempt", attempt)?;
            extra.set_item("milliseconds", milliseconds)?;
            let outcome = match (status, failure) {
                (Some(status), _) => format!("HTTP {status}"),
                (None, Some(failure)) => failure.clone(),
                (None, None) => "no answer".to_owned(),
            };
            format!(
                "{operation} of {}: attempt {attempt}: {outcome} after {milliseconds:.1} ms{}",
                resource_id.escape_debug(),
                id_suffix(request_id.as_deref())
            )
        }
        Event::Started(result) => {
            let milliseconds = result.elapsed.as_secs_f64() * 1000.0;
            let request_id = result.request_id.as_deref();
            let (operation, attempts) = (result.operation, result.attempts);
            let status = result.status_code;
            set_request(
                extra,
                operation,
                &result.resource_id,
                Some(status),
                request_id,
            )?;
            extra.set_item("attempt", attempts)?;
            extra.set_item("milliseconds", milliseconds)?;
            extra.set_item("already_started", result.already_started)?;
            let how = if result.already_started {
                "found started"
            } else {
                "started"
            };
            format!(
                "{operation} of {}: {how}: HTTP {status}, attempt {attempts}, {milliseconds:.1} ms{}",
                result.resource_id.escape_debug(),
                id_suffix(request_id)
            )
        }
        Event::ClockCorrected { seconds } => {
            extra.set_item("clock_offset", seconds)?;
            format!(
                "this machine's clock is off by {:.0} s against the service's; requests are dated by the service's \
                 from now on",
                -seconds
            )
        }
    })
}

fn set_request(
    extra: &Bound<'_, PyDict>,
    operation: &str,
    resource_id: &str,
    status: Option<u16>,
    request_id: Option<&str>,
) -> PyResult<()> {
    extra.set_item("operation", operation)?;
    extra.set_item("resource_id", resource_id)?;
    extra.set_item("status_code", status)?;
    extra.set_item("request_id", request_id)
}

fn id_suffix(request_id: Option<&str>) -> String {
    request_id.map_or_else(String::new, |id| format!(" (request id {id})"))
}
