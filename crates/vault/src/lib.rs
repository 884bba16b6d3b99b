//! Secrets: where they are kept, how they travel, and how they stay out of a log.
//!
//! A secret lives in the operating system's keychain. Where there is none the person chooses: a file
//! encrypted with a passphrase, or memory only. There is no plain file, and no choice is made silently.
//! This crate knows nothing of gateways beyond the names of their secrets, and shows nothing to anyone.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod atomic;
pub mod credentials;
mod error;
mod file;
mod key;
mod keychain;
mod ledger;
mod memory;
pub mod process;
mod redact;
mod secret;
mod state;
mod system;

use async_trait::async_trait;
use tokio::sync::watch;

pub use error::{Damage, VaultError};
pub use file::KdfCost;
pub use key::{GatewaySecret, SERVICE, SecretKey};
pub use memory::MemoryVault;
pub use redact::{REDACTED, RedactingStream, RedactingWriter, Redactor};
pub use secret::Secret;
pub use state::{Choice, ChoiceReason, Place, SecretStoreState};
pub use system::SystemVault;

/// Keeps secrets. Every call may take as long as a keychain takes; none blocks the async threads.
#[async_trait]
pub trait SecretVault: Send + Sync {
    /// How things stand now. Asks the keychain, but never makes the system prompt the person.
    async fn state(&self) -> SecretStoreState;

    /// Decides where secrets live from now on, and moves those that can be read. Remembered over
    /// restarts. An encrypted file needs a passphrase: with one that does not open a file that exists
    /// the answer is [`VaultError::WrongPassphrase`] and nothing has changed.
    async fn choose(
        &self,
        choice: Choice,
        passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError>;

    /// Opens what is locked: the file with its passphrase, the keychain with the system's own prompt
    /// (which may wait for the person). A wrong passphrase is a state, not an error.
    async fn unlock(&self, passphrase: Option<Secret>) -> Result<SecretStoreState, VaultError>;

    /// Keeps `value` under `key`, in place of what was there.
    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError>;

    /// What is kept under `key`. `None` only when the place was readable and has nothing:
    /// a locked place answers with an error.
    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError>;

    /// Forgets what is kept under `key`, also where an earlier choice left a copy. Nothing there is fine.
    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError>;

    /// Forgets what is kept under a key that is never used again: where its place cannot be reached now, as soon as it
    /// can.
    async fn delete_for_good(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.delete(key).await
    }

    /// Where secrets are kept, whether that can be reached now or not: the person's choice, else the keychain.
    /// None where the record of the choice cannot be read. Asks nobody.
    fn place(&self) -> Option<Place>;

    /// How things stood when it was last seen, told by every call; none before the first. Whoever waits for a
    /// keychain that comes back learns it here.
    fn standing(&self) -> watch::Receiver<Option<SecretStoreState>>;
}
