//! An IAM user's token, for a password.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use reqwest::Url;
use serde_json::{Value as Json, json};

use super::issued::lifetime;
use super::web::{Ask, Reach, refusal, url_below};
use super::{Context, Fault, Fetch, Fetching, Issued, Memory, Net, Prepared, Source};
use crate::credentials::Credentials;
use crate::secret::{ExposeSecret, SecretString};

const NAME: &str = "IamPasswordCredentials";
const LIMIT: Duration = Duration::from_secs(10);

/// An IAM user with a password. IAM's tokens are good for 24 hours.
#[derive(Debug)]
pub struct IamPassword {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// The name of the account that the user belongs to.
    pub domain: String,
    /// The project's name that the token is for; by default the client's project or region.
    pub project: Option<String>,
    /// Where IAM answers; by default where the region's does.
    pub iam_endpoint: Option<String>,
}

impl Source for IamPassword {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let scope = match (&self.project, context.project_id, context.region) {
            (Some(name), _, _) => json!({"project": {"name": name}}),
            (None, Some(id), _) => json!({"project": {"id": id}}),
            (None, None, Some(region)) => json!({"project": {"name": region}}),
            (None, None, None) => {
                let message = "it is not known for which project: pass project=, or give the client a project_id or region";
                return Err(Fault::misconfigured(NAME, message));
            }
        };
        let endpoints = match &self.iam_endpoint {
            Some(endpoint) => vec![endpoint.clone()],
            None => context.all_iam(NAME)?,
        };
        let reach = Reach::Loopback {
            allow_http: context.allow_http,
        };
        let urls = endpoints
            .iter()
            .map(|endpoint| url_below(endpoint, "/v3/auth/tokens", reach))
            .collect::<Result<_, _>>()
            .map_err(|message| Fault::misconfigured(NAME, format!("the IAM endpoint {message}")))?;
        Ok(Prepared::Live(Arc::new(Ready {
            urls,
            user: self.user.clone(),
            password: self.password.clone(),
            domain: self.domain.clone(),
            scope,
        })))
    }
}

#[derive(Debug)]
struct Ready {
    urls: Vec<Url>,
    user: String,
    password: SecretString,
    domain: String,
    scope: Json,
}

impl Fetch for Ready {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fetch<'a>(&'a self, net: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            let user = json!({
                "name": self.user,
                "password": self.password.expose_secret(),
                "domain": {"name": self.domain},
            });
            let identity = json!({"methods": ["password"], "password": {"user": user}});
            let body = json!({"auth": {"identity": identity, "scope": self.scope}});
            let answer = net
                .ask_any(&self.urls, |url| Ask {
                    source: NAME,
                    method: Method::POST,
                    url,
                    headers: Vec::new(),
                    body: Some(body.clone()),
                    limit: LIMIT,
                })
                .await?;
            if !answer.is_success() {
                return Err(refusal(NAME, &answer, &[&self.password]));
            }
            let token = answer
                .headers
                .get("x-subject-token")
                .and_then(|token| token.to_str().ok())
                .ok_or_else(|| Fault::failed(NAME, "IAM gave no token"))?;
            let credentials = Credentials::token(token.into()).map_err(|message| {
                Fault::failed(NAME, format!("IAM's token cannot be used: {message}"))
            })?;
            let expires = answer.json().unwrap_or_default();
            let expires = expires["token"]["expires_at"]
                .as_str()
                .ok_or_else(|| Fault::failed(NAME, "the answer has no expiry"))?;
            Ok(Issued {
                lifetime: Some(lifetime(NAME, expires, &answer)?),
                ..Issued::lasting(NAME, credentials)
            })
        })
    }
}
