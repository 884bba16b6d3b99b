//! What closing the main window does: its page ends and the app goes on, in the tray and in notices.
//!
//! A page on which something was begun and not sent is only hidden: what a person typed is in no other place, and is
//! kept nowhere else. Where no tray shows that the app goes on, it is said when the window is closed.

use std::sync::atomic::{AtomicBool, Ordering};

use gatehouse_fleet::view::NotificationSupport;
use tauri::{AppHandle, CloseRequestApi, Manager, WebviewWindow};
use tauri_specta::Event;
use tracing::{info, warn};

use super::desk::Desk;
use super::surfaces;
use super::window::MAIN;
use crate::bridge::CloseAsked;

/// What is known about closing the main window.
#[derive(Default)]
pub(crate) struct Closing {
    /// Something on the page would be lost with it.
    unsaved: AtomicBool,
    /// A tray that shows the icon was found. Unknown is none: then something is said that is true in any case.
    tray: AtomicBool,
    /// The person was told in this run that the app goes on.
    told: AtomicBool,
}

/// How a closed window is answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The page asks first: nothing else can say that the app goes on.
    Ask,
    Hide,
    Close,
}

/// Something that a person began is on the page, or nothing any more.
pub(crate) fn holds(app: &AppHandle, unsaved: bool) {
    let closing = app.state::<Closing>();
    closing.unsaved.store(unsaved, Ordering::SeqCst);
}

/// The page is gone, and what was on it with it.
pub(crate) fn page_left(app: &AppHandle) {
    holds(app, false);
}

/// A person closes the main window.
pub(crate) fn requested(app: &AppHandle, api: &CloseRequestApi) {
    let Some(desk) = app.try_state::<Desk>() else {
        return;
    };
    let closing = app.state::<Closing>();
    let support = desk.notices();
    match closing.answer(&support, desk.page_is_ready()) {
        Answer::Ask => {
            api.prevent_close();
            let _ = CloseAsked.emit_to(app, MAIN);
            return;
        }
        Answer::Hide => {
            api.prevent_close();
            if let Some(window) = app.get_webview_window(MAIN) {
                hide(&window);
            }
        }
        Answer::Close => {}
    }
    if closing.says_so(&support) {
        tell(app);
    }
}

/// The person was asked, and wants the app to go on without its window.
pub(crate) fn go_on(app: &AppHandle) {
    let closing = app.state::<Closing>();
    closing.told.store(true, Ordering::SeqCst);
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    if closing.unsaved.load(Ordering::SeqCst) {
        hide(&window);
    } else if let Err(error) = window.destroy() {
        warn!(%error, "the window could not be closed");
    }
}

fn hide(window: &WebviewWindow) {
    info!("the window is hidden: something on it was not sent");
    if let Err(error) = window.hide() {
        warn!(%error, "the window could not be hidden");
    }
}

fn tell(app: &AppHandle) {
    surfaces::tell(
        app,
        "Gatehouse goes on without its window",
        "It tells you here what waits for you. Start Gatehouse again to see its window; Ctrl Q there ends it.",
    );
}

impl Closing {
    fn answer(&self, notices: &NotificationSupport, page_is_ready: bool) -> Answer {
        let told = self.told.load(Ordering::SeqCst) || self.tray.load(Ordering::SeqCst);
        if !told && page_is_ready && *notices == NotificationSupport::None {
            return Answer::Ask;
        }
        if self.unsaved.load(Ordering::SeqCst) {
            Answer::Hide
        } else {
            Answer::Close
        }
    }

    /// Whether a notice says that the app goes on: once a run, where no tray does.
    fn says_so(&self, notices: &NotificationSupport) -> bool {
        let shown = *notices != NotificationSupport::None && !self.tray.load(Ordering::SeqCst);
        shown && !self.told.swap(true, Ordering::SeqCst)
    }
}

/// Looks whether something on this desktop shows tray icons. Asked when a window has painted, long after the start of
/// whatever shows them.
#[cfg(target_os = "linux")]
pub(crate) fn look_for_a_tray(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        // Without a session bus there is none that this app could be in.
        let found = tray_host().await.unwrap_or(false);
        app.state::<Closing>().tray.store(found, Ordering::SeqCst);
    });
}

/// The panel of every other system has a place for it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn look_for_a_tray(app: &AppHandle) {
    app.state::<Closing>().tray.store(true, Ordering::SeqCst);
}

/// The freedesktop StatusNotifierItem protocol: a watcher that knows of a host that draws. GNOME alone has neither.
#[cfg(target_os = "linux")]
async fn tray_host() -> zbus::Result<bool> {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let connection = zbus::Connection::session().await?;
    let watcher = zbus::Proxy::new(&connection, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
    watcher
        .get_property::<bool>("IsStatusNotifierHostRegistered")
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dunst() -> NotificationSupport {
        NotificationSupport::Actions {
            server: "dunst".to_owned(),
        }
    }

    #[test]
    fn a_page_with_something_unsent_is_hidden_and_every_other_one_ends() {
        let closing = Closing::default();
        assert_eq!(closing.answer(&dunst(), true), Answer::Close);
        closing.unsaved.store(true, Ordering::SeqCst);
        assert_eq!(closing.answer(&dunst(), true), Answer::Hide);
    }

    #[test]
    fn where_no_tray_shows_that_the_app_goes_on_a_notice_says_so_once() {
        let closing = Closing::default();
        assert!(closing.says_so(&dunst()));
        assert!(!closing.says_so(&dunst()), "once is enough");

        let in_a_tray = Closing::default();
        in_a_tray.tray.store(true, Ordering::SeqCst);
        assert!(!in_a_tray.says_so(&dunst()));
    }

    #[test]
    fn where_nothing_at_all_could_say_so_the_page_asks_until_it_was_answered() {
        let nothing = NotificationSupport::None;
        let closing = Closing::default();
        assert_eq!(closing.answer(&nothing, true), Answer::Ask);
        assert_eq!(closing.answer(&nothing, true), Answer::Ask, "no answer yet");
        assert_eq!(
            closing.answer(&nothing, false),
            Answer::Close,
            "a page that is not there cannot ask"
        );
        closing.told.store(true, Ordering::SeqCst);
        assert_eq!(closing.answer(&nothing, true), Answer::Close);
    }
}
