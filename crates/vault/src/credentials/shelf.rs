//! Where master keys are kept: with the system's secrets, or in a file that was named for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{CredentialError, MasterKey};
use crate::{Place, Secret, SecretKey, SecretStoreState, SecretVault, VaultError, atomic};

/// Keeps master keys under their ids.
#[async_trait]
pub trait KeyShelf: Send + Sync {
    async fn put(&self, id: &str, key: &MasterKey) -> Result<(), CredentialError>;
    /// None only when the shelf could be read and has none.
    async fn get(&self, id: &str) -> Result<Option<MasterKey>, CredentialError>;
    /// Nothing there is fine.
    async fn delete(&self, id: &str) -> Result<(), CredentialError>;
}

/// With the system's secrets: the keychain, or the encrypted file whose passphrase the person gave, where there
/// is no keychain and the person chose so.
pub struct VaultShelf(Arc<dyn SecretVault>);

impl VaultShelf {
    pub fn new(vault: Arc<dyn SecretVault>) -> Self {
        Self(vault)
    }

    fn key(id: &str) -> Result<SecretKey, CredentialError> {
        Ok(SecretKey::new(format!("credentials/master/{id}"))?)
    }
}

#[async_trait]
impl KeyShelf for VaultShelf {
    async fn put(&self, id: &str, key: &MasterKey) -> Result<(), CredentialError> {
        match self.0.state().await {
            SecretStoreState::Ready(Place::Memory) => return Err(CredentialError::NothingLasts),
            SecretStoreState::Ready(_) => {}
            SecretStoreState::KeychainLocked => return Err(VaultError::KeychainLocked.into()),
            SecretStoreState::ChoiceNeeded { reason } => {
                return Err(VaultError::ChoiceNeeded(reason).into());
            }
            SecretStoreState::PassphraseNeeded { .. } => {
                return Err(VaultError::PassphraseNeeded.into());
            }
        }
        Ok(self.0.put(&Self::key(id)?, &key.to_text()).await?)
    }

    async fn get(&self, id: &str) -> Result<Option<MasterKey>, CredentialError> {
        let Some(text) = self.0.get(&Self::key(id)?).await? else {
            return Ok(None);
        };
        MasterKey::from_text(&text)
            .map(Some)
            .ok_or(CredentialError::WrongKey)
    }

    async fn delete(&self, id: &str) -> Result<(), CredentialError> {
        Ok(self.0.delete(&Self::key(id)?).await?)
    }
}

/// A file for its owner alone, on a machine without a keychain. Whoever reads it and the rows reads every
/// credential, so it is only ever used where somebody named it.
#[derive(Clone)]
pub struct KeyFile {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    format: String,
    keys: BTreeMap<String, Zeroizing<String>>,
}

const FORMAT: &str = "gatehouse-master-keys/1";

impl KeyFile {
    /// The file is made when the first key is put into it.
    pub fn new(path: PathBuf) -> Self {
        tracing::warn!(
            path = %path.display(),
            "the master key of the credentials lies in a file: whoever can read it can read every credential. Keep it off backups and on an encrypted disk, or use a keychain"
        );
        Self { path }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let path = self.path.clone();
        let done = spawn_blocking(move || work(&path)).await;
        done.unwrap_or_else(|error| Err(VaultError::Interrupted(error.to_string()).into()))
    }
}

#[async_trait]
impl KeyShelf for KeyFile {
    async fn put(&self, id: &str, key: &MasterKey) -> Result<(), CredentialError> {
        let (id, text) = (id.to_owned(), key.to_text());
        self.with(move |path| {
            let _lock = lock(path)?;
            let mut body = read(path)?;
            body.keys
                .insert(id, Zeroizing::new(text.expose().to_owned()));
            write(path, &body)
        })
        .await
    }

    async fn get(&self, id: &str) -> Result<Option<MasterKey>, CredentialError> {
        let id = id.to_owned();
        self.with(move |path| {
            let body = read(path)?;
            let Some(text) = body.keys.get(&id) else {
                return Ok(None);
            };
            let key = MasterKey::from_text(&Secret::new(text.as_str()));
            key.map(Some)
                .ok_or_else(|| bad(path, "a key in it is none"))
        })
        .await
    }

    async fn delete(&self, id: &str) -> Result<(), CredentialError> {
        let id = id.to_owned();
        self.with(move |path| {
            let _lock = lock(path)?;
            let mut body = read(path)?;
            match body.keys.remove(&id) {
                Some(_) => write(path, &body),
                None => Ok(()),
            }
        })
        .await
    }
}

/// Held while the file is changed: of two processes that each add a key, neither may leave out the other's.
fn lock(path: &Path) -> Result<File, CredentialError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    Ok(atomic::lock(Path::new(&name))?)
}

fn read(path: &Path) -> Result<Body, CredentialError> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let format = FORMAT.to_owned();
            let keys = BTreeMap::new();
            return Ok(Body { format, keys });
        }
        Err(error) => return Err(atomic::failed("read", path, error).into()),
    };
    if !found.is_file() {
        return Err(bad(path, "it is not a plain file"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0 {
        return Err(bad(
            path,
            "others may read it; make it its owner's alone (chmod 600)",
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| atomic::failed("read", path, error))?;
    let bytes = Zeroizing::new(bytes);
    let body: Body =
        serde_json::from_slice(&bytes).map_err(|_| bad(path, "it holds no master keys"))?;
    if body.format != FORMAT {
        return Err(bad(path, "it is of another format"));
    }
    Ok(body)
}

fn write(path: &Path, body: &Body) -> Result<(), CredentialError> {
    let json = serde_json::to_vec(body).expect("a plain struct always serialises");
    Ok(atomic::replace(path, &Zeroizing::new(json))?)
}

fn bad(path: &Path, problem: &'static str) -> CredentialError {
    CredentialError::KeyFile {
        path: path.to_owned(),
        problem,
    }
}
