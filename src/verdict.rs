//! What a state means for somebody who waits: a pure decision.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::operation::list::{TASK_GROUP_STATUSES, TASK_STATUSES};
use crate::operation::{Resource, SYNC_TASK, TASK, TASK_GROUP};

/// What a state means for somebody who waits for its end, or for a synchronization to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is what was waited for.
    Reached,
    /// It goes on, or is in a state that this version does not know.
    GoesOn,
    /// It failed.
    Failed,
    /// It was paused, and does not go on by itself.
    Paused,
    /// It is being deleted.
    Deleted,
}

/// Decides what an answer to "show" means.
#[must_use]
pub fn verdict(resource: &Resource, state: &Json) -> Verdict {
    let status = &state["status"];
    if *resource == SYNC_TASK {
        return match status.as_str() {
            Some("SYNCHRONIZING") => Verdict::Reached,
            Some("STOPPED") => Verdict::Paused,
            _ => Verdict::GoesOn,
        };
    }
    match status.as_i64() {
        Some(5) if *resource == TASK => Verdict::Reached,
        Some(4) if *resource == TASK => Verdict::Failed,
        Some(6) if *resource == TASK_GROUP => Verdict::Reached,
        Some(4 | 5) if *resource == TASK_GROUP => Verdict::Failed,
        Some(8 | 9) if *resource == TASK_GROUP => Verdict::Deleted,
        Some(3) => Verdict::Paused,
        _ => Verdict::GoesOn,
    }
}

/// A state in words: the service's reason, the status, how far it is, what failed.
#[must_use]
pub fn describe(resource: &Resource, state: &Json) -> String {
    let mut told = String::new();
    let reason = &state["error_reason"];
    let parts = [&reason["error_code"], &reason["error_msg"]];
    for part in parts.iter().filter_map(|part| part.as_str()) {
        let _ = write!(told, "{} ", one_line(part).trim_end_matches('.'));
    }
    let _ = write!(told, "(status {}", status_name(resource, &state["status"]));
    if let Some(progress) = progress(state) {
        let _ = write!(told, ", {:.0} % done", progress * 100.0);
    }
    let counts = if *resource == TASK_GROUP {
        ("failed_task_num", "total_task_num", "tasks")
    } else {
        ("failed_num", "total_num", "objects")
    };
    if let (Some(failed @ 1..), Some(total)) = (state[counts.0].as_u64(), state[counts.1].as_u64())
    {
        let _ = write!(told, ", {failed} of {total} {} failed", counts.2);
    }
    told.push(')');
    told
}

/// How much is done, 0 to 1, as the service says it or by the bytes that it counts.
fn progress(state: &Json) -> Option<f64> {
    let by_bytes = || match (
        state["complete_size"].as_f64(),
        state["total_size"].as_f64(),
    ) {
        (Some(complete), Some(total)) if total > 0.0 => Some(complete / total),
        _ => None,
    };
    state["progress"].as_f64().or_else(by_bytes)
}

fn status_name(resource: &Resource, status: &Json) -> String {
    let names = if *resource == TASK {
        TASK_STATUSES
    } else {
        TASK_GROUP_STATUSES
    };
    let known = names
        .iter()
        .find(|(_, number)| status.as_i64() == Some(*number));
    match (known, status) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, Json::String(name)) => one_line(name),
        (None, status) => status.to_string(),
    }
}

fn one_line(text: &str) -> String {
    const MOST: usize = 300;
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .collect();
    words.join(" ").trim().chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_has_its_verdict_and_an_unknown_one_goes_on() {
        use Verdict::{Deleted, Failed, GoesOn, Paused, Reached};
        let task = |status: i64| verdict(&TASK, &json!({"status": status}));
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 7, 42].map(task),
            [
                GoesOn, GoesOn, Paused, Failed, Reached, GoesOn, GoesOn, GoesOn
            ]
        );
        let group = |status: i64| verdict(&TASK_GROUP, &json!({"status": status}));
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 42].map(group),
            [
                GoesOn, GoesOn, GoesOn, Paused, Failed, Failed, Reached, GoesOn, Deleted, Deleted,
                GoesOn
            ]
        );
        let sync = |status: &str| verdict(&SYNC_TASK, &json!({"status": status}));
        assert_eq!(
            ["SYNCHRONIZING", "STOPPED", "NEW"].map(sync),
            [Reached, Paused, GoesOn]
        );
        assert_eq!(verdict(&TASK, &json!({})), GoesOn);
    }

    #[test]
    fn a_failure_is_told_with_the_services_reason() {
        let state = json!({
            "status": 4, "progress": 0.99, "failed_num": 5, "total_num": 500,
            "error_reason": {"error_code": "TRF.0409", "error_msg": "The source bucket\nis gone."},
        });
        assert_eq!(
            describe(&TASK, &state),
            "TRF.0409 The source bucket is gone (status FAILED, 99 % done, 5 of 500 objects failed)"
        );
        assert_eq!(
            describe(&SYNC_TASK, &json!({"status": "STOPPED"})),
            "(status STOPPED)"
        );
        assert_eq!(describe(&TASK_GROUP, &json!({"status": 12})), "(status 12)");
    }
}
