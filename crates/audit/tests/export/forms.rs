//! Exports for other programs: a table that holds no formula, and log requests as the published protocol has them.

use gatehouse_audit::export::{csv_header, csv_row, otlp_document};
use gatehouse_audit::{Draft, Hash, Record};
use serde_json::{Value, json};

use super::draft;

fn record(draft: Draft) -> Record {
    Record::read(&draft.prepare().seal(1, Hash::ZERO).bytes).unwrap()
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    for start in [
        "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u{a0}=",
    ] {
        let formula = format!("{start}cmd|' /C calc'!A1,\"x\";y\nz");
        let mut odd = draft(1);
        odd.what = Some(formula.clone());
        odd.actor.id = formula.clone();
        let line = csv_row(&record(odd), Hash::ZERO);
        let quoted = format!("\"'{}\"", formula.replace('"', "\"\""));
        assert_eq!(line.matches(&quoted).count(), 2, "{line}");
    }
    let line = csv_row(&record(draft(2)), Hash::ZERO);
    assert!(line.starts_with("1,1795262400123,2026-11-21T12:00:00.123Z,tool.intent,agent,main,"));
    assert!(line.contains(r#""echo ""2 ü€😀""""#), "{line}");
    assert_eq!(csv_header().matches(',').count(), 23);
}

#[test]
fn a_collector_is_given_a_log_request() {
    let record = record(draft(2));
    let text = otlp_document([(&record, Hash::ZERO)]);
    let value: Value = serde_json::from_str(&text).unwrap();
    let log = &value["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(log["timeUnixNano"], "1795262400123000000");
    assert_eq!(
        (&log["severityNumber"], &log["eventName"]),
        (&json!(13), &json!("gatehouse.tool.intent"))
    );
    let attributes = log["attributes"].as_array().unwrap();
    let of = |key: &str| attributes.iter().find(|a| a["key"] == key).unwrap()["value"].clone();
    assert_eq!(of("gatehouse.audit.seq"), json!({"intValue": "1"}));
    assert_eq!(of("gatehouse.agent"), json!({"stringValue": "main"}));
    assert_eq!(
        of("gatehouse.rules")["arrayValue"]["values"][1],
        json!({"stringValue": "b"})
    );
}

/// What the published `opentelemetry/proto/logs/v1/logs.proto` has, in the JSON of OTLP/HTTP: no member that is not
/// there, and each of its type. Numbers of 64 bits are texts.
mod published {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub(super) struct ExportLogsServiceRequest {
        pub(super) resource_logs: Vec<ResourceLogs>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) struct ResourceLogs {
        pub(super) resource: Resource,
        pub(super) scope_logs: Vec<ScopeLogs>,
        schema_url: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) struct Resource {
        pub(super) attributes: Vec<KeyValue>,
        dropped_attributes_count: Option<u32>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) struct ScopeLogs {
        scope: Scope,
        pub(super) log_records: Vec<LogRecord>,
        schema_url: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) struct Scope {
        name: String,
        version: Option<String>,
        attributes: Option<Vec<KeyValue>>,
        dropped_attributes_count: Option<u32>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) struct LogRecord {
        pub(super) time_unix_nano: String,
        pub(super) observed_time_unix_nano: String,
        pub(super) severity_number: u8,
        severity_text: Option<String>,
        body: AnyValue,
        pub(super) attributes: Vec<KeyValue>,
        dropped_attributes_count: Option<u32>,
        flags: Option<u32>,
        trace_id: Option<String>,
        span_id: Option<String>,
        pub(super) event_name: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct KeyValue {
        pub(super) key: String,
        pub(super) value: AnyValue,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "they are read to be of their type")]
    pub(super) enum AnyValue {
        #[serde(rename = "stringValue")]
        String(String),
        #[serde(rename = "boolValue")]
        Bool(bool),
        #[serde(rename = "intValue")]
        Int(String),
        #[serde(rename = "doubleValue")]
        Double(f64),
        #[serde(rename = "arrayValue")]
        Array(ArrayValue),
        #[serde(rename = "bytesValue")]
        Bytes(String),
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct ArrayValue {
        pub(super) values: Vec<AnyValue>,
    }
}

fn is_whole(value: &published::AnyValue) -> bool {
    match value {
        published::AnyValue::Int(text) => text.parse::<i64>().is_ok(),
        published::AnyValue::Array(list) => list.values.iter().all(is_whole),
        _ => true,
    }
}

#[test]
fn a_log_request_is_as_the_published_protocol_has_it_whatever_the_record_says() {
    let odd = Draft {
        ts: -1,
        kind: String::new(),
        what: Some("\u{0}\u{1}\u{202e}\"\\".to_owned()),
        approval_id: Some("a".to_owned()),
        trace: Some("t".to_owned()),
        ..draft(1)
    };
    let late = Draft {
        ts: 1 << 53,
        ..draft(2)
    };
    let records = [
        record(draft(2)),
        record(odd),
        record(late),
        record(Draft::default()),
    ];
    let text = otlp_document(records.iter().map(|record| (record, Hash::ZERO)));
    assert_eq!(text.lines().count(), 1, "a request is a line");
    let request: published::ExportLogsServiceRequest = serde_json::from_str(&text).unwrap();
    let [resource] = &request.resource_logs[..] else {
        panic!("one resource")
    };
    assert_eq!(resource.resource.attributes[0].key, "service.name");
    let logs = &resource.scope_logs[0].log_records;
    assert_eq!(logs.len(), records.len());
    for log in logs {
        for time in [&log.time_unix_nano, &log.observed_time_unix_nano] {
            assert!(time.parse::<u64>().is_ok(), "{time} is no fixed64");
        }
        assert!((1..=24).contains(&log.severity_number));
        assert!(log.event_name.is_some());
        let mut keys: Vec<_> = log.attributes.iter().map(|one| &one.key).collect();
        assert!(log.attributes.iter().all(|one| is_whole(&one.value)));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), log.attributes.len(), "no key twice");
    }
}
