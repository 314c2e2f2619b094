//! Who asks: signatures and tokens, checked by the service's rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

use super::answers::Problem;
use super::canonical::{canonical_stem, header_text, parse_date};
use super::signature::{Authorization, Checker, Method};
use crate::secret::{ExposeSecret, SecretString};

/// How far a signature's date may be from the server's clock.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// How long a key stays locked after too many wrong signatures.
const LOCKED_MS: i64 = 5 * 60 * 1000;

/// Expired keys and tokens are remembered until there are so many of them.
const MOST_ISSUED: usize = 10_000;

/// Who may ask. With neither a key nor a token, anyone.
pub(super) struct Gate {
    is_open: bool,
    /// How many wrong signatures in a row lock a key.
    lock_after: Option<u32>,
    ring: Mutex<Ring>,
}

/// The keys and tokens there are.
#[derive(Default)]
struct Ring {
    keys: HashMap<String, Arc<Key>>,
    tokens: Vec<Token>,
    /// Wrong signatures in a row, and until when a key is locked.
    wrong: HashMap<String, (u32, i64)>,
}

#[derive(Clone)]
struct Key {
    checker: Checker,
    security_token: Option<SecretString>,
    expires_ms: Option<i64>,
}

struct Token {
    text: SecretString,
    expires_ms: Option<i64>,
}

impl Gate {
    pub(super) fn new(
        key: Option<(String, SecretString)>,
        security_token: Option<SecretString>,
        token: Option<SecretString>,
        lock_after: Option<u32>,
    ) -> Self {
        let is_open = key.is_none() && token.is_none();
        let mut ring = Ring::default();
        if let Some((access_key, secret_key)) = key {
            let key = Key {
                checker: Checker::new(&access_key, secret_key.expose_secret()),
                security_token,
                expires_ms: None,
            };
            ring.keys.insert(access_key, Arc::new(key));
        }
        ring.tokens.extend(token.map(|text| Token {
            text,
            expires_ms: None,
        }));
        Self {
            is_open,
            lock_after,
            ring: Mutex::new(ring),
        }
    }

    /// Lets a temporary key in until it expires.
    pub(super) fn admit_key(
        &self,
        access_key: &str,
        secret_key: &str,
        security_token: Option<&str>,
        expires_ms: i64,
    ) {
        let key = Key {
            checker: Checker::new(access_key, secret_key),
            security_token: security_token.map(SecretString::from),
            expires_ms: Some(expires_ms),
        };
        let mut ring = self.ring();
        if ring.keys.len() >= MOST_ISSUED {
            ring.keys.retain(|_, key| key.expires_ms.is_none());
        }
        ring.keys.insert(access_key.to_owned(), Arc::new(key));
    }

    /// Lets a token in until it expires.
    pub(super) fn admit_token(&self, token: &str, expires_ms: i64) {
        let mut ring = self.ring();
        if ring.tokens.len() >= MOST_ISSUED {
            ring.tokens.retain(|token| token.expires_ms.is_none());
        }
        ring.tokens.push(Token {
            text: token.into(),
            expires_ms: Some(expires_ms),
        });
    }

    /// Whether this is a token that is good.
    pub(super) fn knows(&self, token: &str, now_ms: i64) -> bool {
        self.check_token(token.as_bytes(), now_ms).is_ok()
    }

    /// Asks for credentials even where there are none yet.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// Lets every key and token that was issued expire now.
    pub(super) fn expire_issued(&self) {
        let mut ring = self.ring();
        for key in ring.keys.values_mut() {
            if key.expires_ms.is_some() {
                Arc::make_mut(key).expires_ms = Some(0);
            }
        }
        for token in &mut ring.tokens {
            token.expires_ms = token.expires_ms.and(Some(0));
        }
    }

