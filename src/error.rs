//! One error type: what went wrong with a call, in words a person can act on.

use std::fmt;
use std::time::Duration;

use crate::validation::Violation;
use crate::wait::WaitError;

/// Why a call did not succeed. No variant ever holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is missing or cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// A source of credentials failed or gave nothing usable.
    #[error("{source_name}: {message}")]
    Credentials {
        /// Which source.
        source_name: String,
        /// What was wrong with it.
        message: String,
    },
    /// Arguments outside their limits, all of them.
    #[error("{operation}: {}", Violations(.violations))]
    Validation {
        /// What was asked.
        operation: &'static str,
        /// Every violation.
        violations: Vec<Violation>,
    },
    /// No connection: the request was not delivered.
    #[error("{asked}: no connection: {cause}. Nothing was sent. {}", cause.advice())]
    Connect {
        /// What was asked.
        asked: Box<Asked>,
        /// Why there was none.
        cause: Cause,
    },
    /// No answer in time.
    #[error("{asked}: no answer within {:.3} s; {}", .asked.elapsed.as_secs_f64(), timeout_advice(*.sent))]
    Timeout {
        /// What was asked.
        asked: Box<Asked>,
        /// Whether the request may have been delivered.
        sent: bool,
    },
    /// Something came back, or nothing, but no whole answer.
    #[error("{asked}: no whole answer came back: {cause}. {}", delivery(*.sent))]
    Broken {
        /// What was asked.
        asked: Box<Asked>,
        /// What broke.
        cause: Cause,
        /// Whether the request may have been delivered.
        sent: bool,
    },
    /// The request may have been carried out, and looking did not settle it.
    #[error(
        "{asked}: it is not known whether this was carried out: {happened}; {seen}. Look at the {noun} before you \
         start it again"
    )]
    OutcomeUnknown {
        /// What was asked.
        asked: Box<Asked>,
        /// The kind of thing it was asked of.
        noun: &'static str,
        /// What happened to the request.
        happened: String,
        /// What looking at the resource showed.
        seen: String,
        /// The error of the request itself.
        cause: Option<Box<Error>>,
    },
    /// The service refused.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// What was waited for did not happen.
    #[error("{0}")]
    Wait(Box<WaitError>),
}

impl Error {
    /// Whether the same question may be answered when it is asked again later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect { cause, .. } => cause.kind != CauseKind::Tls,
            Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Api(error) => matches!(error.status_code, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the service throttled, and how long it asks to be left alone.
    #[must_use]
    pub fn throttled(&self) -> Option<Option<Duration>> {
        match self {
            Self::Api(error) if error.status_code == 429 => Some(error.retry_after),
            _ => None,
        }
    }
}

/// What was asked, of what, and how far it went.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The operation's name.
    pub operation: &'static str,
    /// The id it was asked of.
    pub resource_id: String,
    /// How many requests were made.
    pub attempts: u32,
    /// How long it took.
    pub elapsed: Duration,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
        if self.resource_id.is_empty() {
            return Ok(());
        }
        write!(f, " of {}", Shown(&self.resource_id))
    }
}

/// An id in a message: without what breaks or turns a line, and not longer than one.
struct Shown<'t>(&'t str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 80;
        let start = self.0.chars().take(MOST).collect::<String>();
        write!(f, "{}", start.escape_debug())?;
        if self.0.chars().nth(MOST).is_some() {
            f.write_str("...")?;
        }
        Ok(())
    }
}

/// An answer that says no.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{asked}: HTTP {status_code}{}{}{}{}",
    Code(.error_code.as_deref()),
    Detail(.error_msg),
    Id(.request_id.as_deref()),
    Advice(advice)
)]
pub struct ApiError {
    /// What was asked.
    pub asked: Asked,
    /// The HTTP status.
    pub status_code: u16,
    /// The service's code, where it gave one.
    pub error_code: Option<String>,
    /// The service's message, on one line, without secrets.
    pub error_msg: String,
    /// The id to name to the service's support.
    pub request_id: Option<String>,
    /// How long the service asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What to do.
    pub advice: &'static str,
}

struct Code<'t>(Option<&'t str>);
impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |code| write!(f, " {code}"))
    }
}

struct Detail<'t>(&'t str);
impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

struct Id<'t>(Option<&'t str>);
impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |id| write!(f, " (request id {id})"))
    }
}

struct Advice<'t>(&'t str);
impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ". {}", self.0)
        }
    }
}

/// Why a connection failed or broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What kind of failure.
    pub kind: CauseKind,
    /// The whole chain of reasons, on one line.
    pub message: String,
    /// The operating system's error number, where there is one.
    pub os_error: Option<i32>,
}

/// What kind of failure a connection met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// The host's name was not found.
    Name,
    /// The TLS handshake failed.
    Tls,
    /// The peer took too long.
    Timeout,
    /// The operating system reported an error.
    Os,
    /// Anything else: a broken answer, a protocol error.
    Other,
}

impl Cause {
    const fn advice(&self) -> &'static str {
        match self.kind {
            CauseKind::Name => "Check region or endpoint, and that this machine can resolve names",
            CauseKind::Tls => {
                "Check the endpoint's host name; for an own certificate authority pass ca_bundle="
            }
            CauseKind::Timeout => "Check network and proxy, or raise connect_timeout",
            CauseKind::Os | CauseKind::Other => "Check endpoint, network and proxy",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

struct Violations<'v>(&'v [Violation]);
impl fmt::Display for Violations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, violation) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{} {}", violation.field, violation.message)?;
        }
        f.write_str(". Nothing was sent")
    }
}

const fn delivery(sent: bool) -> &'static str {
    if sent {
        "The request may have been delivered"
    } else {
        "The request was not delivered"
    }
}

const fn timeout_advice(sent: bool) -> &'static str {
    if sent {
        "the request may have been delivered. Raise timeout=, or look at what it was asked of"
    } else {
        "nothing was sent. Check network and proxy, or raise timeout="
    }
}
