//! Commands about the app itself: what it is, its settings, its notifications, its window.

use gatehouse_fleet::view::{AppInfo, NotificationSupport, Settings};
use tauri::{AppHandle, State, WebviewWindow};

use super::{Answer, refused};
use crate::shell::browser;
use crate::shell::desk::Desk;
use crate::shell::logging;
use gatehouse_fleet::Fleet;

/// What the page is told once, at its start.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_info(
    fleet: State<'_, Fleet>,
    desk: State<'_, Desk>,
    window: WebviewWindow,
) -> Answer<AppInfo> {
    Ok(desk.app_info(&fleet, &window).await)
}

/// Keeps the settings and answers what was kept.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settings_save(fleet: State<'_, Fleet>, settings: Settings) -> Answer<Settings> {
    fleet.settings_save(settings).await.map_err(|e| e.to_view())
}

/// Shows a harmless sample notification, and says what this desktop can show.
#[tauri::command]
#[specta::specta]
pub(crate) async fn notification_test(
    app: AppHandle,
    desk: State<'_, Desk>,
) -> Answer<NotificationSupport> {
    desk.show_sample(&app)
}

/// Opens a web address in the person's browser. The page asks first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_external(url: String) -> Answer<()> {
    browser::open(&url)
        .await
        .map_err(|e| refused(e.code(), e.to_string()))
}

/// Opens today's log in the person's own viewer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_log(app: AppHandle) -> Answer<()> {
    logging::open(&app)
        .await
        .map_err(|e| refused(e.code(), e.to_string()))
}

/// The page has painted something useful.
#[tauri::command]
#[specta::specta]
pub(crate) async fn window_ready(window: WebviewWindow, desk: State<'_, Desk>) -> Answer<()> {
    desk.window_ready(&window);
    Ok(())
}
