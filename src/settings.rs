//! Where settings come from: arguments first, then the environment, then the vendor's profile file.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::client::{ClientSettings, Project};
use crate::endpoint::Endpoint;
use crate::place::{self, Place, Wanted};
use crate::project::{self, Lookup};
use crate::retry::RetryPolicy;
use crate::signing::Algorithm;
use crate::source::{self, Chain, Context, Prepared, Profile, Source, profile};
use crate::transport::TransportSettings;
use crate::validation::check_segment;

/// What a caller gave; everything may be missing.
#[derive(Default)]
pub struct Given {
    /// `region=`
    pub region: Option<String>,
    /// `endpoint=`
    pub endpoint: Option<String>,
    /// `domain=`
    pub domain: Option<String>,
    /// `iam_endpoint=`
    pub iam_endpoint: Option<String>,
    /// `project_id=`
    pub project_id: Option<String>,
    /// `credentials=`
    pub source: Option<Arc<dyn Source>>,
    /// Something of the caller's, for sources of its own.
    pub host: Option<Arc<dyn Any + Send + Sync>>,
}

/// What else a client is made with; checked by whoever reads it from the caller.
#[derive(Debug)]
pub struct Behaviour {
    /// How long a whole call may take.
    pub timeout: Duration,
    /// What is tried again.
    pub retry: RetryPolicy,
    /// How connections are made.
    pub transport: TransportSettings,
    /// The signing algorithm's name; the default one where none is given.
    pub signing: Option<String>,
}

/// The world around the process, passed in.
pub trait Surroundings {
    /// An environment variable; an empty one counts as missing.
    fn variable(&self, name: &str) -> Option<String>;
    /// The content of a file.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    fn read(&self, path: &Path) -> std::io::Result<String>;
}

/// The process's own environment and files.
#[derive(Debug, Clone, Copy)]
pub struct Process;

