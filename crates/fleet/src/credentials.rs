//! The secrets of one gateway, from the vault to a connection and back. Loaded for each attempt, kept nowhere.
//!
//! One device key proves this installation to every gateway: a gateway learns nothing of the others from it, and
//! a person who approves "Gatehouse on this computer" twice sees the same device id. It is made at the first
//! connect and lives in the vault under `device/identity`.

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_client::{CredentialError, CredentialSource, Credentials, kept};
use gatehouse_protocol::{DeviceKey, DeviceToken};
use gatehouse_vault::{GatewaySecret, MemoryVault, Secret, SecretKey, SecretVault, VaultError};
use tokio::sync::Mutex;

use crate::view::{CredentialKind, GatewayId};

/// The name of the gateway in this process.
pub(crate) fn own_gateway() -> GatewayId {
    GatewayId("this-computer".to_owned())
}

/// Keeps and reads secrets, one gateway at a time.
#[derive(Clone)]
pub(crate) struct Safe {
    vault: Arc<dyn SecretVault>,
    /// For the gateway in this process: its token is made at each start, and nothing of it is kept.
    own: Arc<dyn SecretVault>,
    /// Two gateways that connect at once must not make two device keys.
    making_key: Arc<Mutex<()>>,
}

impl Safe {
    pub(crate) fn new(vault: Arc<dyn SecretVault>) -> Self {
        Self {
            vault,
            own: Arc::new(MemoryVault::new()),
            making_key: Arc::default(),
        }
    }

    pub(crate) fn vault(&self) -> &Arc<dyn SecretVault> {
        &self.vault
    }

    /// Where this gateway's secrets are.
    pub(crate) fn vault_of(&self, gateway: &GatewayId) -> &Arc<dyn SecretVault> {
        if *gateway == own_gateway() {
            &self.own
        } else {
            &self.vault
        }
    }

    /// Keeps what a person gave, in place of whatever kind there was before.
    pub(crate) async fn keep(
        &self,
        gateway: &GatewayId,
        kind: CredentialKind,
        value: &Secret,
    ) -> Result<(), VaultError> {
        let Some(kept) = secret_of(kind) else {
            return Ok(());
        };
        let vault = self.vault_of(gateway);
        vault.put(&key(gateway, kept)?, value).await?;
        for other in [
            GatewaySecret::Token,
            GatewaySecret::Password,
            GatewaySecret::BootstrapToken,
        ] {
            if other != kept {
                vault.delete(&key(gateway, other)?).await?;
            }
        }
        Ok(())
    }

    /// Forgets everything of a gateway. The device key is not a gateway's and stays.
    pub(crate) async fn forget(&self, gateway: &GatewayId) -> Result<(), VaultError> {
        for secret in GatewaySecret::ALL {
            let key = key(gateway, secret)?;
            self.vault_of(gateway).delete(&key).await?;
        }
        Ok(())
    }

    /// Forgets everything of a gateway that is not there any more, later where it cannot be done now.
    pub(crate) async fn forget_for_good(&self, gateway: &GatewayId) -> Result<(), VaultError> {
        let mut forgotten = Ok(());
        for secret in GatewaySecret::ALL {
            let key = key(gateway, secret)?;
            let one = self.vault_of(gateway).delete_for_good(&key).await;
            forgotten = forgotten.and(one);
        }
        forgotten
    }

    async fn read(
        &self,
        gateway: &GatewayId,
        secret: GatewaySecret,
    ) -> Result<Option<Secret>, CredentialError> {
        let key = key(gateway, secret).map_err(failed)?;
        self.vault_of(gateway).get(&key).await.map_err(failed)
    }

    /// This installation's key. The gateway in this process does not wait for a keychain that is closed or missing:
    /// it sees another key then, and takes that one as well.
    async fn device_key(&self, gateway: &GatewayId) -> Result<DeviceKey, CredentialError> {
        let _one_at_a_time = self.making_key.lock().await;
        match device_key_in(&self.vault).await {
            Err(_) if *gateway == own_gateway() => device_key_in(&self.own).await,
            known => known,
        }
    }
}

