//! The command line's own device in the vault: one key, and one device token for each gateway that paired it.
//! It is another device than the desktop's, so that either can be revoked alone.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_client::{CredentialError, GatewayUrl};
use gatehouse_protocol::{DeviceKey, DeviceToken};
use gatehouse_vault::{
    Choice, Place, Redactor, Secret, SecretKey, SecretStoreState, SecretVault, SystemVault,
    VaultError,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::failure::Failure;

const DEVICE_KEY: &str = "cli/device-key";
const PASSPHRASE: &str = "GATEHOUSE_PASSPHRASE";

/// The vault, open, for one gateway.
pub(super) struct Safe {
    vault: SystemVault,
    token_key: SecretKey,
}

impl Safe {
    /// In the system's keychain, or in what was chosen in its place before.
    pub(super) async fn keychain(
        environment: &Environment,
        url: &GatewayUrl,
    ) -> Result<Self, Failure> {
        let vault = open(environment)?;
        let mut state = vault.state().await;
        if matches!(
            state,
            SecretStoreState::KeychainLocked | SecretStoreState::PassphraseNeeded { .. }
        ) {
            let passphrase = environment.get(PASSPHRASE).map(Secret::new);
            state = vault
                .unlock(passphrase)
                .await
                .map_err(|error| unusable(&error))?;
        }
        Self::ready(vault, state, url)
    }

    /// In an encrypted file, which is made the first time.
    pub(super) async fn file(environment: &Environment, url: &GatewayUrl) -> Result<Self, Failure> {
        let Some(passphrase) = environment.get(PASSPHRASE).map(Secret::new) else {
            return Err(
                Failure::configuration(format!("--device file needs {PASSPHRASE}")).next(
                    "set it to the passphrase that opens the file, or that a new one is made with",
                ),
            );
        };
        let vault = open(environment)?;
        let chosen = vault.choose(Choice::EncryptedFile, Some(passphrase)).await;
        let state = chosen.map_err(|error| unusable(&error))?;
        Self::ready(vault, state, url)
    }

    fn ready(
        vault: SystemVault,
        state: SecretStoreState,
        url: &GatewayUrl,
    ) -> Result<Self, Failure> {
        let scheme = if url.is_tls() { "wss" } else { "ws" };
        let name = format!("cli/device-token/{scheme}:{}:{}", url.host(), url.port());
        let token_key = SecretKey::new(name).map_err(|error| unusable(&error))?;
        let next = "`--device file` with GATEHOUSE_PASSPHRASE keeps the key encrypted, \
            `--device ephemeral` makes one for this command alone";
        match state {
            SecretStoreState::Ready(Place::Keychain | Place::EncryptedFile) => {
                Ok(Self { vault, token_key })
            }
            SecretStoreState::Ready(Place::Memory) | SecretStoreState::ChoiceNeeded { .. } => {
                Err(Failure::configuration(
                    "a gateway on another machine wants to know this device, and there is no keychain to keep its key in",
                )
                .next(next))
            }
            SecretStoreState::KeychainLocked => {
                Err(Failure::configuration("the keychain is locked").next("unlock it and try again"))
            }
            SecretStoreState::PassphraseNeeded { .. } => Err(Failure::configuration(
                "this device's key is in an encrypted file, and its passphrase was not given or is wrong",
            )
            .next(format!("set {PASSPHRASE}"))),
        }
    }

    /// The key, made when it is first needed.
    pub(super) async fn device_key(&self) -> Result<DeviceKey, CredentialError> {
        let name = SecretKey::new(DEVICE_KEY).map_err(failed)?;
        if let Some(kept) = self.vault.get(&name).await.map_err(failed)? {
            return read_key(&kept);
        }
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *seed).map_err(|e| CredentialError::Unavailable(e.to_string()))?;
        let text = Secret::new(STANDARD.encode(*seed));
        self.vault.put(&name, &text).await.map_err(failed)?;
        Ok(DeviceKey::from_seed(*seed))
    }

    pub(super) async fn device_token(&self) -> Result<Option<DeviceToken>, CredentialError> {
        let kept = self.vault.get(&self.token_key).await.map_err(failed)?;
        Ok(kept.and_then(|kept| read_token(&kept)))
    }

    pub(super) async fn keep_device_token(
        &self,
        token: &DeviceToken,
    ) -> Result<(), CredentialError> {
        let kept = KeptToken {
            token: token.token.expose(),
            role: &token.role,
            scopes: &token.scopes,
            issued_at_ms: token.issued_at_ms,
        };
        let json = serde_json::to_string(&kept)
            .map_err(|error| CredentialError::Unavailable(error.to_string()))?;
        let kept = self.vault.put(&self.token_key, &Secret::new(json)).await;
        kept.map_err(failed)
    }

    pub(super) async fn forget_device_token(&self) -> Result<(), CredentialError> {
        self.vault.delete(&self.token_key).await.map_err(failed)
    }
}

fn open(environment: &Environment) -> Result<SystemVault, Failure> {
    let folder: PathBuf = environment
        .state_dir()
        .ok_or_else(|| {
            Failure::configuration("there is no home folder")
                .next("set GATEHOUSE_STATE_DIR to a folder of your own")
        })?
        .join("cli");
    SystemVault::open(&folder, Redactor::default()).map_err(|error| unusable(&error))
}

fn unusable(error: &VaultError) -> Failure {
    Failure::configuration(error.to_string())
}

fn failed(error: VaultError) -> CredentialError {
    match error {
        VaultError::KeychainLocked | VaultError::PassphraseNeeded | VaultError::WrongPassphrase => {
            CredentialError::Locked
        }
        other => CredentialError::Unavailable(other.to_string()),
    }
}

/// A key that cannot be read is not replaced: with another one every gateway would ask for a new pairing.
fn read_key(kept: &Secret) -> Result<DeviceKey, CredentialError> {
    let damaged = || CredentialError::Unavailable("the device key is damaged".to_owned());
    let bytes = Zeroizing::new(STANDARD.decode(kept.expose()).map_err(|_| damaged())?);
    let seed: [u8; 32] = bytes.as_slice().try_into().map_err(|_| damaged())?;
    Ok(DeviceKey::from_seed(seed))
}

/// A device token as it lies in the vault. It exists only while it is written.
#[derive(Serialize)]
struct KeptToken<'a> {
    token: &'a str,
    role: &'a str,
    scopes: &'a [String],
    issued_at_ms: Option<u64>,
}

#[derive(Deserialize)]
struct ReadToken {
    token: String,
    role: String,
    scopes: Vec<String>,
    issued_at_ms: Option<u64>,
}

fn read_token(kept: &Secret) -> Option<DeviceToken> {
    let read: ReadToken = serde_json::from_str(kept.expose()).ok()?;
    Some(DeviceToken {
        token: gatehouse_protocol::Secret::new(read.token)?,
        role: read.role,
        scopes: read.scopes,
        issued_at_ms: read.issued_at_ms,
    })
}
