//! The way of a call: operation, validate, sign, send, classify, result.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use serde_json::Value as Json;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::ask::{Reply, ask};
use crate::clock::{Correction, millis};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Asked, Error};
use crate::journal::{Event, Journal};
use crate::operation::{Action, Operation};
use crate::request::Request;
use crate::retry::{Budget, RetryPolicy};
use crate::secret::{ExposeSecret, redact};
use crate::signing::{self, ToSign};
use crate::start::{StartResult, start};
use crate::transport::{Failure, FailureKind, Outgoing, Transport, TransportSettings};
use crate::validation::{Call, check, check_region};
use crate::wait::{WaitOptions, wait};

/// The settings of a client, checked.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// The region, if it is known; `None` where only an endpoint was given.
    pub region: Option<String>,
    /// Whether the endpoint was given rather than made from the region.
    pub endpoint_is_explicit: bool,
    /// The project, part of every path.
    pub project_id: String,
    /// Who is calling.
    pub credentials: Credentials,
    /// How long a whole call may take, retries included.
    pub timeout: Duration,
    /// What is tried again.
    pub retry: RetryPolicy,
    /// How connections are made.
    pub transport: TransportSettings,
}

/// What goes for one call.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// How long the whole call may take; the client's own by default.
    pub timeout: Option<Duration>,
    /// Who is told what happens.
    pub journal: Option<Arc<dyn Journal>>,
}

/// A client: settings, connections, and what was learnt from the service.
#[derive(Debug)]
pub struct Client {
    pub(crate) settings: Arc<ClientSettings>,
    encoded_project_id: String,
    transport: Transport,
    pub(crate) correction: Correction,
    pub(crate) budget: Budget,
}

const CONTENT_JSON: &str = "application/json";
static X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
static X_SDK_DATE: HeaderName = HeaderName::from_static(signing::DATE_HEADER);
static X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");
static X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const AGENT: &str = concat!("huaweicloud-oms/", env!("CARGO_PKG_VERSION"));

impl Client {
    /// A client with connections of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where connections cannot be set up as asked.
    pub fn new(settings: Arc<ClientSettings>) -> Result<Self, Error> {
        let transport = Transport::new(&settings.transport, &settings.endpoint)
            .map_err(Error::Configuration)?;
        Ok(Self {
            encoded_project_id: signing::percent_encode(&settings.project_id),
            transport,
            settings,
            correction: Correction::default(),
            budget: Budget::default(),
        })
    }

    /// Starts a task, task group or synchronization task.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but the configuration's.
    pub async fn start(
        &self,
        request: &Request,
        options: &CallOptions,
    ) -> Result<StartResult, Error> {
        start(self, request, options).await
    }

    /// Reads or pauses a task, task group or synchronization task, or reads a page of a list.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but the configuration's and [`Error::OutcomeUnknown`].
    pub async fn ask(&self, request: &Request, options: &CallOptions) -> Result<Reply, Error> {
        ask(self, request, options).await
    }

    /// Waits until what `request` is about has ended well, or is synchronizing; gives its last state.
    ///
    /// # Errors
    ///
    /// [`Error::Wait`] where that does not happen, and any error of a look that will not pass.
    pub async fn wait(
        &self,
        request: &Request,
        options: &CallOptions,
        how: &WaitOptions,
    ) -> Result<Json, Error> {
        let show = Operation::of(request.operation.resource, Action::Show);
        let show = show.ok_or_else(|| Error::Configuration("it cannot be looked at".to_owned()))?;
        wait(self, &request.sibling(show), options, how).await
    }

