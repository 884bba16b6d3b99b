use std::path::Path;

use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::database::classify;
use super::{SqliteCache, messages, sessions};
use crate::{Cache, MessageBatch, MessageRecord, SessionKey, StoreError};

fn batch(range: std::ops::Range<i64>) -> MessageBatch {
    let message = |n: i64| MessageRecord {
        id: format!("m{n}"),
        position: n,
        at: None,
        json: "{}".repeat(200),
        text: format!("word{n}"),
    };
    MessageBatch {
        upsert: range.map(message).collect(),
        ..MessageBatch::default()
    }
}

/// How SQLite is going to run a query.
async fn plan(cache: &SqliteCache, sql: &'static str, binds: &[&str]) -> String {
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let mut query = sqlx::query(explained);
    for bind in binds {
        query = query.bind(*bind);
    }
    let rows = query.fetch_all(&cache.cache.read).await.unwrap();
    rows.iter()
        .map(|row| row.get::<String, _>(3) + "\n")
        .collect()
}

#[tokio::test]
async fn a_page_of_a_long_session_is_read_off_an_index_and_nothing_is_sorted() {
    let cache = SqliteCache::in_memory().await.unwrap();
    let session = SessionKey::new("g", "long");
    cache
        .messages_write(&session, batch(0..10_000))
        .await
        .unwrap();
    for (sql, binds, wanted) in [
        (
            messages::LATEST,
            &["g", "long", "201"][..],
            "(transcript=?)",
        ),
        (
            messages::BEFORE,
            &["g", "long", "201", "m5000"][..],
            "(transcript=? AND position<?)",
        ),
        (messages::DROP_OLDEST, &["1", "10"][..], "(transcript=?)"),
    ] {
        let plan = plan(&cache, sql, binds).await;
        let searched = plan.contains(&format!("INDEX message_order {wanted}"));
        assert!(
            searched,
            "the index leads to the first row of the page: {plan}"
        );
        assert!(!plan.contains("SCAN"), "nothing is read through: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "nothing is sorted: {plan}");
    }
    let page = cache.messages_page(&session, None, 200).await.unwrap();
    assert_eq!(page.messages.first().unwrap().id, "m9800");
    let before = cache
        .messages_page(&session, Some("m9800"), 50)
        .await
        .unwrap();
    assert_eq!(before.messages.last().unwrap().id, "m9799");
}

#[tokio::test]
async fn the_list_of_sessions_is_read_off_an_index() {
    let cache = SqliteCache::in_memory().await.unwrap();
    let plan = plan(&cache, sessions::SESSIONS, &["g"]).await;
    assert!(plan.contains("USING INDEX session_latest"), "{plan}");
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let cache = SqliteCache::open(folder.path(), 0).await.unwrap();
    let session = SessionKey::new("g", "s");
    cache.messages_write(&session, batch(0..10)).await.unwrap();
    // SQLite reports a database at its page limit as it reports a disk without room: SQLITE_FULL.
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&cache.cache.write)
        .await
        .unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 2));
    sqlx::query(limit)
        .execute(&cache.cache.write)
        .await
        .unwrap();

    let written = cache.messages_write(&session, batch(10..2_000)).await;
    assert!(matches!(written, Err(StoreError::DiskFull)), "{written:?}");
    let page = cache.messages_page(&session, None, 100).await.unwrap();
    assert_eq!(page.messages.len(), 10, "all of a batch or nothing of it");
}

#[tokio::test]
async fn a_disk_that_takes_no_writes_is_said() {
    let folder = tempfile::tempdir().unwrap();
    SqliteCache::open(folder.path(), 0)
        .await
        .unwrap()
        .close()
        .await;
    let path = folder.path().join("cache.sqlite3");
    let options = SqliteConnectOptions::new().filename(&path).read_only(true);
    let pool = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .unwrap();
    let error = sqlx::query("DELETE FROM message")
        .execute(&pool)
        .await
        .unwrap_err();
    let StoreError::NotWritable { path: named } = classify(&error, Some(&path)) else {
        panic!("{error:?}");
    };
    assert_eq!(named, path);
}

#[tokio::test]
async fn a_writer_of_another_process_that_does_not_end_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let cache = SqliteCache::open(folder.path(), 0).await.unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("records.sqlite3"));
    let other = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .unwrap();
    let _held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let put = cache.setting_put("a", "1").await;
    assert!(matches!(put, Err(StoreError::Busy)), "{put:?}");
}

#[tokio::test]
async fn the_copy_of_gateways_and_settings_is_written_whole_and_for_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let cache = SqliteCache::open(folder.path(), 0).await.unwrap();
    cache.setting_put("theme", "\"dark\"").await.unwrap();
    let path = folder.path().join("records.backup.json");
    let copy = super::backup::read(Path::new(&path)).expect("it is there");
    assert_eq!(copy.settings, [("theme".to_owned(), "\"dark\"".to_owned())]);
    assert!(!folder.path().join("records.backup.json.new").exists());
}
