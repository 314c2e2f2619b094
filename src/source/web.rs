//! The requests of sources: bounded in time and size, no redirects, plain HTTP only where keys stay near.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{Fault, FaultKind};
use crate::answer::Answer;
use crate::endpoint::{Endpoint, is_loopback};
use crate::secret::{ExposeSecret, SecretString, redact};
use crate::transport::{Failure, FailureKind, Outgoing, Transport, TransportSettings};

/// How long connecting within the machine's own network may take.
const NEAR: Duration = Duration::from_secs(1);

/// The connections of a client's source.
#[derive(Debug)]
pub struct Net {
    settings: TransportSettings,
    far: OnceLock<Result<Transport, String>>,
    near: OnceLock<Result<Transport, String>>,
}

/// A request of a source.
pub(super) struct Ask<'a> {
    pub(super) source: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, &'a SecretString)>,
    pub(super) body: Option<serde_json::Value>,
    /// How long it may take.
    pub(super) limit: Duration,
}

impl Net {
    /// Connections as the client's own, made on first use.
    #[must_use]
    pub const fn new(settings: TransportSettings) -> Self {
        Self {
            settings,
            far: OnceLock::new(),
            near: OnceLock::new(),
        }
    }

    /// Sends a request. Any status but a redirect is an answer.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Answer, Fault> {
        let source = ask.source;
        let host = ask.url.host_str().unwrap_or_default().to_owned();
        let body = ask.body.map(|json| {
            let json = serde_json::to_vec(&json).unwrap_or_default();
            Bytes::from_owner(Zeroizing::new(json))
        });
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(crate::unsigned::AGENT));
        if body.is_some() {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/json;charset=UTF-8"),
            );
        }
        for (name, value) in &ask.headers {
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| Fault::failed(source, format!("{name} cannot stand in a header")))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let outgoing = Outgoing {
            method: ask.method,
            url: ask.url,
            headers,
            body: body.unwrap_or_default(),
            wants_body: true,
        };
        self.send(source, &host, outgoing, ask.limit).await
    }

    /// Sends a request to the first of several places that can be reached.
    pub(super) async fn ask_any<'a>(
        &self,
        urls: &[Url],
        mut ask: impl FnMut(Url) -> Ask<'a>,
    ) -> Result<Answer, Fault> {
        let mut outcome = Err(Fault::misconfigured("IAM", "no endpoint is known"));
        for url in urls {
            outcome = self.ask(ask(url.clone())).await;
            if !matches!(&outcome, Err(fault) if fault.kind == FaultKind::Absent) {
                break;
            }
        }
        outcome
    }

    /// Sends a request that is ready to go.
    pub(crate) async fn send(
        &self,
        source: &'static str,
        host: &str,
        outgoing: Outgoing,
        limit: Duration,
    ) -> Result<Answer, Fault> {
        let transport = self
            .transport(outgoing.url.scheme() == "http")
            .map_err(|message| Fault::misconfigured(source, message))?;
        let answer = transport
            .send(outgoing, Instant::now() + limit)
            .await
            .map_err(|failure| not_answered(source, host, limit, &failure))?;
        let problem = match answer.status {
            300..400 => "redirects, which is not followed",
            _ if !answer.whole => "gave no whole answer",
            _ if answer.is_html() => "answered with a web page: is something else in its place?",
            _ => return Ok(answer),
        };
        Err(Fault::failed(source, format!("{host} {problem}")))
    }

    fn transport(&self, is_near: bool) -> Result<Transport, String> {
        let (made, settings, endpoint) = if is_near {
            let settings = TransportSettings {
                connect_timeout: NEAR,
                proxy: None,
                ca_bundle: None,
                allow_http: false,
            };
            (&self.near, settings, "http://localhost")
        } else {
            (&self.far, self.settings.clone(), "https://localhost")
        };
        made.get_or_init(|| Transport::new(&settings, &Endpoint::parse(endpoint, true)?))
            .clone()
    }
}

fn not_answered(source: &str, host: &str, limit: Duration, failure: &Failure) -> Fault {
    let message = match &failure.kind {
        FailureKind::Connect => format!("no connection to {host}: {}", failure.cause.message),
        FailureKind::Timeout => format!("{host} did not answer within {} s", limit.as_secs_f64()),
        _ => format!("no whole answer from {host}: {}", failure.cause.message),
    };
    let kind = if failure.kind == FailureKind::Connect || !failure.sent {
        FaultKind::Absent
    } else {
        FaultKind::Failed
    };
    Fault {
        source: source.to_owned(),
        kind,
        message,
    }
}

/// The fault of an answer that says no, in the service's words, without the secrets that were sent.
pub(super) fn refusal(source: &str, answer: &Answer, secrets: &[&SecretString]) -> Fault {
    let message = answer.message();
    let secrets: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.expose_secret())
        .collect();
    let clean = |text: &str| redact(text, &secrets).into_owned();
    let code = message
        .code
        .map_or_else(String::new, |code| format!(" {}", clean(&code)));
    let mut told = format!("HTTP {}{code}", answer.status);
    if !message.text.is_empty() {
        told = format!("{told}: {}", clean(&message.text));
    }
    Fault::failed(source, told)
}

/// Where plain HTTP is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// On this machine and to link-local addresses, which no router passes on.
    LinkLocal,
    /// On this machine, or anywhere where the user allowed it.
    Loopback { allow_http: bool },
}

/// A URL that keys may come from.
pub(super) fn checked_url(text: &str, reach: Reach) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
        return Err("must name a host, and no user".to_owned());
    }
    let is_near = match reach {
        Reach::LinkLocal => is_loopback(host) || is_link_local(host),
        Reach::Loopback { allow_http } => is_loopback(host) || allow_http,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_near => Ok(url),
        "http" if reach == Reach::LinkLocal => Err(
            "must begin with https://, or be on this machine or a link-local address: it gives keys".to_owned(),
        ),
        _ => Err("must begin with https://: it gives keys".to_owned()),
    }
}

/// A URL below an endpoint.
pub(super) fn url_below(endpoint: &str, path: &str, reach: Reach) -> Result<Url, String> {
    let mut url = checked_url(endpoint, reach)?;
    url.set_path(path);
    url.set_query(None);
    Ok(url)
}

/// Whether a URL's host is an address that no router passes on.
fn is_link_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.segments()[0] & 0xffc0 == 0xfe80,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_the_machine_and_link_local_addresses_only() {
        let far = Reach::Loopback { allow_http: false };
        for (url, near, iam) in [
            ("http://169.254.169.254", true, false),
            ("http://169.254.170.2:8080/x", true, false),
            ("http://[fe80::1]/x", true, false),
            ("http://127.0.0.1:1", true, true),
            ("http://localhost", true, true),
            ("http://10.0.0.1", false, false),
            ("http://169.255.0.1", false, false),
            ("http://169.254.169.254.example.com", false, false),
            ("https://example.com", true, true),
            ("https://u:p@example.com", false, false),
            ("ftp://localhost", false, false),
            ("", false, false),
        ] {
            assert_eq!(checked_url(url, Reach::LinkLocal).is_ok(), near, "{url}");
            assert_eq!(checked_url(url, far).is_ok(), iam, "{url}");
        }
        assert!(checked_url("http://10.0.0.1", Reach::Loopback { allow_http: true }).is_ok());
    }
}
