//! What came of reading a command.

use serde::Serialize;
use specta::Type;

use crate::effect::Effect;
use crate::plan::Plan;
use crate::verdict::{Finding, Span, Verdict};
use crate::world::Taint;

/// Everything that the analysis of a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    pub verdict: Verdict,
    /// The strictest first.
    pub findings: Vec<Finding>,
    pub effects: Vec<Effect>,
    /// Each command that will run, wrappers and what they wrap alike.
    pub commands: Vec<Command>,
    pub plan: Plan,
    /// What the session is tainted with afterwards, when it runs.
    pub taint: Taint,
    /// How much of the budget it took, in steps.
    pub steps: u32,
}

impl Analysis {
    /// As it stands where the text that was read is not what a person is shown.
    pub(crate) fn unplaced(mut self) -> Self {
        self.findings.iter_mut().for_each(|one| one.span = None);
        self.effects.iter_mut().for_each(|one| one.span = None);
        self.commands.iter_mut().for_each(|one| one.span = None);
        self
    }
}

/// A command after expansion, as rules match it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// Unknown parts are written as `…`.
    pub argv: Vec<String>,
    /// Whether every word is known.
    pub exact: bool,
    pub span: Option<Span>,
    pub reach: Reach,
}

/// How a command comes to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// It is written in the line.
    Direct,
    /// Another command runs it: `sudo`, `xargs`, `sh -c`.
    Wrapped,
    /// It is in a script or a manifest that the line names.
    File,
}
