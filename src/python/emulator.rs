//! The local OMS, offered to Python.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

use crate::emulator::state::{ErrorReason, SyncTask, Task, TaskGroup, parse_status};
use crate::emulator::{self as core, Config, Effect, Fault, Filter, Reply, Spoil, WireEffect};
use crate::operation::{OPERATIONS, Resource};
use crate::secret::SecretString;
use crate::validation::check_segment;

/// The server behind `huaweicloud_oms.emulator.Emulator`.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub struct Emulator(core::Emulator);

#[pymethods]
impl Emulator {
    #[new]
    #[pyo3(signature = (*, ak, sk, project_id, security_token, token, host, port, clock_offset, max_requests, state))]
    #[allow(clippy::too_many_arguments)] // they are the public constructor's, by name
    fn new(
        ak: Option<String>,
        sk: Option<String>,
        project_id: String,
        security_token: Option<String>,
        token: Option<String>,
        host: &str,
        port: u16,
        clock_offset: f64,
        max_requests: usize,
        state: Option<PathBuf>,
    ) -> PyResult<Self> {
        let key = match (ak, sk) {
            (Some(ak), Some(sk)) => Some((ak, SecretString::from(sk))),
            (None, None) => None,
            _ => {
                return Err(PyValueError::new_err(
                    "ak and sk go together: give both, or neither",
                ));
            }
        };
        if security_token.is_some() && key.is_none() {
            return Err(PyValueError::new_err(
                "security_token belongs to a key: give ak and sk with it",
            ));
        }
        check_segment(&project_id, 1024)
            .map_err(|told| PyValueError::new_err(format!("project_id {told}")))?;
        if !clock_offset.is_finite() {
            return Err(PyValueError::new_err(
                "clock_offset must be a number of seconds",
            ));
        }
        let config = Config {
            key,
            security_token: security_token.map(SecretString::from),
            token: token.map(SecretString::from),
            project_id,
            host: address(host)?,
            port,
            clock_offset,
            max_requests,
            state,
        };
        core::Emulator::new(config)
            .map(Self)
            .map_err(|error| to_python_error(&error))
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.start())
            .map_err(|error| to_python_error(&error))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.stop())
            .map_err(|error| to_python_error(&error))
    }

    #[getter]
    fn endpoint(&self) -> Option<String> {
        self.0.endpoint()
    }

    #[pyo3(signature = (
        ids, *, status, total_objects, total_bytes, duration, waiting, pausing, failed_objects, error_reason
    ))]
    #[allow(clippy::too_many_arguments)] // they are the public method's, by name
    fn add_tasks(
        &self,
        ids: Vec<String>,
        status: &str,
        total_objects: u64,
        total_bytes: u64,
        duration: f64,
        waiting: f64,
        pausing: f64,
        failed_objects: u64,
        error_reason: Option<(String, String)>,
    ) -> PyResult<()> {
        let task = Task {
            status: parse_status(status).map_err(PyValueError::new_err)?,
            total_objects,
            total_bytes,
            duration,
            waiting,
            pausing,
            failed_objects,
            error_reason: reason(error_reason),
            ..Task::default()
        };
        self.here()?
            .add_tasks(ids, &task)
            .map_err(PyValueError::new_err)
    }

    #[pyo3(signature = (
        id, *, status, tasks, total_objects, total_bytes, duration, waiting, pausing, failed_tasks, error_reason
    ))]
    #[allow(clippy::too_many_arguments)] // they are the public method's, by name
    fn add_task_group(
        &self,
        id: String,
        status: &str,
        tasks: u64,
        total_objects: u64,
        total_bytes: u64,
        duration: f64,
        waiting: f64,
        pausing: f64,
        failed_tasks: u64,
        error_reason: Option<(String, String)>,
    ) -> PyResult<()> {
        let group = TaskGroup {
            status: parse_status(status).map_err(PyValueError::new_err)?,
            tasks,
            total_objects,
            total_bytes,
            duration,
            waiting,
            pausing,
            failed_tasks,
            error_reason: reason(error_reason),
            ..TaskGroup::default()
        };
        self.here()?
            .add_task_group(id, group)
            .map_err(PyValueError::new_err)
    }

    #[pyo3(signature = (id, *, status))]
    fn add_sync_task(&self, id: String, status: &str) -> PyResult<()> {
        let task = SyncTask {
            status: parse_status(status).map_err(PyValueError::new_err)?,
            ..SyncTask::default()
        };
        self.here()?.add_sync_task(id, task);
        Ok(())
    }

    /// What the service would answer to "show"; None where there is no such thing.
    fn show<'py>(
        &self,
        py: Python<'py>,
        collection: &str,
        id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let resource = resource(collection)?;
        let json = self
            .here()?
            .show(resource, id)
            .map(|body| serde_json::from_slice(&body).unwrap_or_default());
        to_python(py, &json.unwrap_or_default())
    }

    fn requests<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.here()?
            .requests()
            .into_iter()
            .map(|request| recorded(py, request))
            .collect()
    }

    fn starts(&self) -> PyResult<Vec<(&'static str, String, u64)>> {
        Ok(self.here()?.starts())
    }

    #[pyo3(signature = (
        kind, *, after, operation, id, times, share, seed, seconds, status, error_code, error_msg, retry_after,
        location, body, content_type, headers
    ))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // they are the public `Fault`'s, by name
    fn inject(
        &self,
        py: Python<'_>,
        kind: &str,
        after: bool,
        operation: Option<&str>,
        id: Option<String>,
        times: Option<u64>,
        share: Option<f64>,
        seed: u64,
        seconds: Option<f64>,
        status: Option<u16>,
        error_code: Option<String>,
        error_msg: Option<String>,
        retry_after: Option<String>,
        location: Option<String>,
        body: Option<Vec<u8>>,
        content_type: Option<String>,
        headers: Vec<(String, String)>,
    ) -> PyResult<()> {
        let local = self.here()?;
        if kind == "refuse" {
            let time = pause(seconds, 1.0)?;
            py.detach(|| local.refuse(time));
            return Ok(());
        }
        let given = Given {
            status,
            error_code,
            error_msg,
            retry_after,
            location,
            body,
            content_type,
            headers,
        };
        let (name, effect) = effect(kind, seconds, given)?;
        let operations = match operation {
            Some(wanted) => {
                Some(Filter::operations_named(wanted).ok_or_else(|| unknown_operation(wanted))?)
            }
            None => None,
        };
        local.inject(Fault {
            name,
            effect,
            after,
            filter: Filter { operations, id },
            times,
            share: share.map(|share| (share, seed)),
        });
        Ok(())
    }

    fn clear_faults(&self, py: Python<'_>) -> PyResult<()> {
        let local = self.here()?;
        py.detach(|| local.clear_faults());
        Ok(())
    }
}

