//! Sessions: the rows of the roster and the events that change them.

use serde_json::Value;

use crate::lenient::{Listed, open_enum, wire};

open_enum! {
    /// What a session's latest run does.
    pub enum SessionStatus {
        Running = "running",
        Queued = "queued",
        Done = "done",
        Failed = "failed",
        Aborted = "aborted",
        Killed = "killed",
        Timeout = "timeout",
    }
}

wire! {
    /// One session. Anything but the key may be missing, in an old gateway or an early snapshot.
    pub struct SessionRow {
        pub key: String,
        pub session_id: Option<String>,
        pub agent_id: Option<String>,
        pub label: Option<String>,
        pub display_name: Option<String>,
        pub derived_title: Option<String>,
        pub auto_label: Option<String>,
        pub subject: Option<String>,
        pub last_message_preview: Option<String>,
        pub kind: Option<String>,
        pub classification: Option<String>,
        pub chat_type: Option<String>,
        pub channel: Option<String>,
        pub is_main: Option<bool>,
        pub is_background: Option<bool>,
        pub created_at: Option<u64>,
        pub updated_at: Option<u64>,
        pub last_activity_at: Option<u64>,
        pub last_interaction_at: Option<u64>,
        pub snapshot_at: Option<u64>,
        pub archived: Option<bool>,
        pub pinned: Option<bool>,
        pub unread: Option<bool>,
        pub status: Option<SessionStatus>,
        pub has_active_run: Option<bool>,
        /// Absent: not said. `Some(None)`: active elsewhere, identities unknown. A list: exactly these.
        #[serde(default, deserialize_with = "crate::lenient::present", skip_serializing_if = "Option::is_none")]
        pub active_run_ids: Option<Option<Vec<String>>>,
        pub last_run_id: Option<String>,
        pub started_at: Option<u64>,
        pub ended_at: Option<u64>,
        pub aborted_last_run: Option<bool>,
        pub model: Option<String>,
        pub model_provider: Option<String>,
        pub thinking_level: Option<String>,
        pub permission_mode: Option<String>,
        /// Of a gateway that keeps a session's strictness as the pair; others have `permission_mode`.
        pub exec_security: Option<String>,
        pub exec_ask: Option<String>,
        pub input_tokens: Option<u64>,
        pub output_tokens: Option<u64>,
        pub total_tokens: Option<u64>,
        pub context_tokens: Option<u64>,
        pub estimated_cost_usd: Option<f64>,
        pub parent_session_key: Option<String>,
        pub spawned_by: Option<String>,
        pub icon: Option<String>,
        pub color: Option<String>,
        pub category: Option<String>,
        pub sharing_role: Option<String>,
    }

    /// `sessions.list`.
    pub struct SessionList {
        pub ts: Option<u64>,
        #[serde(default)]
        pub sessions: Listed<SessionRow>,
        pub total_count: Option<u64>,
        pub limit_applied: Option<u64>,
        pub offset: Option<u64>,
        pub next_offset: Option<u64>,
        pub has_more: bool,
        pub defaults: Option<Value>,
    }

    /// `sessions.subscribe`. A list comes only when list parameters were sent, which protocol 3 does not know.
    pub struct SessionsSubscribed {
        pub subscribed: bool,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub list: Option<SessionList>,
    }

    /// `sessions.messages.subscribe`.
    pub struct MessagesSubscribed {
        pub subscribed: bool,
        pub key: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub approval_replay: Option<ApprovalReplay>,
    }

    /// Approvals that were pending in a session when it was subscribed to.
    pub struct ApprovalReplay {
        pub session_key: Option<String>,
        pub updated_at_ms: Option<u64>,
        #[serde(default)]
        pub approvals: Listed<crate::model::approval::ApprovalRecord>,
        /// There were more than the gateway replays: ask for the lists.
        pub truncated: bool,
    }

    /// A `sessions.changed` event. Without a key it is a broad invalidation: list again.
    pub struct SessionsChanged {
        pub session_key: Option<String>,
        pub agent_id: Option<String>,
        pub session_id: Option<String>,
        pub reason: Option<String>,
        pub phase: Option<String>,
        pub run_id: Option<String>,
        pub ts: Option<u64>,
        /// The row as it is now. Gateways of protocol 3 have row fields at the top level only.
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub session: Option<SessionRow>,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub ancestor_sessions: Vec<SessionRow>,
        pub has_active_run: Option<bool>,
        #[serde(default, deserialize_with = "crate::lenient::present", skip_serializing_if = "Option::is_none")]
        pub active_run_ids: Option<Option<Vec<String>>>,
    }

    /// `sessions.preview`.
    pub struct SessionPreviews {
        pub ts: Option<u64>,
        #[serde(default)]
        pub previews: Listed<SessionPreview>,
    }

    pub struct SessionPreview {
        pub key: String,
        /// `ok`, `empty`, `missing`, `cold`, `error`.
        pub status: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub items: Vec<PreviewItem>,
    }

    pub struct PreviewItem {
        pub role: Option<String>,
        pub text: Option<String>,
    }

    /// `sessions.create`.
    pub struct SessionCreated {
        pub ok: bool,
        pub key: String,
        pub session_id: Option<String>,
        pub run_started: bool,
        pub run_id: Option<String>,
        pub run_error: Option<Value>,
    }

    /// `sessions.delete`.
    pub struct SessionDeleted {
        pub ok: bool,
        pub key: Option<String>,
        pub deleted: bool,
    }

    /// `sessions.patch` and `sessions.reset`.
    pub struct SessionChangedReply {
        pub ok: bool,
        pub key: Option<String>,
        pub entry: Option<Value>,
    }

    /// `sessions.abort` and `chat.abort`.
    pub struct AbortReply {
        pub ok: bool,
        pub aborted: Option<bool>,
        pub run_ids: Vec<String>,
        pub status: Option<String>,
    }

    /// `sessions.search`.
    pub struct SessionSearch {
        #[serde(default)]
        pub results: Listed<SessionHit>,
        pub indexing: bool,
        pub truncated: bool,
    }

    pub struct SessionHit {
        pub session_key: String,
        pub session_id: Option<String>,
        pub message_id: Option<String>,
        pub role: Option<String>,
        pub timestamp: Option<u64>,
        pub snippet: Option<String>,
        pub score: Option<f64>,
    }
}
