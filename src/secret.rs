//! Secrets: text that cannot be printed and is wiped when dropped, and their removal from other text.

use std::borrow::Cow;

pub use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret stood.
pub const REDACTED: &str = "***";

/// Secrets shorter than this are only removed where they stand as a word of their own: cutting every "ab" out
/// of a message would spoil it and hide nothing.
const CERTAIN_LENGTH: usize = 6;

/// What a spelling that is not plain holds.
const ESCAPES: [char; 4] = ['\\', '%', '&', '+'];

/// Removes every one of `secrets` from a text of the service, and whatever follows `Access=` and `Signature=`
/// (an authentication error can echo the canonical request).
#[must_use]
pub fn redact<'t>(text: &'t str, secrets: &[&str]) -> Cow<'t, str> {
    let mut clean = Cow::Borrowed(text);
    // Without an escape there is only one spelling, and no spelling is shorter than the secret.
    let is_plain = !text.contains(ESCAPES);
    let mut longest_first: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|secret| !secret.is_empty() && secret.len() <= text.len())
        .filter(|secret| !is_plain || holds(text, secret))
        .collect();
    longest_first.sort_unstable_by_key(|s| std::cmp::Reverse(s.len()));
    for secret in longest_first {
        if let Some(without) = remove(&clean, secret) {
            clean = Cow::Owned(without);
        }
    }
    if !clean.contains('=') {
        return clean;
    }
    for marker in ["Access=", "Credential=", "Signature="] {
        if clean.contains(marker) {
            clean = Cow::Owned(blank_after(&clean, marker));
        }
    }
    clean
}

/// Whether a text holds a secret as it is. Most texts are short; preparing a search takes longer than this.
fn holds(text: &str, secret: &str) -> bool {
    text.as_bytes()
        .windows(secret.len())
        .any(|part| part == secret.as_bytes())
}

/// The text without a secret, however it is spelled; `None` if it does not hold it.
fn remove(text: &str, secret: &str) -> Option<String> {
    let is_certain = secret.chars().count() >= CERTAIN_LENGTH;
    let mut clean = String::new();
    let mut copied = 0;
    let mut skip_to = 0;
    for (start, _) in text.char_indices() {
        if start < skip_to {
            continue;
        }
        let Some(length) = spelled_length(&text[start..], secret) else {
            continue;
        };
        let end = start + length;
        let joins_left = text[..start].chars().next_back().is_some_and(is_word);
        let joins_right = text[end..].chars().next().is_some_and(is_word);
        if is_certain || !(joins_left || joins_right) {
            clean.push_str(&text[copied..start]);
            clean.push_str(REDACTED);
            copied = end;
            skip_to = end;
        }
    }
    (copied > 0).then(|| clean + &text[copied..])
}

/// How many bytes a secret takes at the start of a text, if it is there. An answer can hold it as it is, inside JSON,
/// percent-encoded, inside HTML, or as a mixture.
fn spelled_length(text: &str, secret: &str) -> Option<usize> {
    // "\\" is one backslash inside JSON and two as it is: both readings are tried.
    [escaped_length, plain_length].iter().find_map(|first| {
        let mut rest = text;
        for c in secret.chars() {
            let length = first(rest, c)
                .or_else(|| plain_length(rest, c))
                .or_else(|| escaped_length(rest, c))?;
            rest = &rest[length..];
        }
        Some(text.len() - rest.len())
    })
}

fn plain_length(text: &str, c: char) -> Option<usize> {
    text.starts_with(c).then(|| c.len_utf8())
}

fn escaped_length(text: &str, c: char) -> Option<usize> {
    match text.as_bytes().first()? {
        b'\\' => json_escape_length(text, c),
        b'%' => percent_length(text, c),
        b'&' => entity_length(text, c),
        b'+' if c == ' ' => Some(1),
        _ => None,
    }
}

fn json_escape_length(text: &str, c: char) -> Option<usize> {
    let short = match text.as_bytes().get(1)? {
        b'u' => {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            for (at, unit) in units.iter().enumerate() {
                let digits = text.get(6 * at..6 * at + 6)?.strip_prefix("\\u")?;
                if u16::from_str_radix(digits, 16) != Ok(*unit) {
                    return None;
                }
            }
            return Some(6 * units.len());
        }
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        other => char::from(*other),
    };
    (short == c).then_some(2)
}

