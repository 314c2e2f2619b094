//! A task group: its states, and what time does to it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::run::{Run, Stage, check_seconds, share_of};
use super::{ErrorReason, GroupStatus, Migration, views};
use crate::emulator::answers::Problem;
use crate::emulator::clock::milliseconds;

/// A task group. The first fields are what it is like, the others what has become of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskGroup {
    /// The state it is in.
    pub status: GroupStatus,
    /// How many tasks it has.
    pub tasks: u64,
    /// How many objects they migrate together.
    pub total_objects: u64,
    /// How large those are together.
    pub total_bytes: u64,
    /// How many seconds the whole migration takes.
    pub duration: f64,
    /// How many seconds it waits before it goes on, after each start.
    pub waiting: f64,
    /// How many seconds a pause takes.
    pub pausing: f64,
    /// How many of its tasks fail; the group then ends in `MIGRATION_FAILED`.
    pub failed_tasks: u64,
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

impl Default for TaskGroup {
    fn default() -> Self {
        Self {
            status: GroupStatus::Paused,
            tasks: 3,
            total_objects: 1500,
            total_bytes: 3_000_000_000,
            duration: 3.0,
            waiting: 0.0,
            pausing: 0.0,
            failed_tasks: 0,
            error_reason: None,
            progress: 0.0,
            start_time: None,
            total_time: 0,
            run: None,
            pause_ends: None,
        }
    }
}

impl TaskGroup {
    /// Checks a new group and puts it to work if its state says so.
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
        if self.error_reason.is_some() || self.status == GroupStatus::MigrationFailed {
            self.failed_tasks = self.failed_tasks.max(1);
        }
        if self.failed_tasks > self.tasks {
            return Err(format!(
                "a group of {} tasks cannot fail with {} of them",
                self.tasks, self.failed_tasks
            ));
        }
        match self.status {
            _ if self.run.is_some() || self.pause_ends.is_some() => {}
            GroupStatus::Waiting | GroupStatus::Executing if self.waiting > 0.0 => {
                self.run(self.waiting, self.end_with_failures(), now);
            }
            GroupStatus::Monitoring => self.run(0.0, self.end_with_failures(), now),
            GroupStatus::Pausing if self.pausing > 0.0 => {
                self.pause_ends = Some(now + milliseconds(self.pausing));
            }
            GroupStatus::Complete => self.progress = 1.0,
            GroupStatus::MigrationFailed => self.progress = self.end_with_failures(),
            _ => {}
        }
        Ok(())
    }

    #[allow(clippy::cast_precision_loss)]
    fn end_with_failures(&self) -> f64 {
        1.0 - self.failed_tasks as f64 / self.tasks.max(1) as f64
    }

    fn run(&mut self, wait: f64, to: f64, now: i64) {
        let run = Run {
            since: now,
            wait: milliseconds(wait),
            length: share_of(self.duration, 1.0 - self.progress),
            from: self.progress,
            to: to.max(self.progress),
        };
        (self.start_time, self.run) = (Some(now), Some(run));
    }

    /// Begins to work towards `end`.
    fn begin(&mut self, end: f64, now: i64) {
        self.run(self.waiting, end, now);
        self.status = if self.waiting > 0.0 {
            GroupStatus::Waiting
        } else {
            GroupStatus::Monitoring
        };
        self.advance(now);
    }

    /// The progress, the speed and the time worked, as of now.
    pub(super) fn figures(&self, now: i64) -> (f64, u64, i64) {
        match self.run.map(|run| (run, run.stage(now))) {
            Some((run, Stage::Going { done, worked, .. })) => (
                run.progress(done),
                run.speed(self.total_bytes),
                self.total_time.saturating_add(worked),
            ),
            _ => (self.progress, 0, self.total_time),
        }
    }
}

impl Migration for TaskGroup {
    fn advance(&mut self, now: i64) {
        if self.pause_ends.is_some_and(|end| now >= end) {
            (self.status, self.pause_ends) = (GroupStatus::Paused, None);
        }
        let Some(run) = self.run else { return };
        match run.stage(now) {
            Stage::Waiting => {}
            Stage::Going { .. } => self.status = GroupStatus::Monitoring,
            Stage::Over => {
                self.status = if run.to < 1.0 {
                    GroupStatus::MigrationFailed
                } else {
                    GroupStatus::Complete
                };
                self.progress = run.to;
                self.total_time = self.total_time.saturating_add(run.length);
                self.run = None;
            }
        }
    }

