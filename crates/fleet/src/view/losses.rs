//! What of the app's own records could not be read at a start, until the person has seen it.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What was lost, and what holds because of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LossesView {
    pub losses: Vec<LossView>,
    /// Rules that answer do so no more until the person says so.
    pub rules_paused: bool,
}

/// One loss. `aside` is the file in which what was there before is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum LossView {
    /// Gateways, settings and inbox were damaged. So many gateways came back with the settings from their copy.
    Records { aside: String, restored: u32 },
    /// Sessions and messages were damaged; they come again from the gateways.
    Cache { aside: String },
    /// Some settings could not be read; the others hold.
    Settings { aside: String },
    /// Some rules that answer could not be read; the others are there.
    Rules { aside: String },
}
