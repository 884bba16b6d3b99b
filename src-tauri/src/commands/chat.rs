//! Commands about one session's transcript. What changes comes over a channel, which ends with its window.

use gatehouse_fleet::view::{
    ChatSnapshot, ChatUpdate, MessageView, OlderMessages, SendMessage, SessionRef,
};
use tauri::State;
use tauri::ipc::Channel;

use super::Answer;
use crate::shell::streams::ChatStreams;
use gatehouse_fleet::Fleet;

/// Opens a transcript: what it is now, and its updates over `channel` until it is closed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_open(
    fleet: State<'_, Fleet>,
    streams: State<'_, ChatStreams>,
    session: SessionRef,
    channel: Channel<Vec<ChatUpdate>>,
) -> Answer<ChatSnapshot> {
    let (snapshot, updates) = fleet
        .chat_open(session.clone())
        .await
        .map_err(|e| e.to_view())?;
    streams.carry(session, updates, channel);
    Ok(snapshot)
}

/// Ends a transcript's updates.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_close(
    fleet: State<'_, Fleet>,
    streams: State<'_, ChatStreams>,
    session: SessionRef,
) -> Answer<()> {
    streams.end(&session);
    fleet.chat_close(session).await.map_err(|e| e.to_view())
}

/// Messages before the message `before`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_older(
    fleet: State<'_, Fleet>,
    session: SessionRef,
    before: String,
) -> Answer<OlderMessages> {
    fleet
        .chat_older(session, before)
        .await
        .map_err(|e| e.to_view())
}

/// Sends a message. Its id is the idempotency key: sent twice, it runs once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_send(
    fleet: State<'_, Fleet>,
    message: SendMessage,
) -> Answer<MessageView> {
    fleet.chat_send(message).await.map_err(|e| e.to_view())
}

/// Sends a message that failed again, with the same idempotency key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_retry(
    fleet: State<'_, Fleet>,
    session: SessionRef,
    id: String,
) -> Answer<()> {
    fleet.chat_retry(session, id).await.map_err(|e| e.to_view())
}

/// Stops the session's run.
#[tauri::command]
#[specta::specta]
pub(crate) async fn chat_abort(fleet: State<'_, Fleet>, session: SessionRef) -> Answer<()> {
    fleet.chat_abort(session).await.map_err(|e| e.to_view())
}
