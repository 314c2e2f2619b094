//! The key of the agency of the pod that this runs in.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::AUTHORIZATION;
use reqwest::Url;
use serde_json::json;

use super::issued::key_of;
use super::web::{Ask, Reach, checked_url, refusal};
use super::{Context, Fault, Fetch, Fetching, Memory, Net, Prepared, Source, read_token};
use crate::settings::{Process, Surroundings};

const NAME: &str = "PodIdentityCredentials";
const URI_VARIABLE: &str = "HC_CONTAINER_CREDENTIALS_FULL_URI";
const FILE_VARIABLE: &str = "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// As in the vendor's SDK.
const LIMIT: Duration = Duration::from_secs(5);

/// The variables that are read.
pub(super) const fn variables() -> [&'static str; 2] {
    [URI_VARIABLE, FILE_VARIABLE]
}

/// The identity of a pod of the vendor's Kubernetes.
#[derive(Debug, Default)]
pub struct PodIdentity {
    /// Where keys are given; the environment's where none is given.
    pub uri: Option<String>,
    /// The file that holds the pod's token; the environment's where none is given.
    pub token_file: Option<String>,
}

impl Source for PodIdentity {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let given = |own: &Option<String>, name: &str| {
            own.clone().or_else(|| context.surroundings.variable(name))
        };
        match (
            given(&self.uri, URI_VARIABLE),
            given(&self.token_file, FILE_VARIABLE),
        ) {
            (Some(uri), Some(file)) => {
                let url = checked_url(&uri, Reach::LinkLocal).map_err(|message| {
                    Fault::misconfigured(NAME, format!("{URI_VARIABLE} {message}"))
                })?;
                Ok(Prepared::Live(Arc::new(Pod { url, file })))
            }
            (None, None) => Err(Fault::not_configured(
                NAME,
                format!("{URI_VARIABLE} and {FILE_VARIABLE} are not set"),
            )),
            (uri, _) => {
                let missing = if uri.is_none() {
                    URI_VARIABLE
                } else {
                    FILE_VARIABLE
                };
                Err(Fault::misconfigured(NAME, format!("{missing} is not set")))
            }
        }
    }
}

#[derive(Debug)]
struct Pod {
    url: Url,
    file: String,
}

impl Fetch for Pod {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_tentative(&self) -> bool {
        true
    }

    fn fetch<'a>(&'a self, net: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            // Read each time: the token is replaced in its file before it expires.
            let token = read_token(NAME, &self.file, Process.read(Path::new(&self.file)))?;
            let answer = net
                .ask(Ask {
                    source: NAME,
                    method: Method::POST,
                    url: self.url.clone(),
                    headers: vec![(AUTHORIZATION, &token)],
                    body: Some(json!({})),
                    limit: LIMIT,
                })
                .await?;
            if !answer.is_success() {
                return Err(refusal(NAME, &answer, &[&token]));
            }
            key_of(NAME, &answer)
        })
    }
}
