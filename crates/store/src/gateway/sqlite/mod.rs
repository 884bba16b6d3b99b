//! The gateway's store in SQLite: `gateway.sqlite3` in the folder given.
//!
//! One task writes, in commits that concurrent writers share; readers have connections of their own. Nothing
//! is cached beside what SQLite caches, whose size is fixed.

mod allow_list;
mod answers;
mod approvals;
mod audit;
mod credentials;
mod devices;
mod drafts;
mod grants;
mod groups;
mod inputs;
mod ledger;
mod pairing;
mod room;
mod rows;
mod runs;
mod sealed;
mod sessions;
#[cfg(test)]
mod tests;
mod transcripts;
mod words;
mod writer;

use std::path::Path;

use async_trait::async_trait;

use super::{GatewayStore, RunRecord, Scrub, Witness};
use crate::sqlite::database::{self, Connection, Database, GATEWAY, Opened};
use crate::{Millis, Result, StoreNotice};
use room::Room;
use writer::{Work, Writer};

/// The gateway's store in SQLite.
pub struct SqliteGatewayStore {
    database: Database,
    writer: Writer,
    room: Room,
    interrupted: Vec<RunRecord>,
    /// Records from before the chain were put into it.
    adopted: bool,
    notices: Vec<StoreNotice>,
    scrub: Option<Scrub>,
}

impl SqliteGatewayStore {
    /// Opens the store in `folder`, which is made where it is missing. At `now`, runs that were left running
    /// are noted as interrupted.
    pub async fn open(folder: &Path, now: Millis) -> Result<Self> {
        Self::open_bounded(folder, now, None).await
    }

    /// Opens a store whose file may have so many pages at most, of 4096 bytes; with none, as many as the disk
    /// has room for. Beyond that every write fails as with a full disk.
    pub async fn open_bounded(folder: &Path, now: Millis, most_pages: Option<u32>) -> Result<Self> {
        database::make_folder(folder)?;
        let opened = Database::open(folder, &GATEWAY, now, most_pages).await?;
        Self::assemble(opened, now).await
    }

    /// A store that is gone when it is dropped.
    pub async fn in_memory() -> Result<Self> {
        Self::assemble(Database::in_memory(&GATEWAY).await?, 0).await
    }

    /// Opens a store to look at it, as evidence: nothing in it changes, and writing to it fails.
    pub async fn look(folder: &Path) -> Result<Self> {
        let database = Database::look(folder, &GATEWAY).await?;
        Ok(Self {
            writer: Writer::start(database.write.clone()),
            database,
            room: Room::default(),
            interrupted: Vec::new(),
            adopted: false,
            notices: Vec::new(),
            scrub: None,
        })
    }

    async fn assemble(opened: Opened, now: Millis) -> Result<Self> {
        let database = opened.database;
        let writer = Writer::start(database.write.clone());
        let left = writer.write(move |c| Box::pin(begin_anew(c, now))).await;
        let (interrupted, adopted) = left.map_err(|e| database.failed(e))?;
        let set_aside = opened.set_aside.into_iter();
        Ok(Self {
            database,
            writer,
            room: Room::default(),
            interrupted,
            adopted,
            notices: set_aside
                .map(|to| StoreNotice::GatewaySetAside { to })
                .collect(),
            scrub: None,
        })
    }

    /// Puts everything that is recorded in the audit through `scrub` before it is written.
    #[must_use]
    pub fn scrubbing(self, scrub: Scrub) -> Self {
        Self {
            scrub: Some(scrub),
            ..self
        }
    }

    fn scrubbed<R: 'static>(&self, audit: Option<Witness<R>>) -> Option<Witness<R>> {
        match &self.scrub {
            Some(scrub) => audit.map(|audit| audit.scrubbed(scrub.clone())),
            None => audit,
        }
    }

    /// Runs a write in the task that writes.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    {
        let written = self.writer.write(work).await;
        self.room
            .hears(written.map_err(|e| self.database.failed(e)))
    }

    /// As `write`, of work that changes the audit and nothing else.
    async fn write_audit<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    {
        let written = self.writer.write_audit(work).await;
        self.room
            .hears(written.map_err(|e| self.database.failed(e)))
    }

    /// Runs a read on a connection of its own.
    async fn read<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
        work.await.map_err(|e| self.database.failed(e))
    }
}

/// What a process that ended left behind: its runs, and the answers it did not get to give. Also says whether the audit
/// was taken into the chain.
async fn begin_anew(
    connection: &mut Connection,
    now: Millis,
) -> Result<(Vec<RunRecord>, bool), sqlx::Error> {
    sqlx::query("DELETE FROM answer WHERE json IS NULL")
        .execute(&mut *connection)
        .await?;
    let adopted = audit::adopt(connection).await?;
    Ok((runs::interrupt(connection, now).await?, adopted))
}

#[async_trait]
impl GatewayStore for SqliteGatewayStore {
    fn notices(&self) -> Vec<StoreNotice> {
        self.notices.clone()
    }

    fn revision(&self) -> Option<u64> {
        Some(self.writer.changes())
    }

    async fn check_room(&self) -> Result<()> {
        let room = self.room.check(&self.writer).await;
        room.map_err(|e| self.database.failed(e))
    }

    async fn close(&self) {
        self.writer.close().await;
        self.database.close().await;
    }
}
