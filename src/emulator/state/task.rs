//! A migration task: its states, and what time does to it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::run::{Run, Stage, check_seconds, part, share_of};
use super::{Migration, TaskStatus, views};
use crate::emulator::answers::Problem;
use crate::emulator::clock::milliseconds;

/// Why a task or a group failed, as the service tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorReason {
    /// `TRF.xxxx`, mostly.
    pub error_code: String,
    /// For people.
    pub error_msg: String,
}

impl Default for ErrorReason {
    fn default() -> Self {
        Self {
            error_code: "TRF.0001".to_owned(),
            error_msg: "Some objects failed to be migrated.".to_owned(),
        }
    }
}

/// A migration task. The first fields are what it is like, the others what has become of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Task {
    /// The state it is in.
    pub status: TaskStatus,
    /// The group it belongs to; empty for none.
    pub group_id: String,
    /// How many objects it migrates.
    pub total_objects: u64,
    /// How large they are together.
    pub total_bytes: u64,
    /// How many seconds the whole migration takes.
    pub duration: f64,
    /// How many seconds it waits before it runs, after each start.
    pub waiting: f64,
    /// How many seconds a pause takes.
    pub pausing: f64,
    /// How many objects fail; a run of all objects then ends in `FAILED`.
    pub failed_objects: u64,
    /// What the service says of the failure.
    pub error_reason: Option<ErrorReason>,
    /// How much is done, 0 to 1.
    pub progress: f64,
    /// When it was last started, in milliseconds since 1970.
    pub start_time: Option<i64>,
    /// How long it has worked, in milliseconds.
    pub total_time: i64,
    /// The run that is under way.
    pub run: Option<Run>,
    /// When the pause that is under way will be reached, in milliseconds since 1970.
    pub pause_ends: Option<i64>,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            status: TaskStatus::Paused,
            group_id: String::new(),
            total_objects: 500,
            total_bytes: 1_000_000_000,
            duration: 3.0,
            waiting: 0.0,
            pausing: 0.0,
            failed_objects: 0,
            error_reason: None,
            progress: 0.0,
            start_time: None,
            total_time: 0,
            run: None,
            pause_ends: None,
        }
    }
}

impl Task {
    /// Checks a new task and puts it to work if its state says so.
    pub(super) fn settle_in(&mut self, now: i64) -> Result<(), String> {
        check_seconds("duration", self.duration)?;
        check_seconds("waiting", self.waiting)?;
        check_seconds("pausing", self.pausing)?;
        if !(0.0..=1.0).contains(&self.progress) {
            return Err(format!(
                "progress must be from 0 to 1, not {}",
                self.progress
            ));
        }
        if self.error_reason.is_some() || self.status == TaskStatus::Failed {
            self.failed_objects = self.failed_objects.max(1);
        }
        if self.failed_objects > self.total_objects {
            return Err(format!(
                "a task of {} objects cannot fail with {} of them",
                self.total_objects, self.failed_objects
            ));
        }
        match self.status {
            _ if self.run.is_some() || self.pause_ends.is_some() => {}
            TaskStatus::Waiting if self.waiting > 0.0 => {
                self.run(self.progress, self.end_with_failures(), now);
            }
            TaskStatus::Running | TaskStatus::Retrying => {
                let waiting = std::mem::take(&mut self.waiting);
                self.run(self.progress, self.end_with_failures(), now);
                self.waiting = waiting;
            }
            TaskStatus::Pausing if self.pausing > 0.0 => {
                self.pause_ends = Some(now + milliseconds(self.pausing));
            }
            TaskStatus::Succeeded => self.progress = 1.0,
            TaskStatus::Failed => self.progress = self.end_with_failures(),
            TaskStatus::Waiting | TaskStatus::Paused | TaskStatus::Pausing => {}
        }
        Ok(())
    }

    /// How far a run of all objects gets.
    #[allow(clippy::cast_precision_loss)]
    fn end_with_failures(&self) -> f64 {
        1.0 - self.failed_objects as f64 / self.total_objects.max(1) as f64
    }

    fn run(&mut self, from: f64, to: f64, now: i64) {
        let run = Run {
            since: now,
            wait: milliseconds(self.waiting),
            length: share_of(self.duration, 1.0 - from),
            from,
            to: to.max(from),
        };
        (self.start_time, self.run) = (Some(now), Some(run));
    }

