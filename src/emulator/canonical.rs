//! The canonical request, and what else a signature's texts are read with.
//!
//! This is written from the signing guide and shares no code with the signer in `crate::signing`, so that each
//! can find the other's mistakes.

use std::fmt::Write as _;

use http::request::Parts;
use http::{HeaderMap, Uri};
use percent_encoding::percent_decode;
use time::{Date, Month, PrimitiveDateTime, Time};

/// `20191115T033655Z` in milliseconds since 1970.
pub(super) fn parse_date(date: &str) -> Option<i64> {
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

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of a hexadecimal text; nothing where it is none.
pub(super) fn unhex(text: &str) -> Vec<u8> {
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

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse_date("20191115T033655Z"), Some(1_573_789_015_000));
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
}
