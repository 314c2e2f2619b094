//! Keys in environment variables.

use super::federated::Federated;
use super::{Context, Fault, Prepared, Source};
use crate::credentials::Credentials;
use crate::settings::Surroundings;

const NAME: &str = "EnvironmentCredentials";

/// Keys in the environment, under the names of the vendor's SDK, then of the documents' samples.
#[derive(Debug)]
pub struct Environment;

/// Access key, secret key and token.
const KEYS: [(&str, &str, Option<&str>); 2] = [
    (
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ),
    ("CLOUD_SDK_AK", "CLOUD_SDK_SK", None),
];
const IDP: (&str, &str) = ("HUAWEICLOUD_SDK_IDP_ID", "HUAWEICLOUD_SDK_ID_TOKEN_FILE");

/// The variables that are read.
pub(super) fn variables() -> impl Iterator<Item = &'static str> {
    let keys = KEYS
        .into_iter()
        .flat_map(|(ak, sk, token)| [Some(ak), Some(sk), token]);
    keys.flatten().chain([IDP.0, IDP.1])
}

impl Source for Environment {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let variable = |name: &str| context.surroundings.variable(name);
        if let (Some(idp_id), Some(file)) = (variable(IDP.0), variable(IDP.1)) {
            return Federated::prepare(NAME, idp_id, file, None, context);
        }
        for (ak, sk, token) in KEYS {
            if let Some(credentials) = pair(context.surroundings, ak, sk, token)? {
                return Ok(Prepared::Fixed {
                    source: NAME,
                    credentials,
                });
            }
        }
        let (ak, sk, _) = KEYS[0];
        Err(Fault::not_configured(
            NAME,
            format!("{ak} and {sk} are not set"),
        ))
    }
}

/// A key from three variables; half of one is a mistake.
fn pair(
    surroundings: &dyn Surroundings,
    ak: &str,
    sk: &str,
    token: Option<&str>,
) -> Result<Option<Credentials>, Fault> {
    match (surroundings.variable(ak), surroundings.variable(sk)) {
        (Some(access), Some(secret)) => {
            let token = token.and_then(|name| surroundings.variable(name));
            Credentials::ak_sk(access.into(), secret.into(), token.map(Into::into))
                .map(Some)
                .map_err(|message| Fault::misconfigured(NAME, format!("{ak} and {sk}: {message}")))
        }
        (Some(_), None) => Err(Fault::misconfigured(
            NAME,
            format!("{ak} is set, but {sk} is not"),
        )),
        (None, Some(_)) => Err(Fault::misconfigured(
            NAME,
            format!("{sk} is set, but {ak} is not"),
        )),
        (None, None) => Ok(None),
    }
}
