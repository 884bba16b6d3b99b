//! What a choice outside of the main window sets in motion.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gatehouse_fleet::choices;
use gatehouse_fleet::view::{
    CommandError, DecideInput, Decision, ItemKey, Opening, SessionRef, Surface,
};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;
use tracing::{info, warn};

use super::notices::{self, router::Surfaces};
use super::window;
use gatehouse_fleet::Fleet;

/// A choice that a person made, on what they saw.
pub(crate) struct Choosing {
    pub(crate) key: ItemKey,
    pub(crate) revision: u32,
    pub(crate) decision: Decision,
}

/// How long the approval window stays once nothing waits in it: to read what the gateway recorded.
const OUTCOME_READ_IN: Duration = Duration::from_millis(2_500);

/// The fleet and the windows, for the router of the notices.
pub(crate) struct AppSurfaces {
    app: AppHandle,
    approval_window_wanted: Arc<AtomicBool>,
}

impl AppSurfaces {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
            approval_window_wanted: Arc::default(),
        }
    }
}

#[async_trait]
impl Surfaces for AppSurfaces {
    async fn decide(
        &self,
        key: ItemKey,
        revision: u32,
        decision: Decision,
    ) -> Result<(), CommandError> {
        decide(
            &self.app,
            Choosing {
                key,
                revision,
                decision,
            },
            Surface::Notification,
        )
        .await
    }

    fn open_item(&self, key: ItemKey) {
        window::open_at(&self.app, Opening::Item { key });
    }

    fn closed(&self, key: ItemKey) {
        let fleet = self.app.state::<Fleet>().inner().clone();
        tauri::async_runtime::spawn(async move { fleet.notice_closed(key).await });
    }

    fn open_session(&self, session: SessionRef) {
        window::open_at(&self.app, Opening::Session { session });
    }

    fn open_window(&self) {
        window::open_main(&self.app);
    }

    fn show_approval_window(&self, shown: bool) {
        self.approval_window_wanted.store(shown, Ordering::SeqCst);
        if shown {
            return window::show_approval(&self.app, true);
        }
        let (app, wanted) = (self.app.clone(), self.approval_window_wanted.clone());
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(OUTCOME_READ_IN).await;
            if !wanted.load(Ordering::SeqCst) {
                window::show_approval(&app, false);
            }
        });
    }

    fn tell(&self, title: &str, body: &str) {
        tell(&self.app, title, body);
    }

    fn tell_refused(&self, error: CommandError) {
        tell_refused(&self.app, &error);
    }
}

/// Passes on a choice made in the tray, and tells the person when it did not count.
pub(crate) fn decide_in_tray(app: &AppHandle, choosing: Choosing) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = decide(&app, choosing, Surface::Tray).await {
            info!(code = error.code, "a choice in the tray did not count");
            tell_refused(&app, &error);
        }
    });
}

async fn decide(app: &AppHandle, choosing: Choosing, surface: Surface) -> Result<(), CommandError> {
    let Choosing {
        key,
        revision,
        decision,
    } = choosing;
    let input = DecideInput {
        key,
        decision,
        revision,
        answer: None,
        terms: None,
    };
    let fleet = app.state::<Fleet>().inner().clone();
    fleet
        .inbox_decide(input, surface)
        .await
        .map(drop)
        .map_err(|e| e.to_view())
}

fn tell_refused(app: &AppHandle, error: &CommandError) {
    tell(app, "Your choice was not taken", choices::refusal(error));
}

/// Shows a plain notice. The plugin sends it off and cannot say whether anyone showed it, nor whether what shows it
/// reads markup: what would be markup is written so that it is none.
pub(crate) fn tell(app: &AppHandle, title: &str, body: &str) {
    let body = notices::without_markup(body);
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        warn!(%error, "a plain notice could not be sent");
    }
}
