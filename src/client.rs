//! The way of a call: operation, validate, sign, send, classify, result.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::ask::{Reply, ask};
use crate::classify::unready_error;
use crate::clock::{Correction, millis};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{CauseKind, Error};
use crate::identity::Identity;
use crate::journal::{Event, Journal};
use crate::operation::{Action, Operation};
use crate::project::Lookup;
use crate::request::Request;
use crate::retry::{Budget, RetryPolicy};
use crate::secret::redact;
use crate::signing::{self, Algorithm};
use crate::source::provider::Provider;
use crate::source::{Net, Prepared};
use crate::start::{StartResult, start};
use crate::transport::{Failure, FailureKind, Outgoing, Transport, TransportSettings};
use crate::unsigned::Unsigned;
use crate::validation::{Call, check, check_region};
use crate::wait::{WaitOptions, wait};

/// The settings of a client, checked.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Where requests go; the others only when the first cannot be reached. At least one.
    pub endpoints: Vec<Endpoint>,
    /// The region, if it is known; `None` where only an endpoint was given.
    pub region: Option<String>,
    /// Whether the endpoint was given rather than made from the region.
    pub endpoint_is_explicit: bool,
    /// The project, part of every path.
    pub project: Project,
    /// Who is calling.
    pub source: Prepared,
    /// How requests are signed.
    pub signing: Algorithm,
    /// How long a whole call may take, retries included.
    pub timeout: Duration,
    /// What is tried again.
    pub retry: RetryPolicy,
    /// How connections are made.
    pub transport: TransportSettings,
}

/// A client's project.
#[derive(Debug, Clone)]
pub enum Project {
    /// Its id.
    Id(String),
    /// How its id is found before the first call.
    Lookup(Lookup),
}

/// What goes for one call.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// How long the whole call may take; the client's own by default.
    pub timeout: Option<Duration>,
    /// Who is told what happens.
    pub journal: Option<Arc<dyn Journal>>,
    /// Whether a throttled request is the caller's to repeat, who knows of other calls.
    pub yields_to_throttling: bool,
}

impl CallOptions {
    /// Who is told what happens in most calls.
    pub(crate) fn routine_journal(&self) -> Option<&dyn Journal> {
        let journal = self.journal.as_deref();
        journal.filter(|journal| journal.wants_routine())
    }
}

/// A client: settings, connections, and what was learnt from the service.
#[derive(Debug)]
pub struct Client {
    pub(crate) settings: Arc<ClientSettings>,
    pub(crate) provider: Provider,
    project_id: OnceCell<ProjectId>,
    /// Which endpoint was reached last.
    reached: AtomicUsize,
    transport: Transport,
    /// For requests that are not OMS's.
    net: Net,
    pub(crate) correction: Correction,
    pub(crate) budget: Budget,
}

#[derive(Debug)]
struct ProjectId {
    plain: String,
    encoded: String,
}

impl ProjectId {
    fn new(plain: String) -> Self {
        Self {
            encoded: signing::percent_encode(&plain),
            plain,
        }
    }
}

impl Client {
    /// A client with connections of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where connections cannot be set up as asked.
    pub fn new(settings: Arc<ClientSettings>) -> Result<Self, Error> {
        Self::renewing_on(settings, None)
    }

    /// A client whose credentials are renewed on a runtime of their own.
    ///
    /// # Errors
    ///
    /// As [`Client::new`].
    pub fn renewing_on(
        settings: Arc<ClientSettings>,
        background: Option<Handle>,
    ) -> Result<Self, Error> {
        let endpoint = settings
            .endpoints
            .first()
            .ok_or_else(|| Error::Configuration("there is no endpoint".to_owned()))?;
        let transport =
            Transport::new(&settings.transport, endpoint).map_err(Error::Configuration)?;
        let net = Net::new(settings.transport.clone());
        let project_id = match &settings.project {
            Project::Id(id) => OnceCell::new_with(Some(ProjectId::new(id.clone()))),
            Project::Lookup(_) => OnceCell::new(),
        };
        let provider = Provider::new(
            settings.source.clone(),
            Net::new(settings.transport.clone()),
            &settings.signing,
            background,
        )
        .map_err(unready_error)?;
        Ok(Self {
            provider,
            project_id,
            reached: AtomicUsize::new(0),
            transport,
            net,
            settings,
            correction: Correction::default(),
            budget: Budget::default(),
        })
    }

