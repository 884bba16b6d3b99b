//! Approvals: what an agent wants to do and what was decided about it. Read leniently, because an
//! approval that cannot be shown is an approval lost; only the id must be there.
//!
//! `Decision` is what a gateway may name, `Verdict` what this application may send: a decision of a kind
//! that it does not know can be shown, but never sent.

use serde_json::Value;

use crate::lenient::{open_enum, wire};
use crate::said::{self, Said};

open_enum! {
    /// A decision that a gateway offers or has recorded.
    pub enum Decision {
        AllowOnce = "allow-once",
        AllowAlways = "allow-always",
        Deny = "deny",
    }

    /// What an approval is about.
    pub enum ApprovalKind {
        Exec = "exec",
        Plugin = "plugin",
        SystemAgent = "system-agent",
    }

    /// Where an approval stands.
    pub enum ApprovalStatus {
        Pending = "pending",
        Allowed = "allowed",
        Denied = "denied",
        Expired = "expired",
        Cancelled = "cancelled",
    }

    /// Why an approval ended.
    pub enum TerminalReason {
        User = "user",
        Timeout = "timeout",
        MalformedVerdict = "malformed-verdict",
        NoRoute = "no-route",
        RunAborted = "run-aborted",
        GatewayRestart = "gateway-restart",
        StorageCorrupt = "storage-corrupt",
    }

    pub enum Severity {
        Info = "info",
        Warning = "warning",
        Critical = "critical",
    }
}

/// A decision that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    AllowOnce,
    AllowAlways,
    Deny,
}

impl Decision {
    /// The same decision as something to send, when this application knows it.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::AllowOnce => Some(Verdict::AllowOnce),
            Self::AllowAlways => Some(Verdict::AllowAlways),
            Self::Deny => Some(Verdict::Deny),
            Self::Other(_) => None,
        }
    }
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::AllowOnce => Self::AllowOnce,
            Verdict::AllowAlways => Self::AllowAlways,
            Verdict::Deny => Self::Deny,
        }
    }
}

/// What would run, as far as the gateway says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    /// Said as a command is said. What is not can be shown, but nobody can judge it.
    pub plainly: bool,
}

impl ExecRequest {
    /// The words as they will run, of the request or of its plan for a node.
    pub fn argv(&self) -> &[String] {
        let plan = self.system_run_plan.as_ref();
        match (self.command_argv.as_slice(), plan) {
            ([], Some(plan)) => &plan.argv,
            (argv, _) => argv,
        }
    }

    pub fn told(&self) -> Told {
        let blank = |text: &str| text.trim().is_empty();
        let command = self.command.as_ref();
        // An empty command beside a list of words is a contradiction, and no reason to believe the list.
        let odd = command.is_some_and(|command| !command.is_text() || blank(command));
        let plan = self.system_run_plan.as_ref();
        let text = command
            .map(|command| command.to_string())
            .filter(|text| !blank(text))
            .or_else(|| plan.and_then(|plan| plan.command_text.clone()))
            .unwrap_or_else(|| said::words(self.argv()));
        let plainly = !odd && !blank(&text);
        Told { text, plainly }
    }
}

/// A command that waits for a person.
pub type ExecApproval = PendingApproval<ExecRequest>;
/// A plugin's action that waits for a person.
pub type PluginApproval = PendingApproval<PluginRequest>;
/// A change to the gateway itself, proposed by its system agent.
pub type SystemApproval = PendingApproval<SystemRequest>;

