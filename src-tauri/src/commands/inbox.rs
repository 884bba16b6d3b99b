//! Commands about what waits for a person.

use gatehouse_fleet::view::{
    DecideInput, InboxItemDetail, InboxItemView, InboxSnapshot, ItemKey, Surface,
};
use tauri::{State, WebviewWindow};

use super::Answer;
use crate::shell::window::APPROVAL;
use gatehouse_fleet::Fleet;

/// The inbox at this moment.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inbox_snapshot(fleet: State<'_, Fleet>) -> Answer<InboxSnapshot> {
    Ok(fleet.inbox_snapshot().await)
}

/// One item in full.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inbox_item(fleet: State<'_, Fleet>, key: ItemKey) -> Answer<InboxItemDetail> {
    fleet.inbox_item(key).await.map_err(|e| e.to_view())
}

/// A person's explicit choice. Where it was made follows from the window, not from what the page says.
#[tauri::command]
#[specta::specta]
pub(crate) async fn inbox_decide(
    fleet: State<'_, Fleet>,
    window: WebviewWindow,
    input: DecideInput,
) -> Answer<InboxItemView> {
    let surface = if window.label() == APPROVAL {
        Surface::ApprovalWindow
    } else {
        Surface::Window
    };
    fleet
        .inbox_decide(input, surface)
        .await
        .map_err(|e| e.to_view())
}