fn percent_length(text: &str, c: char) -> Option<usize> {
    let mut bytes = [0; 4];
    let bytes = c.encode_utf8(&mut bytes).as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let digits = text.get(3 * at..3 * at + 3)?.strip_prefix('%')?;
        if u8::from_str_radix(digits, 16) != Ok(*byte) {
            return None;
        }
    }
    Some(3 * bytes.len())
}

fn entity_length(text: &str, c: char) -> Option<usize> {
    const LONGEST: usize = 12;
    let end = text.bytes().take(LONGEST).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let spelled = match (name, name.strip_prefix('#')) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => number.parse().ok(),
        }
        .and_then(char::from_u32),
        _ => None,
    };
    (spelled == Some(c)).then_some(end + 1)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Blanks the value after each `marker`, up to a separator.
fn blank_after(text: &str, marker: &str) -> String {
    let mut parts = text.split(marker);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '&' | '<'))
            .unwrap_or(part.len());
        clean.push_str(marker);
        clean.push_str(REDACTED);
        clean.push_str(&part[end..]);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cannot_be_printed() {
        let secret = SecretString::from("wJalrXUtnFEMI");
        assert!(!format!("{secret:?}").contains("wJalr"));
    }

    #[test]
    fn secrets_go_in_every_spelling() {
        let secret = "s3cr\"et/key";
        let text = r#"plain s3cr"et/key json s3cr\"et/key url s3cr%22et%2Fkey"#;
        assert_eq!(redact(text, &[secret]), "plain *** json *** url ***");
    }

    #[test]
    fn a_secret_goes_in_any_mixture_of_spellings() {
        let secret = "a\"/\\ é<&+\n🦀%z";
        for text in [
            "a\"/\\ é<&+\n🦀%z",
            r#"a\"/\\ é<&+\n🦀%z"#,
            r#"a\"\/\\ \u00e9<&+\n\ud83e\udd80%z"#,
            "a%22/%5c+%C3%a9%3C%26%2B%0A%f0%9f%a6%80%25z",
            "a&quot;/\\ &eacute;",
            "a&#34;/\\ &#xE9;&lt;&amp;+\n🦀%z",
        ] {
            let left = redact(text, &[secret]).into_owned();
            assert_eq!(left == "***", !text.contains("&eacute;"), "{text}");
        }
        assert_eq!(redact(r"C:\\\\share", &[r"C:\\share"]), "***");
        assert_eq!(redact(r"C:\\share", &[r"C:\\share"]), "***");
    }

    proptest::proptest! {
        #[test]
        fn redacting_never_panics_and_leaves_no_secret(
            before in "[ -~é\u{1f980}\\\\%&]{0,20}", secret in "\\PC{6,20}", after in "[ -~é\\\\%&]{0,20}"
        ) {
            let json = serde_json::to_string(&secret).expect("a string");
            let percent = crate::signing::percent_encode(&secret);
            for spelled in [&secret, &json[1..json.len() - 1], &percent] {
                let clean = redact(&format!("{before}{spelled}{after}"), &[&secret]).into_owned();
                proptest::prop_assert!(clean.contains(REDACTED));
            }
        }
    }

    #[test]
    fn an_echoed_signature_goes() {
        let text = "SDK-HMAC-SHA256 Access=AKAKAK, SignedHeaders=host, Signature=00ff";
        assert_eq!(
            redact(text, &[]),
            "SDK-HMAC-SHA256 Access=***, SignedHeaders=host, Signature=***"
        );
    }

    #[test]
    fn a_short_secret_goes_only_as_a_word() {
        assert_eq!(redact("the task ask: sk", &["sk"]), "the task ask: ***");
    }

    #[test]
    fn a_text_without_secrets_is_not_copied() {
        assert!(matches!(
            redact("the task has already started", &["wJalrXUtnFEMI"]),
            Cow::Borrowed(_)
        ));
    }
}
