//! A request on its way to being signed: its headers, as they are signed and sent.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};

use crate::identity::{Identity, Proof};
use crate::secret::ExposeSecret;
use crate::signing::{self, ToSign};

const CONTENT_JSON: &str = "application/json";
static X_PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");
static X_SDK_DATE: HeaderName = HeaderName::from_static(signing::DATE_HEADER);
static X_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");
static X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
pub(crate) const AGENT: &str = concat!("huaweicloud-oms/", env!("CARGO_PKG_VERSION"));

/// A request that is to be signed.
pub(crate) struct Unsigned<'u> {
    pub(crate) method: &'u Method,
    pub(crate) authority: &'u str,
    pub(crate) path: &'u str,
    pub(crate) query: &'u str,
    pub(crate) body: &'u Bytes,
    /// Percent-encoded.
    pub(crate) project_id: Option<&'u str>,
}

impl Unsigned<'_> {
    /// The headers of the request; `None` if a value cannot stand in a header, which checked settings rule out.
    pub(crate) fn headers(&self, identity: &Identity, now: SystemTime) -> Option<HeaderMap> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, HeaderValue::from_str(self.authority).ok()?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_JSON));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(id) = self.project_id {
            headers.insert(&X_PROJECT_ID, HeaderValue::from_str(id).ok()?);
        }
        match identity.proof()? {
            Proof::Token(token) => {
                headers.insert(&X_AUTH_TOKEN, sensitive(token.expose_secret())?);
            }
            Proof::Signature {
                access_key,
                security_token,
                signer,
            } => {
                let date = signing::format_date(now);
                // Sorted by name, as the signature wants them.
                let mut signed = Vec::with_capacity(5);
                signed.push((CONTENT_TYPE.as_str(), CONTENT_JSON));
                signed.push((HOST.as_str(), self.authority));
                signed.extend(self.project_id.map(|id| (X_PROJECT_ID.as_str(), id)));
                signed.push((X_SDK_DATE.as_str(), date.as_str()));
                if let Some(token) = security_token {
                    headers.insert(&X_SECURITY_TOKEN, sensitive(token.expose_secret())?);
                    signed.push((X_SECURITY_TOKEN.as_str(), token.expose_secret()));
                }
                let to_sign = ToSign {
                    method: self.method.as_str(),
                    path: self.path,
                    query: self.query,
                    headers: &signed,
                    body_hash: &signer.body_hash(self.body),
                };
                let authorization =
                    signer.authorization(access_key.expose_secret(), &to_sign, &date);
                headers.insert(&X_SDK_DATE, HeaderValue::from_str(&date).ok()?);
                headers.insert(AUTHORIZATION, sensitive(&authorization)?);
            }
        }
        Some(headers)
    }
}

/// A header value that is not shown, and not kept in a compression table.
fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
