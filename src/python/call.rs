//! A call of a method: sent blocking or for an event loop, with whatever is told meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList};
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::arguments::{Verb, Waiting, named_seconds, type_name};
use super::asyncio::{self, LoopSlot, Running};
use super::journals::{Posted as PostedRecords, Records};
use super::many::{Drawing, Many};
use super::progress::{Kept, Posted, PostedHandle, Progress, States, Tell};
use super::{blocking, results};
use crate::client::{CallOptions, Client as CoreClient};
use crate::error::Error;
use crate::journal::Journal;
use crate::operation::{Action, Operation, Resource};
use crate::request::Request;
use crate::start::StartResult;
use crate::validation::Violation;
use crate::wait::WaitOptions;

/// A call with its arguments, checked, not yet sent.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
pub(super) struct Call {
    stage: Mutex<Stage>,
    slot: Arc<LoopSlot>,
}

enum Stage {
    Ready(PyResult<Job>),
    Running(Running, Option<Arc<Posted>>, Arc<Job>),
    Over,
}

/// What is to be done.
pub(super) enum Job {
    One(Box<Prepared>),
    Many(Many),
}

/// One thing that is to be done.
pub(super) struct Prepared {
    pub(super) client: Arc<CoreClient>,
    pub(super) request: Request,
    pub(super) timeout: Option<Duration>,
    /// Where there is something to wait for.
    pub(super) following: Option<Following>,
}

/// How to wait, and whom to tell.
pub(super) struct Following {
    timeout: Option<Duration>,
    poll_interval: Option<Duration>,
    progress: Option<Arc<Progress>>,
    /// Whether waiting has begun: what is waited for goes on, whatever becomes of this call.
    has_begun: AtomicBool,
}

/// The last state that was seen of something, or a page of states.
pub(super) struct State {
    pub(super) resource: &'static Resource,
    pub(super) json: Json,
}

/// What a call gave.
pub(super) enum Outcome {
    /// A start, and how what it started ended, where that was waited for.
    Started(StartResult, Option<State>),
    /// What was asked to be shown, or waited for.
    Shown(State),
    /// A page of a list.
    Page(State),
    /// There is nothing to tell.
    Done,
    /// Many things were done; each has an outcome of its own.
    Many(PyResult<()>),
}

impl Following {
    /// Reads the arguments of waiting; `None` where there is nothing to wait for.
    pub(super) fn read(
        py: Python<'_>,
        name: &str,
        verb: Verb,
        operation: &Operation,
        given: &Waiting<'_>,
        violations: &mut Vec<Violation>,
    ) -> PyResult<Option<Self>> {
        let wait = given.wait.as_ref().filter(|value| !value.is_none());
        let wait = match wait.map(|value| (value, value.cast::<PyBool>())) {
            None => verb == Verb::Wait,
            Some((_, Ok(flag))) => flag.is_true(),
            Some((value, Err(_))) => {
                let told = format!(
                    "must be a boolean (True or False), not {}",
                    type_name(value)
                );
                violations.push(Violation::new("wait", told));
                false
            }
        };
        let name_of_timeout = match verb {
            Verb::Wait => "timeout",
            Verb::Ask => "wait_timeout",
        };
        let mut seconds = |name, value: &Option<Bound<'_, PyAny>>| {
            let value = value.as_ref()?;
            named_seconds(name, value).unwrap_or_else(|violation| {
                violations.push(violation);
                None
            })
        };
        let timeout = seconds(name_of_timeout, &given.timeout);
        let poll_interval = seconds("poll_interval", &given.poll_interval);
        if !wait {
            for (name, value) in [
                ("wait_timeout", &given.timeout),
                ("poll_interval", &given.poll_interval),
                ("progress", &given.progress),
            ] {
                if value
                    .as_ref()
                    .is_some_and(|value| value.is_truthy().unwrap_or(true))
                {
                    violations.push(Violation::new(name, "goes with wait=True only"));
                }
            }
            return Ok(None);
        }
        let none = py.None().into_bound(py);
        let progress = given.progress.as_ref().unwrap_or(&none);
        let shown = if verb == Verb::Wait {
            name
        } else {
            operation.resource.wait_name
        };
        let progress = Progress::read(progress, shown, None)?.unwrap_or_else(|violation| {
            violations.push(violation);
            None
        });
        Ok(Some(Self {
            timeout,
            poll_interval,
            progress: progress.map(Arc::new),
            has_begun: AtomicBool::new(false),
        }))
    }
}

