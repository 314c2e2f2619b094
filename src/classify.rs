//! What an answer, or the lack of one, says about a request: carried out, refused, or not known.

use std::time::{Duration, SystemTime};

use crate::answer::Answer;
use crate::error::{ApiError, Asked, Error};
use crate::operation::Action;
use crate::secret::redact;
use crate::source::{Fault, FaultKind};
use crate::transport::{Failure, FailureKind};

/// The fate of one attempt.
#[derive(Debug)]
pub enum Fate {
    /// The service says that it was carried out.
    Done(Answer),
    /// The service says no, and will say so again.
    Refused(Answer),
    /// It certainly was not carried out, and can be tried again.
    NotCarriedOut(Reason),
    /// It may have been carried out.
    Unsettled(Reason),
}

/// Why an attempt did not succeed.
#[derive(Debug)]
pub enum Reason {
    /// An answer.
    Answer(Answer),
    /// No whole answer.
    Failure(Failure),
}

impl Reason {
    /// Whether the request may still be under way: nobody said no to it, somebody only stopped waiting.
    #[must_use]
    pub fn may_still_arrive(&self) -> bool {
        match self {
            Self::Answer(answer) => matches!(answer.status, 408 | 504),
            Self::Failure(failure) => failure.sent && failure.kind == FailureKind::Timeout,
        }
    }
}

/// The code of "the task has already started".
pub const ALREADY_STARTED: &str = "OMS.0065";

/// Gateway codes of a 5xx that say that no backend was called: its name was not resolved, the API's configuration
/// was not loaded, no backend was found, IAM was out of reach ("Error Codes" of the API gateway). The prefix is
/// `APIGW.` or `APIG.`.
const NOT_DELIVERED: [&str; 7] = ["0605", "0606", "0608", "0609", "0610", "0611", "0613"];

/// Decides what became of an attempt.
#[must_use]
pub fn classify(action: Action, outcome: Result<Answer, Failure>) -> Fate {
    match outcome {
        Ok(answer) if answer.is_success() => classify_success(action, answer),
        Ok(answer) if answer.status == 429 || was_not_delivered(&answer) => {
            Fate::NotCarriedOut(Reason::Answer(answer))
        }
        // Nobody asked for another protocol: a 1xx as the last word is no answer of the service.
        Ok(answer) if answer.status < 200 || answer.status >= 500 || answer.status == 408 => {
            Fate::Unsettled(Reason::Answer(answer))
        }
        Ok(answer) => Fate::Refused(answer),
        Err(failure) if failure.sent => Fate::Unsettled(Reason::Failure(failure)),
        Err(failure) => Fate::NotCarriedOut(Reason::Failure(failure)),
    }
}

/// A start is answered with an empty 200: the head says it all. A web page, or anything else that is neither empty
/// nor JSON without an error code, is the answer of something on the way.
fn classify_success(action: Action, answer: Answer) -> Fate {
    match action {
        Action::Show | Action::List if answer.whole => Fate::Done(answer),
        Action::Show | Action::List => Fate::Unsettled(Reason::Failure(Failure::cut_short())),
        Action::Start | Action::Retry | Action::Stop if answer.is_plain_success() => {
            Fate::Done(answer)
        }
        Action::Start | Action::Retry | Action::Stop => Fate::Unsettled(Reason::Answer(answer)),
    }
}

fn was_not_delivered(answer: &Answer) -> bool {
    answer.status >= 500
        && gateway_code(answer.message().code.as_deref())
            .is_some_and(|code| NOT_DELIVERED.contains(&code))
}

/// The digits of a gateway's code.
fn gateway_code(code: Option<&str>) -> Option<&str> {
    let code = code?;
    code.strip_prefix("APIGW.")
        .or_else(|| code.strip_prefix("APIG."))
}

/// Whether the service says that the clock by which a request was signed is off.
#[must_use]
pub fn says_expired(answer: &Answer) -> bool {
    answer.status == 401
        && answer
            .message()
            .text
            .to_ascii_lowercase()
            .contains("expired")
}

/// Whether the service says that the token must be renewed.
#[must_use]
pub fn says_renew(answer: &Answer) -> bool {
    answer.status == 401 && gateway_code(answer.message().code.as_deref()) == Some("0307")
}

/// Whether the service says that what was asked to start already has.
#[must_use]
pub fn says_already_started(answer: &Answer) -> bool {
    says(answer, ALREADY_STARTED)
}

/// Whether the service says that what was asked to pause is not in progress.
#[must_use]
pub fn says_not_in_progress(answer: &Answer) -> bool {
    says(answer, "OMS.0066")
}

/// Whether the service says that there is no such resource.
#[must_use]
pub fn says_not_found(answer: &Answer) -> bool {
    says(answer, "OMS.1009")
}

fn says(answer: &Answer, code: &str) -> bool {
    answer.message().code.as_deref() == Some(code)
}

/// Turns an answer that says no into an error, without the secrets it may echo.
#[must_use]
pub fn api_error(asked: Asked, answer: &Answer, secrets: &[&str]) -> ApiError {
    let said = answer.message();
    let advice = advice(answer.status, said.code.as_deref(), &said.text);
    let message = answer.message_without(secrets);
    let mut error_msg = message.text;
    if (300..400).contains(&answer.status) {
        error_msg = format!("the endpoint redirects, which is not followed. {error_msg}");
    }
    ApiError {
        asked,
        status_code: answer.status,
        error_code: message.code,
        error_msg: error_msg.trim_end().to_owned(),
        request_id: answer
            .request_id()
            .map(|id| redact(&id, secrets).into_owned()),
        retry_after: retry_after(answer),
        advice,
    }
}

