//! Many starts or waits under way: where their items come from, and what became of each.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::asyncio::Mailbox;
use super::outcomes::{Found, Slots};
use super::progress::{Progress, States, Tell};
use super::start_value::Start;
use crate::client::{CallOptions, Client as CoreClient, ClientSettings};
use crate::error::Error;
use crate::many::{Fleet, Source, each};
use crate::pace::Pace;
use crate::request::Request;
use crate::validation::Violation;
use crate::wait::WaitOptions;

/// Many things to do, and what became of each.
pub(super) struct Many {
    pub(super) client: Arc<CoreClient>,
    pub(super) settings: Arc<ClientSettings>,
    pub(super) work: Work,
    pub(super) how: How,
    pub(super) progress: Option<Arc<Progress>>,
    pub(super) slots: Arc<Slots>,
}

/// What is to be done.
pub(super) enum Work {
    /// An iterator of starts.
    Starts(Py<PyIterator>),
    /// What to look at, each with the number of its slot. Taken when the work begins.
    Waits(Mutex<Vec<(usize, Request)>>),
}

/// How it is to be done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How {
    pub(super) concurrency: usize,
    pub(super) poll_interval: Option<Duration>,
    pub(super) timeout: Option<Duration>,
}

/// Where Python's iterator runs: on the thread that waits, or on the event loop's.
pub(super) enum Drawing {
    Here,
    On(Mailbox),
}

impl Many {
    pub(super) fn progress(&self) -> Option<Arc<Progress>> {
        self.progress.clone()
    }

    /// What became of all that was begun, in order.
    pub(super) fn outcomes(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.slots.outcomes(py)
    }

    /// The exception that ended all of it, with what is known by then.
    pub(super) fn explain(&self, py: Python<'_>, error: PyErr) -> PyErr {
        let Ok(outcomes) = self.outcomes(py) else {
            return error;
        };
        if error.is_instance_of::<PyKeyboardInterrupt>(py) {
            let told = "stopped by Ctrl-C; .outcomes has what is known of what was begun";
            return interrupted(py, told, outcomes).unwrap_or(error);
        }
        // An exception of the caller's own; one that takes no attributes goes without.
        let _ = error.value(py).setattr(intern!(py, "outcomes"), outcomes);
        error
    }

    pub(super) async fn perform(
        &self,
        options: &CallOptions,
        tell: Option<Arc<dyn Tell>>,
        drawing: Drawing,
    ) -> PyResult<()> {
        let fleet = Fleet {
            client: Arc::clone(&self.client),
            pace: Arc::new(Pace::new(self.how.concurrency)),
            options: options.clone(),
            deadline: self
                .how
                .timeout
                .and_then(|timeout| Instant::now().checked_add(timeout)),
        };
        match &self.work {
            Work::Starts(iterator) => {
                let iterator = Python::try_attach(|py| iterator.clone_ref(py));
                let iterator =
                    iterator.ok_or_else(|| PyRuntimeError::new_err("Python is exiting"))?;
                self.start(iterator, &fleet, tell, drawing).await
            }
            Work::Waits(requests) => {
                let requests =
                    std::mem::take(&mut *requests.lock().unwrap_or_else(PoisonError::into_inner));
                self.wait(requests, &fleet, tell).await;
                Ok(())
            }
        }
    }

    async fn start(
        &self,
        iterator: Py<PyIterator>,
        fleet: &Fleet,
        tell: Option<Arc<dyn Tell>>,
        drawing: Drawing,
    ) -> PyResult<()> {
        let drawer = Drawer {
            iterator,
            settings: Arc::clone(&self.settings),
            slots: Arc::clone(&self.slots),
            seen: Seen::default(),
            end: None,
        };
        let items = Items {
            drawer: Arc::new(Mutex::new(drawer)),
            drawing,
        };
        let work = |item: Result<(Request, Option<Duration>), Error>| {
            let fleet = fleet.clone();
            async move {
                let (request, timeout) = item?;
                fleet.start(request, timeout).await
            }
        };
        each(items, self.how.concurrency, work, |at, outcome| {
            self.slots.end(at, Found::Started(outcome));
            self.tell_outcome(at, tell.as_ref());
        })
        .await
    }

    async fn wait(
        &self,
        requests: Vec<(usize, Request)>,
        fleet: &Fleet,
        tell: Option<Arc<dyn Tell>>,
    ) {
        let at_once = requests.len().max(1);
        let all = All(Some(requests));
        let work = |(at, request): (usize, Request)| {
            let resource = request.operation.resource;
            let how = WaitOptions {
                poll_interval: self.how.poll_interval,
                watcher: tell
                    .clone()
                    .map(|to| Arc::new(States { to, resource }) as _),
                ..WaitOptions::default()
            };
            let fleet = fleet.clone();
            async move { (at, fleet.wait(request, how).await) }
        };
        let ended: Result<(), std::convert::Infallible> =
            each(all, at_once, work, |_, (at, outcome)| {
                self.slots.end(at, Found::Ended(outcome));
            })
            .await;
        // All of them were there from the beginning, so drawing them cannot fail.
        let Ok(()) = ended;
    }

