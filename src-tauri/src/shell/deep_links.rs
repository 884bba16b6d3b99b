//! Links of our own scheme on their way to the fleet, which says what they open.
//!
//! Linux and Windows pass a link as an argument, to a first start or to a second one that hands it on; macOS sends
//! an event. The scheme is registered by the packages.

use gatehouse_fleet::{Fleet, deep_link};
use tauri::{AppHandle, Manager};
use tracing::warn;

use super::window;

/// Whether there is a link among a start's arguments.
pub(crate) fn any_among(arguments: impl IntoIterator<Item = String>) -> bool {
    deep_link::among(arguments).is_some()
}

/// Opens what the first link among a start's arguments names. False where there is none.
pub(crate) fn follow_among(app: &AppHandle, arguments: impl IntoIterator<Item = String>) -> bool {
    let link = deep_link::among(arguments);
    let there = link.is_some();
    if let Some(link) = link {
        follow(app, link);
    }
    there
}

/// Opens what a link names. The link itself is not logged: it may hold a token.
pub(crate) fn follow(app: &AppHandle, link: String) {
    let Some(fleet) = app.try_state::<Fleet>() else {
        return warn!("a link came before the app was ready, and is not followed");
    };
    let (app, fleet) = (app.clone(), fleet.inner().clone());
    tauri::async_runtime::spawn(async move {
        let opening = fleet.open_link(link).await;
        window::open_at(&app, opening);
    });
}