/// The error of a call whose last attempt failed so.
pub(crate) fn failure_error(asked: Asked, failure: &Failure) -> Error {
    let asked = Box::new(asked);
    let cause = failure.cause.clone();
    match &failure.kind {
        FailureKind::Unready(fault) => unready_error(fault.clone()),
        FailureKind::Connect => Error::Connect { asked, cause },
        FailureKind::Timeout => Error::Timeout {
            asked,
            sent: failure.sent,
        },
        FailureKind::Broken => Error::Broken {
            asked,
            cause,
            sent: failure.sent,
        },
    }
}

/// The error of credentials or a project that could not be had.
pub(crate) fn unready_error(fault: Fault) -> Error {
    match fault.kind {
        FaultKind::NotConfigured | FaultKind::Misconfigured => {
            Error::Configuration(fault.to_string())
        }
        FaultKind::Absent | FaultKind::Failed => Error::Credentials {
            source_name: fault.source,
            message: fault.message,
        },
    }
}

/// How long the service asks to be left alone.
#[must_use]
pub fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.retry_after(SystemTime::now())
}

/// What a person can do about a refusal.
fn advice(status: u16, code: Option<&str>, text: &str) -> &'static str {
    let expired = text.to_ascii_lowercase().contains("expired");
    match (status, code.unwrap_or_default()) {
        (400, ALREADY_STARTED) => "It runs already: follow it with show_task or its like",
        (400, "OMS.1009" | "OMS.0054") | (404, "OMS.1009") => {
            "Check the id, the project and the region"
        }
        (400, "OMS.0053") => "Check the id and the caller's permissions",
        (400, "OMS.0066") => "It is not in progress: there is nothing to pause",
        (400, _) => "Check the arguments against the service's document",
        (401, _) if expired => "Check this machine's clock, and that a temporary key is still good",
        (401, _) => {
            "Check ak, sk and region (or the token); five wrong signatures in a row lock a key for five minutes"
        }
        (403, _) => "Check the caller's permissions, the project and the region",
        (404, _) => "Check endpoint, region and id",
        (405, _) => "Check the account: quota, arrears",
        (429, _) => "Call less often, or raise timeout= so that the wait fits",
        (500.., _) => {
            "The service or its gateway has a fault: try again later, and name the request id"
        }
        (300..400, _) => "Check the endpoint",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn answer(status: u16, code: &str) -> Answer {
        Answer {
            status,
            headers: HeaderMap::new(),
            body: format!(r#"{{"error_code": "{code}", "error_msg": "m"}}"#).into_bytes(),
            whole: true,
        }
    }

    fn fate(status: u16, code: &str) -> &'static str {
        match classify(Action::Start, Ok(answer(status, code))) {
            Fate::Done(_) => "done",
            Fate::Refused(_) => "refused",
            Fate::NotCarriedOut(_) => "not carried out",
            Fate::Unsettled(_) => "unsettled",
        }
    }

    #[test]
    fn every_kind_of_answer_has_its_fate() {
        for (status, code, expected) in [
            (200, "", "done"),
            (200, "OMS.0053", "unsettled"),
            (204, "", "done"),
            (101, "", "unsettled"),
            (301, "", "refused"),
            (400, "OMS.0065", "refused"),
            (401, "APIGW.0301", "refused"),
            (404, "APIGW.0101", "refused"),
            (408, "", "unsettled"),
            (413, "APIGW.0201", "refused"),
            (429, "APIGW.0308", "not carried out"),
            (500, "APIGW.0601", "unsettled"),
            (500, "APIG.0605", "not carried out"),
            (502, "APIGW.0201", "unsettled"),
            (502, "APIGW.0610", "not carried out"),
            (503, "APIGW.0613", "not carried out"),
            (503, "", "unsettled"),
            (504, "APIGW.0201", "unsettled"),
        ] {
            assert_eq!(fate(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn only_an_empty_answer_or_json_without_an_error_is_a_success() {
        let fate = |body: &[u8], whole, content_type: &'static str| {
            let mut said = answer(200, "");
            (said.body, said.whole) = (body.to_vec(), whole);
            said.headers
                .insert("content-type", content_type.parse().expect("a header"));
            matches!(classify(Action::Start, Ok(said)), Fate::Done(_))
        };
        assert!(fate(b"", true, "application/json"));
        assert!(fate(b"", true, "text/html"));
        assert!(fate(b"", false, "application/json"));
        assert!(fate(b" {}\n", true, "application/json"));
        assert!(!fate(b"", false, "text/html"));
        assert!(!fate(b"<html>sign in</html>", true, "application/json"));
        assert!(!fate(b"please sign in", true, "text/plain"));
        assert!(!fate(
            br#"{"error_code": "OMS.0053"}"#,
            true,
            "application/json"
        ));
        assert!(fate(b"\n", true, "text/plain"));
        assert!(!fate(b"\n", false, "text/plain"));
        assert!(!fate(b"{", false, "application/json"));
    }

    #[test]
    fn what_a_gateway_gave_up_may_still_be_on_its_way() {
        let reason = |status| Reason::Answer(answer(status, ""));
        assert!(reason(504).may_still_arrive());
        assert!(reason(408).may_still_arrive());
        assert!(!reason(500).may_still_arrive());
        assert!(Reason::Failure(Failure::timeout(true)).may_still_arrive());
        assert!(!Reason::Failure(Failure::timeout(false)).may_still_arrive());
        assert!(!Reason::Failure(Failure::cut_short()).may_still_arrive());
    }
}
