//! One database file: opened, migrated, checked, and set aside when it is damaged.
//!
//! One connection writes, so writers queue in order instead of meeting as `SQLITE_BUSY`; a file has
//! others that read meanwhile (WAL).

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlSafeStr, SqliteConnection};

use crate::{Millis, StoreError};

/// How long a writer of another process is waited for: a second instance that is just ending.
const BUSY: Duration = Duration::from_secs(5);

/// How long a call waits for the connection; longer than any batch takes.
const QUEUE: Duration = Duration::from_secs(30);

/// What tells the two files apart.
pub(crate) struct Kind {
    name: &'static str,
    migrations: &'static [(i64, &'static str, &'static str)],
    synchronous: SqliteSynchronous,
    /// Whether to read the whole file at the start. The records are small; the cache is not, so damage
    /// in it is found when it is met, noted in a marker file, and dealt with at the next start.
    check_whole: bool,
    /// How many connections read beside the writer.
    readers: u32,
}

pub(crate) const RECORDS: Kind = Kind {
    name: "records",
    migrations: &[(
        1,
        "records",
        include_str!("../../migrations/records/0001_records.sql"),
    )],
    synchronous: SqliteSynchronous::Full,
    check_whole: true,
    readers: 1,
};

pub(crate) const CACHE: Kind = Kind {
    name: "cache",
    migrations: &[(
        1,
        "cache",
        include_str!("../../migrations/cache/0001_cache.sql"),
    )],
    synchronous: SqliteSynchronous::Normal,
    check_whole: false,
    readers: 1,
};

/// What a gateway persists. It can be large, so damage is found when it is met; a person waits for answers
/// that would be lost with the power, so each commit is synced.
pub(crate) const GATEWAY: Kind = Kind {
    name: "gateway",
    migrations: &[
        (
            1,
            "gateway",
            include_str!("../../migrations/gateway/0001_gateway.sql"),
        ),
        (
            2,
            "audit",
            include_str!("../../migrations/gateway/0002_audit.sql"),
        ),
        (
            3,
            "credentials",
            include_str!("../../migrations/gateway/0003_credentials.sql"),
        ),
        (
            5,
            "approvals",
            include_str!("../../migrations/gateway/0005_approvals.sql"),
        ),
        (
            7,
            "allow-always",
            include_str!("../../migrations/gateway/0007_allow_always.sql"),
        ),
        (
            9,
            "own-questions",
            include_str!("../../migrations/gateway/0009_own_questions.sql"),
        ),
        (
            10,
            "drafts",
            include_str!("../../migrations/gateway/0010_drafts.sql"),
        ),
        (
            11,
            "groups-in-use",
            include_str!("../../migrations/gateway/0011_groups_in_use.sql"),
        ),
    ],
    synchronous: SqliteSynchronous::Full,
    check_whole: false,
    readers: 4,
};

/// An open database.
pub(crate) struct Database {
    /// The only connection that writes.
    pub(crate) write: SqlitePool,
    /// Reads beside a writer. The same connection where the database is in memory.
    pub(crate) read: SqlitePool,
    path: Option<PathBuf>,
}

/// A database and how it came about.
pub(crate) struct Opened {
    pub(crate) database: Database,
    /// Where the damaged one was put.
    pub(crate) set_aside: Option<PathBuf>,
}

impl Database {
    pub(crate) async fn open(
        folder: &Path,
        kind: &Kind,
        now: Millis,
        most_pages: Option<u32>,
    ) -> Result<Opened, StoreError> {
        let path = folder.join(format!("{}.sqlite3", kind.name));
        let mut set_aside = None;
        if marker(&path).exists() {
            set_aside = Some(put_aside(&path, now)?);
        }
        create_private(&path)?;
        match Self::connect(&path, kind, most_pages).await {
            Ok(database) => Ok(Opened {
                database,
                set_aside,
            }),
            Err(StoreError::Damaged) => {
                let to = put_aside(&path, now)?;
                create_private(&path)?;
                let database = Self::connect(&path, kind, most_pages).await?;
                Ok(Opened {
                    database,
                    set_aside: Some(to),
                })
            }
            Err(other) => Err(other),
        }
    }

    /// Opens what is there to be looked at: nothing is made, migrated, mended or set aside.
    pub(crate) async fn look(folder: &Path, kind: &Kind) -> Result<Self, StoreError> {
        let path = folder.join(format!("{}.sqlite3", kind.name));
        let options = SqliteConnectOptions::new().filename(&path).read_only(true);
        let read = pool(1).connect_with(options).await;
        let read = read.map_err(|e| classify(&e, Some(&path)))?;
        Ok(Self {
            write: read.clone(),
            read,
            path: None,
        })
    }

