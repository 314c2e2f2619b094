//! A temporary key of an agency that an identity provider's token lets one assume.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use reqwest::Url;
use serde_json::json;

use super::issued::key_of;
use super::web::{Ask, Reach, refusal, url_below};
use super::{Context, Fault, Fetch, Fetching, Memory, Net, Prepared, Source, read_token};
use crate::region;
use crate::secret::{ExposeSecret, SecretString};
use crate::settings::{Process, Surroundings};

const NAME: &str = "OidcCredentials";
const PROVIDER: &str = "HUAWEICLOUD_OIDC_PROVIDER_URN";
const AGENCY: &str = "HUAWEICLOUD_OIDC_AGENCY_URN";
const TOKEN: &str = "HUAWEICLOUD_OIDC_ID_TOKEN";
const TOKEN_FILE: &str = "HUAWEICLOUD_OIDC_TOKEN_FILE";
const SESSION: &str = "HUAWEICLOUD_OIDC_SESSION_NAME";
const DURATION: &str = "HUAWEICLOUD_OIDC_DURATION_SECONDS";
const POLICY: &str = "HUAWEICLOUD_OIDC_POLICY";
const POLICY_IDS: &str = "HUAWEICLOUD_OIDC_POLICY_IDS";
const ENDPOINT: &str = "HUAWEICLOUD_SDK_STS_ENDPOINT";

const DEFAULT_SESSION: &str = "oidc-sts-session";
const DEFAULT_SECONDS: u32 = 3600;
const LIMIT: Duration = Duration::from_secs(10);

/// The variables that are read.
pub(super) const fn variables() -> [&'static str; 9] {
    [
        PROVIDER, AGENCY, TOKEN, TOKEN_FILE, SESSION, DURATION, POLICY, POLICY_IDS, ENDPOINT,
    ]
}

/// An agency, assumed with an identity token. What is not given comes from the environment.
#[derive(Debug, Default)]
pub struct Oidc {
    /// The identity provider's URN.
    pub provider_urn: Option<String>,
    /// The agency's URN.
    pub agency_urn: Option<String>,
    /// The identity token.
    pub id_token: Option<SecretString>,
    /// The file that holds it, read again for every key.
    pub id_token_file: Option<String>,
    /// The session's name.
    pub session_name: Option<String>,
    /// How long a key is asked for.
    pub duration_seconds: Option<u32>,
    /// A policy that narrows the agency's rights.
    pub policy: Option<String>,
    /// Ids of policies that narrow them.
    pub policy_ids: Option<Vec<String>>,
    /// Where the token service answers.
    pub sts_endpoint: Option<String>,
}

impl Source for Oidc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let given = |own: &Option<String>, name: &str| {
            own.clone().or_else(|| context.surroundings.variable(name))
        };
        let provider_urn = given(&self.provider_urn, PROVIDER);
        let agency_urn = given(&self.agency_urn, AGENCY);
        let (Some(provider_urn), Some(agency_urn)) = (provider_urn, agency_urn) else {
            return Err(Fault::not_configured(
                NAME,
                format!("{PROVIDER} and {AGENCY} are not both set"),
            ));
        };
        let id_token = self
            .id_token
            .clone()
            .or_else(|| context.surroundings.variable(TOKEN).map(Into::into));
        let token = match (id_token, given(&self.id_token_file, TOKEN_FILE)) {
            (Some(token), _) => IdToken::Given(token),
            (None, Some(file)) => IdToken::File(file),
            (None, None) => {
                let message = format!("neither {TOKEN} nor {TOKEN_FILE} is set");
                return Err(Fault::misconfigured(NAME, message));
            }
        };
        let seconds = match (
            self.duration_seconds,
            context.surroundings.variable(DURATION),
        ) {
            (Some(seconds), _) => seconds,
            (None, Some(text)) => text.trim().parse().map_err(|_| {
                Fault::misconfigured(NAME, format!("{DURATION} must be a number of seconds"))
            })?,
            (None, None) => DEFAULT_SECONDS,
        };
        let policy_ids = self.policy_ids.clone().or_else(|| {
            let ids = context.surroundings.variable(POLICY_IDS)?;
            let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
            Some(ids.map(str::to_owned).collect())
        });
        let endpoint = given(&self.sts_endpoint, ENDPOINT)
            .unwrap_or_else(|| region::sts_endpoint_of(context.region));
        let reach = Reach::Loopback {
            allow_http: context.allow_http,
        };
        let url = url_below(&endpoint, "/v5/agencies/assume-with-oidc", reach)
            .map_err(|message| Fault::misconfigured(NAME, format!("the STS endpoint {message}")))?;
        Ok(Prepared::Live(Arc::new(Ready {
            url,
            provider_urn,
            agency_urn,
            token,
            session: given(&self.session_name, SESSION)
                .unwrap_or_else(|| DEFAULT_SESSION.to_owned()),
            seconds,
            policy: given(&self.policy, POLICY),
            policy_ids: policy_ids.filter(|ids| !ids.is_empty()),
        })))
    }
}

#[derive(Debug)]
enum IdToken {
    Given(SecretString),
    File(String),
}

#[derive(Debug)]
struct Ready {
    url: Url,
    provider_urn: String,
    agency_urn: String,
    token: IdToken,
    session: String,
    seconds: u32,
    policy: Option<String>,
    policy_ids: Option<Vec<String>>,
}

impl Fetch for Ready {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fetch<'a>(&'a self, net: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        Box::pin(async move {
            let id_token = match &self.token {
                IdToken::Given(token) => token.clone(),
                IdToken::File(file) => read_token(NAME, file, Process.read(Path::new(file)))?,
            };
            let mut body = json!({
                "provider_urn": self.provider_urn,
                "agency_urn": self.agency_urn,
                "agency_session_name": self.session,
                "id_token": id_token.expose_secret(),
                "duration_seconds": self.seconds,
            });
            if let Some(policy) = &self.policy {
                body["policy"] = json!(policy);
            }
            if let Some(ids) = &self.policy_ids {
                body["policy_ids"] = json!(ids);
            }
            let answer = net
                .ask(Ask {
                    source: NAME,
                    method: Method::POST,
                    url: self.url.clone(),
                    headers: Vec::new(),
                    body: Some(body),
                    limit: LIMIT,
                })
                .await?;
            if !answer.is_success() {
                return Err(refusal(NAME, &answer, &[&id_token]));
            }
            key_of(NAME, &answer)
        })
    }
}
