//! A transaction that leaves its connection usable, whatever became of it.
//!
//! Where the disk is full or fails, SQLite may end a transaction by itself, and rolling it back fails. The
//! driver's own transactions then go on counting one, and nothing can be begun on their connection again.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};

use super::database::Connection;

/// A transaction. Dropped before it is committed, it is undone before anyone else has the connection.
pub(crate) struct Transaction {
    /// None when there is nothing left to undo.
    open: Option<PoolConnection<Sqlite>>,
}

/// Starts a transaction that is going to write: asking for the lock later could fail halfway.
pub(crate) async fn begin(pool: &SqlitePool) -> Result<Transaction, sqlx::Error> {
    let mut transaction = Transaction {
        open: Some(pool.acquire().await?),
    };
    run(&mut transaction, "BEGIN IMMEDIATE").await?;
    Ok(transaction)
}

impl Transaction {
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        run(&mut self, "COMMIT").await?;
        self.open = None;
        Ok(())
    }

    pub(crate) async fn roll_back(mut self) {
        if let Some(connection) = self.open.take() {
            undo(connection).await;
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.open.as_deref().expect(HELD)
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        self.open.as_deref_mut().expect(HELD)
    }
}

/// Why a transaction that can be used has its connection.
const HELD: &str = "only what ends a transaction takes its connection";

impl Drop for Transaction {
    fn drop(&mut self) {
        // Without a runtime the process ends, and the transaction with it.
        if let Some(connection) = self.open.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(undo(connection));
        }
    }
}

/// Gives the connection back as one that has no transaction, or closes it, and the pool opens another.
async fn undo(mut connection: PoolConnection<Sqlite>) {
    if run(&mut connection, "ROLLBACK").await.is_ok() {
        return;
    }
    // There may have been nothing to roll back any more: where another can begin, that was it.
    let begun = run(&mut connection, "BEGIN").await;
    if begun.is_err() || run(&mut connection, "ROLLBACK").await.is_err() {
        // Closing fails where it is broken, and is over all the same.
        let _ = connection.close().await;
    }
}

async fn run(connection: &mut Connection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::sqlite::SqlitePoolOptions;

    use super::*;

    /// A database of one connection, with room for very little.
    async fn small() -> SqlitePool {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .connect("sqlite::memory:")
            .await
            .unwrap();
        for statement in ["CREATE TABLE t (a BLOB)", "PRAGMA max_page_count = 20"] {
            let done = sqlx::raw_sql(statement).execute(&pool).await;
            done.unwrap();
        }
        pool
    }

    async fn insert(connection: &mut Connection, bytes: i64) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO t VALUES (zeroblob(?))").bind(bytes);
        insert.execute(connection).await.map(drop)
    }

    async fn rows(pool: &SqlitePool) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM t");
        count.fetch_one(pool).await.unwrap()
    }

    #[tokio::test]
    async fn a_transaction_that_the_database_ended_by_itself_leaves_the_connection_usable() {
        let pool = small().await;
        for rolled_back in [true, false] {
            let mut transaction = begin(&pool).await.unwrap();
            insert(&mut transaction, 10).await.unwrap();
            assert!(insert(&mut transaction, 1 << 20).await.is_err(), "no room");
            if rolled_back {
                transaction.roll_back().await;
            } else {
                drop(transaction);
            }
            assert_eq!(rows(&pool).await, 0);
        }
        let mut transaction = begin(&pool).await.unwrap();
        insert(&mut transaction, 10).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(rows(&pool).await, 1);
    }

    #[tokio::test]
    async fn a_transaction_that_is_given_up_is_undone_before_the_next_begins() {
        let pool = small().await;
        let mut transaction = begin(&pool).await.unwrap();
        insert(&mut transaction, 10).await.unwrap();
        drop(transaction);
        begin(&pool).await.unwrap().commit().await.unwrap();
        assert_eq!(rows(&pool).await, 0);
    }
}
