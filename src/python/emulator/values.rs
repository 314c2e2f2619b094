//! What the local OMS tells, as Python's own values.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

use crate::emulator::RecordedRequest;

/// A request as the keyword arguments of Python's `RecordedRequest`.
#[allow(clippy::cast_precision_loss)] // milliseconds since 1970 are exact in a double for longer than needed
pub(super) fn recorded(py: Python<'_>, request: RecordedRequest) -> PyResult<Bound<'_, PyDict>> {
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
pub(super) fn to_python<'py>(py: Python<'py>, json: &Value) -> PyResult<Bound<'py, PyAny>> {
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
