//! Whether a signature is right, by each of the algorithms.
//!
//! This is written from the signing guide and shares no code with the signer in `crate::signing`, so that each
//! can find the other's mistakes.

use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Verifier;
use p256::elliptic_curve::PrimeField;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::canonical::{hex, unhex};

/// How a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    HmacSha256,
    Derived,
    HmacSm3,
    P256,
    Sm2,
}

/// What an `Authorization` header says.
#[derive(Debug)]
pub(super) struct Authorization<'a> {
    pub(super) method: Method,
    pub(super) access_key: &'a str,
    /// `day/region/service`, where the key was derived.
    pub(super) scope: Option<&'a str>,
    pub(super) signed_headers: &'a str,
    signature: &'a str,
}

/// A secret key, ready to check signatures with.
#[derive(Clone)]
pub(super) struct Checker {
    access_key: Vec<u8>,
    secret_key: zeroize::Zeroizing<Vec<u8>>,
    /// The most used key, made ready once.
    sha256: Hmac<Sha256>,
}

impl Method {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SDK-HMAC-SHA256" => Self::HmacSha256,
            "V11-HMAC-SHA256" => Self::Derived,
            "SDK-HMAC-SM3" => Self::HmacSm3,
            "SDK-ECDSA-P256-SHA256" => Self::P256,
            "SDK-SM2-SM3" => Self::Sm2,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "SDK-HMAC-SHA256",
            Self::Derived => "V11-HMAC-SHA256",
            Self::HmacSm3 => "SDK-HMAC-SM3",
            Self::P256 => "SDK-ECDSA-P256-SHA256",
            Self::Sm2 => "SDK-SM2-SM3",
        }
    }

    fn is_sm3(self) -> bool {
        matches!(self, Self::HmacSm3 | Self::Sm2)
    }

    /// The hash of some bytes, in hexadecimal.
    pub(super) fn hash(self, bytes: &[u8]) -> String {
        if self.is_sm3() {
            hex(&Sm3::digest(bytes))
        } else {
            hex(&Sha256::digest(bytes))
        }
    }

    /// The header that can leave the body out of the signature.
    pub(super) fn content_header(self) -> &'static str {
        if self.is_sm3() {
            "x-sdk-content-sm3"
        } else {
            "x-sdk-content-sha256"
        }
    }
}

impl<'a> Authorization<'a> {
    /// `SDK-HMAC-SHA256 Access=..., SignedHeaders=..., Signature=...`, or with a `Credential=.../day/region/service`.
    pub(super) fn parse(header: &'a str) -> Result<Self, String> {
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        let method = Method::named(algorithm).ok_or("unsupported signing algorithm")?;
        let part = |name: &str| {
            rest.split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(found, value)| (found == name).then_some(value))
                .ok_or_else(|| format!("authorization header has no {name}"))
        };
        let (access_key, scope) = if method == Method::Derived {
            let (access_key, scope) = part("Credential")?
                .split_once('/')
                .ok_or("the credential has no scope")?;
            (access_key, Some(scope))
        } else {
            (part("Access")?, None)
        };
        Ok(Self {
            method,
            access_key,
            scope,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }
}

impl Checker {
    pub(super) fn new(access_key: &str, secret_key: &str) -> Self {
        Self {
            access_key: access_key.as_bytes().to_vec(),
            secret_key: secret_key.as_bytes().to_vec().into(),
            sha256: keyed(secret_key.as_bytes()),
        }
    }

    /// Whether the header's signature is that of the canonical request that begins with `stem` and ends in
    /// `payload_hash`.
    pub(super) fn accepts(
        &self,
        given: &Authorization<'_>,
        stem: &[u8],
        payload_hash: &str,
        date: &str,
    ) -> bool {
        let canonical = [stem, payload_hash.as_bytes()].concat();
        let mut text = format!("{}\n{date}\n", given.method.name());
        if let Some(scope) = given.scope {
            text.push_str(scope);
            text.push('\n');
        }
        text.push_str(&given.method.hash(&canonical));
        let (text, signature) = (text.as_bytes(), unhex(given.signature));
        match given.method {
            Method::HmacSha256 => is_mac(self.sha256.clone(), text, &signature),
            Method::HmacSm3 => is_mac(keyed::<Hmac<Sm3>>(&self.secret_key), text, &signature),
            Method::Derived => {
                let scope = given.scope.unwrap_or_default();
                is_mac(self.derived(scope), text, &signature)
            }
            Method::P256 => self.is_p256(text, &signature).unwrap_or(false),
            Method::Sm2 => self.is_sm2(text, &signature).unwrap_or(false),
        }
    }

    /// The key of a scope: HKDF with the access key as salt, 32 bytes, as hexadecimal text.
    fn derived(&self, scope: &str) -> Hmac<Sha256> {
        let pseudo_random = mac(keyed::<Hmac<Sha256>>(&self.access_key), &[&self.secret_key]);
        let output = mac(
            keyed::<Hmac<Sha256>>(&pseudo_random),
            &[scope.as_bytes(), &[1]],
        );
        keyed(hex(&output).as_bytes())
    }

