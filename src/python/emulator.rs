//! The local OMS, offered to Python.

mod fault;
mod values;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::gate::detached;
use crate::emulator::state::{ErrorReason, SyncTask, Task, TaskGroup, parse_status};
use crate::emulator::{self as core, Config, Fault, Filter};
use crate::operation::{OPERATIONS, Resource};
use crate::secret::SecretString;
use crate::validation::check_segment;
use fault::{Given, effect, pause, unknown_operation};
use values::{recorded, to_python};

/// The server behind `huaweicloud_oms.emulator.Emulator`.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub struct Emulator(core::Emulator);

#[pymethods]
impl Emulator {
    #[new]
    #[pyo3(signature = (*, ak, sk, project_id, security_token, token, host, port, clock_offset, running_limit,
        max_requests, state, lock_after, identity))]
    #[allow(clippy::too_many_arguments)] // they are the public constructor's, by name
    fn new(
        ak: Option<String>,
        sk: Option<String>,
        project_id: String,
        security_token: Option<String>,
        token: Option<String>,
        host: &str,
        port: i64,
        clock_offset: f64,
        running_limit: Option<i64>,
        max_requests: i64,
        state: Option<PathBuf>,
        lock_after: Option<u32>,
        identity: Option<&Bound<'_, PyAny>>,
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
            lock_after,
            identity: identity
                .map(|known| self::identity(known, &project_id))
                .transpose()?,
            project_id,
            host: address(host)?,
            port: natural("port", port)?,
            clock_offset,
            running_limit: running_limit
                .map(|limit| natural("running_limit", limit))
                .transpose()?,
            max_requests: natural("max_requests", max_requests)?,
            state,
        };
        core::Emulator::new(config)
            .map(Self)
            .map_err(|error| to_python_error(&error))
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.0.start())?.map_err(|error| to_python_error(&error))
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || self.0.stop())?.map_err(|error| to_python_error(&error))
    }

    #[getter]
    fn endpoint(&self) -> Option<String> {
        self.0.endpoint()
    }

    #[pyo3(signature = (
        ids, *, status, group_id, total_objects, total_bytes, duration, waiting, pausing, failed_objects, error_reason
    ))]
    #[allow(clippy::too_many_arguments)] // they are the public method's, by name
    fn add_tasks(
        &self,
        ids: Vec<String>,
        status: &str,
        group_id: String,
        total_objects: i64,
        total_bytes: i64,
        duration: f64,
        waiting: f64,
        pausing: f64,
        failed_objects: i64,
        error_reason: Option<(String, String)>,
    ) -> PyResult<()> {
        let task = Task {
            status: parse_status(status).map_err(PyValueError::new_err)?,
            group_id,
            total_objects: natural("total_objects", total_objects)?,
            total_bytes: natural("total_bytes", total_bytes)?,
            duration,
            waiting,
            pausing,
            failed_objects: natural("failed_objects", failed_objects)?,
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
        tasks: i64,
        total_objects: i64,
        total_bytes: i64,
        duration: f64,
        waiting: f64,
        pausing: f64,
        failed_tasks: i64,
        error_reason: Option<(String, String)>,
    ) -> PyResult<()> {
        let group = TaskGroup {
            status: parse_status(status).map_err(PyValueError::new_err)?,
            tasks: natural("tasks", tasks)?,
            total_objects: natural("total_objects", total_objects)?,
            total_bytes: natural("total_bytes", total_bytes)?,
            duration,
            waiting,
            pausing,
            failed_tasks: natural("failed_tasks", failed_tasks)?,
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
            return detached(py, || local.refuse(time));
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

    #[getter]
    fn issued(&self) -> PyResult<u64> {
        Ok(self.here()?.issued())
    }

    fn expire_issued(&self) -> PyResult<()> {
        self.here()?.expire_issued();
        Ok(())
    }

    fn clear_faults(&self, py: Python<'_>) -> PyResult<()> {
        let local = self.here()?;
        detached(py, || local.clear_faults())
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

/// A number from 0 to the greatest that fits.
fn natural<T: TryFrom<i64>>(name: &str, number: i64) -> PyResult<T> {
    let told = |_| PyValueError::new_err(format!("{name} is out of its range: {number}"));
    T::try_from(number).map_err(told)
}

/// IAM and its like, from a Python `Identity`.
fn identity(known: &Bound<'_, PyAny>, project_id: &str) -> PyResult<core::Identity> {
    let text = |name: &str| known.getattr(name)?.extract::<String>();
    let projects = known.getattr("projects")?;
    let lifetime: f64 = known.getattr("lifetime")?.extract()?;
    if !lifetime.is_finite() {
        return Err(PyValueError::new_err(
            "lifetime must be a number of seconds",
        ));
    }
    Ok(core::Identity {
        region: text("region")?,
        projects: if projects.is_none() {
            vec![project_id.to_owned()]
        } else {
            projects.extract()?
        },
        user: (text("user")?, text("password")?.into(), text("domain")?),
        token: text("token")?.into(),
        lifetime,
        delay: pause(Some(known.getattr("delay")?.extract()?), 0.0)?,
        session: known.getattr("session")?.extract()?,
        issued: 0.into(),
    })
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
