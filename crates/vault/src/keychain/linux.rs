//! The Secret Service (gnome-keyring, KWallet, KeePassXC), asked over the session bus.

use std::time::Duration;

use async_trait::async_trait;
use secret_service::{EncryptionType, Error, SecretService};
use tokio::time::timeout;

use super::store::Store;
use super::{Keychain, Standing};
use crate::{ChoiceReason, Secret, SecretKey, VaultError};

/// How long a keychain has to say how it stands; it may have to be started for that.
const ASKED: Duration = Duration::from_secs(8);

/// How long a person has to answer the system's prompt.
const PROMPTED: Duration = Duration::from_secs(180);

/// The keychain that answers on this session's bus, whichever that is at the time of each call.
pub(crate) struct SystemKeychain {
    store: Store,
}

impl SystemKeychain {
    pub(crate) fn new() -> Self {
        Self {
            store: Store::new(),
        }
    }

    async fn must_be_ready(&self) -> Result<(), VaultError> {
        match self.standing().await {
            Standing::Ready => Ok(()),
            Standing::Locked => Err(VaultError::KeychainLocked),
            Standing::Absent(reason) => Err(VaultError::ChoiceNeeded(reason)),
        }
    }
}

#[async_trait]
impl Keychain for SystemKeychain {
    async fn standing(&self) -> Standing {
        let silent = Standing::Absent(ChoiceReason::KeychainSilent);
        timeout(ASKED, ask())
            .await
            .unwrap_or(Err(silent))
            .map_or_else(|other| other, |()| Standing::Ready)
    }

    async fn unlock(&self) -> Standing {
        // Whatever came of the prompt (answered, dismissed, no prompter, no answer in time), what counts is
        // how the keychain stands afterwards.
        if let Ok(Err(cause)) = timeout(PROMPTED, prompt()).await {
            tracing::info!(%cause, "the keychain was not unlocked");
        }
        self.standing().await
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.must_be_ready().await?;
        self.store.put(key, value).await
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        self.must_be_ready().await?;
        let found = self.store.get(key).await?;
        if found.is_none() {
            // Locked meanwhile, it may have said "nothing" for that reason.
            self.must_be_ready().await?;
        }
        Ok(found)
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.must_be_ready().await?;
        self.store.delete(key).await
    }
}

/// Ok when the default collection is there and open.
async fn ask() -> Result<(), Standing> {
    let service = connect().await?;
    let collection = match service.get_default_collection().await {
        Ok(collection) => collection,
        // A keychain that was never set up: unlocking it makes the first collection.
        Err(Error::NoResult) => return Err(Standing::Locked),
        Err(other) => return Err(absent(&other)),
    };
    match collection.is_locked().await {
        Ok(false) => Ok(()),
        // The alias names a collection that is not there: as good as none.
        Ok(true) | Err(Error::Zbus(zbus::Error::InterfaceNotFound)) => Err(Standing::Locked),
        Err(other) => Err(absent(&other)),
    }
}

async fn connect() -> Result<SecretService<'static>, Standing> {
    let bus = zbus::Connection::session().await.map_err(|cause| {
        tracing::debug!(%cause, "no session bus");
        Standing::Absent(ChoiceReason::NoSessionBus)
    })?;
    // No secret crosses this connection, so none is encrypted on it.
    SecretService::connect_with_existing(EncryptionType::Plain, bus)
        .await
        .map_err(|error| absent(&error))
}

async fn prompt() -> Result<(), Error> {
    let service = SecretService::connect(EncryptionType::Plain).await?;
    match service.get_default_collection().await {
        Ok(collection) => collection.unlock().await,
        Err(Error::NoResult) => service
            .create_collection("Login", "default")
            .await
            .map(drop),
        Err(other) => Err(other),
    }
}

fn absent(error: &Error) -> Standing {
    let cause = match error {
        Error::Zbus(cause) => cause.clone(),
        Error::ZbusFdo(cause) => cause.clone().into(),
        _ => return Standing::Absent(ChoiceReason::KeychainFailed),
    };
    tracing::debug!(%cause, "the keychain does not answer");
    Standing::Absent(reason(&cause))
}

/// The bus itself answers for a name that nobody owns, or that it could not start.
fn reason(cause: &zbus::Error) -> ChoiceReason {
    let name = match cause {
        zbus::Error::MethodError(name, ..) => name.as_str().to_owned(),
        zbus::Error::FDO(inner) => match &**inner {
            zbus::fdo::Error::ServiceUnknown(_) | zbus::fdo::Error::NameHasNoOwner(_) => {
                return ChoiceReason::NoSecretService;
            }
            _ => return ChoiceReason::KeychainFailed,
        },
        zbus::Error::InputOutput(_) => return ChoiceReason::NoSessionBus,
        _ => return ChoiceReason::KeychainFailed,
    };
    const NOBODY: [&str; 2] = ["ServiceUnknown", "NameHasNoOwner"];
    let error = name
        .strip_prefix("org.freedesktop.DBus.Error.")
        .unwrap_or_default();
    if NOBODY.contains(&error) || error.starts_with("Spawn.") {
        ChoiceReason::NoSecretService
    } else {
        ChoiceReason::KeychainFailed
    }
}
