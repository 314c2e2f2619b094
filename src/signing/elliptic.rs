//! The two algorithms with elliptic curves. Both parties derive the private key from the secret access key.

use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer as _;
use sha2::Sha256;
use sm3::Sm3;
use zeroize::Zeroizing;

/// SM2's default for who signs (GB/T 35276).
const SIGNER_ID: &str = "1234567812345678";

/// The order of each curve's group, less two: a derived number may not be larger.
const P256_LIMIT: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];
const SM2_LIMIT: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x21,
];

/// A private key.
pub(super) enum EllipticKey {
    P256(Box<p256::ecdsa::SigningKey>),
    Sm2(Sm2Key),
}

/// A key that wipes itself when it is dropped, which SM2's own does not.
pub(super) struct Sm2Key(Box<sm2::dsa::SigningKey>);

impl Drop for Sm2Key {
    fn drop(&mut self) {
        if let Ok(public) = sm2_key(&one()) {
            *self.0 = public;
            std::hint::black_box(&self.0);
        }
    }
}

impl EllipticKey {
    pub(super) fn p256(access: &[u8], secret: &[u8]) -> Result<Self, &'static str> {
        let name = b"SDK-ECDSA-P256-SHA256";
        let scalar = derive::<Hmac<Sha256>>(name, access, secret, &P256_LIMIT)?;
        p256::ecdsa::SigningKey::from_slice(&*scalar)
            .map(|key| Self::P256(Box::new(key)))
            .map_err(|_| UNUSABLE)
    }

    pub(super) fn sm2(access: &[u8], secret: &[u8]) -> Result<Self, &'static str> {
        let scalar = derive::<Hmac<Sm3>>(b"SDK-SM2-SM3", access, secret, &SM2_LIMIT)?;
        Ok(Self::Sm2(Sm2Key(Box::new(sm2_key(&scalar)?))))
    }

    /// The signature of a text, in DER. Its random number is derived from text and key (RFC 6979).
    pub(super) fn sign(&self, text: &str) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(text.as_bytes());
                der(&signature.to_bytes())
            }
            Self::Sm2(key) => der(&key.0.sign(text.as_bytes()).to_bytes()),
        }
    }
}

const UNUSABLE: &str = "no signing key can be derived from this secret key";

fn sm2_key(scalar: &[u8; 32]) -> Result<sm2::dsa::SigningKey, &'static str> {
    sm2::dsa::SigningKey::from_slice(SIGNER_ID, scalar).map_err(|_| UNUSABLE)
}

const fn one() -> [u8; 32] {
    let mut one = [0; 32];
    one[31] = 1;
    one
}

/// The private key of a secret access key: the first candidate that is small enough, plus one (the key derivation of
/// NIST SP 800-108, as in `SigV4A` of AWS).
fn derive<M: KeyInit + Mac>(
    name: &[u8],
    access: &[u8],
    secret: &[u8],
    limit: &[u8; 32],
) -> Result<Zeroizing<[u8; 32]>, &'static str>
where
    [u8; 32]: From<hmac::digest::Output<M>>,
{
    for counter in 0..u8::MAX {
        let mut mac = <M as KeyInit>::new_from_slice(secret).map_err(|_| UNUSABLE)?;
        mac.update(&1_u32.to_be_bytes());
        mac.update(name);
        mac.update(&[0]);
        mac.update(access);
        mac.update(&[counter]);
        mac.update(&256_u32.to_be_bytes());
        let mut candidate = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        if candidate.as_slice() <= limit.as_slice() {
            add_one(&mut candidate);
            return Ok(candidate);
        }
    }
    Err(UNUSABLE)
}

/// Adds one to a number that is not the largest.
fn add_one(number: &mut [u8; 32]) {
    for byte in number.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
}

/// Two numbers of equal length as a DER sequence of two integers.
fn der(numbers: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(70);
    for number in numbers.chunks(32) {
        let start = number
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(number.len() - 1);
        let digits = &number[start..];
        let sign = digits[0] >= 0x80;
        content.push(2);
        // At most 33 bytes.
        content.push(u8::try_from(digits.len()).unwrap_or(u8::MAX) + u8::from(sign));
        if sign {
            content.push(0);
        }
        content.extend_from_slice(digits);
    }
    let mut sequence = vec![0x30, u8::try_from(content.len()).unwrap_or(u8::MAX)];
    sequence.append(&mut content);
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_integers_are_short_and_positive() {
        let mut numbers = [0; 64];
        numbers[31] = 5;
        numbers[32] = 0x80;
        let encoded = der(&numbers);
        assert_eq!(encoded[..7], [0x30, 38, 2, 1, 5, 2, 33]);
        assert_eq!(encoded[7..9], [0, 0x80]);
        assert_eq!(encoded.len(), 40);
        assert_eq!(der(&[0; 64]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn one_carries_over() {
        let mut number = [0xff; 32];
        number[0] = 1;
        add_one(&mut number);
        assert_eq!((number[0], number[31]), (2, 0));
    }

    #[test]
    fn a_dropped_sm2_key_is_overwritten_by_a_usable_one() {
        assert!(sm2_key(&one()).is_ok());
    }
}