    /// The project's id; `None` before it was looked up.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.get().map(|id| id.plain.as_str())
    }

    /// The name of the source that the credentials come from; `None` before they were asked for.
    #[must_use]
    pub fn credentials_source(&self) -> Option<&'static str> {
        self.provider
            .source()
            .or_else(|| self.settings.source.name())
    }

    /// Asks for credentials, where only asking shows whether there are any.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] or [`Error::Credentials`] where there are none.
    pub async fn find_credentials(&self) -> Result<(), Error> {
        let deadline = Instant::now() + self.settings.timeout;
        let found = self.provider.wait(deadline).await;
        found.map(drop).map_err(unready_error)
    }

    /// The endpoint that was reached last.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.settings.endpoints[self.reached()].as_str()
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

    /// Signs and sends a request once, before `deadline`. An endpoint that cannot be reached is passed over: nothing
    /// was sent to it.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        attempt: u32,
        deadline: Instant,
        options: &CallOptions,
    ) -> Result<Answer, Failure> {
        let identity = match self.provider.ready() {
            Some(identity) => identity,
            None => self
                .provider
                .wait(deadline)
                .await
                .map_err(Failure::unready)?,
        };
        let project_id = match self.project_id.get() {
            Some(id) => id,
            None => Box::pin(self.look_up_project(&identity, deadline)).await?,
        };
        let others = self.settings.endpoints.len() - 1;
        for turn in 0..=others {
            let began = Instant::now();
            let at = self.reached();
            let outgoing =
                self.sign_as(request, &identity, project_id, &self.settings.endpoints[at])?;
            let outcome = self.transport.send(outgoing, deadline).await;
            if let Some(journal) = options.routine_journal() {
                journal.record(Event::Attempt {
                    operation: request.operation.name,
                    resource_id: request.resource_id.clone(),
                    attempt,
                    status: outcome.as_ref().ok().map(|answer| answer.status),
                    request_id: outcome
                        .as_ref()
                        .ok()
                        .and_then(Answer::request_id)
                        .map(|id| {
                            self.with_secrets(request, |known| redact(&id, known).into_owned())
                        }),
                    elapsed: began.elapsed(),
                    failure: outcome.as_ref().err().map(|f| f.cause.message.clone()),
                });
            }
            match outcome {
                Err(failure) if turn < others && was_not_reached(&failure) => self.pass_over(at),
                outcome => return outcome,
            }
        }
        Err(Failure::timeout(false))
    }

    /// Which endpoint is used.
    fn reached(&self) -> usize {
        self.reached.load(Ordering::Relaxed) % self.settings.endpoints.len()
    }

    /// Goes on to the next endpoint, unless another call has meanwhile.
    fn pass_over(&self, at: usize) {
        let next = (at + 1) % self.settings.endpoints.len();
        // Where another call was faster, its choice stands.
        let _ = self
            .reached
            .compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    async fn look_up_project(
        &self,
        identity: &Identity,
        deadline: Instant,
    ) -> Result<&ProjectId, Failure> {
        let Project::Lookup(lookup) = &self.settings.project else {
            return Err(Failure::changed_path());
        };
        let find = || async {
            let found = lookup
                .find(
                    identity,
                    &self.settings.signing,
                    &self.correction,
                    &self.net,
                    deadline,
                )
                .await;
            found.map(ProjectId::new)
        };
        // One call looks it up; the others wait for it.
        self.project_id
            .get_or_try_init(find)
            .await
            .map_err(Failure::unready)
    }

    /// Whether requests are signed, and so dated; a token needs no clock.
    pub(crate) fn signs(&self) -> bool {
        let known = self.provider.known();
        let mut known = known.iter().map(|identity| identity.credentials());
        known.any(|credentials| matches!(credentials, Credentials::AkSk { .. }))
    }

    /// Does something with the secrets that an answer to `request` could echo.
    pub(crate) fn with_secrets<T>(&self, request: &Request, work: impl FnOnce(&[&str]) -> T) -> T {
        let identities = self.provider.known();
        let mut secrets: Vec<&str> = identities
            .iter()
            .flat_map(|identity| identity.credentials().secrets())
            .collect();
        secrets.extend(request.secrets());
        work(&secrets)
    }

    /// Signs a request as a call would, without sending it.
    ///
    /// # Errors
    ///
    /// Where credentials or project are not at hand, or cannot stand in a URL, which validation rules out.
    pub fn sign(&self, request: &Request) -> Result<Outgoing, Failure> {
        let identity = self.provider.ready().ok_or_else(Failure::changed_path)?;
        let project_id = self.project_id.get().ok_or_else(Failure::changed_path)?;
        self.sign_as(
            request,
            &identity,
            project_id,
            &self.settings.endpoints[self.reached()],
        )
    }

    /// Turns a request into what travels: URL, headers and body, signed or with a token.
    fn sign_as(
        &self,
        request: &Request,
        identity: &Identity,
        project_id: &ProjectId,
        endpoint: &Endpoint,
    ) -> Result<Outgoing, Failure> {
        let now = self.correction.now();
        let path = request.path(&project_id.encoded);
        let query = request.query(millis(now));
        let mut url = endpoint.url(&path).ok_or_else(Failure::changed_path)?;
        if !query.is_empty() {
            url.set_query(Some(&query));
        }
        let body = request.body();
        let unsigned = Unsigned {
            method: &request.operation.method,
            authority: endpoint.authority(),
            path: &path,
            query: &query,
            body: &body,
            project_id: Some(&project_id.encoded),
        };
        let headers = unsigned
            .headers(identity, now)
            .ok_or_else(Failure::changed_path)?;
        Ok(Outgoing {
            method: request.operation.method.clone(),
            url,
            headers,
            body,
            wants_body: request.operation.action.reads(),
        })
    }
}

/// Whether no connection came about, so that another endpoint can be tried. One whose certificate is wrong was
/// reached.
fn was_not_reached(failure: &Failure) -> bool {
    failure.kind == FailureKind::Connect && failure.cause.kind != CauseKind::Tls
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
