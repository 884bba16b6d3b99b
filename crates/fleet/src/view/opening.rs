//! What the window is asked to open from outside of it: a click on a notification or in the tray, a link.

use serde::Serialize;
use specta::Type;

use super::{ItemKey, ProblemView, Recognised, SessionRef};

/// A place to go to. Opening one decides nothing, connects to nothing and keeps nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Opening {
    /// A request, in full.
    Item { key: ItemKey },
    /// A transcript.
    Session { session: SessionRef },
    /// Add gateway, filled in. A secret in the link waits here under `recognised.draft` until the person adds it.
    AddGateway { recognised: Recognised },
    /// A link that leads nowhere, and why.
    Refused { problem: ProblemView },
}
