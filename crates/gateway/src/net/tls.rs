//! TLS: a certificate from files, or one that this gateway signs itself and keeps in its state folder. Clients
//! pin the fingerprint, so that one is enough.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::config::Config;
use crate::error::StartError;

/// Encryption that is ready, and how the certificate is recognised.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// SHA-256 of the leaf certificate, hexadecimal, in pairs with colons.
    pub(crate) fingerprint: String,
}

/// Loads or makes the certificate. None when TLS is off.
pub(crate) fn load(config: &Config, state_dir: &Path) -> Result<Option<Tls>, StartError> {
    let wanted = &config.gateway.tls;
    if !wanted.enabled {
        return Ok(None);
    }
    let (cert, key) = match (&wanted.cert_path, &wanted.key_path) {
        (Some(cert), Some(key)) => (cert.clone(), key.clone()),
        (None, None) if wanted.auto_generate != Some(false) => {
            let folder = state_dir.join("tls");
            let (cert, key) = (folder.join("gateway.crt"), folder.join("gateway.key"));
            if !(cert.exists() && key.exists()) {
                make(&folder, &cert, &key)?;
            }
            (cert, key)
        }
        _ => return Err(failed("certPath and keyPath belong together")),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&cert)
        .and_then(Iterator::collect)
        .map_err(|error| failed(format!("{}: {error}", cert.display())))?;
    let key = PrivateKeyDer::from_pem_file(&key)
        .map_err(|error| failed(format!("{}: {error}", key.display())))?;
    let leaf = chain
        .first()
        .ok_or_else(|| failed("there is no certificate in the file"))?;
    let fingerprint = fingerprint(leaf);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| failed(error.to_string()))?;
    Ok(Some(Tls {
        acceptor: TlsAcceptor::from(Arc::new(server)),
        fingerprint,
    }))
}

fn make(folder: &Path, cert_path: &Path, key_path: &Path) -> Result<(), StartError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| failed(error.to_string()))?;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| write_private(key_path, &made.signing_key.serialize_pem()))
        .and_then(|()| write_private(cert_path, &made.cert.pem()));
    written.map_err(|source| StartError::State {
        what: format!(
            "the certificate in {} could not be written",
            folder.display()
        ),
        source,
    })
}

/// Readable by its owner alone. The key is no secret of a person: it protects this address only.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn failed(what: impl Into<String>) -> StartError {
    StartError::Tls(what.into())
}
