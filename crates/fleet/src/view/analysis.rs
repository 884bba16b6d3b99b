//! What this app reads in a command, for the approval card: what it does, and where in the text.

use gatehouse_policy::{EffectKind, Verdict, Zone};
use serde::Serialize;
use specta::Type;

/// What the analysis says of a command, over the text as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandAnalysis {
    pub verdict: Verdict,
    /// At or above the level from which a person should look before they allow.
    pub dangerous: bool,
    /// The strictest first.
    pub findings: Vec<FindingView>,
    pub effects: Vec<EffectView>,
    pub commands: Vec<ReadCommand>,
    /// There is more than is listed here.
    pub cut: bool,
}

/// A part of the shown text, in UTF-16 units, the end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
pub struct SpanView {
    pub start: u32,
    pub end: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FindingView {
    pub verdict: Verdict,
    pub code: String,
    pub span: Option<SpanView>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EffectView {
    pub kind: EffectKind,
    /// What it is done to, where that is known.
    pub target: Option<String>,
    pub zone: Zone,
    /// It reads what authenticates someone.
    pub secret: bool,
    pub span: Option<SpanView>,
    pub text: String,
}

/// One command that would run.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReadCommand {
    pub argv: Vec<String>,
    /// Every word of it is known.
    pub exact: bool,
    /// Another command runs it, or it stands in a file.
    pub indirect: bool,
}
