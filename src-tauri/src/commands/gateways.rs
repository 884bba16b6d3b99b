//! Commands about gateways: find, add, edit, connect, and their credentials.

use gatehouse_fleet::view::{
    AddGateway, DiagnosisView, Discovered, EditGateway, GatewayId, GatewayView, Recognised,
    SecretInput,
};
use tauri::State;

use super::Answer;
use gatehouse_fleet::Fleet;

/// Every gateway, as it stands now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateways_list(fleet: State<'_, Fleet>) -> Answer<Vec<GatewayView>> {
    Ok(fleet.gateways_list().await)
}

/// Says what a pasted text is. A secret found in it stays here, under a draft.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_recognise(fleet: State<'_, Fleet>, text: String) -> Answer<Recognised> {
    fleet.gateway_recognise(text).await.map_err(|e| e.to_view())
}

/// Gateways found on this computer, to be offered.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_discover(fleet: State<'_, Fleet>) -> Answer<Discovered> {
    fleet.gateway_discover().await.map_err(|e| e.to_view())
}

/// Forgets a draft and the secret in it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn draft_drop(fleet: State<'_, Fleet>, draft: String) -> Answer<()> {
    fleet.draft_drop(draft).await;
    Ok(())
}

/// Adds a gateway and connects to it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_add(
    fleet: State<'_, Fleet>,
    gateway: AddGateway,
) -> Answer<GatewayView> {
    fleet.gateway_add(gateway).await.map_err(|e| e.to_view())
}

/// Changes a gateway's name, address or pin.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_edit(
    fleet: State<'_, Fleet>,
    gateway: EditGateway,
) -> Answer<GatewayView> {
    fleet.gateway_edit(gateway).await.map_err(|e| e.to_view())
}

/// Removes a gateway with its secrets and all that is cached of it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_remove(fleet: State<'_, Fleet>, id: GatewayId) -> Answer<()> {
    fleet.gateway_remove(id).await.map_err(|e| e.to_view())
}

/// Tries again at once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_reconnect(fleet: State<'_, Fleet>, id: GatewayId) -> Answer<()> {
    fleet.gateway_reconnect(id).await.map_err(|e| e.to_view())
}

/// Switches a gateway off, or on again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_pause(
    fleet: State<'_, Fleet>,
    id: GatewayId,
    paused: bool,
) -> Answer<()> {
    fleet
        .gateway_pause(id, paused)
        .await
        .map_err(|e| e.to_view())
}

/// Puts a new secret in the place of a gateway's old one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn credential_rotate(
    fleet: State<'_, Fleet>,
    id: GatewayId,
    secret: SecretInput,
) -> Answer<GatewayView> {
    fleet
        .credential_rotate(id, secret)
        .await
        .map_err(|e| e.to_view())
}

/// Deletes a gateway's secrets.
#[tauri::command]
#[specta::specta]
pub(crate) async fn credential_forget(
    fleet: State<'_, Fleet>,
    id: GatewayId,
) -> Answer<GatewayView> {
    fleet.credential_forget(id).await.map_err(|e| e.to_view())
}

/// Walks the way to a gateway step by step and says where it stops. Changes nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn gateway_diagnose(
    fleet: State<'_, Fleet>,
    id: GatewayId,
) -> Answer<DiagnosisView> {
    fleet.gateway_diagnose(id).await.map_err(|e| e.to_view())
}
