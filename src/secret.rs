//! Secrets: text that cannot be printed and is wiped when dropped, and their removal from other text.

use std::borrow::Cow;

pub use secrecy::{ExposeSecret, SecretString};

/// What stands where a secret stood.
pub const REDACTED: &str = "***";

/// Secrets shorter than this are only removed where they stand as a word of their own: cutting every "ab" out
/// of a message would spoil it and hide nothing.
const CERTAIN_LENGTH: usize = 6;

/// Removes every one of `secrets` from a text of the service, and whatever follows `Access=` and `Signature=`
/// (an authentication error can echo the canonical request).
#[must_use]
pub fn redact<'t>(text: &'t str, secrets: &[&str]) -> Cow<'t, str> {
    let mut clean = Cow::Borrowed(text);
    let mut longest_first: Vec<&str> = secrets.iter().copied().filter(|s| !s.is_empty()).collect();
    longest_first.sort_unstable_by_key(|s| std::cmp::Reverse(s.len()));
    for secret in longest_first {
        for form in spellings(secret) {
            if clean.contains(&*form) {
                clean = Cow::Owned(replace(&clean, &form));
            }
        }
    }
    for marker in ["Access=", "Credential=", "Signature="] {
        if clean.contains(marker) {
            clean = Cow::Owned(blank_after(&clean, marker));
        }
    }
    clean
}

/// How a secret can be written in an answer: as it is, inside a JSON string, percent-encoded.
fn spellings(secret: &str) -> Vec<Cow<'_, str>> {
    let mut forms = vec![Cow::Borrowed(secret)];
    if let Ok(json) = serde_json::to_string(secret) {
        let inner = &json[1..json.len() - 1];
        if inner != secret {
            forms.push(Cow::Owned(inner.to_owned()));
        }
    }
    let encoded = crate::signing::percent_encode(secret);
    if encoded != secret {
        forms.push(Cow::Owned(encoded));
    }
    forms
}

fn replace(text: &str, secret: &str) -> String {
    if secret.chars().count() >= CERTAIN_LENGTH {
        return text.replace(secret, REDACTED);
    }
    let mut clean = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, found) in text.match_indices(secret) {
        let end = start + found.len();
        let joins_left = text[..start].chars().next_back().is_some_and(is_word);
        let joins_right = text[end..].chars().next().is_some_and(is_word);
        if !joins_left && !joins_right {
            clean.push_str(&text[copied..start]);
            clean.push_str(REDACTED);
            copied = end;
        }
    }
    clean.push_str(&text[copied..]);
    clean
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
