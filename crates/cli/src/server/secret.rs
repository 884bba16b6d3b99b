//! The token of a gateway that was given none: made once, kept in the keychain. Where there is no keychain it is shown
//! once, when it is made, and only its hash is kept.

use std::path::Path;
use std::sync::Arc;

use gatehouse_gateway::auth::{SharedSecret, random_token};
use gatehouse_gateway::replace_private;
use gatehouse_vault::{
    Place, Redactor, Secret, SecretKey, SecretStoreState, SecretVault, SystemVault,
};

use crate::failure::{Failure, FailureKind};

/// Beside the state, where the gateway looks for it; holds `sha256:…` of 256 random bits.
const HASH_FILE: &str = "gateway-token.hash";
const KEY: &str = "server/token";

/// Where the token of a gateway is.
pub(crate) enum OwnToken {
    /// In the keychain.
    Kept(Secret),
    /// Only its hash is known.
    HashOnly,
    None,
}

/// A token that was just made.
pub(crate) struct NewToken {
    pub(crate) secret: Secret,
    /// Nothing but its hash is kept: whoever made it has to write it down.
    pub(crate) shown_once: bool,
}

/// Looks for the token of the gateway in this state folder.
pub(crate) async fn find(state_dir: &Path, redactor: &Redactor) -> Result<OwnToken, Failure> {
    let hash = read_hash(state_dir)?;
    if let Some(vault) = keychain(state_dir, redactor).await?
        && let Some(secret) = vault.get(&key()?).await.map_err(unusable)?
    {
        // Whichever was made last counts.
        let is_current = hash
            .as_ref()
            .is_none_or(|hash| hash.matches(secret.expose()));
        if is_current {
            return Ok(OwnToken::Kept(secret));
        }
    }
    Ok(hash.map_or(OwnToken::None, |_| OwnToken::HashOnly))
}

/// Makes a new token in place of the old one.
pub(crate) async fn make(state_dir: &Path, redactor: &Redactor) -> Result<NewToken, Failure> {
    let token = random_token()
        .map_err(|error| Failure::configuration(format!("no random numbers: {error}")))?;
    let secret = Secret::new(token);
    redactor.learn(&secret);
    let is_kept = keep(state_dir, redactor, &secret).await?;
    let path = state_dir.join(HASH_FILE);
    let hash = SharedSecret::hash_random(secret.expose());
    replace_private(&path, hash.as_bytes()).map_err(|error| super::unusable(state_dir, &error))?;
    Ok(NewToken {
        secret,
        shown_once: !is_kept,
    })
}

/// Keeps a token in the keychain; false where there is none.
pub(crate) async fn keep(
    state_dir: &Path,
    redactor: &Redactor,
    token: &Secret,
) -> Result<bool, Failure> {
    match keychain(state_dir, redactor).await? {
        Some(vault) => {
            vault.put(&key()?, token).await.map_err(unusable)?;
            Ok(true)
        }
        None => Ok(false),
    }
}

fn read_hash(state_dir: &Path) -> Result<Option<SharedSecret>, Failure> {
    let path = state_dir.join(HASH_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let words = format!("{} cannot be read: {error}", path.display());
            return Err(Failure::configuration(words));
        }
    };
    let hash = SharedSecret::from_hash(text.trim()).map_err(|error| {
        Failure::configuration(format!("{}: {error}", path.display()))
            .next("`gatehouse gateway token --new` makes a new token")
    })?;
    Ok(Some(hash))
}

/// The keychain, when it is there and open. A gateway without one is usual, so that is no error.
async fn keychain(state_dir: &Path, redactor: &Redactor) -> Result<Option<SystemVault>, Failure> {
    let folder = state_dir.join("server");
    let vault = SystemVault::open(&folder, redactor.clone()).map_err(unusable)?;
    match vault.state().await {
        SecretStoreState::Ready(Place::Keychain) => Ok(Some(vault)),
        _ => Ok(None),
    }
}

/// The keychain for the audit's key: as a trait object, where there is one.
pub(crate) async fn audit_vault(
    state_dir: &Path,
    redactor: &Redactor,
) -> Result<Option<Arc<dyn SecretVault>>, Failure> {
    let vault = keychain(state_dir, redactor).await?;
    Ok(vault.map(|vault| Arc::new(vault) as Arc<dyn SecretVault>))
}

fn key() -> Result<SecretKey, Failure> {
    SecretKey::new(KEY).map_err(unusable)
}

fn unusable(error: gatehouse_vault::VaultError) -> Failure {
    Failure::new(FailureKind::Configuration, "keychain", error.to_string())
}