    fn start(&mut self, _only_failed: bool, now: i64) -> Result<(), Problem> {
        match self.status {
            GroupStatus::Paused => {
                self.begin(self.end_with_failures(), now);
                Ok(())
            }
            GroupStatus::Waiting
            | GroupStatus::Executing
            | GroupStatus::Monitoring
            | GroupStatus::Pausing => Err(Problem::already_started()),
            GroupStatus::CreateFailed
            | GroupStatus::MigrationFailed
            | GroupStatus::Complete
            | GroupStatus::DeletePending
            | GroupStatus::Deleted => Err(Problem::invalid_request(
                "Only a paused task group can be resumed; a failed one can be retried.",
            )),
        }
    }

    fn retry(&mut self, only_failed: bool, now: i64) -> Result<(), Problem> {
        match self.status {
            GroupStatus::CreateFailed | GroupStatus::MigrationFailed => {
                // What failed once is taken to succeed when it is sent alone.
                let end = if only_failed {
                    1.0
                } else {
                    self.progress = 0.0;
                    self.end_with_failures()
                };
                self.begin(end, now);
                Ok(())
            }
            GroupStatus::Waiting
            | GroupStatus::Executing
            | GroupStatus::Monitoring
            | GroupStatus::Pausing => Err(Problem::already_started()),
            GroupStatus::Paused
            | GroupStatus::Complete
            | GroupStatus::DeletePending
            | GroupStatus::Deleted => Err(Problem::invalid_request(
                "Only a failed task group can be retried; a paused one can be resumed.",
            )),
        }
    }

    fn stop(&mut self, now: i64) -> Result<(), Problem> {
        if !matches!(
            self.status,
            GroupStatus::Waiting | GroupStatus::Executing | GroupStatus::Monitoring
        ) {
            return Err(Problem::not_in_progress());
        }
        (self.progress, _, self.total_time) = self.figures(now);
        self.run = None;
        self.status = if self.pausing > 0.0 {
            self.pause_ends = Some(now.saturating_add(milliseconds(self.pausing)));
            GroupStatus::Pausing
        } else {
            GroupStatus::Paused
        };
        Ok(())
    }

    fn show(&self, id: &str, now: i64) -> Bytes {
        views::task_group(id, self, self.figures(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(status: GroupStatus, failed_tasks: u64) -> TaskGroup {
        let mut group = TaskGroup {
            status,
            failed_tasks,
            duration: 10.0,
            ..TaskGroup::default()
        };
        group.settle_in(0).expect("a good group");
        group
    }

    #[test]
    fn a_paused_group_is_resumed_and_completes_or_fails() {
        for (failed_tasks, end) in [
            (0, GroupStatus::Complete),
            (1, GroupStatus::MigrationFailed),
        ] {
            let mut group = group(GroupStatus::Paused, failed_tasks);
            group.start(false, 0).expect("started");
            group.advance(9_999);
            assert_eq!(group.status, GroupStatus::Monitoring);
            group.advance(10_000);
            assert_eq!(group.status, end);
            assert_eq!(
                group.start(false, 11_000).expect_err("refused").code,
                "OMS.0064"
            );
        }
    }

    #[test]
    fn a_failed_group_is_retried_and_succeeds_with_its_failed_objects_alone() {
        for (only_failed, end) in [
            (true, GroupStatus::Complete),
            (false, GroupStatus::MigrationFailed),
        ] {
            let mut group = group(GroupStatus::MigrationFailed, 1);
            group.retry(only_failed, 0).expect("retried");
            assert_eq!(group.status, GroupStatus::Monitoring);
            assert_eq!(group.retry(only_failed, 1), Err(Problem::already_started()));
            group.advance(10_001);
            assert_eq!(group.status, end);
        }
        let refused = group(GroupStatus::Paused, 0)
            .retry(true, 0)
            .expect_err("refused");
        assert_eq!(refused.code, "OMS.0064");
    }

    #[test]
    fn a_group_that_goes_on_can_be_paused_and_not_started() {
        for status in [
            GroupStatus::Waiting,
            GroupStatus::Executing,
            GroupStatus::Monitoring,
        ] {
            let mut group = group(status, 0);
            assert_eq!(group.start(false, 1), Err(Problem::already_started()));
            assert_eq!(group.stop(1), Ok(()));
            assert_eq!(group.status, GroupStatus::Paused);
            assert_eq!(group.stop(2), Err(Problem::not_in_progress()));
        }
        assert_eq!(
            group(GroupStatus::Pausing, 0).start(false, 1),
            Err(Problem::already_started())
        );
    }
}
