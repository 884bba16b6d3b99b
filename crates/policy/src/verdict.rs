//! The answer, and the reasons for it.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What may become of an action. The order is from open to strict, and the strictest always wins: two verdicts
/// are joined with [`Ord::max`], and nothing lowers one.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Allow,
    Ask,
    Deny,
}

/// A part of the command as it came in, in bytes, the end exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Finding {
    /// The least that this reason calls for.
    pub verdict: Verdict,
    /// What kind of reason, in kebab case: `delete-root`, `download-run`. Stable: rules and records name it.
    pub code: String,
    /// Where in the command; none where it is about all of it.
    pub span: Option<Span>,
    /// One sentence for a person.
    pub text: String,
}
