//! One conversation: read it, write to it, stop it.

use serde::Serialize;
use serde_json::Value;

use crate::method::methods;
use crate::model::message::{ChatHistory, ChatSent, MessageFound};
use crate::model::session::AbortReply;

methods! {
    ChatHistoryGet = "chat.history", Read, V3, ChatHistoryParams => ChatHistory,
        newer ["agentId", "cursor", "offset", "messageId", "sessionId"];
    ChatSend = "chat.send", Write, V3, ChatSendParams => ChatSent,
        newer ["agentId", "sessionId"];
    ChatAbort = "chat.abort", Write, V3, ChatAbortParams => AbortReply,
        newer ["agentId"];
    ChatMessageGet = "chat.message.get", Read, V4, ChatMessageGetParams => MessageFound;
    ChatMetadata = "chat.metadata", Read, V4, ChatMetadataParams => Value;
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatHistoryParams {
    pub session_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// 1 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Pages backward; do not keep it across a reset or compaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// The `delta_cursor` of an earlier answer: only what came since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// An anchor: the rows around this message, together with `session_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// 1 to 500,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatSendParams {
    /// At most 512 characters.
    pub session_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Names this message for ever: sending it twice sends it once. It becomes the run's id.
    pub idempotency_key: String,
}

/// A file that goes with a message. Check the limits of `Policy::attachments` first.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `image`, `file`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub mime_type: String,
    pub file_name: String,
    /// Base64.
    pub content: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatAbortParams {
    pub session_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessageGetParams {
    pub session_key: String,
    pub message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// 1 to 2,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMetadataParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}
