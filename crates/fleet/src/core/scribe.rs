//! Writes to the store, one after the other, off the core. What does not fit in the queue stays with the core.

use std::sync::Arc;

use gatehouse_store::{
    Cache, GatewayRecord, InboxRecord, MessageBatch, Millis, SessionBatch, SessionKey, StoreError,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::answers::ANSWERS;

const QUEUE: usize = 128;

/// Who is told whether it was written.
pub(crate) type Done = oneshot::Sender<Result<(), StoreError>>;

/// Items of the inbox as they stand, and keys of those that are gone for good.
#[derive(Default)]
pub(crate) struct InboxBatch {
    pub(crate) upsert: Vec<InboxRecord>,
    pub(crate) remove: Vec<String>,
}

/// One write.
pub(crate) enum Write {
    Inbox {
        batch: InboxBatch,
        done: Done,
    },
    /// The rules that answer. The inbox comes first: what was left to the person before a rule is never that rule's.
    Rules {
        before: InboxBatch,
        json: String,
        done: Done,
    },
    Gateway(Box<GatewayRecord>),
    Seen {
        gateway: String,
        at: Millis,
    },
    Sessions {
        gateway: String,
        batch: SessionBatch,
    },
    /// In the queue like the rest, so that no earlier write brings the gateway back.
    Remove {
        gateway: String,
        done: Done,
    },
    Messages {
        session: SessionKey,
        batch: MessageBatch,
    },
}

/// The queue of writes. It ends with its last handle.
#[derive(Clone)]
pub(crate) struct Scribe {
    queue: mpsc::Sender<Write>,
}

impl Scribe {
    /// Starts writing. It ends when the core does, after the last write.
    pub(crate) fn start(cache: Arc<dyn Cache>, tracker: &TaskTracker) -> Self {
        let (queue, mut writes) = mpsc::channel(QUEUE);
        tracker.spawn(async move {
            while let Some(write) = writes.recv().await {
                if let Err(error) = run(cache.as_ref(), write).await {
                    tracing::warn!(%error, "could not write to the store");
                }
            }
        });
        Self { queue }
    }

    /// Forgets a gateway, after everything that is queued.
    pub(crate) async fn remove(self, gateway: String) -> Result<(), StoreError> {
        let (done, removed) = oneshot::channel();
        let write = Write::Remove { gateway, done };
        self.queue
            .send(write)
            .await
            .map_err(|_| StoreError::Closed)?;
        removed.await.map_err(|_| StoreError::Closed)?
    }

    /// Queues a write; gives it back where there is no room.
    pub(crate) fn write(&self, write: Write) -> Result<(), Write> {
        self.queue.try_send(write).map_err(|full| match full {
            mpsc::error::TrySendError::Full(write) | mpsc::error::TrySendError::Closed(write) => {
                write
            }
        })
    }
}

async fn run(cache: &dyn Cache, write: Write) -> Result<(), StoreError> {
    match write {
        // Whoever asked may have stopped waiting, here and below.
        Write::Inbox { batch, done } => {
            let _ = done.send(cache.inbox_write(&batch.upsert, &batch.remove).await);
            Ok(())
        }
        Write::Rules { before, json, done } => {
            let _ = done.send(write_rules(cache, &before, &json).await);
            Ok(())
        }
        Write::Gateway(record) => cache.gateway_put(&record).await,
        Write::Remove { gateway, done } => {
            let _ = done.send(cache.gateway_remove(&gateway).await);
            Ok(())
        }
        Write::Seen { gateway, at } => cache.gateway_seen(&gateway, at).await,
        Write::Sessions { gateway, batch } => cache.sessions_write(&gateway, batch).await,
        Write::Messages { session, batch } => cache.messages_write(&session, batch).await,
    }
}

async fn write_rules(cache: &dyn Cache, before: &InboxBatch, json: &str) -> Result<(), StoreError> {
    cache.inbox_write(&before.upsert, &before.remove).await?;
    cache.setting_put(ANSWERS, json).await
}
