//! The command line's own device in the vault: one key, and one device token for each gateway that paired it.
//! It is another device than the desktop's, so that either can be revoked alone.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use gatehouse_client::{CredentialError, GatewayUrl, kept};
use gatehouse_protocol::{DeviceKey, DeviceToken};
use gatehouse_vault::{
    Choice, Place, Redactor, Secret, SecretKey, SecretStoreState, SecretVault, SystemVault,
    VaultError,
};
use tokio::sync::OnceCell;

use crate::environment::Environment;

const DEVICE_KEY: &str = "cli/device-key";
const PASSPHRASE: &str = "GATEHOUSE_PASSPHRASE";

/// Where the vault keeps things.
#[derive(Clone, Copy)]
pub(super) enum ShelfPlace {
    /// The system's keychain, or what was chosen in its place before.
    Keychain,
    /// An encrypted file, made the first time.
    File,
}

/// What is wrong with the passphrase of an encrypted file that did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Missing,
    Wrong,
    TooShort,
}

/// A vault that is opened when it is first needed.
pub(super) struct Shelf {
    place: ShelfPlace,
    folder: Option<PathBuf>,
    passphrase: Option<Secret>,
    token_name: String,
    /// Told to whoever finds words for it: a connection knows no more than that there is no key.
    closed: Arc<OnceLock<Closed>>,
    safe: OnceCell<Safe>,
}

/// The vault, open, for one gateway.
pub(super) struct Safe {
    vault: SystemVault,
    token_key: SecretKey,
}

impl Shelf {
    pub(super) fn new(
        place: ShelfPlace,
        environment: &Environment,
        url: &GatewayUrl,
        closed: Arc<OnceLock<Closed>>,
    ) -> Self {
        let scheme = if url.is_tls() { "wss" } else { "ws" };
        Self {
            place,
            folder: environment.state_dir().map(|folder| folder.join("cli")),
            passphrase: environment.get(PASSPHRASE).map(Secret::new),
            token_name: format!("cli/device-token/{scheme}:{}:{}", url.host(), url.port()),
            closed,
            safe: OnceCell::new(),
        }
    }

    pub(super) async fn open(&self) -> Result<&Safe, CredentialError> {
        self.safe.get_or_try_init(|| self.unlock()).await
    }

    async fn unlock(&self) -> Result<Safe, CredentialError> {
        let folder = self.folder.as_ref().ok_or_else(|| {
            CredentialError::Unavailable("there is no home folder; set GATEHOUSE_STATE_DIR".into())
        })?;
        let vault = SystemVault::open(folder, Redactor::default()).map_err(failed)?;
        let state = match self.place {
            ShelfPlace::Keychain => self.keychain(&vault).await?,
            ShelfPlace::File => self.file(&vault).await?,
        };
        self.ready(vault, state)
    }

    async fn keychain(&self, vault: &SystemVault) -> Result<SecretStoreState, CredentialError> {
        match vault.state().await {
            SecretStoreState::KeychainLocked | SecretStoreState::PassphraseNeeded { .. } => {
                let unlocked = vault.unlock(self.passphrase.clone()).await;
                unlocked.map_err(|error| self.failed(error))
            }
            state => Ok(state),
        }
    }

    async fn file(&self, vault: &SystemVault) -> Result<SecretStoreState, CredentialError> {
        let needed = || self.failed(VaultError::PassphraseNeeded);
        let passphrase = self.passphrase.clone().ok_or_else(needed)?;
        let chosen = vault.choose(Choice::EncryptedFile, Some(passphrase)).await;
        chosen.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: VaultError) -> CredentialError {
        let closed = match &error {
            VaultError::PassphraseNeeded if self.passphrase.is_none() => Some(Closed::Missing),
            VaultError::PassphraseNeeded | VaultError::WrongPassphrase => Some(Closed::Wrong),
            VaultError::PassphraseTooShort { .. } => Some(Closed::TooShort),
            _ => None,
        };
        // The first reason stays.
        closed.map(|closed| self.closed.set(closed));
        failed(error)
    }

    fn ready(&self, vault: SystemVault, state: SecretStoreState) -> Result<Safe, CredentialError> {
        let token_key = SecretKey::new(self.token_name.clone()).map_err(failed)?;
        match state {
            SecretStoreState::Ready(Place::Keychain | Place::EncryptedFile) => {
                Ok(Safe { vault, token_key })
            }
            SecretStoreState::Ready(Place::Memory) | SecretStoreState::ChoiceNeeded { .. } => {
                Err(CredentialError::Unavailable("there is no keychain".into()))
            }
            SecretStoreState::KeychainLocked => Err(CredentialError::Locked),
            SecretStoreState::PassphraseNeeded { .. } => Err(self.failed(match self.passphrase {
                Some(_) => VaultError::WrongPassphrase,
                None => VaultError::PassphraseNeeded,
            })),
        }
    }
}

impl Safe {
    /// The key, made when it is first needed.
    pub(super) async fn device_key(&self) -> Result<DeviceKey, CredentialError> {
        let name = SecretKey::new(DEVICE_KEY).map_err(failed)?;
        if let Some(kept) = self.vault.get(&name).await.map_err(failed)? {
            return kept::read_device_key(kept.expose());
        }
        let (made, text) = kept::new_device_key()?;
        let text = Secret::new(text.as_str());
        self.vault.put(&name, &text).await.map_err(failed)?;
        Ok(made)
    }

    pub(super) async fn device_token(&self) -> Result<Option<DeviceToken>, CredentialError> {
        let kept = self.vault.get(&self.token_key).await.map_err(failed)?;
        Ok(kept.and_then(|text| kept::read_device_token(text.expose())))
    }

    pub(super) async fn keep_device_token(
        &self,
        token: &DeviceToken,
    ) -> Result<(), CredentialError> {
        let text = Secret::new(kept::device_token_text(token)?.as_str());
        let put = self.vault.put(&self.token_key, &text).await;
        put.map_err(failed)
    }

    pub(super) async fn forget_device_token(&self) -> Result<(), CredentialError> {
        self.vault.delete(&self.token_key).await.map_err(failed)
    }
}

fn failed(error: VaultError) -> CredentialError {
    match error {
        VaultError::KeychainLocked => CredentialError::Locked,
        other => CredentialError::Unavailable(other.to_string()),
    }
}
