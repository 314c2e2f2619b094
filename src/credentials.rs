//! Who is calling: an access key that signs requests, or a token that stands in for a signature.

use crate::secret::{ExposeSecret, SecretString};

/// The longest token the service takes ("Request header parameters").
const LONGEST_TOKEN: usize = 16_384;

/// What proves who is calling. Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub enum Credentials {
    /// An access key and its secret key, with the token of a temporary one.
    AkSk {
        /// The access key.
        access_key: SecretString,
        /// The secret key.
        secret_key: SecretString,
        /// The token of a temporary key.
        security_token: Option<SecretString>,
    },
    /// An IAM token, sent as `X-Auth-Token`.
    Token(SecretString),
}

impl Credentials {
    /// An access key with its secret key.
    ///
    /// # Errors
    ///
    /// Says which of the values cannot be used, without telling it.
    pub fn ak_sk(
        access_key: SecretString,
        secret_key: SecretString,
        security_token: Option<SecretString>,
    ) -> Result<Self, String> {
        check_header("ak", &access_key, LONGEST_TOKEN)?;
        if secret_key.expose_secret().is_empty() {
            return Err("sk must not be empty".to_owned());
        }
        if let Some(token) = &security_token {
            check_header("security_token", token, LONGEST_TOKEN)?;
        }
        Ok(Self::AkSk {
            access_key,
            secret_key,
            security_token,
        })
    }

    /// An IAM token.
    ///
    /// # Errors
    ///
    /// Says why it cannot be used, without telling it.
    pub fn token(token: SecretString) -> Result<Self, String> {
        check_header("token", &token, LONGEST_TOKEN)?;
        Ok(Self::Token(token))
    }

    /// What tells one holder of credentials from another: the access key, or the token.
    pub(crate) fn name_of_holder(&self) -> &str {
        match self {
            Self::AkSk { access_key, .. } => access_key.expose_secret(),
            Self::Token(token) => token.expose_secret(),
        }
    }

    /// The values that must never be shown.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::AkSk {
                access_key,
                secret_key,
                security_token,
                ..
            } => [access_key, secret_key]
                .into_iter()
                .chain(security_token)
                .map(ExposeSecret::expose_secret)
                .collect(),
            Self::Token(token) => vec![token.expose_secret()],
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AkSk { .. } => "AkSk(***)",
            Self::Token(_) => "Token(***)",
        })
    }
}

/// What goes into a header must be printable ASCII: a line end would begin another header.
fn check_header(name: &str, value: &SecretString, most: usize) -> Result<(), String> {
    let value = value.expose_secret();
    if value.is_empty() || value.len() > most {
        Err(format!("{name} must have 1 to {most} characters"))
    } else if value.bytes().any(|b| !b.is_ascii_graphic()) {
        Err(format!(
            "{name} must be printable ASCII without spaces or line ends (was it read from a file with its last line end?)"
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_header_is_refused_without_telling_it() {
        for bad in [
            "",
            "top\nsecret",
            "top secret",
            "töpsecret",
            "topsecret\u{7f}",
        ] {
            let told = Credentials::token(SecretString::from(bad)).expect_err("refused");
            assert!(!told.contains("secret"), "{told}");
        }
    }

    #[test]
    fn credentials_cannot_be_printed() {
        let key = Credentials::ak_sk("AKAKAK".into(), "SKSKSK".into(), Some("STSTST".into()));
        assert_eq!(format!("{:?}", key.expect("valid")), "AkSk(***)");
    }
}
