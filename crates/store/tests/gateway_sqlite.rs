//! The gateway's store in SQLite does what every one has to do, and what only files bring with them.

// A test binary has no outside, and the contract is shared by those that will follow.
#![allow(unreachable_pub, clippy::unwrap_used)]

mod gateway;

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_audit::Draft;
use gatehouse_store::StoreNotice;
use gatehouse_store::gateway::{
    AllowEntry, ApprovalStore, AuditStore, GatewayStore, SessionStore, SqliteGatewayStore,
    TranscriptStore, Witness,
};
use gateway::{GatewayWorld, entry, session};

/// 2026-11-21 12:00:00 UTC.
const NOW: i64 = 1_795_262_400_000;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl GatewayWorld for Folder {
    async fn open(&self, now: i64) -> Arc<dyn GatewayStore> {
        Arc::new(SqliteGatewayStore::open(self.0.path(), now).await.unwrap())
    }
}

gateway_contract_tests! { Folder::new() }

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_begun_anew() {
    let folder = Folder::new();
    let file = folder.0.path().join("gateway.sqlite3");
    fs::write(&file, "not a database").unwrap();
    let store = folder.open(NOW).await;
    let to = folder
        .0
        .path()
        .join("gateway.damaged-20261121T120000Z-1.sqlite3");
    assert_eq!(
        store.notices(),
        [StoreNotice::GatewaySetAside { to: to.clone() }]
    );
    assert_eq!(fs::read(to).unwrap(), b"not a database", "nothing is lost");
    store.session_create(session("a", 1)).await.unwrap();
}

#[tokio::test]
async fn a_store_in_memory_does_the_same() {
    let store = SqliteGatewayStore::in_memory().await.unwrap();
    store.session_create(session("a", 1)).await.unwrap();
    let added = store.entries_append("a", vec![entry(1)]).await.unwrap();
    assert_eq!(added, Some(vec![1]));
    assert_eq!(store.entries("a").await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn entries_of_always_that_have_no_grant_go_with_the_update() {
    let folder = Folder::new();
    let store = folder.open(NOW).await;
    let entry = |id: &str, source: Option<&str>| AllowEntry {
        id: id.to_owned(),
        agent: "main".to_owned(),
        pattern: id.to_owned(),
        source: source.map(str::to_owned),
        ..AllowEntry::default()
    };
    for (id, source) in [("made", Some("allow-always")), ("own", None)] {
        store.allow_entry_add(entry(id, source)).await.unwrap();
    }
    store.close().await;
    let file = folder.0.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let before = "DELETE FROM _sqlx_migrations WHERE version = 7";
    sqlx::query(before).execute(&pool).await.unwrap();
    pool.close().await;
    let store = folder.open(NOW).await;
    let left = store.allow_entries(None, NOW).await.unwrap();
    assert_eq!(left, [entry("own", None)]);
}

#[tokio::test]
async fn a_write_that_fails_takes_none_of_those_beside_it_along() {
    let folder = Folder::new();
    let store = folder.open(NOW).await;
    let mut writes = Vec::new();
    for n in 0..100 {
        let store = store.clone();
        // Two sessions must not have the same id: every second one fails.
        let row = gatehouse_store::gateway::SessionRow {
            session_id: (n / 2).to_string(),
            ..session(&n.to_string(), n)
        };
        writes.push(tokio::spawn(async move { store.session_create(row).await }));
    }
    let mut failed = 0;
    for write in writes {
        failed += usize::from(write.await.unwrap().is_err());
    }
    let list = store.sessions(&Default::default()).await.unwrap();
    assert_eq!((failed, list.total), (50, 50));
}

#[tokio::test]
async fn everything_that_is_recorded_is_scrubbed_first() {
    let store = SqliteGatewayStore::in_memory().await.unwrap();
    let store = store.scrubbing(Arc::new(|draft| Draft {
        what: draft.what.map(|text| text.replace("hunter2", "[redacted]")),
        ..draft
    }));
    let secret = || Draft {
        what: Some("login hunter2".to_owned()),
        ..Draft::default()
    };
    store.audit_append(vec![secret()]).await.unwrap();
    let witness = Some(Witness::new(move |_| secret()));
    let approval = gateway::approvals::approval("a", 1);
    store.approval_create(approval, witness).await.unwrap();
    let rows = store.audit_rows(0, 10).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row.text, "login [redacted]");
        assert!(!row.bytes.contains("hunter2"), "{}", row.bytes);
    }
}
