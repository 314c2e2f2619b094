//! Start a stopped synchronization task ("Starting a Synchronization Task").

use super::field::{
    DST_AK, DST_CRYPTO_TYPE, DST_KMS_KEY_ID, DST_SK, Need, SOURCE_CDN_AUTHENTICATION_KEY,
    SOURCE_CDN_CRYPTO_TYPE, SOURCE_CDN_KMS_KEY_ID, SRC_AK, SRC_CRYPTO_TYPE, SRC_KMS_KEY_ID, SRC_SK,
};
use super::{Action, Operation, SYNC_TASK};
use http::Method;

/// `POST /v2/{project_id}/sync-tasks/{sync_task_id}/start`
pub static START_SYNC_TASK: Operation = Operation {
    name: "start_sync_task",
    resource: &SYNC_TASK,
    action: Action::Start,
    method: Method::POST,
    fields: &[
        (SRC_AK, Need::Required),
        (SRC_SK, Need::Required),
        (DST_AK, Need::Required),
        (DST_SK, Need::Required),
        (SOURCE_CDN_AUTHENTICATION_KEY, Need::Optional),
        (SRC_CRYPTO_TYPE, Need::Optional),
        (SRC_KMS_KEY_ID, Need::Optional),
        (DST_CRYPTO_TYPE, Need::Optional),
        (DST_KMS_KEY_ID, Need::Optional),
        (SOURCE_CDN_CRYPTO_TYPE, Need::Optional),
        (SOURCE_CDN_KMS_KEY_ID, Need::Optional),
    ],
    regions: Some(&["cn-north-4", "cn-east-3"]),
};
