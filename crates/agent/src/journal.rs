//! Where a transcript lives. The engine says what happened, at once; the journal makes it last.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use thiserror::Error;

use crate::{
    engine::RunRequest,
    message::{Message, Usage},
    provider::{ModelRef, Purpose},
};

/// A point of a conversation, as the journal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The conversation. Where it is named, any of its entries is a point to go on from, else the last alone.
    pub session_id: Option<String>,
    /// None before the first.
    pub entry: Option<String>,
}

/// Keeps the transcripts of sessions. Every write is durable when the call returns.
///
/// The engine has one run per session at a time, and only that run writes to the session's transcript.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keeps an input that was accepted and waits for its turn. Once [`Journal::append`] wrote it under the
    /// same run id, or [`Journal::withdraw`] was called, it waits no more. What still waits when the process
    /// starts again is run then where a person said it, and is else shown as cut off.
    async fn accept(&self, input: &NewInput<'_>) -> Result<(), JournalError> {
        let _ = input;
        Ok(())
    }

    /// The same, if nothing came since the point that the input was written at, as one step. Says whether it was kept.
    async fn accept_after(
        &self,
        point: &Point,
        input: &NewInput<'_>,
    ) -> Result<bool, JournalError> {
        let _ = point;
        self.accept(input).await?;
        Ok(true)
    }

    /// Forgets a waiting input that will not run.
    async fn withdraw(&self, session_key: &str, run_id: &str) -> Result<(), JournalError> {
        let _ = (session_key, run_id);
        Ok(())
    }

    /// Notes that a run begins, before anything of it is seen: a run that the process does not live to end is known
    /// by this at the next start.
    async fn begin(&self, run: &BegunRun<'_>) -> Result<(), JournalError> {
        let _ = run;
        Ok(())
    }

    /// The sessions whose words a session follows, as they were kept last.
    async fn told_by(&self, session_key: &str) -> Result<Vec<String>, JournalError> {
        let _ = session_key;
        Ok(Vec::new())
    }

    /// Keeps them in place of those before, for as long as the transcript is the same.
    async fn keep_told_by(
        &self,
        session_key: &str,
        told_by: &[String],
    ) -> Result<(), JournalError> {
        let _ = (session_key, told_by);
        Ok(())
    }

    /// Notes that a run writes nothing more. What came of it is told to others.
    async fn end(&self, session_key: &str, run_id: &str) {
        let _ = (session_key, run_id);
    }

    /// The messages that make up the context of the session, oldest first: after a compaction its summary
    /// and what came after. Empty for a session that is not known.
    async fn load(&self, session_key: &str) -> Result<Vec<Message>, JournalError>;

    /// Adds one message at the end. Fails where the session is not the one any more that the run began in: it was
    /// reset or deleted. `run_id` is the run that the message belongs to; for a user message it is
    /// the id that was accepted with it, also when another run carries it.
    async fn append(
        &self,
        session_key: &str,
        run_id: &str,
        message: &Message,
    ) -> Result<(), JournalError>;

    /// Keeps how far an answer has come, in place of what was kept of it before. The next assistant message of the run
    /// that is appended takes its place. What is left when the process starts again is an answer that was cut off.
    async fn draft(
        &self,
        session_key: &str,
        run_id: &str,
        message: &Message,
    ) -> Result<(), JournalError> {
        let _ = (session_key, run_id, message);
        Ok(())
    }

    /// Notes what a call of a model took, also one whose answer is not part of the transcript.
    async fn charge(&self, call: &ModelCall<'_>) {
        let _ = call;
    }

    /// From now on [`Journal::load`] begins with the summary instead of its `replaced` oldest messages.
    /// The older messages may stay readable for history.
    async fn compact(
        &self,
        session_key: &str,
        run_id: &str,
        compaction: &Compaction,
    ) -> Result<(), JournalError>;
}

/// An input that was accepted.
#[derive(Clone, Copy, Debug)]
pub struct NewInput<'a> {
    pub session_key: &'a str,
    pub run_id: &'a str,
    pub message: &'a Message,
    /// How it is to be run. The sessions whose words it carries are followed by whoever reads it, also after a restart.
    pub request: &'a RunRequest,
}

