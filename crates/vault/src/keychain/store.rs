//! Puts, reads and deletes one entry with a freshly opened store. Off the async threads, with a deadline.

use std::sync::Arc;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::{SERVICE, Secret, SecretKey, VaultError};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store as SystemStore;
#[cfg(target_os = "windows")]
use windows_native_keyring_store::Store as SystemStore;
#[cfg(target_os = "linux")]
use zbus_secret_service_keyring_store::Store as SystemStore;

/// Opening takes 60 ms and each call a few; ten seconds is a keychain that hangs.
const DEADLINE: Duration = Duration::from_secs(10);

/// What is said where two entries have the same name: which of them is meant cannot be known.
const TWICE: &str = "two entries have the same name";

/// The way to the system's store.
pub(super) struct Store {
    /// A call that hangs cannot be taken back; the next one waits instead of hanging a thread as well.
    turn: Arc<Semaphore>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    pub(super) async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        let value = value.clone();
        self.with(key, move |entry| {
            match entry.set_secret(value.expose().as_bytes()) {
                Err(Error::Ambiguous(twins)) => {
                    delete_all(&twins)?;
                    entry.set_secret(value.expose().as_bytes())
                }
                other => other,
            }
        })
        .await
    }

    pub(super) async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        let bytes = self
            .with(key, |entry| match entry.get_secret() {
                Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
                Err(Error::NoEntry) => Ok(None),
                Err(other) => Err(other),
            })
            .await?;
        let Some(bytes) = bytes else { return Ok(None) };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| VaultError::KeychainFailed("the entry is not text".to_owned()))?;
        Ok(Some(Secret::new(text)))
    }

    pub(super) async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.with(key, |entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(twins)) => delete_all(&twins),
            other => other,
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        key: &SecretKey,
        call: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, VaultError> {
        let turn = Arc::clone(&self.turn);
        let account = key.account().to_owned();
        let work = async move {
            let permit = turn.acquire_owned().await;
            let work = move || {
                let _until_it_is_done = permit;
                call(&SystemStore::new()?.build(SERVICE, &account, None)?)
            };
            spawn_blocking(work).await
        };
        match tokio::time::timeout(DEADLINE, work).await {
            Err(_) => Err(VaultError::KeychainTimedOut(DEADLINE)),
            Ok(Err(_panicked)) => Err(VaultError::KeychainFailed("the store panicked".to_owned())),
            Ok(Ok(result)) => result.map_err(|error| named(&error)),
        }
    }
}

fn delete_all(twins: &[Entry]) -> Result<(), Error> {
    twins
        .iter()
        .try_for_each(|twin| match twin.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            other => other,
        })
}

/// Names an error without what it carries: some variants hold the bytes that were read.
fn named(error: &Error) -> VaultError {
    let text = match error {
        Error::NoStorageAccess(_) => return VaultError::KeychainLocked,
        Error::PlatformFailure(cause) => cause.to_string(),
        Error::TooLong(what, most) => format!("the {what} is longer than {most}"),
        Error::Ambiguous(_) => TWICE.to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the entry is not readable".to_owned(),
        Error::Invalid(what, why) => format!("{what}: {why}"),
        _ => "the store could not be used".to_owned(),
    };
    VaultError::KeychainFailed(text)
}
