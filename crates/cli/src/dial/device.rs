//! What this command line proves itself with, and where that is kept.
//!
//! Gateways let a `gateway-client` in `backend` mode in without a device, on the loopback interface and with the
//! shared secret, and leave no pairing record behind. So nothing is kept for that. Everywhere else a device
//! is wanted: its key lives in the keychain; where there is none the person says what instead.

use async_trait::async_trait;
use gatehouse_client::{CredentialError, CredentialSource, Credentials};
use gatehouse_protocol::{ClientMode, DeviceKey, DeviceToken};

use super::vault::Safe;
use super::{Dial, Secrets};
use crate::args::DeviceChoice;
use crate::environment::Environment;
use crate::failure::Failure;

/// Who this command line is to one gateway.
pub(crate) struct Identity {
    pub(crate) mode: ClientMode,
    pub(crate) source: Box<dyn CredentialSource>,
}

impl Dial {
    /// Decides who to be, and opens the vault if that needs one.
    pub(super) async fn identity(&self, environment: &Environment) -> Result<Identity, Failure> {
        let choice = match self.target.device {
            DeviceChoice::Auto if self.is_trusted_from_here() => DeviceChoice::None,
            DeviceChoice::Auto => DeviceChoice::Keychain,
            chosen => chosen,
        };
        let secrets = self.secrets.copy();
        let (mode, kept) = match choice {
            DeviceChoice::None => (ClientMode::Backend, Kept::Nothing),
            DeviceChoice::Ephemeral => (ClientMode::Cli, Kept::ForNow(new_key()?)),
            DeviceChoice::File => {
                let safe = Safe::file(environment, &self.url).await?;
                (ClientMode::Cli, Kept::In(safe))
            }
            DeviceChoice::Keychain | DeviceChoice::Auto => {
                let safe = Safe::keychain(environment, &self.url).await?;
                (ClientMode::Cli, Kept::In(safe))
            }
        };
        let source = Box::new(Presented { secrets, kept });
        Ok(Identity { mode, source })
    }

    fn is_trusted_from_here(&self) -> bool {
        self.url.is_loopback() && !self.secrets.is_empty()
    }
}

impl Secrets {
    pub(super) fn copy(&self) -> Self {
        Self {
            token: self.token.clone(),
            password: self.password.clone(),
        }
    }
}

/// Where the device is kept.
enum Kept {
    Nothing,
    /// Gone when the command ends.
    ForNow(DeviceKey),
    In(Safe),
}

/// The secrets that were given, and the device.
struct Presented {
    secrets: Secrets,
    kept: Kept,
}

#[async_trait]
impl CredentialSource for Presented {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        let secrets = self.secrets.copy();
        let (device_key, device_token) = match &self.kept {
            Kept::Nothing => (None, None),
            Kept::ForNow(key) => (Some(DeviceKey::from_seed(*key.seed())), None),
            Kept::In(safe) => (Some(safe.device_key().await?), safe.device_token().await?),
        };
        Ok(Credentials {
            token: secrets.token,
            password: secrets.password,
            bootstrap_token: None,
            device_token,
            device_key,
        })
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        match &self.kept {
            Kept::In(safe) => safe.keep_device_token(&token).await,
            Kept::Nothing | Kept::ForNow(_) => Ok(()),
        }
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        match &self.kept {
            Kept::In(safe) => safe.forget_device_token().await,
            Kept::Nothing | Kept::ForNow(_) => Ok(()),
        }
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        Ok(())
    }
}

fn new_key() -> Result<DeviceKey, Failure> {
    let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| Failure::configuration(format!("no random numbers: {error}")))?;
    Ok(DeviceKey::from_seed(*seed))
}
