//! The canonical form of a request: what every algorithm signs.

use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use time::OffsetDateTime;

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

/// Whether text stands as it is where it is percent-encoded.
fn is_bare(text: &str) -> bool {
    let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().all(bare)
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

/// A time as the `X-Sdk-Date` header has it: `20191115T033655Z`.
#[must_use]
pub fn format_date(time: SystemTime) -> String {
    let utc = OffsetDateTime::from(time);
    let year = utc.year().unsigned_abs();
    let mut text = String::with_capacity(16);
    push_two_digits(&mut text, year / 100);
    push_two_digits(&mut text, year % 100);
    push_two_digits(&mut text, u8::from(utc.month()).into());
    push_two_digits(&mut text, utc.day().into());
    text.push('T');
    push_two_digits(&mut text, utc.hour().into());
    push_two_digits(&mut text, utc.minute().into());
    push_two_digits(&mut text, utc.second().into());
    text.push('Z');
    text
}

/// Cheaper than the standard library's formatting, for every request.
fn push_two_digits(text: &mut String, number: u32) {
    let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or('0');
    text.extend([digit(number / 10), digit(number)]);
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
        if is_bare(part) {
            text.push_str(part);
            continue;
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

pub(super) fn push_header_names(text: &mut String, headers: &[(&str, &str)]) {
    for (at, (name, _)) in headers.iter().enumerate() {
        if at > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn the_query_is_sorted_after_decoding() {
        let mut text = String::new();
        push_canonical_query(&mut text, "b=2&a=%7e&a=%2F&c");
        assert_eq!(text, "a=%2F&a=~&b=2&c=");
    }

    #[test]
    fn dates_are_in_utc_to_the_second() {
        let time = UNIX_EPOCH + Duration::from_millis(1_573_789_015_999);
        assert_eq!(format_date(time), "20191115T033655Z");
    }
}
