//! Retry a failed migration task group.

use super::field::{
    CONNECTION_STRING, DST_AK, DST_CRYPTO_TYPE, DST_KMS_KEY_ID, DST_SK, JSON_AUTH_FILE,
    MIGRATE_FAILED_OBJECT, Need, SOURCE_CDN_AUTHENTICATION_KEY, SOURCE_CDN_CRYPTO_TYPE,
    SOURCE_CDN_KMS_KEY_ID, SRC_AK, SRC_CRYPTO_TYPE, SRC_KMS_KEY_ID, SRC_SK,
};
use super::{Action, Operation, TASK_GROUP};
use http::Method;

/// `PUT /v2/{project_id}/taskgroups/{group_id}/retry`
pub static RETRY_TASK_GROUP: Operation = Operation {
    name: "retry_task_group",
    resource: &TASK_GROUP,
    action: Action::Retry,
    method: Method::PUT,
    fields: &[
        (SRC_AK, Need::Optional),
        (SRC_SK, Need::Optional),
        (CONNECTION_STRING, Need::Optional),
        (JSON_AUTH_FILE, Need::Optional),
        (DST_AK, Need::Required),
        (DST_SK, Need::Required),
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
