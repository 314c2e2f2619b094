//! The services that say who somebody is: IAM, the token service, a server's metadata, a pod's identity. An option.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value as Json, json};
use time::OffsetDateTime;

use super::answers::{self, Answer};
use super::auth::Gate;
use super::clock::milliseconds;
use crate::secret::{ExposeSecret, SecretString};

/// What these services know, and how they behave.
pub struct Identity {
    /// The region, which is the project's name.
    pub region: String,
    /// The ids of the projects that have that name.
    pub projects: Vec<String>,
    /// An IAM user: name, password, name of the account.
    pub user: (String, SecretString, String),
    /// The identity token of the identity provider and of the pod.
    pub token: SecretString,
    /// How many seconds the keys and tokens that are given are good for.
    pub lifetime: f64,
    /// How long these services take to answer.
    pub delay: Duration,
    /// Whether the metadata service wants a session token.
    pub session: bool,
    /// How many keys and tokens were given.
    pub issued: AtomicU64,
}

/// Where a pod's keys are given.
pub const POD_PATH: &str = "/pod-identity/credentials";

/// What is asked of these services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    SessionToken,
    ServerKey,
    PodKey,
    AssumeAgency,
    FederatedToken,
    FederatedKey,
    UserToken,
    Projects,
}

/// A key as it is given.
struct Given {
    access: String,
    secret: String,
    token: String,
    expires: String,
}

impl Asked {
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        Some(match (method.as_str(), path) {
            ("PUT", "/meta-data/latest/api/token") => Self::SessionToken,
            ("GET", "/openstack/latest/securitykey") => Self::ServerKey,
            ("POST", POD_PATH) => Self::PodKey,
            ("POST", "/v5/agencies/assume-with-oidc") => Self::AssumeAgency,
            ("POST", "/v3.0/OS-AUTH/id-token/tokens") => Self::FederatedToken,
            ("POST", "/v3.0/OS-CREDENTIAL/securitytokens") => Self::FederatedKey,
            ("POST", "/v3/auth/tokens") => Self::UserToken,
            ("GET", "/v3/projects") => Self::Projects,
            _ => return None,
        })
    }
}

impl Identity {
    /// Answers as the service that is asked would.
    pub(super) fn answer(
        &self,
        asked: Asked,
        head: &Parts,
        body: &Bytes,
        gate: &Gate,
        now_ms: i64,
    ) -> Result<Answer, Box<Answer>> {
        let json: Json = serde_json::from_slice(body).unwrap_or_default();
        match asked {
            Asked::SessionToken => self.session_token(head, gate, now_ms),
            Asked::ServerKey => {
                if self.session && !gate.knows(&header(head, "x-metadata-token"), now_ms) {
                    return Err(refusal(StatusCode::UNAUTHORIZED, "Unauthorized"));
                }
                let key = self.key(gate, now_ms);
                Ok(ok(&json!({"credential": {
                    "access": key.access,
                    "secret": key.secret,
                    "securitytoken": key.token,
                    "expires_at": key.expires,
                }})))
            }
            Asked::PodKey => {
                self.check_token(&header(head, "authorization"))?;
                let key = self.key(gate, now_ms);
                Ok(ok(&json!({
                    "accessKeyId": key.access,
                    "secretAccessKey": key.secret,
                    "securityToken": key.token,
                    "expiration": key.expires,
                })))
            }
            Asked::AssumeAgency => {
                self.check_token(text(&json["id_token"]))?;
                for name in ["provider_urn", "agency_urn", "agency_session_name"] {
                    if text(&json[name]).is_empty() {
                        let told = format!("{name} is missing");
                        return Err(refusal(StatusCode::BAD_REQUEST, &told));
                    }
                }
                let key = self.key(gate, now_ms);
                Ok(ok(&json!({"credentials": {
                    "access_key_id": key.access,
                    "secret_access_key": key.secret,
                    "security_token": key.token,
                    "expiration": key.expires,
                }})))
            }
            Asked::FederatedToken => {
                self.check_token(text(&json["auth"]["id_token"]["id"]))?;
                if header(head, "x-idp-id").is_empty() {
                    return Err(refusal(StatusCode::BAD_REQUEST, "X-Idp-Id is missing"));
                }
                Ok(self.token_answer(gate, now_ms))
            }
            Asked::FederatedKey => {
                let token = text(&json["auth"]["identity"]["token"]["id"]);
                if !gate.knows(token, now_ms) {
                    return Err(refusal(StatusCode::UNAUTHORIZED, "The token is invalid."));
                }
                let key = self.key(gate, now_ms);
                let body = json!({"credential": {
                    "access": key.access,
                    "secret": key.secret,
                    "securitytoken": key.token,
                    "expires_at": key.expires,
                }});
                Ok(with_status(StatusCode::CREATED, &body))
            }
            Asked::UserToken => self.user_token(&json, gate, now_ms),
            Asked::Projects => self.list_projects(head, body, gate, now_ms),
        }
    }

