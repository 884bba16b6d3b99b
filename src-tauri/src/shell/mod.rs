//! What makes the fleet a desktop application: windows, tray, notices, links, logging.

pub(crate) mod at_login;
pub(crate) mod browser;
pub(crate) mod closing;
pub(crate) mod deep_links;
pub(crate) mod desk;
pub(crate) mod failure;
pub(crate) mod forward;
#[cfg(target_os = "linux")]
pub(crate) mod idle_memory;
pub(crate) mod life;
pub(crate) mod logging;
pub mod notices;
pub(crate) mod opening;
pub(crate) mod own_gateway;
mod page;
pub mod rendering;
pub(crate) mod start;
pub(crate) mod streams;
pub(crate) mod surfaces;
pub(crate) mod tray;
pub(crate) mod web_process;
pub(crate) mod window;

use tauri::{AppHandle, Manager};

use gatehouse_fleet::Fleet;

/// The main window's page is loaded, and heard nothing since the one before it.
pub(crate) fn page_loads(app: &AppHandle) {
    // The first window is made before the desk is.
    if let Some(desk) = app.try_state::<desk::Desk>() {
        desk.page_loads();
    }
}

/// The main window is gone: its page hears nothing more, and its transcripts are closed.
pub(crate) fn page_left(app: &AppHandle) {
    // A start that failed had neither.
    let Some(desk) = app.try_state::<desk::Desk>() else {
        return;
    };
    desk.page_left();
    closing::page_left(app);
    let sessions = app.state::<streams::ChatStreams>().end_all();
    let fleet = app.state::<Fleet>().inner().clone();
    tauri::async_runtime::spawn(async move {
        for session in sessions {
            // A transcript that the fleet closed by itself is closed.
            let _ = fleet.chat_close(session).await;
        }
    });
}