    pub(crate) async fn in_memory(kind: &Kind) -> Result<Opened, StoreError> {
        let options = SqliteConnectOptions::new()
            .in_memory(true)
            .foreign_keys(true);
        // The database lives as long as its one connection: that must never be replaced.
        let pool = pool(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await;
        let pool = pool.map_err(|e| classify(&e, None))?;
        migrate(&pool, kind, None).await?;
        let database = Self {
            write: pool.clone(),
            read: pool,
            path: None,
        };
        Ok(Opened {
            database,
            set_aside: None,
        })
    }

    async fn connect(
        path: &Path,
        kind: &Kind,
        most_pages: Option<u32>,
    ) -> Result<Self, StoreError> {
        let mut options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(kind.synchronous)
            .busy_timeout(BUSY);
        if let Some(pages) = most_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let failed = |e: sqlx::Error| classify(&e, Some(path));
        let write = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        if let Err(error) = prepare(&write, kind, path).await {
            // A file that is going to be renamed must not be open, or Windows refuses.
            write.close().await;
            return Err(error);
        }
        let read = pool(kind.readers).connect_lazy_with(options);
        Ok(Self {
            write,
            read,
            path: Some(path.to_owned()),
        })
    }

    /// Names what went wrong. Damage is noted beside the file, so that the next start sets it aside.
    pub(crate) fn failed(&self, error: sqlx::Error) -> StoreError {
        let error = classify(&error, self.path.as_deref());
        if let (StoreError::Damaged, Some(path)) = (&error, &self.path)
            && let Err(cause) = fs::write(marker(path), [])
        {
            tracing::warn!(%cause, "could not note that the database is damaged");
        }
        error
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(QUEUE)
        .test_before_acquire(false)
}

async fn prepare(pool: &SqlitePool, kind: &Kind, path: &Path) -> Result<(), StoreError> {
    migrate(pool, kind, Some(path)).await?;
    if kind.check_whole {
        check_whole(pool)
            .await
            .map_err(|e| classify(&e, Some(path)))?;
    }
    Ok(())
}

async fn migrate(pool: &SqlitePool, kind: &Kind, path: Option<&Path>) -> Result<(), StoreError> {
    let migrations = kind.migrations.iter().map(|(version, name, sql)| {
        let name = Cow::Borrowed(*name);
        Migration::new(
            *version,
            name,
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    let later = || StoreError::LaterVersion {
        path: path.map(Path::to_owned).unwrap_or_default(),
    };
    match Migrator::with_migrations(migrations.collect())
        .run(pool)
        .await
    {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_)) => Err(later()),
        Err(MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _)) => {
            Err(classify(&e, path))
        }
        Err(other) => Err(StoreError::Failed(other.to_string())),
    }
}

/// Reads every page. Damage is an answer other than `ok`, or an error of its own.
async fn check_whole(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let answer: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await?;
    if answer == "ok" {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol(DAMAGED.to_owned()))
    }
}

/// How `check_whole` says what SQLite has no error code for.
const DAMAGED: &str = "quick_check found damage";

/// Sorts an error of the database by what a person can do about it.
pub(crate) fn classify(error: &sqlx::Error, path: Option<&Path>) -> StoreError {
    let not_writable = || StoreError::NotWritable {
        path: path.map(Path::to_owned).unwrap_or_default(),
    };
    match error {
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => StoreError::Closed,
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        sqlx::Error::Protocol(what) if what == DAMAGED => StoreError::Damaged,
        // A column that does not decode: a value of another type than the schema says.
        sqlx::Error::ColumnDecode { .. } => StoreError::Damaged,
        sqlx::Error::Database(inner) => {
            // The low byte of SQLite's extended result code is the primary one, see
            // https://sqlite.org/rescode.html.
            let code = inner
                .code()
                .and_then(|code| code.parse::<i32>().ok())
                .unwrap_or(0);
            match code & 0xff {
                5 | 6 => StoreError::Busy,
                8 | 14 => not_writable(),
                11 | 26 => StoreError::Damaged,
                13 => StoreError::DiskFull,
                // SQLITE_IOERR_SHMSIZE: the index of the log could not grow, most likely for want of room.
                10 if code == 4874 => StoreError::DiskFull,
                _ => StoreError::Failed(error.to_string()),
            }
        }
        other => StoreError::Failed(other.to_string()),
    }
}

/// The connection inside of a transaction, which is what queries run on.
pub(crate) type Connection = SqliteConnection;

/// Makes the folder, for its owner alone where it is new: transcripts are private.
pub(crate) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| file_error(&e, folder))
}

/// Creates the file for its owner alone; the files that SQLite puts beside it take its mode over.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(file_error(&e, path)),
    }
}

pub(crate) fn file_error(error: &io::Error, path: &Path) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        _ => StoreError::NotWritable {
            path: path.to_owned(),
        },
    }
}

fn marker(path: &Path) -> PathBuf {
    path.with_extension("sqlite3.damaged")
}

/// Renames the database and what belongs to it. The marker goes last: killed before, it is done again.
fn put_aside(path: &Path, now: Millis) -> Result<PathBuf, StoreError> {
    let to = free_name(path, now);
    for suffix in ["", "-wal", "-shm"] {
        let from = with_suffix(path, suffix);
        match fs::rename(&from, with_suffix(&to, suffix)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(file_error(&e, &from)),
            _ => {}
        }
    }
    match fs::remove_file(marker(path)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(file_error(&e, &marker(path))),
        _ => Ok(to),
    }
}

/// A name with the date that is not taken.
fn free_name(path: &Path, now: Millis) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stamp = stamp(now);
    let name = |n: u32| path.with_file_name(format!("{stem}.damaged-{stamp}-{n}.sqlite3"));
    (1..)
        .map(name)
        .find(|name| !name.exists())
        .expect("the numbers do not run out")
}

/// The time as it can stand in a file name on every system.
fn stamp(now: Millis) -> String {
    let Ok(at) = time::OffsetDateTime::from_unix_timestamp(now / 1000) else {
        return now.to_string();
    };
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!(
        "{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z",
        u8::from(month)
    )
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
