//! The one task that writes. Writes that wait together are committed together, so that one sync of the disk
//! serves all of them; each runs in a savepoint, so that one that fails takes no other along. Appends to the
//! audit need none, for nothing can be wrong with one alone: they go in last, together.
//!
//! A writer is told of its success after the commit, never before.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gatehouse_audit::Prepared;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::audit;
use crate::gateway::{Appended, AuditLeaf, AuditWatch};
use crate::sqlite::database::Connection;
use crate::sqlite::transaction::begin;

/// How many writes may wait before the next one waits for room.
const WAITING: usize = 256;

/// The most writes in one commit: a writer at the front must not wait for many behind it.
const TOGETHER: usize = 64;

type Failed = sqlx::Error;
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Failed>> + Send + 'c>>;

/// Tells a writer what became of its write.
type Settle = Box<dyn FnOnce(Result<(), Failed>) + Send>;
/// What to do with the connection; or what is told instead, if it does not come to that.
type Job = Box<dyn for<'c> FnOnce(Result<&'c mut Connection, Failed>) -> Work<'c, Settle> + Send>;

enum Message {
    Write(Job),
    /// A write to the audit's own tables, beside its records.
    Audit(Job),
    Append(Append),
    Close(oneshot::Sender<()>),
}

/// Records for the audit, and whom to tell where they were put.
struct Append {
    records: Vec<Prepared>,
    tell: oneshot::Sender<Result<Vec<Appended>, Failed>>,
}

/// A handle to the task.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
    /// How many commits there were that held more than what is the audit's.
    changes: Arc<AtomicU64>,
    watch: Watch,
}

/// Who is told where the audit ends, once there is somebody.
type Watch = Arc<RwLock<Option<Arc<dyn AuditWatch>>>>;

impl Writer {
    /// Starts the task. It ends when it is closed, or with the last handle.
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let changes = Arc::<AtomicU64>::default();
        let watch = Watch::default();
        tokio::spawn(write_all(pool, waiting, changes.clone(), watch.clone()));
        Self {
            jobs,
            changes,
            watch,
        }
    }

    /// From now on `watch` is told where the audit ends.
    pub(super) fn watched(&self, watch: Arc<dyn AuditWatch>) {
        *self.watch.write().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    /// Grows with each commit that changes more than the audit, before anyone is told of it.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Runs `work` in a transaction and gives its result after the commit.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    {
        self.done(Message::Write, work).await
    }

    /// As [`Self::write`], of work that changes the audit and nothing else: what others keep of the store holds.
    pub(super) async fn write_audit<T, F>(&self, work: F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    {
        self.done(Message::Audit, work).await
    }

    async fn done<T, F>(&self, message: fn(Job) -> Message, work: F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            Box::pin(async move {
                let worked = match connection {
                    Ok(connection) => work(connection).await,
                    Err(error) => Err(error),
                };
                match worked {
                    Ok(value) => Ok(Box::new(move |committed: Result<(), Failed>| {
                        // A caller that no longer waits has lost interest, not the write.
                        let _ = tell.send(committed.map(|()| value));
                    }) as Settle),
                    Err(error) => {
                        let class = again(&error);
                        let _ = tell.send(Err(error));
                        Err(class)
                    }
                }
            })
        });
        let gone = |_| Failed::PoolClosed;
        self.jobs.send(message(job)).await.map_err(gone)?;
        told.await.unwrap_or(Err(Failed::PoolClosed))
    }

    /// Adds records to the audit, all or none.
    pub(super) async fn append(&self, records: Vec<Prepared>) -> Result<Vec<Appended>, Failed> {
        let (tell, told) = oneshot::channel();
        let append = Message::Append(Append { records, tell });
        self.jobs
            .send(append)
            .await
            .map_err(|_| Failed::PoolClosed)?;
        told.await.unwrap_or(Err(Failed::PoolClosed))
    }

    /// Ends the task after the writes that wait.
    pub(super) async fn close(&self) {
        let (tell, told) = oneshot::channel();
        if self.jobs.send(Message::Close(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}

async fn write_all(
    pool: SqlitePool,
    mut waiting: mpsc::Receiver<Message>,
    changes: Arc<AtomicU64>,
    watch: Watch,
) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, TOGETHER).await > 0 {
        let mut jobs = Vec::with_capacity(batch.len());
        let mut appends = Vec::new();
        let mut counted = None;
        let mut close = None;
        for message in batch.drain(..) {
            match message {
                // What comes after the close finds the store closed: dropping the job says so.
                Message::Write(_) | Message::Audit(_) | Message::Append(_) if close.is_some() => {}
                Message::Write(job) => {
                    counted = Some(&*changes);
                    jobs.push(job);
                }
                Message::Audit(job) => jobs.push(job),
                Message::Append(append) => appends.push(append),
                Message::Close(tell) => close = Some(tell),
            }
        }
        let watch = watch.read().unwrap_or_else(PoisonError::into_inner).clone();
        commit(&pool, jobs, appends, counted, watch.as_deref()).await;
        if let Some(tell) = close {
            waiting.close();
            let _ = tell.send(());
            return;
        }
    }
}

