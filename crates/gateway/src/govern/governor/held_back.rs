//! The calls of a process that ended which a question had held back: nobody allowed them, or the yes was not used. They
//! surely did not run, whatever else is not known of them.

use std::collections::HashMap;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, GatewayStore};
use serde_json::Value;

use crate::govern::approvals::wire;

/// So many of the latest answers are looked at: what was still open had been asked about shortly before.
const LATEST: u32 = 500;

/// Those calls, by run and by the call's own id.
pub(crate) struct HeldBack(HashMap<(String, String), Question>);

struct Question {
    id: String,
    asked_at: i64,
    used: bool,
}

impl HeldBack {
    pub(crate) async fn read(store: &dyn GatewayStore) -> Result<Self, StoreError> {
        let mut all = store.approvals_history(None, LATEST).await?;
        all.extend(store.approvals_pending().await?);
        let mut held = HashMap::new();
        for record in all.iter().filter(|record| record.bound) {
            let Some(key) = call(record) else { continue };
            let question: &mut Question = held.entry(key).or_insert_with(|| Question {
                id: record.id.clone(),
                asked_at: record.created_at,
                used: false,
            });
            question.used |= record.state == ApprovalState::Consumed;
            if record.created_at >= question.asked_at {
                question.id.clone_from(&record.id);
                question.asked_at = record.created_at;
            }
        }
        Ok(Self(held))
    }

    /// The question that held a call back which was going to be made at a time.
    pub(crate) fn question(&self, run: &str, call: &str, at: i64) -> Option<&str> {
        let question = self.0.get(&(run.to_owned(), call.to_owned()))?;
        // One that was asked before is another call's of the same name.
        (!question.used && question.asked_at >= at).then_some(question.id.as_str())
    }
}

fn call(record: &ApprovalRecord) -> Option<(String, String)> {
    let request = wire::request(record);
    let call = request.get("toolCallId").and_then(Value::as_str)?;
    Some((record.run.clone()?, call.to_owned()))
}
