//! Credentials made ready to prove who is calling.

use crate::credentials::Credentials;
use crate::secret::{ExposeSecret, SecretString};
use crate::signing::{Algorithm, Signer};

/// Credentials with the key that signs, made of them once. One value, so that access key, secret key and token of a
/// request always belong together.
#[derive(Debug)]
pub struct Identity {
    source: &'static str,
    credentials: Credentials,
    signer: Option<Signer>,
}

/// How a request says who sends it.
#[derive(Debug)]
pub enum Proof<'i> {
    /// By a signature.
    Signature {
        /// The access key.
        access_key: &'i SecretString,
        /// The token of a temporary key.
        security_token: Option<&'i SecretString>,
        /// What signs.
        signer: &'i Signer,
    },
    /// By a token.
    Token(&'i SecretString),
}

impl Identity {
    /// Makes credentials that `source` gave ready.
    ///
    /// # Errors
    ///
    /// Where no signing key can be made of them.
    pub fn new(
        source: &'static str,
        credentials: Credentials,
        algorithm: &Algorithm,
    ) -> Result<Self, &'static str> {
        let signer = match &credentials {
            Credentials::AkSk {
                access_key,
                secret_key,
                ..
            } => Some(Signer::new(
                algorithm,
                access_key.expose_secret(),
                secret_key.expose_secret(),
            )?),
            Credentials::Token(_) => None,
        };
        Ok(Self {
            source,
            credentials,
            signer,
        })
    }

    /// The name of the source that gave the credentials.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// The credentials.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whether the other has the same credentials.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.credentials.secrets() == other.credentials.secrets()
    }

    /// How a request says who sends it.
    #[must_use]
    pub const fn proof(&self) -> Option<Proof<'_>> {
        match (&self.credentials, &self.signer) {
            (
                Credentials::AkSk {
                    access_key,
                    security_token,
                    ..
                },
                Some(signer),
            ) => Some(Proof::Signature {
                access_key,
                security_token: security_token.as_ref(),
                signer,
            }),
            (Credentials::Token(token), _) => Some(Proof::Token(token)),
            (Credentials::AkSk { .. }, None) => None,
        }
    }
}
