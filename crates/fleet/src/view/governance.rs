//! Policy, standing permissions, audit and credentials of a gateway that keeps them, and what can be undone there.

use gatehouse_policy::Verdict;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{EffectView, FindingView, GatewayId, Millis, ReadCommand};

/// One agent of a gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AgentView {
    pub id: String,
    pub name: Option<String>,
    /// Used where none is named.
    pub usual: bool,
    pub model: Option<String>,
    pub workspace: Option<String>,
}

/// A credential that agents use by its name. Never its value, nor any part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AgentCredentialView {
    pub name: String,
    /// `api_key`, `oauth_token`, `password`, `certificate`, `ssh_key`, `service_account`.
    pub kind: String,
    pub state: CredentialState,
    pub created_at: Millis,
    pub rotated_at: Option<Millis>,
    pub expires_at: Option<Millis>,
    pub last_used_at: Option<Millis>,
    pub uses: u32,
    pub max_uses: Option<u32>,
    /// Until then the value before the last rotation is taken as well.
    pub grace_until: Option<Millis>,
    pub bound_hosts: Vec<String>,
    pub bound_tools: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CredentialState {
    Active,
    Expired,
    UsedUp,
}

/// A new credential, or a new value for one that is there. The secret goes in once and never comes back.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetAgentCredential {
    pub gateway: GatewayId,
    pub name: String,
    pub kind: String,
    pub secret: String,
    pub expires_at: Option<Millis>,
    pub max_uses: Option<u32>,
    pub bound_hosts: Vec<String>,
    pub bound_tools: Vec<String>,
}

/// A new value in the place of the old one, which is taken for `grace_ms` more.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RotateAgentCredential {
    pub gateway: GatewayId,
    pub name: String,
    pub secret: String,
    pub grace_ms: Option<f64>,
}

/// Policy's answer for one command.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionView {
    pub verdict: Verdict,
    pub dangerous: bool,
    /// The command as it was asked about, escaped; the spans are in it.
    pub command: String,
    pub findings: Vec<FindingView>,
    pub effects: Vec<EffectView>,
    pub commands: Vec<ReadCommand>,
    /// What would run in the end, as text; none where nothing may.
    pub plan: Option<String>,
    pub rules: Vec<RuleHit>,
    pub policy_version: Option<String>,
    /// The gateway said more of it than is listed here.
    pub cut: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleHit {
    pub id: String,
    pub verdict: Verdict,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    Guarded,
    Strict,
    Observe,
}

/// A gateway's policy as it is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    pub version: String,
    pub preset: Option<Preset>,
    /// JSON5.
    pub document: String,
    /// Of the document and the roles; a change is made to this one.
    pub hash: String,
    pub problems: Vec<PolicyProblem>,
    pub rules: Vec<RuleView>,
    /// Cedar.
    pub roles: String,
    pub changed_at: Option<Millis>,
}

/// How a gateway's configuration file stands to what is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationView {
    pub path: String,
    /// What is wrong with it. While there is any, an earlier one is in force.
    pub mistakes: Vec<ConfigurationNote>,
    /// What is good and counts from the gateway's next start.
    pub waiting: Vec<ConfigurationNote>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationNote {
    pub path: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PolicyProblem {
    /// An error keeps the document from being taken; a warning does not.
    pub error: bool,
    pub path: String,
    pub line: u32,
    pub column: u32,
    pub message: String,
    pub suggestion: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    pub id: String,
    pub state: RuleState,
    pub verdict: Verdict,
    /// In words.
    pub text: String,
    pub problems: Vec<PolicyProblem>,
}

/// In the shadow, a rule is counted and recorded, and decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RuleState {
    On,
    Off,
    Shadow,
}

