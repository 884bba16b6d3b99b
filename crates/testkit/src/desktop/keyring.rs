//! gnome-keyring as the Secret Service, unlocked, locked or absent.

use std::{collections::BTreeMap, path::Path};

use super::{Keyring, START_LIMIT, bus::Bus};
use crate::{
    child::{PeerCommand, PeerProcess, require_program},
    error::TestkitError,
};

/// Of the login collection. Nothing in it outlives the test.
const PASSWORD: &str = "keyring-password-for-tests";
const NAME: &str = "org.freedesktop.secrets";

pub(super) async fn start(
    keyring: Keyring,
    env: &BTreeMap<String, String>,
    logs: &Path,
    bus: &Bus,
) -> Result<Option<PeerProcess>, TestkitError> {
    match keyring {
        Keyring::Absent => Ok(None),
        Keyring::Unlocked => unlocked(env, logs, bus).await.map(Some),
        Keyring::Locked => locked(env, logs, bus).await.map(Some),
    }
}

async fn unlocked(
    env: &BTreeMap<String, String>,
    logs: &Path,
    bus: &Bus,
) -> Result<PeerProcess, TestkitError> {
    let mut process = command(env, logs)?
        .arg("--unlock")
        .input(PASSWORD)
        .spawn()?;
    bus.wait_for_owner(NAME, &mut process).await?;
    Ok(process)
}

/// There is a login collection only after it was unlocked once, so that is done first.
async fn locked(
    env: &BTreeMap<String, String>,
    logs: &Path,
    bus: &Bus,
) -> Result<PeerProcess, TestkitError> {
    let collection = Path::new(&env["XDG_DATA_HOME"]).join("keyrings/login.keyring");
    let mut once = unlocked(env, logs, bus).await?;
    once.wait_for(START_LIMIT, async || collection.exists().then_some(()))
        .await?;
    drop(once);
    let mut process = command(env, logs)?.spawn()?;
    bus.wait_for_owner(NAME, &mut process).await?;
    Ok(process)
}

fn command(env: &BTreeMap<String, String>, logs: &Path) -> Result<PeerCommand, TestkitError> {
    let daemon = require_program("gnome-keyring-daemon", "gnome-keyring")?;
    Ok(
        PeerCommand::new("gnome-keyring-daemon", daemon, &logs.join("keyring.log"))
            .arg("--components=secrets")
            .arg("--foreground")
            .envs(env),
    )
}
