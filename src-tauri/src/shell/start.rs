//! What is started before the first window, in order: the log, the vault, the cache, the fleet, the notices.

use std::time::Instant;

use tauri::{AppHandle, Manager};

use super::desk::Desk;
use super::life::Life;
use super::notices::{self, Notifier};
use super::surfaces::AppSurfaces;
use super::{logging, notices::router};
use crate::fleet::Fleet;

type Started = Result<(), Box<dyn std::error::Error>>;

/// Starts the log in the app's log folder.
///
/// # Errors
/// When there is no such folder, or it cannot be written.
pub(crate) fn logging(app: &AppHandle) -> Started {
    let folder = app.path().app_log_dir()?;
    private_folder(&folder)?;
    logging::start(&folder, NoSecrets)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

/// Starts the fleet and the notices, and joins them.
///
/// # Errors
/// When the app's folders cannot be made, or what was kept cannot be read.
pub(crate) async fn fleet_and_notices(app: &AppHandle, started: Instant) -> Started {
    let data = app.path().app_data_dir()?;
    private_folder(&data)?;
    let fleet = Fleet;
    let life = app.state::<Life>();
    let Notifier { notices, events } = notices::start(&life.tracker, life.cancel.child_token());
    app.manage(Desk::new(started, notices.support()));
    app.manage(fleet.clone());
    let surfaces = std::sync::Arc::new(AppSurfaces(app.clone()));
    let notifier = Notifier { notices, events };
    life.tracker.spawn(router::route(
        notifier,
        surfaces,
        fleet.notices(),
        life.cancel.child_token(),
    ));
    Ok(())
}

/// Makes a folder that only its owner can read, where it is missing.
fn private_folder(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[derive(Clone)]
struct NoSecrets;

impl logging::Redact for NoSecrets {
    fn redact(&self, line: &str) -> String {
        line.to_owned()
    }
}
