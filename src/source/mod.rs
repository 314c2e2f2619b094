//! Where credentials come from.
//!
//! A [`Source`] is what a user names. Made ready for a client ([`Source::prepare`]) it gives either credentials that
//! stay as they are, or a [`Fetch`] that gives credentials with an expiry as often as it is asked. [`provider`] keeps
//! what it gave, and renews it before anybody has to wait.

mod chain;
mod environment;
mod federated;
mod issued;
mod metadata;
mod oidc;
mod password;
mod pod;
pub mod profile;
pub mod provider;
mod web;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::credentials::Credentials;
use crate::secret::SecretString;
use crate::settings::Surroundings;

pub use chain::Chain;
pub use environment::Environment;
pub use metadata::ServerMetadata;
pub use oidc::Oidc;
pub use password::IamPassword;
pub use pod::PodIdentity;
pub use profile::Profile;
pub use web::Net;

/// What a client says to its source when it is made.
pub struct Context<'c> {
    /// The environment and the files.
    pub surroundings: &'c dyn Surroundings,
    /// The client's region.
    pub region: Option<&'c str>,
    /// Where IAM answers; several are tried in turn. Or why that is not known.
    pub iam: Result<Vec<String>, String>,
    /// The client's project, where it was given.
    pub project_id: Option<&'c str>,
    /// Whether plain HTTP may leave the machine.
    pub allow_http: bool,
    /// Something of the program that the library is part of, for sources of its own.
    pub host: Option<Arc<dyn Any + Send + Sync>>,
}

/// What a user names as the way to prove who is calling.
pub trait Source: fmt::Debug + Send + Sync {
    /// The public name of its class.
    fn name(&self) -> &'static str;

    /// Reads its settings from the environment, without the network.
    ///
    /// # Errors
    ///
    /// What is missing, or cannot be used.
    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault>;
}

/// A source that is ready to serve one client.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Credentials that stay as they are.
    Fixed {
        /// Who gave them.
        source: &'static str,
        /// What they are.
        credentials: Credentials,
    },
    /// Credentials that have to be fetched.
    Live(Arc<dyn Fetch>),
}

impl Prepared {
    /// The name of the source that will serve; `None` where only asking shows it.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Fixed { source, .. } => Some(source),
            Self::Live(fetch) => Some(fetch.name()).filter(|name| *name != chain::NAME),
        }
    }

    /// What is missing, where nothing was configured and only asking shows whether there is anything all the same.
    #[must_use]
    pub fn doubts(&self) -> Option<Fault> {
        match self {
            Self::Fixed { .. } => None,
            Self::Live(fetch) => fetch.doubts(),
        }
    }
}

/// A fetch on its way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Issued, Fault>> + Send + 'a>>;

/// Fetches credentials. Its settings never change; what it has to remember is in the [`Memory`].
pub trait Fetch: fmt::Debug + Send + Sync {
    /// The public name of the source's class.
    fn name(&self) -> &'static str;

    /// Fetches credentials, in bounded time.
    fn fetch<'a>(&'a self, net: &'a Net, memory: &'a mut Memory) -> Fetching<'a>;

    /// Whether only asking shows that there is anything: a chain then goes on where it fails.
    fn is_tentative(&self) -> bool {
        false
    }

    /// See [`Prepared::doubts`].
    fn doubts(&self) -> Option<Fault> {
        None
    }
}

/// What a client's source remembers from one fetch to the next.
#[derive(Default)]
pub struct Memory {
    /// The session token of the metadata service.
    metadata_token: Option<SecretString>,
    /// Which source of a chain served.
    chosen: Option<usize>,
}

/// Credentials that were given.
#[derive(Debug, Clone)]
pub struct Issued {
    /// What they are.
    pub credentials: Credentials,
    /// How long they are good for, from now; `None` where no end is known.
    pub lifetime: Option<Duration>,
    /// When to look whether there are others now, though these may still be good.
    pub recheck: Option<Duration>,
    /// Who gave them.
    pub source: &'static str,
}

impl Issued {
    /// Credentials without an end that is known.
    #[must_use]
    pub const fn lasting(source: &'static str, credentials: Credentials) -> Self {
        Self {
            credentials,
            lifetime: None,
            recheck: None,
            source,
        }
    }

    /// When they end, by our clock.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        SystemTime::now().checked_add(self.lifetime?)
    }
}

/// Why a source does not serve. Never tells a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The source's name.
    pub source: String,
    /// What kind of reason it has.
    pub kind: FaultKind,
    /// The reason.
    pub message: String,
}

/// What kind of reason a source has for not serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing was set that it could use.
    NotConfigured,
    /// What was set cannot be used.
    Misconfigured,
    /// There is nobody where it asks.
    Absent,
    /// It was asked, and gave nothing usable.
    Failed,
}

impl Fault {
    /// Nothing was set.
    #[must_use]
    pub fn not_configured(source: &str, message: impl Into<String>) -> Self {
        Self::new(source, FaultKind::NotConfigured, message)
    }

    /// What was set cannot be used.
    #[must_use]
    pub fn misconfigured(source: &str, message: impl Into<String>) -> Self {
        Self::new(source, FaultKind::Misconfigured, message)
    }

    /// Asking gave nothing usable.
    #[must_use]
    pub fn failed(source: &str, message: impl Into<String>) -> Self {
        Self::new(source, FaultKind::Failed, message)
    }

    fn new(source: &str, kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            source: source.to_owned(),
            kind,
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

/// Credentials that the caller gave as they are.
#[derive(Debug)]
pub struct Given {
    /// The public name of their class.
    pub name: &'static str,
    /// What they are.
    pub credentials: Credentials,
}

impl Source for Given {
    fn name(&self) -> &'static str {
        self.name
    }

    fn prepare(&self, _: &Context<'_>) -> Result<Prepared, Fault> {
        Ok(Prepared::Fixed {
            source: self.name,
            credentials: self.credentials.clone(),
        })
    }
}

/// Reads a file that holds a token. It may end in a line end, as files do; one inside is an error of its own.
fn read_token(
    source: &str,
    path: &str,
    text: std::io::Result<String>,
) -> Result<SecretString, Fault> {
    let text =
        text.map_err(|error| Fault::failed(source, format!("cannot read '{path}': {error}")))?;
    let text = zeroize::Zeroizing::new(text);
    let token = text.trim();
    if token.is_empty() {
        return Err(Fault::failed(source, format!("'{path}' is empty")));
    }
    if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
        let message =
            format!("'{path}' holds no token: there is white space or a control character in it");
        return Err(Fault::failed(source, message));
    }
    Ok(SecretString::from(token))
}

impl Context<'_> {
    /// Where IAM answers, for a source that needs it.
    fn all_iam(&self, source: &str) -> Result<Vec<String>, Fault> {
        self.iam
            .clone()
            .map_err(|message| Fault::misconfigured(source, message))
    }

    fn first_iam(&self, source: &str) -> Result<String, Fault> {
        let first = self.all_iam(source)?.into_iter().next();
        first.ok_or_else(|| Fault::misconfigured(source, "no IAM endpoint is known"))
    }
}

/// Every environment variable that sources read.
pub fn variables() -> impl Iterator<Item = &'static str> {
    environment::variables()
        .chain(oidc::variables())
        .chain(pod::variables())
        .chain([profile::FILE_VARIABLE, metadata::variable()])
}