#[pymethods]
impl Call {
    /// Sends the request and waits for the result.
    fn run(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let job = self.take_job()?;
        let bell = Arc::new(Notify::new());
        let records = Arc::new(Records::new(py, &bell));
        let options = CallOptions {
            journal: Some(Arc::clone(&records) as Arc<dyn Journal>),
            ..CallOptions::default()
        };
        let told = Arc::new(Kept::new(&bell));
        let progress = job.progress();
        let progress = progress.as_deref();
        let meanwhile = |py: Python<'_>| {
            records.write(py);
            progress.map_or(Ok(()), |progress| told.deliver(py, progress))
        };
        let tell = Arc::clone(&told) as Arc<dyn Tell>;
        let work = job.perform(&options, Some(tell), Drawing::Here);
        let outcome = blocking::run_telling(py, work, &bell, meanwhile);
        let outcome = outcome.and_then(|outcome| meanwhile(py).map(|()| outcome));
        if let Some(progress) = progress {
            progress.close(py);
        }
        job.finish(py, outcome)
    }

    /// Sends the request; gives the future of the result, for the running event loop.
    fn spawn(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let job = Arc::new(self.take_job()?);
        let (mailbox, event_loop) = self.slot.running(py)?;
        let options = CallOptions {
            journal: Some(Arc::new(PostedRecords::new(py, mailbox.clone()))),
            ..CallOptions::default()
        };
        let progress = job
            .progress()
            .map(|progress| Arc::new(Posted::new(mailbox.clone(), progress)));
        let (told, worker) = (progress.clone(), Arc::clone(&job));
        let drawing = Drawing::On(mailbox.clone());
        let work = async move {
            let Some(told) = told else {
                return Some(worker.perform(&options, None, drawing).await);
            };
            let tell = Arc::new(PostedHandle(Arc::clone(&told)));
            tokio::select! {
                outcome = worker.perform(&options, Some(tell), drawing) => Some(outcome),
                () = told.failed() => None,
            }
        };
        let (told, finished) = (progress.clone(), Arc::clone(&job));
        let finish = move |py: Python<'_>, outcome: Option<Result<Outcome, Error>>| {
            let failure = told.and_then(|told| {
                told.close(py);
                told.failure()
            });
            let ended = || PyRuntimeError::new_err("the call ended without an outcome");
            let outcome = failure.map_or_else(|| outcome.ok_or_else(ended), Err);
            finished.finish(py, outcome)
        };
        let running = asyncio::spawn(py, mailbox, &event_loop, work, finish)?;
        let future = running.future.clone_ref(py);
        *self.lock() = Stage::Running(running, progress, job);
        Ok(future)
    }

    /// What is known of many that are under way.
    fn known(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let job = match &*self.lock() {
            Stage::Running(_, _, job) => Arc::clone(job),
            Stage::Ready(_) | Stage::Over => return Ok(PyList::empty(py).into_any().unbind()),
        };
        job.known(py)
    }

    /// Gives the request up if it is still under way.
    fn cancel(&self, py: Python<'_>) {
        let stage = std::mem::replace(&mut *self.lock(), Stage::Over);
        if let Stage::Running(running, progress, _) = stage {
            running.cancel();
            if let Some(progress) = progress {
                progress.close(py);
            }
        }
    }
}

impl Call {
    pub(super) fn new(job: PyResult<Job>, slot: Arc<LoopSlot>) -> Self {
        Self {
            stage: Mutex::new(Stage::Ready(job)),
            slot,
        }
    }

