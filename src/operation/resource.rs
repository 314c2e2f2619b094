//! The kinds of thing OMS works on, how they are named in a URL, and which ids they can have.

use std::ops::RangeInclusive;

/// A kind of thing that can be started: a migration task, a task group, a synchronization task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What a person calls it.
    pub noun: &'static str,
    /// What waiting for it is called.
    pub wait_name: &'static str,
    /// Its segment in the path of a URL.
    pub collection: &'static str,
    /// The name of its id, as a path parameter and as an argument.
    pub id_name: &'static str,
    /// How many characters an id has at most; at least one.
    pub id_max_chars: usize,
    /// Which integers are ids too, if any.
    pub id_integers: Option<RangeInclusive<i128>>,
}

/// A migration task. Its id is an integer in the document of 2026-02-27 and a string in older ones.
pub static TASK: Resource = Resource {
    noun: "migration task",
    wait_name: "wait_task",
    collection: "tasks",
    id_name: "task_id",
    id_max_chars: 1024,
    id_integers: Some(0..=999_999_999_999_999),
};

/// A group of migration tasks.
pub static TASK_GROUP: Resource = Resource {
    noun: "task group",
    wait_name: "wait_task_group",
    collection: "taskgroups",
    id_name: "group_id",
    id_max_chars: 1024,
    id_integers: None,
};

/// A synchronization task.
pub static SYNC_TASK: Resource = Resource {
    noun: "synchronization task",
    wait_name: "wait_sync_task",
    collection: "sync-tasks",
    id_name: "sync_task_id",
    id_max_chars: 255,
    id_integers: None,
};
