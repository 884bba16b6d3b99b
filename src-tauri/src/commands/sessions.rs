//! Commands about sessions: list, search, create, change, delete.

use gatehouse_fleet::view::{
    GatewayId, NewSession, PatchSession, SearchHit, SessionRef, SessionsSnapshot,
};
use tauri::State;

use super::Answer;
use gatehouse_fleet::Fleet;

/// All sessions of all gateways, the latest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sessions_snapshot(fleet: State<'_, Fleet>) -> Answer<SessionsSnapshot> {
    Ok(fleet.sessions_snapshot().await)
}

/// Asks a gateway for its list again.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sessions_refresh(fleet: State<'_, Fleet>, gateway: GatewayId) -> Answer<()> {
    fleet
        .sessions_refresh(gateway)
        .await
        .map_err(|e| e.to_view())
}

/// Searches the cached transcripts of all gateways.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sessions_search(
    fleet: State<'_, Fleet>,
    text: String,
) -> Answer<Vec<SearchHit>> {
    fleet.sessions_search(text).await.map_err(|e| e.to_view())
}

/// Creates a session.
#[tauri::command]
#[specta::specta]
pub(crate) async fn session_create(
    fleet: State<'_, Fleet>,
    session: NewSession,
) -> Answer<SessionRef> {
    fleet.session_create(session).await.map_err(|e| e.to_view())
}

/// Renames, pins or archives a session, or changes what its agent may do.
#[tauri::command]
#[specta::specta]
pub(crate) async fn session_patch(fleet: State<'_, Fleet>, patch: PatchSession) -> Answer<()> {
    fleet.session_patch(patch).await.map_err(|e| e.to_view())
}

/// Tells a session's gateway that it was read.
#[tauri::command]
#[specta::specta]
pub(crate) async fn session_read(fleet: State<'_, Fleet>, session: SessionRef) -> Answer<()> {
    fleet.session_read(session).await.map_err(|e| e.to_view())
}

/// Deletes a session on its gateway.
#[tauri::command]
#[specta::specta]
pub(crate) async fn session_delete(fleet: State<'_, Fleet>, session: SessionRef) -> Answer<()> {
    fleet.session_delete(session).await.map_err(|e| e.to_view())
}
