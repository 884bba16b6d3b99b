//! TLS: a certificate from files, or one that this gateway signs itself; where its key is kept is `tls_key`'s. Clients
//! pin the fingerprint, so that one is enough.

use std::path::Path;
use std::sync::Arc;

use gatehouse_vault::SecretVault;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::tls_key::KeptKey;
use crate::config::Config;
use crate::error::StartError;
use crate::private;

/// Encryption that is ready, and how the certificate is recognised.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// SHA-256 of the leaf certificate, hexadecimal, in pairs with colons.
    pub(crate) fingerprint: String,
}

/// Loads or makes the certificate. None when TLS is off.
pub(crate) async fn load(
    config: &Config,
    state_dir: &Path,
    vault: Option<&Arc<dyn SecretVault>>,
) -> Result<Option<Tls>, StartError> {
    let wanted = &config.gateway.tls;
    if !wanted.enabled {
        return Ok(None);
    }
    let (chain, key, of) = match (&wanted.cert_path, &wanted.key_path) {
        (Some(cert), Some(path)) => {
            let key = PrivateKeyDer::from_pem_file(path)
                .map_err(|error| failed(format!("{}: {error}", path.display())))?;
            let of = format!(
                "the certificate {} and the key {}",
                cert.display(),
                path.display()
            );
            (chain_of(cert)?, key, of)
        }
        (None, None) if wanted.auto_generate != Some(false) => {
            let (chain, key) = own(state_dir, vault).await?;
            let cert = state_dir.join("tls").join("gateway.crt");
            let of = format!(
                "the certificate {} that was made here and its key; without that file both are made anew, which clients \
                 have to trust",
                cert.display()
            );
            (chain, key, of)
        }
        _ => return Err(failed("certPath and keyPath belong together")),
    };
    let leaf = chain
        .first()
        .ok_or_else(|| failed(format!("{of}: there is no certificate in the file")))?;
    let fingerprint = fingerprint(leaf);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| failed(unusable(&of, &error)))?;
    Ok(Some(Tls {
        acceptor: TlsAcceptor::from(Arc::new(server)),
        fingerprint,
    }))
}

/// Why a certificate and a key are not served with, in words that name both files.
fn unusable(of: &str, error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => format!("{of} do not belong together"),
        error => format!("{of} cannot be used: {error}"),
    }
}

/// The certificate that this gateway signs itself, made where there is none.
async fn own(
    state_dir: &Path,
    vault: Option<&Arc<dyn SecretVault>>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), StartError> {
    let folder = state_dir.join("tls");
    let kept = KeptKey {
        folder: &folder,
        vault,
    };
    let cert = folder.join("gateway.crt");
    if cert.exists() {
        make_private(&folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
    }
    let known = match cert.exists() {
        true => kept
            .get()
            .await
            .map_err(|error| failed(error.to_string()))?,
        false => None,
    };
    let pem = match known {
        Some(pem) => pem,
        None => make(&kept, &cert).await?,
    };
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|error| failed(format!("the key of {}: {error}", cert.display())))?;
    Ok((chain_of(&cert)?, key))
}

async fn make(kept: &KeptKey<'_>, cert: &Path) -> Result<Zeroizing<String>, StartError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|error| failed(error.to_string()))?;
    let unwritten = |source| StartError::State {
        what: format!("the certificate {} could not be written", cert.display()),
        source,
    };
    make_private(kept.folder).map_err(unwritten)?;
    let key = Zeroizing::new(made.signing_key.serialize_pem());
    // Whoever is interrupted between the two begins anew, since there is no certificate yet.
    kept.put(&key)
        .await
        .map_err(|error| failed(error.to_string()))?;
    private::replace(cert, made.cert.pem().as_bytes()).map_err(unwritten)?;
    Ok(key)
}

/// A folder for its owner alone, also where it is there already.
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn chain_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| failed(format!("{}: {error}", path.display())))
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn failed(what: impl Into<String>) -> StartError {
    StartError::Tls(what.into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_certificate_and_a_key_that_do_not_fit_are_both_named() {
        let state = tempfile::tempdir().unwrap();
        let make = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (state.path().join("one.crt"), state.path().join("two.key"));
        std::fs::write(&cert, make().cert.pem()).unwrap();
        std::fs::write(&key, make().signing_key.serialize_pem()).unwrap();
        let mut config = Config::default();
        config.gateway.tls.enabled = true;
        config.gateway.tls.cert_path = Some(cert);
        config.gateway.tls.key_path = Some(key);
        let refused = load(&config, state.path(), None).await.err().unwrap();
        let words = refused.to_string();
        for part in ["one.crt", "two.key", "do not belong together"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }

    #[tokio::test]
    async fn the_folder_of_the_key_is_its_owners_alone_also_when_an_earlier_one_was_not() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("tls");
        let mode = || std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        own(state.path(), None).await.unwrap();
        assert_eq!(mode(), 0o700);
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        own(state.path(), None).await.unwrap();
        assert_eq!(mode(), 0o700);
    }
}
