//! Where settings come from: arguments first, then the environment, then the vendor's profile file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ini::{Ini, ParseOption};

use crate::client::ClientSettings;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::region;
use crate::retry::RetryPolicy;
use crate::secret::SecretString;
use crate::transport::TransportSettings;
use crate::validation::check_segment;

/// What a caller gave; everything may be missing.
#[derive(Debug, Default)]
pub struct Given {
    /// `region=`
    pub region: Option<String>,
    /// `endpoint=`
    pub endpoint: Option<String>,
    /// `project_id=`
    pub project_id: Option<String>,
    /// `credentials=`
    pub credentials: Option<Credentials>,
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

const REGION: &str = "HUAWEICLOUD_REGION";
const ENDPOINT: &str = "HUAWEICLOUD_OMS_ENDPOINT";
const ENDPOINT_OF_REGION: &str = "HUAWEICLOUD_SDK_REGION_OMS_";
const PROJECT_ID: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
const CREDENTIALS_FILE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
const SECTION: &str = "basic";

/// The key pairs of the vendor's SDK, then those of the documents' samples.
const KEY_VARIABLES: [(&str, &str, Option<&str>); 2] = [
    (
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ),
    ("CLOUD_SDK_AK", "CLOUD_SDK_SK", None),
];

const LONGEST_PROJECT_ID: usize = 1024;

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
    let profile = Profile::locate(surroundings);
    let place = resolve_place(
        given.region,
        given.endpoint,
        behaviour.transport.allow_http,
        surroundings,
    );
    let project_id = resolve_project_id(given.project_id, &profile, surroundings);
    let credentials = match given.credentials {
        Some(credentials) => Ok(credentials),
        None => resolve_credentials(&profile, surroundings),
    };
    let transport = place
        .as_ref()
        .map_or(Ok(()), |place| behaviour.transport.check(&place.endpoint));
    match (place, project_id, credentials, transport) {
        (Ok(place), Ok(project_id), Ok(credentials), Ok(())) => Ok(ClientSettings {
            endpoint: place.endpoint,
            region: place.region,
            endpoint_is_explicit: place.is_explicit,
            project_id,
            credentials,
            timeout: behaviour.timeout,
            retry: behaviour.retry,
            transport: behaviour.transport,
        }),
        (place, project_id, credentials, transport) => {
            let faults = [
                place.err(),
                project_id.err(),
                credentials.err(),
                transport.err(),
            ];
            let faults: Vec<String> = faults.into_iter().flatten().collect();
            Err(faults.join("; "))
        }
    }
}

/// Where to call.
struct Place {
    endpoint: Endpoint,
    region: Option<String>,
    is_explicit: bool,
}

/// A region or an endpoint that was given as an argument goes before both of the environment's.
fn resolve_place(
    region: Option<String>,
    endpoint: Option<String>,
    allow_http: bool,
    surroundings: &dyn Surroundings,
) -> Result<Place, String> {
    let (region, endpoint) = match (region, endpoint) {
        (None, None) => (
            surroundings.variable(REGION),
            surroundings.variable(ENDPOINT),
        ),
        given => given,
    };
    let explicit =
        endpoint.or_else(|| surroundings.variable(&endpoint_variable(region.as_deref()?)));
    let (text, is_explicit) = match (explicit, &region) {
        (Some(endpoint), _) => (endpoint, true),
        (None, Some(region)) => {
            let endpoint = region::endpoint_of(region).ok_or_else(|| unknown_region(region))?;
            (endpoint, false)
        }
        (None, None) => {
            return Err(format!(
                "no region: pass region= or endpoint=, or set {REGION} or {ENDPOINT}"
            ));
        }
    };
    Ok(Place {
        endpoint: Endpoint::parse(&text, allow_http)?,
        region,
        is_explicit,
    })
}

/// The vendor's name for an endpoint that replaces a region's.
fn endpoint_variable(region: &str) -> String {
    format!(
        "{ENDPOINT_OF_REGION}{}",
        region.replace('-', "_").to_uppercase()
    )
}

/// Every environment variable that settings can come from.
pub fn variables(surroundings: &dyn Surroundings) -> Vec<String> {
    let mut names: Vec<String> = [
        REGION,
        ENDPOINT,
        PROJECT_ID,
        CREDENTIALS_FILE,
        "HOME",
        "USERPROFILE",
    ]
    .map(str::to_owned)
    .into();
    for (ak, sk, token) in KEY_VARIABLES {
        names.extend(
            [Some(ak), Some(sk), token]
                .into_iter()
                .flatten()
                .map(str::to_owned),
        );
    }
    names.extend(
        surroundings
            .variable(REGION)
            .map(|region| endpoint_variable(&region)),
    );
    names
}

