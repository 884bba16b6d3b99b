//! What this command line proves itself with, and where that is kept.
//!
//! Gateways let a `gateway-client` in `backend` mode in without a device, on the loopback interface and with the
//! shared secret, and leave no pairing record behind. So nothing is kept for that. Everywhere else a device is
//! wanted: its key lives in the keychain; where there is none the person says what instead.

use async_trait::async_trait;
use gatehouse_client::{CredentialError, CredentialSource, Credentials, kept};
use gatehouse_protocol::{ClientMode, DeviceToken};

use super::vault::{Shelf, ShelfPlace};
use super::{Dial, Secrets};
use crate::args::DeviceChoice;
use crate::environment::Environment;

/// Who this command line is to one gateway.
pub(crate) struct Identity {
    pub(crate) mode: ClientMode,
    pub(crate) source: Box<dyn CredentialSource>,
}

impl Dial {
    /// Decides who to be. A vault is opened only when the gateway has greeted, so that one that is not there is
    /// said to be not there.
    pub(super) fn identity(&self, environment: &Environment) -> Identity {
        let keeping = |place| {
            let closed = self.closed.clone();
            Kept::In(Box::new(Shelf::new(place, environment, &self.url, closed)))
        };
        let (mode, kept) = match self.target.device.unwrap_or_default() {
            DeviceChoice::Auto if self.url.is_loopback() => (ClientMode::Backend, Kept::Nothing),
            DeviceChoice::None => (ClientMode::Backend, Kept::Nothing),
            DeviceChoice::Ephemeral => (ClientMode::Cli, Kept::ForNow),
            DeviceChoice::File => (ClientMode::Cli, keeping(ShelfPlace::File)),
            DeviceChoice::Keychain | DeviceChoice::Auto => {
                (ClientMode::Cli, keeping(ShelfPlace::Keychain))
            }
        };
        let secrets = self.secrets.copy();
        let source = Box::new(Presented { secrets, kept });
        Identity { mode, source }
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
    ForNow,
    In(Box<Shelf>),
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
            Kept::ForNow => (Some(kept::new_device_key()?.0), None),
            Kept::In(shelf) => {
                let safe = shelf.open().await?;
                (Some(safe.device_key().await?), safe.device_token().await?)
            }
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
            Kept::In(shelf) => shelf.open().await?.keep_device_token(&token).await,
            Kept::Nothing | Kept::ForNow => Ok(()),
        }
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        match &self.kept {
            Kept::In(shelf) => shelf.open().await?.forget_device_token().await,
            Kept::Nothing | Kept::ForNow => Ok(()),
        }
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        Ok(())
    }
}