impl Emulator {
    /// The local OMS, in the process that made it.
    fn here(&self) -> PyResult<&core::Emulator> {
        if self.0.elsewhere() {
            let told = "this Emulator lives in the process that made it; a forked child can only use its endpoint";
            return Err(PyRuntimeError::new_err(told));
        }
        Ok(&self.0)
    }
}

/// What was said of an answer.
struct Given {
    status: Option<u16>,
    error_code: Option<String>,
    error_msg: Option<String>,
    retry_after: Option<String>,
    location: Option<String>,
    body: Option<Vec<u8>>,
    content_type: Option<String>,
    headers: Vec<(String, String)>,
}

impl Given {
    fn status(&self, otherwise: StatusCode) -> PyResult<StatusCode> {
        match self.status {
            None => Ok(otherwise),
            // An answer of 1xx would be none yet.
            Some(code @ 200..=599) => {
                StatusCode::from_u16(code).map_err(|e| PyValueError::new_err(e.to_string()))
            }
            Some(code) => Err(PyValueError::new_err(format!(
                "status must be from 200 to 599, not {code}"
            ))),
        }
    }

    /// An answer of this status: what was given, else this type and body, else an error as the service tells one.
    fn reply(
        self,
        otherwise: StatusCode,
        made_up: Option<(&'static str, &'static str)>,
    ) -> PyResult<Reply> {
        let status = self.status(otherwise)?;
        let mut reply = match (self.body, made_up) {
            (Some(body), _) => {
                Reply::new(status, HeaderValue::from_static("text/plain"), body.into())
            }
            (None, Some((content_type, body))) => Reply::new(
                status,
                HeaderValue::from_static(content_type),
                Bytes::from_static(body.as_bytes()),
            ),
            (None, None) => Reply::error(
                status,
                self.error_code
                    .as_deref()
                    .unwrap_or_else(|| Reply::usual_code(status)),
                self.error_msg
                    .as_deref()
                    .or(status.canonical_reason())
                    .unwrap_or_default(),
            ),
        };
        if let Some(content_type) = self.content_type {
            reply.content_type = header_value("content_type", &content_type)?;
        }
        if let Some(value) = self.retry_after {
            reply
                .headers
                .push((RETRY_AFTER, header_value("retry_after", &value)?));
        }
        if let Some(value) = self.location {
            reply
                .headers
                .push((LOCATION, header_value("location", &value)?));
        }
        for (name, value) in self.headers {
            let told = |_| PyValueError::new_err(format!("headers: {name:?} is no header name"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(told)?;
            reply.headers.push((header, header_value(&name, &value)?));
        }
        Ok(reply)
    }
}

/// A fault by the name that Python has for it.
fn effect(kind: &str, seconds: Option<f64>, given: Given) -> PyResult<(&'static str, Effect)> {
    const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
        <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
    let (json, html) = ("application/json", "text/html");
    Ok(match kind {
        "delay" => ("delay", Effect::Delay(pause(seconds, 1.0)?)),
        "reset" => ("reset", Effect::Wire(WireEffect::Reset)),
        "close" => ("close", Effect::Wire(WireEffect::Close)),
        "stall" => ("stall", Effect::Wire(WireEffect::Stall)),
        "stall_body" => (
            "stall_body",
            Effect::Wire(WireEffect::Spoil(Spoil::StallBody)),
        ),
        "truncate" => ("truncate", Effect::Wire(WireEffect::Spoil(Spoil::Truncate))),
        "slow" => (
            "slow",
            Effect::Wire(WireEffect::Spoil(Spoil::Slow(pause(seconds, 1.0)?))),
        ),
        "garbage" => ("garbage", Effect::Wire(WireEffect::Garbage)),
        "oversized" => {
            let status = given.status(StatusCode::INTERNAL_SERVER_ERROR)?;
            ("oversized", Effect::Wire(WireEffect::Oversized(status)))
        }
        "not_json" => {
            let reply = given.reply(
                StatusCode::INTERNAL_SERVER_ERROR,
                Some((json, "{\"error_code\": \"OMS.")),
            )?;
            ("not_json", Effect::Reply(reply))
        }
        "html" => (
            "html",
            Effect::Reply(given.reply(StatusCode::BAD_GATEWAY, Some((html, HTML)))?),
        ),
        "redirect" => {
            let reply = given.reply(StatusCode::TEMPORARY_REDIRECT, Some((html, "")))?;
            ("redirect", Effect::Reply(reply))
        }
        "early" => (
            "early",
            Effect::Early(given.reply(StatusCode::SERVICE_UNAVAILABLE, None)?),
        ),
        "status" => (
            "status",
            Effect::Reply(given.reply(StatusCode::SERVICE_UNAVAILABLE, None)?),
        ),
        _ => return Err(PyValueError::new_err(format!("no such fault: {kind:?}"))),
    })
}

fn unknown_operation(wanted: &str) -> PyErr {
    let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    PyValueError::new_err(format!(
        "no such operation: {wanted:?}; there are start, show, stop, {}",
        names.join(", ")
    ))
}

fn pause(seconds: Option<f64>, otherwise: f64) -> PyResult<Duration> {
    let seconds = seconds.unwrap_or(otherwise);
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| seconds <= 1e9)
        .ok_or_else(|| PyValueError::new_err("seconds must be a number from 0 to 1000000000"))
}

fn header_value(name: &str, value: &str) -> PyResult<HeaderValue> {
    HeaderValue::from_str(value)
        .map_err(|_| PyValueError::new_err(format!("{name} must be one line of plain text")))
}

fn reason(given: Option<(String, String)>) -> Option<ErrorReason> {
    given.map(|(error_code, error_msg)| ErrorReason {
        error_code,
        error_msg,
    })
}

fn address(host: &str) -> PyResult<IpAddr> {
    if host == "localhost" {
        return Ok(IpAddr::from(Ipv4Addr::LOCALHOST));
    }
    let told = |_| {
        PyValueError::new_err(format!(
            "host must be an IP address or 'localhost', not {host:?}"
        ))
    };
    host.parse().map_err(told)
}

fn resource(collection: &str) -> PyResult<&'static Resource> {
    let found = OPERATIONS
        .iter()
        .map(|operation| operation.resource)
        .find(|r| r.collection == collection);
    found.ok_or_else(|| PyValueError::new_err(format!("no such collection: {collection:?}")))
}

