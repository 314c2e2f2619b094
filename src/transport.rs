//! One HTTP attempt: bounded in time and size, no redirects, no plain HTTP off the machine.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body::{Body, Frame, SizeHint};
use reqwest::redirect::Policy;
use reqwest::{Proxy, Response, Url};
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;
use crate::endpoint::{Endpoint, is_loopback};
use crate::error::{Cause, CauseKind};
use crate::secret::{ExposeSecret, SecretString};
use crate::source::Fault;
use crate::tls;

/// How connections are made.
#[derive(Debug, Clone)]
pub struct TransportSettings {
    /// How long name resolution, connection and TLS handshake may take together.
    pub connect_timeout: Duration,
    /// A proxy's URL, which may hold a password; by default the environment's.
    pub proxy: Option<SecretString>,
    /// PEM certificates to trust instead of the machine's store.
    pub ca_bundle: Option<Bytes>,
    /// Whether plain HTTP may leave the machine.
    pub allow_http: bool,
}

impl TransportSettings {
    /// Checks what can be checked before the first connection to an endpoint.
    ///
    /// # Errors
    ///
    /// Says which setting cannot be used.
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), String> {
        self.explicit_proxy(endpoint)?;
        self.ca_bundle
            .as_deref()
            .map_or(Ok(()), |pem| tls::client_config(Some(pem)).map(drop))
    }

    fn explicit_proxy(&self, endpoint: &Endpoint) -> Result<Option<Proxy>, String> {
        let keep_on_machine = endpoint.is_plain() && !self.allow_http;
        self.proxy
            .as_ref()
            .map(|url| proxy(url.expose_secret(), keep_on_machine))
            .transpose()
    }
}

/// A signed request.
#[derive(Debug)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers, those with secrets marked sensitive.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Whether the body of a 2xx answer matters. Where it does not, it is given a moment only.
    pub wants_body: bool,
}

/// No whole answer came back.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Whether the request may have been delivered.
    pub sent: bool,
    /// What kind of failure it was.
    pub kind: FailureKind,
    /// Why.
    pub cause: Cause,
}

/// What kind of failure an attempt met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// There was no connection.
    Connect,
    /// Time was over.
    Timeout,
    /// The connection broke, or what came over it was no answer.
    Broken,
    /// There was nothing to prove with who is calling, or no project to call for.
    Unready(Fault),
}

/// A client's connections.
#[derive(Debug, Clone)]
pub struct Transport(reqwest::Client);

/// An answer's body is read up to here and no further.
pub const LONGEST_BODY: usize = 1024 * 1024;

/// How long a body that does not matter may take before its connection is given up instead.
const GRACE: Duration = Duration::from_millis(500);

/// Below the time after which gateways close idle connections, so that few are found dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

impl Transport {
    /// Makes ready to connect to an endpoint.
    ///
    /// # Errors
    ///
    /// Says which setting cannot be used.
    pub fn new(settings: &TransportSettings, endpoint: &Endpoint) -> Result<Self, String> {
        let tls = if endpoint.is_plain() && settings.ca_bundle.is_none() {
            tls::unused_config()
        } else {
            tls::client_config(settings.ca_bundle.as_deref())
        }?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true);
        let builder = match settings.explicit_proxy(endpoint)? {
            Some(proxy) => builder.proxy(proxy),
            // Without TLS a proxy would read the keys.
            None if endpoint.is_plain() && !settings.allow_http => builder.no_proxy(),
            None => builder,
        };
        builder
            .build()
            .map(Self)
            .map_err(|error| format!("the HTTP client cannot be set up: {}", chain(&error)))
    }

    /// Sends a request and reads its answer, all before `deadline`.
    ///
    /// # Errors
    ///
    /// Where there was no answer. One whose body broke off is an answer still, marked as not whole.
    pub async fn send(&self, outgoing: Outgoing, deadline: Instant) -> Result<Answer, Failure> {
        let sent = Arc::new(AtomicBool::new(outgoing.body.is_empty()));
        let mut request = reqwest::Request::new(outgoing.method, outgoing.url);
        *request.headers_mut() = outgoing.headers;
        if !outgoing.body.is_empty() {
            *request.body_mut() = Some(reqwest::Body::wrap(TrackedBody {
                bytes: Some(outgoing.body),
                polled: Arc::clone(&sent),
            }));
        }
        match timeout_at(deadline, self.0.execute(request)).await {
            Ok(Ok(response)) => Ok(read(response, outgoing.wants_body, deadline).await),
            Ok(Err(error)) => Err(Failure::from_reqwest(error, sent.load(Ordering::Acquire))),
            Err(_) => Err(Failure::timeout(sent.load(Ordering::Acquire))),
        }
    }
}

