//! What a caller is told while waiting: a bar, lines, or a callable of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBool;
use serde_json::Value as Json;
use tokio::sync::Notify;

use super::arguments::type_name;
use super::asyncio::Mailbox;
use super::results;
use crate::operation::Resource;
use crate::validation::Violation;
use crate::wait::Watcher;

/// Something to tell, once the interpreter's lock is held.
pub(super) type Telling = Box<dyn FnOnce(Python<'_>, &Progress) -> PyResult<()> + Send>;

/// Takes what is to be told, from any thread.
pub(super) trait Tell: Send + Sync {
    fn tell(&self, telling: Telling);
}

/// Who is told.
pub(super) struct Progress(Py<PyAny>);

impl Progress {
    /// Reads `progress=`: `True` for a bar or lines, or a callable. `name` is what is followed, for the bar.
    pub(super) fn read(
        value: &Bound<'_, PyAny>,
        name: &str,
        total: Option<usize>,
    ) -> PyResult<Result<Option<Self>, Violation>> {
        if let Err(violation) = Self::check(value) {
            return Ok(Err(violation));
        }
        let wanted = value.cast::<PyBool>().map_or_else(
            |_| (!value.is_none()).then(|| value.clone()),
            |flag| flag.is_true().then(|| value.clone()),
        );
        let Some(wanted) = wanted else {
            return Ok(Ok(None));
        };
        if !wanted.is_instance_of::<PyBool>() {
            return Ok(Ok(Some(Self(wanted.unbind()))));
        }
        let display = value
            .py()
            .import("huaweicloud_oms._progress")?
            .call_method1("display", (name, total))?;
        Ok(Ok(Some(Self(display.unbind()))))
    }

    /// Checks `progress=` without making anything of it.
    pub(super) fn check(value: &Bound<'_, PyAny>) -> Result<(), Violation> {
        if value.is_none() || value.is_instance_of::<PyBool>() || value.is_callable() {
            return Ok(());
        }
        let told = format!(
            "must be True, False or a callable, not {}",
            type_name(value)
        );
        Err(Violation::new("progress", told))
    }

    /// Tells the caller something.
    pub(super) fn call(&self, py: Python<'_>, told: Py<PyAny>) -> PyResult<()> {
        self.0.bind(py).call1((told,)).map(drop)
    }

    /// Nothing more will be told.
    pub(super) fn close(&self, py: Python<'_>) {
        let display = self.0.bind(py);
        if let Ok(true) = display.hasattr(intern!(py, "_close_display"))
            && let Err(error) = display.call_method0(intern!(py, "_close_display"))
        {
            error.write_unraisable(py, Some(display));
        }
    }
}

/// Hands the states of one resource on to whoever tells them.
pub(super) struct States {
    pub(super) to: Arc<dyn Tell>,
    pub(super) resource: &'static Resource,
}

impl Watcher for States {
    fn seen(&self, state: &Json) {
        let (resource, state) = (self.resource, state.clone());
        self.to.tell(Box::new(move |py, progress| {
            progress.call(py, results::model(py, resource, state)?)
        }));
    }
}

/// For a blocking call: kept until the caller's thread holds the interpreter's lock; the bell says that there is something.
pub(super) struct Kept {
    tellings: Mutex<Vec<Telling>>,
    bell: Arc<Notify>,
}

impl Kept {
    pub(super) fn new(bell: &Arc<Notify>) -> Self {
        Self {
            tellings: Mutex::default(),
            bell: Arc::clone(bell),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Telling>> {
        self.tellings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn deliver(&self, py: Python<'_>, progress: &Progress) -> PyResult<()> {
        let kept = std::mem::take(&mut *self.lock());
        kept.into_iter()
            .try_for_each(|telling| telling(py, progress))
    }
}

impl Tell for Kept {
    fn tell(&self, telling: Telling) {
        self.lock().push(telling);
        self.bell.notify_one();
    }
}

/// For an asynchronous call: told on the event loop's thread.
pub(super) struct Posted {
    mailbox: Mailbox,
    progress: Arc<Progress>,
    failure: Mutex<Option<PyErr>>,
    failed: Notify,
}

impl Posted {
    pub(super) fn new(mailbox: Mailbox, progress: Arc<Progress>) -> Self {
        Self {
            mailbox,
            progress,
            failure: Mutex::default(),
            failed: Notify::new(),
        }
    }

    /// Resolves once the callable has raised an exception.
    pub(super) async fn failed(&self) {
        self.failed.notified().await;
    }

    /// The exception that the callable raised.
    pub(super) fn failure(&self) -> Option<PyErr> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<PyErr>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn close(&self, py: Python<'_>) {
        self.progress.close(py);
    }
}

/// A handle that tasks of the runtime can keep.
pub(super) struct PostedHandle(pub(super) Arc<Posted>);

impl Tell for PostedHandle {
    fn tell(&self, telling: Telling) {
        let posted = Arc::clone(&self.0);
        self.0.mailbox.post(Box::new(move |py| {
            if posted.lock().is_some() {
                return;
            }
            if let Err(error) = telling(py, &posted.progress) {
                *posted.lock() = Some(error);
                posted.failed.notify_one();
            }
        }));
    }
}
