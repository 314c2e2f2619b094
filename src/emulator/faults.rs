//! Faults on demand: which request meets one, and what then happens to it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::answers::{Answer, error_body, with_body};
use crate::operation::{Action, Operation};

/// What goes wrong, with which requests, how often.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its name, for the records.
    pub name: &'static str,
    /// What happens.
    pub effect: Effect,
    /// Whether the request is carried out first.
    pub after: bool,
    /// Which requests meet it.
    pub filter: Filter,
    /// How many of them, at most.
    pub times: Option<u64>,
    /// What share of them (0 to 1), and the seed of the draw.
    pub share: Option<(f64, u64)>,
}

/// What happens to a request that meets a fault.
#[derive(Debug, Clone)]
pub enum Effect {
    /// It takes a while. It is carried out even if the client has gone by then, as by a real service.
    Delay(Duration),
    /// Something happens to the connection.
    Wire(WireEffect),
    /// It is answered before its body is read, and not carried out.
    Early(Reply),
    /// It is answered with this.
    Reply(Reply),
}

/// What happens to a connection.
#[derive(Debug, Clone)]
pub enum WireEffect {
    /// A reset (RST) in place of an answer.
    Reset,
    /// An end (FIN) in place of an answer.
    Close,
    /// No answer and no end.
    Stall,
    /// Bytes that are not HTTP, then an end.
    Garbage,
    /// An answer whose body never ends.
    Oversized(StatusCode),
    /// The answer, but not as it should come.
    Spoil(Spoil),
}

/// What is wrong with how an answer comes.
#[derive(Debug, Clone, Copy)]
pub enum Spoil {
    /// The body's second half never comes.
    StallBody,
    /// The body's second half is missing: the connection ends.
    Truncate,
    /// A byte comes at a time.
    Slow(Duration),
}

/// An answer made up by the test.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body's media type.
    pub content_type: HeaderValue,
    /// Other headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// An error as the service tells one.
    #[must_use]
    pub fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = error_body(code, message, None);
        Self::new(status, HeaderValue::from_static("application/json"), body)
    }

    /// The code that the service most likely gives with a status.
    #[must_use]
    pub fn usual_code(status: StatusCode) -> &'static str {
        match status.as_u16() {
            401 => "APIGW.0301",
            403 => "OMS.0206",
            404 => "OMS.1009",
            429 => "APIGW.0308",
            500.. => "APIGW.0601",
            _ => "OMS.0064",
        }
    }

    /// Any answer.
    #[must_use]
    pub const fn new(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
        }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut answer = with_body(self.status, self.content_type.clone(), self.body.clone());
        for (name, value) in &self.headers {
            answer.headers_mut().append(name, value.clone());
        }
        answer
    }
}

/// Which requests can meet a fault. An empty filter lets every request meet it.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that ask for one of these; a request for no known operation is none of them.
    pub operations: Option<Vec<&'static Operation>>,
    /// Those about this id.
    pub id: Option<String>,
}

impl Filter {
    /// The operations of that name, or of that kind: `start`, `show`, `stop`, `retry`, `list`.
    #[must_use]
    pub fn operations_named(name: &str) -> Option<Vec<&'static Operation>> {
        let action = match name {
            "start" => Some(Action::Start),
            "show" => Some(Action::Show),
            "stop" => Some(Action::Stop),
            "retry" => Some(Action::Retry),
            "list" => Some(Action::List),
            _ => None,
        };
        let all = crate::operation::OPERATIONS.iter().copied();
        let found: Vec<_> = all
            .filter(|o| o.name == name || Some(o.action) == action)
            .collect();
        (!found.is_empty()).then_some(found)
    }

    fn takes(&self, asked: Option<(&'static Operation, &str)>) -> bool {
        let operation = self
            .operations
            .as_ref()
            .is_none_or(|wanted| asked.is_some_and(|(operation, _)| wanted.contains(&operation)));
        let id = self
            .id
            .as_ref()
            .is_none_or(|wanted| asked.is_some_and(|(_, id)| id == wanted));
        operation && id
    }
}

/// The faults that wait for their requests, in the order they were injected.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    fault: Arc<Fault>,
    left: Option<u64>,
    draw: fastrand::Rng,
}

impl Faults {
    pub(super) fn inject(&self, fault: Fault) {
        let armed = Armed {
            left: fault.times,
            draw: fastrand::Rng::with_seed(fault.share.map_or(0, |(_, seed)| seed)),
            fault: Arc::new(fault),
        };
        self.armed().push(armed);
    }

    pub(super) fn clear(&self) {
        self.armed().clear();
    }

    /// The fault that a request meets: the first that takes it.
    pub(super) fn meet(&self, asked: Option<(&'static Operation, &str)>) -> Option<Arc<Fault>> {
        let mut all = self.armed();
        let at = all.iter_mut().position(|armed| armed.strikes(asked))?;
        let fault = Arc::clone(&all[at].fault);
        if all[at].left == Some(0) {
            all.remove(at);
        }
        Some(fault)
    }

    fn armed(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn strikes(&mut self, asked: Option<(&'static Operation, &str)>) -> bool {
        if self.left == Some(0) || !self.fault.filter.takes(asked) {
            return false;
        }
        let drawn = self
            .fault
            .share
            .is_none_or(|(share, _)| self.draw.f64() < share);
        if drawn && let Some(left) = &mut self.left {
            *left -= 1;
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{SHOW_TASK, START_SYNC_TASK, START_TASK};

    fn reset(filter: Filter, times: Option<u64>, share: Option<(f64, u64)>) -> Fault {
        Fault {
            name: "reset",
            effect: Effect::Wire(WireEffect::Reset),
            after: false,
            filter,
            times,
            share,
        }
    }

    #[test]
    fn a_fault_meets_the_requests_it_is_for_and_no_more_of_them() {
        let faults = Faults::default();
        let filter = Filter {
            operations: Filter::operations_named("start"),
            id: Some("7".to_owned()),
        };
        faults.inject(reset(filter, Some(2), None));
        assert!(faults.meet(None).is_none());
        assert!(faults.meet(Some((&SHOW_TASK, "7"))).is_none());
        assert!(faults.meet(Some((&START_TASK, "8"))).is_none());
        assert!(faults.meet(Some((&START_TASK, "7"))).is_some());
        assert!(faults.meet(Some((&START_SYNC_TASK, "7"))).is_some());
        assert!(faults.meet(Some((&START_TASK, "7"))).is_none());
    }

    #[test]
    fn a_share_is_drawn_the_same_way_every_time() {
        let draw = |seed| -> Vec<bool> {
            let faults = Faults::default();
            faults.inject(reset(Filter::default(), None, Some((0.1, seed))));
            (0..1000).map(|_| faults.meet(None).is_some()).collect()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let met = draw(7).into_iter().filter(|met| *met).count();
        assert!((60..140).contains(&met), "{met}");
    }

    #[test]
    fn faults_are_met_in_the_order_they_were_injected_until_cleared() {
        let faults = Faults::default();
        faults.inject(reset(Filter::default(), Some(1), None));
        faults.inject(Fault {
            name: "second",
            ..reset(Filter::default(), None, None)
        });
        assert_eq!(faults.meet(None).map(|f| f.name), Some("reset"));
        assert_eq!(faults.meet(None).map(|f| f.name), Some("second"));
        faults.clear();
        assert!(faults.meet(None).is_none());
    }
}
