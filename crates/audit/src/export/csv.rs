//! A table (RFC 4180) that is safe to open in a spreadsheet: what a spreadsheet would take for a formula gets
//! an apostrophe before it, which makes it text.

use crate::hash::Hash;
use crate::record::Record;

use super::time::rfc3339;

const COLUMNS: [&str; 24] = [
    "seq",
    "at",
    "time",
    "kind",
    "actor_type",
    "actor_id",
    "agent",
    "session",
    "run",
    "action",
    "what",
    "resource",
    "verdict",
    "rules",
    "policy_version",
    "request_digest",
    "request",
    "outcome",
    "detail",
    "intent",
    "approval_id",
    "trace",
    "prev",
    "leaf",
];

/// The first line.
pub fn csv_header() -> String {
    format!("{}\r\n", COLUMNS.join(","))
}

/// A record's line.
pub fn csv_row(record: &Record, leaf: Hash) -> String {
    let draft = &record.draft;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let json = |value: &Option<serde_json::Value>| {
        value.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let cells: [String; COLUMNS.len()] = [
        record.seq.to_string(),
        draft.ts.to_string(),
        rfc3339(draft.ts),
        draft.kind.clone(),
        draft.actor.kind.clone(),
        draft.actor.id.clone(),
        text(&draft.agent),
        text(&draft.session),
        text(&draft.run),
        text(&draft.action),
        text(&draft.what),
        text(&draft.resource),
        text(&draft.verdict),
        draft.rules.join(" "),
        text(&draft.policy_version),
        text(&draft.request_digest),
        json(&draft.request),
        text(&draft.outcome),
        json(&draft.detail),
        draft.intent.map(|seq| seq.to_string()).unwrap_or_default(),
        text(&draft.approval_id),
        text(&draft.trace),
        record.prev.clone(),
        leaf.to_hex(),
    ];
    let cells: Vec<_> = cells.iter().map(|value| cell(value)).collect();
    format!("{}\r\n", cells.join(","))
}

/// Every cell with anything but letters, digits and `.:_-` in it is quoted, for spreadsheets split at `;`, tab
/// and space as well.
fn cell(value: &str) -> String {
    let value = if is_formula(value) {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".:_-".contains(c);
    if value.chars().all(plain) {
        value
    } else {
        format!("\"{}\"", value.replace('"', "\"\""))
    }
}

/// What OWASP lists for CSV injection, with the full-width forms that some spreadsheets take for the same.
/// Spaces before it do not help against a spreadsheet that trims.
fn is_formula(value: &str) -> bool {
    const STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    value.starts_with(STARTS) || value.trim_start().starts_with(STARTS)
}
