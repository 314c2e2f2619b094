//! What the local OMS holds: its tasks, groups and synchronization tasks, and the ledger of starts.

mod group;
mod page;
mod region;
mod run;
mod status;
mod sync_task;
mod task;
mod views;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use group::TaskGroup;
pub(super) use page::Page;
pub use status::{GroupStatus, SyncStatus, TaskStatus, parse as parse_status};
pub use sync_task::SyncTask;
pub use task::{ErrorReason, Task};

use super::answers::Problem;
use crate::operation::{Action, Resource, SYNC_TASK, TASK, TASK_GROUP};
use region::Region;

/// What can be started, stopped and looked at. Times are milliseconds since 1970; nothing here reads a clock.
trait Migration {
    /// Lets the time that has passed do its work.
    fn advance(&mut self, now: i64);
    /// Starts it; it has been advanced.
    fn start(&mut self, only_failed: bool, now: i64) -> Result<(), Problem>;
    /// Pauses it; it has been advanced.
    fn stop(&mut self, now: i64) -> Result<(), Problem>;
    /// Begins again what failed; it has been advanced. Only groups can be retried.
    fn retry(&mut self, only_failed: bool, now: i64) -> Result<(), Problem> {
        self.start(only_failed, now)
    }
    /// The service's answer to "show"; it has been advanced.
    fn show(&self, id: &str, now: i64) -> Bytes;
    /// What stands for it in a list; it has been advanced.
    fn list(&self, id: &str, now: i64) -> Bytes {
        self.show(id, now)
    }
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
    /// Where only so many started tasks run at once.
    #[serde(skip)]
    region: Option<Region>,
}

impl World {
    /// Adds a task, or puts it in another's place.
    ///
    /// # Errors
    ///
    /// What is wrong with the task.
    pub fn add_task(&mut self, id: String, mut task: Task, now: i64) -> Result<(), String> {
        task.settle_in(now)?;
        if let Some(region) = &mut self.region {
            region.left(&id, now);
        }
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

    /// Has only so many of the tasks that are started from now on run at once.
    pub fn limit_running(&mut self, limit: usize) {
        self.region = Some(Region::new(limit));
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
            if task.run.is_some_and(|run| run.wait >= region::NOT_YET) {
                task.begin_run(now);
            }
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
        let found = self.find(operation.resource, id, now)?;
        if operation.action == Action::Retry {
            found.retry(only_failed, now)?;
        } else {
            found.start(only_failed, now)?;
        }
        if let Some(region) = self.region.as_mut().filter(|_| *operation.resource == TASK) {
            region.started(id, &mut self.tasks, now);
        }
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
        if let Some(region) = self.region.as_mut().filter(|_| *resource == TASK) {
            region.left(id, now);
        }
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

    /// A page of the service's list.
    pub(super) fn list(&mut self, resource: &Resource, page: &Page, now: i64) -> Bytes {
        self.pass_time(now);
        if *resource == TASK {
            page.of_tasks(&self.tasks, now)
        } else if *resource == TASK_GROUP {
            page.of_groups(&self.task_groups, now)
        } else {
            page.of_sync_tasks(&self.sync_tasks, now)
        }
    }

    /// Lets the time that has passed do its work on everything.
    pub(super) fn pass_time(&mut self, now: i64) {
        self.give_turns(now);
        for task in self.tasks.values_mut() {
            task.advance(now);
        }
        for group in self.task_groups.values_mut() {
            group.advance(now);
        }
    }

    fn give_turns(&mut self, now: i64) {
        if let Some(region) = &mut self.region {
            region.assign(&mut self.tasks, now);
        }
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
        self.give_turns(now);
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
