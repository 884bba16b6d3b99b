//! Devices that were paired, what they may do, and those that ask to be. Of a token only its hash is kept.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use crate::{Millis, Result};

/// A paired device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The hex SHA-256 of its public key.
    pub id: String,
    /// base64url without padding.
    pub public_key: String,
    pub name: Option<String>,
    pub approved_at: Millis,
    pub last_seen_at: Option<Millis>,
    /// Roles, scopes, platform and such.
    pub json: String,
}

/// What a device proves itself with, in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceToken {
    pub device: String,
    pub role: String,
    /// Of the token; the token itself is nowhere.
    pub hash: String,
    /// As JSON.
    pub scopes: String,
    pub created_at: Millis,
    pub rotated_at: Option<Millis>,
    pub revoked_at: Option<Millis>,
    pub last_used_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingState {
    Pending,
    Approved,
    Rejected,
    Expired,
    /// A later request of the same device took its place.
    Superseded,
}

/// A request to be paired, or for wider scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingRecord {
    pub id: String,
    pub device: String,
    pub state: PairingState,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub settled_at: Option<Millis>,
    pub json: String,
}

/// How long what became of a setup code can be asked after its time.
pub const SETUP_CODE_KEPT_MS: Millis = 20 * 60 * 1000;

#[async_trait]
pub trait DeviceStore: Send + Sync {
    /// In the order they were approved.
    async fn devices(&self) -> Result<Vec<DeviceRecord>>;
    async fn device(&self, id: &str) -> Result<Option<DeviceRecord>>;
    /// Adds a device or replaces the one of its id; its tokens stay. Here and below, what the audit says of a change is
    /// written in one step with it, where there was one.
    async fn device_put(&self, device: DeviceRecord, audit: Option<Draft>) -> Result<()>;
    async fn device_seen(&self, id: &str, at: Millis) -> Result<()>;
    /// Forgets a device with its tokens. Says whether there was one.
    async fn device_remove(&self, id: &str, audit: Option<Draft>) -> Result<bool>;

    /// Adds a token, or replaces the one of the same device and role.
    async fn device_token_put(&self, token: DeviceToken, audit: Option<Draft>) -> Result<()>;
    async fn device_tokens(&self, device: &str) -> Result<Vec<DeviceToken>>;
    /// The token of that hash, revoked or not.
    async fn device_token_by_hash(&self, hash: &str) -> Result<Option<DeviceToken>>;
    async fn device_token_used(&self, device: &str, role: &str, at: Millis) -> Result<()>;
    /// Says whether there was one that was not revoked yet.
    async fn device_token_revoke(
        &self,
        device: &str,
        role: &str,
        at: Millis,
        audit: Option<Draft>,
    ) -> Result<bool>;

    /// Adds a request; a pending one of the same device is superseded. Gives the ids of those that were.
    async fn pairing_put(&self, request: PairingRecord) -> Result<Vec<String>>;
    async fn pairing(&self, id: &str) -> Result<Option<PairingRecord>>;
    /// Those that wait and have not expired, the oldest first.
    async fn pairings_pending(&self, now: Millis) -> Result<Vec<PairingRecord>>;
    /// Settles a request that waits and has not expired at `at`, in one step with pairing `device` where one
    /// is given. None where something was first.
    async fn pairing_settle(
        &self,
        id: &str,
        state: PairingState,
        at: Millis,
        device: Option<DeviceRecord>,
        audit: Option<Draft>,
    ) -> Result<Option<PairingRecord>>;

    /// Keeps the hash of a setup code.
    async fn setup_code_put(
        &self,
        hash: &str,
        expires_at: Millis,
        json: &str,
        audit: Option<Draft>,
    ) -> Result<()>;
    /// Takes a setup code that has not expired, for one device: no other can have it then, and the same one can take it
    /// again until its time is over, or until it was removed or its token revoked or rotated. Gives its JSON, an
    /// object.
    async fn setup_code_take(
        &self,
        hash: &str,
        device: &str,
        now: Millis,
    ) -> Result<Option<String>>;
    /// Adds to the JSON of a setup code, by its `setupId`. False where it is not kept.
    async fn setup_code_note(&self, setup_id: &str, note: &str) -> Result<bool>;
    /// The JSON of a setup code, which is kept for [`SETUP_CODE_KEPT_MS`] after its time, whatever became of it.
    async fn setup_code(&self, setup_id: &str, now: Millis) -> Result<Option<String>>;
}