    fn take_job(&self) -> PyResult<Job> {
        match std::mem::replace(&mut *self.lock(), Stage::Over) {
            Stage::Ready(job) => job,
            Stage::Running(..) | Stage::Over => {
                Err(PyRuntimeError::new_err("a call is made only once"))
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    pub(super) fn one(prepared: Prepared) -> Self {
        Self::One(Box::new(prepared))
    }

    fn progress(&self) -> Option<Arc<Progress>> {
        match self {
            Self::One(prepared) => prepared.following.as_ref()?.progress.clone(),
            Self::Many(many) => many.progress(),
        }
    }

    async fn perform(
        &self,
        options: &CallOptions,
        tell: Option<Arc<dyn Tell>>,
        drawing: Drawing,
    ) -> Result<Outcome, Error> {
        match self {
            Self::One(prepared) => perform(prepared, options, tell).await,
            Self::Many(many) => {
                let tell = tell.filter(|_| many.progress().is_some());
                Ok(Outcome::Many(many.perform(options, tell, drawing).await))
            }
        }
    }

    /// The result, or the exception, with what is known where there is more than one thing.
    fn finish(
        &self,
        py: Python<'_>,
        outcome: PyResult<Result<Outcome, Error>>,
    ) -> PyResult<Py<PyAny>> {
        match (self, outcome) {
            (Self::One(prepared), Err(error)) => Err(prepared.explain_interrupt(py, error)),
            (Self::Many(many), Ok(Ok(Outcome::Many(Ok(()))))) => many.outcomes(py),
            (Self::Many(many), Ok(Ok(Outcome::Many(Err(error)))) | Err(error)) => {
                Err(many.explain(py, error))
            }
            (_, Ok(outcome)) => results::to_python(py, outcome),
        }
    }

    fn known(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::One(_) => Ok(PyList::empty(py).into_any().unbind()),
            Self::Many(many) => many.outcomes(py),
        }
    }
}

impl Prepared {
    /// Ctrl-C stops waiting, never what is waited for; the exception says so.
    fn explain_interrupt(&self, py: Python<'_>, error: PyErr) -> PyErr {
        let waits = (self.following.as_ref())
            .is_some_and(|following| following.has_begun.load(Ordering::Acquire));
        if !waits || !error.is_instance_of::<PyKeyboardInterrupt>(py) {
            return error;
        }
        let Resource {
            noun, wait_name, ..
        } = self.request.operation.resource;
        PyKeyboardInterrupt::new_err(format!(
            "stopped waiting for {noun} {}, which goes on; {wait_name} waits for it again",
            self.request.resource_id
        ))
    }
}

/// Does what was asked.
async fn perform(
    prepared: &Prepared,
    options: &CallOptions,
    tell: Option<Arc<dyn Tell>>,
) -> Result<Outcome, Error> {
    let Prepared {
        client,
        request,
        timeout,
        ..
    } = prepared;
    let options = &CallOptions {
        timeout: *timeout,
        ..options.clone()
    };
    let resource = request.operation.resource;
    match (request.operation.action, &prepared.following) {
        (Action::Start | Action::Retry, None) => {
            let result = client.start(request, options).await?;
            Ok(Outcome::Started(result, None))
        }
        (Action::Start | Action::Retry, Some(following)) => {
            let started = Instant::now();
            let result = client.start(request, options).await?;
            let json = wait(prepared, following, options, tell, Some(started)).await?;
            Ok(Outcome::Started(result, Some(State { resource, json })))
        }
        (_, Some(following)) => {
            let json = wait(prepared, following, options, tell, None).await?;
            Ok(Outcome::Shown(State { resource, json }))
        }
        (action, None) => {
            let json = client.ask(request, options).await?.json;
            Ok(match action {
                Action::Show => Outcome::Shown(State { resource, json }),
                Action::List => Outcome::Page(State { resource, json }),
                _ => Outcome::Done,
            })
        }
    }
}

async fn wait(
    prepared: &Prepared,
    following: &Following,
    options: &CallOptions,
    tell: Option<Arc<dyn Tell>>,
    started: Option<Instant>,
) -> Result<Json, Error> {
    following.has_begun.store(true, Ordering::Release);
    let resource = prepared.request.operation.resource;
    let tell = tell.filter(|_| following.progress.is_some());
    let how = WaitOptions {
        timeout: following.timeout,
        poll_interval: following.poll_interval,
        started,
        watcher: tell.map(|to| Arc::new(States { to, resource }) as _),
        pace: None,
    };
    // The time limit of a start is not that of the looks at it.
    let options = CallOptions {
        timeout: None,
        ..options.clone()
    };
    let client = &prepared.client;
    client.wait(&prepared.request, &options, &how).await
}
