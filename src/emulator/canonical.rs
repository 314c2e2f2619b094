//! The canonical request, made from what was received: raw bytes, before anything has read a meaning into them.

use std::fmt::Write as _;

use http::request::Parts;
use http::{HeaderMap, Uri};
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

/// The canonical request up to the body's hash. Headers stay bytes: the service sees what was sent.
pub(super) fn canonical_stem(head: &Parts, signed: &[&str]) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(head.method.as_str().as_bytes());
    text.push(b'\n');
    push_uri(&mut text, head.uri.path());
    text.push(b'\n');
    push_query(&mut text, &head.uri);
    text.push(b'\n');
    for name in signed {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        push_header(&mut text, &head.headers, name);
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(signed.join(";").as_bytes());
    text.push(b'\n');
    text
}

fn push_uri(text: &mut Vec<u8>, path: &str) {
    for segment in path.split('/').skip(1) {
        text.push(b'/');
        push_encoded(text, percent_decode(segment.as_bytes()));
    }
    if text.last() != Some(&b'/') {
        text.push(b'/');
    }
}

fn push_query(text: &mut Vec<u8>, uri: &Uri) {
    let decode = |part: &str| percent_decode(part.as_bytes()).collect::<Vec<u8>>();
    let mut parameters: Vec<(Vec<u8>, Vec<u8>)> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect();
    parameters.sort();
    for (at, (name, value)) in parameters.into_iter().enumerate() {
        if at > 0 {
            text.push(b'&');
        }
        push_encoded(text, name);
        text.push(b'=');
        push_encoded(text, value);
    }
}

fn push_encoded(text: &mut Vec<u8>, bytes: impl IntoIterator<Item = u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(byte);
        } else {
            text.extend([
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
    }
}

/// A header's values, trimmed; one that was sent more than once is joined by commas.
fn push_header(text: &mut Vec<u8>, headers: &HeaderMap, name: &str) {
    for (at, value) in headers.get_all(name).iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(value.as_bytes().trim_ascii());
    }
}

pub(super) fn header_text(headers: &HeaderMap, name: &str) -> String {
    let mut bytes = Vec::new();
    push_header(&mut bytes, headers, name);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What may stand for the body. `X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD` leaves the body out of the signature;
/// the vendor's signers differ on an empty body, where some then sign the hash of nothing.
pub(super) fn payload_hashes(headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    let unsigned = "UNSIGNED-PAYLOAD";
    let declared = headers
        .get("x-sdk-content-sha256")
        .map(http::HeaderValue::as_bytes);
    if declared == Some(unsigned.as_bytes()) {
        let mut hashes = vec![unsigned.to_owned()];
        if body.is_empty() {
            hashes.push(sha256_hex(body));
        }
        return hashes;
    }
    let hash = sha256_hex(body);
    match declared {
        Some(declared) if declared != hash.as_bytes() => Vec::new(),
        _ => vec![hash],
    }
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
