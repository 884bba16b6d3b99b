//! The keychains of macOS and Windows: always there for a signed-in person, and they prompt by themselves.
//!
//! Written against their documentation and never run here.

use async_trait::async_trait;

use super::store::Store;
use super::{Keychain, Standing};
use crate::{Secret, SecretKey, VaultError};

/// The signed-in person's keychain.
pub(crate) struct SystemKeychain {
    store: Store,
}

impl SystemKeychain {
    pub(crate) fn new() -> Self {
        Self {
            store: Store::new(),
        }
    }
}

#[async_trait]
impl Keychain for SystemKeychain {
    async fn standing(&self) -> Standing {
        Standing::Ready
    }

    async fn unlock(&self) -> Standing {
        Standing::Ready
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.store.put(key, value).await
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        self.store.get(key).await
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.store.delete(key).await
    }
}
