//! Sources one after the other, until one serves.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{
    Context, Environment, Fault, FaultKind, Fetch, Fetching, Issued, Memory, Net, Oidc,
    PodIdentity, Prepared, Profile, ServerMetadata, Source,
};

pub(super) const NAME: &str = "CredentialChain";

/// How long the sources that can only be tried may take together, and each of them.
const LIMIT: Duration = Duration::from_millis(4_600);
const LIMIT_OF_ONE: Duration = Duration::from_millis(2_600);

const ADVICE: &str = "pass credentials=AkSk(...), Token(...) or another source, set HUAWEICLOUD_SDK_AK and \
    HUAWEICLOUD_SDK_SK, or write ak and sk into section [basic] of ~/.huaweicloud/credentials";

/// Sources in an order. The first that is configured serves, and no other in its place.
#[derive(Debug)]
pub struct Chain(Vec<Arc<dyn Source>>);

impl Chain {
    /// Sources in an order of one's own.
    #[must_use]
    pub const fn new(sources: Vec<Arc<dyn Source>>) -> Self {
        Self(sources)
    }
}

impl Default for Chain {
    /// The order of the vendor's SDK.
    fn default() -> Self {
        Self(vec![
            Arc::new(Oidc::default()),
            Arc::new(Environment),
            Arc::new(Profile::default()),
            Arc::new(ServerMetadata::default()),
            Arc::new(PodIdentity::default()),
        ])
    }
}

impl Source for Chain {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let mut steps = Vec::new();
        for source in &self.0 {
            let step = match source.prepare(context) {
                Ok(Prepared::Live(fetch)) if fetch.is_tentative() => Step::Try(fetch),
                Ok(prepared) if steps.iter().all(Step::is_idle) => return Ok(prepared),
                Ok(Prepared::Live(fetch)) => Step::Last(fetch),
                Ok(Prepared::Fixed {
                    source,
                    credentials,
                }) => Step::Given(Issued::lasting(source, credentials)),
                Err(fault) if fault.kind == FaultKind::NotConfigured => Step::Idle(fault),
                // Somebody meant this one: to act as anybody else would be worse than to fail.
                Err(fault) => return Err(fault),
            };
            let ends = step.is_certain();
            steps.push(step);
            if ends {
                break;
            }
        }
        if steps.iter().all(Step::is_idle) {
            return Err(nothing(steps.iter().filter_map(Step::fault)));
        }
        Ok(Prepared::Live(Arc::new(Ready(steps))))
    }
}

/// A step of a chain that was made ready.
#[derive(Debug)]
enum Step {
    /// It has nothing to ask with.
    Idle(Fault),
    /// It may serve.
    Try(Arc<dyn Fetch>),
    /// It was configured: it serves or fails.
    Last(Arc<dyn Fetch>),
    /// It has served.
    Given(Issued),
}

impl Step {
    const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle(_))
    }

    /// Whether somebody configured it.
    const fn is_certain(&self) -> bool {
        matches!(self, Self::Last(_) | Self::Given(_))
    }

    fn fault(&self) -> Option<Fault> {
        match self {
            Self::Idle(fault) => Some(fault.clone()),
            _ => None,
        }
    }
}

/// A chain for one client.
#[derive(Debug)]
struct Ready(Vec<Step>);

impl Fetch for Ready {
    fn name(&self) -> &'static str {
        NAME
    }

    fn doubts(&self) -> Option<Fault> {
        if self.0.iter().any(Step::is_certain) {
            return None;
        }
        let faults: Vec<Fault> = self.0.iter().filter_map(Step::fault).collect();
        (!faults.is_empty()).then(|| nothing(faults.into_iter()))
    }

    fn fetch<'a>(&'a self, net: &'a Net, memory: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            // Who has served goes on serving: nobody becomes somebody else in the middle of a run.
            if let Some(Step::Try(fetch) | Step::Last(fetch)) =
                memory.chosen.and_then(|chosen| self.0.get(chosen))
            {
                return fetch.fetch(net, memory).await;
            }
            let deadline = Instant::now() + LIMIT;
            let mut faults = Vec::new();
            for (at, step) in self.0.iter().enumerate() {
                let outcome = match step {
                    Step::Idle(fault) => Err(fault.clone()),
                    Step::Given(issued) => Ok(issued.clone()),
                    Step::Last(fetch) => fetch.fetch(net, memory).await,
                    Step::Try(fetch) => {
                        let until = deadline.min(Instant::now() + LIMIT_OF_ONE);
                        let work = timeout_at(until, fetch.fetch(net, memory));
                        work.await.unwrap_or_else(|_| Err(slow(fetch.name())))
                    }
                };
                match (outcome, step) {
                    (Ok(issued), _) => {
                        memory.chosen = Some(at);
                        return Ok(issued);
                    }
                    (Err(fault), Step::Last(_)) => return Err(fault),
                    (Err(fault), _) => faults.push(fault),
                }
            }
            Err(nothing(faults.into_iter()))
        })
    }
}

fn slow(source: &str) -> Fault {
    Fault::failed(source, "there was no answer in time")
}

/// The fault of a chain none of whose sources served: what was tried and what to set.
fn nothing(faults: impl Iterator<Item = Fault>) -> Fault {
    let mut kind = FaultKind::NotConfigured;
    let mut tried = Vec::new();
    for fault in faults {
        if !matches!(fault.kind, FaultKind::NotConfigured | FaultKind::Absent) {
            kind = FaultKind::Failed;
        }
        tried.push(fault.to_string());
    }
    let message = format!(
        "no credentials. Tried {}. To go on, {ADVICE}",
        tried.join("; ")
    );
    Fault {
        source: NAME.to_owned(),
        kind,
        message,
    }
}
