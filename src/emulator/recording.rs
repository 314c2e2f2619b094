//! What arrived, for tests to look at: the last requests, with every secret taken out before it is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::request::Parts;
use serde_json::{Map, Value};

use crate::operation::{Kind, Operation};
use crate::secret::REDACTED;

/// One request as it arrived, without its secrets.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// When, in milliseconds since 1970 by the local OMS's clock.
    pub time_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The path as it stood on the wire.
    pub path: String,
    /// The query as it stood on the wire, without the `?`.
    pub query: String,
    /// The headers: names in lower case, repeated ones joined by commas.
    pub headers: Vec<(HeaderName, String)>,
    /// The body; `None` where there was none or it was not read.
    pub body: Option<Value>,
    /// The operation asked for, if it is one.
    pub operation: Option<&'static str>,
    /// The id it was asked of.
    pub resource_id: Option<String>,
    /// The answer's status; `None` while there is none, or where no whole answer was sent.
    pub status: Option<u16>,
    /// The fault it met.
    pub fault: Option<&'static str>,
}

impl RecordedRequest {
    /// Records a request; `json` is its body, where that is a JSON object.
    pub(super) fn new(
        head: &Parts,
        asked: Option<(&'static Operation, &str)>,
        body: &Bytes,
        json: Option<&Map<String, Value>>,
        time_ms: i64,
    ) -> Self {
        let operation = asked.map(|(operation, _)| operation);
        let body = match json {
            Some(members) => Some(redacted(members, operation)),
            None if body.is_empty() => None,
            // What cannot be read could hold anything.
            None => Some(Value::from(REDACTED)),
        };
        Self {
            time_ms,
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers(head),
            body,
            operation: operation.map(|operation| operation.name),
            resource_id: asked.map(|(_, id)| id.to_owned()),
            status: None,
            fault: None,
        }
    }
}

fn headers(head: &Parts) -> Vec<(HeaderName, String)> {
    let mut all: Vec<(HeaderName, String)> = Vec::with_capacity(head.headers.keys_len());
    for name in head.headers.keys() {
        let value = if is_secret(name) {
            REDACTED.to_owned()
        } else {
            let values = head.headers.get_all(name).iter();
            let texts: Vec<_> = values
                .map(|v| String::from_utf8_lossy(v.as_bytes()))
                .collect();
            texts.join(", ")
        };
        all.push((name.clone(), value));
    }
    all
}

fn is_secret(name: &HeaderName) -> bool {
    [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name)
        || matches!(
            name.as_str(),
            "x-auth-token" | "x-security-token" | "x-subject-token" | "x-metadata-token"
        )
}

/// A body with only that left readable which the operation declares and which is no secret: a member with a
/// mistyped name can hold a key as well.
fn redacted(members: &Map<String, Value>, operation: Option<&'static Operation>) -> Value {
    let fields = operation.map_or(&[][..], |operation| operation.fields);
    let shown = |name: &str, value: &Value| {
        fields.iter().any(|(field, _)| {
            field.name == name
                && match field.kind {
                    Kind::Secret { .. } => false,
                    Kind::Flag => value.is_boolean(),
                    Kind::Text { .. } | Kind::OneOf(_) => value.is_string(),
                    Kind::Integer { .. } | Kind::Status(_) | Kind::Moment => true,
                }
        })
    };
    members
        .iter()
        .map(|(name, value)| {
            let value = if shown(name, value) {
                value.clone()
            } else {
                Value::from(REDACTED)
            };
            (name.clone(), value)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// The last requests, up to a number.
#[derive(Debug)]
pub(super) struct Recording {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<RecordedRequest>,
    /// How many were dropped to make room.
    dropped: u64,
}

/// Which of the recorded requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(u64);

impl Recording {
    pub(super) fn new(most: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most,
        }
    }

    /// Keeps a request that has arrived.
    pub(super) fn arrived(&self, request: RecordedRequest) -> Number {
        let mut kept = self.kept();
        if kept.requests.len() >= self.most {
            kept.requests.pop_front();
            kept.dropped += 1;
        }
        let number = Number(kept.dropped + kept.requests.len() as u64);
        if self.most > 0 {
            kept.requests.push_back(request);
        }
        number
    }

    /// Notes the status that a request was answered with.
    pub(super) fn answered(&self, number: Number, status: u16) {
        let mut kept = self.kept();
        let at = number
            .0
            .checked_sub(kept.dropped)
            .and_then(|at| usize::try_from(at).ok());
        if let Some(request) = at.and_then(|at| kept.requests.get_mut(at)) {
            request.status = Some(status);
        }
    }

    /// What is kept, oldest first.
    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.kept().requests.iter().cloned().collect()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::START_TASK;

    fn record(body: &'static str) -> RecordedRequest {
        let head = http::Request::post("/v2/p/tasks/1/start?x=1")
            .header("Authorization", "s3cret")
            .header("X-Auth-Token", "s3cret")
            .header("X-Security-Token", "s3cret")
            .header("Accept", "a")
            .header("Accept", "b")
            .body(())
            .expect("a request")
            .into_parts()
            .0;
        let json = serde_json::from_str(body).ok();
        RecordedRequest::new(
            &head,
            Some((&START_TASK, "1")),
            &Bytes::from(body),
            json.as_ref(),
            0,
        )
    }

    #[test]
    fn no_secret_is_kept() {
        for body in [
            r#"{"dst_sk":"s3cret","dst_sK":"s3cret","x":{"y":["s3cret"]},"migrate_failed_object":"s3cret"}"#,
            r#"["s3cret"]"#,
            "dst_sk=s3cret",
        ] {
            let told = format!("{:?}", record(body));
            assert!(!told.contains("s3cret"), "{told}");
        }
        let told = record(r#"{"dst_sk":"s","migrate_failed_object":true,"src_crypto_type":"KMS"}"#);
        let body = told.body.expect("a body").to_string();
        assert_eq!(
            body,
            r#"{"dst_sk":"***","migrate_failed_object":true,"src_crypto_type":"KMS"}"#
        );
        assert!(
            told.headers
                .contains(&(http::header::ACCEPT, "a, b".to_owned()))
        );
    }

    #[test]
    fn only_the_last_are_kept_and_the_right_one_is_answered() {
        let recording = Recording::new(2);
        let numbers: Vec<_> = (0..3).map(|_| recording.arrived(record(""))).collect();
        for (number, status) in numbers.into_iter().zip([200, 201, 202]) {
            recording.answered(number, status);
        }
        let kept: Vec<_> = recording.requests().into_iter().map(|r| r.status).collect();
        assert_eq!(kept, [Some(201), Some(202)]);
        assert!(Recording::new(0).requests().is_empty());
        Recording::new(0).arrived(record(""));
    }
}