impl Surroundings for Process {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn read(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

const PROJECT_ID: &str = "HUAWEICLOUD_SDK_PROJECT_ID";

/// The name of OMS in the scope of a derived signature.
const SERVICE: &str = "oms";

/// Puts a client's settings together.
///
/// # Errors
///
/// Everything that is missing or cannot be used, in one message that says what was looked for and where.
pub fn resolve(
    given: Given,
    behaviour: Behaviour,
    surroundings: &dyn Surroundings,
) -> Result<ClientSettings, String> {
    let allow_http = behaviour.transport.allow_http;
    let profile = read_profile(surroundings);
    let iam_endpoint = given.iam_endpoint.or_else(|| {
        let own = profile.as_ref().ok()?.iam_endpoint.clone();
        own.filter(|_| surroundings.variable(place::IAM_ENDPOINT).is_none())
    });
    let wanted = Wanted {
        region: given.region,
        endpoint: given.endpoint,
        domain: given.domain,
        iam_endpoint,
        allow_http,
    };
    let place = place::resolve(wanted, surroundings);
    let region = place.as_ref().ok().and_then(|place| place.region.clone());
    let project_id = given
        .project_id
        .or_else(|| surroundings.variable(PROJECT_ID))
        .or_else(|| profile.as_ref().ok()?.project_id.clone());
    let context = Context {
        surroundings,
        region: region.as_deref(),
        iam: place
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|place| place.iam.clone()),
        project_id: project_id.as_deref(),
        allow_http,
        host: given.host,
    };
    let source = given.source.unwrap_or_else(|| Arc::new(Chain::default()));
    let prepared = source.prepare(&context).map_err(|fault| fault.to_string());
    let signing = match &behaviour.signing {
        Some(name) => Algorithm::named(name, region.as_deref(), SERVICE),
        None => Ok(Algorithm::default()),
    };
    let project = match &place {
        Ok(place) => resolve_project(project_id, place, allow_http),
        // What is wrong with the place is told already.
        Err(_) => project_id.map_or_else(
            || {
                Err(format!(
                    "no project id: pass project_id= or set {PROJECT_ID}"
                ))
            },
            checked_id,
        ),
    };
    let transport = place.as_ref().map_or(Ok(()), |place| {
        let mut endpoints = place.endpoints.iter();
        endpoints.try_for_each(|endpoint| behaviour.transport.check(endpoint))
    });
    match (place, project, prepared, signing, transport) {
        (Ok(place), Ok(project), Ok(source), Ok(signing), Ok(())) => Ok(ClientSettings {
            endpoints: place.endpoints,
            region: place.region,
            endpoint_is_explicit: place.is_explicit,
            project,
            source,
            signing,
            timeout: behaviour.timeout,
            retry: behaviour.retry,
            transport: behaviour.transport,
        }),
        (place, project, prepared, signing, transport) => {
            // Whoever has to set something anyway is told what else may be missing.
            let doubts = prepared.as_ref().ok().and_then(Prepared::doubts);
            let doubts = doubts.map(|fault| fault.message);
            let faults = [
                place.err(),
                project.err(),
                prepared.err().or(doubts),
                signing.err(),
                transport.err(),
            ];
            let faults: Vec<String> = faults.into_iter().flatten().collect();
            Err(faults.join("; "))
        }
    }
}

/// A source that is asked by itself, without a client.
///
/// # Errors
///
/// What is missing or cannot be used.
pub fn prepare_alone(
    source: &dyn Source,
    host: Option<Arc<dyn Any + Send + Sync>>,
    surroundings: &dyn Surroundings,
) -> Result<Prepared, source::Fault> {
    let region = surroundings.variable(place::REGION);
    let project_id = surroundings.variable(PROJECT_ID);
    let place = place::resolve(Wanted::default(), surroundings);
    source.prepare(&Context {
        surroundings,
        region: region.as_deref(),
        iam: place.and_then(|place| place.iam),
        project_id: project_id.as_deref(),
        allow_http: false,
        host,
    })
}

/// The profile file's default section; why it is not there interests only who needs it.
fn read_profile(surroundings: &dyn Surroundings) -> Result<profile::Section, source::Fault> {
    Profile::default().read(surroundings)
}

fn checked_id(id: String) -> Result<Project, String> {
    check_segment(&id, project::LONGEST).map_err(|message| format!("project_id {message}"))?;
    Ok(Project::Id(id))
}

/// The project that was given, or how to look it up.
fn resolve_project(
    project_id: Option<String>,
    place: &Place,
    allow_http: bool,
) -> Result<Project, String> {
    if let Some(id) = project_id {
        return checked_id(id);
    }
    let told = |reason: &str| {
        format!(
            "no project id, and it cannot be looked up ({reason}): pass project_id=, set {PROJECT_ID}, or write \
             project_id into section [{}] of ~/.huaweicloud/credentials",
            profile::DEFAULT_SECTION
        )
    };
    let region = place
        .region
        .clone()
        .ok_or_else(|| told("no region is known"))?;
    let iam = place.iam.clone().map_err(|reason| told(&reason))?;
    let iam = iam
        .iter()
        .map(|text| Endpoint::parse(text, allow_http))
        .collect::<Result<_, _>>()
        .map_err(|message| format!("IAM's {message}"))?;
    Ok(Project::Lookup(Lookup { region, iam }))
}

/// Every environment variable that settings can come from.
pub fn variables(surroundings: &dyn Surroundings) -> Vec<String> {
    let mut names: Vec<String> = [
        place::REGION,
        place::ENDPOINT,
        place::IAM_ENDPOINT,
        place::REGIONS_FILE,
        PROJECT_ID,
        "HOME",
        "USERPROFILE",
    ]
    .into_iter()
    .chain(source::variables())
    .map(str::to_owned)
    .collect();
    if let Some(region) = surroundings.variable(place::REGION) {
        names.extend(["OMS", "IAM"].map(|service| place::variable(service, &region)));
    }
    names
}

#[cfg(test)]
mod tests;