/// A request as the keyword arguments of Python's `RecordedRequest`.
#[allow(clippy::cast_precision_loss)] // milliseconds since 1970 are exact in a double for longer than needed
fn recorded(py: Python<'_>, request: core::RecordedRequest) -> PyResult<Bound<'_, PyDict>> {
    let headers = PyDict::new(py);
    for (name, value) in &request.headers {
        headers.set_item(name.as_str(), value)?;
    }
    let arguments = PyDict::new(py);
    arguments.set_item("method", request.method)?;
    arguments.set_item("path", request.path)?;
    arguments.set_item("query", request.query)?;
    arguments.set_item("headers", headers)?;
    arguments.set_item("body", to_python(py, &request.body.unwrap_or_default())?)?;
    arguments.set_item("status", request.status)?;
    arguments.set_item("operation", request.operation)?;
    arguments.set_item("resource_id", request.resource_id)?;
    arguments.set_item("fault", request.fault)?;
    arguments.set_item("time", request.time_ms as f64 / 1000.0)?;
    Ok(arguments)
}

/// JSON as Python's own types. What is read from text nests at most 128 deep.
fn to_python<'py>(py: Python<'py>, json: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match json {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into_pyobject(py)?.into_any(),
            (None, Some(integer)) => integer.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().into_pyobject(py)?.into_any(),
        },
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, value) in members {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// An `OSError` of the right subclass, or a `ValueError` where the state file makes no sense.
fn to_python_error(error: &io::Error) -> PyErr {
    let told = error.to_string();
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::InvalidData, _) => PyValueError::new_err(told),
        (io::ErrorKind::Other, _) => PyRuntimeError::new_err(told),
        (_, Some(code)) => PyOSError::new_err((code, told)),
        (kind, None) => io::Error::new(kind, told).into(),
    }
}