    /// Signs and sends a request once, before `deadline`.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        attempt: u32,
        deadline: Instant,
        options: &CallOptions,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let outgoing = self.sign(request)?;
        let outcome = self.transport.send(outgoing, deadline).await;
        if let Some(journal) = &options.journal {
            journal.record(Event::Attempt {
                operation: request.operation.name,
                resource_id: request.resource_id.clone(),
                attempt,
                status: outcome.as_ref().ok().map(|answer| answer.status),
                request_id: outcome
                    .as_ref()
                    .ok()
                    .and_then(Answer::request_id)
                    .map(|id| redact(&id, &self.secrets(request)).into_owned()),
                elapsed: began.elapsed(),
                failure: outcome.as_ref().err().map(|f| f.cause.message.clone()),
            });
        }
        outcome
    }

    /// Whether requests are signed, and so dated; a token needs no clock.
    pub(crate) fn signs(&self) -> bool {
        matches!(self.settings.credentials, Credentials::AkSk { .. })
    }

    /// The secrets that an answer to `request` could echo.
    pub(crate) fn secrets<'s>(&'s self, request: &'s Request) -> Vec<&'s str> {
        let mut secrets = self.settings.credentials.secrets();
        secrets.extend(request.secrets());
        secrets
    }

    /// Turns a request into what travels: URL, headers and body, signed or with a token.
    ///
    /// # Errors
    ///
    /// Where the id or project id could not stand in a URL, which validation rules out.
    pub fn sign(&self, request: &Request) -> Result<Outgoing, Failure> {
        let endpoint = &self.settings.endpoint;
        let path = request.path(&self.encoded_project_id);
        let query = request.query(millis(self.correction.now()));
        let mut url = endpoint.url(&path).ok_or_else(Failure::changed_path)?;
        url.set_query((!query.is_empty()).then_some(&query));
        let body = request.body();
        let headers = self
            .headers(&request.operation.method, &path, &query, &body)
            .ok_or_else(Failure::changed_path)?;
        Ok(Outgoing {
            method: request.operation.method.clone(),
            url,
            headers,
            body,
            wants_body: request.operation.action.reads(),
        })
    }

    /// The headers of a request; `None` if a value cannot stand in a header, which checked settings rule out.
    fn headers(&self, method: &Method, path: &str, query: &str, body: &Bytes) -> Option<HeaderMap> {
        let authority = self.settings.endpoint.authority();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, HeaderValue::from_str(authority).ok()?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_JSON));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(
            &X_PROJECT_ID,
            HeaderValue::from_str(&self.encoded_project_id).ok()?,
        );
        match &self.settings.credentials {
            Credentials::Token(token) => {
                headers.insert(&X_AUTH_TOKEN, sensitive(token.expose_secret())?);
            }
            Credentials::AkSk {
                access_key,
                security_token,
                signing_key,
                ..
            } => {
                let date = signing::format_date(self.correction.now());
                // Sorted by name, as the signature wants them.
                let mut signed = vec![
                    (CONTENT_TYPE.as_str(), CONTENT_JSON),
                    (HOST.as_str(), authority),
                    (X_PROJECT_ID.as_str(), self.encoded_project_id.as_str()),
                    (X_SDK_DATE.as_str(), date.as_str()),
                ];
                if let Some(token) = security_token {
                    headers.insert(&X_SECURITY_TOKEN, sensitive(token.expose_secret())?);
                    signed.push((X_SECURITY_TOKEN.as_str(), token.expose_secret()));
                }
                let to_sign = ToSign {
                    method: method.as_str(),
                    path,
                    query,
                    headers: &signed,
                    body_hash: &signing::body_hash(body),
                };
                let signature = signing_key.sign(&to_sign, &date);
                let authorization =
                    signing::authorization(access_key.expose_secret(), &signed, &signature);
                headers.insert(&X_SDK_DATE, HeaderValue::from_str(&date).ok()?);
                headers.insert(AUTHORIZATION, sensitive(&authorization)?);
            }
        }
        Some(headers)
    }
}

/// Checks a call against its limits and the client's region.
///
/// # Errors
///
/// [`Error::Validation`] with every violation.
pub fn validate(settings: &ClientSettings, call: Call) -> Result<Request, Error> {
    let operation = call.operation;
    let region = settings
        .region
        .as_deref()
        .filter(|_| !settings.endpoint_is_explicit);
    let region_violation = check_region(operation, region);
    let violations = match (check(call), region_violation) {
        (Ok(request), None) => return Ok(request),
        (Ok(_), Some(violation)) => vec![violation],
        (Err(mut violations), more) => {
            violations.extend(more);
            violations
        }
    };
    Err(Error::Validation {
        operation: operation.name,
        violations,
    })
}

/// A header value that is not shown, and not kept in a compression table.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The error of a call whose last attempt failed so.
pub(crate) fn failure_error(asked: Asked, failure: &Failure) -> Error {
    let asked = Box::new(asked);
    let cause = failure.cause.clone();
    match failure.kind {
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
