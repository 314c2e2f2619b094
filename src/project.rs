//! The project's id, looked up at IAM where it was not given.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::clock::Correction;
use crate::endpoint::Endpoint;
use crate::identity::Identity;
use crate::signing::Algorithm;
use crate::source::{Fault, FaultKind, Net};
use crate::transport::Outgoing;
use crate::unsigned::Unsigned;
use crate::validation::check_segment;

/// The longest project id there is.
pub(crate) const LONGEST: usize = 1024;

const PATH: &str = "/v3/projects";
const LIMIT: Duration = Duration::from_secs(10);

/// What is looked up, and where.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The region; its main project has its name.
    pub region: String,
    /// Where IAM answers; several are tried in turn.
    pub iam: Vec<Endpoint>,
}

/// What was found, by key, region and place. Only ever tried to be locked: after a fork it may stay locked for good.
static FOUND: Mutex<Option<HashMap<[u8; 32], String>>> = Mutex::new(None);

/// Entries of keys that are no longer in use are not worth more memory than this.
const MOST_FOUND: usize = 1_000;

impl Lookup {
    /// The id of the region's project.
    pub(crate) async fn find(
        &self,
        identity: &Identity,
        algorithm: &Algorithm,
        correction: &Correction,
        net: &Net,
        deadline: Instant,
    ) -> Result<String, Fault> {
        let key = self.key(identity);
        if let Some(known) = known(key) {
            return Ok(known);
        }
        let limit = LIMIT.min(deadline.saturating_duration_since(Instant::now()));
        let for_iam = algorithm.for_iam();
        let other = (for_iam != *algorithm)
            .then(|| Identity::new(NAME, identity.credentials().clone(), &for_iam))
            .transpose()
            .map_err(|reason| fault(FaultKind::Failed, reason))?;
        let identity = other.as_ref().unwrap_or(identity);
        let mut outcome = Err(fault(FaultKind::Misconfigured, "no IAM endpoint is known"));
        for endpoint in &self.iam {
            let query = format!("name={}", crate::signing::percent_encode(&self.region));
            let unsigned = Unsigned {
                method: &Method::GET,
                authority: endpoint.authority(),
                path: PATH,
                query: &query,
                body: &Bytes::new(),
                project_id: None,
            };
            let headers = unsigned
                .headers(identity, correction.now())
                .ok_or_else(|| fault(FaultKind::Failed, "the request cannot be made"))?;
            let url = endpoint
                .url(PATH)
                .map(|mut url| {
                    url.set_query(Some(&query));
                    url
                })
                .ok_or_else(|| fault(FaultKind::Failed, "the request cannot be made"))?;
            let outgoing = Outgoing {
                method: Method::GET,
                url,
                headers,
                body: Bytes::new(),
                wants_body: true,
            };
            outcome = net.send(NAME, endpoint.authority(), outgoing, limit).await;
            if !matches!(&outcome, Err(fault) if fault.kind == FaultKind::Absent) {
                break;
            }
        }
        let answer = outcome?;
        if !answer.is_success() {
            let secrets = identity.credentials().secrets();
            return Err(Fault::failed(
                NAME,
                format!(
                    "IAM refused to tell the project of region '{}': {}",
                    self.region,
                    crate::secret::redact(&told(&answer), &secrets)
                ),
            ));
        }
        let id = self.only_one(&answer.json().unwrap_or_default())?;
        remember(key, &id);
        Ok(id)
    }

    /// The only project in IAM's answer.
    fn only_one(&self, json: &serde_json::Value) -> Result<String, Fault> {
        let projects = json["projects"]
            .as_array()
            .ok_or_else(|| fault(FaultKind::Failed, "IAM's answer has no list of projects"))?;
        let ids: Vec<&str> = projects
            .iter()
            .filter_map(|project| project["id"].as_str())
            .filter(|id| check_segment(id, LONGEST).is_ok())
            .collect();
        match ids[..] {
            [id] => Ok(id.to_owned()),
            [] => Err(fault(
                FaultKind::Misconfigured,
                &format!("IAM knows no project of region '{}'", self.region),
            )),
            _ => Err(fault(
                FaultKind::Misconfigured,
                &format!(
                    "IAM knows several projects of region '{}': {}",
                    self.region,
                    ids.join(", ")
                ),
            )),
        }
    }

    /// Tells keys apart without keeping them.
    fn key(&self, identity: &Identity) -> [u8; 32] {
        let mut hash = Sha256::new();
        let iam = self.iam.first().map_or("", Endpoint::as_str);
        let who = identity.credentials().name_of_holder();
        for part in [who, &self.region, iam] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

const NAME: &str = "project id";

fn fault(kind: FaultKind, message: &str) -> Fault {
    Fault {
        source: NAME.to_owned(),
        kind,
        message: format!("{message}. Pass project_id=, or set HUAWEICLOUD_SDK_PROJECT_ID"),
    }
}

fn told(answer: &crate::answer::Answer) -> String {
    let message = answer.message();
    let code = message
        .code
        .map_or_else(String::new, |code| format!(" {code}"));
    format!("HTTP {}{code} {}", answer.status, message.text)
}

fn known(key: [u8; 32]) -> Option<String> {
    FOUND.try_lock().ok()?.as_ref()?.get(&key).cloned()
}

fn remember(key: [u8; 32], id: &str) {
    if let Ok(mut found) = FOUND.try_lock() {
        let found = found.get_or_insert_with(HashMap::new);
        if found.len() >= MOST_FOUND {
            found.clear();
        }
        found.insert(key, id.to_owned());
    }
}
