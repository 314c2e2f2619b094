//! Who asks: signatures and tokens, checked by the service's rules.
//!
//! This is written from the signing guide and shares no code with the signer in `crate::signing`, so that each
//! can find the other's mistakes.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::request::Parts;
use sha2::{Digest, Sha256};
use time::{Date, Month, PrimitiveDateTime, Time};

use super::answers::Problem;
use super::canonical::{canonical_stem, header_text, hex, payload_hashes, sha256_hex};
use crate::secret::{ExposeSecret, SecretString};

/// How far a signature's date may be from the server's clock.
const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Who may ask. With neither a key nor a token, anyone.
#[derive(Default)]
pub(super) struct Gate {
    key: Option<Key>,
    token: Option<SecretString>,
}

struct Key {
    id: String,
    mac: Hmac<Sha256>,
    security_token: Option<SecretString>,
}

/// What an `Authorization` header says.
struct Authorization<'a> {
    access_key: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl Gate {
    pub(super) fn new(
        key: Option<(String, SecretString)>,
        security_token: Option<SecretString>,
        token: Option<SecretString>,
    ) -> Self {
        let key = key.and_then(|(access_key, secret_key)| {
            // HMAC takes a key of any length, so there always is one.
            let mac = Hmac::new_from_slice(secret_key.expose_secret().as_bytes()).ok()?;
            Some(Key {
                id: access_key,
                mac,
                security_token,
            })
        });
        Self { key, token }
    }

    /// Lets a request through, or says what is wrong with it.
    pub(super) fn check(&self, head: &Parts, body: &Bytes, now_ms: i64) -> Result<(), Problem> {
        if self.key.is_none() && self.token.is_none() {
            return Ok(());
        }
        if let Some(given) = head.headers.get("x-auth-token") {
            let right = self
                .token
                .as_ref()
                .is_some_and(|token| same(token.expose_secret().as_bytes(), given.as_bytes()));
            return if right {
                Ok(())
            } else {
                Err(Problem::token_must_be_updated())
            };
        }
        let Some(header) = head.headers.get(http::header::AUTHORIZATION) else {
            return Err(wrong("x-auth-token not found"));
        };
        let header = header
            .to_str()
            .map_err(|_| wrong("authorization header is not text"))?;
        let authorization = parse(header)?;
        match &self.key {
            Some(key) if key.id == authorization.access_key => {
                key.check(&authorization, header, head, body, now_ms)
            }
            _ => Err(Problem::incorrect_authentication(&format!(
                "Get secretKey failed,ak:{},err:ak not exist",
                authorization.access_key
            ))),
        }
    }
}

impl Key {
    fn check(
        &self,
        authorization: &Authorization<'_>,
        header: &str,
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
        self.check_security_token(&head.headers, &signed)?;
        let date = header_text(&head.headers, "x-sdk-date");
        check_date(&date, now_ms)?;
        let stem = canonical_stem(head, &signed);
        let given = unhex(authorization.signature);
        if payload_hashes(&head.headers, body)
            .iter()
            .any(|hash| self.signed(&stem, hash, &date, &given))
        {
            return Ok(());
        }
        let canonical = String::from_utf8_lossy(&stem);
        Err(wrong(&format!(
            "verify aksk signature fail, canonicalRequest:{canonical}{}, authorization:{header}",
            sha256_hex(body)
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

    /// Whether `given` is the signature of the canonical request that ends in `payload_hash`.
    fn signed(&self, stem: &[u8], payload_hash: &str, date: &str, given: &[u8]) -> bool {
        let mut canonical = Sha256::new();
        canonical.update(stem);
        canonical.update(payload_hash);
        let mut mac = self.mac.clone();
        mac.update(b"SDK-HMAC-SHA256\n");
        mac.update(date.as_bytes());
        mac.update(b"\n");
        mac.update(hex(&canonical.finalize()).as_bytes());
        // Compares in constant time.
        mac.verify_slice(given).is_ok()
    }
}

fn wrong(reason: &str) -> Problem {
    Problem::incorrect_authentication(reason)
}

/// `SDK-HMAC-SHA256 Access=..., SignedHeaders=..., Signature=...`
fn parse(header: &str) -> Result<Authorization<'_>, Problem> {
    let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
    if algorithm != "SDK-HMAC-SHA256" {
        return Err(wrong("unsupported signing algorithm"));
    }
    let part = |name: &str| {
        rest.split(',')
            .filter_map(|part| part.trim().split_once('='))
            .find_map(|(found, value)| (found == name).then_some(value))
            .ok_or_else(|| wrong(&format!("authorization header has no {name}")))
    };
    Ok(Authorization {
        access_key: part("Access")?,
        signed_headers: part("SignedHeaders")?,
        signature: part("Signature")?,
    })
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

/// `20191115T033655Z` in milliseconds since 1970.
fn parse_date(date: &str) -> Option<i64> {
    let digits = date.strip_suffix('Z')?;
    let (day, time) = digits.split_once('T')?;
    if day.len() != 8 || time.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'T')
    {
        return None;
    }
    let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<u8>().ok();
    let month = Month::try_from(two(day, 4)?).ok()?;
    let day = Date::from_calendar_date(day.get(..4)?.parse().ok()?, month, two(day, 6)?).ok()?;
    let time = Time::from_hms(two(time, 0)?, two(time, 2)?, two(time, 4)?).ok()?;
    Some(
        PrimitiveDateTime::new(day, time)
            .assume_utc()
            .unix_timestamp()
            * 1000,
    )
}

/// Compares without telling by its time where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0 && left.len() == right.len()
}

/// The bytes of a hexadecimal text; nothing where it is none.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect::<Option<_>>()
        .unwrap_or_default()
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
        Gate::new(Some((AK.into(), SK.into())), None, Some("tok".into()))
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
    fn dates_are_read_strictly() {
        assert_eq!(parse_date(DATE), Some(NOW));
        for bad in [
            "",
            "20191115T033655",
            "20191315T033655Z",
            "20191115T033660Z",
            "2019-115T033655Z",
            "ééééT033655Z",
        ] {
            assert_eq!(parse_date(bad), None, "{bad}");
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
            Gate::default().check(&published("00"), &Bytes::new(), 0),
            Ok(())
        );
    }

    #[test]
    fn a_temporary_keys_token_must_be_there() {
        let gate = Gate::new(Some((AK.into(), SK.into())), Some("sts".into()), None);
        let told = refusal(gate.check(&published(SIGNATURE), &Bytes::new(), NOW));
        assert!(told.contains("securityToken"), "{told}");
    }
}
