//! How states stand in the database. A word that is not known is damage.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::gateway::{ApprovalState, GrantKind, PairingState, RunState, SessionStatus};

/// A state and its word.
pub(super) trait Word: Copy + Sized + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str;

    /// Reads a column that holds such a word.
    fn column(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        let text: &str = row.try_get(index)?;
        let found = Self::WORDS.iter().find(|(_, word)| *word == text);
        found
            .map(|(state, _)| *state)
            .ok_or_else(|| sqlx::Error::ColumnDecode {
                index: index.to_string(),
                source: format!("{text:?} is not a state").into(),
            })
    }
}

macro_rules! words {
    ($state:ident: $($variant:ident = $word:literal),*) => {
        impl Word for $state {
            const WORDS: &'static [(Self, &'static str)] = &[$(($state::$variant, $word)),*];

            fn word(self) -> &'static str {
                match self { $($state::$variant => $word),* }
            }
        }
    };
}

words!(SessionStatus: Idle = "idle", Running = "running", Done = "done", Failed = "failed",
    Killed = "killed", Timeout = "timeout", Interrupted = "interrupted");
words!(RunState: Running = "running", Ended = "ended", Failed = "failed", Aborted = "aborted",
    TimedOut = "timed-out", Interrupted = "interrupted");
words!(ApprovalState: Pending = "pending", Allowed = "allowed", Denied = "denied",
    Expired = "expired", Cancelled = "cancelled", Consumed = "consumed", Revoked = "revoked");
words!(GrantKind: Exact = "exact", Pattern = "pattern");
words!(PairingState: Pending = "pending", Approved = "approved", Rejected = "rejected",
    Expired = "expired", Superseded = "superseded");
