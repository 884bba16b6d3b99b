//! Wakes a session when its command in the background has ended.
//!
//! Not for sub-agents: their session is over when their task is. Not for a command that someone ended, or that
//! ended well and said nothing.

use super::{
    child::{Ended, Exit},
    processes::Session,
};
use crate::{
    engine::{Origin, QueueMode, RunRequest, WeakEngine},
    tools::CallContext,
};

/// How much of the newest output the message carries, in bytes.
const TAIL: usize = 2_000;

/// Watches from now on. Keeps neither the engine nor the run alive.
pub(super) fn when_ended(session: Session, call: &CallContext) {
    let Some(engine) = call.engine.as_ref().filter(|_| call.depth == 0) else {
        return;
    };
    let engine = engine.downgrade();
    let session_key = call.session_key.to_string();
    let agent_id = call.agent_id.to_string();
    let budget = call.budget.clone();
    let told_by = call.told_by.to_vec();
    tokio::spawn(async move {
        let ended = session.child.ended().await;
        let known = session.polled();
        let (news, total) = session.child.output_since(known).await;
        if !is_worth_telling(&ended, &news) {
            return;
        }
        session.set_polled(total);
        let request = RunRequest {
            origin: Origin::Gateway,
            queue: QueueMode::Followup,
            budget,
            told_by,
            ..RunRequest::text(&session_key, &agent_id, message(&session, &ended, &news))
        };
        wake(&engine, request).await;
    });
}

async fn wake(engine: &WeakEngine, request: RunRequest) {
    let Some(engine) = engine.upgrade() else {
        return;
    };
    if let Err(error) = engine.submit(request).await {
        tracing::warn!(%error, "the end of a background command was not told");
    }
}

fn is_worth_telling(ended: &Ended, news: &str) -> bool {
    let failed = ended.is_failure() || ended.code != Some(0);
    ended.exit != Exit::Stopped && (failed || !news.trim().is_empty())
}

fn message(session: &Session, ended: &Ended, news: &str) -> String {
    let how = ended.note().unwrap_or_else(|| "Command is done".into());
    let mut from = news.len().saturating_sub(TAIL);
    while !news.is_char_boundary(from) {
        from += 1;
    }
    let id = &session.id;
    let command: String = session.command.chars().take(200).collect();
    format!(
        "[Exec completion] {how} (session {id}: {command})\n{}",
        news[from..].trim()
    )
}
