//! Answers to idempotency keys: the first request of a key does its work, every later one gets the same
//! answer, on this connection or another, before a restart or after it. A key that comes back with other input is
//! refused: that input would be lost without a word.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{Claim, GatewayStore};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::router::MethodError;
use crate::state::App;

/// How long an answer is kept.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// How often a request looks whether the first one of its key has answered, and how many times.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 200;

/// Does `work` unless `method` was asked with this key before. `input` is what the answer is about. A failure is not
/// kept: the next may succeed.
pub(crate) async fn once<F, E>(
    app: &App,
    method: &str,
    key: Option<&str>,
    input: &Value,
    work: impl FnOnce() -> F,
) -> Result<Value, E>
where
    F: Future<Output = Result<Value, E>>,
    E: From<MethodError>,
{
    let Some(key) = key else {
        return work().await;
    };
    let key = format!("{method}\n{key}");
    let store = &*app.store;
    let input = fingerprint(input);
    if let Some(kept) = claimed(app, store, &key).await? {
        return Ok(answer_to(kept, &input)?);
    }
    let done = work().await;
    let end = match &done {
        Ok(answer) => End::Answered {
            json: json!([input, answer]).to_string(),
            expires_at: now(app).saturating_add(KEPT_MS),
        },
        Err(_) => End::Free,
    };
    // What was done is done, and what was not has its own reason, whatever becomes of the key.
    app.unwritten.end(store, key, end).await;
    done
}

/// How it ended with a key.
#[derive(Clone)]
enum End {
    Answered { json: String, expires_at: i64 },
    Free,
}

impl End {
    async fn write(&self, store: &dyn GatewayStore, key: &str) -> Result<(), StoreError> {
        match self {
            Self::Answered { json, expires_at } => store.answer_put(key, json, *expires_at).await,
            Self::Free => store.answer_release(key).await,
        }
    }
}

/// The ends that the store could not take, such as on a full disk: there these keys look as if they were still at work.
/// Written when they can be, and known here until then.
#[derive(Clone, Default)]
pub(crate) struct Unwritten(Arc<Mutex<HashMap<String, End>>>);

impl Unwritten {
    async fn end(&self, store: &dyn GatewayStore, key: String, end: End) {
        if let Err(error) = end.write(store, &key).await {
            tracing::warn!(%error, "what a request was answered is kept in memory until it can be written");
            self.lock().insert(key, end);
        }
    }

    /// The answer of a key whose end could not be written. A key that is free is freed in the store first: an error
    /// where that still fails.
    async fn settle(
        &self,
        store: &dyn GatewayStore,
        key: &str,
    ) -> Result<Option<Value>, StoreError> {
        // Taken out before it is tried: a claim of somebody else, who was freed first, is not to be freed again.
        let Some(end) = self.lock().remove(key) else {
            return Ok(None);
        };
        let written = end.write(store, key).await;
        if written.is_err() {
            self.lock().insert(key.to_owned(), end.clone());
        }
        match end {
            End::Answered { json, .. } => Ok(Some(serde_json::from_str(&json).unwrap_or_default())),
            End::Free => written.map(|()| None),
        }
    }

    /// Tries all of them again.
    pub(crate) async fn settle_all(&self, store: &dyn GatewayStore) {
        let keys: Vec<String> = self.lock().keys().cloned().collect();
        for key in keys {
            if self.settle(store, &key).await.is_err() {
                return;
            }
        }
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, End>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The methods whose key names the run that they begin, so that another of them can come with a key that one has used.
const NAMING_RUNS: [&str; 4] = ["agent", "chat.send", "sessions.send", "sessions.steer"];

/// Refuses a key that names a known run where another method than `method` began it, with other input.
pub(crate) async fn same_input_elsewhere(
    app: &App,
    method: &str,
    key: &str,
    input: &Value,
) -> Result<(), MethodError> {
    let input = fingerprint(input);
    for other in NAMING_RUNS.into_iter().filter(|other| *other != method) {
        let key = format!("{other}\n{key}");
        match claimed(app, &*app.store, &key).await? {
            Some(kept) => drop(answer_to(kept, &input)?),
            None => app.unwritten.end(&*app.store, key, End::Free).await,
        }
    }
    Ok(())
}

/// The answer that was given, or none where the caller is the first.
async fn claimed(
    app: &App,
    store: &dyn GatewayStore,
    key: &str,
) -> Result<Option<Value>, MethodError> {
    for _ in 0..LOOKS {
        if let Some(kept) = app.unwritten.settle(store, key).await? {
            return Ok(Some(kept));
        }
        let now = now(app);
        match store
            .answer_claim(key, now, now.saturating_add(KEPT_MS))
            .await?
        {
            Claim::First => return Ok(None),
            Claim::Answered(json) => {
                return Ok(Some(serde_json::from_str(&json).unwrap_or_default()));
            }
            Claim::Pending => tokio::time::sleep(LOOK).await,
        }
    }
    Err(
        MethodError::unavailable("the first request with this key has not been answered yet")
            .retry_after(1_000),
    )
}

fn fingerprint(input: &Value) -> String {
    hex(Sha256::digest(input.to_string()))
}

/// What was kept is the fingerprint and the answer; before there were fingerprints it was the answer alone.
fn answer_to(kept: Value, input: &str) -> Result<Value, MethodError> {
    let Value::Array(mut kept) = kept else {
        return Ok(kept);
    };
    match kept.first().is_some_and(|first| first == input) {
        true => Ok(kept.pop().unwrap_or_default()),
        false => Err(used_for_another()),
    }
}

/// The published words and reason.
pub(crate) fn used_for_another() -> MethodError {
    MethodError::invalid(
        "This message ID was already used for different input. Check the conversation history and use a new \
         message ID to send again.",
    )
    .with_details(json!({"reason": "chat-request-conflict"}))
}

fn now(app: &App) -> i64 {
    i64::try_from(app.clock.now_ms()).unwrap_or(i64::MAX)
}
