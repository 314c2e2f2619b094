//! What a look at a resource says about a start whose answer was lost: a pure decision.
//!
//! The service accepts a start from some states only, and dates each start. So the state, and whether the start
//! time lies before or after the moment of sending (by the service's clock), tell what became of a request:
//!
//! | state of the resource | started after sending | started before, or never | cannot be told |
//! |---|---|---|---|
//! | goes on: task 1 2 6, group 0 1 2, `SYNCHRONIZING` | started | started | started |
//! | can be started: task 3 4, group 3, `STOPPED` | started, and ended since | not started | look again |
//! | has ended: task 5, group 4 5 6 8 9 | started, and ended since | not started | look again |
//! | is being paused: task 7, group 7 | started | look again | look again |
//! | any other | started | look again | look again |
//!
//! The moment of sending is known to the second at first, from the `Date` of the answer. A start time within that
//! span cannot be told from the moment of sending, so looking goes on, at moments that shorten the span; once it is
//! as short as the round trips allow, a start time within it counts as after sending: nobody else could have
//! started the resource and seen it end in that time.
//!
//! Of several requests of a call whose outcome was lost, the first one's moment of sending counts: what was started
//! after that was started by this call, however late the request arrived.
//!
//! "Goes on" is a success whoever started it: trying again could only be answered with "already started". A
//! resource that "has ended" refuses a start, so trying again is safe and gives the true error. "Look again" that
//! lasts until the call's time is over is an unknown outcome. So is "not started" at the end of a call one of whose
//! requests got no answer at all: it may still be under way.

use serde_json::Value as Json;

use crate::clock::Window;
use crate::operation::{Resource, SYNC_TASK, TASK, TASK_GROUP};

/// What was seen of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What its state allows.
    pub phase: Phase,
    /// The state in the service's own words.
    pub status: String,
    /// When it was last started, in Unix milliseconds of the service's clock; `None` if never.
    pub started_at: Option<i64>,
}

/// What a state allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It was started and goes on.
    GoesOn,
    /// It can be started.
    CanStart,
    /// It has ended, and cannot be started.
    Ended,
    /// It is being paused.
    Pausing,
    /// A state that this version does not know.
    Other,
}

/// What became of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The resource was started.
    Started,
    /// It was not: the start can be tried again.
    NotStarted,
    /// It cannot be told from this look.
    LookAgain,
}

/// Decides what became of a start that was sent within `sent` (the service's clock), from what was seen since.
#[must_use]
pub fn settle(seen: &Seen, sent: Option<Window>) -> Settled {
    use Phase::{CanStart, Ended, GoesOn, Other, Pausing};
    use Started::{After, Before, Unclear};
    match (seen.phase, when(seen.started_at, sent)) {
        (GoesOn, _) | (_, After) => Settled::Started,
        (CanStart | Ended, Before) => Settled::NotStarted,
        (CanStart | Ended, Unclear) | (Pausing | Other, _) => Settled::LookAgain,
    }
}

/// When a resource was last started, seen from the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Started {
    After,
    Before,
    Unclear,
}

fn when(started_at: Option<i64>, sent: Option<Window>) -> Started {
    match (started_at, sent) {
        (None, _) => Started::Before,
        (Some(at), Some(sent)) if at > sent.latest => Started::After,
        (Some(at), Some(sent)) if at < sent.earliest => Started::Before,
        (Some(_), Some(sent)) if sent.is_sharp => Started::After,
        (Some(_), _) => Started::Unclear,
    }
}

impl Seen {
    /// Reads what matters from the answer to a `show_*` request; `None` if it is no such answer.
    #[must_use]
    pub fn read(resource: &Resource, answer: &Json) -> Option<Self> {
        let status = answer.get("status")?;
        let (phase, time) = if *resource == TASK {
            (task_phase(status.as_i64()?), "start_time")
        } else if *resource == TASK_GROUP {
            (group_phase(status.as_i64()?), "start_time")
        } else if *resource == SYNC_TASK {
            (sync_phase(status.as_str()?), "last_start_time")
        } else {
            return None;
        };
        Some(Self {
            phase,
            status: status
                .as_str()
                .map_or_else(|| status.to_string(), str::to_owned),
            started_at: answer.get(time).and_then(Json::as_i64).filter(|at| *at > 0),
        })
    }
}

const fn task_phase(status: i64) -> Phase {
    match status {
        1 | 2 | 6 => Phase::GoesOn,
        3 | 4 => Phase::CanStart,
        5 => Phase::Ended,
        7 => Phase::Pausing,
        _ => Phase::Other,
    }
}

