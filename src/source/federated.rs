//! A temporary key for an identity token of an identity provider that IAM knows by an id.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};
use reqwest::Url;
use serde_json::json;

use super::issued::key_of;
use super::web::{Ask, Reach, refusal, url_below};
use super::{Context, Fault, Fetch, Fetching, Memory, Net, Prepared, read_token};
use crate::secret::{ExposeSecret, SecretString};
use crate::settings::{Process, Surroundings};

/// How long each of the two requests may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How long the key is asked for: as long as the vendor's SDK does.
const KEY_SECONDS: u32 = 6 * 60 * 60;

/// Part of the environment's and the profile's credentials.
#[derive(Debug)]
pub(super) struct Federated {
    source: &'static str,
    idp_id: SecretString,
    file: String,
    token_url: Url,
    key_url: Url,
}

impl Federated {
    pub(super) fn prepare(
        source: &'static str,
        idp_id: String,
        file: String,
        iam_endpoint: Option<String>,
        context: &Context<'_>,
    ) -> Result<Prepared, Fault> {
        let endpoint = match iam_endpoint {
            Some(endpoint) => endpoint,
            None => context.first_iam(source)?,
        };
        let reach = Reach::Loopback {
            allow_http: context.allow_http,
        };
        let url = |path: &str| {
            url_below(&endpoint, path, reach).map_err(|message| {
                Fault::misconfigured(source, format!("the IAM endpoint {message}"))
            })
        };
        Ok(Prepared::Live(Arc::new(Self {
            source,
            token_url: url("/v3.0/OS-AUTH/id-token/tokens")?,
            key_url: url("/v3.0/OS-CREDENTIAL/securitytokens")?,
            idp_id: idp_id.into(),
            file,
        })))
    }
}

impl Fetch for Federated {
    fn name(&self) -> &'static str {
        self.source
    }

    fn fetch<'a>(&'a self, net: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            let id_token =
                read_token(self.source, &self.file, Process.read(Path::new(&self.file)))?;
            let answer = net
                .ask(Ask {
                    source: self.source,
                    method: Method::POST,
                    url: self.token_url.clone(),
                    headers: vec![(HeaderName::from_static("x-idp-id"), &self.idp_id)],
                    body: Some(json!({"auth": {"id_token": {"id": id_token.expose_secret()}}})),
                    limit: LIMIT,
                })
                .await?;
            if !answer.is_success() {
                return Err(refusal(self.source, &answer, &[&id_token]));
            }
            let token = answer
                .headers
                .get("x-subject-token")
                .and_then(|token| token.to_str().ok())
                .map(SecretString::from)
                .ok_or_else(|| Fault::failed(self.source, "IAM gave no token"))?;
            let identity = json!({
                "methods": ["token"],
                "token": {"id": token.expose_secret(), "duration_seconds": KEY_SECONDS},
            });
            let answer = net
                .ask(Ask {
                    source: self.source,
                    method: Method::POST,
                    url: self.key_url.clone(),
                    headers: Vec::new(),
                    body: Some(json!({"auth": {"identity": identity}})),
                    limit: LIMIT,
                })
                .await?;
            if !answer.is_success() {
                return Err(refusal(self.source, &answer, &[&id_token, &token]));
            }
            key_of(self.source, &answer)
        })
    }
}
