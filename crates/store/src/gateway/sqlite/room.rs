//! Whether there is room on the disk, as far as writes have shown. It is said once in the log, whatever meets it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;

use super::writer::Writer;
use crate::StoreError;

/// What writes have shown.
#[derive(Default)]
pub(super) struct Room {
    is_full: AtomicBool,
    /// Held by the one who tries.
    trying: Mutex<()>,
}

/// Takes pages and gives them back, and writes that down: the table is gone when the transaction is.
const TRIAL: [&str; 3] = [
    "CREATE TABLE room (filler BLOB)",
    "INSERT INTO room VALUES (zeroblob(65536))",
    "DROP TABLE room",
];

impl Room {
    /// Takes note of what became of a write.
    pub(super) fn hears<T>(&self, written: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(written, Err(StoreError::DiskFull))
            && !self.is_full.swap(true, Ordering::Relaxed)
        {
            tracing::error!(
                "the disk is full: until there is room nothing can be kept, and what cannot be recorded does not run"
            );
        }
        written
    }

    /// Takes note of a write that needed room and had it.
    pub(super) fn is_there(&self) {
        if self.is_full.swap(false, Ordering::Relaxed) {
            tracing::warn!("there is room on the disk again");
        }
    }

    /// Whether what comes next can be kept. Tries it where the last write found no room.
    pub(super) async fn check(&self, writer: &Writer) -> Result<(), sqlx::Error> {
        if !self.is_full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let _one_at_a_time = self.trying.lock().await;
        if !self.is_full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let trial = writer.write(|connection| {
            Box::pin(async move {
                for statement in TRIAL {
                    sqlx::query(statement).execute(&mut *connection).await?;
                }
                Ok(())
            })
        });
        trial.await?;
        self.is_there();
        Ok(())
    }
}
