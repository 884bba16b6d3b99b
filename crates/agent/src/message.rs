//! What a transcript is made of: messages of the user, the assistant and the tools.
//!
//! The serialised shape is the one that OpenClaw keeps in its transcripts and sends in `chat.history`
//! (roles `user`, `assistant`, `toolResult`; content blocks by `type`), so that a journal may store it as it
//! is. Ids, sequence numbers and senders belong to the journal and are not here.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// One message of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "camelCase")]
pub enum Message {
    User(UserMessage),
    Assistant(AssistantMessage),
    ToolResult(ToolResultMessage),
    /// Stands for the messages that a compaction took out of the context.
    CompactionSummary(CompactionSummary),
}

/// What a person, a timer or another session said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserMessage {
    #[serde(deserialize_with = "text_or_blocks")]
    pub content: Vec<Content>,
    /// Milliseconds since the epoch.
    pub timestamp: u64,
}

/// One answer of a model: text, thinking and the tool calls it asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssistantMessage {
    #[serde(deserialize_with = "text_or_blocks")]
    pub content: Vec<Content>,
    #[serde(default)]
    pub provider: String,
    #[serde(default)]
    pub model: String,
    #[serde(default)]
    pub usage: Usage,
    pub stop_reason: StopReason,
    /// Why it stopped, for [`StopReason::Error`] and [`StopReason::Aborted`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    pub timestamp: u64,
}

/// What a tool call came to. There is one for every call, also for one that never ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResultMessage {
    pub tool_call_id: String,
    pub tool_name: String,
    #[serde(deserialize_with = "text_or_blocks")]
    pub content: Vec<Content>,
    /// For programs: exit code, duration and the like. Never sent to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    #[serde(default)]
    pub is_error: bool,
    pub timestamp: u64,
}

/// What a compaction left in place of older messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompactionSummary {
    pub summary: String,
    /// The estimated size of the context before the compaction.
    pub tokens_before: u64,
    pub timestamp: u64,
}

/// One block of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Content {
    Text {
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    Thinking {
        thinking: String,
        /// The provider's proof that the thinking is its own; some want it back with the next call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thinking_signature: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        /// Base64.
        data: String,
        mime_type: String,
    },
    ToolCall(ToolCall),
}

/// A call that a model asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Value,
    /// The provider's proof that the call is its model's; Gemini wants it back with the next call.
    #[serde(
        default,
        rename = "thoughtSignature",
        skip_serializing_if = "Option::is_none"
    )]
    pub thought_signature: Option<String>,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StopReason {
    Stop,
    Length,
    ToolUse,
    /// The provider held back the answer or the rest of it. No message is kept with this reason.
    Refused,
    Error,
    Aborted,
}

/// Tokens that a model call took, and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub total_tokens: u64,
    pub cost: Cost,
}

/// US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cost {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
    pub total: f64,
}

impl Usage {
    /// Adds the figures of another call.
    pub fn add(&mut self, other: &Self) {
        self.input += other.input;
        self.output += other.output;
        self.cache_read += other.cache_read;
        self.cache_write += other.cache_write;
        self.total_tokens += other.total_tokens;
        self.cost.input += other.cost.input;
        self.cost.output += other.cost.output;
        self.cost.cache_read += other.cost.cache_read;
        self.cost.cache_write += other.cost.cache_write;
        self.cost.total += other.cost.total;
    }
}

impl Content {
    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl Message {
    /// What a person said, as one block of text.
    pub fn user(text: impl Into<String>, timestamp: u64) -> Self {
        Self::User(UserMessage {
            content: vec![Content::text(text)],
            timestamp,
        })
    }

    /// The text of the message; thinking, images and calls left out.
    pub fn text(&self) -> String {
        match self {
            Self::User(message) => text_of(&message.content),
            Self::Assistant(message) => text_of(&message.content),
            Self::ToolResult(message) => text_of(&message.content),
            Self::CompactionSummary(message) => message.summary.clone(),
        }
    }
}

impl AssistantMessage {
    /// The calls that the message asks for, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.iter().filter_map(|block| match block {
            Content::ToolCall(call) => Some(call),
            _ => None,
        })
    }
}

/// The text blocks of a list, one per line.
pub fn text_of(content: &[Content]) -> String {
    let texts = content.iter().filter_map(|block| match block {
        Content::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Older transcripts hold a bare string where newer ones hold blocks.
fn text_or_blocks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Content>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Blocks(Vec<Content>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Text(text) => vec![Content::Text { text }],
        Either::Blocks(blocks) => blocks,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assistant_message_has_the_shape_of_a_recorded_transcript() {
        let recorded = json!({
            "role": "assistant", "provider": "scripted", "model": "scripted-1", "stopReason": "toolUse",
            "content": [{ "type": "toolCall", "id": "call_2", "name": "exec", "arguments": { "command": "true" } }],
            "timestamp": 1_800_000_127_523_u64,
            "usage": { "input": 3350, "output": 2, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 3352,
                "cost": { "input": 0.00335, "output": 4e-6, "cacheRead": 0.0, "cacheWrite": 0.0, "total": 0.003354 } },
        });
        let message: Message = serde_json::from_value(recorded.clone()).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), recorded);
    }

    #[test]
    fn a_user_message_with_a_bare_string_is_read() {
        let message: Message =
            serde_json::from_value(json!({ "role": "user", "content": "hi", "timestamp": 1 }))
                .unwrap();
        assert_eq!(message, Message::user("hi", 1));
    }

    #[test]
    fn a_tool_result_keeps_its_details() {
        let message = Message::ToolResult(ToolResultMessage {
            tool_call_id: "c".into(),
            tool_name: "exec".into(),
            content: vec![Content::text("out")],
            details: Some(json!({ "exitCode": 0 })),
            is_error: false,
            timestamp: 7,
        });
        let value = serde_json::to_value(&message).unwrap();
        assert_eq!(value["role"], "toolResult");
        assert_eq!(value["toolCallId"], "c");
        assert_eq!(serde_json::from_value::<Message>(value).unwrap(), message);
    }
}
