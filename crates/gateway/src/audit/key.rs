//! The key that signs checkpoints, and the head that is kept beside it: never in the database, for whoever can
//! change that must not be able to sign what they made of it, and must not be able to make the head forget.
//!
//! A desktop keeps both in the system's keychain. A gateway without one keeps them in files that only its user
//! can read. Where they were kept first they stay.
//!
//! The keychain knows by the state folder which log is in it: whoever can write that folder alone cannot make the gateway
//! take another log for a new one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gatehouse_audit::verify::BreakKind;
use gatehouse_audit::{Hash, leaf_hash};
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
    /// What is kept of a log that was here, and of which nothing is left beside it; none where there was no such log.
    async fn former(&self) -> Result<Option<KeptHead>, AuditKeyError> {
        Ok(None)
    }
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
    /// How many starts of the gateway have told the end of the log: an end of an earlier one is not the last.
    #[serde(default, skip_serializing_if = "is_none")]
    pub starts: u64,
    /// How many signed records the logs had that were here before.
    #[serde(default, skip_serializing_if = "is_none")]
    pub former: u64,
}

fn is_none(number: &u64) -> bool {
    *number == 0
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
    state_dir: PathBuf,
    folder: PathBuf,
    vault: Option<Arc<dyn SecretVault>>,
    /// Which log in the keychain it is, once that is known.
    log: Mutex<Option<String>>,
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
            state_dir: state_dir.to_owned(),
            folder: state_dir.join("audit"),
            vault,
            log: Mutex::default(),
        }
    }

    /// The keychain, if it can be used now.
    async fn keychain(&self) -> Option<&Arc<dyn SecretVault>> {
        let vault = self.vault.as_ref()?;
        let state = vault.state().await;
        (state == SecretStoreState::Ready(Place::Keychain)).then_some(vault)
    }

    /// Which log in the keychain it is; none where it is not there.
    async fn log(&self) -> Result<Option<String>, AuditKeyError> {
        if let Some(log) = self.known() {
            return Ok(Some(log));
        }
        let said = self.read(PLACE_FILE)?.map(|log| log.trim().to_owned());
        let Some(vault) = self.keychain().await else {
            // Another key would make everything that was signed look forged, so there is no other place to look.
            return said.map_or(Ok(None), |_| Err(AuditKeyError::NoKeychain));
        };
        // A folder that was moved says which log it has. One that names none that there is, or nothing, is not asked.
        if let Some(log) = &said
            && let Ok(seed) = secret_key(log, Kept::Seed)
            && vault.get(&seed).await?.is_some()
        {
            self.know(log);
            return Ok(said);
        }
        let here = vault.get(&self.here()?).await?;
        let Some(here) = here.map(|log| log.expose().to_owned()) else {
            return Ok(said);
        };
        self.know(&here);
        Ok(Some(here))
    }

    fn known(&self) -> Option<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }

    fn know(&self, log: &str) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(log.to_owned());
    }

    /// What the keychain keeps under the state folder's own name: which log is there.
    fn here(&self) -> Result<SecretKey, AuditKeyError> {
        let folder = std::fs::canonicalize(&self.state_dir)
            .or_else(|_| std::path::absolute(&self.state_dir))
            .unwrap_or_else(|_| self.state_dir.clone());
        let hash = leaf_hash(folder.as_os_str().as_encoded_bytes()).to_hex();
        Ok(SecretKey::new(format!("audit/folder/{}", &hash[..32]))?)
    }

    async fn get(&self, kept: Kept) -> Result<Option<Zeroizing<String>>, AuditKeyError> {
        let Some(log) = self.log().await? else {
            return Ok(self.read(kept.name())?.map(Zeroizing::new));
        };
        let vault = self.keychain().await.ok_or(AuditKeyError::NoKeychain)?;
        let secret = vault.get(&secret_key(&log, kept)?).await?;
        Ok(secret.map(|secret| Zeroizing::new(secret.expose().to_owned())))
    }

    async fn put(&self, kept: Kept, text: &str) -> Result<(), AuditKeyError> {
        let Some(log) = self.log().await? else {
            return self.write(kept.name(), text);
        };
        let vault = self.keychain().await.ok_or(AuditKeyError::NoKeychain)?;
        vault
            .put(&secret_key(&log, kept)?, &Secret::new(text))
            .await?;
        self.stay(&**vault, &log).await
    }

    /// Says on both sides where the log is, where one of them does not say it: an earlier version told the folder alone,
    /// and what is in the folder can be taken away.
    async fn stay(&self, vault: &dyn SecretVault, log: &str) -> Result<(), AuditKeyError> {
        let here = self.here()?;
        let known = vault.get(&here).await?;
        if known.is_none_or(|known| known.expose() != log) {
            vault.put(&here, &Secret::new(log)).await?;
        }
        if self.read(PLACE_FILE)?.is_none_or(|said| said.trim() != log) {
            self.write(PLACE_FILE, log)?;
        }
        Ok(())
    }

    /// Decides where the key of a new log is kept.
    async fn place(&self) -> Result<(), AuditKeyError> {
        let Some(vault) = self.keychain().await else {
            return Ok(());
        };
        let mut log = [0; 8];
        getrandom::fill(&mut log).map_err(|_| AuditKeyError::Randomness)?;
        let log = format!("{:016x}", u64::from_be_bytes(log));
        self.stay(&**vault, &log).await?;
        self.know(&log);
        Ok(())
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

    async fn former(&self) -> Result<Option<KeptHead>, AuditKeyError> {
        let Some(vault) = self.keychain().await else {
            return Ok(None);
        };
        let is_here = vault.get(&self.here()?).await?.is_some();
        if !is_here || self.read(PLACE_FILE)?.is_some() {
            return Ok(None);
        }
        self.head().await
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
