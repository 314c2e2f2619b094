//! What a call gave, as Python's values.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use serde_json::Value as Json;

use super::call::{Outcome, State};
use super::errors::exception;
use crate::error::Error;
use crate::operation::{Resource, TASK, TASK_GROUP};
use crate::start::StartResult;

/// The result of a call, or its exception.
pub(super) fn to_python(py: Python<'_>, outcome: Result<Outcome, Error>) -> PyResult<Py<PyAny>> {
    match outcome.map_err(|error| exception(py, error))? {
        Outcome::Started(result, None) => started(py, result, py.None()),
        Outcome::Started(result, Some(last)) => {
            let last = model(py, last.resource, last.json)?;
            started(py, result, last)
        }
        Outcome::Shown(last) => model(py, last.resource, last.json),
        Outcome::Page(page) => list(py, page),
        Outcome::Done | Outcome::Many(_) => Ok(py.None()),
    }
}

/// The state of a task, task group or synchronization task as its model.
pub(super) fn model(
    py: Python<'_>,
    resource: &'static Resource,
    json: Json,
) -> PyResult<Py<PyAny>> {
    model_class(py, resource)?
        .call_method1(intern!(py, "from_raw"), (json_to_python(py, json)?,))
        .map(Bound::unbind)
}

fn model_class<'py>(py: Python<'py>, resource: &'static Resource) -> PyResult<Bound<'py, PyAny>> {
    static CLASSES: [PyOnceLock<Py<PyAny>>; 3] =
        [PyOnceLock::new(), PyOnceLock::new(), PyOnceLock::new()];
    let (at, name) = if *resource == TASK {
        (0, "Task")
    } else if *resource == TASK_GROUP {
        (1, "TaskGroup")
    } else {
        (2, "SyncTask")
    };
    CLASSES[at]
        .import(py, "huaweicloud_oms.models", name)
        .cloned()
}

/// A page of a list: its models, and how many the service says there are in all.
fn list(py: Python<'_>, page: State) -> PyResult<Py<PyAny>> {
    let State { resource, json } = page;
    let Json::Object(mut members) = json else {
        return Err(PyRuntimeError::new_err("a page is a JSON object"));
    };
    let count = members.get("count").and_then(Json::as_u64);
    let name = if *resource == TASK_GROUP {
        "taskgroups"
    } else {
        "tasks"
    };
    let class = model_class(py, resource)?;
    let items = PyList::empty(py);
    if let Some(Json::Array(found)) = members.remove(name) {
        for item in found {
            let item = json_to_python(py, item)?;
            items.append(class.call_method1(intern!(py, "from_raw"), (item,))?)?;
        }
    }
    (items, count).into_py_any(py)
}

/// A start that succeeded; `last` is what was then seen at the end of waiting, or None.
pub(super) fn started(py: Python<'_>, result: StartResult, last: Py<PyAny>) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "huaweicloud_oms.results", "StartResult")?;
    let values = (
        result.operation,
        result.resource_id,
        result.status_code,
        result.request_id,
        result.attempts,
        result.elapsed.as_secs_f64(),
        result.already_started,
        last,
    );
    class.call1(values).map(Bound::unbind)
}

/// JSON as Python's own values. serde_json reads at most 128 levels, so this cannot run out of stack.
fn json_to_python(py: Python<'_>, json: Json) -> PyResult<Py<PyAny>> {
    match json {
        Json::Null => Ok(py.None()),
        Json::Bool(flag) => flag.into_py_any(py),
        Json::Number(number) => {
            if let Some(integer) = number.as_i64() {
                integer.into_py_any(py)
            } else if let Some(integer) = number.as_u64() {
                integer.into_py_any(py)
            } else {
                number.as_f64().into_py_any(py)
            }
        }
        Json::String(text) => text.into_py_any(py),
        Json::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(json_to_python(py, item)?)?;
            }
            list.into_py_any(py)
        }
        Json::Object(members) => {
            let dict = PyDict::new(py);
            for (name, value) in members {
                dict.set_item(name, json_to_python(py, value)?)?;
            }
            dict.into_py_any(py)
        }
    }
}
