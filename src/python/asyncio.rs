//! A call for asyncio: results reach the event loop in bursts, and cancelling closes the connection.
//!
//! Tokio tasks push what they have into the inbox of a loop and ring its bell, a byte on a socket that the loop
//! watches; once a burst, the loop empties the inbox and resolves the futures on its own thread. So no thread of the
//! runtime ever needs the interpreter's lock, waits for it, or meets an interpreter that is exiting.
//!
//! This replaces `pyo3_async_runtimes::tokio::future_into_py`, which takes several hops a call, prints when the loop
//! has closed, and can crash an interpreter that exits.

use std::future::Future;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use tokio::task::AbortHandle;

use super::runtime;

/// What a tokio task has for the event loop, to be done there.
pub(super) type Delivery = Box<dyn FnOnce(Python<'_>) + Send>;

/// What waits for one event loop.
struct Inbox {
    deliveries: Mutex<Vec<Delivery>>,
    is_awake: AtomicBool,
    bell: UnixStream,
    /// The bell's other end, which the loop watches.
    ear: UnixStream,
}

impl Inbox {
    fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An inbox as Python holds it: an event loop calls it to have it emptied.
#[pyclass(frozen, module = "huaweicloud_oms._core")]
struct LoopInbox(Arc<Inbox>);

#[pymethods]
impl LoopInbox {
    fn __call__(&self, py: Python<'_>) {
        // What rings from here on is heard at the next turn of the loop.
        let _ = (&self.0.ear).read(&mut [0; 64]);
        // Before the inbox is emptied: what is pushed from here on rings again.
        self.0.is_awake.store(false, Ordering::Release);
        for delivery in self.0.take() {
            delivery(py);
        }
    }
}

/// The way to an event loop, for any thread.
#[derive(Clone)]
pub(super) struct Mailbox(Arc<Inbox>);

impl Mailbox {
    /// The mailbox of an event loop; a loop has one, whoever asks.
    fn of(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        static INBOXES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = event_loop.py();
        let inboxes = INBOXES
            .get_or_try_init(py, || {
                let table = py
                    .import("weakref")?
                    .getattr("WeakKeyDictionary")?
                    .call0()?;
                PyResult::Ok(table.unbind())
            })?
            .bind(py);
        let known = inboxes.call_method1("get", (event_loop,))?;
        if let Ok(known) = known.cast::<LoopInbox>() {
            return Ok(Self(Arc::clone(&known.get().0)));
        }
        forget_closed_loops(inboxes)?;
        let (bell, ear) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        ear.set_nonblocking(true)?;
        let descriptor = ear.as_raw_fd();
        let inbox = Arc::new(Inbox {
            deliveries: Mutex::default(),
            is_awake: AtomicBool::new(false),
            bell,
            ear,
        });
        let deliver = Bound::new(py, LoopInbox(Arc::clone(&inbox)))?;
        event_loop.call_method1("add_reader", (descriptor, &deliver))?;
        inboxes.set_item(event_loop, deliver)?;
        Ok(Self(inbox))
    }

    /// Hands something to the loop, from any thread. A loop that has closed takes nothing any more.
    pub(super) fn post(&self, delivery: Delivery) {
        self.0.lock().push(delivery);
        if !self.0.is_awake.swap(true, Ordering::AcqRel) {
            let _ = (&self.0.bell).write(&[1]);
        }
    }
}

/// The event loop on which a client was used last, and the way to it.
#[derive(Default)]
pub(super) struct LoopSlot(Mutex<Option<Known>>);

struct Known {
    event_loop: Py<PyWeakrefReference>,
    inbox: Weak<Inbox>,
}

impl LoopSlot {
    /// The running event loop, and its mailbox. The loop is remembered, weakly.
    pub(super) fn running<'py>(&self, py: Python<'py>) -> PyResult<(Mailbox, Bound<'py, PyAny>)> {
        static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let event_loop = RUNNING.import(py, "asyncio", "get_running_loop")?.call0()?;
        if let Some(inbox) = self.inbox_of(&event_loop) {
            return Ok((Mailbox(inbox), event_loop));
        }
        let mailbox = Mailbox::of(&event_loop)?;
        let known = Known {
            event_loop: PyWeakrefReference::new(&event_loop)?.unbind(),
            inbox: Arc::downgrade(&mailbox.0),
        };
        *self.lock() = Some(known);
        Ok((mailbox, event_loop))
    }

    /// The loop, if it is still there.
    pub(super) fn event_loop<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.lock().as_ref()?.event_loop.bind(py).upgrade()
    }

    fn inbox_of(&self, event_loop: &Bound<'_, PyAny>) -> Option<Arc<Inbox>> {
        let slot = self.lock();
        let known = slot.as_ref()?;
        let is_same = (known.event_loop.bind(event_loop.py()).upgrade())
            .is_some_and(|known| known.is(event_loop));
        known.inbox.upgrade().filter(|_| is_same)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets go of what still waits for loops that have closed: their sockets, and results nobody fetched.
fn forget_closed_loops(inboxes: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = inboxes.py();
    let loops = inboxes.call_method0("keyrefs")?;
    for reference in loops.try_iter()? {
        let event_loop = reference?.call0()?;
        if !event_loop.is_none() && event_loop.call_method0("is_closed")?.is_truthy()? {
            inboxes.call_method1("pop", (event_loop, py.None()))?;
        }
    }
    Ok(())
}

/// Work under way for an event loop.
pub(super) struct Running {
    /// Resolved on the loop when the work is done.
    pub(super) future: Py<PyAny>,
    task: AbortHandle,
    is_wanted: Arc<AtomicBool>,
}

impl Running {
    /// Gives the work up: its connection closes, and its outcome interests nobody any more.
    pub(super) fn cancel(&self) {
        self.is_wanted.store(false, Ordering::Release);
        self.task.abort();
    }
}

/// Begins `work` for the running event loop; `finish` makes its outcome a Python value there.
pub(super) fn spawn<T: Send + 'static>(
    py: Python<'_>,
    mailbox: Mailbox,
    event_loop: &Bound<'_, PyAny>,
    work: impl Future<Output = T> + Send + 'static,
    finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Running> {
    let create = intern!(py, "create_future");
    let future = event_loop.call_method0(create)?.unbind();
    let is_wanted = Arc::new(AtomicBool::new(true));
    let promise = Promise {
        mailbox,
        future: Some(future.clone_ref(py)),
        is_wanted: Arc::clone(&is_wanted),
    };
    let task = runtime::background(py)?.spawn(async move {
        let outcome = work.await;
        promise.keep(move |py| finish(py, outcome));
    });
    Ok(Running {
        future,
        task: task.abort_handle(),
        is_wanted,
    })
}

/// The obligation to resolve a future, kept even if the task that has it ends early.
struct Promise {
    mailbox: Mailbox,
    future: Option<Py<PyAny>>,
    is_wanted: Arc<AtomicBool>,
}

impl Promise {
    fn keep(mut self, outcome: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static) {
        self.resolve(outcome);
    }

    fn resolve(
        &mut self,
        outcome: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) {
        let Some(future) = self.future.take() else {
            return;
        };
        let is_wanted = Arc::clone(&self.is_wanted);
        self.mailbox.post(Box::new(move |py| {
            if is_wanted.load(Ordering::Acquire)
                && let Err(error) = set_outcome(future.bind(py), outcome(py))
            {
                error.write_unraisable(py, None);
            }
        }));
    }
}

impl Drop for Promise {
    /// Even a future that nobody wants goes back to the loop: only there can it be dropped without a lock that a fork
    /// could find taken.
    fn drop(&mut self) {
        self.resolve(|_| Err(PyRuntimeError::new_err("the call ended without an outcome")));
    }
}

fn set_outcome(future: &Bound<'_, PyAny>, outcome: PyResult<Py<PyAny>>) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match outcome {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))?,
    };
    Ok(())
}
