//! The algorithms by name, and what each signs with.

use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::push_hex;

/// The algorithms' names, as users and the `Authorization` header write them; the default first.
pub const NAMES: [&str; 5] = [
    "SDK-HMAC-SHA256",
    "V11-HMAC-SHA256",
    "SDK-HMAC-SM3",
    "SDK-ECDSA-P256-SHA256",
    "SDK-SM2-SM3",
];

/// How requests are signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `SDK-HMAC-SHA256`: HMAC keyed with the secret key itself.
    #[default]
    HmacSha256,
    /// `V11-HMAC-SHA256`: HMAC keyed with a key derived for a day, a region and a service.
    Derived(Scope),
    /// `SDK-HMAC-SM3`: as the default, with the hash of GB/T 32905.
    HmacSm3,
    /// `SDK-ECDSA-P256-SHA256`: ECDSA with a key derived from the secret key.
    EcdsaP256Sha256,
    /// `SDK-SM2-SM3`: the signature of GB/T 32918 with a key derived from the secret key.
    Sm2Sm3,
}

/// What a derived key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    region: String,
    service: String,
}

impl Scope {
    /// A region and a service, by the names that the gateway knows them by.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn new(region: &str, service: &str) -> Result<Self, String> {
        for (name, value) in [("region", region), ("service", service)] {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if value.is_empty() || !value.bytes().all(is_name) {
                return Err(format!(
                    "{name} must be a name of letters, digits, '-', '_' and '.'"
                ));
            }
        }
        Ok(Self {
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

impl Algorithm {
    /// The algorithm of a name. The derived one needs a region and a service.
    ///
    /// # Errors
    ///
    /// That there is none, or what it needs.
    pub fn named(name: &str, region: Option<&str>, service: &str) -> Result<Self, String> {
        Ok(match name {
            "SDK-HMAC-SHA256" => Self::HmacSha256,
            "SDK-HMAC-SM3" => Self::HmacSm3,
            "SDK-ECDSA-P256-SHA256" => Self::EcdsaP256Sha256,
            "SDK-SM2-SM3" => Self::Sm2Sm3,
            "V11-HMAC-SHA256" => {
                let region =
                    region.ok_or("V11-HMAC-SHA256 signs for a region: pass region= too")?;
                Self::Derived(Scope::new(region, service)?)
            }
            _ => return Err(format!("signing must be one of {}", NAMES.join(", "))),
        })
    }

    /// The name, as it stands in the string to sign and in the `Authorization` header.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HmacSha256 => "SDK-HMAC-SHA256",
            Self::Derived(_) => "V11-HMAC-SHA256",
            Self::HmacSm3 => "SDK-HMAC-SM3",
            Self::EcdsaP256Sha256 => "SDK-ECDSA-P256-SHA256",
            Self::Sm2Sm3 => "SDK-SM2-SM3",
        }
    }

    /// The algorithm for requests to IAM, which takes no derived signature (as in the vendor's SDK).
    #[must_use]
    pub fn for_iam(&self) -> Self {
        match self {
            Self::Derived(_) => Self::HmacSha256,
            other => other.clone(),
        }
    }

    /// What bodies and canonical requests are hashed with.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        match self {
            Self::HmacSha256 | Self::Derived(_) | Self::EcdsaP256Sha256 => Hash::Sha256,
            Self::HmacSm3 | Self::Sm2Sm3 => Hash::Sm3,
        }
    }

    /// `day/region/service`, for the derived algorithm.
    pub(super) fn scope_on(&self, date: &str) -> Option<String> {
        let Self::Derived(scope) = self else {
            return None;
        };
        let day = date.get(..8).unwrap_or(date);
        Some(format!("{day}/{}/{}", scope.region, scope.service))
    }
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl Hash {
    /// The hash of some bytes, in hexadecimal.
    #[must_use]
    pub fn hex(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(64);
        match self {
            Self::Sha256 => push_hex(&mut text, &Sha256::digest(bytes)),
            Self::Sm3 => push_hex(&mut text, &Sm3::digest(bytes)),
        }
        text
    }

    /// The header that says what stands for an unsigned body.
    #[must_use]
    pub const fn content_header(self) -> &'static str {
        match self {
            Self::Sha256 => "X-Sdk-Content-Sha256",
            Self::Sm3 => "X-Sdk-Content-Sm3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_the_algorithm_that_has_it() {
        for name in NAMES {
            let algorithm = Algorithm::named(name, Some("r-1"), "oms").expect("known");
            assert_eq!(algorithm.name(), name);
        }
        assert_eq!(Algorithm::default().name(), NAMES[0]);
        assert!(Algorithm::named("SDK-HMAC-MD5", None, "oms").is_err());
    }

    #[test]
    fn the_derived_algorithm_needs_a_region_that_fits_into_a_header() {
        for region in [None, Some(""), Some("a/b"), Some("a\nb"), Some("a, b")] {
            assert!(Algorithm::named("V11-HMAC-SHA256", region, "oms").is_err());
        }
    }

    #[test]
    fn the_hash_of_nothing() {
        let sm3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b";
        assert_eq!(Hash::Sm3.hex(b""), sm3);
    }
}
