//! What happens during a call, for whoever wants to log it. Never holds a secret.

use std::time::Duration;

use crate::start::StartResult;

/// Takes events as they happen, from any thread; must not block.
pub trait Journal: Send + Sync {
    /// Takes one event.
    fn record(&self, event: Event);

    /// Whether events of calls that go as they should are wanted too. Where they are not, none are made.
    fn wants_routine(&self) -> bool;
}

/// Something that happened during a call.
#[derive(Debug, Clone)]
pub enum Event {
    /// One request and what came of it.
    Attempt {
        /// The operation's name.
        operation: &'static str,
        /// The id it was asked of.
        resource_id: String,
        /// Which request of the call this was, from 1.
        attempt: u32,
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// The id that the service gave the request.
        request_id: Option<String>,
        /// How long it took.
        elapsed: Duration,
        /// Why there was no answer.
        failure: Option<String>,
    },
    /// A start that succeeded.
    Started(StartResult),
    /// Our clock was off, and the service's is used from now on.
    ClockCorrected {
        /// What is added to our clock, in seconds.
        seconds: f64,
    },
}
