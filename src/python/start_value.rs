//! A start as a value: what is to be started and with which keys, not yet sent.

use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{self, Arguments, Verb};
use crate::client::{ClientSettings, validate};
use crate::error::Error;
use crate::operation::{Action, Operation};
use crate::request::Request;
use crate::secret::ExposeSecret;
use crate::validation::{Call, Value, Violation};

/// What `StartTask`, `StartTaskGroup` and `StartSyncTask` hold. It shows nothing but the id.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub(super) struct Start {
    operation: &'static Operation,
    bound: PyResult<Bindings>,
}

struct Bindings {
    id: Value,
    fields: Vec<Value>,
    timeout: Result<Option<Duration>, Violation>,
}

#[pymethods]
impl Start {
    #[new]
    #[pyo3(signature = (operation, args, kwargs))]
    fn new(
        operation: &str,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let operation = Operation::named(operation)
            .filter(|operation| operation.action == Action::Start)
            .ok_or_else(|| PyRuntimeError::new_err("there is no such start"))?;
        Ok(Self {
            operation,
            bound: bind(operation, args, kwargs),
        })
    }

    /// Raises what was wrong with the arguments' names. Not raised by the constructor, whose caller still holds keys.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        match &self.bound {
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone_ref(py)),
        }
    }

    /// The operation's name.
    #[getter]
    fn operation(&self) -> &'static str {
        self.operation.name
    }

    /// The id, as text; empty where what was given is none.
    #[getter]
    pub(super) fn resource_id(&self) -> String {
        match self.bound.as_ref().map(|bound| &bound.id) {
            Ok(Value::Text(id)) => id.expose_secret().to_owned(),
            Ok(Value::Integer(id)) => id.to_string(),
            _ => String::new(),
        }
    }
}

impl Start {
    pub(super) const fn of(&self) -> &'static Operation {
        self.operation
    }

    /// The request, with its own time limit, if it is valid for a client with these settings.
    pub(super) fn request(
        &self,
        settings: &ClientSettings,
    ) -> Result<(Request, Option<Duration>), Vec<Violation>> {
        let operation = self.operation;
        let Ok(bound) = &self.bound else {
            return Err(vec![Violation::new("requests", "has unusable arguments")]);
        };
        let call = Call {
            operation,
            id: bound.id.clone(),
            fields: bound.fields.clone(),
        };
        match (validate(settings, call), &bound.timeout) {
            (Ok(request), Ok(timeout)) => Ok((request, *timeout)),
            (Err(Error::Validation { mut violations, .. }), timeout) => {
                violations.extend(timeout.as_ref().err().cloned());
                Err(violations)
            }
            (_, Err(violation)) => Err(vec![violation.clone()]),
            (Err(error), Ok(_)) => Err(vec![Violation::new("requests", error.to_string())]),
        }
    }
}

fn bind(
    operation: &'static Operation,
    args: &Bound<'_, PyTuple>,
    kwargs: &Bound<'_, PyDict>,
) -> PyResult<Bindings> {
    let Arguments {
        call,
        timeout,
        waiting,
    } = arguments::bind(operation.name, Verb::Ask, operation, args, Some(kwargs))?;
    if let Some(name) = waiting.first() {
        return Err(PyTypeError::new_err(format!(
            "a start as a value takes no '{name}': start many, then wait for them with wait_many"
        )));
    }
    let Call { id, fields, .. } = call;
    Ok(Bindings {
        id,
        fields,
        timeout,
    })
}
