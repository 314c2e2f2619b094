//! A call as the benchmarks make it: a start with the four keys, as most people have it.

use std::sync::Arc;
use std::time::Duration;

use huaweicloud_oms::client::{Client, ClientSettings, Project, validate};
use huaweicloud_oms::credentials::Credentials;
use huaweicloud_oms::endpoint::Endpoint;
use huaweicloud_oms::error::Error;
use huaweicloud_oms::operation::START_TASK;
use huaweicloud_oms::request::Request;
use huaweicloud_oms::retry::RetryPolicy;
use huaweicloud_oms::signing::Algorithm;
use huaweicloud_oms::source::Prepared;
use huaweicloud_oms::transport::TransportSettings;
use huaweicloud_oms::validation::{Call, Value};

/// The settings of a client for `endpoint`.
///
/// # Panics
///
/// If `endpoint` is none.
#[must_use]
pub fn settings(endpoint: &str) -> Arc<ClientSettings> {
    let (ak, sk) = ("QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc");
    Arc::new(ClientSettings {
        endpoints: vec![Endpoint::parse(endpoint, false).expect("an endpoint")],
        region: None,
        endpoint_is_explicit: true,
        project: Project::Id("0123456789abcdef0123456789abcdef".to_owned()),
        source: Prepared::Fixed {
            source: "AkSk",
            credentials: Credentials::ak_sk(ak.into(), sk.into(), None).expect("a key"),
        },
        signing: Algorithm::default(),
        timeout: Duration::from_secs(60),
        retry: RetryPolicy::default(),
        transport: TransportSettings {
            connect_timeout: Duration::from_secs(10),
            proxy: None,
            ca_bundle: None,
            allow_http: false,
        },
    })
}

/// The arguments of a start.
#[must_use]
pub fn call() -> Call {
    let fields = START_TASK
        .fields
        .iter()
        .map(|(field, _)| match field.name {
            "src_ak" | "dst_ak" => Value::text("QTWAOYTTINDUT2QVKYUC"),
            "src_sk" | "dst_sk" => Value::text("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"),
            "migrate_failed_object" => Value::Flag(true),
            _ => Value::Absent,
        })
        .collect();
    Call { operation: &START_TASK, id: Value::Integer(1_234_567_890_123), fields }
}

/// Validates the call.
///
/// # Errors
///
/// Never for a valid one.
pub fn validated(settings: &ClientSettings, call: Call) -> Result<Request, Error> {
    validate(settings, call)
}

/// A client for `endpoint`.
///
/// # Panics
///
/// If it cannot be set up.
#[must_use]
pub fn client(endpoint: &str) -> Client {
    Client::new(settings(endpoint)).expect("a client")
}
