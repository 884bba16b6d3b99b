//! What a process that ended in the middle of runs left behind: transcripts that were cut off are made whole
//! and say so. Nothing that had begun is run again. What a person said and what had not begun waits on.

use std::collections::{BTreeSet, HashSet};

use gatehouse_agent::message::Message;
use gatehouse_agent::transcript;
use gatehouse_audit::{NOT_RUN, Record};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    AuditFilter, GatewayStore, NewEntry, RunRecord, RunState, WaitingInput,
};
use uuid::Uuid;

use super::journal::new_entry;
use super::take_up::Left;
use super::{Input, asked, tellers};
use crate::sessions::Sessions;

/// Mends what the last process left, and gives what waited for its turn, in its order. Called once, before anything can
/// run.
pub(crate) async fn recover(sessions: &Sessions) -> Result<Vec<Left>, StoreError> {
    let store = &sessions.store;
    let interrupted = store.interrupted();
    keep_drafts(sessions, &interrupted).await?;
    let touched: BTreeSet<&str> = interrupted.iter().map(|run| run.session.as_str()).collect();
    for key in &touched {
        mend(sessions, key).await?;
    }
    if !touched.is_empty() {
        tracing::warn!(
            sessions = touched.len(),
            "runs were cut off when the gateway last stopped"
        );
    }
    let mut left = Vec::new();
    for waiting in store.inputs(None).await? {
        match to_be_run(sessions, &waiting).await? {
            Some(input) => left.push(Left { waiting, input }),
            None => show_as_cut_off(sessions, &waiting).await?,
        }
    }
    Ok(left)
}

/// The answers that were being written stand as far as they had come. One whose run ended otherwise has its last word.
async fn keep_drafts(sessions: &Sessions, interrupted: &[RunRecord]) -> Result<(), StoreError> {
    let store = &sessions.store;
    for draft in store.drafts().await? {
        let is_cut_off = interrupted.iter().any(|run| run.id == draft.run);
        if let (true, Ok(message)) = (is_cut_off, serde_json::from_str::<Message>(&draft.json)) {
            let entry = new_entry(&message, &draft.run, Uuid::new_v4().to_string());
            let entries = store.entries_append_in(&draft.key, &draft.session_id, vec![entry]);
            entries.await?;
        }
        store.draft_remove(&draft.key).await?;
    }
    Ok(())
}

/// How an input that waited is run. None for one whose run had begun, and for what no person said.
async fn to_be_run(
    sessions: &Sessions,
    waiting: &WaitingInput,
) -> Result<Option<Input>, StoreError> {
    if sessions.store.run(&waiting.id).await?.is_some() {
        return Ok(None);
    }
    Ok(asked::again(waiting, sessions.name(&waiting.key, None)))
}

/// Writes an input where it belongs, with the word that it was cut off.
pub(super) async fn show_as_cut_off(
    sessions: &Sessions,
    waiting: &WaitingInput,
) -> Result<(), StoreError> {
    let store = &sessions.store;
    let Ok(message) = serde_json::from_str::<Message>(&waiting.json) else {
        return store.input_remove(&waiting.id).await.map(drop);
    };
    let name = sessions.name(&waiting.key, None);
    let (row, _) = sessions.ensure(&name, "run").await?;
    let mut json = serde_json::from_str(&waiting.json).unwrap_or_default();
    // Before its words are in the transcript, which whatever wakes the session next goes on with.
    tellers::add(&**store, &row.session_id, tellers::take(&mut json)).await?;
    let entry = NewEntry {
        input: Some(waiting.id.clone()),
        ..new_entry(&message, &waiting.id, Uuid::new_v4().to_string())
    };
    store.entries_append(&waiting.key, vec![entry]).await?;
    cut_off(sessions, &name.agent, waiting).await?;
    mend(sessions, &waiting.key).await
}

/// An input that never began to run ends as a run that was cut off: who waits for it finds it.
async fn cut_off(sessions: &Sessions, agent: &str, input: &WaitingInput) -> Result<(), StoreError> {
    let run = RunRecord::begun(&input.id, &input.key, agent, input.at);
    let store = &sessions.store;
    store.run_begin(run).await?;
    let now = sessions.now();
    let ended = store.run_end(&input.id, RunState::Interrupted, now, "{}");
    ended.await.map(drop)
}

/// The calls of a session that may have run something, by the audit: without an intent nothing runs, and nothing of
/// what was not let through. The latest record of a call is the one that counts.
async fn begun(store: &dyn GatewayStore, key: &str) -> Result<HashSet<String>, StoreError> {
    /// More than the calls of one answer, which are all that can be open.
    const LATEST: u32 = 500;
    let filter = AuditFilter {
        kinds: vec!["tool.intent".to_owned(), "tool.outcome".to_owned()],
        session: Some(key.to_owned()),
        limit: LATEST,
        ..AuditFilter::default()
    };
    let mut seen = HashSet::new();
    let mut begun = HashSet::new();
    for row in store.audit_list(&filter).await?.rows {
        let Ok(Record { draft, .. }) = Record::read(&row.bytes) else {
            continue;
        };
        let Some(call) = draft.trace.filter(|call| seen.insert(call.clone())) else {
            continue;
        };
        if !matches!(draft.outcome.as_deref(), Some(NOT_RUN | "denied")) {
            begun.insert(call);
        }
    }
    Ok(begun)
}

async fn mend(sessions: &Sessions, key: &str) -> Result<(), StoreError> {
    let entries = sessions.store.entries(key).await?;
    let run = entries
        .last()
        .and_then(|entry| entry.run.clone())
        .unwrap_or_default();
    let messages: Vec<Message> = entries
        .iter()
        .filter_map(|entry| serde_json::from_str(&entry.json).ok())
        .collect();
    let now = u64::try_from(sessions.now()).unwrap_or_default();
    let begun = begun(&*sessions.store, key).await?;
    let added: Vec<NewEntry> = transcript::mend(&messages, now, |call| !begun.contains(call))
        .iter()
        .map(|message| new_entry(message, &run, Uuid::new_v4().to_string()))
        .collect();
    if !added.is_empty() {
        sessions.store.entries_append(key, added).await?;
    }
    Ok(())
}