    /// Lets a request through, or says what is wrong with it.
    pub(super) fn check(&self, head: &Parts, body: &Bytes, now_ms: i64) -> Result<(), Problem> {
        if self.is_open {
            return Ok(());
        }
        if let Some(given) = head.headers.get("x-auth-token") {
            return self.check_token(given.as_bytes(), now_ms);
        }
        let Some(header) = head.headers.get(http::header::AUTHORIZATION) else {
            return Err(wrong("x-auth-token not found"));
        };
        let header = header
            .to_str()
            .map_err(|_| wrong("authorization header is not text"))?;
        let authorization = Authorization::parse(header).map_err(|told| wrong(&told))?;
        let access_key = authorization.access_key;
        let key = self.key(access_key, now_ms)?;
        key.check(&authorization, head, body, now_ms)?;
        let right = key.check_signature(&authorization, header, head, body);
        if self.lock_after.is_some() {
            self.count(access_key, right.is_ok(), now_ms);
        }
        right
    }

    fn check_token(&self, given: &[u8], now_ms: i64) -> Result<(), Problem> {
        let is_good = self.ring().tokens.iter().any(|token| {
            same(token.text.expose_secret().as_bytes(), given)
                && token.expires_ms.is_none_or(|end| now_ms < end)
        });
        if is_good {
            Ok(())
        } else {
            Err(Problem::token_must_be_updated())
        }
    }

    fn key(&self, access_key: &str, now_ms: i64) -> Result<Arc<Key>, Problem> {
        let ring = self.ring();
        if let Some((_, until)) = ring.wrong.get(access_key)
            && now_ms < *until
        {
            return Err(wrong("AK access failed to reach the limit,forbidden"));
        }
        let key = ring.keys.get(access_key).ok_or_else(|| {
            wrong(&format!(
                "Get secretKey failed,ak:{access_key},err:ak not exist"
            ))
        })?;
        Ok(Arc::clone(key))
    }

