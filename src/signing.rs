//! The signature of Huawei Cloud's API gateway, SDK-HMAC-SHA256, as pure functions.
//!
//! Source: the signing guide ("AK/SK Signing and Authentication Algorithm") and `huaweicloudsdkcore` 3.1.219.

use std::fmt::Write as _;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// The algorithm's name, as it stands in the string to sign and in the `Authorization` header.
pub const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The header that carries the time of signing; always signed.
pub const DATE_HEADER: &str = "x-sdk-date";

/// What stands for the body's hash where the body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// All but letters, digits and `-_.~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Percent-encodes every byte but letters, digits and `-_.~`.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// What a signature covers.
#[derive(Debug, Clone, Copy)]
pub struct ToSign<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The path as it stands on the wire, percent-encoded.
    pub path: &'a str,
    /// The query as it stands on the wire, percent-encoded, without the `?`.
    pub query: &'a str,
    /// The signed headers: names in lower case, sorted, values trimmed.
    pub headers: &'a [(&'a str, &'a str)],
    /// The hash of the body, in hexadecimal, or [`UNSIGNED_PAYLOAD`].
    pub body_hash: &'a str,
}

/// The key that signs, made ready once for every request that it signs. Wiped when dropped.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// A key made from a secret access key.
    #[must_use]
    pub fn new(secret_key: &str) -> Self {
        // HMAC takes a key of any length: shorter ones are padded, longer ones hashed.
        Self(Hmac::new_from_slice(secret_key.as_bytes()).unwrap_or_else(|_| unreachable!()))
    }

    /// The signature of a request: HMAC-SHA256 of its string to sign, in hexadecimal.
    #[must_use]
    pub fn sign(&self, request: &ToSign<'_>, date: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(string_to_sign(date, &canonical_request(request)).as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

/// The value of the `Authorization` header.
#[must_use]
pub fn authorization(access_key: &str, headers: &[(&str, &str)], signature: &str) -> String {
    let names = signed_header_names(headers);
    format!("{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={signature}")
}

/// The canonical request: method, URI, query, headers, signed header names and body hash, a line each.
#[must_use]
pub fn canonical_request(request: &ToSign<'_>) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(request.method);
    text.push('\n');
    push_canonical_uri(&mut text, request.path);
    text.push('\n');
    push_canonical_query(&mut text, request.query);
    text.push('\n');
    for (name, value) in request.headers {
        text.extend([name, ":", value.trim(), "\n"]);
    }
    text.push('\n');
    push_header_names(&mut text, request.headers);
    text.push('\n');
    text.push_str(request.body_hash);
    text
}

/// The string to sign: algorithm, date and the canonical request's hash, a line each.
#[must_use]
pub fn string_to_sign(date: &str, canonical_request: &str) -> String {
    let hash = body_hash(canonical_request.as_bytes());
    format!("{ALGORITHM}\n{date}\n{hash}")
}

/// The SHA-256 of a body, in hexadecimal.
#[must_use]
pub fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// A time as the `X-Sdk-Date` header has it: `20191115T033655Z`.
#[must_use]
pub fn format_date(time: SystemTime) -> String {
    let utc = OffsetDateTime::from(time);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        utc.year(),
        u8::from(utc.month()),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    )
}

/// Each segment decoded and encoded again, so that only `A-Za-z0-9-_.~` stand bare, and a `/` at the end.
fn push_canonical_uri(text: &mut String, path: &str) {
    push_reencoded(text, path, '/');
    if !path.ends_with('/') {
        text.push('/');
    }
}

/// Decodes and encodes again what stands between separators.
fn push_reencoded(text: &mut String, path: &str, separator: char) {
    for (at, part) in path.split(separator).enumerate() {
        if at > 0 {
            text.push(separator);
        }
        let decoded = percent_decode_str(part).decode_utf8_lossy();
        text.extend(utf8_percent_encode(&decoded, RESERVED));
    }
}

/// The parameters, encoded and sorted by name, then by value.
fn push_canonical_query(text: &mut String, query: &str) {
    if query.is_empty() {
        return;
    }
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (decode(name), decode(value))
        })
        .collect();
    parameters.sort_unstable();
    for (at, (name, value)) in parameters.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, RESERVED));
        text.push('=');
        text.extend(utf8_percent_encode(value, RESERVED));
    }
}

fn signed_header_names(headers: &[(&str, &str)]) -> String {
    let mut names = String::new();
    push_header_names(&mut names, headers);
    names
}

fn push_header_names(text: &mut String, headers: &[(&str, &str)]) {
    for (at, (name, _)) in headers.iter().enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    const SECRET_KEY: &str = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";
    const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const DATE: &str = "20191115T033655Z";

    fn published<'a>(query: &'a str, headers: &'a [(&'a str, &'a str)]) -> ToSign<'a> {
        ToSign {
            method: "GET",
            path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
            query,
            headers,
            body_hash: EMPTY_HASH,
        }
    }

    fn headers(host: &str) -> [(&str, &str); 3] {
        [
            ("content-type", "application/json"),
            ("host", host),
            ("x-sdk-date", DATE),
        ]
    }

    #[test]
    fn the_signing_guides_example() {
        let headers = headers("service.region.example.com");
        let request = published(
            "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
            &headers,
        );
        assert_eq!(
            body_hash(canonical_request(&request).as_bytes()),
            "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
        );
        assert_eq!(
            SigningKey::new(SECRET_KEY).sign(&request, DATE),
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
        );
    }

    #[test]
    fn the_java_sdks_example() {
        let headers = headers("service.test-region-1.myhuaweicloud.com");
        assert_eq!(
            SigningKey::new(SECRET_KEY).sign(&published("", &headers), DATE),
            "4a30e690c3032a1975323588d79e858f188834f91df411a47ada7def6ad8081f"
        );
    }

    #[test]
    fn the_query_is_sorted_after_decoding() {
        let mut text = String::new();
        push_canonical_query(&mut text, "b=2&a=%7e&a=%2F&c");
        assert_eq!(text, "a=%2F&a=~&b=2&c=");
    }

    #[test]
    fn dates_are_in_utc_to_the_second() {
        let time = UNIX_EPOCH + Duration::from_millis(1_573_789_015_999);
        assert_eq!(format_date(time), DATE);
    }

    #[test]
    fn a_whole_header() {
        assert_eq!(
            authorization("AK", &headers("h"), "00ff"),
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;x-sdk-date, Signature=00ff"
        );
    }
}
