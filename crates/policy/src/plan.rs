//! What will run: exactly what was judged, never the text that came in.

use serde::{Deserialize, Serialize};
use specta::Type;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Plan {
    /// Programs spawned without a shell, joined as `and`, `or` or `then` say.
    Direct { lists: Vec<Pipeline> },
    /// Canonical text, written from the syntax tree, for `bash --noprofile --norc -c`.
    Shell { text: String },
    /// Nothing may run: it could not be read.
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// When it runs, seen from the one before.
    pub when: Stage,
    pub negated: bool,
    /// The output of each is the input of the next.
    pub spawns: Vec<Spawn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    Always,
    OnSuccess,
    OnFailure,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Spawn {
    pub argv: Vec<String>,
    /// Variables set for this one program, by name and value.
    pub assignments: Vec<(String, String)>,
}
