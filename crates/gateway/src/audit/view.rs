//! Records and findings as they are shown to people, over the wire and in a terminal.

use gatehouse_audit::note::Verifier;
use gatehouse_audit::verify::Report;
use gatehouse_audit::{Actor, Record, Statement};
use gatehouse_store::gateway::AuditRow;
use serde::Serialize;
use serde_json::{Value, json};

/// A record, as it is shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    pub seq: u64,
    pub at: i64,
    pub kind: String,
    pub actor: Actor,
    pub agent_id: Option<String>,
    pub session_key: Option<String>,
    pub what: String,
    pub verdict: Option<String>,
    pub rules: Vec<String>,
    pub approval_id: Option<String>,
    pub policy_version: Option<String>,
    pub outcome: Option<String>,
    /// The whole record, redacted before it was written.
    pub json: Value,
}

impl AuditView {
    /// What somebody made of a record so that it cannot be read is shown as it is.
    pub fn of(row: &AuditRow) -> Self {
        let json = serde_json::from_str(&row.bytes).unwrap_or_else(|_| json!(row.bytes));
        let draft = Record::read(&row.bytes).map(|record| record.draft);
        let draft = draft.unwrap_or_default();
        Self {
            seq: row.seq,
            at: row.at,
            kind: row.kind.clone(),
            actor: draft.actor,
            agent_id: row.agent.clone(),
            session_key: row.session.clone(),
            what: draft
                .what
                .or(draft.action)
                .unwrap_or_else(|| row.kind.clone()),
            verdict: row.verdict.clone(),
            rules: draft.rules,
            approval_id: draft.approval_id,
            policy_version: draft.policy_version,
            outcome: draft.outcome,
            json,
        }
    }
}

/// What verifying found, and the public half of the key that it was held against.
pub fn report_json(report: &Report, key: Option<&Verifier>) -> Value {
    let checkpoint = report.checkpoint.map(
        |checked| json!({"size": checked.size, "root": checked.root.to_hex(), "at": checked.at}),
    );
    let broken = report
        .broken
        .as_ref()
        .map(|broken| json!({"seq": broken.seq, "kind": broken.kind.word(), "text": broken.text}));
    let unproven: Vec<_> = report.unproven.iter().map(unproven).collect();
    json!({
        "intact": report.intact(), "unproven": unproven, "records": report.records, "checkpoint": checkpoint,
        "broken": broken, "size": report.size, "root": report.root.to_hex(),
        "key": key.map(ToString::to_string),
    })
}

/// What nobody can prove: which records, where they are still there.
fn unproven(statement: &Statement) -> Value {
    let (first, last) = match *statement {
        Statement::Unproven { first, last } | Statement::Sealed { first, last } => {
            (Some(first), Some(last))
        }
        Statement::Former { .. } => (None, None),
    };
    json!({"first": first, "last": last, "text": statement.to_string()})
}