    fn tell_outcome(&self, at: usize, tell: Option<&Arc<dyn Tell>>) {
        if let Some(tell) = tell {
            let slots = Arc::clone(&self.slots);
            tell.tell(Box::new(move |py, progress| {
                progress.call(py, slots.outcome(py, at)?)
            }));
        }
    }
}

/// Everything at once.
struct All<T>(Option<Vec<T>>);

impl<T: Send> Source<T, std::convert::Infallible> for All<T> {
    async fn draw(&mut self, _most: usize) -> Result<Vec<T>, std::convert::Infallible> {
        Ok(self.0.take().unwrap_or_default())
    }
}

type Item = Result<(Request, Option<Duration>), Error>;

/// Starts from Python's iterator.
struct Items {
    drawer: Arc<Mutex<Drawer>>,
    drawing: Drawing,
}

impl Source<Item, PyErr> for Items {
    async fn draw(&mut self, most: usize) -> PyResult<Vec<Item>> {
        let drawer = Arc::clone(&self.drawer);
        let draw = move |py: Python<'_>| {
            let mut drawer = drawer.lock().unwrap_or_else(PoisonError::into_inner);
            drawer.draw(py, most)
        };
        match &self.drawing {
            Drawing::Here => Python::try_attach(draw).unwrap_or_else(|| Ok(Vec::new())),
            Drawing::On(mailbox) => {
                let (send, drawn) = oneshot::channel();
                mailbox.post(Box::new(move |py| {
                    // Nobody who listens any more wants nothing any more.
                    let _ = send.send(draw(py));
                }));
                drawn.await.unwrap_or_else(|_| Ok(Vec::new()))
            }
        }
    }
}

struct Drawer {
    iterator: Py<PyIterator>,
    settings: Arc<ClientSettings>,
    slots: Arc<Slots>,
    seen: Seen,
    end: Option<PyResult<()>>,
}

impl Drawer {
    /// Takes the next items from Python's iterator; an error of its own comes after what it gave before.
    fn draw(&mut self, py: Python<'_>, most: usize) -> PyResult<Vec<Item>> {
        self.slots.make_ended(py)?;
        let mut items = Vec::new();
        while self.end.is_none() && items.len() < most {
            match self.iterator.bind(py).clone().next() {
                None => self.end = Some(Ok(())),
                Some(Ok(item)) => items.push(self.take(&item)),
                Some(Err(error)) => self.end = Some(Err(error)),
            }
        }
        match self.end.take() {
            Some(Err(error)) if items.is_empty() => {
                self.end = Some(Ok(()));
                Err(error)
            }
            end => {
                self.end = end;
                Ok(items)
            }
        }
    }

    fn take(&mut self, item: &Bound<'_, PyAny>) -> Item {
        let (operation, id, request) = match start_of(item) {
            Ok(start) => {
                let start = start.get();
                let request = start.request(&self.settings);
                let request = request.and_then(|request| {
                    if self.seen.is_new(start.of().name, &request.0.resource_id) {
                        Ok(request)
                    } else {
                        let told = format!("{} is given twice in one list", request.0.resource_id);
                        Err(vec![Violation::new(start.of().resource.id_name, told)])
                    }
                });
                (start.of().name, start.resource_id(), request)
            }
            Err(told) => (
                "",
                String::new(),
                Err(vec![Violation::new("requests", told)]),
            ),
        };
        self.slots.begin(operation, id);
        request.map_err(|violations| Error::Validation {
            operation: if operation.is_empty() {
                "start_many"
            } else {
                operation
            },
            violations,
        })
    }
}

/// What was given already, as hashes of 128 bits: the ids themselves are kept with the outcomes.
#[derive(Default)]
struct Seen {
    keys: [RandomState; 2],
    hashes: HashSet<u128>,
}

impl Seen {
    fn is_new(&mut self, operation: &str, id: &str) -> bool {
        let [high, low] = self
            .keys
            .each_ref()
            .map(|key| u128::from(key.hash_one((operation, id))));
        self.hashes.insert(high << 64 | low)
    }
}

/// The start in an item, or what it should have been.
pub(super) fn start_of<'py>(item: &Bound<'py, PyAny>) -> Result<Bound<'py, Start>, String> {
    let inner = item.getattr(intern!(item.py(), "_start")).ok();
    inner
        .and_then(|inner| inner.cast_into::<Start>().ok())
        .ok_or_else(|| {
            format!(
                "must be a StartTask, StartTaskGroup or StartSyncTask, not {}",
                super::arguments::type_name(item)
            )
        })
}

fn interrupted(py: Python<'_>, told: &str, outcomes: Py<PyAny>) -> PyResult<PyErr> {
    let class = py.import("huaweicloud_oms.exceptions")?;
    let class = class.getattr("ManyInterrupted")?;
    let fields = PyDict::new(py);
    fields.set_item("outcomes", outcomes)?;
    Ok(PyErr::from_value(class.call((told,), Some(&fields))?))
}
