//! The key that signs checkpoints, and the head that is kept beside it: never in the database, for whoever can
//! change that must not be able to sign what they made of it, and must not be able to make the head forget.
//!
//! A desktop keeps both in the system's keychain. A gateway without one keeps them in files that only its user
//! can read. Where they were kept first they stay.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_audit::Hash;
use gatehouse_audit::verify::BreakKind;
use gatehouse_vault::{Place, Secret, SecretKey, SecretStoreState, SecretVault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::private;

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
    /// The 32 secret bytes of the Ed25519 key, where they were made.
    async fn seed(&self) -> Result<Option<Zeroizing<[u8; 32]>>, AuditKeyError>;
    /// Makes the key of a log that has none.
    async fn make_seed(&self) -> Result<Zeroizing<[u8; 32]>, AuditKeyError>;
    /// None where none was kept yet.
    async fn head(&self) -> Result<Option<KeptHead>, AuditKeyError>;
    async fn keep_head(&self, head: &KeptHead) -> Result<(), AuditKeyError>;
    /// The file that tells the end of the log; none where it is told nowhere.
    fn tail(&self) -> Option<PathBuf> {
        None
    }
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
    /// The end of the log is kept in a file beside it, too, which has to be there from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tail: bool,
}

/// A break that was found at a start or at a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBreak {
    pub seq: u64,
    pub at: i64,
    pub text: String,
    /// As answers name it.
    #[serde(default = "rolled_back")]
    pub kind: String,
}

/// What every break was before they were told apart.
fn rolled_back() -> String {
    BreakKind::RolledBack.word().to_owned()
}

/// In the keychain where there is one, else in files beside the state.
pub struct StateKey {
    folder: PathBuf,
    vault: Option<Arc<dyn SecretVault>>,
}

/// What is kept.
#[derive(Clone, Copy)]
enum Kept {
    Seed,
    Head,
}

impl Kept {
    fn name(self) -> &'static str {
        match self {
            Self::Seed => "key",
            Self::Head => "head",
        }
    }
}

/// Says in the folder that both are in the keychain, and under which name: another log's are there as well.
const PLACE_FILE: &str = "keychain";

impl StateKey {
    /// `vault` is asked where it is the keychain's; any other place is no better than a file.
    pub fn new(state_dir: &Path, vault: Option<Arc<dyn SecretVault>>) -> Self {
        Self {
            folder: state_dir.join("audit"),
            vault,
        }
    }

    /// The keychain, if it can be used now.
    async fn keychain(&self) -> Option<&Arc<dyn SecretVault>> {
        let vault = self.vault.as_ref()?;
        let state = vault.state().await;
        (state == SecretStoreState::Ready(Place::Keychain)).then_some(vault)
    }

    async fn get(&self, kept: Kept) -> Result<Option<Zeroizing<String>>, AuditKeyError> {
        let Some(log) = self.read(PLACE_FILE)? else {
            return Ok(self.read(kept.name())?.map(Zeroizing::new));
        };
        // Another key would make everything that was signed look forged, so there is no other place to look.
        let vault = self.keychain().await.ok_or(AuditKeyError::NoKeychain)?;
        let secret = vault.get(&secret_key(&log, kept)?).await?;
        Ok(secret.map(|secret| Zeroizing::new(secret.expose().to_owned())))
    }

    async fn put(&self, kept: Kept, text: &str) -> Result<(), AuditKeyError> {
        match self.read(PLACE_FILE)? {
            Some(log) => {
                let vault = self.keychain().await.ok_or(AuditKeyError::NoKeychain)?;
                vault
                    .put(&secret_key(&log, kept)?, &Secret::new(text))
                    .await?;
                Ok(())
            }
            None => self.write(kept.name(), text),
        }
    }

    /// Decides where the key of a new log is kept.
    async fn place(&self) -> Result<(), AuditKeyError> {
        if self.keychain().await.is_none() {
            return Ok(());
        }
        let mut log = [0; 8];
        getrandom::fill(&mut log).map_err(|_| AuditKeyError::Randomness)?;
        self.write(PLACE_FILE, &format!("{:016x}", u64::from_be_bytes(log)))
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
        let written = private::make_folder(&self.folder)
            .and_then(|()| private::replace(&path, text.as_bytes()));
        written.map_err(|source| AuditKeyError::File { path, source })
    }
}

fn secret_key(log: &str, kept: Kept) -> Result<SecretKey, AuditKeyError> {
    Ok(SecretKey::new(format!(
        "audit/{}/{}",
        log.trim(),
        kept.name()
    ))?)
}

#[async_trait]
impl AuditKey for StateKey {
    async fn seed(&self) -> Result<Option<Zeroizing<[u8; 32]>>, AuditKeyError> {
        let Some(text) = self.get(Kept::Seed).await? else {
            return Ok(None);
        };
        match Hash::from_hex(text.trim()) {
            Some(seed) => Ok(Some(Zeroizing::new(seed.0))),
            None => Err(AuditKeyError::Unreadable("key")),
        }
    }

    async fn make_seed(&self) -> Result<Zeroizing<[u8; 32]>, AuditKeyError> {
        if self.read(PLACE_FILE)?.is_none() {
            self.place().await?;
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|_| AuditKeyError::Randomness)?;
        let text = Zeroizing::new(Hash(*seed).to_hex());
        self.put(Kept::Seed, &text).await?;
        Ok(seed)
    }

    async fn head(&self) -> Result<Option<KeptHead>, AuditKeyError> {
        let Some(text) = self.get(Kept::Head).await? else {
            return Ok(None);
        };
        let head = serde_json::from_str(&text);
        head.map(Some)
            .map_err(|_| AuditKeyError::Unreadable("head"))
    }

    async fn keep_head(&self, head: &KeptHead) -> Result<(), AuditKeyError> {
        let text = serde_json::to_string(head).map_err(|_| AuditKeyError::Unreadable("head"))?;
        self.put(Kept::Head, &text).await
    }

    fn tail(&self) -> Option<PathBuf> {
        Some(self.folder.join("tail"))
    }
}