    /// Has the run that was just started wait.
    pub(super) fn wait_for_turn(&mut self, wait: i64) {
        if let Some(run) = &mut self.run {
            (run.wait, self.status) = (wait, TaskStatus::Waiting);
        }
    }

    /// Has the run that waits for its turn begin at `turn`, or when it was started if that was later. Gives back when
    /// it will be over.
    pub(super) fn begin_run(&mut self, turn: i64) -> i64 {
        let waiting = milliseconds(self.waiting);
        let Some(run) = &mut self.run else {
            return turn;
        };
        run.wait = turn.saturating_sub(run.since).max(0) + waiting;
        run.since + run.wait + run.length
    }

    /// Whether the run that is under way leaves failed objects behind.
    fn fails(&self) -> bool {
        self.run.is_some_and(|run| run.to < 1.0)
    }

    /// The progress, the objects that failed, the speed, the time left, and the time worked, as of now.
    pub(super) fn figures(&self, now: i64) -> Figures {
        let rest = Figures {
            progress: self.progress,
            failed: if self.status == TaskStatus::Failed {
                self.failed_objects
            } else {
                0
            },
            speed: 0,
            left: 0,
            worked: self.total_time,
        };
        let Some(run) = self.run else { return rest };
        match run.stage(now) {
            Stage::Going { done, worked, left } => Figures {
                progress: run.progress(done),
                failed: if self.fails() {
                    part(self.failed_objects, done)
                } else {
                    0
                },
                speed: run.speed(self.total_bytes),
                left,
                worked: self.total_time.saturating_add(worked),
            },
            Stage::Waiting | Stage::Over => Figures {
                progress: run.from,
                left: run.length,
                ..rest
            },
        }
    }
}

/// What changes while a task runs.
pub(super) struct Figures {
    pub(super) progress: f64,
    pub(super) failed: u64,
    pub(super) speed: u64,
    pub(super) left: i64,
    pub(super) worked: i64,
}

impl Migration for Task {
    fn advance(&mut self, now: i64) {
        if self.pause_ends.is_some_and(|end| now >= end) {
            (self.status, self.pause_ends) = (TaskStatus::Paused, None);
        }
        let Some(run) = self.run else { return };
        match run.stage(now) {
            Stage::Waiting => {}
            Stage::Going { .. } if self.status == TaskStatus::Retrying => {}
            Stage::Going { .. } => self.status = TaskStatus::Running,
            Stage::Over => {
                self.status = if self.fails() {
                    TaskStatus::Failed
                } else {
                    TaskStatus::Succeeded
                };
                self.progress = run.to;
                self.total_time = self.total_time.saturating_add(run.length);
                self.run = None;
            }
        }
    }

    fn start(&mut self, only_failed: bool, now: i64) -> Result<(), Problem> {
        let (from, to) = match self.status {
            TaskStatus::Waiting
            | TaskStatus::Running
            | TaskStatus::Retrying
            | TaskStatus::Pausing => {
                return Err(Problem::already_started());
            }
            TaskStatus::Succeeded => {
                return Err(Problem::invalid_request(
                    "The task has succeeded. Only a paused or failed task can be started.",
                ));
            }
            // What failed once is taken to succeed when it is sent alone.
            TaskStatus::Failed if only_failed => (self.progress, 1.0),
            TaskStatus::Failed => (0.0, self.end_with_failures()),
            TaskStatus::Paused => (self.progress, self.end_with_failures()),
        };
        self.run(from, to, now);
        self.status = if self.waiting > 0.0 {
            TaskStatus::Waiting
        } else {
            TaskStatus::Running
        };
        self.advance(now);
        Ok(())
    }

    fn stop(&mut self, now: i64) -> Result<(), Problem> {
        if !matches!(
            self.status,
            TaskStatus::Waiting | TaskStatus::Running | TaskStatus::Retrying
        ) {
            return Err(Problem::not_in_progress());
        }
        let figures = self.figures(now);
        (self.progress, self.total_time) = (figures.progress, figures.worked);
        self.run = None;
        self.status = if self.pausing > 0.0 {
            self.pause_ends = Some(now.saturating_add(milliseconds(self.pausing)));
            TaskStatus::Pausing
        } else {
            TaskStatus::Paused
        };
        Ok(())
    }

