//! What `docs/methods.md` says that our own methods answer is what they answer.

use serde_json::{Map, Value, json};

use crate::gateway::OwnGateway;
use crate::ours::well;

const DOCUMENT: &str = include_str!("../../../../docs/methods.md");

/// The fields of a method's answer, as they are documented.
fn answers(method: &str) -> Vec<&'static str> {
    let heading = format!("### `{method}`");
    let (_, section) = DOCUMENT.split_once(&heading).expect(method);
    let (_, shape) = section.split_once("→ `{").expect(method);
    let (shape, _) = shape.split_once("}`").expect(method);
    let mut fields: Vec<_> = shape.split(", ").collect();
    fields.sort_unstable();
    fields
}

#[test]
fn a_method_answers_with_the_fields_that_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let gateway = OwnGateway::start_with(&["--credential-key-file", key.to_str().unwrap()]);
    let credential = json!({"name": "a", "type": "api_key", "secret": "value-of-nobody-81c2"});
    for (method, params) in [
        ("policy.get", json!({})),
        ("policy.validate", json!({"document": "{}"})),
        ("policy.check", json!({"command": "ls"})),
        ("policy.simulate", json!({})),
        (
            "approvals.resolveBatch",
            json!({"items": [], "decision": "deny"}),
        ),
        ("approvals.revoke", json!({"id": "none"})),
        ("grants.list", json!({})),
        ("grants.preview", json!({"pattern": "ls *"})),
        ("grants.revoke", json!({"id": "none"})),
        ("audit.list", json!({})),
        ("audit.get", json!({"seq": 1})),
        ("audit.verify", json!({})),
        ("audit.export", json!({"format": "jsonl"})),
        ("audit.seal", json!({"before": 0})),
        ("credentials.set", credential),
        (
            "credentials.rotate",
            json!({"name": "a", "secret": "another-of-nobody-81c2"}),
        ),
        ("credentials.expire", json!({"name": "a"})),
        ("credentials.list", json!({})),
        ("credentials.rotateMasterKey", json!({})),
        ("credentials.delete", json!({"name": "a"})),
        ("sessions.spawn", json!({"task": "md:"})),
        ("undo.list", json!({})),
    ] {
        let method = format!("gatehouse.{method}");
        let params = params.to_string();
        let answer: Map<String, Value> =
            serde_json::from_value(well(&gateway, &["call", &method, &params]).json()).unwrap();
        let mut fields: Vec<_> = answer.keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, answers(&method), "{method}");
    }
}
