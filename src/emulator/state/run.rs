//! A stretch of work: it waits, it goes on steadily, it is over.

use serde::{Deserialize, Serialize};

use crate::emulator::clock::milliseconds;

/// The longest time, in seconds, that anything can be told to take.
const LONGEST: f64 = 1e9;

/// One run of a task or a group, from its start to its end. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// When it was started, since 1970.
    pub since: i64,
    /// How long it waits before the work begins.
    pub wait: i64,
    /// How long the work takes.
    pub length: i64,
    /// The progress at its beginning, 0 to 1.
    pub from: f64,
    /// The progress at its end, 0 to 1.
    pub to: f64,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Waiting,
    /// How far it is (0 to 1), for how long it has worked and for how long it still will (ms).
    Going {
        done: f64,
        worked: i64,
        left: i64,
    },
    Over,
}

impl Run {
    pub(super) fn stage(&self, now: i64) -> Stage {
        let worked = now.saturating_sub(self.since).saturating_sub(self.wait);
        if worked >= self.length {
            Stage::Over
        } else if worked < 0 {
            Stage::Waiting
        } else {
            Stage::Going {
                done: ratio(worked, self.length),
                worked,
                left: self.length - worked,
            }
        }
    }

    /// The progress of the whole, with `done` of the run behind it.
    pub(super) fn progress(&self, done: f64) -> f64 {
        (self.to - self.from).mul_add(done, self.from)
    }

    /// Bytes a second while it goes on.
    pub(super) fn speed(&self, total_bytes: u64) -> u64 {
        let bytes = part(total_bytes, self.to - self.from);
        bytes.saturating_mul(1000) / self.length.max(1).unsigned_abs()
    }
}

/// Checks a number of seconds.
pub(super) fn check_seconds(name: &str, seconds: f64) -> Result<(), String> {
    if (0.0..=LONGEST).contains(&seconds) {
        Ok(())
    } else {
        Err(format!(
            "{name} must be from 0 to {LONGEST:.0} seconds, not {seconds}"
        ))
    }
}

/// How long a share of `seconds` is, in milliseconds.
pub(super) fn share_of(seconds: f64, share: f64) -> i64 {
    milliseconds(seconds * share.clamp(0.0, 1.0))
}

/// A share of a whole, rounded down.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
pub(super) fn part(whole: u64, share: f64) -> u64 {
    // Exact at both ends; in between a floating-point estimate is as good as any.
    if share >= 1.0 {
        whole
    } else {
        (((whole as f64) * share.max(0.0) + 1e-6) as u64).min(whole)
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_waits_works_and_is_over() {
        let run = Run {
            since: 1000,
            wait: 500,
            length: 2000,
            from: 0.5,
            to: 1.0,
        };
        assert_eq!(run.stage(0), Stage::Waiting);
        assert_eq!(run.stage(1499), Stage::Waiting);
        assert_eq!(
            run.stage(2500),
            Stage::Going {
                done: 0.5,
                worked: 1000,
                left: 1000
            }
        );
        assert!((run.progress(0.5) - 0.75).abs() < 1e-9);
        assert_eq!(run.stage(3500), Stage::Over);
        assert_eq!(run.speed(4000), 1000);
    }

    #[test]
    fn a_run_that_takes_no_time_is_over_at_once() {
        let run = Run {
            since: 1000,
            wait: 0,
            length: 0,
            from: 0.0,
            to: 1.0,
        };
        assert_eq!(run.stage(1000), Stage::Over);
    }

    #[test]
    fn parts_are_exact_at_both_ends() {
        assert_eq!(
            (part(u64::MAX, 1.0), part(u64::MAX, 0.0), part(500, 0.998)),
            (u64::MAX, 0, 499)
        );
    }
}
