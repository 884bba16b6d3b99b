//! The store in SQLite: two database files in one folder.
//!
//! `records.sqlite3` holds what nothing else knows and syncs each write; `cache.sqlite3` holds what the
//! gateways can give again and leaves syncing to checkpoints, which a killed process survives all the same.
//! A damaged file is renamed, never deleted, and begun anew; gateways and settings then come back from
//! `records.backup.json`, which is written with every change of theirs.

mod backup;
pub(crate) mod database;
mod inbox;
mod messages;
mod records;
pub(crate) mod search;
mod sessions;
#[cfg(test)]
mod tests;
pub(crate) mod transaction;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::{
    Bounds, Cache, GatewayRecord, InboxRecord, MessageBatch, MessageHit, MessagePage, Millis,
    Result, SessionBatch, SessionKey, SessionRecord, StoreError, StoreNotice,
};
use database::{Database, Opened};

/// The store in SQLite.
pub struct SqliteCache {
    records: Database,
    cache: Database,
    /// Where the copy of gateways and settings is kept; none in memory.
    backup: Option<PathBuf>,
    bounds: Bounds,
    notices: Vec<StoreNotice>,
}

impl SqliteCache {
    /// Opens the store in `folder`, which is made where it is missing, with the default bounds.
    /// `now` names a file that has to be set aside.
    pub async fn open(folder: &Path, now: Millis) -> Result<Self> {
        Self::open_bounded(folder, now, Bounds::default()).await
    }

    /// Opens the store with bounds of the caller's.
    pub async fn open_bounded(folder: &Path, now: Millis, bounds: Bounds) -> Result<Self> {
        database::make_folder(folder)?;
        let records = Database::open(folder, &database::RECORDS, now, None).await?;
        let cache = Database::open(folder, &database::CACHE, now, None).await?;
        Self::assemble(
            records,
            cache,
            Some(folder.join("records.backup.json")),
            bounds,
        )
        .await
    }

    /// A store that is gone when it is dropped.
    pub async fn in_memory() -> Result<Self> {
        Self::in_memory_bounded(Bounds::default()).await
    }

    /// A store in memory with bounds of the caller's.
    pub async fn in_memory_bounded(bounds: Bounds) -> Result<Self> {
        let records = Database::in_memory(&database::RECORDS).await?;
        let cache = Database::in_memory(&database::CACHE).await?;
        Self::assemble(records, cache, None, bounds).await
    }

    async fn assemble(
        records: Opened,
        cache: Opened,
        backup: Option<PathBuf>,
        bounds: Bounds,
    ) -> Result<Self> {
        let mut store = Self {
            records: records.database,
            cache: cache.database,
            backup,
            bounds,
            notices: Vec::new(),
        };
        let restored = store.restore().await.map_err(|e| store.records.failed(e))?;
        if let Some(to) = records.set_aside {
            store
                .notices
                .push(StoreNotice::RecordsSetAside { to, restored });
        }
        if let Some(to) = cache.set_aside {
            store.notices.push(StoreNotice::CacheSetAside { to });
        }
        store.drop_orphans().await?;
        Ok(store)
    }
}

#[async_trait]
impl Cache for SqliteCache {
    async fn gateways(&self) -> Result<Vec<GatewayRecord>> {
        self.read_gateways()
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn gateway_put(&self, gateway: &GatewayRecord) -> Result<()> {
        self.write_gateway(gateway)
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn gateway_seen(&self, id: &str, at: Millis) -> Result<()> {
        self.write_seen(id, at)
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn gateway_remove(&self, id: &str) -> Result<()> {
        self.remove_gateway(id)
            .await
            .map_err(|e| self.records.failed(e))?;
        self.remove_gateway_sessions(id)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read_setting(name)
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn setting_put(&self, name: &str, json: &str) -> Result<()> {
        self.write_setting(name, json)
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn sessions(&self, gateway: &str) -> Result<Vec<SessionRecord>> {
        self.read_sessions(gateway)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn sessions_write(&self, gateway: &str, batch: SessionBatch) -> Result<()> {
        self.write_sessions(gateway, &batch)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn messages_write(&self, session: &SessionKey, batch: MessageBatch) -> Result<()> {
        self.write_messages(session, &batch)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn messages_page(
        &self,
        session: &SessionKey,
        before: Option<&str>,
        limit: u32,
    ) -> Result<MessagePage> {
        self.read_page(session, before, limit)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn messages_search(&self, text: &str, limit: u32) -> Result<Vec<MessageHit>> {
        self.search(text, limit)
            .await
            .map_err(|e| self.cache.failed(e))
    }

    async fn inbox_write(&self, upsert: &[InboxRecord], remove: &[String]) -> Result<()> {
        self.write_inbox(upsert, remove)
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn inbox_waiting(&self) -> Result<Vec<InboxRecord>> {
        self.read_waiting()
            .await
            .map_err(|e| self.records.failed(e))
    }

    async fn inbox_history(&self, limit: u32) -> Result<Vec<InboxRecord>> {
        self.read_history(limit)
            .await
            .map_err(|e| self.records.failed(e))
    }

    fn notices(&self) -> Vec<StoreNotice> {
        self.notices.clone()
    }

    async fn close(&self) {
        self.records.close().await;
        self.cache.close().await;
    }
}

impl SqliteCache {
    /// A process killed between the two files of `gateway_remove` left sessions without a gateway.
    async fn drop_orphans(&self) -> Result<(), StoreError> {
        let known: Vec<String> = self.gateways().await?.into_iter().map(|g| g.id).collect();
        let cached = self
            .cached_gateways()
            .await
            .map_err(|e| self.cache.failed(e))?;
        for gateway in cached.iter().filter(|gateway| !known.contains(gateway)) {
            self.remove_gateway_sessions(gateway)
                .await
                .map_err(|e| self.cache.failed(e))?;
        }
        Ok(())
    }
}