/// The device key that a vault holds, made where there is none.
async fn device_key_in(vault: &Arc<dyn SecretVault>) -> Result<DeviceKey, CredentialError> {
    let name = SecretKey::device_identity();
    if let Some(kept) = vault.get(&name).await.map_err(failed)? {
        return kept::read_device_key(kept.expose());
    }
    let (made, text) = kept::new_device_key()?;
    let text = Secret::new(text.as_str());
    vault.put(&name, &text).await.map_err(failed)?;
    Ok(made)
}

/// One gateway's secrets, as a connection asks for them.
pub(crate) struct GatewayCredentials {
    pub(crate) safe: Safe,
    pub(crate) gateway: GatewayId,
    pub(crate) kind: CredentialKind,
    /// Told when something about what is kept changed.
    pub(crate) changed: Box<dyn Fn(CredentialChange) + Send + Sync>,
}

/// What a connection did to the kept secrets.
#[derive(Clone, Debug)]
pub(crate) enum CredentialChange {
    /// This device's id became known: it names us in the gateway's records.
    Device(String),
    DeviceTokenKept,
    DeviceTokenForgotten,
    BootstrapUsed,
}

#[async_trait]
impl CredentialSource for GatewayCredentials {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        let device_key = self.safe.device_key(&self.gateway).await?;
        (self.changed)(CredentialChange::Device(
            device_key.device_id().as_str().to_owned(),
        ));
        let device_token = self
            .safe
            .read(&self.gateway, GatewaySecret::DeviceToken)
            .await?;
        let device_token = device_token.and_then(|text| kept::read_device_token(text.expose()));
        let mut credentials = Credentials {
            token: None,
            password: None,
            bootstrap_token: None,
            device_token,
            device_key: Some(device_key),
        };
        let Some(wanted) = secret_of(self.kind) else {
            return Ok(credentials);
        };
        let kept = self.safe.read(&self.gateway, wanted).await?;
        let kept = kept.and_then(|kept| gatehouse_protocol::Secret::new(kept.expose()));
        if kept.is_none() && credentials.device_token.is_none() {
            return Err(CredentialError::Missing);
        }
        match wanted {
            GatewaySecret::Password => credentials.password = kept,
            GatewaySecret::BootstrapToken => credentials.bootstrap_token = kept,
            _ => credentials.token = kept,
        }
        Ok(credentials)
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        let key = key(&self.gateway, GatewaySecret::DeviceToken).map_err(failed)?;
        let text = kept::device_token_text(&token)?;
        self.safe
            .vault_of(&self.gateway)
            .put(&key, &Secret::new(text.as_str()))
            .await
            .map_err(failed)?;
        (self.changed)(CredentialChange::DeviceTokenKept);
        Ok(())
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        let key = key(&self.gateway, GatewaySecret::DeviceToken).map_err(failed)?;
        self.safe
            .vault_of(&self.gateway)
            .delete(&key)
            .await
            .map_err(failed)?;
        (self.changed)(CredentialChange::DeviceTokenForgotten);
        Ok(())
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        let key = key(&self.gateway, GatewaySecret::BootstrapToken).map_err(failed)?;
        self.safe
            .vault_of(&self.gateway)
            .delete(&key)
            .await
            .map_err(failed)?;
        (self.changed)(CredentialChange::BootstrapUsed);
        Ok(())
    }
}

fn key(gateway: &GatewayId, secret: GatewaySecret) -> Result<SecretKey, VaultError> {
    SecretKey::gateway(&gateway.0, secret)
}

fn secret_of(kind: CredentialKind) -> Option<GatewaySecret> {
    match kind {
        CredentialKind::None => None,
        CredentialKind::Token => Some(GatewaySecret::Token),
        CredentialKind::Password => Some(GatewaySecret::Password),
        CredentialKind::SetupCode => Some(GatewaySecret::BootstrapToken),
    }
}

fn failed(error: VaultError) -> CredentialError {
    match error {
        VaultError::KeychainLocked | VaultError::PassphraseNeeded | VaultError::WrongPassphrase => {
            CredentialError::Locked
        }
        other => CredentialError::Unavailable(other.to_string()),
    }
}
