//! `agent` events: everything a run does, by stream. A stream this version does not know, or data that
//! does not fit its stream, comes out as `Other` with the data as it was.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::lenient::wire;

/// One event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentEvent {
    pub run_id: String,
    pub session_key: Option<String>,
    pub session_id: Option<String>,
    pub agent_id: Option<String>,
    /// Orders the events of this run. A jump means: read the history again.
    pub seq: Option<u64>,
    pub ts: Option<u64>,
    pub is_heartbeat: bool,
    /// The stream's name on the wire.
    pub stream: String,
    pub data: AgentData,
}

/// What happened, by stream.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentData {
    Assistant(AssistantData),
    Thinking(ThinkingData),
    Tool(ToolData),
    Item(ItemData),
    CommandOutput(CommandOutputData),
    Lifecycle(LifecycleData),
    /// `run_status`: the run prepares.
    RunStatus {
        phase: Option<String>,
    },
    /// Tokens so far; the shape varies by provider.
    Usage(Value),
    Plan(Value),
    Compaction(Value),
    Other(Value),
}

wire! {
    /// The text of a message as it grows.
    pub struct AssistantData {
        /// All of it so far.
        pub text: Option<String>,
        pub delta: Option<String>,
        /// `text` replaces what came before instead of continuing it.
        pub replace: bool,
        pub item_id: Option<String>,
    }

    /// Reasoning, or only how much of it there was.
    pub struct ThinkingData {
        pub text: Option<String>,
        pub delta: Option<String>,
        pub progress_tokens: Option<u64>,
    }

    /// A tool call: `start` with arguments, `update` with a partial result, `result`.
    pub struct ToolData {
        pub phase: Option<String>,
        pub name: Option<String>,
        pub tool_call_id: Option<String>,
        pub args: Option<Value>,
        pub partial_result: Option<Value>,
        pub result: Option<Value>,
        pub meta: Option<String>,
        pub is_error: Option<bool>,
    }

    /// A line of activity: what the agent is doing, in words of the gateway.
    pub struct ItemData {
        pub item_id: Option<String>,
        pub tool_call_id: Option<String>,
        pub name: Option<String>,
        pub kind: Option<String>,
        pub phase: Option<String>,
        pub title: Option<String>,
        pub status: Option<String>,
        /// The approval that it waits for.
        pub approval_id: Option<String>,
        pub meta: Option<String>,
        pub started_at: Option<u64>,
        pub ended_at: Option<u64>,
    }

    /// Output of a command: `delta`s and an `end` with the whole of it.
    pub struct CommandOutputData {
        pub item_id: Option<String>,
        pub tool_call_id: Option<String>,
        pub phase: Option<String>,
        pub title: Option<String>,
        pub name: Option<String>,
        pub output: Option<String>,
        pub status: Option<String>,
        pub exit_code: Option<i64>,
        pub duration_ms: Option<u64>,
        pub cwd: Option<String>,
    }

    /// Where a run stands: `start`, `model`, `waiting-approval`, `approval-resolved`, `finishing`, `end`, `error`.
    pub struct LifecycleData {
        pub phase: Option<String>,
        pub started_at: Option<u64>,
        pub ended_at: Option<u64>,
        pub stop_reason: Option<String>,
        pub aborted: Option<bool>,
        pub error: Option<String>,
        pub approval_id: Option<String>,
        pub tool_call_id: Option<String>,
        /// The run that took this one's input up and answers it; our own gateway says it.
        pub merged_into: Option<String>,
        pub provider: Option<String>,
        pub model: Option<String>,
    }

    /// The event before its data is given a type.
    struct Envelope {
        run_id: String,
        stream: String,
        session_key: Option<String>,
        session_id: Option<String>,
        agent_id: Option<String>,
        seq: Option<u64>,
        ts: Option<u64>,
        is_heartbeat: bool,
        data: Option<Value>,
    }
}

impl<'de> Deserialize<'de> for AgentEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope = Envelope::deserialize(deserializer)?;
        let data = AgentData::read(&envelope.stream, envelope.data.unwrap_or_default());
        Ok(Self {
            run_id: envelope.run_id,
            session_key: envelope.session_key,
            session_id: envelope.session_id,
            agent_id: envelope.agent_id,
            seq: envelope.seq,
            ts: envelope.ts,
            is_heartbeat: envelope.is_heartbeat,
            stream: envelope.stream,
            data,
        })
    }
}

impl AgentData {
    fn read(stream: &str, data: Value) -> Self {
        match stream {
            "assistant" => typed(data, Self::Assistant),
            "thinking" => typed(data, Self::Thinking),
            "tool" => typed(data, Self::Tool),
            "item" => typed(data, Self::Item),
            "command_output" => typed(data, Self::CommandOutput),
            "lifecycle" => typed(data, Self::Lifecycle),
            "run_status" => Self::RunStatus {
                phase: data.get("phase").and_then(crate::lenient::text_of),
            },
            "usage" => Self::Usage(data),
            "plan" => Self::Plan(data),
            "compaction" => Self::Compaction(data),
            _ => Self::Other(data),
        }
    }
}

fn typed<T: DeserializeOwned>(data: Value, wrap: impl FnOnce(T) -> AgentData) -> AgentData {
    match T::deserialize(&data) {
        Ok(read) => wrap(read),
        Err(_) => AgentData::Other(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(stream: &str, data: Value) -> AgentData {
        let event: AgentEvent =
            serde_json::from_value(json!({"runId": "r", "stream": stream, "data": data})).unwrap();
        event.data
    }

    #[test]
    fn an_unknown_stream_keeps_its_data() {
        assert_eq!(
            read("hologram", json!({"a": 1})),
            AgentData::Other(json!({"a": 1}))
        );
    }

    #[test]
    fn data_that_does_not_fit_its_stream_is_kept_too() {
        assert_eq!(read("tool", json!("text")), AgentData::Other(json!("text")));
    }

    #[test]
    fn a_waiting_run_names_its_approval() {
        let data = read(
            "lifecycle",
            json!({"phase": "waiting-approval", "approvalId": "a1"}),
        );
        let AgentData::Lifecycle(lifecycle) = data else {
            panic!("a lifecycle event")
        };
        assert_eq!(lifecycle.approval_id.as_deref(), Some("a1"));
    }
}
