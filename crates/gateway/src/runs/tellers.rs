//! Whose words a session follows, as the store keeps it: under the id of the conversation, so that one that was reset
//! follows nobody; and with an input that waits, whose words are the session's from when they are read.

use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::{Value, json};

/// The member of a waiting input.
const MEMBER: &str = "toldBy";

fn name(session_id: &str) -> String {
    format!("told-by/{session_id}")
}

pub(super) async fn of(
    store: &dyn GatewayStore,
    session_id: &str,
) -> Result<Vec<String>, StoreError> {
    match store.setting(&name(session_id)).await? {
        None => Ok(Vec::new()),
        // Damaged, or another version's: nobody knows who has a say there.
        Some(json) => serde_json::from_str(&json).map_err(|_| StoreError::Damaged),
    }
}

pub(super) async fn keep(
    store: &dyn GatewayStore,
    session_id: &str,
    told_by: &[String],
) -> Result<(), StoreError> {
    let name = name(session_id);
    if told_by.is_empty() {
        return store.setting_remove(&name).await.map(drop);
    }
    store.setting_put(&name, &json!(told_by).to_string()).await
}

/// Further ones, beside those that are kept.
pub(super) async fn add(
    store: &dyn GatewayStore,
    session_id: &str,
    told_by: Vec<String>,
) -> Result<(), StoreError> {
    if told_by.is_empty() {
        return Ok(());
    }
    let mut all = match of(store, session_id).await {
        // It stays as it is, and lets nothing run by itself.
        Err(StoreError::Damaged) => return Ok(()),
        all => all?,
    };
    for one in told_by {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    keep(store, session_id, &all).await
}

/// Writes them beside the words of an input.
pub(super) fn put(input: &mut Value, told_by: &[String]) {
    if !told_by.is_empty() {
        input[MEMBER] = json!(told_by);
    }
}

/// Takes them from an input that waits.
pub(crate) fn take(input: &mut Value) -> Vec<String> {
    let taken = input.as_object_mut().and_then(|input| input.remove(MEMBER));
    taken
        .and_then(|told_by| serde_json::from_value(told_by).ok())
        .unwrap_or_default()
}
