//! What a call gave, as Python's values.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use serde_json::Value as Json;

use super::client::Outcome;
use super::errors::exception;
use crate::error::Error;
use crate::start::StartResult;

/// The result of a call, or its exception.
pub(super) fn to_python(py: Python<'_>, outcome: Result<Outcome, Error>) -> PyResult<Py<PyAny>> {
    match outcome.map_err(|error| exception(py, error))? {
        Outcome::Started(result) => started(py, result),
        Outcome::Answered(answer) => answer
            .json()
            .map_or_else(|| Ok(py.None()), |json| json_to_python(py, json)),
    }
}

fn started(py: Python<'_>, result: StartResult) -> PyResult<Py<PyAny>> {
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