    fn show(&self, id: &str, now: i64) -> Bytes {
        views::task(id, self, &self.figures(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(change: impl FnOnce(&mut Task)) -> Task {
        let mut task = Task {
            duration: 10.0,
            ..Task::default()
        };
        change(&mut task);
        task.settle_in(0).expect("a good task");
        task
    }

    fn at(task: &mut Task, now: i64) -> (TaskStatus, u64) {
        task.advance(now);
        (task.status, part(100, task.figures(now).progress))
    }

    #[test]
    fn a_paused_task_runs_to_its_end() {
        let mut task = task(|t| t.waiting = 1.0);
        assert_eq!(at(&mut task, 0), (TaskStatus::Paused, 0));
        task.start(false, 0).expect("started");
        assert_eq!(at(&mut task, 999), (TaskStatus::Waiting, 0));
        assert_eq!(at(&mut task, 6_000), (TaskStatus::Running, 50));
        assert_eq!(at(&mut task, 11_000), (TaskStatus::Succeeded, 100));
        assert_eq!((task.total_time, task.start_time), (10_000, Some(0)));
    }

    #[test]
    fn a_pause_keeps_what_was_done() {
        let mut task = task(|t| t.pausing = 1.0);
        task.start(false, 0).expect("started");
        assert_eq!(at(&mut task, 4_000), (TaskStatus::Running, 40));
        task.stop(4_000).expect("stopped");
        assert_eq!(at(&mut task, 4_000), (TaskStatus::Pausing, 40));
        assert_eq!(task.start(false, 4_000), Err(Problem::already_started()));
        assert_eq!(at(&mut task, 5_000), (TaskStatus::Paused, 40));
        assert_eq!(task.stop(5_000), Err(Problem::not_in_progress()));
        task.start(false, 9_000).expect("started");
        assert_eq!(at(&mut task, 14_999), (TaskStatus::Running, 99));
        assert_eq!(at(&mut task, 15_000), (TaskStatus::Succeeded, 100));
    }

    #[test]
    fn a_failing_task_fails_again_unless_only_the_failed_objects_are_sent() {
        let mut task = task(|t| t.failed_objects = 50);
        for begin in [0, 20_000] {
            task.start(false, begin).expect("started");
            assert_eq!(at(&mut task, begin + 9_999), (TaskStatus::Running, 89));
            assert_eq!(at(&mut task, begin + 10_000), (TaskStatus::Failed, 90));
            assert_eq!(task.figures(begin + 10_000).failed, 50);
        }
        task.start(true, 40_000).expect("started");
        assert_eq!(at(&mut task, 40_500), (TaskStatus::Running, 95));
        assert_eq!(task.figures(40_500).failed, 0);
        assert_eq!(at(&mut task, 41_000), (TaskStatus::Succeeded, 100));
    }

    #[test]
    fn only_a_paused_or_failed_task_can_be_started() {
        for (status, code) in [
            (TaskStatus::Waiting, "OMS.0065"),
            (TaskStatus::Running, "OMS.0065"),
            (TaskStatus::Retrying, "OMS.0065"),
            (TaskStatus::Pausing, "OMS.0065"),
            (TaskStatus::Succeeded, "OMS.0064"),
        ] {
            let mut task = task(|t| t.status = status);
            assert_eq!(at(&mut task, 1).0, status);
            assert_eq!(
                task.start(false, 1).expect_err("refused").code,
                code,
                "{status:?}"
            );
        }
        for status in [TaskStatus::Paused, TaskStatus::Failed] {
            assert_eq!(task(|t| t.status = status).start(false, 1), Ok(()));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for change in [
            (|t: &mut Task| t.duration = f64::NAN) as fn(&mut Task),
            |t| t.duration = -1.0,
            |t| t.waiting = f64::INFINITY,
            |t| t.progress = 1.5,
            |t| t.failed_objects = 501,
        ] {
            let mut task = Task::default();
            change(&mut task);
            assert!(task.settle_in(0).is_err());
        }
    }
}
