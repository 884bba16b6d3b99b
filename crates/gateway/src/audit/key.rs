//! The key that signs checkpoints, and the head that is kept beside it: never in the database, for whoever can
//! change that must not be able to sign what they made of it, and must not be able to make the head forget.
//!
//! A desktop keeps both in the system's keychain. A gateway without one keeps them in files that only its user
//! can read. Where they were kept first they stay.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_vault::{Place, Secret, SecretKey, SecretStoreState, SecretVault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum AuditKeyError {
    #[error("the key of the audit is in the keychain, which cannot be used now")]
    NoKeychain,
    #[error("the keychain failed: {0}")]
    Vault(#[from] gatehouse_vault::VaultError),
    #[error("{path} cannot be used: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("what is kept as {0} is not what was put there")]
    Unreadable(&'static str),
    #[error("the system gives no randomness")]
    Randomness,
}

/// Keeps the key and the head.
#[async_trait]
pub trait AuditKey: Send + Sync {
    /// The 32 secret bytes of the Ed25519 key, made when they are first asked for.
    async fn seed(&self) -> Result<Zeroizing<[u8; 32]>, AuditKeyError>;
    async fn head(&self) -> Result<KeptHead, AuditKeyError>;
    async fn keep_head(&self, head: &KeptHead) -> Result<(), AuditKeyError>;
}

/// How far the log had been signed, and what was found wrong since: that is not forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHead {
    pub size: u64,
    /// In hexadecimal; empty before the first checkpoint.
    #[serde(default)]
    pub root: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<KeptBreak>,
}

/// A break that was found at a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBreak {
    pub seq: u64,
    pub at: i64,
    pub text: String,
}

/// In the keychain where there is one, else in files beside the state.
pub struct StateKey {
    folder: PathBuf,
    vault: Option<Arc<dyn SecretVault>>,
}

const SEED: &str = "audit/key";
const HEAD: &str = "audit/head";

/// Says in the folder where the key is.
const PLACE_FILE: &str = "place";
const KEYCHAIN: &str = "keychain";

impl StateKey {
    /// `vault` is asked where it is the keychain's; any other place is no better than a file.
    pub fn new(state_dir: &Path, vault: Option<Arc<dyn SecretVault>>) -> Self {
        Self {
            folder: state_dir.join("audit"),
            vault,
        }
    }

    /// The keychain, where the key is or is going to be there.
    async fn keychain(&self) -> Result<Option<&Arc<dyn SecretVault>>, AuditKeyError> {
        if self.read("key")?.is_some() {
            return Ok(None);
        }
        let chosen = self
            .read(PLACE_FILE)?
            .is_some_and(|place| place == KEYCHAIN);
        let ready = match &self.vault {
            Some(vault) => {
                let state = vault.state().await;
                (state == SecretStoreState::Ready(Place::Keychain)).then_some(vault)
            }
            None => None,
        };
        match ready {
            Some(vault) => Ok(Some(vault)),
            // Another key would make everything that was signed look forged.
            None if chosen => Err(AuditKeyError::NoKeychain),
            None => Ok(None),
        }
    }

    async fn get(&self, name: &'static str) -> Result<Option<Zeroizing<String>>, AuditKeyError> {
        let kept = match self.keychain().await? {
            Some(vault) => {
                let kept = vault.get(&secret_key(name)?).await?;
                kept.map(|secret| secret.expose().to_owned())
            }
            None => self.read(file_name(name))?,
        };
        Ok(kept.map(Zeroizing::new))
    }

    async fn put(&self, name: &'static str, text: &str) -> Result<(), AuditKeyError> {
        match self.keychain().await? {
            Some(vault) => {
                vault.put(&secret_key(name)?, &Secret::new(text)).await?;
                self.write(PLACE_FILE, KEYCHAIN)
            }
            None => self.write(file_name(name), text),
        }
    }

    fn read(&self, name: &str) -> Result<Option<String>, AuditKeyError> {
        let path = self.folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(AuditKeyError::File { path, source }),
        }
    }

    /// Replaces the file whole, for its owner alone.
    fn write(&self, name: &str, text: &str) -> Result<(), AuditKeyError> {
        let path = self.folder.join(name);
        let written = write_private(&self.folder, &path, text.as_bytes());
        written.map_err(|source| AuditKeyError::File { path, source })
    }
}

fn write_private(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let fresh = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

fn file_name(name: &'static str) -> &'static str {
    name.rsplit('/').next().unwrap_or(name)
}

fn secret_key(name: &str) -> Result<SecretKey, AuditKeyError> {
    Ok(SecretKey::new(name)?)
}

#[async_trait]
impl AuditKey for StateKey {
    async fn seed(&self) -> Result<Zeroizing<[u8; 32]>, AuditKeyError> {
        if let Some(text) = self.get(SEED).await? {
            let hash = gatehouse_audit::Hash::from_hex(text.trim());
            return match hash {
                Some(seed) => Ok(Zeroizing::new(seed.0)),
                None => Err(AuditKeyError::Unreadable(SEED)),
            };
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| AuditKeyError::Randomness)?;
        let text = Zeroizing::new(gatehouse_audit::Hash(*seed).to_hex());
        self.put(SEED, &text).await?;
        Ok(seed)
    }

    async fn head(&self) -> Result<KeptHead, AuditKeyError> {
        let Some(text) = self.get(HEAD).await? else {
            return Ok(KeptHead::default());
        };
        serde_json::from_str(&text).map_err(|_| AuditKeyError::Unreadable(HEAD))
    }

    async fn keep_head(&self, head: &KeptHead) -> Result<(), AuditKeyError> {
        let text = serde_json::to_string(head).map_err(|_| AuditKeyError::Unreadable(HEAD))?;
        self.put(HEAD, &text).await
    }
}
