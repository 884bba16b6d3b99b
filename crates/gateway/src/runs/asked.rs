//! How an input that waits is to be run, kept beside its words for a gateway that ends before its turn. Only of what a
//! person said: what the gateway or an agent began belongs to what ended with it.

use std::time::Duration;

use gatehouse_agent::message::{Content, Message};
use gatehouse_agent::provider::{ModelRef, Thinking};
use gatehouse_agent::{Budget, Origin, QueueMode, RunRequest, Task};
use gatehouse_store::gateway::WaitingInput;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Input, tellers};
use crate::sessions::SessionName;

/// The member of a waiting input.
const MEMBER: &str = "asked";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    collect: bool,
    model: Option<String>,
    thinking: Option<String>,
    extra_system: Option<String>,
    timeout_ms: Option<u64>,
    usd: Option<f64>,
    tokens: Option<u64>,
}

/// Writes it beside the words of an input.
pub(super) fn put(input: &mut Value, request: &RunRequest) {
    if request.origin != Origin::Person || request.task != Task::Reply {
        return;
    }
    let (usd, tokens) = request.budget.limits();
    let timeout = request.timeout.map(|timeout| timeout.as_millis());
    input[MEMBER] = json!(Asked {
        collect: request.queue == QueueMode::Collect,
        model: request.model.as_ref().map(ModelRef::to_string),
        thinking: request.thinking.map(|level| level.word().to_owned()),
        extra_system: request.extra_system.clone(),
        timeout_ms: timeout.and_then(|ms| u64::try_from(ms).ok()),
        usd,
        tokens,
    });
}

/// Takes it from an input that waits.
pub(crate) fn take(input: &mut Value) -> Option<Value> {
    input.as_object_mut()?.remove(MEMBER)
}

/// The input that waits, to be given to the engine once more. None for one that is not to be run.
pub(super) fn again(waiting: &WaitingInput, name: SessionName) -> Option<Input> {
    let mut json: Value = serde_json::from_str(&waiting.json).ok()?;
    let asked: Asked = serde_json::from_value(take(&mut json)?).ok()?;
    let told_by = tellers::take(&mut json);
    Some(Input {
        content: content(json)?,
        queue: asked.queue(),
        model: asked.model.as_deref().and_then(ModelRef::parse),
        thinking: asked.thinking.as_deref().and_then(Thinking::parse),
        timeout: asked.timeout_ms.map(Duration::from_millis),
        extra_system: asked.extra_system,
        budget: Budget::new(asked.usd, asked.tokens),
        told_by,
        ..Input::text(name, waiting.id.clone(), "")
    })
}

fn content(json: Value) -> Option<Vec<Content>> {
    match serde_json::from_value(json).ok()? {
        Message::User(message) => Some(message.content),
        _ => None,
    }
}

impl Asked {
    /// What it would have steered or interrupted is not there any more.
    fn queue(&self) -> QueueMode {
        match self.collect {
            true => QueueMode::Collect,
            false => QueueMode::Followup,
        }
    }
}
