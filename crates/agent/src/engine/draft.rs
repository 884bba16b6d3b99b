//! Keeps an answer while it grows: a process that dies loses the last second of it, and not what people have read.
//! What could not be kept so is no reason to end an answer, which is kept whole at its end.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::{Duration, Instant};

use crate::{
    event::Emitter,
    journal::Journal,
    message::{AssistantMessage, Message},
};

/// Each time is a write that is synced, so that it is not made for every word.
const EVERY: Duration = Duration::from_secs(1);

/// The growing answer of one model call.
pub(super) struct Drafts {
    /// None where the answer is no part of the conversation, or could not be kept.
    journal: Option<Arc<dyn Journal>>,
    emitter: Arc<Emitter>,
    due: Option<Instant>,
    /// One at a time. A write that has begun comes before all that is written later.
    writing: Option<BoxFuture<'static, bool>>,
}

impl Drafts {
    pub(super) fn new(journal: Option<Arc<dyn Journal>>, emitter: Arc<Emitter>) -> Self {
        Self {
            journal,
            emitter,
            due: None,
            writing: None,
        }
    }

    /// There is more of it.
    pub(super) fn grew(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + EVERY);
    }

    /// When [`Drafts::keep`] is to be called, if it is.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let may_write = self.journal.is_some() && self.writing.is_none();
        self.due.filter(|_| may_write)
    }

    /// Begins to write it as it is now.
    pub(super) fn keep(&mut self, message: AssistantMessage) {
        self.due = None;
        let Some(journal) = self.journal.clone() else {
            return;
        };
        let emitter = self.emitter.clone();
        let write = async move {
            let (key, run_id) = (emitter.session_key(), emitter.run_id());
            let message = Message::Assistant(message);
            let kept = journal.draft(key, run_id, &message).await;
            if let Err(error) = &kept {
                tracing::warn!(%error, %run_id, "an answer is not kept while it grows");
            }
            kept.is_ok()
        };
        self.writing = Some(write.boxed());
    }

    /// Goes on with the write that has begun. Safe to drop and call again.
    pub(super) async fn written(&mut self) {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        if !writing.await {
            self.journal = None;
        }
        self.writing = None;
    }
}

/// The words that are whole: half of one may be half of a secret, which nobody knows for one.
pub(super) fn whole_words(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_graphic())
}
