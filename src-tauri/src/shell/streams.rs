//! Carries each open transcript's updates to the window that opened it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gatehouse_fleet::view::{ChatUpdate, SessionRef};
use tauri::ipc::Channel;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// The transcripts that are open in a window, and the tasks that feed them.
#[derive(Default)]
pub(crate) struct ChatStreams {
    open: Mutex<HashMap<SessionRef, AbortHandle>>,
}

impl ChatStreams {
    /// Sends `updates` over `channel` until either ends. A transcript opened twice follows the later one.
    pub(crate) fn carry(
        &self,
        session: SessionRef,
        mut updates: mpsc::Receiver<Vec<ChatUpdate>>,
        channel: Channel<Vec<ChatUpdate>>,
    ) {
        let task = tokio::spawn(async move {
            while let Some(batch) = updates.recv().await {
                if channel.send(batch).is_err() {
                    break; // The window is gone; dropping `updates` tells the fleet.
                }
            }
        });
        if let Some(former) = self.lock().insert(session, task.abort_handle()) {
            former.abort();
        }
    }

    /// Ends one transcript's updates.
    pub(crate) fn end(&self, session: &SessionRef) {
        if let Some(task) = self.lock().remove(session) {
            task.abort();
        }
    }

    /// Ends all of them: their window was closed. Answers which they were.
    pub(crate) fn end_all(&self) -> Vec<SessionRef> {
        let mut open = self.lock();
        open.drain()
            .map(|(session, task)| {
                task.abort();
                session
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionRef, AbortHandle>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
