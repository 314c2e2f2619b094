//! What can be asked of OMS: one file an operation or a family of them, its fields and limits declared once.
//!
//! Everything else reads these tables: validation, serialization, redaction, the bindings and the local OMS.

pub mod field;
pub mod list;
pub mod resource;
mod retry_task_group;
mod show;
mod start_sync_task;
mod start_task;
mod start_task_group;
mod stop;

use http::Method;

pub use field::{Field, Kind, Need};
pub use list::{LIST_SYNC_TASKS, LIST_TASK_GROUPS, LIST_TASKS};
pub use resource::{Resource, SYNC_TASK, TASK, TASK_GROUP};
pub use retry_task_group::RETRY_TASK_GROUP;
pub use show::{SHOW_SYNC_TASK, SHOW_TASK, SHOW_TASK_GROUP};
pub use start_sync_task::START_SYNC_TASK;
pub use start_task::START_TASK;
pub use start_task_group::START_TASK_GROUP;
pub use stop::{STOP_SYNC_TASK, STOP_TASK, STOP_TASK_GROUP};

/// One operation of the service: how it is asked and what it takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service's own name, which is the Python function's name too.
    pub name: &'static str,
    /// What kind of thing it is asked of.
    pub resource: &'static Resource,
    /// What it does to it.
    pub action: Action,
    /// The HTTP method.
    pub method: Method,
    /// What it takes, in the order of the service's document: the body's fields, or the query's where it reads.
    pub fields: &'static [(Field, Need)],
    /// The only regions that offer it, where not every region does.
    pub regions: Option<&'static [&'static str]>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begins or resumes the work. Not idempotent.
    Start,
    /// Pauses the work.
    Stop,
    /// Begins a failed task group's work again. Not idempotent.
    Retry,
    /// Reads the state.
    Show,
    /// Reads a page of all that there are; asked of none of them.
    List,
}

impl Action {
    /// The last segment of the path, where there is one.
    #[must_use]
    pub const fn path_suffix(self) -> &'static str {
        match self {
            Self::Start => "/start",
            Self::Stop => "/stop",
            Self::Retry => "/retry",
            Self::Show | Self::List => "",
        }
    }

    /// Whether the answer is what was asked for, and nothing changes.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Show | Self::List)
    }
}

/// Every operation.
pub static OPERATIONS: [&Operation; 13] = [
    &START_TASK,
    &START_TASK_GROUP,
    &START_SYNC_TASK,
    &SHOW_TASK,
    &SHOW_TASK_GROUP,
    &SHOW_SYNC_TASK,
    &STOP_TASK,
    &STOP_TASK_GROUP,
    &STOP_SYNC_TASK,
    &RETRY_TASK_GROUP,
    &LIST_TASKS,
    &LIST_TASK_GROUPS,
    &LIST_SYNC_TASKS,
];

impl Operation {
    /// Whether it is sent with a JSON body.
    #[must_use]
    pub const fn has_body(&self) -> bool {
        !self.fields.is_empty() && !self.action.reads()
    }

    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().copied().find(|o| o.name == name)
    }

    /// The operation that does `action` to `resource`.
    #[must_use]
    pub fn of(resource: &Resource, action: Action) -> Option<&'static Self> {
        OPERATIONS
            .iter()
            .copied()
            .find(|o| o.resource == resource && o.action == action)
    }
}
