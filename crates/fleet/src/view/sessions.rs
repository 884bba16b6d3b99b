//! Sessions as the list shows them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{GatewayId, Millis};

/// Names one session over all gateways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionRef {
    pub gateway: GatewayId,
    /// The gateway's session key, such as `agent:main:main`.
    pub key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    pub session: SessionRef,
    pub title: String,
    pub agent: Option<String>,
    /// The gateway's kind: direct, group, channel, cron, subagent, ...
    pub kind: Option<String>,
    pub channel: Option<String>,
    pub model: Option<String>,
    /// What its agent may do; `inherited` where the session follows its gateway.
    pub exec_mode: ExecMode,
    pub activity: SessionActivity,
    pub unread: bool,
    pub pinned: bool,
    pub archived: bool,
    pub updated_at: Option<Millis>,
    /// The beginning of the last message, when known.
    pub preview: Option<String>,
    pub total_tokens: Option<f64>,
    pub context_tokens: Option<f64>,
    /// US dollars, as the gateway estimates them; none means unknown.
    pub cost_usd: Option<f64>,
    /// Read from the cache while the gateway is not reachable.
    pub cached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SessionActivity {
    Idle,
    Running,
    WaitingForApproval,
    Failed,
    Aborted,
}

/// How far a session's agent may go without a person. Which of these a gateway takes is in `GatewayView`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExecMode {
    Inherited,
    /// Of gateways that govern commands alone.
    Deny,
    Allowlist,
    Ask,
    /// Of gateways that govern files as well.
    ReadOnly,
    Guarded,
    Workspace,
    Full,
}

/// All sessions of all gateways at one moment, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionsSnapshot {
    pub revision: u32,
    pub sessions: Vec<SessionView>,
    /// Gateways whose list has not arrived yet.
    pub loading: Vec<GatewayId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionsChange {
    pub revision: u32,
    pub changed: Vec<SessionView>,
    pub removed: Vec<SessionRef>,
    pub loading: Vec<GatewayId>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    pub gateway: GatewayId,
    pub agent: Option<String>,
    pub label: Option<String>,
}

/// A change to a session; what is none stays as it is.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PatchSession {
    pub session: SessionRef,
    pub label: Option<String>,
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
    pub exec_mode: Option<ExecMode>,
}

/// One message found by a search over the cached transcripts.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    pub session: SessionRef,
    pub title: String,
    pub message: String,
    /// Plain text around the match.
    pub excerpt: String,
    pub at: Option<Millis>,
}
