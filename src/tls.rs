//! Whom to trust: the machine's certificate store, an own bundle, or bundled roots where there is no store.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The TLS settings of a client: TLS 1.2 and 1.3, certificates verified, HTTP/1.1.
///
/// # Errors
///
/// Says what is wrong with the bundle.
pub fn client_config(ca_bundle: Option<&[u8]>) -> Result<ClientConfig, String> {
    config(match ca_bundle {
        Some(pem) => bundle_roots(pem)?,
        None => machine_roots(),
    })
}

/// TLS settings that trust nobody, for a client that never uses TLS: reading the store takes milliseconds.
///
/// # Errors
///
/// Never for the bundled cryptography.
pub fn unused_config() -> Result<ClientConfig, String> {
    config(RootCertStore::empty())
}

fn config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn bundle_roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| format!("ca_bundle is not PEM: {error:?}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("ca_bundle holds an unusable certificate: {error}"))?;
    }
    if roots.is_empty() {
        return Err("ca_bundle holds no certificate".to_owned());
    }
    Ok(roots)
}

fn machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // A store can hold certificates that rustls does not read; the others still count.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}
