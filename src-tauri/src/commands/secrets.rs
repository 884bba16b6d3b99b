//! Commands about where secrets are kept. A passphrase goes in and never comes back.

use gatehouse_fleet::view::{SecretStoreChoice, SecretStoreView};
use tauri::State;

use super::Answer;
use gatehouse_fleet::Fleet;

/// Whether secrets can be kept now, and where.
#[tauri::command]
#[specta::specta]
pub(crate) async fn secret_store_state(fleet: State<'_, Fleet>) -> Answer<SecretStoreView> {
    Ok(fleet.secret_store_state().await)
}

/// The person's answer to where secrets should be kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn secret_store_choose(
    fleet: State<'_, Fleet>,
    choice: SecretStoreChoice,
    passphrase: Option<String>,
) -> Answer<SecretStoreView> {
    fleet
        .secret_store_choose(choice, passphrase)
        .await
        .map_err(|e| e.to_view())
}

/// Opens what is locked: the encrypted file with its passphrase, the keychain with the system's prompt.
#[tauri::command]
#[specta::specta]
pub(crate) async fn secret_store_unlock(
    fleet: State<'_, Fleet>,
    passphrase: Option<String>,
) -> Answer<SecretStoreView> {
    fleet
        .secret_store_unlock(passphrase)
        .await
        .map_err(|e| e.to_view())
}
