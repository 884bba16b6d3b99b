//! OpenTelemetry logs in OTLP's JSON: one request for a page of records.

use serde_json::{Value, json};

use crate::hash::Hash;
use crate::record::Record;

/// Severity numbers of the OpenTelemetry log data model.
const INFO: u8 = 9;
const WARN: u8 = 13;

/// An `ExportLogsServiceRequest`, as a line.
pub fn otlp_document<'a>(records: impl IntoIterator<Item = (&'a Record, Hash)>) -> String {
    let records: Vec<_> = records
        .into_iter()
        .map(|(record, leaf)| log_record(record, leaf))
        .collect();
    json!({
        "resourceLogs": [{
            "resource": {"attributes": [text("service.name", "gatehouse")]},
            "scopeLogs": [{
                "scope": {"name": "gatehouse.audit", "version": "1"},
                "logRecords": records,
            }],
        }],
    })
    .to_string()
}

fn log_record(record: &Record, leaf: Hash) -> Value {
    let draft = &record.draft;
    let refused = draft.verdict.as_deref() == Some("deny") || draft.kind.ends_with(".refused");
    let (number, word) = if refused {
        (WARN, "WARN")
    } else {
        (INFO, "INFO")
    };
    // OTLP's JSON writes 64-bit integers as text; times have no sign, and end in 2554.
    let time = u64::try_from(draft.ts).unwrap_or(0);
    let time = time.saturating_mul(1_000_000);
    json!({
        "timeUnixNano": time.to_string(),
        "observedTimeUnixNano": time.to_string(),
        "severityNumber": number,
        "severityText": word,
        "eventName": format!("gatehouse.{}", draft.kind),
        "body": {"stringValue": draft.what.as_deref().unwrap_or(&draft.kind)},
        "attributes": attributes(record, leaf),
    })
}

fn attributes(record: &Record, leaf: Hash) -> Vec<Value> {
    let draft = &record.draft;
    let mut attributes = vec![
        number("gatehouse.audit.seq", record.seq),
        text("gatehouse.audit.leaf", &leaf.to_hex()),
        text("gatehouse.audit.prev", &record.prev),
        text("gatehouse.actor.type", &draft.actor.kind),
        text("gatehouse.actor.id", &draft.actor.id),
    ];
    for (name, value) in [
        ("gatehouse.agent", &draft.agent),
        ("gatehouse.session", &draft.session),
        ("gatehouse.run", &draft.run),
        ("gatehouse.action", &draft.action),
        ("gatehouse.resource", &draft.resource),
        ("gatehouse.verdict", &draft.verdict),
        ("gatehouse.policy.version", &draft.policy_version),
        ("gatehouse.request.digest", &draft.request_digest),
        ("gatehouse.outcome", &draft.outcome),
        ("gatehouse.approval.id", &draft.approval_id),
        ("gatehouse.trace", &draft.trace),
    ] {
        attributes.extend(value.as_ref().map(|value| text(name, value)));
    }
    for (name, value) in [
        ("gatehouse.request", &draft.request),
        ("gatehouse.detail", &draft.detail),
    ] {
        attributes.extend(value.as_ref().map(|value| text(name, &value.to_string())));
    }
    attributes.extend(
        draft
            .intent
            .map(|seq| number("gatehouse.audit.intent", seq)),
    );
    if !draft.rules.is_empty() {
        let rules: Vec<_> = draft
            .rules
            .iter()
            .map(|rule| json!({"stringValue": rule}))
            .collect();
        attributes.push(json!({
            "key": "gatehouse.rules", "value": {"arrayValue": {"values": rules}},
        }));
    }
    attributes
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}
