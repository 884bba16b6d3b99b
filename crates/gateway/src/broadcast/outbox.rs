//! What waits to be written to one connection, bounded in bytes. Writers never wait: when the bound is
//! reached the connection is told that it is too slow, and ends. The reader is the connection's own task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tungstenite::Utf8Bytes;

use super::{Delivery, Event};

/// Something to write.
#[derive(Debug)]
pub enum Outgoing {
    /// A whole frame: an answer.
    Frame(Utf8Bytes),
    /// An event, to be numbered.
    Event(Event),
    /// Nothing to write: told when all before it is the kernel's.
    Mark(oneshot::Sender<()>),
    /// The end, with what to tell the peer.
    Close { code: u16, reason: String },
}

/// The writing end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbox {
    queue: mpsc::UnboundedSender<Outgoing>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    waiting: AtomicUsize,
    limit: usize,
    /// Events left out since the last one that was taken.
    dropped: AtomicU64,
    overflowed: AtomicBool,
    overflow: CancellationToken,
    closing: CancellationToken,
}

/// The reading end.
#[derive(Debug)]
pub struct OutboxReader {
    queue: mpsc::UnboundedReceiver<Outgoing>,
    shared: Arc<Shared>,
}

/// A queue that holds up to `limit` bytes.
pub fn outbox(limit: usize) -> (Outbox, OutboxReader) {
    // Bounded in bytes by `limit`, which a channel of so many entries cannot say; beyond it the client is closed.
    let (sender, receiver) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        waiting: AtomicUsize::new(0),
        limit,
        dropped: AtomicU64::new(0),
        overflowed: AtomicBool::new(false),
        overflow: CancellationToken::new(),
        closing: CancellationToken::new(),
    });
    let outbox = Outbox {
        queue: sender,
        shared: Arc::clone(&shared),
    };
    (
        outbox,
        OutboxReader {
            queue: receiver,
            shared,
        },
    )
}

/// What one entry costs beside its text.
const ENTRY: usize = 64;

impl Outgoing {
    fn size(&self) -> usize {
        ENTRY
            + match self {
                Self::Frame(text) => text.len(),
                Self::Event(event) => event.size(),
                Self::Mark(_) | Self::Close { .. } => 0,
            }
    }
}

impl Outbox {
    /// Queues an answer.
    pub(crate) fn frame(&self, frame: Utf8Bytes) {
        self.push(Outgoing::Frame(frame), Delivery::Required);
    }

    /// Done when all that was queued before has gone out, and refused when the connection ended without that.
    pub(crate) fn written(&self) -> oneshot::Receiver<()> {
        let (mark, done) = oneshot::channel();
        self.push(Outgoing::Mark(mark), Delivery::Required);
        done
    }

    pub(crate) fn event(&self, event: &Event, delivery: Delivery) {
        self.push(Outgoing::Event(event.clone()), delivery);
    }

    /// Ends the connection after all that is queued before, as far as its reader takes that in time. From now on
    /// nothing more is taken from it.
    pub(crate) fn close(&self, code: u16, reason: impl Into<String>) {
        let reason = reason.into();
        let item = Outgoing::Close { code, reason };
        self.shared
            .waiting
            .fetch_add(item.size(), Ordering::Relaxed);
        // A connection that is gone already needs no goodbye.
        let _ = self.queue.send(item);
        self.shared.closing.cancel();
    }

    /// The bound is on what waited before: one large answer to an idle client is not slowness.
    fn push(&self, item: Outgoing, delivery: Delivery) {
        let shared = &self.shared;
        if shared.overflowed.load(Ordering::Relaxed) {
            return;
        }
        if shared.waiting.load(Ordering::Relaxed) > shared.limit {
            match delivery {
                Delivery::DropIfSlow => {
                    shared.dropped.fetch_add(1, Ordering::Relaxed);
                }
                Delivery::Required => {
                    shared.overflowed.store(true, Ordering::Relaxed);
                    shared.overflow.cancel();
                }
            }
            return;
        }
        shared.waiting.fetch_add(item.size(), Ordering::Relaxed);
        // A connection that is gone loses nothing by not getting this.
        let _ = self.queue.send(item);
    }
}

impl OutboxReader {
    /// The next thing to write. `None` when nobody can write any more.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        let next = std::task::ready!(self.queue.poll_recv(cx));
        if let Some(item) = &next {
            self.shared
                .waiting
                .fetch_sub(item.size(), Ordering::Relaxed);
        }
        Poll::Ready(next)
    }

    /// How many events were left out since this was last asked.
    pub(crate) fn take_dropped(&self) -> u64 {
        self.shared.dropped.swap(0, Ordering::Relaxed)
    }

    /// Done when the reader is too slow for what is written.
    pub(crate) fn overflow(&self) -> CancellationToken {
        self.shared.overflow.clone()
    }

    /// Done when the end is queued.
    pub(crate) fn closing(&self) -> CancellationToken {
        self.shared.closing.clone()
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::EventKind;
    use serde_json::json;

    fn tick() -> Event {
        Event::new(EventKind::TICK, &json!({"ts": 1})).unwrap()
    }

    #[test]
    fn a_reader_that_does_not_read_overflows_and_holds_no_more_than_the_limit() {
        let (outbox, reader) = outbox(10_000);
        for _ in 0..10_000 {
            outbox.event(&tick(), Delivery::Required);
        }
        assert!(reader.overflow().is_cancelled());
        assert!(reader.waiting() <= 10_000 + 200);
    }

    #[test]
    fn what_may_be_dropped_is_counted_and_does_not_end_the_connection() {
        let (outbox, reader) = outbox(500);
        for _ in 0..100 {
            outbox.event(&tick(), Delivery::DropIfSlow);
        }
        assert!(!reader.overflow().is_cancelled());
        assert!(reader.take_dropped() > 80);
        assert_eq!(reader.take_dropped(), 0);
    }

    #[test]
    fn one_answer_larger_than_the_limit_still_goes_out() {
        let (outbox, reader) = outbox(10);
        outbox.frame("x".repeat(1000).into());
        assert!(!reader.overflow().is_cancelled());
        outbox.frame("y".into());
        assert!(reader.overflow().is_cancelled());
    }

    #[tokio::test]
    async fn a_connection_that_ended_has_not_written_what_was_marked() {
        let (outbox, reader) = outbox(1_000);
        outbox.frame("the hello".into());
        let written = outbox.written();
        drop(reader);
        assert!(written.await.is_err());
    }
}
