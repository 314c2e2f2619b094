//! What the service says: its error codes, each with its status and message, and the frame of every answer.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::clock::Clock;

/// A whole answer.
pub(super) type Answer = Response<Bytes>;

/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A refusal: what the service's error table has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error_code: &'a str,
    error_msg: &'a str,
    /// The gateway names the request in the body too; OMS itself does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// The id cannot be one.
    pub(super) fn invalid_task_id() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OMS.0054", "Invalid task ID.")
    }

    /// The body, or the state the resource is in, does not allow it.
    pub(super) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OMS.0064", message)
    }

    /// It runs, or is about to.
    pub(super) fn already_started() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "OMS.0065",
            "The task has already started.",
        )
    }

    /// There is nothing to pause.
    pub(super) fn not_in_progress() -> Self {
        let message = "Failed to pause the task: it is not in progress.";
        Self::new(StatusCode::BAD_REQUEST, "OMS.0066", message)
    }

    /// No such task: the service says 400.
    pub(super) fn no_such_task() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "OMS.1009", "No resources found.")
    }

    /// No such group: the service says 404.
    pub(super) fn no_such_group() -> Self {
        Self::new(StatusCode::NOT_FOUND, "OMS.1009", "No resources found.")
    }

    /// The credentials are good, but not for this project.
    pub(super) fn no_permission() -> Self {
        let message = "You do not have permission to perform OMS operations in this project.";
        Self::new(StatusCode::FORBIDDEN, "OMS.0206", message)
    }

    /// The gateway does not know the path.
    pub(super) fn no_such_api() -> Self {
        let message = "The API does not exist or has not been published in the environment";
        Self::new(StatusCode::NOT_FOUND, "APIGW.0101", message)
    }

    /// The gateway takes no body of that size.
    pub(super) fn body_too_large() -> Self {
        let message = "Request entity too large";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "APIGW.0201", message)
    }

    /// The signature, or what it stands on, is wrong.
    pub(super) fn incorrect_authentication(reason: &str) -> Self {
        let message = format!("Incorrect IAM authentication information: {reason}");
        Self::new(StatusCode::UNAUTHORIZED, "APIGW.0301", message)
    }

    /// The token is wrong or has expired.
    pub(super) fn token_must_be_updated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "APIGW.0307",
            "The token must be updated.",
        )
    }

    /// The answer that says so.
    pub(super) fn answer(&self, request_id: &str) -> Answer {
        let from_gateway = self.code.starts_with("APIGW.");
        let body = error_body(self.code, &self.message, from_gateway.then_some(request_id));
        with_body(self.status, JSON, body)
    }
}

/// The JSON of an error.
pub(super) fn error_body(code: &str, message: &str, request_id: Option<&str>) -> Bytes {
    json(&ErrorBody {
        error_code: code,
        error_msg: message,
        request_id,
    })
}

/// Anything as JSON.
pub(super) fn json(value: &impl Serialize) -> Bytes {
    // Structs of strings and numbers always serialize.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// 200 with JSON, or without a body where there is none.
pub(super) fn done(body: Bytes) -> Answer {
    if body.is_empty() {
        Response::new(body)
    } else {
        with_body(StatusCode::OK, JSON, body)
    }
}

/// An answer of any status, type and body.
pub(super) fn with_body(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// Adds what every answer carries: the time and the request's name. What a fault has set stays.
pub(super) fn frame(answer: &mut Answer, request_id: &str, clock: Clock) {
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.entry(REQUEST_ID).or_insert(id);
    }
    if let Ok(date) = HeaderValue::from_str(&clock.http_date()) {
        headers.entry(DATE).or_insert(date);
    }
}

/// A new request id: 32 hexadecimal digits.
pub(super) fn new_request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}
