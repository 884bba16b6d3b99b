//! Approvals: list what waits, decide, read back what was recorded.
//!
//! `approval.*` (protocol 4) is the one that returns the recorded result: prefer `ApprovalResolve` where
//! the gateway offers it. `exec.approval.resolve` and `plugin.approval.resolve` exist in both protocols and only acknowledge.

use serde::Serialize;

use crate::lenient::{Listed, wire};
use crate::method::{NoParams, methods};
use crate::model::approval::{
    ApprovalRecord, Decision, ExecApproval, PluginApproval, SystemApproval, Verdict,
};

methods! {
    ExecApprovalList = "exec.approval.list", Approvals, V3, NoParams => Listed<ExecApproval>;
    /// One pending approval; an ended one is an error.
    ExecApprovalGet = "exec.approval.get", Approvals, V3, ApprovalIdParams => ExecApprovalSummary;
    ExecApprovalResolve = "exec.approval.resolve", Approvals, V3, ResolveParams => ResolveReply;
    PluginApprovalList = "plugin.approval.list", Approvals, V3, NoParams => Listed<PluginApproval>;
    PluginApprovalResolve = "plugin.approval.resolve", Approvals, V3, ResolveParams => ResolveReply;
    SystemApprovalList = "openclaw.approval.list", Approvals, V4, NoParams => Listed<SystemApproval>;
    /// A pending or ended approval, as recorded.
    ApprovalGet = "approval.get", Approvals, V4, ApprovalIdParams => ApprovalFound;
    /// First answer wins; the answer is what was recorded, whoever it was.
    ApprovalResolve = "approval.resolve", Approvals, V4, ApprovalResolveParams => ApprovalResolveReply;
    ApprovalHistory = "approval.history", Approvals, V4, ApprovalHistoryParams => ApprovalHistoryPage;
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApprovalIdParams {
    pub id: String,
}

/// A decision about one approval. The id is always the whole one, though gateways take prefixes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolveParams {
    pub id: String,
    pub decision: Verdict,
}

/// Which family an approval belongs to, when deciding with `approval.resolve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalFamily {
    Exec,
    Plugin,
    SystemAgent,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApprovalResolveParams {
    pub id: String,
    pub kind: ApprovalFamily,
    pub decision: Verdict,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ApprovalHistoryParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ApprovalFamily>,
}

wire! {
    pub struct ResolveReply {
        pub ok: bool,
    }

    /// `exec.approval.get`.
    pub struct ExecApprovalSummary {
        pub id: String,
        pub command_text: Option<String>,
        pub command_preview: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub allowed_decisions: Option<Vec<Decision>>,
        pub host: Option<String>,
        pub node_id: Option<String>,
        pub agent_id: Option<String>,
        pub expires_at_ms: Option<u64>,
    }

    pub struct ApprovalFound {
        pub approval: ApprovalRecord,
    }

    pub struct ApprovalResolveReply {
        /// Whether it was this answer that counted.
        pub applied: bool,
        pub approval: ApprovalRecord,
    }

    pub struct ApprovalHistoryPage {
        #[serde(default)]
        pub items: Listed<ApprovalRecord>,
        pub next_cursor: Option<String>,
    }
}
