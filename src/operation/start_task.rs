//! Start a paused or failed migration task ("Start a Migration Task", 2026-02-27).

use super::field::{
    CONNECTION_STRING, DST_AK, DST_CRYPTO_TYPE, DST_KMS_KEY_ID, DST_SECURITY_TOKEN, DST_SK,
    JSON_AUTH_FILE, MIGRATE_FAILED_OBJECT, Need, SOURCE_CDN_AUTHENTICATION_KEY,
    SOURCE_CDN_CRYPTO_TYPE, SOURCE_CDN_KMS_KEY_ID, SRC_AK, SRC_CRYPTO_TYPE, SRC_KMS_KEY_ID,
    SRC_SECURITY_TOKEN, SRC_SK,
};
use super::{Action, Operation, TASK};
use http::Method;

/// `POST /v2/{project_id}/tasks/{task_id}/start`
pub static START_TASK: Operation = Operation {
    name: "start_task",
    resource: &TASK,
    action: Action::Start,
    method: Method::POST,
    fields: &[
        (SRC_AK, Need::Optional),
        (SRC_SK, Need::Optional),
        (SRC_SECURITY_TOKEN, Need::Optional),
        (CONNECTION_STRING, Need::Optional),
        (JSON_AUTH_FILE, Need::Optional),
        (DST_AK, Need::Required),
        (DST_SK, Need::Required),
        (DST_SECURITY_TOKEN, Need::Optional),
        (SOURCE_CDN_AUTHENTICATION_KEY, Need::Optional),
        (MIGRATE_FAILED_OBJECT, Need::Optional),
        (SRC_CRYPTO_TYPE, Need::Optional),
        (SRC_KMS_KEY_ID, Need::Optional),
        (DST_CRYPTO_TYPE, Need::Optional),
        (DST_KMS_KEY_ID, Need::Optional),
        (SOURCE_CDN_CRYPTO_TYPE, Need::Optional),
        (SOURCE_CDN_KMS_KEY_ID, Need::Optional),
    ],
    regions: None,
};
