//! Secrets in memory: the person's choice where nothing else will do, and the double that tests use.
//!
//! Nothing is written anywhere; the values are wiped when they are dropped.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{Choice, Place, Secret, SecretKey, SecretStoreState, SecretVault, VaultError};

/// A vault that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryVault {
    entries: Mutex<BTreeMap<SecretKey, Secret>>,
}

impl MemoryVault {
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<SecretKey, Secret>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SecretVault for MemoryVault {
    async fn state(&self) -> SecretStoreState {
        SecretStoreState::Ready(Place::Memory)
    }

    async fn choose(
        &self,
        _choice: Choice,
        _passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        Ok(self.state().await)
    }

    async fn unlock(&self, _passphrase: Option<Secret>) -> Result<SecretStoreState, VaultError> {
        Ok(self.state().await)
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.entries().insert(key.clone(), value.clone());
        Ok(())
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        Ok(self.entries().get(key).cloned())
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.entries().remove(key);
        Ok(())
    }

    fn place(&self) -> Option<Place> {
        Some(Place::Memory)
    }

    fn standing(&self) -> watch::Receiver<Option<SecretStoreState>> {
        let ready = SecretStoreState::Ready(Place::Memory);
        watch::channel(Some(ready)).1
    }
}
