//! A gateway's store whose disk is full, and then is not: it says so each time, keeps what it said it kept, and goes
//! on when there is room.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use gatehouse_audit::Draft;
use gatehouse_store::gateway::{
    AuditStore, GatewayStore, NewEntry, SessionRow, SessionStore, SqliteGatewayStore,
    TranscriptStore,
};
use gatehouse_store::{Result, StoreError};
use sqlx::{ConnectOptions, Executor};

/// A little more than an empty store has.
const PAGES: u32 = 200;

/// Something else on the disk.
async fn disk(folder: &Path, statement: &'static str) {
    let file = folder.join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.unwrap();
    connection.execute(statement).await.unwrap();
}

async fn fill(folder: &Path) {
    disk(
        folder,
        "CREATE TABLE other AS SELECT zeroblob(1000000) AS data",
    )
    .await;
}

async fn make_room(folder: &Path) {
    disk(folder, "DROP TABLE other").await;
}

fn session(key: &str) -> SessionRow {
    SessionRow {
        key: key.to_owned(),
        session_id: format!("id-of-{key}"),
        agent: "main".to_owned(),
        kind: "direct".to_owned(),
        // So much that it needs pages of its own.
        overrides: format!("{{\"much\":\"{}\"}}", "x".repeat(20_000)),
        extra: "{}".to_owned(),
        created_at: 1,
        updated_at: 1,
        ..SessionRow::default()
    }
}

fn message(n: usize) -> NewEntry {
    NewEntry {
        id: format!("m{n}"),
        at: 1,
        role: "user".to_owned(),
        run: None,
        input: None,
        json: format!("{{\"much\":\"{}\"}}", "x".repeat(20_000)),
        text: String::new(),
    }
}

fn record(what: &str) -> Draft {
    Draft {
        what: Some(what.repeat(20_000)),
        ..Draft::default()
    }
}

async fn open(folder: &Path) -> Arc<SqliteGatewayStore> {
    let store = SqliteGatewayStore::open_bounded(folder, 1, Some(PAGES)).await;
    Arc::new(store.unwrap())
}

fn says_full<T: std::fmt::Debug>(result: &Result<T>) {
    assert!(matches!(result, Err(StoreError::DiskFull)), "{result:?}");
}

#[tokio::test]
async fn every_write_says_that_the_disk_is_full_and_works_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.session_create(session("a")).await.unwrap();
    store.audit_append(vec![record("a")]).await.unwrap();
    for round in 0..3 {
        store.check_room().await.unwrap();
        fill(folder.path()).await;
        for n in 0..3 {
            says_full(&store.session_create(session("b")).await);
            says_full(&store.audit_append(vec![record("b")]).await);
            says_full(&store.entries_append("a", vec![message(n)]).await);
        }
        says_full(&store.check_room().await);
        let list = store.sessions(&Default::default()).await.unwrap();
        assert_eq!(list.total, 1 + round, "it can still be read");

        make_room(folder.path()).await;
        store.check_room().await.unwrap();
        let key = format!("c{round}");
        store.session_create(session(&key)).await.unwrap();
        store.audit_append(vec![record("c")]).await.unwrap();
    }
}

#[tokio::test]
async fn writes_that_wait_together_are_each_told_and_what_was_acknowledged_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for round in 0..20 {
        let mut writes = Vec::new();
        for n in 0..3 {
            let (store, key) = (store.clone(), format!("{round}-{n}"));
            writes.push(tokio::spawn(async move {
                let recorded = store.audit_append(vec![record("a")]);
                let written = tokio::join!(store.session_create(session(&key)), recorded);
                (key, written)
            }));
        }
        for write in writes {
            let (key, (created, recorded)) = write.await.unwrap();
            for result in [created.map(drop), recorded.map(drop)] {
                match result {
                    Ok(()) => acknowledged.push(key.clone()),
                    Err(StoreError::DiskFull) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert!(!acknowledged.is_empty() && refused > 0);
    store.close().await;
    drop(store);

    let store = SqliteGatewayStore::open(folder.path(), 1).await.unwrap();
    let list = store.sessions(&Default::default()).await.unwrap();
    let records = store.audit_rows(0, 1_000).await.unwrap().len() as u64;
    assert_eq!(list.total + records, acknowledged.len() as u64);
    for row in &list.rows {
        assert!(acknowledged.contains(&row.key), "{} was refused", row.key);
    }
    store.session_create(session("after")).await.unwrap();
}
