//! The signatures of Huawei Cloud's API gateway, as pure functions.
//!
//! All algorithms sign the same canonical request ([`canonical_request`]); they differ in the hash, in the key made of
//! the secret access key, and in what is done with it. Source: the signing guide ("AK/SK Signing and Authentication
//! Algorithm") and the `signer` package of `huaweicloudsdkcore` 3.1.219.

mod algorithm;
mod canonical;
mod elliptic;
mod symmetric;

pub use algorithm::{Algorithm, Hash, NAMES, Scope};
pub use canonical::{
    DATE_HEADER, ToSign, UNSIGNED_PAYLOAD, canonical_request, format_date, percent_encode,
};

use elliptic::EllipticKey;
use symmetric::SymmetricKey;

/// A secret access key made ready, once, for every request that it signs. Wiped when dropped; cannot be printed.
pub struct Signer {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Symmetric(SymmetricKey),
    Elliptic(EllipticKey),
}

impl Signer {
    /// A signer for one access key.
    ///
    /// # Errors
    ///
    /// Where no key can be derived from the secret, which has never been seen to happen.
    pub fn new(
        algorithm: &Algorithm,
        access_key: &str,
        secret_key: &str,
    ) -> Result<Self, &'static str> {
        let (access, secret) = (access_key.as_bytes(), secret_key.as_bytes());
        let key = match algorithm {
            Algorithm::HmacSha256 => Key::Symmetric(SymmetricKey::sha256(secret)),
            Algorithm::HmacSm3 => Key::Symmetric(SymmetricKey::sm3(secret)),
            Algorithm::Derived(_) => Key::Symmetric(SymmetricKey::derived(access, secret)),
            Algorithm::EcdsaP256Sha256 => Key::Elliptic(EllipticKey::p256(access, secret)?),
            Algorithm::Sm2Sm3 => Key::Elliptic(EllipticKey::sm2(access, secret)?),
        };
        Ok(Self {
            algorithm: algorithm.clone(),
            key,
        })
    }

    /// The hash of a body, in hexadecimal.
    #[must_use]
    pub fn body_hash(&self, body: &[u8]) -> String {
        self.algorithm.hash().hex(body)
    }

    /// The value of the `Authorization` header of a request that is dated `date`.
    #[must_use]
    pub fn authorization(&self, access_key: &str, request: &ToSign<'_>, date: &str) -> String {
        let scope = self.algorithm.scope_on(date);
        let text = self.string_to_sign(request, date, scope.as_deref());
        let mut header = String::with_capacity(256);
        header.push_str(self.algorithm.name());
        match &scope {
            Some(scope) => header.extend([" Credential=", access_key, "/", scope]),
            None => header.extend([" Access=", access_key]),
        }
        header.push_str(", SignedHeaders=");
        canonical::push_header_names(&mut header, request.headers);
        header.push_str(", Signature=");
        match &self.key {
            Key::Symmetric(key) => push_hex(&mut header, &key.sign(&text, scope.as_deref())),
            Key::Elliptic(key) => push_hex(&mut header, &key.sign(&text)),
        }
        header
    }

    /// Algorithm, date, scope (where there is one) and the canonical request's hash, a line each.
    fn string_to_sign(&self, request: &ToSign<'_>, date: &str, scope: Option<&str>) -> String {
        let mut text = String::with_capacity(128);
        text.extend([self.algorithm.name(), "\n", date, "\n"]);
        if let Some(scope) = scope {
            text.extend([scope, "\n"]);
        }
        text.push_str(
            &self
                .algorithm
                .hash()
                .hex(canonical_request(request).as_bytes()),
        );
        text
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}, ***)", self.algorithm.name())
    }
}

/// Appends bytes in hexadecimal.
fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.extend(
        bytes.iter().flat_map(|byte| {
            [byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)]))
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS_KEY: &str = "QTWAOYTTINDUT2QVKYUC";
    const SECRET_KEY: &str = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";
    const EMPTY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const DATE: &str = "20191115T033655Z";
    const GUIDE: &str = "service.region.example.com";
    const QUERY: &str = "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0";

    fn authorization(algorithm: &Algorithm, host: &str, query: &str) -> String {
        let headers = headers(host);
        let signer = Signer::new(algorithm, ACCESS_KEY, SECRET_KEY).expect("a key");
        let request = published(query, &headers, EMPTY_HASH);
        signer.authorization(ACCESS_KEY, &request, DATE)
    }

    fn published<'a>(
        query: &'a str,
        headers: &'a [(&'a str, &'a str)],
        body_hash: &'a str,
    ) -> ToSign<'a> {
        ToSign {
            method: "GET",
            path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
            query,
            headers,
            body_hash,
        }
    }

    fn headers(host: &str) -> [(&str, &str); 3] {
        [
            ("content-type", "application/json"),
            ("host", host),
            ("x-sdk-date", DATE),
        ]
    }

    #[test]
    fn the_signing_guides_example() {
        let headers = headers(GUIDE);
        let canonical = canonical_request(&published(QUERY, &headers, EMPTY_HASH));
        assert_eq!(
            Hash::Sha256.hex(canonical.as_bytes()),
            "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
        );
        assert_eq!(
            authorization(&Algorithm::HmacSha256, GUIDE, QUERY),
            "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, \
             Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
        );
    }

    #[test]
    fn the_java_sdks_examples() {
        let plain = authorization(
            &Algorithm::HmacSha256,
            "service.test-region-1.myhuaweicloud.com",
            "",
        );
        assert!(
            plain.ends_with(
                "Signature=4a30e690c3032a1975323588d79e858f188834f91df411a47ada7def6ad8081f"
            ),
            "{plain}"
        );
        let scope = Scope::new("region-id-1", "service").expect("a scope");
        assert_eq!(
            authorization(&Algorithm::Derived(scope), GUIDE, ""),
            "V11-HMAC-SHA256 Credential=QTWAOYTTINDUT2QVKYUC/20191115/region-id-1/service, \
             SignedHeaders=content-type;host;x-sdk-date, \
             Signature=34d69dec633c079bba13e0f72d9788b9431e0291b4a563a3e801c46d10750e29"
        );
    }

    #[test]
    fn a_signer_cannot_be_printed() {
        let signer = Signer::new(&Algorithm::Sm2Sm3, ACCESS_KEY, SECRET_KEY).expect("a key");
        assert_eq!(format!("{signer:?}"), "Signer(SDK-SM2-SM3, ***)");
    }
}
