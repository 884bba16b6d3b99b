//! A session whose words an action follows, though it is done in another one.

use serde::{Deserialize, Serialize};

/// Who told the session of an action what to do. What asks or denies for it does so for what is done on its behalf,
/// and nothing is allowed to another session that is not allowed to it too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Teller {
    pub session: String,
    pub channel: Option<String>,
    /// The sessions that began it, the nearest first.
    pub above: Vec<String>,
}
