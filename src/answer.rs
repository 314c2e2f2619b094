//! What came back: an answer's head and body, and the service's message in it, whatever its shape.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use serde_json::Value as Json;

use crate::secret::redact;

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// As much of the body as was read.
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub whole: bool,
}

/// The service's own words in an answer that says no.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceMessage {
    /// The code, where there is one.
    pub code: Option<String>,
    /// The message on one line; empty where there is none.
    pub text: String,
}

/// A message longer than this helps nobody.
const LONGEST_MESSAGE: usize = 600;
/// A code longer than this is none.
const LONGEST_CODE: usize = 100;

const CODE_NAMES: [&str; 3] = ["error_code", "errorCode", "code"];
const TEXT_NAMES: [&str; 5] = [
    "error_msg",
    "errorMsg",
    "message",
    "error_description",
    "msg",
];

impl Answer {
    /// Whether the status says yes.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// Whether this is a web page: no answer of the service, but of something on the way to it.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let declared = self
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|t| t.to_ascii_lowercase().contains("html"));
        let start = self.body.trim_ascii_start();
        declared || looks_like_html(start)
    }

    /// Whether a 2xx says no more than that: empty, or JSON without an error code.
    #[must_use]
    pub fn is_plain_success(&self) -> bool {
        if self.body.is_empty() {
            return self.whole || !self.is_html();
        }
        if self.whole && self.body.trim_ascii().is_empty() {
            return true;
        }
        !self.is_html() && self.json().is_some() && self.message().code.is_none()
    }

    /// The id that the service gave the request.
    #[must_use]
    pub fn request_id(&self) -> Option<String> {
        let id = self.header("x-request-id")?;
        let id = one_line(id, LONGEST_CODE);
        (!id.is_empty()).then_some(id)
    }

    /// The service's clock when it answered, to the second.
    #[must_use]
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE.as_str())?.trim()).ok()
    }

    /// How long the service asks to be left alone: seconds, or until a date by its own clock.
    #[must_use]
    pub fn retry_after(&self, our_now: SystemTime) -> Option<Duration> {
        let value = self.header(RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = value.parse::<f64>() {
            return (seconds >= 0.0)
                .then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
        }
        let until = httpdate::parse_http_date(value).ok()?;
        let now = self.date().unwrap_or(our_now);
        Some(until.duration_since(now).unwrap_or_default())
    }

    /// The service's words, from any of the shapes that it and the gateways before it use.
    #[must_use]
    pub fn message(&self) -> ServiceMessage {
        parse_message(&self.body)
    }

    /// The same without the secrets that they echo.
    #[must_use]
    pub fn message_without(&self, secrets: &[&str]) -> ServiceMessage {
        read_message(&self.body, secrets)
    }

    /// The body as JSON, if it is whole and is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Json> {
        self.whole
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Reads the service's words from a body: JSON in any known shape, plain text or HTML, or nothing.
#[must_use]
pub fn parse_message(body: &[u8]) -> ServiceMessage {
    read_message(body, &[])
}

/// Secrets go before anything is folded or cut: half a secret, or one with other white space, is no longer found.
fn read_message(body: &[u8], secrets: &[&str]) -> ServiceMessage {
    // serde_json refuses JSON nested deeper than 128 levels, so this cannot run out of stack.
    if let Ok(json) = serde_json::from_slice::<Json>(body)
        && let Some(message) = message_in(&json, secrets)
    {
        return message;
    }
    let text = redact_start(&String::from_utf8_lossy(body), secrets);
    let text = if looks_like_html(body.trim_ascii_start()) {
        text_of_html(&text)
    } else {
        text
    };
    ServiceMessage {
        code: None,
        text: one_line(&text, LONGEST_MESSAGE),
    }
}

/// Looks for a code and a message in an object, then one level down.
fn message_in(json: &Json, secrets: &[&str]) -> Option<ServiceMessage> {
    let object = json.as_object()?;
    if let Some(message) = message_of(object, secrets) {
        return Some(message);
    }
    object
        .values()
        .filter_map(Json::as_object)
        .find_map(|inner| message_of(inner, secrets))
}

fn message_of(object: &serde_json::Map<String, Json>, secrets: &[&str]) -> Option<ServiceMessage> {
    let find = |names: &[&str], most| {
        let found = names.iter().find_map(|name| scalar(object.get(*name)?))?;
        Some(one_line(&redact_start(&found, secrets), most))
    };
    let code = find(&CODE_NAMES, LONGEST_CODE);
    let text = find(&TEXT_NAMES, LONGEST_MESSAGE);
    let detail = find(&["error_detail"], LONGEST_MESSAGE);
    let text = match (text, detail) {
        (Some(text), Some(detail)) if !detail.is_empty() && !text.contains(&detail) => {
            format!("{text} ({detail})")
        }
        (Some(text), _) => text,
        (None, Some(detail)) => detail,
        (None, None) if code.is_none() => return None,
        (None, None) => String::new(),
    };
    Some(ServiceMessage {
        code: code.filter(|code| !code.is_empty()),
        text,
    })
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The start of a text, far more than is ever shown, without secrets.
fn redact_start(text: &str, secrets: &[&str]) -> String {
    const MOST: usize = 64 * 1024;
    let start = text
        .char_indices()
        .nth(MOST)
        .map_or(text, |(end, _)| &text[..end]);
    redact(start, secrets).into_owned()
}

fn looks_like_html(body: &[u8]) -> bool {
    let start = body.get(..body.len().min(14)).unwrap_or_default();
    let start = start.to_ascii_lowercase();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}

/// The title of a page, or its text without tags.
fn text_of_html(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let start = start + "<title>".len();
        let length = lower.get(start..)?.find("</title>")?;
        html.get(start..start + length)
    });
    let words = title.map_or_else(|| without_tags(html), str::to_owned);
    format!("an HTML page: {}", words.trim())
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

/// One line of at most `most` characters: white space folded, control characters left out.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most));
    let mut length = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = length > 0;
            continue;
        }
        if length + usize::from(gap) >= most {
            line.push_str("...");
            break;
        }
        if gap {
            line.push(' ');
            length += 1;
            gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    fn message(code: &str, text: &str) -> ServiceMessage {
        ServiceMessage {
            code: Some(code.to_owned()),
            text: text.to_owned(),
        }
    }

    #[test]
    fn every_documented_shape_is_read() {
        for body in [
            r#"{"error_code": "OMS.0065", "error_msg": "started"}"#,
            r#"{"code": "OMS.0065", "message": "started"}"#,
            r#"{"errorCode": "OMS.0065", "errorMsg": "started"}"#,
            r#"{"error": {"code": "OMS.0065", "message": "started"}}"#,
            "\n\t{\"error_code\": \"OMS.0065\", \"error_msg\": \"started\", \"request_id\": \"x\"}",
        ] {
            assert_eq!(
                parse_message(body.as_bytes()),
                message("OMS.0065", "started")
            );
        }
        assert_eq!(
            parse_message(br#"{"error_code": "c", "error_msg": "m", "error_detail": "d"}"#),
            message("c", "m (d)")
        );
        assert_eq!(
            parse_message(br#"{"error": {"code": 401, "message": "m"}}"#),
            message("401", "m")
        );
    }

    #[test]
    fn other_bodies_become_one_line() {
        let text = |body: &[u8]| parse_message(body).text;
        assert_eq!(text(b""), "");
        assert_eq!(text(b"no\r\n route\0"), "no route");
        assert_eq!(
            text(b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>"),
            "an HTML page: 502 Bad Gateway"
        );
        assert_eq!(text(b"<!DOCTYPE html><p>a<p>b"), "an HTML page: a b");
        assert_eq!(text(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(
            text("[".repeat(100_000).as_bytes()).chars().count(),
            LONGEST_MESSAGE + 3
        );
    }

    fn with_header(name: &'static str, value: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
        Answer {
            status: 429,
            headers,
            body: Vec::new(),
            whole: true,
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_services_clock() {
        let wait = |value: &str| with_header("retry-after", value).retry_after(UNIX_EPOCH);
        assert_eq!(wait("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("NaN"), None);
        assert_eq!(wait("1e300"), Some(Duration::MAX));
        let mut answer = with_header("retry-after", "Fri, 15 Nov 2019 03:37:05 GMT");
        answer.headers.insert(
            "date",
            "Fri, 15 Nov 2019 03:36:55 GMT".parse().expect("valid"),
        );
        assert_eq!(
            answer.retry_after(SystemTime::now()),
            Some(Duration::from_secs(10))
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let message = parse_message(&body);
            prop_assert!(!message.text.contains('\n'));
            prop_assert!(message.text.chars().count() <= LONGEST_MESSAGE + 3);
        }

        #[test]
        fn reading_json_never_panics(code in "\\PC*", text in "\\PC*", name in 0..3_usize, nested: bool) {
            let inner = serde_json::json!({CODE_NAMES[name]: code, TEXT_NAMES[name]: text});
            let body = if nested { serde_json::json!({"error": inner}) } else { inner };
            let read = parse_message(body.to_string().as_bytes());
            prop_assert_eq!(read.text, one_line(&text, LONGEST_MESSAGE));
        }

        #[test]
        fn headers_never_panic(value in "[ -~]{0,40}") {
            let _ = with_header("retry-after", &value).retry_after(UNIX_EPOCH);
            let _ = with_header("date", &value).date();
        }
    }
}