/// A run that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BegunRun<'a> {
    pub run_id: &'a str,
    pub session_key: &'a str,
    pub agent_id: &'a str,
    pub started_at_ms: u64,
}

/// A call of a model that was made, and what it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelCall<'a> {
    pub session_key: &'a str,
    pub run_id: &'a str,
    pub model: &'a ModelRef,
    pub purpose: Purpose,
    pub usage: &'a Usage,
    pub at_ms: u64,
}

/// What a compaction does to the context.
#[derive(Clone, Debug, PartialEq)]
pub struct Compaction {
    /// A [`Message::CompactionSummary`].
    pub summary: Message,
    /// How many of the messages that `load` would return now are replaced, from the oldest on.
    pub replaced: usize,
}

/// A transcript could not be read or written.
#[derive(Debug, Error)]
#[error("{doing}: {source}")]
pub struct JournalError {
    pub doing: String,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl JournalError {
    /// `doing` completes "could not …".
    pub fn new(
        doing: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            doing: doing.into(),
            source: source.into(),
        }
    }
}

/// A journal in memory, for tests and for a gateway that keeps nothing.
#[derive(Default)]
pub struct MemoryJournal {
    sessions: Mutex<HashMap<String, Kept>>,
}

#[derive(Default)]
struct Kept {
    context: Vec<(String, Message)>,
    waiting: Vec<(String, Message)>,
    told_by: Vec<String>,
}

impl MemoryJournal {
    /// The context of a session with the run that each message belongs to.
    pub fn entries(&self, session_key: &str) -> Vec<(String, Message)> {
        self.with(session_key, |kept| kept.context.clone())
    }

    /// The run ids of the inputs that wait.
    pub fn waiting(&self, session_key: &str) -> Vec<String> {
        self.with(session_key, |kept| {
            kept.waiting.iter().map(|(id, _)| id.clone()).collect()
        })
    }

    fn with<R>(&self, session_key: &str, act: impl FnOnce(&mut Kept) -> R) -> R {
        let mut sessions = self
            .sessions
            .lock()
            .expect("no one panics while holding it");
        act(sessions.entry(session_key.to_owned()).or_default())
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn accept(&self, input: &NewInput<'_>) -> Result<(), JournalError> {
        self.with(input.session_key, |kept| {
            let waits = (input.run_id.to_owned(), input.message.clone());
            kept.waiting.push(waits);
        });
        Ok(())
    }

    async fn told_by(&self, key: &str) -> Result<Vec<String>, JournalError> {
        Ok(self.with(key, |kept| kept.told_by.clone()))
    }

    async fn keep_told_by(&self, key: &str, told_by: &[String]) -> Result<(), JournalError> {
        self.with(key, |kept| kept.told_by = told_by.to_vec());
        Ok(())
    }

    async fn withdraw(&self, key: &str, run_id: &str) -> Result<(), JournalError> {
        self.with(key, |kept| kept.waiting.retain(|(id, _)| id != run_id));
        Ok(())
    }

    async fn load(&self, key: &str) -> Result<Vec<Message>, JournalError> {
        Ok(self.with(key, |kept| {
            kept.context.iter().map(|(_, m)| m.clone()).collect()
        }))
    }

    async fn append(&self, key: &str, run_id: &str, message: &Message) -> Result<(), JournalError> {
        self.with(key, |kept| {
            if matches!(message, Message::User(_)) {
                kept.waiting.retain(|(id, _)| id != run_id);
            }
            kept.context.push((run_id.to_owned(), message.clone()));
        });
        Ok(())
    }

    async fn compact(
        &self,
        key: &str,
        run_id: &str,
        compaction: &Compaction,
    ) -> Result<(), JournalError> {
        self.with(key, |kept| {
            let replaced = compaction.replaced.min(kept.context.len());
            let summary = (run_id.to_owned(), compaction.summary.clone());
            kept.context.splice(..replaced, [summary]);
        });
        Ok(())
    }
}
