//! Faults as Python describes them: a kind by its name, and what goes with it.

use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::emulator::{Effect, Reply, Spoil, WireEffect};
use crate::operation::OPERATIONS;

/// What was said of an answer.
pub(super) struct Given {
    pub(super) status: Option<u16>,
    pub(super) error_code: Option<String>,
    pub(super) error_msg: Option<String>,
    pub(super) retry_after: Option<String>,
    pub(super) location: Option<String>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) content_type: Option<String>,
    pub(super) headers: Vec<(String, String)>,
}

impl Given {
    fn status(&self, otherwise: StatusCode) -> PyResult<StatusCode> {
        match self.status {
            None => Ok(otherwise),
            // An answer of 1xx would be none yet.
            Some(code @ 200..=599) => {
                StatusCode::from_u16(code).map_err(|e| PyValueError::new_err(e.to_string()))
            }
            Some(code) => Err(PyValueError::new_err(format!(
                "status must be from 200 to 599, not {code}"
            ))),
        }
    }

    /// An answer of this status: what was given, else this type and body, else an error as the service tells one.
    fn reply(
        self,
        otherwise: StatusCode,
        made_up: Option<(&'static str, &'static str)>,
    ) -> PyResult<Reply> {
        let status = self.status(otherwise)?;
        let mut reply = match (self.body, made_up) {
            (Some(body), _) => {
                Reply::new(status, HeaderValue::from_static("text/plain"), body.into())
            }
            (None, Some((content_type, body))) => Reply::new(
                status,
                HeaderValue::from_static(content_type),
                Bytes::from_static(body.as_bytes()),
            ),
            (None, None) => Reply::error(
                status,
                self.error_code
                    .as_deref()
                    .unwrap_or_else(|| Reply::usual_code(status)),
                self.error_msg
                    .as_deref()
                    .or(status.canonical_reason())
                    .unwrap_or_default(),
            ),
        };
        if let Some(content_type) = self.content_type {
            reply.content_type = header_value("content_type", &content_type)?;
        }
        if let Some(value) = self.retry_after {
            reply
                .headers
                .push((RETRY_AFTER, header_value("retry_after", &value)?));
        }
        if let Some(value) = self.location {
            reply
                .headers
                .push((LOCATION, header_value("location", &value)?));
        }
        for (name, value) in self.headers {
            let told = |_| PyValueError::new_err(format!("headers: {name:?} is no header name"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(told)?;
            reply.headers.push((header, header_value(&name, &value)?));
        }
        Ok(reply)
    }
}

/// A fault by the name that Python has for it.
pub(super) fn effect(
    kind: &str,
    seconds: Option<f64>,
    given: Given,
) -> PyResult<(&'static str, Effect)> {
    const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
        <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
    let (json, html) = ("application/json", "text/html");
    Ok(match kind {
        "delay" => ("delay", Effect::Delay(pause(seconds, 1.0)?)),
        "reset" => ("reset", Effect::Wire(WireEffect::Reset)),
        "close" => ("close", Effect::Wire(WireEffect::Close)),
        "stall" => ("stall", Effect::Wire(WireEffect::Stall)),
        "stall_body" => (
            "stall_body",
            Effect::Wire(WireEffect::Spoil(Spoil::StallBody)),
        ),
        "truncate" => ("truncate", Effect::Wire(WireEffect::Spoil(Spoil::Truncate))),
        "slow" => (
            "slow",
            Effect::Wire(WireEffect::Spoil(Spoil::Slow(pause(seconds, 1.0)?))),
        ),
        "garbage" => ("garbage", Effect::Wire(WireEffect::Garbage)),
        "oversized" => {
            let status = given.status(StatusCode::INTERNAL_SERVER_ERROR)?;
            ("oversized", Effect::Wire(WireEffect::Oversized(status)))
        }
        "not_json" => {
            let reply = given.reply(
                StatusCode::INTERNAL_SERVER_ERROR,
                Some((json, "{\"error_code\": \"OMS.")),
            )?;
            ("not_json", Effect::Reply(reply))
        }
        "html" => (
            "html",
            Effect::Reply(given.reply(StatusCode::BAD_GATEWAY, Some((html, HTML)))?),
        ),
        "redirect" => {
            let reply = given.reply(StatusCode::TEMPORARY_REDIRECT, Some((html, "")))?;
            ("redirect", Effect::Reply(reply))
        }
        "early" => (
            "early",
            Effect::Early(given.reply(StatusCode::SERVICE_UNAVAILABLE, None)?),
        ),
        "status" => (
            "status",
            Effect::Reply(given.reply(StatusCode::SERVICE_UNAVAILABLE, None)?),
        ),
        _ => return Err(PyValueError::new_err(format!("no such fault: {kind:?}"))),
    })
}

pub(super) fn unknown_operation(wanted: &str) -> PyErr {
    let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    PyValueError::new_err(format!(
        "no such operation: {wanted:?}; there are start, show, stop, retry, list, {}",
        names.join(", ")
    ))
}

pub(super) fn pause(seconds: Option<f64>, otherwise: f64) -> PyResult<Duration> {
    let seconds = seconds.unwrap_or(otherwise);
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| seconds <= 1e9)
        .ok_or_else(|| PyValueError::new_err("seconds must be a number from 0 to 1000000000"))
}

fn header_value(name: &str, value: &str) -> PyResult<HeaderValue> {
    HeaderValue::from_str(value)
        .map_err(|_| PyValueError::new_err(format!("{name} must be one line of plain text")))
}
