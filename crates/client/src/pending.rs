//! Requests that wait for an answer: bounded in number, each with a deadline.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use gatehouse_protocol::ResponseFrame;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::connection::RequestError;

pub(crate) struct Pending {
    entries: HashMap<String, Entry>,
    limit: usize,
    deadline: Duration,
}

struct Entry {
    method: Cow<'static, str>,
    until: Instant,
    reply: oneshot::Sender<Result<serde_json::Value, RequestError>>,
}

impl Pending {
    pub(crate) fn new(limit: usize, deadline: Duration) -> Self {
        Self {
            entries: HashMap::new(),
            limit,
            deadline,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn insert(
        &mut self,
        id: String,
        method: Cow<'static, str>,
        reply: oneshot::Sender<Result<serde_json::Value, RequestError>>,
    ) {
        let until = Instant::now() + self.deadline;
        self.entries.insert(
            id,
            Entry {
                method,
                until,
                reply,
            },
        );
    }

    /// Hands an answer to who asked. An answer nobody waits for (any more) is dropped.
    pub(crate) fn answer(&mut self, response: ResponseFrame) {
        let Some(entry) = self.entries.remove(&response.id) else {
            tracing::debug!("an answer nobody waits for");
            return;
        };
        // The asker may have given up.
        let _ = entry
            .reply
            .send(response.outcome.map_err(RequestError::Gateway));
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.entries.values().map(|entry| entry.until).min()
    }

    pub(crate) fn expire(&mut self, now: Instant) {
        let late: Vec<String> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.until <= now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in late {
            if let Some(entry) = self.entries.remove(&id) {
                let _ = entry.reply.send(Err(RequestError::TimedOut {
                    method: entry.method,
                }));
            }
        }
    }

    /// The connection is gone: nobody gets an answer.
    pub(crate) fn fail_all(&mut self) {
        for (_, entry) in self.entries.drain() {
            let _ = entry.reply.send(Err(RequestError::Disconnected));
        }
    }
}
