//! Transcripts: what was said in a session, in order.
//!
//! A transcript has generations. A compaction and a reset archive the live one and begin the next; sequence
//! numbers go on, so an entry's number is never given to another one of the same session id.

use async_trait::async_trait;

use crate::{Millis, Result};

/// An entry to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// The caller's own, which stays the same through compaction and forks.
    pub id: String,
    pub at: Millis,
    /// A word of the caller's, such as `user`.
    pub role: String,
    pub run: Option<String>,
    /// The input that this entry is: it waits no more.
    pub input: Option<String>,
    /// The message itself.
    pub json: String,
    /// What a search finds it by, and what the session's preview shows; empty for what is neither.
    pub text: String,
}

/// An entry of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Rises by one with each entry, from 1.
    pub seq: i64,
    pub id: String,
    pub at: Millis,
    pub role: String,
    pub run: Option<String>,
    pub json: String,
}

/// An input that was accepted and waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingInput {
    pub id: String,
    pub key: String,
    pub at: Millis,
    pub json: String,
}

/// How far an answer has come that is still being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub key: String,
    pub session_id: String,
    pub run: String,
    /// The message as far as it is there.
    pub json: String,
}

/// What an input was written after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// The session. Where it is named, any of its entries will do; else it has to be the last, with nothing that
    /// waits to come after it.
    pub session_id: Option<String>,
    /// None for a transcript that was empty.
    pub entry: Option<String>,
}

/// A page of a transcript, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryPage {
    pub entries: Vec<Entry>,
    /// Whether there is one before the first.
    pub has_older: bool,
    /// How many the live transcript has.
    pub total: u64,
}

/// A transcript that a compaction or a reset put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedTranscript {
    pub id: i64,
    pub session_id: String,
    pub archived_at: Millis,
    pub reason: String,
    pub entries: u64,
}

/// Where to look for words.
#[derive(Clone, Debug, Default)]
pub struct EntrySearch {
    /// Every word has to be there, the last also as the beginning of one. Nothing in it is an operator.
    pub text: String,
    /// One session; none for all.
    pub key: Option<String>,
    pub agent: Option<String>,
    pub limit: u32,
}

/// An entry that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryHit {
    pub key: String,
    pub session_id: String,
    pub id: String,
    pub at: Millis,
    pub role: String,
    pub excerpt: String,
    /// The higher, the better a match.
    pub score: f64,
}

#[async_trait]
pub trait TranscriptStore: Send + Sync {
    /// Adds entries to the live transcript and gives their sequence numbers. An entry whose id is there
    /// already keeps its number and is not added again. Moves the session's times and preview. None where
    /// there is no such session.
    async fn entries_append(&self, key: &str, entries: Vec<NewEntry>) -> Result<Option<Vec<i64>>>;
    /// The same, if the session is the one of this id still. None where it is not.
    async fn entries_append_in(
        &self,
        key: &str,
        session_id: &str,
        entries: Vec<NewEntry>,
    ) -> Result<Option<Vec<i64>>>;
    /// Keeps an input that waits; one of a known id stays as it is.
    async fn input_put(&self, input: WaitingInput) -> Result<()>;
    /// The same, if nothing came since what it was written after. Says whether it did.
    async fn input_put_after(&self, input: WaitingInput, follows: Follows) -> Result<bool>;
    /// Whether an input of this id would be taken by [`Self::input_put_after`].
    async fn input_follows(&self, key: &str, id: &str, follows: &Follows) -> Result<bool>;
    async fn input_remove(&self, id: &str) -> Result<bool>;
    /// What waits of a session, or of all, the oldest first.
    async fn inputs(&self, key: Option<&str>) -> Result<Vec<WaitingInput>>;

    /// Keeps how far a session's answer has come, in place of what was kept of one before. The next entry of its run that
    /// is an assistant's takes its place, in the same transaction.
    async fn draft_put(&self, draft: Draft) -> Result<()>;
    /// Those whose answers nobody has written.
    async fn drafts(&self) -> Result<Vec<Draft>>;
    async fn draft_remove(&self, key: &str) -> Result<()>;

    /// The latest entries, or the latest before the number `before`.
    async fn entries_page(&self, key: &str, before: Option<i64>, limit: u32) -> Result<EntryPage>;
    /// The first entries after the number `after`, oldest first.
    async fn entries_after(&self, key: &str, after: i64, limit: u32) -> Result<Vec<Entry>>;
    /// The whole live transcript.
    async fn entries(&self, key: &str) -> Result<Vec<Entry>>;
    /// One entry of the live transcript, by its id.
    async fn entry(&self, key: &str, id: &str) -> Result<Option<Entry>>;
    /// Archives the live transcript and begins one with `by` in place of the entries of these ids, and behind it with
    /// all others, those too that were added by somebody else meanwhile; gives the number of `by`. None where there is
    /// no such session, or it is another by now than the one of `session_id`.
    async fn entries_replace(
        &self,
        key: &str,
        session_id: &str,
        reason: &str,
        at: Millis,
        replaced: Vec<String>,
        by: NewEntry,
    ) -> Result<Option<i64>>;
    /// What was archived of a session, the latest first.
    async fn archived(&self, key: &str) -> Result<Vec<ArchivedTranscript>>;
    /// All entries of an archived transcript.
    async fn archived_entries(&self, transcript: i64) -> Result<Vec<Entry>>;
    /// Searches the live transcripts; the best match first.
    async fn entries_search(&self, search: &EntrySearch) -> Result<Vec<EntryHit>>;
}