    /// Counts wrong signatures in a row, and locks a key that has too many.
    fn count(&self, access_key: &str, is_right: bool, now_ms: i64) {
        let mut ring = self.ring();
        if is_right {
            ring.wrong.remove(access_key);
            return;
        }
        let (count, until) = ring.wrong.entry(access_key.to_owned()).or_default();
        *count += 1;
        if self.lock_after.is_some_and(|most| *count >= most) {
            (*count, *until) = (0, now_ms + LOCKED_MS);
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    /// Checks all but the signature itself.
    fn check(
        &self,
        authorization: &Authorization<'_>,
        head: &Parts,
        body: &Bytes,
        now_ms: i64,
    ) -> Result<(), Problem> {
        let signed: Vec<&str> = authorization.signed_headers.split(';').collect();
        for required in ["host", "x-sdk-date"] {
            if !signed.contains(&required) {
                return Err(wrong(&format!("header {required} is not signed")));
            }
        }
        if self.expires_ms.is_some_and(|end| now_ms >= end) {
            return Err(wrong("securityToken is invalid or has expired"));
        }
        self.check_security_token(&head.headers, &signed)?;
        if payload_hashes(authorization.method, &head.headers, body).is_empty() {
            return Err(wrong("the declared hash is not the body's"));
        }
        let date = header_text(&head.headers, "x-sdk-date");
        check_date(&date, now_ms)?;
        match authorization.scope {
            Some(scope) if !is_scope(scope, &date) => {
                Err(wrong("the credential's scope is not date/region/service"))
            }
            _ => Ok(()),
        }
    }

    fn check_signature(
        &self,
        authorization: &Authorization<'_>,
        header: &str,
        head: &Parts,
        body: &Bytes,
    ) -> Result<(), Problem> {
        let signed: Vec<&str> = authorization.signed_headers.split(';').collect();
        let date = header_text(&head.headers, "x-sdk-date");
        let stem = canonical_stem(head, &signed);
        let method = authorization.method;
        if payload_hashes(method, &head.headers, body)
            .iter()
            .any(|hash| self.checker.accepts(authorization, &stem, hash, &date))
        {
            return Ok(());
        }
        let canonical = String::from_utf8_lossy(&stem);
        Err(wrong(&format!(
            "verify aksk signature fail, canonicalRequest:{canonical}{}, authorization:{header}",
            method.hash(body)
        )))
    }

    fn check_security_token(&self, headers: &HeaderMap, signed: &[&str]) -> Result<(), Problem> {
        let Some(token) = &self.security_token else {
            return Ok(());
        };
        let given = headers
            .get("x-security-token")
            .map(http::HeaderValue::as_bytes);
        if !given.is_some_and(|given| same(token.expose_secret().as_bytes(), given)) {
            return Err(wrong("securityToken is invalid or has expired"));
        }
        if signed.contains(&"x-security-token") {
            Ok(())
        } else {
            Err(wrong("header x-security-token is not signed"))
        }
    }
}

fn wrong(reason: &str) -> Problem {
    Problem::incorrect_authentication(reason)
}

fn check_date(date: &str, now_ms: i64) -> Result<(), Problem> {
    let Some(signed_ms) = parse_date(date) else {
        return Err(wrong("header x-sdk-date is not YYYYMMDDTHHMMSSZ"));
    };
    if signed_ms.abs_diff(now_ms) > WINDOW_MS.unsigned_abs() {
        return Err(wrong(&format!("signature expired, signature time:{date}")));
    }
    Ok(())
}

/// Whether this is the day of the date, a region and a service.
fn is_scope(scope: &str, date: &str) -> bool {
    let parts: Vec<&str> = scope.split('/').collect();
    matches!(parts[..], [day, region, service]
        if date.get(..8) == Some(day) && !region.is_empty() && service == "oms")
}

/// What may stand for the body. `X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD` (or `-Sm3`) leaves the body out of the
/// signature; the vendor's signers differ on an empty body, where some then sign the hash of nothing.
fn payload_hashes(method: Method, headers: &HeaderMap, body: &Bytes) -> Vec<String> {
    let unsigned = "UNSIGNED-PAYLOAD";
    let declared = headers
        .get(method.content_header())
        .map(http::HeaderValue::as_bytes);
    let hash = method.hash(body);
    match declared {
        Some(declared) if declared == unsigned.as_bytes() => {
            let mut hashes = vec![unsigned.to_owned()];
            if body.is_empty() {
                hashes.push(hash);
            }
            hashes
        }
        Some(declared) if declared != hash.as_bytes() => Vec::new(),
        _ => vec![hash],
    }
}

/// Compares without telling by its time where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0 && left.len() == right.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const AK: &str = "QTWAOYTTINDUT2QVKYUC";
    const SK: &str = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";
    const DATE: &str = "20191115T033655Z";
    const NOW: i64 = 1_573_789_015_000;
    const SIGNATURE: &str = "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe";

    fn gate() -> Gate {
        Gate::new(Some((AK.into(), SK.into())), None, Some("tok".into()), None)
    }

    fn published(signature: &str) -> Parts {
        let authorization = format!(
            "SDK-HMAC-SHA256 Access={AK}, SignedHeaders=content-type;host;x-sdk-date, Signature={signature}"
        );
        // The parameters stand in the other order on the wire: the canonical query is sorted.
        Request::get(
            "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?marker=13551d6b-755d-4757-b956-536f674975c0&limit=2",
        )
        .header("Content-Type", " application/json ")
        .header("Host", "service.region.example.com")
        .header("X-Sdk-Date", DATE)
        .header("Authorization", authorization)
        .body(())
        .expect("a request")
        .into_parts()
        .0
    }

    fn refusal(result: Result<(), Problem>) -> String {
        let problem = result.expect_err("refused");
        assert_eq!(problem.status, http::StatusCode::UNAUTHORIZED);
        format!("{} {}", problem.code, problem.message)
    }

    #[test]
    fn the_signing_guides_example_is_let_through_and_any_change_is_not() {
        assert_eq!(
            gate().check(&published(SIGNATURE), &Bytes::new(), NOW),
            Ok(())
        );
        let body = Bytes::from_static(b"{}");
        let told = refusal(gate().check(&published(SIGNATURE), &body, NOW));
        assert!(told.contains("verify aksk signature fail"), "{told}");
        assert!(told.contains(&format!("Access={AK}")) && told.contains("Signature=7be6"));
        for wrong in [
            "",
            "7",
            "zz",
            &SIGNATURE[2..],
            &SIGNATURE.replace("7be", "7bf"),
        ] {
            refusal(gate().check(&published(wrong), &Bytes::new(), NOW));
        }
    }

    #[test]
    fn a_date_is_good_for_fifteen_minutes_either_way() {
        for (seconds, good) in [(-901, false), (-900, true), (900, true), (901, false)] {
            let result = gate().check(&published(SIGNATURE), &Bytes::new(), NOW + seconds * 1000);
            assert_eq!(result.is_ok(), good, "{seconds}");
            if !good {
                assert!(refusal(result).contains("signature expired"));
            }
        }
    }

    #[test]
    fn a_token_stands_in_for_a_signature() {
        let head = |token: &str| {
            Request::get("/")
                .header("X-Auth-Token", token)
                .body(())
                .expect("a request")
                .into_parts()
                .0
        };
        assert_eq!(gate().check(&head("tok"), &Bytes::new(), NOW), Ok(()));
        for wrong in ["", "to", "tok1", "kot"] {
            assert!(refusal(gate().check(&head(wrong), &Bytes::new(), NOW)).contains("APIGW.0307"));
        }
    }

    #[test]
    fn without_credentials_of_its_own_it_asks_for_none() {
        assert_eq!(
            Gate::new(None, None, None, None).check(&published("00"), &Bytes::new(), 0),
            Ok(())
        );
    }

    #[test]
    fn a_temporary_keys_token_must_be_there() {
        let gate = Gate::new(Some((AK.into(), SK.into())), Some("sts".into()), None, None);
        let told = refusal(gate.check(&published(SIGNATURE), &Bytes::new(), NOW));
        assert!(told.contains("securityToken"), "{told}");
    }

    #[test]
    fn a_key_is_locked_after_too_many_wrong_signatures_in_a_row() {
        let gate = Gate::new(Some((AK.into(), SK.into())), None, None, Some(2));
        let ask = |signature: &str, now| gate.check(&published(signature), &Bytes::new(), now);
        refusal(ask("00", NOW));
        assert_eq!(ask(SIGNATURE, NOW), Ok(()));
        refusal(ask("00", NOW));
        refusal(ask("00", NOW));
        assert!(refusal(ask(SIGNATURE, NOW)).contains("limit"));
        assert!(refusal(ask(SIGNATURE, NOW + LOCKED_MS - 1)).contains("limit"));
        assert_eq!(ask(SIGNATURE, NOW + LOCKED_MS), Ok(()));
    }

    #[test]
    fn an_issued_key_is_good_until_it_expires() {
        let gate = Gate::new(Some(("other".into(), "k".into())), None, None, None);
        let check = |now| gate.check(&published(SIGNATURE), &Bytes::new(), now);
        gate.admit_key(AK, SK, None, NOW + 1);
        assert_eq!(check(NOW), Ok(()));
        assert!(refusal(check(NOW + 1)).contains("expired"));
        gate.admit_token("issued", NOW + 1);
        let head = Request::get("/").header("X-Auth-Token", "issued").body(());
        let head = head.expect("a request").into_parts().0;
        assert_eq!(gate.check(&head, &Bytes::new(), NOW), Ok(()));
        assert!(refusal(gate.check(&head, &Bytes::new(), NOW + 1)).contains("APIGW.0307"));
        gate.admit_token("issued", NOW + 1);
        gate.expire_issued();
        assert!(refusal(gate.check(&head, &Bytes::new(), NOW)).contains("APIGW.0307"));
    }
}
