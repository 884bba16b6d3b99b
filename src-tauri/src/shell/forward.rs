//! Carries what the fleet says to the page's windows and to the tray.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use gatehouse_fleet::view::{InboxChange, SessionsChange};
use tauri::{AppHandle, Manager};
use tauri_specta::Event;
use tokio::sync::Notify;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tracing::warn;

use super::desk::Desk;
use super::tray::{self, Tray};
use crate::bridge::{
    GatewaysChanged, InboxChanged, SecretsChanged, SessionsChanged, SettingsChanged,
};
use gatehouse_fleet::{Fleet, FleetEvent};

/// A tray menu that is redrawn more often than this cannot be read.
const TRAY_REST: Duration = Duration::from_millis(200);

/// Starts forwarding. It ends with the fleet or with the app, whichever is first.
pub(crate) fn start(app: &AppHandle, fleet: &Fleet) {
    let life = app.state::<super::life::Life>();
    let inbox_changed = Arc::new(Notify::new());
    let events = forward(
        app.clone(),
        fleet.clone(),
        fleet.subscribe(),
        inbox_changed.clone(),
    );
    let tray = follow_inbox(app.clone(), fleet.clone(), inbox_changed);
    for task in [events.boxed(), tray.boxed()] {
        let cancel = life.cancel.clone();
        life.tracker.spawn_on(
            async move {
                cancel.run_until_cancelled(task).await;
            },
            tauri::async_runtime::handle().inner(),
        );
    }
}

async fn forward(
    app: AppHandle,
    fleet: Fleet,
    mut events: Receiver<FleetEvent>,
    inbox_changed: Arc<Notify>,
) {
    loop {
        let sent = match events.recv().await {
            Ok(FleetEvent::GatewaysChanged(gateways)) => GatewaysChanged(gateways).emit(&app),
            Ok(FleetEvent::InboxChanged(change)) => {
                inbox_changed.notify_one();
                InboxChanged(change).emit(&app)
            }
            Ok(FleetEvent::SessionsChanged(change)) => SessionsChanged(change).emit(&app),
            Ok(FleetEvent::SecretsChanged(state)) => SecretsChanged(state).emit(&app),
            Ok(FleetEvent::SettingsChanged(settings)) => SettingsChanged(settings).emit(&app),
            Err(RecvError::Lagged(missed)) => {
                warn!(missed, "the windows fell behind and are told to look again");
                inbox_changed.notify_one();
                look_again(&app, &fleet).await
            }
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = sent {
            warn!(%error, "a window could not be told of a change");
        }
    }
}

/// A change of this number is a gap to whoever has any other: the page asks for a snapshot. The number of the latest
/// change would not do, as it is the next one to a page that missed just that.
const GAP: u32 = u32::MAX;

/// Tells the page where things stand. A change that carries nothing makes it ask for a snapshot.
async fn look_again(app: &AppHandle, fleet: &Fleet) -> tauri::Result<()> {
    GatewaysChanged(fleet.gateways_list().await).emit(app)?;
    let inbox = fleet.inbox_snapshot().await;
    let (waiting, overflow) = (inbox.waiting, inbox.overflow);
    let nothing = InboxChange {
        revision: GAP,
        changed: vec![],
        removed: vec![],
        waiting,
        overflow,
    };
    InboxChanged(nothing).emit(app)?;
    let loading = fleet.sessions_snapshot().await.loading;
    let nothing = SessionsChange {
        revision: GAP,
        changed: vec![],
        removed: vec![],
        loading,
    };
    SessionsChanged(nothing).emit(app)
}

async fn follow_inbox(app: AppHandle, fleet: Fleet, inbox_changed: Arc<Notify>) {
    // Making the icon takes the window's thread for as long as a fifth of the page's start.
    app.state::<Desk>().first_paint().await;
    tray::put_up(&app).await;
    loop {
        let inbox = fleet.inbox_snapshot().await;
        if let Some(tray) = app.try_state::<Tray>() {
            tray.show(&app, &inbox);
        }
        tokio::time::sleep(TRAY_REST).await;
        inbox_changed.notified().await;
    }
}
