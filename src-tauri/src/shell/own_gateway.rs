//! Starts the gateway on this computer, which `gatehouse-local` runs, and tells the page where a first run begins.

use std::ffi::OsString;
use std::sync::Arc;

use gatehouse_fleet::Fleet;
use gatehouse_fleet::view::Opening;
use gatehouse_local::LocalGateway;
use gatehouse_vault::{Redactor, SecretVault};
use tauri::{AppHandle, Manager};
use tracing::error;

use super::desk::Desk;
use super::life::Life;

/// Follows the setting until the app ends.
pub(crate) fn start(
    app: &AppHandle,
    fleet: Fleet,
    redactor: Redactor,
    vault: Arc<dyn SecretVault>,
) {
    let life = app.state::<Life>();
    let Ok(home) = app.path().home_dir() else {
        return error!("there is no home folder, so no gateway is started on this computer");
    };
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let (shown, painted) = (app.clone(), app.clone());
    let local = LocalGateway {
        fleet,
        redactor,
        vault,
        state_dir: home.join(".gatehouse"),
        env: std::env::vars_os().filter_map(text).collect(),
        // A page that is there already stays where the person is.
        first_run: Box::new(move |session| {
            shown.state::<Desk>().begin_at(Opening::Session { session });
        }),
        // Its start takes the processor from the first paint.
        before_start: Box::new(move || {
            let app = painted.clone();
            Box::pin(async move { app.state::<Desk>().first_paint().await })
        }),
        cancel: life.cancel.child_token(),
    };
    life.tracker
        .spawn_on(local.run(), tauri::async_runtime::handle().inner());
}
