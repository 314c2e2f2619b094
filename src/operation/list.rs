//! List tasks, task groups or synchronization tasks: one page at a time, filtered by the service.

use super::field::{GROUP_ID, LIMIT, Need, OFFSET, Status, TASK_NAME};
use super::{Action, Field, Kind, Operation, Resource, SYNC_TASK, TASK, TASK_GROUP};
use http::Method;

const fn list(
    name: &'static str,
    resource: &'static Resource,
    fields: &'static [(Field, Need)],
) -> Operation {
    Operation {
        name,
        resource,
        action: Action::List,
        method: Method::GET,
        fields,
        regions: None,
    }
}

const fn status(statuses: &'static [Status]) -> (Field, Need) {
    let field = Field {
        name: "status",
        kind: Kind::Status(statuses),
    };
    (field, Need::Optional)
}

/// The states of a migration task.
pub const TASK_STATUSES: &[Status] = &[
    ("WAITING", 1),
    ("RUNNING", 2),
    ("PAUSED", 3),
    ("FAILED", 4),
    ("SUCCEEDED", 5),
    ("RETRYING", 6),
    ("PAUSING", 7),
];

/// The states of a task group.
pub const TASK_GROUP_STATUSES: &[Status] = &[
    ("WAITING", 0),
    ("EXECUTING", 1),
    ("MONITORING", 2),
    ("PAUSED", 3),
    ("CREATE_FAILED", 4),
    ("MIGRATION_FAILED", 5),
    ("COMPLETE", 6),
    ("PAUSING", 7),
    ("DELETE_PENDING", 8),
    ("DELETED", 9),
];

/// The states of a synchronization task, which travel as words.
pub const SYNC_TASK_STATUSES: &[&str] = &["SYNCHRONIZING", "STOPPED"];

/// `GET /v2/{project_id}/tasks`
pub static LIST_TASKS: Operation = list(
    "list_tasks",
    &TASK,
    &[
        (GROUP_ID, Need::Optional),
        (LIMIT, Need::Optional),
        (OFFSET, Need::Optional),
        status(TASK_STATUSES),
        (TASK_NAME, Need::Optional),
    ],
);
/// `GET /v2/{project_id}/taskgroups`
pub static LIST_TASK_GROUPS: Operation = list(
    "list_task_groups",
    &TASK_GROUP,
    &[
        (LIMIT, Need::Optional),
        (OFFSET, Need::Optional),
        status(TASK_GROUP_STATUSES),
    ],
);
/// `GET /v2/{project_id}/sync-tasks`
pub static LIST_SYNC_TASKS: Operation = list(
    "list_sync_tasks",
    &SYNC_TASK,
    &[
        (LIMIT, Need::Optional),
        (OFFSET, Need::Optional),
        (
            Field {
                name: "status",
                kind: Kind::OneOf(SYNC_TASK_STATUSES),
            },
            Need::Optional,
        ),
    ],
);