/// The explicit proxy. One off the machine must not see keys that travel without TLS.
fn proxy(url: &str, keep_on_machine: bool) -> Result<Proxy, String> {
    let parsed = Url::parse(url).map_err(|error| format!("proxy must be a URL: {error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err("proxy must be a URL like http://host:port".to_owned());
    }
    if keep_on_machine && !parsed.host_str().is_some_and(is_loopback) {
        return Err(
            "proxy must be on this machine, because the endpoint is plain HTTP and requests carry access keys \
             (allow_http=True overrides this)"
                .to_owned(),
        );
    }
    Proxy::all(parsed).map_err(|error| format!("proxy cannot be used: {}", chain(&error)))
}

/// Reads an answer's body, as far as it is of use.
async fn read(mut response: Response, wants_body: bool, deadline: Instant) -> Answer {
    let status = response.status();
    let deadline = if status.is_success() && !wants_body {
        deadline.min(Instant::now() + GRACE)
    } else {
        deadline
    };
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    let whole = loop {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let room = LONGEST_BODY - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break false;
                }
            }
            Ok(Ok(None)) => break true,
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    Answer {
        status: status.as_u16(),
        headers,
        body,
        whole,
    }
}

/// A request's body that remembers whether the connection asked for it: until then, nothing was delivered.
struct TrackedBody {
    bytes: Option<Bytes>,
    polled: Arc<AtomicBool>,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.polled.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl Failure {
    const fn new(sent: bool, kind: FailureKind, cause: Cause) -> Self {
        Self { sent, kind, cause }
    }

    pub(crate) fn timeout(sent: bool) -> Self {
        let message = if sent {
            "no answer in time"
        } else {
            "no connection in time"
        };
        Self::new(
            sent,
            FailureKind::Timeout,
            Cause {
                kind: CauseKind::Timeout,
                message: message.to_owned(),
                os_error: None,
            },
        )
    }

    /// An answer whose body broke off or was too long.
    pub(crate) fn cut_short() -> Self {
        Self::new(
            true,
            FailureKind::Broken,
            Cause {
                kind: CauseKind::Other,
                message: "the answer's body broke off or was longer than 1 MiB".to_owned(),
                os_error: None,
            },
        )
    }

    /// A request that was never made, for want of credentials or a project.
    pub(crate) fn unready(fault: Fault) -> Self {
        let cause = Cause {
            kind: CauseKind::Other,
            message: fault.to_string(),
            os_error: None,
        };
        Self::new(false, FailureKind::Unready(fault), cause)
    }

    /// An answer to a question that says nothing: no JSON object.
    pub(crate) fn not_json() -> Self {
        Self::new(
            true,
            FailureKind::Broken,
            Cause {
                kind: CauseKind::Other,
                message: "the answer is no JSON object".to_owned(),
                os_error: None,
            },
        )
    }

    /// A request that was never made, because its URL would have named another path.
    pub(crate) fn changed_path() -> Self {
        Self::new(
            false,
            FailureKind::Broken,
            Cause {
                kind: CauseKind::Other,
                message: "the id or project id cannot stand in a URL".to_owned(),
                os_error: None,
            },
        )
    }

    /// The same failure, once it is known that the request was not carried out.
    pub(crate) fn without_effect(mut self) -> Self {
        self.sent = false;
        self.cause
            .message
            .push_str(" (looking showed that nothing was started)");
        self
    }

    fn from_reqwest(error: reqwest::Error, body_was_polled: bool) -> Self {
        // The URL holds an id; the message names it already.
        let error = error.without_url();
        let kind = if error.is_connect() {
            FailureKind::Connect
        } else {
            FailureKind::Broken
        };
        let sent = kind != FailureKind::Connect && body_was_polled;
        Self::new(sent, kind, cause(&error))
    }
}

fn cause(error: &reqwest::Error) -> Cause {
    let os_error = sources(error)
        .filter_map(|e| e.downcast_ref::<io::Error>())
        .find_map(io::Error::raw_os_error);
    let kind = if error.is_dns() {
        CauseKind::Name
    } else if sources(error).any(is_tls) {
        CauseKind::Tls
    } else if error.is_timeout() {
        CauseKind::Timeout
    } else if os_error.is_some() {
        CauseKind::Os
    } else {
        CauseKind::Other
    };
    Cause {
        kind,
        message: chain(error),
        os_error,
    }
}

/// A TLS error hides inside the `io::Error`s, one in the other, that carry it through the connector.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}

fn sources<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&e| e.source())
}

/// The reasons on one line, without repetition and without the outer ones that only say that something failed.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for reason in sources(error).map(ToString::to_string) {
        let says_nothing = reason.starts_with("error ") || reason.starts_with("client error (");
        if !says_nothing && !reasons.iter().any(|known| known.contains(&reason)) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        return error.to_string();
    }
    reasons.join(": ")
}
