//! A store on the disk that fails, or keeps a write waiting, when a test says so.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatehouse_store::{
    Cache, GatewayRecord, InboxRecord, MessageBatch, MessageHit, MessagePage, Millis, Result,
    SessionBatch, SessionKey, SessionRecord, SqliteCache, StoreError, StoreNotice,
};
use tokio::sync::{Notify, OwnedMutexGuard};

pub(crate) struct FailingCache {
    disk: SqliteCache,
    settings_fail: AtomicBool,
    inbox_fails: AtomicBool,
    /// A write of the inbox came that was refused, or has to wait.
    came: Notify,
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl FailingCache {
    pub(crate) async fn open(folder: &Path) -> Self {
        Self {
            disk: SqliteCache::open(folder, 0).await.unwrap(),
            settings_fail: AtomicBool::new(false),
            inbox_fails: AtomicBool::new(false),
            came: Notify::new(),
            gate: Arc::default(),
        }
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.settings_fail.store(fails, Ordering::SeqCst);
        self.fail_inbox(fails);
    }

    pub(crate) fn fail_inbox(&self, fails: bool) {
        self.inbox_fails.store(fails, Ordering::SeqCst);
    }

    /// Writes of the inbox wait until what is given back is dropped.
    pub(crate) async fn hold(&self) -> OwnedMutexGuard<()> {
        self.gate.clone().lock_owned().await
    }

    pub(crate) async fn refused(&self) {
        self.came.notified().await;
    }
}

#[async_trait]
impl Cache for FailingCache {
    async fn setting_put(&self, name: &str, json: &str) -> Result<()> {
        if self.settings_fail.load(Ordering::SeqCst) {
            return Err(StoreError::DiskFull);
        }
        self.disk.setting_put(name, json).await
    }

    async fn inbox_write(&self, upsert: &[InboxRecord], remove: &[String]) -> Result<()> {
        let fails = self.inbox_fails.load(Ordering::SeqCst);
        if fails || self.gate.try_lock().is_err() {
            self.came.notify_one();
        }
        if fails {
            return Err(StoreError::DiskFull);
        }
        let _open = self.gate.lock().await;
        self.disk.inbox_write(upsert, remove).await
    }

    async fn gateways(&self) -> Result<Vec<GatewayRecord>> {
        self.disk.gateways().await
    }
    async fn gateway_put(&self, gateway: &GatewayRecord) -> Result<()> {
        self.disk.gateway_put(gateway).await
    }
    async fn gateway_seen(&self, id: &str, at: Millis) -> Result<()> {
        self.disk.gateway_seen(id, at).await
    }
    async fn gateway_remove(&self, id: &str) -> Result<()> {
        self.disk.gateway_remove(id).await
    }
    async fn setting(&self, name: &str) -> Result<Option<String>> {
        self.disk.setting(name).await
    }
    async fn sessions(&self, gateway: &str) -> Result<Vec<SessionRecord>> {
        self.disk.sessions(gateway).await
    }
    async fn sessions_write(&self, gateway: &str, batch: SessionBatch) -> Result<()> {
        self.disk.sessions_write(gateway, batch).await
    }
    async fn messages_write(&self, session: &SessionKey, batch: MessageBatch) -> Result<()> {
        self.disk.messages_write(session, batch).await
    }
    async fn messages_page(
        &self,
        session: &SessionKey,
        before: Option<&str>,
        limit: u32,
    ) -> Result<MessagePage> {
        self.disk.messages_page(session, before, limit).await
    }
    async fn messages_search(&self, text: &str, limit: u32) -> Result<Vec<MessageHit>> {
        self.disk.messages_search(text, limit).await
    }
    async fn inbox_waiting(&self) -> Result<Vec<InboxRecord>> {
        self.disk.inbox_waiting().await
    }
    async fn inbox_history(&self, limit: u32) -> Result<Vec<InboxRecord>> {
        self.disk.inbox_history(limit).await
    }
    fn notices(&self) -> Vec<StoreNotice> {
        self.disk.notices()
    }
    async fn close(&self) {
        self.disk.close().await;
    }
}
