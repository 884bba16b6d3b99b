//! Why a question was not recorded, or an answer not taken.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::ApprovalRecord;

use crate::govern::approvals::answers::ChoiceError;

/// Why a question was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalsError {
    #[error("approval id already pending")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an answer was not taken. The question stands as it was.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("unknown or expired approval id")]
    Unknown,
    /// Another answer was first, or the time was over; the record that stands.
    #[error("approval already resolved")]
    Settled(Box<ApprovalRecord>),
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    #[error("an approval cannot be given by who asked for it")]
    Own,
    #[error("the approval is for another action than the one that was named")]
    Differs,
    /// This person's yes is counted, and other people have to say it too.
    #[error("already counted")]
    Again(Box<ApprovalRecord>),
    /// The command that was to be put in place cannot be.
    #[error("the command was not changed: {0}")]
    Edit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}
