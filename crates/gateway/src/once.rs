//! Answers to idempotency keys: the first request of a key does its work, every later one gets the same
//! answer, on this connection or another, before a restart or after it.

use std::time::Duration;

use gatehouse_store::gateway::{Claim, GatewayStore};
use serde_json::Value;

use crate::router::{Cx, MethodError};

/// How long an answer is kept.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// How often a request looks whether the first one of its key has answered, and how many times.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 200;

/// Does `work` unless `method` was asked with this key before. A failure is not kept: the next may succeed.
pub(crate) async fn once<F>(
    cx: &Cx,
    method: &str,
    key: Option<&str>,
    work: impl FnOnce() -> F,
) -> Result<Value, MethodError>
where
    F: Future<Output = Result<Value, MethodError>>,
{
    let Some(key) = key else {
        return work().await;
    };
    let key = format!("{method}\n{key}");
    let store = &*cx.app.store;
    if let Some(answer) = claimed(cx, store, &key).await? {
        return Ok(answer);
    }
    let done = work().await;
    match &done {
        Ok(answer) => {
            let expires = now(cx).saturating_add(KEPT_MS);
            store.answer_put(&key, &answer.to_string(), expires).await?;
        }
        Err(_) => store.answer_release(&key).await?,
    }
    done
}

/// The answer that was given, or none where the caller is the first.
async fn claimed(
    cx: &Cx,
    store: &dyn GatewayStore,
    key: &str,
) -> Result<Option<Value>, MethodError> {
    for _ in 0..LOOKS {
        let now = now(cx);
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

fn now(cx: &Cx) -> i64 {
    i64::try_from(cx.now_ms()).unwrap_or(i64::MAX)
}
