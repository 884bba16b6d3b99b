//! Transcript messages and `chat.history`. A message keeps every field it came with, so that it can be
//! cached and shown again as the gateway wrote it.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient::{Extra, Listed, open_enum, wire};

open_enum! {
    /// Who a message is from.
    pub enum MessageRole {
        User = "user",
        Assistant = "assistant",
        ToolResult = "toolResult",
        System = "system",
    }

    /// What a block of a message is.
    pub enum BlockKind {
        Text = "text",
        Thinking = "thinking",
        ToolCall = "toolCall",
        ToolResult = "toolResult",
        Image = "image",
    }
}

wire! {
    /// One message of a transcript.
    pub struct Message {
        pub role: Option<MessageRole>,
        #[serde(default)]
        pub content: Content,
        pub timestamp: Option<u64>,
        /// Of a tool result: the call it answers.
        pub tool_call_id: Option<String>,
        pub tool_name: Option<String>,
        pub is_error: Option<bool>,
        pub provider: Option<String>,
        pub model: Option<String>,
        pub stop_reason: Option<String>,
        pub error_message: Option<String>,
        pub idempotency_key: Option<String>,
        pub usage: Option<Value>,
        /// The gateway's own record of this row.
        #[serde(rename = "__openclaw", default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
        pub meta: Option<MessageMeta>,
    }

    pub struct MessageMeta {
        /// Identity of the transcript entry; several rows may share it.
        pub id: Option<String>,
        /// Its place in the transcript.
        pub seq: Option<u64>,
        pub run_id: Option<String>,
        /// Of a synthetic row: `compaction`, `reset`, …
        pub kind: Option<String>,
        pub idempotency_key: Option<String>,
        pub record_timestamp_ms: Option<u64>,
        pub tokens_before: Option<u64>,
        pub tokens_after: Option<u64>,
    }

    /// One block of a message. One shape for all kinds; `kind` says which fields to expect.
    pub struct Block {
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<BlockKind>,
        pub text: Option<String>,
        pub thinking: Option<String>,
        pub id: Option<String>,
        pub name: Option<String>,
        pub arguments: Option<Value>,
        pub mime_type: Option<String>,
        pub url: Option<String>,
        pub alt: Option<String>,
        pub artifact_id: Option<String>,
    }

    /// `chat.history`.
    pub struct ChatHistory {
        pub session_key: Option<String>,
        pub session_id: Option<String>,
        /// `delta` or `reset` when a cursor was sent.
        pub kind: Option<String>,
        #[serde(default)]
        pub messages: Listed<Message>,
        pub delta_cursor: Option<String>,
        pub offset: Option<u64>,
        pub next_offset: Option<u64>,
        pub has_more: bool,
        pub total_messages: Option<u64>,
        /// The run to adopt after a reconnect, even when its text is still empty.
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub in_flight_run: Option<InFlightRun>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub session_info: Option<SessionInfo>,
        pub thinking_level: Option<String>,
        pub pending_inputs: Option<Value>,
    }

    pub struct InFlightRun {
        pub run_id: String,
        pub text: Option<String>,
        pub plan: Option<Value>,
    }

    /// What `chat.history` says about the session itself.
    pub struct SessionInfo {
        pub key: Option<String>,
        pub has_active_run: Option<bool>,
        #[serde(default, deserialize_with = "crate::lenient::present", skip_serializing_if = "Option::is_none")]
        pub active_run_ids: Option<Option<Vec<String>>>,
        pub status: Option<String>,
        pub model: Option<String>,
        pub model_provider: Option<String>,
        pub context_tokens: Option<u64>,
        pub total_tokens: Option<u64>,
        pub thinking_level: Option<String>,
        pub permission_mode: Option<String>,
    }

    /// `chat.send`.
    pub struct ChatSent {
        pub run_id: Option<String>,
        /// `started`, `in_flight`, `ok`, …
        pub status: Option<String>,
    }

    /// `chat.message.get`.
    pub struct MessageFound {
        pub ok: bool,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub message: Option<Message>,
        pub unavailable_reason: Option<String>,
    }

    /// A `session.message` event: a row was written to a transcript.
    pub struct SessionMessage {
        pub session_key: Option<String>,
        pub agent_id: Option<String>,
        pub message: Message,
        pub message_id: Option<String>,
        pub message_seq: Option<u64>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub session: Option<crate::model::session::SessionRow>,
    }
}

/// The content of a message: gateways write a plain text or a list of blocks. Always read as blocks.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Content(pub Vec<Block>);

impl Content {
    /// The visible text of all text blocks.
    pub fn text(&self) -> String {
        let texts = self
            .0
            .iter()
            .filter(|block| block.kind == Some(BlockKind::Text));
        texts
            .filter_map(|block| block.text.as_deref())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Block {
    /// A block of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            kind: Some(BlockKind::Text),
            text: Some(text.into()),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            kind: None,
            text: None,
            thinking: None,
            id: None,
            name: None,
            arguments: None,
            mime_type: None,
            url: None,
            alt: None,
            artifact_id: None,
            extra: Extra::new(),
        }
    }

    /// A block of a shape that cannot be a block, kept for the record.
    fn odd(value: Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            other => {
                let mut block = Self::empty();
                block.extra.insert("value".to_owned(), other);
                block
            }
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => Vec::new(),
            Value::Array(values) => values
                .into_iter()
                .map(|value| match serde_json::from_value(value.clone()) {
                    Ok(block) => block,
                    Err(_) => Block::odd(value),
                })
                .collect(),
            other => vec![Block::odd(other)],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_text_and_blocks_are_the_same_to_a_reader() {
        let plain: Message =
            serde_json::from_value(json!({"role": "user", "content": "hi"})).unwrap();
        let blocks: Message = serde_json::from_value(
            json!({"role": "user", "content": [{"type": "text", "text": "hi"}]}),
        )
        .unwrap();
        assert_eq!(plain.content.text(), "hi");
        assert_eq!(plain, blocks);
    }

    #[test]
    fn a_message_keeps_what_it_came_with() {
        let value = json!({
            "role": "assistant",
            "content": [{"type": "toolCall", "id": "c1", "name": "exec", "arguments": {"command": "ls"}},
                {"type": "hologram", "depth": 3}],
            "api": "openai-completions", "timestamp": 1795255849279_u64,
            "__openclaw": {"id": "m1", "seq": 120, "transcriptPosition": {"rawSeq": 182}}
        });
        let message: Message = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(
            message.content.0[1].kind,
            Some(BlockKind::Other("hologram".into()))
        );
        assert_eq!(serde_json::to_value(message).unwrap(), value);
    }
}
