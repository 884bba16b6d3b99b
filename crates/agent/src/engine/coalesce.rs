//! Deltas of an answer, put together so that watchers get at most one every few milliseconds.

use std::sync::Arc;

use tokio::time::{Duration, Instant};

use crate::event::{Emitter, RunEventKind};

/// Text and thinking of one assistant message.
pub(crate) struct Coalescer {
    /// None when nobody is to be told.
    emitter: Option<Arc<Emitter>>,
    item: u32,
    every: Duration,
    text: Channel,
    thinking: Channel,
    next: Instant,
}

#[derive(Default)]
struct Channel {
    all: String,
    told: usize,
}

impl Channel {
    /// The text so far and what of it is new, if anything is.
    fn take(&mut self) -> Option<(Arc<str>, String)> {
        let delta = self.all[self.told..].to_owned();
        self.told = self.all.len();
        (!delta.is_empty()).then(|| (Arc::from(self.all.as_str()), delta))
    }

    fn is_told(&self) -> bool {
        self.told == self.all.len()
    }
}

impl Coalescer {
    /// For the assistant message number `item` of a run.
    pub(crate) fn new(emitter: Option<Arc<Emitter>>, item: u32, every: Duration) -> Self {
        Self {
            emitter,
            item,
            every,
            text: Channel::default(),
            thinking: Channel::default(),
            next: Instant::now(),
        }
    }

    pub(crate) fn text(&mut self, piece: &str) {
        self.text.all.push_str(piece);
        self.flush_if_due();
    }

    pub(crate) fn thinking(&mut self, piece: &str) {
        self.thinking.all.push_str(piece);
        self.flush_if_due();
    }

    /// When [`Coalescer::flush`] must be called, if there is something to tell.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let told = self.text.is_told() && self.thinking.is_told();
        (!told).then_some(self.next)
    }

    /// Tells all that is new.
    pub(crate) fn flush(&mut self) {
        let item = self.item;
        if let Some((text, delta)) = self.thinking.take() {
            self.tell(RunEventKind::Thinking { item, text, delta });
        }
        if let Some((text, delta)) = self.text.take() {
            self.tell(RunEventKind::Assistant { item, text, delta });
        }
        self.next = Instant::now() + self.every;
    }

    /// The thinking and the text as far as they are there.
    pub(crate) fn so_far(&self) -> (&str, &str) {
        (&self.thinking.all, &self.text.all)
    }

    /// The whole thinking and the whole text, all of it told.
    pub(crate) fn finish(mut self) -> (String, String) {
        self.flush();
        (self.thinking.all, self.text.all)
    }

    fn tell(&self, kind: RunEventKind) {
        if let Some(emitter) = &self.emitter {
            emitter.emit(kind);
        }
    }

    fn flush_if_due(&mut self) {
        if self.next <= Instant::now() {
            self.flush();
        }
    }
}