fn unknown_region(region: &str) -> String {
    format!(
        "region '{}' is not known: pass endpoint= for another site, or one of {}",
        region.escape_debug(),
        region::REGIONS.join(", ")
    )
}

fn resolve_project_id(
    given: Option<String>,
    profile: &Profile<'_>,
    surroundings: &dyn Surroundings,
) -> Result<String, String> {
    let found = match given.or_else(|| surroundings.variable(PROJECT_ID)) {
        Some(found) => found,
        None => profile
            .read()
            .and_then(|section| section.project_id.ok_or_else(|| "no project_id there".to_owned()))
            .map_err(|reason| {
                format!(
                    "no project id: pass project_id=, set {PROJECT_ID}, or write project_id into section \
                     [{SECTION}] of {} ({reason})",
                    profile.path()
                )
            })?,
    };
    check_segment(&found, LONGEST_PROJECT_ID).map_err(|message| format!("project_id {message}"))?;
    Ok(found)
}

fn resolve_credentials(
    profile: &Profile<'_>,
    surroundings: &dyn Surroundings,
) -> Result<Credentials, String> {
    for (ak, sk, token) in KEY_VARIABLES {
        match (surroundings.variable(ak), surroundings.variable(sk)) {
            (Some(access_key), Some(secret_key)) => {
                let token = token.and_then(|name| surroundings.variable(name));
                return Credentials::ak_sk(
                    access_key.into(),
                    secret_key.into(),
                    token.map(Into::into),
                )
                .map_err(|message| format!("{ak} and {sk}: {message}"));
            }
            (Some(_), None) => return Err(format!("{ak} is set, but {sk} is not")),
            (None, Some(_)) => return Err(format!("{sk} is set, but {ak} is not")),
            (None, None) => {}
        }
    }
    let (ak, sk, _) = KEY_VARIABLES[0];
    let section = profile.read().map_err(|reason| {
        format!(
            "no credentials: pass credentials=AkSk(...) or Token(...), set {ak} and {sk}, or write ak and sk into \
             section [{SECTION}] of {} ({reason})",
            profile.path()
        )
    })?;
    match (section.ak, section.sk) {
        (Some(ak), Some(sk)) => Credentials::ak_sk(ak, sk, section.security_token)
            .map_err(|message| format!("{}: {message}", profile.path())),
        (ak, _) => Err(format!(
            "section [{SECTION}] of {} has no {}",
            profile.path(),
            if ak.is_none() { "ak" } else { "sk" }
        )),
    }
}

/// The vendor's profile file: an INI file whose section `[basic]` holds keys and project id.
struct Profile<'s> {
    path: Option<PathBuf>,
    surroundings: &'s dyn Surroundings,
}

/// What the section holds that matters here.
struct Section {
    ak: Option<SecretString>,
    sk: Option<SecretString>,
    security_token: Option<SecretString>,
    project_id: Option<String>,
}

impl<'s> Profile<'s> {
    fn locate(surroundings: &'s dyn Surroundings) -> Self {
        let path = surroundings
            .variable(CREDENTIALS_FILE)
            .map(PathBuf::from)
            .or_else(|| {
                let home = surroundings
                    .variable("HOME")
                    .or_else(|| surroundings.variable("USERPROFILE"))?;
                Some(Path::new(&home).join(".huaweicloud").join("credentials"))
            });
        Self { path, surroundings }
    }

    fn path(&self) -> String {
        self.path.as_ref().map_or_else(
            || "~/.huaweicloud/credentials".to_owned(),
            |path| path.display().to_string(),
        )
    }

    /// Reads the section. An error never quotes the file: it holds keys.
    fn read(&self) -> Result<Section, String> {
        let path = self.path.as_ref().ok_or("there is no home directory")?;
        let text = match self.surroundings.read(path) {
            Ok(text) => SecretString::from(text),
            Err(error) => return Err(error.to_string()),
        };
        parse_section(&text)
    }
}

fn parse_section(text: &SecretString) -> Result<Section, String> {
    use crate::secret::ExposeSecret;
    let option = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        ..ParseOption::default()
    };
    let file = Ini::load_from_str_opt(text.expose_secret(), option)
        .map_err(|error| format!("not an INI file, line {}", error.line + 1))?;
    let section = file
        .section(Some(SECTION))
        .ok_or_else(|| format!("no section [{SECTION}] there"))?;
    let find = |name: &str| {
        section
            .iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    Ok(Section {
        ak: find("ak").map(Into::into),
        sk: find("sk").map(Into::into),
        security_token: find("security_token").map(Into::into),
        project_id: find("project_id").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
