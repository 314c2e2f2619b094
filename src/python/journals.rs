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
}

impl Records {
    pub(super) fn new(bell: &Arc<Notify>) -> Self {
        Self {
            events: Mutex::default(),
            bell: Arc::clone(bell),
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
}

/// Events of an asynchronous call, written on the event loop's thread.
pub(super) struct Posted(pub(super) Mailbox);

impl Journal for Posted {
    fn record(&self, event: Event) {
        self.0.post(Box::new(move |py| logging::write(py, &event)));
    }
}
