//! Events of a call, written to Python's logging when the interpreter's lock is held.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use tokio::sync::Notify;

use super::asyncio::Mailbox;
use super::logging;
use crate::journal::{Event, Journal};

/// Events of a blocking call, kept until the interpreter's lock is held; the bell says that there are some.
pub(super) struct Records {
    events: Mutex<Vec<Event>>,
    bell: Arc<Notify>,
    wants_routine: bool,
}

impl Records {
    pub(super) fn new(py: Python<'_>, bell: &Arc<Notify>) -> Self {
        Self {
            events: Mutex::default(),
            bell: Arc::clone(bell),
            wants_routine: logging::is_verbose(py),
        }
    }

    pub(super) fn write(&self, py: Python<'_>) {
        let events =
            std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        for event in &events {
            logging::write(py, event);
        }
    }
}

impl Journal for Records {
    fn record(&self, event: Event) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
        self.bell.notify_one();
    }

    fn wants_routine(&self) -> bool {
        self.wants_routine
    }
}

/// Events of an asynchronous call, written on the event loop's thread.
pub(super) struct Posted {
    mailbox: Mailbox,
    wants_routine: bool,
}

impl Posted {
    pub(super) fn new(py: Python<'_>, mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            wants_routine: logging::is_verbose(py),
        }
    }
}

impl Journal for Posted {
    fn record(&self, event: Event) {
        self.mailbox
            .post(Box::new(move |py| logging::write(py, &event)));
    }

    fn wants_routine(&self) -> bool {
        self.wants_routine
    }
}