const fn group_phase(status: i64) -> Phase {
    match status {
        0..=2 => Phase::GoesOn,
        3 => Phase::CanStart,
        4..=6 | 8 | 9 => Phase::Ended,
        7 => Phase::Pausing,
        _ => Phase::Other,
    }
}

fn sync_phase(status: &str) -> Phase {
    match status {
        "SYNCHRONIZING" => Phase::GoesOn,
        "STOPPED" => Phase::CanStart,
        _ => Phase::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const SENT: Window = Window {
        earliest: 1000,
        latest: 2000,
        is_sharp: false,
    };

    /// The columns of the table: started after, before, never, at a time that cannot be told.
    fn row(phase: Phase) -> [Settled; 4] {
        [Some(2001), Some(999), None, Some(1500)].map(|started_at| {
            let status = String::new();
            settle(
                &Seen {
                    phase,
                    status,
                    started_at,
                },
                Some(SENT),
            )
        })
    }

    #[test]
    fn what_goes_on_was_started() {
        assert_eq!(row(Phase::GoesOn), [Settled::Started; 4]);
    }

    #[test]
    fn what_can_be_started_was_not_unless_its_start_is_later() {
        use Settled::{LookAgain, NotStarted, Started};
        assert_eq!(
            row(Phase::CanStart),
            [Started, NotStarted, NotStarted, LookAgain]
        );
    }

    #[test]
    fn what_has_ended_was_not_started_unless_its_start_is_later() {
        use Settled::{LookAgain, NotStarted, Started};
        assert_eq!(
            row(Phase::Ended),
            [Started, NotStarted, NotStarted, LookAgain]
        );
    }

    #[test]
    fn what_is_being_paused_says_nothing_unless_its_start_is_later() {
        use Settled::{LookAgain, Started};
        assert_eq!(
            row(Phase::Pausing),
            [Started, LookAgain, LookAgain, LookAgain]
        );
    }

    #[test]
    fn an_unknown_state_says_nothing_unless_its_start_is_later() {
        use Settled::{LookAgain, Started};
        assert_eq!(
            row(Phase::Other),
            [Started, LookAgain, LookAgain, LookAgain]
        );
    }

    #[test]
    fn a_start_time_within_a_span_as_short_as_the_round_trips_is_ours() {
        let sharp = Some(Window {
            is_sharp: true,
            ..SENT
        });
        let seen = |started_at| Seen {
            phase: Phase::CanStart,
            status: "4".to_owned(),
            started_at: Some(started_at),
        };
        assert_eq!(settle(&seen(1500), sharp), Settled::Started);
        assert_eq!(settle(&seen(999), sharp), Settled::NotStarted);
    }

    #[test]
    fn without_the_services_clock_a_start_time_says_nothing() {
        let seen = |started_at| Seen {
            phase: Phase::CanStart,
            status: "3".to_owned(),
            started_at,
        };
        assert_eq!(settle(&seen(Some(5000)), None), Settled::LookAgain);
        assert_eq!(settle(&seen(None), None), Settled::NotStarted);
    }

    #[test]
    fn every_state_of_the_service_has_its_phase() {
        use Phase::{CanStart, Ended, GoesOn, Other, Pausing};
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8].map(task_phase),
            [
                Other, GoesOn, GoesOn, CanStart, CanStart, Ended, GoesOn, Pausing, Other
            ]
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(group_phase),
            [
                GoesOn, GoesOn, GoesOn, CanStart, Ended, Ended, Ended, Pausing, Ended, Ended, Other
            ]
        );
        assert_eq!(
            ["SYNCHRONIZING", "STOPPED", "NEW"].map(sync_phase),
            [GoesOn, CanStart, Other]
        );
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_goes() {
        let task = json!({"status": 4, "start_time": 1_600_000_000_000_i64, "new": {}});
        let seen = Seen::read(&TASK, &task).expect("readable");
        assert_eq!(
            (seen.phase, seen.started_at),
            (Phase::CanStart, Some(1_600_000_000_000))
        );
        let never = json!({"status": "STOPPED", "last_start_time": 0});
        assert_eq!(
            Seen::read(&SYNC_TASK, &never).and_then(|s| s.started_at),
            None
        );
        assert_eq!(Seen::read(&TASK, &json!({"status": "PAUSED"})), None);
        assert_eq!(Seen::read(&TASK_GROUP, &json!([])), None);
    }

    proptest! {
        #[test]
        fn nothing_that_started_after_sending_is_started_again(
            status in 0..12_i64, after in 2001..i64::MAX, resource in 0..2_usize
        ) {
            let resource = [&TASK, &TASK_GROUP][resource];
            let seen = Seen::read(resource, &json!({"status": status, "start_time": after}));
            let seen = seen.expect("readable");
            prop_assert_eq!(settle(&seen, Some(SENT)), Settled::Started);
        }
    }
}
