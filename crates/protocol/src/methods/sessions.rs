//! The session roster: list, watch, change.

use serde::Serialize;

use crate::method::methods;
use crate::model::session::{
    AbortReply, MessagesSubscribed, SessionChangedReply, SessionCreated, SessionDeleted,
    SessionList, SessionPreviews, SessionSearch, SessionsSubscribed,
};

methods! {
    SessionsList = "sessions.list", Read, V3, SessionsListParams => SessionList,
        newer ["offset", "archived"];
    /// Protocol 4 answers with a first list when the parameters are not empty.
    SessionsSubscribe = "sessions.subscribe", Read, V3, SessionsListParams => SessionsSubscribed,
        newer ["limit", "offset", "activeMinutes", "includeGlobal", "includeUnknown",
            "includeDerivedTitles", "includeLastMessage", "agentId", "search", "archived"];
    MessagesSubscribe = "sessions.messages.subscribe", Read, V3, MessagesSubscribeParams => MessagesSubscribed,
        newer ["agentId", "includeApprovals"];
    MessagesUnsubscribe = "sessions.messages.unsubscribe", Read, V3, SessionKeyParams => serde_json::Value,
        newer ["agentId"];
    SessionsPreview = "sessions.preview", Read, V3, SessionsPreviewParams => SessionPreviews;
    SessionsCreate = "sessions.create", Dynamic, V3, SessionsCreateParams => SessionCreated,
        newer ["idempotencyKey", "displayName"];
    SessionsPatch = "sessions.patch", Dynamic, V3, SessionsPatchParams => SessionChangedReply,
        newer ["agentId", "archived", "pinned", "unread", "permissionMode"];
    SessionsReset = "sessions.reset", Admin, V3, SessionsResetParams => SessionChangedReply,
        newer ["agentId"];
    SessionsDelete = "sessions.delete", Dynamic, V3, SessionsDeleteParams => SessionDeleted,
        newer ["agentId", "expectedSessionId"];
    SessionsAbort = "sessions.abort", Write, V3, SessionsAbortParams => AbortReply,
        newer ["agentId"];
    SessionsSearch = "sessions.search", Read, V4, SessionsSearchParams => SessionSearch;
}

/// Which sessions, and how much about each.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsListParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_minutes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_global: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_unknown: Option<bool>,
    /// Reads the start of each transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_derived_titles: Option<bool>,
    /// Reads the end of each transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_last_message: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionKeyParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagesSubscribeParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Sent only when true: the gateway takes no other value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_approvals: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPreviewParams {
    /// At most 64 are answered.
    pub keys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// At least 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsCreateParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A change of one field: leave it, set it, or clear it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Change<T> {
    #[default]
    Leave,
    Set(T),
    Clear,
}

impl<T> Change<T> {
    fn is_leave(&self) -> bool {
        matches!(self, Self::Leave)
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(serializer),
            Self::Leave | Self::Clear => serializer.serialize_none(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsPatchParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub label: Change<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub model: Change<String>,
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub thinking_level: Change<String>,
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub permission_mode: Change<String>,
    /// A published gateway of protocol 4 refuses the pair, in which ours keeps what `permission_mode` is there.
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub exec_security: Change<String>,
    #[serde(skip_serializing_if = "Change::is_leave")]
    pub exec_ask: Change<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResetReason {
    New,
    Reset,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsResetParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    pub reason: ResetReason,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsDeleteParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_transcript: Option<bool>,
    /// Guards against deleting a session that took this one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_session_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsAbortParams {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSearchParams {
    pub query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// 1 to 25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
