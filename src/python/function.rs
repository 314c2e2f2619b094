//! Credentials from a Python function.
//!
//! The function runs in a daemon thread that Python itself made, or, if it is a coroutine function and an
//! `AsyncClient` is in use on a running event loop, on that loop, where its own connections live. This is simpler than
//! awaiting Python from Rust (`pyo3_async_runtimes`' `generic` module), which needs a loop of its own, and safer: a
//! thread of ours that is inside Python when the interpreter exits crashes it, one of Python's own does not; and a
//! forked child just begins another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::arguments::type_name;
use super::asyncio::LoopSlot;
use super::credentials::{extract, until};
use super::gate::GATE;
use crate::source::{Context, Fault, Fetch, Fetching, Issued, Memory, Net, Prepared, Source};

const NAME: &str = "FunctionCredentials";

/// A Python function that gives credentials.
#[derive(Clone)]
pub(super) struct Function {
    callable: Arc<Py<PyAny>>,
    is_coroutine: bool,
    limit: Duration,
}

impl Function {
    pub(super) fn new(function: &Bound<'_, PyAny>, limit: Duration) -> PyResult<Self> {
        let inspect = function.py().import("inspect")?;
        let is_coroutine = |value: &Bound<'_, PyAny>| {
            inspect
                .call_method1("iscoroutinefunction", (value,))?
                .is_truthy()
        };
        Ok(Self {
            is_coroutine: is_coroutine(function)? || is_coroutine(&function.getattr("__call__")?)?,
            callable: Arc::new(function.clone().unbind()),
            limit,
        })
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(NAME)
    }
}

impl Source for Function {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let slot = context.host.clone().and_then(|host| host.downcast().ok());
        Ok(Prepared::Live(Arc::new(Ready {
            function: self.clone(),
            slot,
        })))
    }
}

struct Ready {
    function: Function,
    slot: Option<Arc<LoopSlot>>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(NAME)
    }
}

impl Fetch for Ready {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fetch<'a>(&'a self, _: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            let failed = |message: String| Fault::failed(NAME, message);
            let (sender, receiver) = oneshot::channel();
            let mut begun = Err("the interpreter is exiting".to_owned());
            GATE.enter(|py| {
                begun = self.begin(py, sender).map_err(|error| {
                    format!("no thread for it: {}", type_name(error.value(py).as_any()))
                });
            });
            begun.map_err(failed)?;
            let limit = self.function.limit;
            match timeout(limit, receiver).await {
                Ok(Ok(outcome)) => outcome.map_err(failed),
                Ok(Err(_)) => Err(failed("the function ended without an outcome".to_owned())),
                Err(_) => Err(failed(format!(
                    "the function gave nothing within {} s",
                    limit.as_secs_f64()
                ))),
            }
        })
    }
}

impl Ready {
    fn begin(&self, py: Python<'_>, sender: oneshot::Sender<Delivered>) -> PyResult<()> {
        static BEGIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let begin = BEGIN.import(py, "huaweicloud_oms._function", "begin")?;
        let event_loop = match &self.slot {
            Some(slot) if self.function.is_coroutine => slot.event_loop(py),
            _ => None,
        };
        let deliver = Deliver(Mutex::new(Some(sender)));
        begin.call1((self.function.callable.bind(py), event_loop, deliver))?;
        Ok(())
    }
}

type Delivered = Result<Issued, String>;

/// Takes what a function gave.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
struct Deliver(Mutex<Option<oneshot::Sender<Delivered>>>);

#[pymethods]
impl Deliver {
    /// Takes the value, or why there is none.
    fn __call__(&self, value: &Bound<'_, PyAny>, failure: Option<String>) {
        let outcome = match failure {
            Some(failure) => Err(failure),
            None => issued(value).map_err(|told| format!("the function returned {told}")),
        };
        let mut sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.take() {
            // Nobody waits any more after the time limit.
            let _ = sender.send(outcome);
        }
    }
}

/// `AkSk` or `Token`, alone or in a pair with its expiry.
fn issued(value: &Bound<'_, PyAny>) -> Delivered {
    let wrong = |value: &Bound<'_, PyAny>| {
        format!(
            "{}, not AkSk, Token, or a pair of one of them and its expiry",
            type_name(value)
        )
    };
    let (credentials, expiry) = match value.cast::<PyTuple>() {
        Ok(pair) if pair.len() == 2 => {
            let item = |at| pair.get_item(at).map_err(|_| wrong(value));
            (item(0)?, Some(item(1)?))
        }
        Ok(other) => return Err(format!("a tuple of {}, not a pair", other.len())),
        Err(_) => (value.clone(), None),
    };
    let credentials = extract(&credentials).map_err(|_| wrong(&credentials))?;
    let lifetime = expiry
        .filter(|expiry| !expiry.is_none())
        .map(|expiry| until(&expiry))
        .transpose()?;
    Ok(Issued {
        lifetime,
        ..Issued::lasting(NAME, credentials)
    })
}