wire! {
    /// Something that waits for a person, as the lists and the `…requested` events have it.
    /// What has an id can be answered, also where it does not say (readably) what is asked.
    pub struct PendingApproval<R> {
        pub id: String,
        #[serde(
            default = "crate::lenient::blank",
            deserialize_with = "crate::lenient::or_blank",
            bound(deserialize = "R: serde::de::DeserializeOwned")
        )]
        pub request: R,
        pub created_at_ms: Option<u64>,
        pub expires_at_ms: Option<u64>,
        pub approval_kind: Option<ApprovalKind>,
    }

    /// A command an agent wants to run. Texts are the agent's and untrusted.
    pub struct ExecRequest {
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::said::optional")]
        pub command: Option<Said>,
        pub command_preview: Option<String>,
        /// The arguments as they will run; absent for a command on a node, see `system_run_plan`.
        pub command_argv: Vec<String>,
        /// Spans of `command` that the gateway wants highlighted, in UTF-16 units.
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub command_spans: Vec<CommandSpan>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub command_analysis: Option<CommandAnalysis>,
        /// The variables that the call sets. Names only: values are never sent, nor read where they are.
        #[serde_with(skip_apply)]
        #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::lenient::variables")]
        pub env_keys: Vec<String>,
        pub cwd: Option<String>,
        pub resolved_path: Option<String>,
        /// `gateway`, `node` or `sandbox`.
        pub host: Option<String>,
        pub node_id: Option<String>,
        pub security: Option<String>,
        pub ask: Option<String>,
        pub warning_text: Option<String>,
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
        pub session_id: Option<String>,
        pub run_id: Option<String>,
        pub tool_call_id: Option<String>,
        /// Absent means that the gateway did not say, which is not the same as none.
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub allowed_decisions: Option<Vec<Decision>>,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub unavailable_decisions: Vec<Decision>,
        pub turn_source_channel: Option<String>,
        pub turn_source_to: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub system_run_plan: Option<SystemRunPlan>,
        /// What kind of effect the command has, when the gateway knows (a payment, a message, a post).
        pub scope: Option<Value>,
        /// How many people have to say yes, where that is more than one, and how many have. Our own gateway says so.
        pub approvers: Option<u64>,
        pub approved_by: Option<u64>,
        /// Who they are: `user:NAME`, `device:ID`, or another word for whom nobody vouched for.
        pub approved_by_people: Vec<String>,
    }

    pub struct CommandSpan {
        pub start_index: Option<u64>,
        pub end_index: Option<u64>,
    }

    /// The gateway's own reading of a command.
    pub struct CommandAnalysis {
        pub command_count: Option<u64>,
        pub nested_command_count: Option<u64>,
        pub risk_kinds: Vec<String>,
        pub warning_lines: Vec<String>,
    }

    /// What a node will run, bound when the approval was asked for.
    pub struct SystemRunPlan {
        pub argv: Vec<String>,
        pub cwd: Option<String>,
        pub command_text: Option<String>,
        pub command_preview: Option<String>,
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
    }

    /// Something a plugin wants to do.
    pub struct PluginRequest {
        pub title: Option<String>,
        pub description: Option<String>,
        pub detail: Option<String>,
        pub severity: Option<Severity>,
        pub plugin_id: Option<String>,
        pub tool_name: Option<String>,
        pub tool_call_id: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub allowed_decisions: Option<Vec<Decision>>,
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
        pub run_id: Option<String>,
        pub scope: Option<Value>,
    }

    /// Something the gateway's system agent wants to change.
    pub struct SystemRequest {
        pub title: Option<String>,
        pub description: Option<String>,
        pub proposal_hash: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub allowed_decisions: Option<Vec<Decision>>,
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
    }

    /// A `…resolved` event: somebody answered, or the request ended without an answer.
    pub struct ApprovalResolved {
        pub id: String,
        pub decision: Option<Decision>,
        /// The display name of the client that answered; untrusted text.
        pub resolved_by: Option<String>,
        pub ts: Option<u64>,
        /// `expired` or `cancelled`, when it was neither allowed nor denied.
        pub terminal_status: Option<ApprovalStatus>,
        /// The request, as it was asked.
        pub request: Option<Value>,
    }

    /// The gateway's record of an approval, pending or ended: the truth to read back.
    pub struct ApprovalRecord {
        pub id: String,
        pub status: Option<ApprovalStatus>,
        pub decision: Option<Decision>,
        pub reason: Option<TerminalReason>,
        pub url_path: Option<String>,
        pub created_at_ms: Option<u64>,
        pub expires_at_ms: Option<u64>,
        pub resolved_at_ms: Option<u64>,
        pub source_session_key: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub presentation: Option<ApprovalPresentation>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub source: Option<ApprovalSource>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub resolver: Option<ApprovalResolver>,
    }

    /// What a record shows of the request. One shape for all kinds; `kind` says which fields to expect.
    pub struct ApprovalPresentation {
        pub kind: Option<ApprovalKind>,
        pub command_text: Option<String>,
        pub command_preview: Option<String>,
        pub warning_text: Option<String>,
        pub host: Option<String>,
        pub node_id: Option<String>,
        pub title: Option<String>,
        pub description: Option<String>,
        pub detail: Option<String>,
        pub severity: Option<Severity>,
        pub plugin_id: Option<String>,
        pub tool_name: Option<String>,
        pub proposal_hash: Option<String>,
        pub agent_id: Option<String>,
        pub scope: Option<Value>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub allowed_decisions: Option<Vec<Decision>>,
    }

    pub struct ApprovalSource {
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
    }

    /// Who answered: a device, a channel, the runtime or the system.
    pub struct ApprovalResolver {
        pub kind: Option<String>,
        pub id: Option<String>,
    }

    /// A `session.approval` event: what a subscriber of one session learns about its approvals.
    pub struct SessionApproval {
        pub session_key: Option<String>,
        pub source_session_key: Option<String>,
        pub updated_at_ms: Option<u64>,
        /// `pending` or `terminal`.
        pub phase: Option<String>,
        pub approval: ApprovalRecord,
    }
}
