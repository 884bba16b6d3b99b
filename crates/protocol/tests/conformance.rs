//! Every frame that this application can send, against the schema that OpenClaw publishes for protocol 4, and
//! against what a protocol 3 gateway takes. `samples` has one request of each method, with every parameter set.
#![allow(clippy::unwrap_used)]

mod samples;

use std::collections::BTreeSet;
use std::path::PathBuf;

use gatehouse_protocol::{ConnectErrorCode, ProtocolVersion};
use samples::{Sample, samples};
use serde_json::{Value, json};

const SCHEMA: &str =
    "../../tests/peers/node_modules/@openclaw/gateway-protocol/protocol.schema.json";

fn schema() -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{} is not there ({error}): run `make peers` first",
            path.display()
        )
    });
    let mut schema = serde_json::from_str(&text).unwrap();
    drop_surrogate_patterns(&mut schema);
    schema
}

/// Patterns over UTF-16 surrogates cannot be matched on UTF-8 text, which has none by construction.
fn drop_surrogate_patterns(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields
                .get("pattern")
                .and_then(Value::as_str)
                .is_some_and(|p| p.contains("\\uD800"))
            {
                fields.remove("pattern");
            }
            fields.values_mut().for_each(drop_surrogate_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_surrogate_patterns),
        _ => {}
    }
}

/// A definition and all that it refers to. Of 877 a request needs a handful, and building the others
/// takes most of a minute.
fn collect(schema: &Value, name: &str, into: &mut serde_json::Map<String, Value>) {
    if into.contains_key(name) {
        return;
    }
    let definition = &schema["definitions"][name];
    assert!(
        definition.is_object(),
        "{name} is not a published definition"
    );
    into.insert(name.to_owned(), definition.clone());
    for reference in references(definition) {
        collect(schema, &reference, into);
    }
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let name = own.and_then(|path| path.strip_prefix("#/definitions/"));
            let inner = fields.values().flat_map(references);
            name.map(str::to_owned).into_iter().chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What is wrong with a value, by one of the published definitions.
fn faults(schema: &Value, definition: &str, value: &Value) -> Vec<String> {
    let mut definitions = serde_json::Map::new();
    collect(schema, definition, &mut definitions);
    let narrowed = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": format!("#/definitions/{definition}"),
        "definitions": definitions,
    });
    let validator = jsonschema::validator_for(&narrowed).unwrap();
    validator
        .iter_errors(value)
        .map(|error| format!("{definition}: {error}"))
        .collect()
}

fn check(schema: &Value, sample: &Sample) -> Vec<String> {
    let frame = (sample.encode)(ProtocolVersion::V4);
    let mut faults = faults(schema, "RequestFrame", &frame);
    match sample.definition {
        Some(definition) => faults.extend(self::faults(schema, definition, &frame["params"])),
        None if frame["params"] != json!({}) => {
            faults.push("parameters, but no definition to check them with".into());
        }
        None => {}
    }
    faults
        .into_iter()
        .map(|fault| format!("{}: {fault}", sample.method))
        .collect()
}

#[test]
fn every_request_is_valid_by_the_published_schema() {
    let schema = schema();
    let faults: Vec<String> = samples()
        .iter()
        .flat_map(|sample| check(&schema, sample))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_wrong_parameter_does_not_pass_the_check() {
    let schema = schema();
    let unknown = json!({"id": "a", "decision": "deny", "surprise": 1});
    assert!(!faults(&schema, "ExecApprovalResolveParams", &unknown).is_empty());
    let missing = json!({"id": "a", "decision": "deny"});
    assert!(!faults(&schema, "ApprovalResolveParams", &missing).is_empty());
}

#[test]
fn every_method_has_a_sample() {
    let declared: BTreeSet<&str> = gatehouse_protocol::methods::names().collect();
    let sampled: BTreeSet<&str> = samples().iter().map(|sample| sample.method).collect();
    assert_eq!(declared, sampled);
}

#[test]
fn every_method_is_published_and_asks_for_the_published_scope() {
    let schema = schema();
    for sample in samples() {
        let published = schema["methods"][sample.method]["scope"].as_str();
        assert_eq!(published, Some(sample.scope.as_str()), "{}", sample.method);
    }
}

#[test]
fn an_old_gateway_gets_no_parameter_that_it_would_refuse() {
    for sample in samples()
        .iter()
        .filter(|sample| sample.old_params.is_some())
    {
        let taken: BTreeSet<&str> = sample
            .old_params
            .iter()
            .copied()
            .flatten()
            .copied()
            .collect();
        let frame = (sample.encode)(ProtocolVersion::V3);
        let sent = frame["params"].as_object().unwrap();
        let refused: Vec<&String> = sent
            .keys()
            .filter(|key| !taken.contains(key.as_str()))
            .collect();
        assert!(
            refused.is_empty(),
            "{} sends {refused:?} to protocol 3",
            sample.method
        );
    }
}

/// The codes that the published package lists for a refused connect.
fn published_connect_codes() -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    let package = path
        .with_file_name("dist")
        .join("connect-error-details.mjs");
    let text = std::fs::read_to_string(&package)
        .unwrap_or_else(|error| panic!("{}: {error}", package.display()));
    let (_, listed) = text.split_once("ConnectErrorDetailCodes = {").unwrap();
    let (listed, _) = listed.split_once('}').unwrap();
    let values = listed.split('"').skip(1).step_by(2);
    values.map(str::to_owned).collect()
}

#[test]
fn every_published_reason_for_a_refused_connect_is_known() {
    let codes = published_connect_codes();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        let known = ConnectErrorCode::from(code.as_str());
        assert!(!matches!(known, ConnectErrorCode::Other(_)), "{code}");
    }
}

#[test]
fn the_fixtures_are_valid_by_the_published_schema() {
    let schema = schema();
    let text = include_str!("fixtures/events.jsonl");
    for line in text.lines() {
        let frame: Value = serde_json::from_str(line).unwrap();
        let definition = match frame["event"].as_str().unwrap() {
            "chat" => "ChatEvent",
            "session.approval" => "SessionApprovalEvent",
            "question.requested" => "QuestionRecord",
            "question.resolved" => "QuestionResolvedEvent",
            "device.pair.requested" => "DevicePairRequestedEvent",
            "device.pair.resolved" => "DevicePairResolvedEvent",
            "tick" => "TickEvent",
            "shutdown" => "ShutdownEvent",
            _ => continue,
        };
        let faults = faults(&schema, definition, &frame["payload"]);
        assert!(faults.is_empty(), "{line}: {faults:#?}");
    }
}
