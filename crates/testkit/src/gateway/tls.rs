//! A self-signed certificate for one test run, and its fingerprint for a client that pins it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::error::{During, TestkitError};

/// For `127.0.0.1` and `localhost`. No system trusts it.
pub struct TestCertificate {
    certificate: PathBuf,
    key: PathBuf,
    der: Vec<u8>,
}

impl TestCertificate {
    /// Makes a key and a certificate and writes both into the folder as PEM.
    pub fn create(folder: &Path) -> Result<Self, TestkitError> {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|error| TestkitError::Other(format!("make a certificate: {error}")))?;
        let certificate = folder.join("certificate.pem");
        let key = folder.join("certificate.key");
        fs::write(&certificate, made.cert.pem()).during("write the certificate")?;
        fs::write(&key, made.signing_key.serialize_pem()).during("write the certificate's key")?;
        Ok(Self {
            certificate,
            key,
            der: made.cert.der().to_vec(),
        })
    }

    pub fn certificate_path(&self) -> &Path {
        &self.certificate
    }

    pub fn key_path(&self) -> &Path {
        &self.key
    }

    /// SHA-256 of the certificate in DER: what a person would pin. Lower-case hex, no colons.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.der)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
