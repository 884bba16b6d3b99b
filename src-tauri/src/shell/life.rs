//! How the app ends: in order, each step with a bound, whoever asked.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tauri::{AppHandle, Manager};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{failure, window};
use gatehouse_fleet::Fleet;

/// Starts hidden: the tray and the notices only. For the start with the session.
pub(crate) const BACKGROUND: &str = "--background";

/// The fleet bounds its own end; this is for a store that hangs on a broken disk.
const FLEET: Duration = Duration::from_secs(8);
/// Notices are taken off the screen within this.
const SHELL: Duration = Duration::from_secs(2);

/// The shell's own tasks.
pub(crate) struct Life {
    pub(crate) tracker: TaskTracker,
    pub(crate) cancel: CancellationToken,
    ended: Mutex<bool>,
}

impl Life {
    pub(crate) fn new() -> Self {
        let ended = Mutex::new(false);
        Self {
            tracker: TaskTracker::new(),
            cancel: CancellationToken::new(),
            ended,
        }
    }
}

/// Ends the app because a person asked for it.
pub(crate) fn quit(app: &AppHandle) {
    info!("quit");
    app.exit(if failure::happened(app) {
        failure::STATUS
    } else {
        0
    });
}

/// Ends the app when the session manager or a terminal asks for it.
#[cfg(unix)]
pub(crate) fn watch_signals(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let Ok(mut asked) = signal(kind) else { return };
            asked.recv().await;
            info!(?kind, "asked to end");
            app.exit(0);
        });
    }
}

/// Windows asks through the window, which Tauri hears.
#[cfg(not(unix))]
pub(crate) fn watch_signals(_app: &AppHandle) {}

/// The last thing before the process ends. Notices first: a button must not outlive what it decides.
pub(crate) fn end(app: &AppHandle) {
    let Some(life) = app.try_state::<Life>() else {
        return;
    };
    if std::mem::replace(
        &mut *life.ended.lock().unwrap_or_else(PoisonError::into_inner),
        true,
    ) {
        return;
    }
    window::remember(app);
    life.cancel.cancel();
    life.tracker.close();
    let fleet = app.try_state::<Fleet>().map(|fleet| fleet.inner().clone());
    tauri::async_runtime::block_on(async {
        if tokio::time::timeout(SHELL, life.tracker.wait())
            .await
            .is_err()
        {
            warn!("the shell's tasks did not end in time");
        }
        let Some(fleet) = fleet else { return };
        if tokio::time::timeout(FLEET, fleet.shutdown()).await.is_err() {
            warn!("the fleet did not end in time");
        }
    });
    info!("ended");
}
