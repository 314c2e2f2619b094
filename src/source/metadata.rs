//! The key of the agency of the server that this runs on, from the server's metadata service.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};
use reqwest::Url;

use super::issued::key_of;
use super::web::{Ask, Reach, refusal, url_below};
use super::{Context, Fault, Fetch, Fetching, Memory, Net, Prepared, Source};
use crate::answer::Answer;
use crate::secret::SecretString;

const NAME: &str = "ServerMetadataCredentials";
const ENDPOINT: &str = "http://169.254.169.254";
/// Not a name of the vendor's, whose SDK knows one address only.
const ENDPOINT_VARIABLE: &str = "HUAWEICLOUD_METADATA_ENDPOINT";

/// How long each request may take, as in the vendor's SDK.
const LIMIT: Duration = Duration::from_secs(3);
const TOKEN_SECONDS: &str = "21600";

/// What the service says where the server has no agency; a new session token would not help.
const NO_AGENCY: &str = "Please configure Cloud Service Agency first";

/// The metadata service of a server in the cloud.
#[derive(Debug, Default)]
pub struct ServerMetadata {
    /// Where it answers; by default at the link-local address that it has everywhere.
    pub endpoint: Option<String>,
}

impl Source for ServerMetadata {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let endpoint = self
            .endpoint
            .clone()
            .or_else(|| context.surroundings.variable(ENDPOINT_VARIABLE))
            .unwrap_or_else(|| ENDPOINT.to_owned());
        let url = |path: &str| {
            url_below(&endpoint, path, Reach::LinkLocal)
                .map_err(|message| Fault::misconfigured(NAME, format!("its endpoint {message}")))
        };
        Ok(Prepared::Live(Arc::new(Metadata {
            token_url: url("/meta-data/latest/api/token")?,
            key_url: url("/openstack/latest/securitykey")?,
        })))
    }
}

/// The variable that names another endpoint.
pub(super) const fn variable() -> &'static str {
    ENDPOINT_VARIABLE
}

#[derive(Debug)]
struct Metadata {
    token_url: Url,
    key_url: Url,
}

impl Fetch for Metadata {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_tentative(&self) -> bool {
        true
    }

    fn fetch<'a>(&'a self, net: &'a Net, memory: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            let token = &mut memory.metadata_token;
            if token.is_none() {
                *token = self.session_token(net).await?;
            }
            let mut answer = self.key(net, token.as_ref()).await?;
            if answer.status == 401 && !answer.message().text.contains(NO_AGENCY) {
                // The session token has expired, or is wanted after all.
                *token = self.session_token(net).await?;
                if token.is_some() {
                    answer = self.key(net, token.as_ref()).await?;
                }
            }
            if !answer.is_success() {
                let secrets: Vec<&SecretString> = token.iter().collect();
                return Err(refusal(NAME, &answer, &secrets));
            }
            key_of(NAME, &answer)
        })
    }
}

impl Metadata {
    /// The session's token; `None` where the service is one without sessions.
    async fn session_token(&self, net: &Net) -> Result<Option<SecretString>, Fault> {
        let seconds = SecretString::from(TOKEN_SECONDS);
        let answer = net
            .ask(Ask {
                source: NAME,
                method: Method::PUT,
                url: self.token_url.clone(),
                headers: vec![(
                    HeaderName::from_static("x-metadata-token-ttl-seconds"),
                    &seconds,
                )],
                body: None,
                limit: LIMIT,
            })
            .await?;
        match answer.status {
            200 => {
                let text = std::str::from_utf8(&answer.body).unwrap_or_default().trim();
                if text.is_empty() || text.bytes().any(|byte| !byte.is_ascii_graphic()) {
                    return Err(Fault::failed(NAME, "the session token is no token"));
                }
                Ok(Some(text.into()))
            }
            404 | 405 | 503 => Ok(None),
            _ => Err(refusal(NAME, &answer, &[])),
        }
    }

    async fn key(&self, net: &Net, token: Option<&SecretString>) -> Result<Answer, Fault> {
        let name = HeaderName::from_static("x-metadata-token");
        net.ask(Ask {
            source: NAME,
            method: Method::GET,
            url: self.key_url.clone(),
            headers: token.map(|token| (name, token)).into_iter().collect(),
            body: None,
            limit: LIMIT,
        })
        .await
    }
}
