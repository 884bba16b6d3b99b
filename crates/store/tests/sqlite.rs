//! The store in SQLite does what every store has to do, and what only files bring with them.

// A test binary has no outside, and the contract is shared by those that will follow.
#![allow(unreachable_pub, clippy::unwrap_used)]

mod contract;

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use contract::{World, gateway, item, main_session, numbered};
use gatehouse_store::{Bounds, Cache, SqliteCache, StoreError, StoreNotice};

/// 2026-11-21 12:00:00 UTC.
const NOW: i64 = 1_795_262_400_000;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    async fn open(&self) -> SqliteCache {
        SqliteCache::open(self.path(), NOW).await.unwrap()
    }

    /// One gateway, a setting, an item and some messages, closed again.
    async fn filled() -> Self {
        let folder = Self::new();
        let cache = folder.open().await;
        cache.gateway_put(&gateway("g", 1)).await.unwrap();
        cache.setting_put("ui", "{}").await.unwrap();
        cache
            .inbox_write(&[item("g/1", 1, None)], &[])
            .await
            .unwrap();
        cache
            .messages_write(&main_session(), numbered(1..=500))
            .await
            .unwrap();
        cache.close().await;
        folder
    }
}

#[async_trait]
impl World for Folder {
    async fn open(&self, bounds: Bounds) -> Box<dyn Cache> {
        Box::new(
            SqliteCache::open_bounded(self.path(), NOW, bounds)
                .await
                .unwrap(),
        )
    }
}

contract_tests!(Folder::new());

/// Overwrites the middle of a file, as a bad disk would.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let (length, page) = (bytes.len(), 4096);
    bytes[page..length.min(page * 40)].fill(0xA5);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_cache_is_set_aside_and_begun_anew_with_a_notice() {
    let folder = Folder::filled().await;
    fs::write(
        folder.file("cache.sqlite3"),
        "this is not a database, not at all",
    )
    .unwrap();
    let cache = folder.open().await;
    let to = folder.file("cache.damaged-20261121T120000Z-1.sqlite3");
    assert_eq!(
        cache.notices(),
        [StoreNotice::CacheSetAside { to: to.clone() }]
    );
    assert!(fs::read_to_string(to).unwrap().starts_with("this is not"));
    assert_eq!(
        cache.gateways().await.unwrap(),
        [gateway("g", 1)],
        "the records are unharmed"
    );
    assert!(
        cache
            .messages_page(&main_session(), None, 1)
            .await
            .unwrap()
            .messages
            .is_empty()
    );
    cache
        .messages_write(&main_session(), numbered(1..=2))
        .await
        .unwrap();
    cache.close().await;
    assert!(folder.open().await.notices().is_empty(), "it is said once");
}

#[tokio::test]
async fn damage_inside_of_the_cache_is_an_error_and_gone_after_the_next_start() {
    let folder = Folder::filled().await;
    damage(&folder.file("cache.sqlite3"));
    let Ok(cache) = SqliteCache::open(folder.path(), NOW).await else {
        panic!("damage that is met at the start is dealt with at the start");
    };
    if cache.notices().is_empty() {
        let met = cache
            .messages_write(&main_session(), numbered(1..=500))
            .await;
        assert!(matches!(met, Err(StoreError::Damaged)), "{met:?}");
    }
    cache.close().await;
    let cache = folder.open().await;
    cache
        .messages_write(&main_session(), numbered(1..=500))
        .await
        .unwrap();
    assert_eq!(
        cache.messages_search("number", 500).await.unwrap().len(),
        500
    );
    assert_eq!(cache.gateways().await.unwrap(), [gateway("g", 1)]);
}

#[tokio::test]
async fn damaged_records_are_set_aside_and_gateways_and_settings_come_back() {
    for damage in [damage, |path: &Path| {
        fs::write(path, "not a database").unwrap()
    }] {
        let folder = Folder::filled().await;
        damage(&folder.file("records.sqlite3"));
        let cache = folder.open().await;
        let to = folder.file("records.damaged-20261121T120000Z-1.sqlite3");
        assert_eq!(
            cache.notices(),
            [StoreNotice::RecordsSetAside {
                to: to.clone(),
                restored: 1
            }]
        );
        assert!(to.exists());
        assert_eq!(cache.gateways().await.unwrap(), [gateway("g", 1)]);
        assert_eq!(cache.setting("ui").await.unwrap().as_deref(), Some("{}"));
        let page = cache
            .messages_page(&main_session(), None, 500)
            .await
            .unwrap();
        assert_eq!(
            page.messages.len(),
            500,
            "the cache of a restored gateway stays"
        );
    }
}

