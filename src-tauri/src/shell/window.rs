//! The windows: the main one and the small approval window.
//!
//! Closing the main window destroys its web view, so that its processes end and their memory is given
//! back; the fleet, the tray and the notices go on. It is made anew when it is wanted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gatehouse_fleet::view::Opening;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry};
use tauri_plugin_window_state::{AppHandleExt, StateFlags};
use tracing::warn;

use super::{desk::Desk, web_process};

/// The label of the main window.
pub(crate) const MAIN: &str = "main";
/// The label of the small approval window.
pub(crate) const APPROVAL: &str = "approval";

/// A window whose page has not come within this is shown all the same, so that a person sees that it is there.
const SHOWN_BY: Duration = Duration::from_secs(2);

/// A minimised window is back on the screen within this.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// A window that is being moved or resized is written down no more often than this.
const REMEMBERED_EVERY: Duration = Duration::from_secs(1);

/// What of a window is remembered: where and how large, not whether it was open.
pub(crate) fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED | StateFlags::FULLSCREEN
}

/// Writes the windows' places to disk now.
pub(crate) fn remember(app: &AppHandle) {
    if let Err(error) = app.save_window_state(remembered()) {
        warn!(%error, "the window's place could not be saved");
    }
}

/// Writes the main window's place down soon, so that it is known after a kill as well. Many moves are one write.
pub(crate) fn remember_soon(app: &AppHandle) {
    // The first window is made before the desk is.
    let Some(desk) = app.try_state::<Desk>() else {
        return;
    };
    if desk.place_is_due.swap(true, Ordering::SeqCst) {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(REMEMBERED_EVERY).await;
        app.state::<Desk>()
            .place_is_due
            .store(false, Ordering::SeqCst);
        // The window's own thread: asked from another one, the plugin waits for itself.
        on_main_thread(&app, |app| {
            // Before it is shown, a window has not been put where it was.
            let window = app.get_webview_window(MAIN);
            if window.is_some_and(|window| window.is_visible().unwrap_or(false)) {
                remember(app);
            }
        });
    });
}

/// Brings the main window to the front, making it where there is none.
pub(crate) fn open_main(app: &AppHandle) {
    match app.get_webview_window(MAIN) {
        Some(window) => bring_forward(&window),
        None => on_main_thread(app, |app| {
            // It is shown once the page has loaded. WebKitGTK draws a shown window before that, and waits up to half a
            // second for a first picture from a page that waits for its scripts from the very thread that waits.
            // The approval window is shown at once: drawn as it comes, it would be given the keyboard.
            let builder = page(app, MAIN, "index.html")
                .visible(false)
                .on_page_load(|window, load| match load.event() {
                    PageLoadEvent::Started => super::page_loads(window.app_handle()),
                    PageLoadEvent::Finished => show(&window),
                })
                .title("Gatehouse")
                .inner_size(1200.0, 800.0)
                .min_inner_size(900.0, 600.0);
            finish(builder.build());
        }),
    }
}

/// Opens the main window on a place.
pub(crate) fn open_at(app: &AppHandle, opening: Opening) {
    app.state::<Desk>().want(app, opening);
    open_main(app);
}

/// Shows the small approval window, or closes it.
pub(crate) fn show_approval(app: &AppHandle, shown: bool) {
    match (app.get_webview_window(APPROVAL), shown) {
        (Some(window), true) => appear(&window),
        (Some(window), false) => {
            if let Err(error) = window.destroy() {
                warn!(%error, "the approval window could not be closed");
            }
        }
        (None, true) => on_main_thread(app, |app| {
            let builder = page(app, APPROVAL, "index.html#/approval")
                .title("Gatehouse: approval")
                .inner_size(460.0, 420.0)
                .min_inner_size(360.0, 300.0)
                .always_on_top(true)
                .visible_on_all_workspaces(true)
                // Typing on elsewhere must not land in a window that just appeared.
                .focused(false)
                .visible(false);
            let window = builder.build();
            if let Ok(window) = &window {
                take_no_keys_when_shown(window);
                show(window);
            }
            finish(window);
        }),
        (None, false) => {}
    }
}

/// That a window is built without focus holds until it is drawn first, which a busy window manager may see before it has
/// placed the window. This is what it is told with the window itself.
#[cfg(target_os = "linux")]
fn take_no_keys_when_shown(window: &WebviewWindow) {
    use glib::object::ObjectExt as _;
    match window.gtk_window() {
        Ok(window) => window.set_property("focus-on-map", false),
        Err(error) => warn!(%error, "a window could not be told to leave the keyboard alone"),
    }
}

#[cfg(not(target_os = "linux"))]
fn take_no_keys_when_shown(_: &WebviewWindow) {}

/// A window on the page, which can go nowhere else.
fn page<'a>(
    app: &'a AppHandle,
    label: &str,
    path: &str,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(path.into()))
        .on_navigation(stays_on_the_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        // The page takes files that are dropped on it; Tauri's own handler would swallow them.
        .disable_drag_drop_handler()
}

/// Web addresses are opened in the browser by a command; the window itself shows the page and nothing else.
fn stays_on_the_page(url: &Url) -> bool {
    let own = url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost");
    own || (cfg!(debug_assertions) && url.host_str() == Some("localhost"))
}

fn finish(window: tauri::Result<WebviewWindow>) {
    match window {
        Ok(window) => {
            web_process::watch(&window);
            tauri::async_runtime::spawn(async move {
                tokio::time::sleep(SHOWN_BY).await;
                show(&window);
            });
        }
        // Another thread was faster, most often; without a display there is no main loop either.
        Err(error) => warn!(%error, "a window could not be opened"),
    }
}

fn show(window: &WebviewWindow) {
    if let Err(error) = window.show() {
        // It was closed meanwhile, most often.
        warn!(%error, "a window could not be shown");
    }
}

/// Puts a window on the screen and leaves the keyboard where it is: nobody asked for it, and what they are typing
/// elsewhere must not become a decision here.
fn appear(window: &WebviewWindow) {
    let minimized = window.is_minimized().unwrap_or(false);
    if minimized {
        // Where a window manager activates what it brings back, a window that takes no focus gets none.
        let _ = window.set_focusable(false);
        let _ = window.unminimize();
        let window = window.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(BACK_WITHIN).await;
            let _ = window.set_focusable(true);
        });
    }
    show(window);
}

/// Brings a window to the front, with the keyboard: a person asked for it.
fn bring_forward(window: &WebviewWindow) {
    let _ = window.unminimize();
    let _ = window.show();
    let _ = window.set_focus();
}

pub(crate) fn on_main_thread(app: &AppHandle, build: impl FnOnce(&AppHandle) + Send + 'static) {
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || build(&handle)) {
        warn!(%error, "the main loop has ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_goes_nowhere_but_to_the_page() {
        let goes = |url: &str| stays_on_the_page(&url.parse().unwrap());
        assert!(goes("tauri://localhost/index.html#/approval"));
        for elsewhere in [
            "https://example.org/",
            "file:///etc/passwd",
            "data:text/html,x",
        ] {
            assert!(!goes(elsewhere), "{elsewhere}");
        }
    }
}
