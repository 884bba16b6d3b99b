//! One open chat: its transcript, who reads it, and whether the cache goes on into what is shown.

use std::collections::HashSet;

use tokio::sync::mpsc;

use crate::chat::{CachedRow, Coalescer, Transcript};
use crate::inbox::EpochMs;
use crate::view::ChatUpdate;

/// One open chat.
pub(crate) struct OpenChat {
    pub(crate) transcript: Transcript,
    pub(super) waiting: Coalescer,
    pub(super) updates: mpsc::Sender<Vec<ChatUpdate>>,
    /// Ids that the cache has: tells whether what it has goes on into the history.
    pub(super) cached: HashSet<String>,
    /// Nothing was missed since the history was read. Until then nothing is added to the cache, where it would stand
    /// behind what was missed as if it followed.
    pub(super) follows: bool,
    /// Something that was to be in the cache is not.
    pub(super) is_cache_broken: bool,
    pub(super) filling: Filling,
    /// Rows of the gateway before the held ones.
    pub(crate) next_offset: Option<u32>,
    pub(super) read_again_at: Option<EpochMs>,
    /// Messages that the end of a connection left unanswered: those that the history does not have go out again.
    pub(super) resends: Vec<String>,
}

/// Whether the history is being asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    No,
    Asked,
    /// Asked, and something was missed since.
    Again,
}

impl OpenChat {
    pub(super) fn new(
        transcript: Transcript,
        updates: mpsc::Sender<Vec<ChatUpdate>>,
        cached: HashSet<String>,
    ) -> Self {
        Self {
            transcript,
            waiting: Coalescer::new(),
            updates,
            cached,
            follows: false,
            is_cache_broken: false,
            filling: Filling::No,
            next_offset: None,
            read_again_at: None,
            resends: Vec::new(),
        }
    }

    /// Whether what comes may be added to the cache: it follows what is there.
    pub(crate) fn caches(&self) -> bool {
        self.follows && !self.is_cache_broken
    }

    pub(crate) fn push(&mut self, updates: impl IntoIterator<Item = ChatUpdate>) {
        self.waiting.push(updates);
    }

    /// Whether the cache has to begin anew with these rows, because between what it has and them something is missing:
    /// what is older is then read from the gateway, which has all of it.
    pub(super) fn begins_anew(&mut self, rows: &[CachedRow]) -> bool {
        let goes_on =
            self.cached.is_empty() || rows.iter().any(|row| self.cached.contains(&row.id));
        let is_broken = std::mem::take(&mut self.is_cache_broken);
        if goes_on && !is_broken {
            return false;
        }
        self.cached.clear();
        true
    }
}
