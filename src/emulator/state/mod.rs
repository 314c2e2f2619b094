//! What the local OMS holds: its tasks, groups and synchronization tasks, and the ledger of starts.

mod group;
mod run;
mod status;
mod sync_task;
mod task;
mod views;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use group::TaskGroup;
pub use status::{GroupStatus, SyncStatus, TaskStatus, parse as parse_status};
pub use sync_task::SyncTask;
pub use task::{ErrorReason, Task};

use super::answers::Problem;
use crate::operation::{Resource, SYNC_TASK, TASK, TASK_GROUP};

/// What can be started, stopped and looked at. Times are milliseconds since 1970; nothing here reads a clock.
trait Migration {
    /// Lets the time that has passed do its work.
    fn advance(&mut self, now: i64);
    /// Starts it; it has been advanced.
    fn start(&mut self, only_failed: bool, now: i64) -> Result<(), Problem>;
    /// Pauses it; it has been advanced.
    fn stop(&mut self, now: i64) -> Result<(), Problem>;
    /// The service's answer to "show"; it has been advanced.
    fn show(&self, id: &str, now: i64) -> Bytes;
}

/// Everything there is. It is also the state file's content.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// Migration tasks by id.
    pub tasks: BTreeMap<String, Task>,
    /// Task groups by id.
    pub task_groups: BTreeMap<String, TaskGroup>,
    /// Synchronization tasks by id.
    pub sync_tasks: BTreeMap<String, SyncTask>,
    /// How often each start was carried out, by operation and id.
    #[serde(skip)]
    starts: HashMap<&'static str, BTreeMap<String, u64>>,
    /// Grows with every change.
    #[serde(skip)]
    changes: u64,
}

impl World {
    /// Adds a task, or puts it in another's place.
    ///
    /// # Errors
    ///
    /// What is wrong with the task.
    pub fn add_task(&mut self, id: String, mut task: Task, now: i64) -> Result<(), String> {
        task.settle_in(now)?;
        self.tasks.insert(id, task);
        self.changes += 1;
        Ok(())
    }

    /// Adds a group, or puts it in another's place.
    ///
    /// # Errors
    ///
    /// What is wrong with the group.
    pub fn add_task_group(
        &mut self,
        id: String,
        mut group: TaskGroup,
        now: i64,
    ) -> Result<(), String> {
        group.settle_in(now)?;
        self.task_groups.insert(id, group);
        self.changes += 1;
        Ok(())
    }

    /// Adds a synchronization task, or puts it in another's place.
    pub fn add_sync_task(&mut self, id: String, mut task: SyncTask, now: i64) {
        task.settle_in(now);
        self.sync_tasks.insert(id, task);
        self.changes += 1;
    }

    /// Checks and completes what came from a file.
    ///
    /// # Errors
    ///
    /// What is wrong, and with which task or group.
    pub fn settle_in(&mut self, now: i64) -> Result<(), String> {
        for (id, task) in &mut self.tasks {
            task.settle_in(now)
                .map_err(|e| format!("tasks: {id}: {e}"))?;
        }
        for (id, group) in &mut self.task_groups {
            group
                .settle_in(now)
                .map_err(|e| format!("task_groups: {id}: {e}"))?;
        }
        for task in self.sync_tasks.values_mut() {
            task.settle_in(now);
        }
        Ok(())
    }

    pub(super) fn start(
        &mut self,
        operation: &'static crate::operation::Operation,
        id: &str,
        only_failed: bool,
        now: i64,
    ) -> Result<(), Problem> {
        self.find(operation.resource, id, now)?
            .start(only_failed, now)?;
        self.changes += 1;
        let counts = self.starts.entry(operation.name).or_default();
        match counts.get_mut(id) {
            Some(count) => *count += 1,
            None => {
                counts.insert(id.to_owned(), 1);
            }
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, resource: &Resource, id: &str, now: i64) -> Result<(), Problem> {
        self.find(resource, id, now)?.stop(now)?;
        self.changes += 1;
        Ok(())
    }

    pub(super) fn show(
        &mut self,
        resource: &Resource,
        id: &str,
        now: i64,
    ) -> Result<Bytes, Problem> {
        Ok(self.find(resource, id, now)?.show(id, now))
    }

    /// How often each start was carried out: operation, id, count.
    pub(super) fn starts(&self) -> Vec<(&'static str, String, u64)> {
        self.starts
            .iter()
            .flat_map(|(name, counts)| counts.iter().map(|(id, n)| (*name, id.clone(), *n)))
            .collect()
    }

    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    fn find(
        &mut self,
        resource: &Resource,
        id: &str,
        now: i64,
    ) -> Result<&mut dyn Migration, Problem> {
        let found: Option<&mut dyn Migration> = if *resource == TASK {
            self.tasks.get_mut(id).map(|t| t as _)
        } else if *resource == TASK_GROUP {
            let there = self
                .task_groups
                .get_mut(id)
                .filter(|g| g.status != GroupStatus::Deleted);
            there.map(|g| g as _)
        } else if *resource == SYNC_TASK {
            self.sync_tasks.get_mut(id).map(|t| t as _)
        } else {
            None
        };
        let found = found.ok_or_else(|| {
            if *resource == TASK_GROUP {
                Problem::no_such_group()
            } else {
                Problem::no_such_task()
            }
        })?;
        found.advance(now);
        Ok(found)
    }
}
