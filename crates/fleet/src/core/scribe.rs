//! Writes to the store, one after the other, off the core. What does not fit in the queue stays with the core.

use std::sync::Arc;

use gatehouse_store::{
    Cache, GatewayRecord, InboxRecord, MessageBatch, Millis, SessionBatch, SessionKey, StoreError,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

const QUEUE: usize = 128;

/// One write.
pub(crate) enum Write {
    Inbox {
        upsert: Vec<InboxRecord>,
        remove: Vec<String>,
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
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Setting {
        name: &'static str,
        json: String,
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
        Write::Inbox { upsert, remove } => cache.inbox_write(&upsert, &remove).await,
        Write::Gateway(record) => cache.gateway_put(&record).await,
        Write::Remove { gateway, done } => {
            // Whoever asked may have stopped waiting.
            let _ = done.send(cache.gateway_remove(&gateway).await);
            Ok(())
        }
        Write::Seen { gateway, at } => cache.gateway_seen(&gateway, at).await,
        Write::Sessions { gateway, batch } => cache.sessions_write(&gateway, batch).await,
        Write::Setting { name, json } => cache.setting_put(name, &json).await,
        Write::Messages { session, batch } => cache.messages_write(&session, batch).await,
    }
}
