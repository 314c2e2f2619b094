//! What became of one among many, until it is Python's own value.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;
use serde_json::Value as Json;

use super::errors::exception;
use super::results;
use crate::error::{Asked, Error};
use crate::operation::{OPERATIONS, Resource};
use crate::start::StartResult;
use crate::wait::{WaitError, WaitReason};

/// What became of each, in order.
pub(super) struct Slots(Mutex<Inner>);

struct Inner {
    entries: Vec<Entry>,
    /// The numbers of those that have ended and are not Python's values yet.
    ended: Vec<usize>,
}

enum Entry {
    Open(Box<Slot>),
    /// Python's value.
    Made(Py<PyAny>),
}

/// One among many, and what became of it.
pub(super) struct Slot {
    /// What is asked of it: the operation's name, or that of waiting.
    pub(super) operation: &'static str,
    /// Its id, as text.
    pub(super) id: String,
    pub(super) found: Found,
}

/// What became of it.
pub(super) enum Found {
    /// It was begun, and not ended yet.
    UnderWay,
    /// The end of a start.
    Started(Result<StartResult, Error>),
    /// The end of waiting.
    Ended(Result<Json, Error>),
    /// It failed before it came to waiting.
    Failed(Py<PyAny>),
}

impl Slots {
    pub(super) fn new(slots: Vec<Slot>) -> Self {
        let entries = slots.into_iter().map(|slot| Entry::Open(Box::new(slot)));
        Self(Mutex::new(Inner {
            entries: entries.collect(),
            ended: Vec::new(),
        }))
    }

    /// Adds one that begins.
    pub(super) fn begin(&self, operation: &'static str, id: String) {
        let found = Found::UnderWay;
        let slot = Box::new(Slot {
            operation,
            id,
            found,
        });
        self.lock().entries.push(Entry::Open(slot));
    }

    /// Keeps what became of one.
    pub(super) fn end(&self, at: usize, found: Found) {
        let mut inner = self.lock();
        if let Some(Entry::Open(slot)) = inner.entries.get_mut(at) {
            slot.found = found;
            inner.ended.push(at);
        }
    }

    /// The outcome of one as Python's value, which is kept.
    pub(super) fn outcome(&self, py: Python<'_>, at: usize) -> PyResult<Py<PyAny>> {
        let slot = match self.lock().entries.get_mut(at) {
            Some(Entry::Open(slot)) => slot.take(),
            Some(Entry::Made(made)) => return Ok(made.clone_ref(py)),
            None => return Err(PyRuntimeError::new_err("there is no such outcome")),
        };
        // Without the lock: this runs Python.
        let made = slot.into_python(py)?;
        if let Some(entry) = self.lock().entries.get_mut(at) {
            *entry = Entry::Made(made.clone_ref(py));
        }
        Ok(made)
    }

    /// Makes Python's values of those that have ended: then there is one of each, and not both forms of all at the end.
    pub(super) fn make_ended(&self, py: Python<'_>) -> PyResult<()> {
        let ended = mem::take(&mut self.lock().ended);
        ended
            .into_iter()
            .try_for_each(|at| self.outcome(py, at).map(drop))
    }

    /// The outcomes of all that was begun, in order.
    pub(super) fn outcomes(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let count = self.lock().entries.len();
        let outcomes = py.import("huaweicloud_oms.outcomes")?;
        let list = outcomes
            .getattr("Outcomes")?
            .call0()?
            .cast_into::<PyList>()?;
        for at in 0..count {
            list.append(self.outcome(py, at)?)?;
        }
        Ok(list.into_any().unbind())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Takes what there is, to make Python's value of it.
    fn take(&mut self) -> Self {
        Self {
            operation: self.operation,
            id: self.id.clone(),
            found: mem::replace(&mut self.found, Found::UnderWay),
        }
    }

    /// A `StartOutcome` or a `WaitOutcome`.
    fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let resource = resource_of(self.operation);
        let waits = resource.is_some_and(|resource| resource.wait_name == self.operation);
        let (operation, id) = (self.operation, self.id);
        match self.found {
            Found::Started(Ok(result)) => {
                let id = result.resource_id.clone();
                let result = results::started(py, result, py.None())?;
                start_outcome(py, operation, &id, Some(result), None)
            }
            Found::Started(Err(error)) => {
                let error = exception(py, error).into_value(py).into_any();
                start_outcome(py, operation, &id, None, Some(error))
            }
            Found::Ended(Ok(json)) => {
                let task = match resource {
                    Some(resource) => results::model(py, resource, json)?,
                    None => py.None(),
                };
                wait_outcome(py, operation, &id, Some(task), None)
            }
            Found::Ended(Err(error)) => {
                let error = exception(py, error).into_value(py).into_any();
                wait_outcome(py, operation, &id, None, Some(error))
            }
            Found::Failed(error) => wait_outcome(py, operation, &id, None, Some(error)),
            Found::UnderWay => {
                let error = given_up(operation, &id, resource, waits);
                let error = exception(py, error).into_value(py).into_any();
                if waits {
                    wait_outcome(py, operation, &id, None, Some(error))
                } else {
                    start_outcome(py, operation, &id, None, Some(error))
                }
            }
        }
    }
}

/// The kind of thing that an operation, or waiting, is about.
pub(super) fn resource_of(operation: &str) -> Option<&'static Resource> {
    OPERATIONS
        .iter()
        .find(|known| known.name == operation || known.resource.wait_name == operation)
        .map(|known| known.resource)
}

/// What is to be said of something that was given up on its way.
fn given_up(
    operation: &'static str,
    id: &str,
    resource: Option<&'static Resource>,
    waits: bool,
) -> Error {
    let asked = Asked {
        operation,
        resource_id: id.to_owned(),
        attempts: 1,
        elapsed: std::time::Duration::ZERO,
    };
    let noun = resource.map_or("task", |resource| resource.noun);
    if waits {
        Error::Wait(Box::new(WaitError {
            reason: WaitReason::TimedOut,
            asked,
            last: None,
            told: "waiting was given up".to_owned(),
            noun,
        }))
    } else {
        Error::OutcomeUnknown {
            asked: Box::new(asked),
            noun,
            happened: "it was given up on its way".to_owned(),
            seen: "nobody has looked since".to_owned(),
            cause: None,
        }
    }
}

fn start_outcome(
    py: Python<'_>,
    operation: &str,
    id: &str,
    result: Option<Py<PyAny>>,
    error: Option<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "huaweicloud_oms.outcomes", "StartOutcome")?;
    let ok = error.is_none();
    class
        .call1((operation, id, ok, result, error))
        .map(Bound::unbind)
}

fn wait_outcome(
    py: Python<'_>,
    operation: &str,
    id: &str,
    task: Option<Py<PyAny>>,
    error: Option<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "huaweicloud_oms.outcomes", "WaitOutcome")?;
    let ok = error.is_none();
    // An error of waiting knows what was seen last.
    let seen = match (&task, &error) {
        (None, Some(error)) => ["task", "last"]
            .iter()
            .find_map(|name| error.bind(py).getattr(*name).ok())
            .map(Bound::unbind),
        _ => task,
    };
    class
        .call1((operation, id, ok, seen, error))
        .map(Bound::unbind)
}
