//! The card of a call that an approval holds up: how it shows that it waits, and what becomes of it.

use super::approvals::Ending;
use crate::view::{Decision, ToolState, ToolView};

/// A gateway's approval ids are UUIDs; a shorter text would be found by chance.
const SHORTEST_ID: usize = 16;

/// How protocol 3 begins the result of a call that waits.
const WAITS: &str = "Approval required";

/// A call waits for its approval. True where it had looked done, with nothing to show for it.
pub(super) fn wait(tool: &mut ToolView) -> bool {
    let has_run =
        tool.exit_code.is_some() || !(tool.output.is_empty() || tool.output.starts_with(WAITS));
    let looks_done = tool.state == ToolState::Done && !has_run;
    if looks_done || tool.state == ToolState::Running {
        tool.state = ToolState::WaitingForApproval;
    }
    looks_done
}

/// Whether a call's result is nothing but the word that it waits for this approval.
pub(super) fn names(tool: &ToolView, approval: &str) -> bool {
    approval.len() >= SHORTEST_ID
        && tool.output.starts_with(WAITS)
        && tool.output.contains(approval)
}

/// What becomes of a call whose approval ended. It is never said to run unless somebody allowed it.
pub(super) fn settle(tool: &mut ToolView, ending: Ending, looks_done: bool) {
    let waits = tool.state == ToolState::WaitingForApproval;
    if let Ending::Decided(decision) = ending {
        tool.decision = Some(decision);
    }
    tool.state = match ending {
        Ending::Decided(Decision::Deny | Decision::Reject)
            if waits || looks_done || tool.state == ToolState::Running =>
        {
            ToolState::Denied
        }
        // What it printed comes in a turn of its own.
        Ending::Decided(_) | Ending::GoesOn if waits && looks_done => ToolState::Done,
        Ending::Decided(_) | Ending::GoesOn if waits => ToolState::Running,
        Ending::Lapsed if waits => ToolState::Interrupted,
        _ => tool.state,
    };
}
