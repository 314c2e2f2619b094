//! A synchronization task: it follows its source until it is stopped, and has no end of its own.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Migration, SyncStatus, views};
use crate::emulator::answers::Problem;

/// One change of the source arrives this often, in milliseconds.
const CHANGE_EVERY_MS: u64 = 100;

/// A synchronization task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncTask {
    /// The state it is in.
    pub status: SyncStatus,
    /// When it was added, in milliseconds since 1970.
    pub create_time: Option<i64>,
    /// When it was last started, in milliseconds since 1970.
    pub last_start_time: Option<i64>,
    /// How many objects it synchronized before it was last stopped.
    pub objects: u64,
}

impl SyncTask {
    pub(super) fn settle_in(&mut self, now: i64) {
        self.create_time.get_or_insert(now);
        if self.status == SyncStatus::Synchronizing {
            self.last_start_time.get_or_insert(now);
        }
    }

    /// How many objects it has synchronized.
    pub(super) fn objects(&self, now: i64) -> u64 {
        match self.last_start_time {
            Some(since) if self.status == SyncStatus::Synchronizing => {
                let elapsed = u64::try_from(now.saturating_sub(since)).unwrap_or(0);
                self.objects.saturating_add(elapsed / CHANGE_EVERY_MS)
            }
            _ => self.objects,
        }
    }
}

impl Migration for SyncTask {
    fn advance(&mut self, _now: i64) {}

    fn start(&mut self, _only_failed: bool, now: i64) -> Result<(), Problem> {
        if self.status == SyncStatus::Synchronizing {
            return Err(Problem::already_started());
        }
        (self.status, self.last_start_time) = (SyncStatus::Synchronizing, Some(now));
        Ok(())
    }

    fn stop(&mut self, now: i64) -> Result<(), Problem> {
        if self.status == SyncStatus::Stopped {
            return Err(Problem::not_in_progress());
        }
        self.objects = self.objects(now);
        self.status = SyncStatus::Stopped;
        Ok(())
    }

    fn show(&self, id: &str, now: i64) -> Bytes {
        views::sync_task(id, self, self.objects(now))
    }

    fn list(&self, id: &str, _now: i64) -> Bytes {
        views::sync_task_item(id, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_its_source_while_it_is_started() {
        let mut task = SyncTask::default();
        task.settle_in(0);
        assert_eq!(task.objects(60_000), 0);
        assert_eq!(task.stop(60_000), Err(Problem::not_in_progress()));
        task.start(false, 60_000).expect("started");
        assert_eq!(task.start(false, 60_001), Err(Problem::already_started()));
        assert_eq!(task.objects(61_000), 10);
        task.stop(62_000).expect("stopped");
        assert_eq!(
            (task.objects(90_000), task.last_start_time),
            (20, Some(60_000))
        );
    }
}