    fn is_p256(&self, text: &[u8], signature: &[u8]) -> Option<bool> {
        let scalar = (0..255).find_map(|counter| {
            let candidate = self.candidate::<Hmac<Sha256>>(b"SDK-ECDSA-P256-SHA256", counter);
            let number = Option::<p256::Scalar>::from(p256::Scalar::from_repr(candidate.into()))?;
            Option::<p256::NonZeroScalar>::from(p256::NonZeroScalar::new(
                number + p256::Scalar::ONE,
            ))
        })?;
        let key = p256::ecdsa::VerifyingKey::from(p256::PublicKey::from_secret_scalar(&scalar));
        let (r, s) = unpack(signature)?;
        let signature = p256::ecdsa::Signature::from_scalars(r, s).ok()?;
        Some(key.verify(text, &signature).is_ok())
    }

    fn is_sm2(&self, text: &[u8], signature: &[u8]) -> Option<bool> {
        let scalar = (0..255).find_map(|counter| {
            let candidate = self.candidate::<Hmac<Sm3>>(b"SDK-SM2-SM3", counter);
            let number = Option::<sm2::Scalar>::from(sm2::Scalar::from_repr(candidate.into()))?;
            Option::<sm2::NonZeroScalar>::from(sm2::NonZeroScalar::new(number + sm2::Scalar::ONE))
        })?;
        let public = sm2::PublicKey::from_secret_scalar(&scalar);
        let key = sm2::dsa::VerifyingKey::new("1234567812345678", public).ok()?;
        let (r, s) = unpack(signature)?;
        let signature = sm2::dsa::Signature::from_scalars(r, s).ok()?;
        Some(key.verify(text, &signature).is_ok())
    }

    /// A number that may become the private key: the counter-mode derivation of NIST SP 800-108, 256 bits.
    fn candidate<M: KeyInit + Mac>(&self, label: &[u8], counter: u8) -> [u8; 32]
    where
        [u8; 32]: From<hmac::digest::Output<M>>,
    {
        let context = [self.access_key.as_slice(), &[counter]].concat();
        mac(
            keyed::<M>(&self.secret_key),
            &[&[0, 0, 0, 1], label, &[0], &context, &[0, 0, 1, 0]],
        )
    }
}

/// HMAC takes a key of any length.
fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).unwrap_or_else(|_| unreachable!())
}

fn mac<M: Mac>(mut mac: M, parts: &[&[u8]]) -> [u8; 32]
where
    [u8; 32]: From<hmac::digest::Output<M>>,
{
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares in constant time.
fn is_mac<M: Mac>(mut mac: M, text: &[u8], given: &[u8]) -> bool {
    mac.update(text);
    mac.verify_slice(given).is_ok()
}

/// The two integers of a DER sequence.
fn unpack(der: &[u8]) -> Option<([u8; 32], [u8; 32])> {
    let [0x30, length, content @ ..] = der else {
        return None;
    };
    if usize::from(*length) != content.len() {
        return None;
    }
    let (first, rest) = integer(content)?;
    let (second, rest) = integer(rest)?;
    rest.is_empty().then_some((first, second))
}

fn integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let [0x02, length, rest @ ..] = der else {
        return None;
    };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    let digits = match digits {
        // A zero before a digit that needs none is no DER.
        [0, next, ..] if *next < 0x80 => return None,
        [0, more @ ..] if !more.is_empty() => more,
        [first, ..] if *first >= 0x80 => return None,
        digits => digits,
    };
    let mut number = [0; 32];
    let start = number.len().checked_sub(digits.len())?;
    number[start..].copy_from_slice(digits);
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_der_is_read() {
        assert_eq!(
            unpack(&[0x30, 6, 2, 1, 1, 2, 1, 2]).map(|n| n.0[31]),
            Some(1)
        );
        for bad in [
            &[][..],
            &[0x30, 7, 2, 1, 1, 2, 1, 2],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 2],
            &[0x30, 6, 2, 9, 1, 2, 1, 2],
            &[0x31, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 8, 2, 1, 1, 2, 1, 2, 5, 0],
        ] {
            assert_eq!(unpack(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn headers_are_read_strictly() {
        let header = "V11-HMAC-SHA256 Credential=AK/20191115/r/s, SignedHeaders=host, Signature=00";
        let read = Authorization::parse(header).expect("a header");
        assert_eq!((read.access_key, read.scope), ("AK", Some("20191115/r/s")));
        for bad in [
            "",
            "SDK-HMAC-MD5 Access=AK, SignedHeaders=host, Signature=00",
            "V11-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=00",
            "V11-HMAC-SHA256 Credential=AK, SignedHeaders=host, Signature=00",
            "SDK-HMAC-SHA256 Access=AK, Signature=00",
        ] {
            assert!(Authorization::parse(bad).is_err(), "{bad}");
        }
    }
}
