//! What a process that ended in the middle of runs left behind: transcripts that were cut off are made whole
//! and say so, and inputs that waited are shown where they belong. Nothing of it is run.

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
use super::tellers;
use crate::sessions::Sessions;

/// Mends what the last process left. Called once, before anything can run.
pub(crate) async fn recover(sessions: &Sessions) -> Result<(), StoreError> {
    let store = &sessions.store;
    let interrupted = store.interrupted();
    let mut touched: BTreeSet<String> = interrupted.iter().map(|run| run.session.clone()).collect();
    for input in store.inputs(None).await? {
        let Ok(message) = serde_json::from_str::<Message>(&input.json) else {
            store.input_remove(&input.id).await?;
            continue;
        };
        let name = sessions.name(&input.key, None);
        let (row, _) = sessions.ensure(&name, "run").await?;
        let mut json = serde_json::from_str(&input.json).unwrap_or_default();
        // Before its words are in the transcript, which whatever wakes the session next goes on with.
        tellers::add(&**store, &row.session_id, tellers::take(&mut json)).await?;
        let entry = NewEntry {
            input: Some(input.id.clone()),
            ..new_entry(&message, &input.id, Uuid::new_v4().to_string())
        };
        store.entries_append(&input.key, vec![entry]).await?;
        cut_off(sessions, &name.agent, &input).await?;
        touched.insert(input.key);
    }
    for key in &touched {
        mend(sessions, key).await?;
    }
    if !touched.is_empty() {
        tracing::warn!(
            sessions = touched.len(),
            "runs were cut off when the gateway last stopped"
        );
    }
    Ok(())
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
