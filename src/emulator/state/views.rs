//! The service's answers to "show": every field of the vendor's models (`huaweicloudsdkoms` 3.1.219).

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::run::part;
use super::task::Figures;
use super::{ErrorReason, GroupStatus, SyncStatus, SyncTask, Task, TaskGroup, TaskStatus};
use crate::emulator::answers::json;

/// At most this many tasks of a region run at once.
const RUNNING_AT_ONCE: u64 = 5;
/// How large a synchronized object is.
const SYNC_OBJECT_BYTES: u64 = 1 << 20;

#[derive(Serialize)]
struct SourceNode {
    bucket: &'static str,
    cloud_type: &'static str,
    region: &'static str,
    app_id: Option<&'static str>,
    object_key: [&'static str; 1],
    list_file: Option<()>,
}

#[derive(Serialize)]
struct DestinationNode {
    bucket: &'static str,
    region: &'static str,
    save_prefix: &'static str,
}

const SOURCE: SourceNode = SourceNode {
    bucket: "source-bucket",
    cloud_type: "AWS",
    region: "us-east-1",
    app_id: None,
    object_key: [""],
    list_file: None,
};

const DESTINATION: DestinationNode = DestinationNode {
    bucket: "destination-bucket",
    region: "cn-north-4",
    save_prefix: "",
};

#[derive(Serialize)]
struct FailedObjectRecord {
    result: bool,
    list_file_key: String,
    error_code: Option<&'static str>,
}

/// How the objects are migrated: the same for tasks and groups.
#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools)] // the service's own
struct Settings {
    bandwidth_policy: [(); 0],
    description: &'static str,
    dst_node: DestinationNode,
    src_node: SourceNode,
    enable_failed_object_recording: bool,
    enable_metadata_migration: bool,
    enable_restore: bool,
    enable_requester_pays: bool,
    migrate_since: i64,
    source_cdn: Option<()>,
    object_overwrite_mode: &'static str,
    dst_storage_policy: &'static str,
    consistency_check: &'static str,
    obs_system: &'static str,
}

const SETTINGS: Settings = Settings {
    bandwidth_policy: [],
    description: "",
    dst_node: DESTINATION,
    src_node: SOURCE,
    enable_failed_object_recording: true,
    enable_metadata_migration: false,
    enable_restore: false,
    enable_requester_pays: false,
    migrate_since: 0,
    source_cdn: None,
    object_overwrite_mode: "SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE",
    dst_storage_policy: "STANDARD",
    consistency_check: "size_last_modified",
    obs_system: "OBS",
};

/// An id: a number where it is one, as the service's task ids are.
struct Id<'a>(&'a str);

impl Serialize for Id<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.bytes().all(|b| b.is_ascii_digit());
        match self.0.parse::<u64>() {
            Ok(number) if digits => serializer.serialize_u64(number),
            _ => serializer.serialize_str(self.0),
        }
    }
}

#[derive(Serialize)]
struct TaskView<'a> {
    id: Id<'a>,
    name: &'a str,
    status: u8,
    task_type: &'static str,
    group_type: &'static str,
    group_id: &'a str,
    progress: f64,
    total_num: u64,
    successful_num: u64,
    failed_num: u64,
    skipped_num: u64,
    total_size: u64,
    real_size: u64,
    complete_size: u64,
    migrate_speed: u64,
    left_time: i64,
    start_time: Option<i64>,
    total_time: i64,
    is_query_over: bool,
    error_reason: Option<ErrorReason>,
    failed_object_record: Option<FailedObjectRecord>,
    smn_info: Option<()>,
    success_record_error_reason: Option<()>,
    skip_record_error_reason: Option<()>,
    task_priority: &'static str,
    #[serde(flatten)]
    settings: &'a Settings,
}

pub(super) fn task(id: &str, task: &Task, now: &Figures) -> Bytes {
    let failed = task.status == TaskStatus::Failed;
    let settled = part(task.total_objects, now.progress);
    json(&TaskView {
        id: Id(id),
        name: &task_name(id),
        status: task.status as u8,
        task_type: "prefix",
        group_type: if task.group_id.is_empty() {
            "NORMAL_TASK"
        } else {
            "GROUP_TASK"
        },
        group_id: &task.group_id,
        progress: now.progress,
        total_num: task.total_objects,
        successful_num: settled.min(task.total_objects.saturating_sub(now.failed)),
        failed_num: now.failed,
        skipped_num: 0,
        total_size: task.total_bytes,
        real_size: task.total_bytes,
        complete_size: part(task.total_bytes, now.progress),
        migrate_speed: now.speed,
        left_time: now.left,
        start_time: task.start_time,
        total_time: now.worked,
        is_query_over: task.start_time.is_some() && task.status != TaskStatus::Waiting,
        error_reason: failed.then(|| task.error_reason.clone().unwrap_or_default()),
        failed_object_record: failed.then(|| failed_objects(id)),
        smn_info: None,
        success_record_error_reason: None,
        skip_record_error_reason: None,
        task_priority: "MEDIUM",
        settings: &SETTINGS,
    })
}

/// What a task is called.
pub(super) fn task_name(id: &str) -> String {
    format!("task-{id}")
}

fn failed_objects(id: &str) -> FailedObjectRecord {
    FailedObjectRecord {
        result: true,
        list_file_key: format!("oms/failed/{id}"),
        error_code: None,
    }
}

