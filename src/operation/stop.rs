//! Pause a task, task group or synchronization task.

use super::{Action, Operation, Resource, SYNC_TASK, TASK, TASK_GROUP};
use http::Method;

const fn stop(name: &'static str, resource: &'static Resource, method: Method) -> Operation {
    Operation {
        name,
        resource,
        action: Action::Stop,
        method,
        fields: &[],
        regions: None,
    }
}

/// `POST /v2/{project_id}/tasks/{task_id}/stop`
pub static STOP_TASK: Operation = stop("stop_task", &TASK, Method::POST);
/// `PUT /v2/{project_id}/taskgroups/{group_id}/stop`
pub static STOP_TASK_GROUP: Operation = stop("stop_task_group", &TASK_GROUP, Method::PUT);
/// `POST /v2/{project_id}/sync-tasks/{sync_task_id}/stop`
pub static STOP_SYNC_TASK: Operation = stop("stop_sync_task", &SYNC_TASK, Method::POST);
