//! What can be asked of OMS: one file an operation, its fields and limits declared once.
//!
//! Everything else reads these tables: validation, serialization, redaction, the bindings and the local OMS.

pub mod field;
pub mod resource;
mod show;
mod start_sync_task;
mod start_task;
mod start_task_group;
mod stop;

use http::Method;

pub use field::{Field, Kind, Need};
pub use resource::{Resource, SYNC_TASK, TASK, TASK_GROUP};
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
    /// The body's fields, in the order of the service's document; empty where there is no body.
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
    /// Reads the state.
    Show,
}

impl Action {
    /// The last segment of the path, where there is one.
    #[must_use]
    pub const fn path_suffix(self) -> &'static str {
        match self {
            Self::Start => "/start",
            Self::Stop => "/stop",
            Self::Show => "",
        }
    }
}

/// Every operation.
pub static OPERATIONS: [&Operation; 9] = [
    &START_TASK,
    &START_TASK_GROUP,
    &START_SYNC_TASK,
    &SHOW_TASK,
    &SHOW_TASK_GROUP,
    &SHOW_SYNC_TASK,
    &STOP_TASK,
    &STOP_TASK_GROUP,
    &STOP_SYNC_TASK,
];

impl Operation {
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
