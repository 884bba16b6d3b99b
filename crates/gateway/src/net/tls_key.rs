//! The private key of a certificate that was made here: in the keychain where there is one, else in a file for its
//! owner alone, beside the certificate. A key in a file moves into the keychain at the next start that has one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_vault::{Place, Secret, SecretKey, SecretStoreState, SecretVault, VaultError};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::private;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyError {
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "the key of the certificate is in the keychain, which cannot be opened: unlock it, or delete the folder \
         {} to have another certificate, which clients have to trust anew", .0.display()
    )]
    NoKeychain(PathBuf),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Where the key of one folder's certificate is.
pub(super) struct KeptKey<'a> {
    pub(super) folder: &'a Path,
    pub(super) vault: Option<&'a Arc<dyn SecretVault>>,
}

impl KeptKey<'_> {
    /// The key as PEM, where one was made.
    pub(super) async fn get(&self) -> Result<Option<Zeroizing<String>>, KeyError> {
        if let Some(name) = self.read(&self.marker())? {
            let gone = || KeyError::NoKeychain(self.folder.to_owned());
            let vault = self.keychain().await.ok_or_else(gone)?;
            let secret = vault.get(&key_of(&name)?).await?;
            return Ok(secret.map(|secret| Zeroizing::new(secret.expose().to_owned())));
        }
        let Some(text) = self.read(&self.file())?.map(Zeroizing::new) else {
            return Ok(None);
        };
        if self.keychain().await.is_some() {
            self.put(&text).await?;
        }
        Ok(Some(text))
    }

    /// Keeps a new one. What is in the keychain is nowhere else.
    pub(super) async fn put(&self, pem: &str) -> Result<(), KeyError> {
        let Some(vault) = self.keychain().await else {
            return self.write(&self.file(), pem);
        };
        let name = Uuid::new_v4().to_string();
        vault.put(&key_of(&name)?, &Secret::new(pem)).await?;
        self.write(&self.marker(), &name)?;
        match std::fs::remove_file(self.file()) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(KeyError::File {
                path: self.file(),
                source,
            }),
            _ => Ok(()),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("gateway.key")
    }

    /// Says that the key is in the keychain, and under which name.
    fn marker(&self) -> PathBuf {
        self.folder.join("gateway.key-name")
    }

    async fn keychain(&self) -> Option<&Arc<dyn SecretVault>> {
        let vault = self.vault?;
        let ready = vault.state().await == SecretStoreState::Ready(Place::Keychain);
        ready.then_some(vault)
    }

    fn read(&self, path: &Path) -> Result<Option<String>, KeyError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), KeyError> {
        private::replace(path, text.as_bytes()).map_err(|source| KeyError::File {
            path: path.to_owned(),
            source,
        })
    }
}

fn key_of(name: &str) -> Result<SecretKey, VaultError> {
    SecretKey::new(format!("tls/{}", name.trim()))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use gatehouse_vault::{Choice, MemoryVault};

    use super::*;

    /// A keychain that is there, or locked.
    struct Keychain {
        kept: MemoryVault,
        locked: bool,
    }

    #[async_trait]
    impl SecretVault for Keychain {
        async fn state(&self) -> SecretStoreState {
            match self.locked {
                true => SecretStoreState::KeychainLocked,
                false => SecretStoreState::Ready(Place::Keychain),
            }
        }

        async fn choose(
            &self,
            choice: Choice,
            passphrase: Option<Secret>,
        ) -> Result<SecretStoreState, VaultError> {
            self.kept.choose(choice, passphrase).await
        }

        async fn unlock(&self, secret: Option<Secret>) -> Result<SecretStoreState, VaultError> {
            self.kept.unlock(secret).await
        }

        async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
            self.kept.put(key, value).await
        }

        async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
            self.kept.get(key).await
        }

        async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
            self.kept.delete(key).await
        }

        fn place(&self) -> Option<Place> {
            Some(Place::Keychain)
        }

        fn standing(&self) -> tokio::sync::watch::Receiver<Option<SecretStoreState>> {
            self.kept.standing()
        }
    }

    fn keychain(locked: bool) -> Arc<dyn SecretVault> {
        let kept = MemoryVault::default();
        Arc::new(Keychain { kept, locked })
    }

    fn in_files(folder: &Path, text: &str) -> bool {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .any(|file| file.contains(text))
    }

    #[tokio::test]
    async fn where_there_is_a_keychain_the_key_is_there_and_in_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let vault = keychain(false);
        let without = KeptKey {
            folder: folder.path(),
            vault: None,
        };
        assert!(without.get().await.unwrap().is_none());
        without.put("PEM").await.unwrap();
        assert!(in_files(folder.path(), "PEM"));
        let with = KeptKey {
            folder: folder.path(),
            vault: Some(&vault),
        };
        for _ in 0..2 {
            assert_eq!(with.get().await.unwrap().unwrap().as_str(), "PEM");
            assert!(!in_files(folder.path(), "PEM"), "it has moved");
        }
    }

    #[tokio::test]
    async fn a_key_in_a_locked_keychain_is_missed_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let vault = keychain(false);
        let kept = KeptKey {
            folder: folder.path(),
            vault: Some(&vault),
        };
        kept.put("PEM").await.unwrap();
        let locked = keychain(true);
        let kept = KeptKey {
            folder: folder.path(),
            vault: Some(&locked),
        };
        let error = kept.get().await.unwrap_err().to_string();
        assert!(error.contains("unlock it"), "{error}");
    }
}
