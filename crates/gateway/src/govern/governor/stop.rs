//! Why a call does not run, with the sentence that the agent reads and the word that programs do.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, Consumed};

use crate::govern::approvals::wire;

/// Why a call does not run.
#[derive(Debug)]
pub(super) enum Stop {
    Denied {
        reason: String,
        code: Option<&'static str>,
    },
    Store(StoreError),
}

impl Stop {
    pub(super) fn denied(reason: &str, code: &'static str) -> Self {
        Self::Denied {
            reason: reason.to_owned(),
            code: Some(code),
        }
    }

    /// A mode that asks nobody, and no grant that holds for exactly this.
    pub(super) fn unlisted() -> Self {
        let text = "what the allow-list shows was allowed for something else than this would do now \
                    (exec mode allowlist)";
        Self::denied(text, "mode")
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why an answer lets nothing run.
pub(super) fn refusal(record: &ApprovalRecord) -> Stop {
    match record.state {
        ApprovalState::Denied => match wire::note(record) {
            Some(note) => Stop::denied(&format!("a person denied it: {note}"), "denied"),
            None => Stop::denied("a person denied the command", "denied"),
        },
        ApprovalState::Expired => Stop::denied(
            "nobody answered the approval in time, so it is denied",
            "expired",
        ),
        ApprovalState::Cancelled => Stop::denied("the approval was withdrawn", "cancelled"),
        ApprovalState::Revoked => Stop::denied("the approval was taken back", "revoked"),
        _ => Stop::denied("the approval was not given", "denied"),
    }
}

/// Why a yes could not be taken.
pub(super) fn untaken(consumed: &Consumed) -> Stop {
    match consumed {
        Consumed::Differs => Stop::denied(
            "what the call would do changed between the question and the run, so it did not run",
            "changed",
        ),
        Consumed::Late => Stop::denied(
            "the approval was given and its time is over, so the call did not run",
            "expired",
        ),
        Consumed::Now(_) | Consumed::Before | Consumed::NotAllowed | Consumed::Unknown => {
            Stop::denied(
                "the approval was used before or taken back, so the call did not run",
                "used",
            )
        }
    }
}
