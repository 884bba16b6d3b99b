//! A start that failed: the window opens all the same, and says what failed, where, and what to do.
//!
//! Nothing works in that window. Every command of the bridge is answered with why the app did not start, so the page
//! cannot get further than to show it, and the app ends with the window.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use gatehouse_fleet::FleetError;
use gatehouse_fleet::view::CommandError;
use gatehouse_store::StoreError;
use gatehouse_vault::VaultError;
use tauri::ipc::Invoke;
use tauri::{AppHandle, Manager, Wry};
use tracing::error;

use super::window;
use crate::commands::refused;

/// What the app ends with when it could not start.
pub(crate) const STATUS: i32 = 1;
/// Ends the app: the one command that works in such a window.
const QUIT: &str = "app_quit";

/// Why the app could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("{} cannot be written: {source}", .path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no log can be written in {}: {source}", .folder.display())]
    Log {
        folder: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{source} (in {})", .folder.display())]
    Store { folder: PathBuf, source: StoreError },
    #[error("{source} (in {})", .folder.display())]
    Vault { folder: PathBuf, source: VaultError },
    #[error("{source}{}", cause(.source))]
    Fleet { source: FleetError },
    #[error("this system names no folder for an application’s data: {0}")]
    NoFolder(#[from] tauri::Error),
}

impl StartError {
    /// The code that the page has words for.
    fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } | Self::Log { .. } | Self::NoFolder(_) => "startFolder",
            Self::Store { source, .. } => of_store(source),
            Self::Fleet { .. } => "startFailed",
            Self::Vault { source, .. } => match source {
                VaultError::File { .. } => "startFolder",
                _ => "startFailed",
            },
        }
    }
}

fn of_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::NotWritable { .. } => "startFolder",
        StoreError::DiskFull => "startDiskFull",
        StoreError::LaterVersion { .. } => "startLaterVersion",
        StoreError::Busy => "startBusy",
        StoreError::Damaged | StoreError::Closed | StoreError::Failed(_) => "startDatabase",
    }
}

/// What lies behind an error that does not say it itself.
fn cause(error: &dyn std::error::Error) -> String {
    let behind = error.source().map(ToString::to_string);
    let said = error.to_string();
    behind
        .filter(|cause| !said.contains(cause.as_str()))
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default()
}

/// A folder that cannot be used, named by the part of its path that is in the way.
pub(crate) fn folder(path: &Path) -> impl FnOnce(std::io::Error) -> StartError {
    let path = path.to_owned();
    |source| StartError::Folder { path, source }
}

/// That the app did not start, and why.
struct Failed(CommandError);

/// Says it in the log, on the terminal, and in the window, which is opened where there is none.
pub(crate) fn show(app: &AppHandle, error: &StartError) {
    error!(%error, "the app could not start");
    on_the_terminal(error);
    app.manage(Failed(refused(error.code(), error.to_string())));
    window::open_main(app);
}

/// For whoever started it from a terminal. Nobody may be there to read it.
pub(crate) fn on_the_terminal(error: &dyn std::error::Error) {
    let _ = writeln!(std::io::stderr(), "Gatehouse could not start: {error}");
}

/// Whether this start failed.
pub(crate) fn happened(app: &AppHandle) -> bool {
    app.try_state::<Failed>().is_some()
}

/// Answers a command in the place of the bridge; none where the app did start.
pub(crate) fn answer(invoke: Invoke<Wry>) -> Option<Invoke<Wry>> {
    let failed = invoke.message.webview_ref().try_state::<Failed>();
    let Some(view) = failed.map(|failed| failed.0.clone()) else {
        return Some(invoke);
    };
    if invoke.message.command() == QUIT {
        return Some(invoke);
    }
    invoke.resolver.reject(view);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_names_the_place_and_has_a_code_that_the_page_knows() {
        let codes = include_str!("../../../ui/src/lib/errors/codes.ts");
        let at = || PathBuf::from("/home/me/.local/share/app");
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let store = |source| StartError::Store {
            folder: at(),
            source,
        };
        for error in [
            folder(&at())(denied()),
            store(StoreError::NotWritable { path: at() }),
            store(StoreError::DiskFull),
            store(StoreError::LaterVersion { path: at() }),
            store(StoreError::Busy),
            store(StoreError::Failed("malformed".to_owned())),
            StartError::Vault {
                folder: at(),
                source: VaultError::KeychainLocked,
            },
        ] {
            assert!(
                error.to_string().contains("/home/me/.local/share/app"),
                "{error}"
            );
            assert!(
                codes.contains(&format!("\"{}\"", error.code())),
                "{error:?}"
            );
        }
    }
}
