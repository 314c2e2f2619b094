//! The answers that give temporary keys, in every shape that the vendor's services use.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json};
use time::{Date, Month, PrimitiveDateTime, Time};

use super::{Fault, Issued};
use crate::answer::Answer;
use crate::credentials::Credentials;
use crate::secret::SecretString;

/// Our clock and the service's agree if they are no further apart than this.
const CLOCKS_AGREE: Duration = Duration::from_secs(2);

/// The key in an answer: `{"credential": {...}}`, `{"credentials": {...}}` or the members themselves.
pub(super) fn key_of(source: &'static str, answer: &Answer) -> Result<Issued, Fault> {
    let failed = |message: &str| Fault::failed(source, message);
    let json = answer
        .json()
        .ok_or_else(|| failed("the answer is not JSON"))?;
    let object = json
        .as_object()
        .ok_or_else(|| failed("the answer is no JSON object"))?;
    let members = ["credential", "credentials"]
        .iter()
        .find_map(|name| object.get(*name)?.as_object())
        .unwrap_or(object);
    let find = |what: &str, names: &[&str]| {
        text_of(members, names).ok_or_else(|| failed(&format!("the answer has no {what}")))
    };
    let ak = find("access key", &["access", "accessKeyId", "access_key_id"])?;
    let sk = find(
        "secret key",
        &["secret", "secretAccessKey", "secret_access_key"],
    )?;
    let token = text_of(
        members,
        &["securitytoken", "securityToken", "security_token"],
    );
    let expires = find("expiry", &["expires_at", "expiration"])?;
    let credentials = Credentials::ak_sk(ak.into(), sk.into(), token.map(SecretString::from))
        .map_err(|message| failed(&format!("the answer's key cannot be used: {message}")))?;
    Ok(Issued {
        credentials,
        lifetime: Some(lifetime(source, expires, answer)?),
        recheck: None,
        source,
    })
}

fn text_of<'a>(members: &'a Map<String, Json>, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .find_map(|name| members.get(*name)?.as_str())
        .filter(|text| !text.is_empty())
}

/// How long it is until a date, by the clock of the service that told it.
pub(super) fn lifetime(
    source: &'static str,
    expires: &str,
    answer: &Answer,
) -> Result<Duration, Fault> {
    let end = parse_time(expires)
        .ok_or_else(|| Fault::failed(source, "the answer's expiry is not a date"))?;
    let ours = SystemTime::now();
    let now = match answer.date() {
        // A `Date` is cut to the second: ours is the better clock if it is not off.
        Some(theirs) if distance(ours, theirs) > CLOCKS_AGREE => theirs + Duration::from_secs(1),
        _ => ours,
    };
    end.duration_since(now)
        .ok()
        .filter(|left| !left.is_zero())
        .ok_or_else(|| Fault::failed(source, "the answer's key has expired already"))
}

fn distance(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).unwrap_or_else(|error| error.duration())
}

/// A time like `2026-02-27T12:00:00.000000Z`, with or without a fraction, in UTC or with an offset.
pub(super) fn parse_time(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| -> Option<u16> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let small = |from, to| u8::try_from(number(from, to)?).ok();
    let marks = [(4, '-'), (7, '-'), (13, ':'), (16, ':')];
    let separators = text.get(10..11)?;
    if !matches!(separators, "T" | "t" | " ")
        || marks
            .iter()
            .any(|(at, mark)| !text.get(*at..).is_some_and(|rest| rest.starts_with(*mark)))
    {
        return None;
    }
    let month = Month::try_from(small(5, 7)?).ok()?;
    let day = Date::from_calendar_date(i32::from(number(0, 4)?), month, small(8, 10)?).ok()?;
    let time = Time::from_hms(small(11, 13)?, small(14, 16)?, small(17, 19)?).ok()?;
    let rest = text.get(19..)?;
    let (fraction, zone) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
    let fraction = match fraction.strip_prefix('.') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("0.{digits}").parse::<f64>().ok()?
        }
        None if fraction.is_empty() => 0.0,
        _ => return None,
    };
    let local = PrimitiveDateTime::new(day, time)
        .assume_utc()
        .unix_timestamp();
    let seconds = local.checked_sub(offset(zone)?)?;
    let since =
        Duration::from_secs(u64::try_from(seconds).ok()?) + Duration::from_secs_f64(fraction);
    SystemTime::UNIX_EPOCH.checked_add(since)
}

/// Seconds east of UTC: `Z`, `+08:00` or `+0800`.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits: String = digits.split(':').collect();
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = digits[2..].parse().ok()?;
    let east = hours * 3600 + minutes * 60;
    Some(if sign == "-" { -east } else { east })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_in_every_usual_form() {
        let at = |seconds: f64| Some(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds));
        for (text, seconds) in [
            ("2019-11-15T03:36:55.500000Z", 1_573_789_015.5),
            ("2019-11-15T03:36:55Z", 1_573_789_015.0),
            ("2019-11-15 03:36:55z", 1_573_789_015.0),
            ("2019-11-15T11:36:55+08:00", 1_573_789_015.0),
            ("2019-11-15T03:06:55-0030", 1_573_789_015.0),
        ] {
            assert_eq!(parse_time(text), at(seconds), "{text}");
        }
        for bad in [
            "",
            "soon",
            "2019-11-15",
            "2019-13-15T03:36:55Z",
            "2019-11-15T03:36:55",
            "2019-11-15T03:36:55.Z",
            "2019-11-15T03:36:55+8",
            "1969-11-15T03:36:55Z",
            "1573789015",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", near in "[0-9TZ:.+ -]{0,30}") {
            let _ = parse_time(&text);
            let _ = parse_time(&near);
            let _ = parse_time(&format!("2019-11-15T03:36:55{text}"));
        }
    }
}
