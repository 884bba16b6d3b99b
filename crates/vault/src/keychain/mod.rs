//! The operating system's keychain: asked how it stands before it is used, opened anew for every use.
//!
//! The reasons, all seen with gnome-keyring: a store that is held over a restart of the daemon fails for
//! ever; a locked one answers a read with "no such entry" as if nothing had been saved; and the calls block,
//! for as long as a person takes to answer a prompt.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod native;
mod store;

use async_trait::async_trait;

#[cfg(target_os = "linux")]
pub(crate) use linux::SystemKeychain;
#[cfg(not(target_os = "linux"))]
pub(crate) use native::SystemKeychain;

use crate::{ChoiceReason, Secret, SecretKey, VaultError};

/// How the keychain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    Locked,
    Absent(ChoiceReason),
}

/// A keychain.
#[async_trait]
pub(crate) trait Keychain: Send + Sync {
    /// Asks how it stands; never makes the system prompt.
    async fn standing(&self) -> Standing;
    /// Makes the system prompt where it is locked, and waits for the person's answer.
    async fn unlock(&self) -> Standing;
    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError>;
    /// None only when the keychain was unlocked before and after it said so.
    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError>;
    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError>;
}