/// A change of policy. What is none stays as it is.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SetPolicy {
    pub gateway: GatewayId,
    /// The policy that the person changed; another one in force is refused as `policyMoved`.
    pub base_hash: String,
    pub document: Option<String>,
    pub roles: Option<String>,
    pub preset: Option<Preset>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckCommand {
    pub gateway: GatewayId,
    pub command: String,
    pub cwd: Option<String>,
    pub agent: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimulatePolicy {
    pub gateway: GatewayId,
    /// The document to try; none tries the one in force.
    pub document: Option<String>,
    pub since: Millis,
}

/// What past actions would get from a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimulationView {
    pub examined: u32,
    /// Older actions were left out.
    pub more: bool,
    pub flips: Vec<FlipView>,
    pub counts: Vec<FlipCount>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FlipView {
    pub seq: f64,
    pub at: Millis,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub what: String,
    pub was: Verdict,
    pub would: Verdict,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FlipCount {
    pub was: Verdict,
    pub would: Verdict,
    pub count: u32,
}

/// A standing permission.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    pub id: String,
    /// A pattern, or exactly this command.
    pub pattern: bool,
    pub text: String,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub cwd: Option<String>,
    pub created_at: Millis,
    pub created_by: Option<String>,
    pub expires_at: Option<Millis>,
    pub uses: u32,
    pub last_used_at: Option<Millis>,
}

/// A past action that a pattern would have matched.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PastCommand {
    pub seq: f64,
    pub at: Millis,
    pub command: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditQuery {
    pub gateway: GatewayId,
    /// Only what is older than this record.
    pub before: Option<f64>,
    pub limit: u32,
    pub kinds: Vec<String>,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub verdict: Option<Verdict>,
    pub text: Option<String>,
}

/// Records, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    pub records: Vec<AuditLine>,
    pub more: bool,
    /// How many records there are in all.
    pub size: f64,
    /// The root of the tree over all of them, in hex.
    pub root: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    pub seq: f64,
    pub at: Millis,
    /// Such as `tool.intent`, `approval.allowed`, `policy.changed`.
    pub kind: String,
    pub actor: AuditActor,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub what: String,
    pub verdict: Option<Verdict>,
    pub rules: Vec<String>,
    pub approval: Option<String>,
    pub policy_version: Option<String>,
    pub outcome: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditActor {
    pub kind: String,
    pub id: String,
    /// What the client called itself, where the record says so; the id is what was proven.
    pub name: Option<String>,
}

/// One record whole.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecordView {
    pub line: AuditLine,
    /// The whole record as indented JSON, redacted.
    pub json: String,
    /// Its hash in the tree, in hex.
    pub leaf: String,
    /// The hash of the record before it, in hex.
    pub previous: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VerificationView {
    pub intact: bool,
    pub records: f64,
    pub checkpoint: Option<CheckpointView>,
    /// What nothing proves and nothing contradicts, in the gateway's words.
    pub unproven: Vec<UnprovenRecords>,
    /// The first record that does not fit.
    pub broken: Option<BrokenRecord>,
}

/// Records of which nobody can say who wrote them.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UnprovenRecords {
    /// None where they were those of an earlier log, which is gone.
    pub first: Option<f64>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointView {
    pub size: f64,
    pub root: String,
    pub at: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BrokenRecord {
    pub seq: f64,
    /// `changed`, `missing`, `inserted`, `reordered`, `truncated`, `rolled-back`, `bad-signature`, `bad-json`, `head-missing`,
    /// `checkpoint-missing`, `key-missing`, or the gateway's own word.
    pub kind: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AuditFormat {
    Jsonl,
    Csv,
    Otlp,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportAudit {
    pub gateway: GatewayId,
    pub format: AuditFormat,
}

/// Where an export was written.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAudit {
    pub place: String,
    pub bytes: f64,
}

/// A part of an export, and the record before which the next one begins.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditExportPage {
    pub text: String,
    pub next: Option<f64>,
}

/// What a tool call replaced and can be brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UndoItemView {
    pub id: String,
    pub at: Millis,
    pub path: String,
    pub what: UndoWhat,
    /// In bytes.
    pub size: f64,
    pub session: Option<String>,
    /// The tool call that replaced it.
    pub tool_call: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum UndoWhat {
    Deleted,
    Overwrote,
}
