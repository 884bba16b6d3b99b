//! Refusals, as the audit has them: the first ones of somebody each whole, and how many more there were. Who is refused
//! can ask again as fast as a socket takes it, and must not fill the disk or hide what else happened.
//!
//! Each refusal is recorded before its answer goes out, or counted; the count is recorded when the minute is over and
//! when the gateway stops.

use std::collections::HashMap;
use std::time::Duration;

use gatehouse_audit::Draft;
use gatehouse_store::StoreError;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::AuditLog;

/// How many of one kind by one person are recorded whole in a minute. More than somebody who tries out what they may.
pub const MOST_A_MINUTE: u64 = 30;

const MINUTE: Duration = Duration::from_secs(60);

/// How many people are told apart in a minute. Those after them count as one.
const MOST_PEOPLE: usize = 1_000;

/// How many refusals wait to be recorded. Whoever is refused waits for that, so there is one for each connection.
const WAITING: usize = 64;

/// A handle to the task that counts.
#[derive(Clone)]
pub(crate) struct Refusals {
    told: mpsc::Sender<Told>,
    audit: AuditLog,
}

struct Told {
    draft: Box<Draft>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// What one person was refused of one kind in this minute.
#[derive(Default)]
struct Count {
    all: u64,
    /// The last one that was left out.
    last: Option<Box<Draft>>,
}

impl Refusals {
    /// Starts the count. It ends with the gateway.
    pub(crate) fn start(
        audit: AuditLog,
        stopping: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + use<>) {
        let (told, inbox) = mpsc::channel(WAITING);
        let counts = HashMap::new();
        let book = Book {
            audit: audit.clone(),
            counts,
        };
        (Self { told, audit }, book.run(inbox, stopping))
    }

    /// Records a refusal, or counts it. An error says that it could not be recorded; it is refused all the same.
    pub(crate) async fn note(&self, draft: Draft) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        let draft = Box::new(draft);
        match self.told.send(Told { draft, done }).await {
            // What ended while it wrote has not said that it did not.
            Ok(()) => answer.await.unwrap_or(Ok(())),
            // Nobody counts while the gateway stops, and nobody new comes in.
            Err(mpsc::error::SendError(told)) => self.audit.event(*told.draft).await.map(drop),
        }
    }
}

struct Book {
    audit: AuditLog,
    counts: HashMap<String, Count>,
}

impl Book {
    async fn run(mut self, mut inbox: mpsc::Receiver<Told>, stopping: CancellationToken) {
        let mut over = interval_at(Instant::now() + MINUTE, MINUTE);
        over.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                _ = over.tick() => self.sum_up().await,
                told = inbox.recv() => match told {
                    Some(told) => self.take(told).await,
                    None => break,
                },
            }
        }
        inbox.close();
        while let Some(told) = inbox.recv().await {
            self.take(told).await;
        }
        self.sum_up().await;
    }

    async fn take(&mut self, Told { draft, done }: Told) {
        let mut who = key(&draft);
        if self.counts.len() >= MOST_PEOPLE && !self.counts.contains_key(&who) {
            who = draft.kind.clone();
        }
        let count = self.counts.entry(who).or_default();
        count.all += 1;
        let noted = if count.all <= MOST_A_MINUTE {
            self.audit.event(*draft).await.map(drop)
        } else {
            count.last = Some(draft);
            Ok(())
        };
        // Whoever was refused may have hung up.
        let _ = done.send(noted);
    }

    /// Records what was counted, and begins anew.
    async fn sum_up(&mut self) {
        for (_, count) in self.counts.drain() {
            if let Some(last) = count.last {
                self.audit
                    .note(summary(*last, count.all - MOST_A_MINUTE))
                    .await;
            }
        }
    }
}

fn key(draft: &Draft) -> String {
    format!("{}\0{}\0{}", draft.kind, draft.actor.kind, draft.actor.id)
}

/// The last of them, and how many it stands for.
fn summary(last: Draft, left_out: u64) -> Draft {
    let what = last.what.unwrap_or_default();
    let more = match left_out {
        1 => "1 more refusal was not recorded by itself".to_owned(),
        many => format!("{many} more refusals were not recorded one by one"),
    };
    let mut detail = last.detail.unwrap_or_else(|| json!({}));
    detail["leftOut"] = json!(left_out);
    Draft {
        what: Some(format!("{more}; the last one: {what}")),
        detail: Some(detail),
        ..last
    }
}
