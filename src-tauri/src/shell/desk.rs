//! What the shell knows of its own: what notices can be shown, and what the main window's page was asked to show.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gatehouse_fleet::view::{AppInfo, NotificationSupport, Opening, Platform, SecretStoreView};
use tauri::async_runtime::JoinHandle;
use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_notification::NotificationExt;
use tauri_specta::Event;
use tokio::sync::watch;
use tracing::info;

use super::page::Page;
use super::window::MAIN;
use crate::bridge::Open;
use crate::commands::{Answer, refused};
use gatehouse_fleet::Fleet;

/// The shell's own state.
pub(crate) struct Desk {
    started: Instant,
    support: watch::Receiver<NotificationSupport>,
    page: Mutex<Page>,
    painted: watch::Sender<bool>,
    secrets: Asked,
    /// The main window was moved, and that is about to be written down.
    pub(crate) place_is_due: AtomicBool,
}

/// What can wait for the first paint waits no longer than this: there may be no window at all.
const PAINTED_BY: Duration = Duration::from_millis(1_500);

/// How secrets stand, asked while the first page loads: the keychain takes longer to answer than all else.
struct Asked(Mutex<Option<JoinHandle<SecretStoreView>>>);

/// What the keychain said at the start counts this long: a window may first be opened hours later.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

impl Asked {
    fn now(answer: impl Future<Output = SecretStoreView> + Send + 'static) -> Self {
        Self(Mutex::new(Some(tauri::async_runtime::spawn(answer))))
    }

    /// What was said, for the first who wants it soon enough after the start.
    async fn take(&self, since_the_start: Duration) -> Option<SecretStoreView> {
        let is_fresh = since_the_start < ASKED_WITHIN;
        let asked = lock(&self.0).take().filter(|_| is_fresh)?;
        asked.await.ok()
    }
}

impl Desk {
    pub(crate) fn new(
        started: Instant,
        support: watch::Receiver<NotificationSupport>,
        fleet: &Fleet,
    ) -> Self {
        let asked = fleet.clone();
        Self {
            secrets: Asked::now(async move { asked.secret_store_state().await }),
            started,
            support,
            page: Mutex::new(Page::absent()),
            painted: watch::Sender::new(false),
            place_is_due: AtomicBool::new(false),
        }
    }

    /// Waits until a page has painted, for what would only take the processor from it.
    pub(crate) async fn first_paint(&self) {
        let mut painted = self.painted.subscribe();
        let waiting = painted.wait_for(|painted| *painted);
        // Without a page it goes on all the same.
        let _ = tokio::time::timeout(PAINTED_BY, waiting).await;
    }

    /// What a page is told at its start.
    pub(crate) async fn app_info(&self, fleet: &Fleet, window: &WebviewWindow) -> AppInfo {
        let opening = if window.label() == MAIN {
            lock(&self.page).starts()
        } else {
            None
        };
        let notifications = self.support.borrow().clone();
        let secrets = self.secrets.take(self.started.elapsed()).await;
        AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: platform(),
            secrets: match secrets {
                Some(state) => state,
                None => fleet.secret_store_state().await,
            },
            notifications,
            settings: fleet.settings().await,
            losses: fleet.losses().await,
            opening,
        }
    }

    /// What notices can be shown now.
    pub(crate) fn notices(&self) -> NotificationSupport {
        self.support.borrow().clone()
    }

    /// Whether a page is there that hears what it is told.
    pub(crate) fn page_is_ready(&self) -> bool {
        matches!(*lock(&self.page), Page::Ready)
    }

    /// Shows a sample, so that a person sees what approvals will look like.
    pub(crate) fn show_sample(&self, app: &AppHandle) -> Answer<NotificationSupport> {
        let sample = app.notification().builder();
        let body = "This is how Gatehouse tells you that an agent waits for your decision.";
        let shown = sample.title("Gatehouse").body(body).show();
        shown.map_err(|error| refused("notificationFailed", error.to_string()))?;
        Ok(self.support.borrow().clone())
    }

    /// The page has painted: from here on it hears events.
    pub(crate) fn window_ready(&self, window: &WebviewWindow) {
        let after = self.started.elapsed().as_millis();
        info!(
            label = window.label(),
            milliseconds_since_start = after,
            "first useful paint"
        );
        self.painted.send_replace(true);
        if window.label() != MAIN {
            return;
        }
        let untold = lock(&self.page).listens();
        if let Some(opening) = untold {
            let _ = Open(opening).emit_to(window, MAIN);
        }
    }

    /// The main window's page is loaded, for the first time or anew. Until it has painted it hears nothing.
    pub(crate) fn page_loads(&self) {
        lock(&self.page).loads();
    }

    /// The main window is gone.
    pub(crate) fn page_left(&self) {
        *lock(&self.page) = Page::absent();
    }

    /// Where a page that is not there yet begins, unless a person asked for something.
    pub(crate) fn begin_at(&self, opening: Opening) {
        lock(&self.page).begins_at(opening);
    }

    /// A person wants to see this: the page is told now, or when it comes.
    pub(crate) fn want(&self, app: &AppHandle, opening: Opening) {
        let now = lock(&self.page).wants(opening);
        if let Some(opening) = now {
            let _ = Open(opening).emit_to(app, MAIN);
        }
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

const fn platform() -> Platform {
    if cfg!(target_os = "macos") {
        Platform::Macos
    } else if cfg!(target_os = "windows") {
        Platform::Windows
    } else {
        Platform::Linux
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_keychain_said_at_the_start_counts_for_the_first_window_of_the_first_ten_seconds() {
        let asked = || Asked::now(async { SecretStoreView::KeychainLocked });
        tauri::async_runtime::block_on(async {
            let soon = asked();
            let said = soon.take(Duration::from_millis(9_999)).await;
            assert!(matches!(said, Some(SecretStoreView::KeychainLocked)));
            let again = soon.take(Duration::ZERO).await;
            assert!(again.is_none(), "another window asks anew");

            let late = asked();
            assert!(late.take(Duration::from_secs(10)).await.is_none());
            assert!(late.take(Duration::ZERO).await.is_none());
        });
    }
}
