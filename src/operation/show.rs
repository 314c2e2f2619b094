//! Read one task, task group or synchronization task.

use super::field::{Field, Need, QUERY_TIME};
use super::{Action, Operation, Resource, SYNC_TASK, TASK, TASK_GROUP};
use http::Method;

const fn show(
    name: &'static str,
    resource: &'static Resource,
    fields: &'static [(Field, Need)],
) -> Operation {
    Operation {
        name,
        resource,
        action: Action::Show,
        method: Method::GET,
        fields,
        regions: None,
    }
}

/// `GET /v2/{project_id}/tasks/{task_id}`
pub static SHOW_TASK: Operation = show("show_task", &TASK, &[]);
/// `GET /v2/{project_id}/taskgroups/{group_id}`
pub static SHOW_TASK_GROUP: Operation = show("show_task_group", &TASK_GROUP, &[]);
/// `GET /v2/{project_id}/sync-tasks/{sync_task_id}?query_time={ms}`
pub static SHOW_SYNC_TASK: Operation = show(
    "show_sync_task",
    &SYNC_TASK,
    &[(QUERY_TIME, Need::Optional)],
);