    fn session_token(&self, head: &Parts, gate: &Gate, now_ms: i64) -> Result<Answer, Box<Answer>> {
        if !self.session {
            return Err(refusal(StatusCode::NOT_FOUND, "Not Found"));
        }
        let seconds = header(head, "x-metadata-token-ttl-seconds");
        let seconds: i64 = seconds
            .parse()
            .map_err(|_| refusal(StatusCode::BAD_REQUEST, "no time to live"))?;
        let token = random(64);
        gate.admit_token(&token, now_ms + seconds * 1000);
        let plain = HeaderValue::from_static("text/plain");
        Ok(answers::with_body(StatusCode::OK, plain, token.into()))
    }

    fn user_token(&self, json: &Json, gate: &Gate, now_ms: i64) -> Result<Answer, Box<Answer>> {
        let user = &json["auth"]["identity"]["password"]["user"];
        let (name, password, domain) = &self.user;
        let project = &json["auth"]["scope"]["project"];
        let is_known = text(&user["name"]) == name
            && text(&user["password"]) == password.expose_secret()
            && text(&user["domain"]["name"]) == domain;
        if !is_known {
            let told = "The username or password is wrong.";
            return Err(refusal(StatusCode::UNAUTHORIZED, told));
        }
        let is_project = text(&project["name"]) == self.region
            || self.projects.iter().any(|id| text(&project["id"]) == id);
        if !is_project {
            return Err(refusal(
                StatusCode::UNAUTHORIZED,
                "There is no such project.",
            ));
        }
        Ok(self.token_answer(gate, now_ms))
    }

    fn list_projects(
        &self,
        head: &Parts,
        body: &Bytes,
        gate: &Gate,
        now_ms: i64,
    ) -> Result<Answer, Box<Answer>> {
        gate.check(head, body, now_ms)
            .map_err(|problem| Box::new(problem.answer(&answers::new_request_id())))?;
        let wanted = head
            .uri
            .query()
            .and_then(|query| query.strip_prefix("name="));
        let projects: Vec<Json> = self
            .projects
            .iter()
            .filter(|_| wanted == Some(&*self.region))
            .map(|id| json!({"id": id, "name": self.region, "enabled": true}))
            .collect();
        Ok(ok(&json!({"projects": projects})))
    }

    fn token_answer(&self, gate: &Gate, now_ms: i64) -> Answer {
        let token = random(200);
        let expires_ms = now_ms + milliseconds(self.lifetime);
        gate.admit_token(&token, expires_ms);
        self.issued.fetch_add(1, Ordering::Relaxed);
        let body = json!({"token": {"methods": ["password"], "expires_at": date(expires_ms)}});
        let mut answer = with_status(StatusCode::CREATED, &body);
        if let Ok(token) = HeaderValue::from_str(&token) {
            answer.headers_mut().insert("x-subject-token", token);
        }
        answer
    }

    fn key(&self, gate: &Gate, now_ms: i64) -> Given {
        let expires_ms = now_ms + milliseconds(self.lifetime);
        let given = Given {
            access: random(20).to_uppercase(),
            secret: random(40),
            token: random(300),
            expires: date(expires_ms),
        };
        gate.admit_key(&given.access, &given.secret, Some(&given.token), expires_ms);
        self.issued.fetch_add(1, Ordering::Relaxed);
        given
    }

    fn check_token(&self, given: &str) -> Result<(), Box<Answer>> {
        if given == self.token.expose_secret() {
            Ok(())
        } else {
            let told = "The identity token is wrong.";
            Err(refusal(StatusCode::UNAUTHORIZED, told))
        }
    }
}

fn header(head: &Parts, name: &str) -> String {
    let value = head.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

fn ok(body: &Json) -> Answer {
    with_status(StatusCode::OK, body)
}

fn with_status(status: StatusCode, body: &Json) -> Answer {
    let json = HeaderValue::from_static("application/json");
    answers::with_body(status, json, answers::json(body))
}

fn refusal(status: StatusCode, message: &str) -> Box<Answer> {
    let code = status.as_u16();
    let body =
        json!({"error": {"code": code, "message": message, "title": status.canonical_reason()}});
    Box::new(with_status(status, &body))
}

/// Letters and digits of which nobody knows anything.
fn random(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}

/// A time as these services tell it: `2026-02-27T12:00:00.000000Z`.
fn date(ms: i64) -> String {
    let nanoseconds = i128::from(ms) * 1_000_000;
    let utc = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second(),
        utc.microsecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_as_the_vendor_reads_them() {
        assert_eq!(date(1_573_789_015_500), "2019-11-15T03:36:55.500000Z");
    }
}
