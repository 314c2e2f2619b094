//! The three HMAC algorithms.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroizing;

use super::push_hex;

/// A key that signs with HMAC.
pub(super) enum SymmetricKey {
    Sha256(Hmac<Sha256>),
    Sm3(Hmac<Sm3>),
    /// What the key of a scope is derived from (the first step of RFC 5869).
    Derived(Hmac<Sha256>),
}

impl SymmetricKey {
    pub(super) fn sha256(secret: &[u8]) -> Self {
        Self::Sha256(keyed(secret))
    }

    pub(super) fn sm3(secret: &[u8]) -> Self {
        Self::Sm3(keyed(secret))
    }

    /// RFC 5869 with the access key as the salt.
    pub(super) fn derived(access: &[u8], secret: &[u8]) -> Self {
        let mut extract: Hmac<Sha256> = keyed(access);
        extract.update(secret);
        let extracted = Zeroizing::new(<[u8; 32]>::from(extract.finalize().into_bytes()));
        Self::Derived(keyed(&*extracted))
    }

    /// The signature of a text.
    pub(super) fn sign(&self, text: &str, scope: Option<&str>) -> [u8; 32] {
        match self {
            Self::Sha256(key) => mac(key.clone(), text),
            Self::Sm3(key) => mac(key.clone(), text),
            Self::Derived(extracted) => {
                let mut expand = extracted.clone();
                expand.update(scope.unwrap_or_default().as_bytes());
                expand.update(&[1]);
                let derived = Zeroizing::new(<[u8; 32]>::from(expand.finalize().into_bytes()));
                // The key is the derived one in hexadecimal, as text.
                let mut hex = Zeroizing::new(String::with_capacity(64));
                push_hex(&mut hex, &*derived);
                mac(keyed::<Hmac<Sha256>>(hex.as_bytes()), text)
            }
        }
    }
}

/// HMAC takes a key of any length: shorter ones are padded, longer ones hashed.
fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).unwrap_or_else(|_| unreachable!())
}

fn mac<M: Mac>(mut mac: M, text: &str) -> [u8; 32]
where
    [u8; 32]: From<hmac::digest::Output<M>>,
{
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}
