//! Commands about the app itself: what it is, its settings, its notifications, its window.

use gatehouse_fleet::view::{AppInfo, NotificationSupport, Settings};
use tauri::{AppHandle, Manager, State, WebviewWindow};

use super::{Answer, refused};
use crate::shell::at_login::AtLogin;
use crate::shell::desk::Desk;
use crate::shell::{browser, closing, life, logging};
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

/// The person has seen what of the app's own records could not be read.
#[tauri::command]
#[specta::specta]
pub(crate) async fn losses_seen(fleet: State<'_, Fleet>) -> Answer<()> {
    fleet.losses_seen().await.map_err(|e| e.to_view())
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
    closing::look_for_a_tray(window.app_handle());
    Ok(())
}

/// Whether something is on the page that was begun and would be lost with it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn window_holds(app: AppHandle, unsaved: bool) -> Answer<()> {
    closing::holds(&app, unsaved);
    Ok(())
}

/// Closes the window for the person who was asked, and goes on without it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn window_close(app: AppHandle) -> Answer<()> {
    closing::go_on(&app);
    Ok(())
}

/// Ends the app.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_quit(app: AppHandle) -> Answer<()> {
    life::quit(&app);
    Ok(())
}

/// Whether the app starts with the session; none where this system has no such entry.
#[tauri::command]
#[specta::specta]
pub(crate) async fn at_login(app: AppHandle) -> Answer<Option<bool>> {
    Ok(entry(&app).map(|entry| entry.is_on()))
}

/// Has the app started with the session, hidden in the tray, or no more. Answers what holds now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn at_login_set(app: AppHandle, on: bool) -> Answer<Option<bool>> {
    let Some(entry) = entry(&app) else {
        return Ok(None);
    };
    let written = entry.set(on);
    written.map_err(|e| {
        let place = entry.path().display();
        refused("atLoginNotWritten", format!("{place}: {e}"))
    })?;
    Ok(Some(entry.is_on()))
}

fn entry(app: &AppHandle) -> Option<AtLogin> {
    AtLogin::new(&app.path().config_dir().ok()?)
}