#[derive(Serialize)]
struct TaskGroupView<'a> {
    group_id: &'a str,
    status: u8,
    task_type: &'static str,
    total_task_num: u64,
    create_task_num: u64,
    failed_task_num: u64,
    complete_task_num: u64,
    paused_task_num: u64,
    executing_task_num: u64,
    waiting_task_num: u64,
    total_num: u64,
    create_complete_num: u64,
    success_num: u64,
    fail_num: u64,
    skip_num: u64,
    total_size: u64,
    create_complete_size: u64,
    complete_size: u64,
    migrate_speed: u64,
    start_time: Option<i64>,
    total_time: i64,
    error_reason: Option<ErrorReason>,
    failed_object_record: Option<FailedObjectRecord>,
    smn_config: Option<()>,
    #[serde(flatten)]
    settings: &'a Settings,
}

pub(super) fn task_group(id: &str, group: &TaskGroup, figures: (f64, u64, i64)) -> Bytes {
    let (progress, migrate_speed, total_time) = figures;
    let failed = group.status == GroupStatus::MigrationFailed;
    let unmade = group.status == GroupStatus::CreateFailed;
    let made = if unmade { 0 } else { group.tasks };
    let complete = part(made, progress);
    let failed_tasks = if failed { group.failed_tasks } else { 0 };
    let open = made.saturating_sub(complete.saturating_add(failed_tasks));
    let executing = match group.status {
        GroupStatus::Monitoring => open.min(RUNNING_AT_ONCE),
        _ => 0,
    };
    let paused = match group.status {
        GroupStatus::Paused | GroupStatus::Pausing => open,
        _ => 0,
    };
    let objects = part(group.total_objects, progress);
    json(&TaskGroupView {
        group_id: id,
        status: group.status as u8,
        task_type: "PREFIX",
        total_task_num: group.tasks,
        create_task_num: made,
        failed_task_num: failed_tasks,
        complete_task_num: complete,
        paused_task_num: paused,
        executing_task_num: executing,
        waiting_task_num: open - executing - paused,
        total_num: group.total_objects,
        create_complete_num: if unmade { 0 } else { group.total_objects },
        success_num: objects,
        fail_num: if failed {
            group.total_objects - objects
        } else {
            0
        },
        skip_num: 0,
        total_size: group.total_bytes,
        create_complete_size: if unmade { 0 } else { group.total_bytes },
        complete_size: part(group.total_bytes, progress),
        migrate_speed,
        start_time: group.start_time,
        total_time,
        error_reason: (failed || unmade).then(|| group.error_reason.clone().unwrap_or_default()),
        failed_object_record: failed.then(|| failed_objects(id)),
        smn_config: None,
        settings: &SETTINGS,
    })
}

/// What both a list and "show" say of a synchronization task.
#[derive(Serialize)]
struct SyncTaskItem<'a> {
    sync_task_id: &'a str,
    status: SyncStatus,
    src_cloud_type: &'static str,
    src_region: &'static str,
    src_bucket: &'static str,
    dst_region: &'static str,
    dst_bucket: &'static str,
    app_id: Option<()>,
    create_time: Option<i64>,
    last_start_time: Option<i64>,
    description: &'static str,
    enable_metadata_migration: bool,
    enable_restore: bool,
    object_overwrite_mode: &'static str,
    dst_storage_policy: &'static str,
    consistency_check: &'static str,
}

/// What a list says of a synchronization task beyond that.
#[derive(Serialize)]
struct SyncTaskInList<'a> {
    source_cdn: Option<()>,
    #[serde(flatten)]
    item: SyncTaskItem<'a>,
}

/// A synchronization task with this month's counts.
#[derive(Serialize)]
struct SyncTaskView<'a> {
    #[serde(flatten)]
    item: SyncTaskItem<'a>,
    monthly_acceptance_request: u64,
    monthly_success_object: u64,
    monthly_failure_object: u64,
    monthly_skip_object: u64,
    monthly_size: u64,
}

pub(super) fn sync_task_item(id: &str, task: &SyncTask) -> Bytes {
    json(&SyncTaskInList {
        source_cdn: None,
        item: item(id, task),
    })
}

pub(super) fn sync_task(id: &str, task: &SyncTask, objects: u64) -> Bytes {
    json(&SyncTaskView {
        item: item(id, task),
        monthly_acceptance_request: objects,
        monthly_success_object: objects,
        monthly_failure_object: 0,
        monthly_skip_object: 0,
        monthly_size: objects.saturating_mul(SYNC_OBJECT_BYTES),
    })
}

const fn item<'a>(id: &'a str, task: &SyncTask) -> SyncTaskItem<'a> {
    SyncTaskItem {
        sync_task_id: id,
        status: task.status,
        src_cloud_type: SOURCE.cloud_type,
        src_region: SOURCE.region,
        src_bucket: SOURCE.bucket,
        dst_region: DESTINATION.region,
        dst_bucket: DESTINATION.bucket,
        app_id: None,
        create_time: task.create_time,
        last_start_time: task.last_start_time,
        description: SETTINGS.description,
        enable_metadata_migration: SETTINGS.enable_metadata_migration,
        enable_restore: SETTINGS.enable_restore,
        object_overwrite_mode: SETTINGS.object_overwrite_mode,
        dst_storage_policy: SETTINGS.dst_storage_policy,
        consistency_check: SETTINGS.consistency_check,
    }
}