#[tokio::test]
async fn damage_to_any_page_of_the_records_is_found_at_the_start() {
    const PAGE: usize = 4096;
    let folder = Folder::filled().await;
    let records = folder.file("records.sqlite3");
    let sound = fs::read(&records).unwrap();
    assert!(sound.len() > 5 * PAGE, "one page for each table at least");
    for page in 0..sound.len() / PAGE {
        let mut bytes = sound.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xA5);
        fs::write(&records, bytes).unwrap();
        let cache = folder.open().await;
        let noticed = matches!(
            &cache.notices()[..],
            [StoreNotice::RecordsSetAside { restored: 1, .. }]
        );
        assert!(noticed, "page {page}: {:?}", cache.notices());
        cache.close().await;
    }
}

#[tokio::test]
async fn a_restore_that_was_cut_off_is_done_at_the_next_start() {
    let folder = Folder::filled().await;
    // The process ended after the damaged file was renamed.
    fs::rename(folder.file("records.sqlite3"), folder.file("elsewhere")).unwrap();
    assert_eq!(
        folder.open().await.gateways().await.unwrap(),
        [gateway("g", 1)]
    );
}

#[tokio::test]
async fn a_removed_gateway_does_not_come_back_from_the_copy() {
    let folder = Folder::filled().await;
    let cache = folder.open().await;
    cache.gateway_remove("g").await.unwrap();
    cache.close().await;
    assert!(folder.open().await.gateways().await.unwrap().is_empty());
    fs::remove_file(folder.file("records.sqlite3")).unwrap();
    assert!(folder.open().await.gateways().await.unwrap().is_empty());
}

#[tokio::test]
async fn messages_of_a_gateway_that_is_not_known_are_dropped_at_the_start() {
    let folder = Folder::filled().await;
    for name in ["records.sqlite3", "records.backup.json"] {
        fs::remove_file(folder.file(name)).unwrap();
    }
    let cache = folder.open().await;
    assert!(
        cache
            .messages_page(&main_session(), None, 1)
            .await
            .unwrap()
            .messages
            .is_empty()
    );
}

#[tokio::test]
async fn a_database_of_a_later_version_is_left_as_it_is() {
    let folder = Folder::filled().await;
    let cache = folder.file("cache.sqlite3");
    later_version(&cache).await;
    let opened = SqliteCache::open(folder.path(), NOW).await;
    assert!(matches!(opened, Err(StoreError::LaterVersion { path }) if path == cache));
    assert!(!folder.names().iter().any(|name| name.contains("damaged")));
}

/// Notes a migration that this version does not know, as a later version would.
async fn later_version(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9999, 'later', TRUE, x'00', 0)";
    sqlx::query(sql).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    let file = folder.file("a file");
    fs::write(&file, "").unwrap();
    let under_a_file = file.join("folder");
    let opened = SqliteCache::open(&under_a_file, NOW).await;
    assert!(matches!(opened, Err(StoreError::NotWritable { path }) if path == under_a_file));

    let taken = Folder::new();
    fs::create_dir(taken.file("records.sqlite3")).unwrap();
    let opened = SqliteCache::open(taken.path(), NOW).await;
    let Err(StoreError::NotWritable { path }) = opened else {
        panic!("a folder is no database")
    };
    assert_eq!(path, taken.file("records.sqlite3"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_any_file_of_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let outer = Folder::new();
    let folder = outer.file("data");
    let cache = SqliteCache::open(&folder, NOW).await.unwrap();
    cache.gateway_put(&gateway("g", 1)).await.unwrap();
    cache
        .messages_write(&main_session(), numbered(1..=5))
        .await
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(
        files.len() >= 5,
        "databases, their logs and the copy: {files:?}"
    );
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_reader_is_not_held_up_by_a_long_write() {
    let folder = Folder::filled().await;
    let cache = std::sync::Arc::new(folder.open().await);
    let writer = {
        let cache = cache.clone();
        tokio::spawn(async move {
            cache
                .messages_write(&main_session(), numbered(501..=8_000))
                .await
        })
    };
    let mut seen = Vec::new();
    while !writer.is_finished() {
        let page = cache.messages_page(&main_session(), None, 1).await.unwrap();
        seen.push(page.messages[0].position);
    }
    writer.await.unwrap().unwrap();
    assert!(
        seen.iter().all(|n| [500, 8_000].contains(n)),
        "nothing in between is seen: {seen:?}"
    );
    assert!(seen.contains(&500), "it read while the write was under way");
}