/// Runs the jobs and appends in one transaction, counts it, and tells each what became of it.
async fn commit(
    pool: &SqlitePool,
    jobs: Vec<Job>,
    appends: Vec<Append>,
    counted: Option<&AtomicU64>,
    watch: Option<&dyn AuditWatch>,
) {
    let mut settles = Vec::with_capacity(jobs.len());
    let result = run(pool, jobs, &appends, &mut settles, watch).await;
    // Also after one that failed: whether it did is not known in every case.
    if let Some(changes) = counted {
        changes.fetch_add(1, Ordering::Release);
    }
    for settle in settles {
        settle(match &result {
            Ok(_) => Ok(()),
            Err(error) => Err(again(error)),
        });
    }
    let mut places = result.as_deref().unwrap_or_default();
    for append in appends {
        let told = match &result {
            Ok(_) => {
                let (own, rest) = places.split_at(append.records.len().min(places.len()));
                places = rest;
                Ok(own.to_vec())
            }
            Err(error) => Err(again(error)),
        };
        // A caller that no longer waits has lost interest, not the write.
        let _ = append.tell.send(told);
    }
}

async fn run(
    pool: &SqlitePool,
    jobs: Vec<Job>,
    appends: &[Append],
    settles: &mut Vec<Settle>,
    watch: Option<&dyn AuditWatch>,
) -> Result<Vec<Appended>, Failed> {
    let mut jobs = VecDeque::from(jobs);
    let done = in_transaction(pool, &mut jobs, appends, settles, watch).await;
    if let Err(error) = &done {
        for job in jobs {
            // It passes on what it is given.
            let _ = job(Err(again(error))).await;
        }
    }
    done
}

/// Takes the jobs that it begins.
async fn in_transaction(
    pool: &SqlitePool,
    jobs: &mut VecDeque<Job>,
    appends: &[Append],
    settles: &mut Vec<Settle>,
    watch: Option<&dyn AuditWatch>,
) -> Result<Vec<Appended>, Failed> {
    let mut transaction = begin(pool).await?;
    let from = match watch {
        Some(_) => Some(audit::last(&mut transaction).await?),
        None => None,
    };
    let has_jobs = !jobs.is_empty();
    let alone = jobs.len() == 1 && appends.is_empty();
    while let Some(job) = jobs.pop_front() {
        if !alone {
            in_savepoint(&mut transaction, job, settles).await?;
        } else if let Ok(settle) = job(Ok(&mut transaction)).await {
            settles.push(settle);
        } else {
            // The writer knows why.
            transaction.roll_back().await;
            return Ok(Vec::new());
        }
    }
    if watch.is_none() && appends.is_empty() {
        transaction.commit().await?;
        return Ok(Vec::new());
    }
    // Jobs may have added records of their own.
    let last = match from {
        Some(from) if !has_jobs => from,
        _ => audit::last(&mut transaction).await?,
    };
    let mut places = Vec::new();
    if !appends.is_empty() {
        let records = appends.iter().flat_map(|append| &append.records);
        places = audit::append_after(&mut transaction, last, records).await?;
    }
    let to = places.last().map_or(last, |place| AuditLeaf {
        seq: place.seq,
        leaf: place.leaf,
    });
    let moved = watch.zip(from).filter(|(_, from)| *from != to);
    if let Some((watch, from)) = moved {
        watch.ahead(from, to)?;
    }
    transaction.commit().await?;
    if let Some((watch, _)) = moved {
        watch.reached();
    }
    Ok(places)
}

async fn in_savepoint(
    transaction: &mut Connection,
    job: Job,
    settles: &mut Vec<Settle>,
) -> Result<(), Failed> {
    sqlx::query("SAVEPOINT job")
        .execute(&mut *transaction)
        .await?;
    match job(Ok(transaction)).await {
        Ok(settle) => settles.push(settle),
        Err(cause) => {
            let undone = sqlx::query("ROLLBACK TO job")
                .execute(&mut *transaction)
                .await;
            // It fails where SQLite has ended the whole transaction, as it may with a full disk: the others
            // fail for the reason that this one had.
            undone.map_err(|_| cause)?;
        }
    }
    sqlx::query("RELEASE job").execute(transaction).await?;
    Ok(())
}

/// The same error once more, for the others that it struck; errors of the driver cannot be cloned.
fn again(error: &Failed) -> Failed {
    match error {
        Failed::PoolClosed | Failed::WorkerCrashed => Failed::PoolClosed,
        Failed::PoolTimedOut => Failed::PoolTimedOut,
        Failed::Database(inner) => Failed::Database(Box::new(Struck {
            message: inner.message().to_owned(),
            code: inner.code().map(|code| code.into_owned()),
        })),
        other => Failed::Protocol(other.to_string()),
    }
}

/// A copy of a database error, with what it is sorted by.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Struck {
    message: String,
    code: Option<String>,
}

impl sqlx::error::DatabaseError for Struck {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.code.as_deref().map(Into::into)
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}
