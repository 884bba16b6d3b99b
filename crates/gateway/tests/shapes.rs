//! Parameters are held to what is published: whatever the published schema refuses is refused here.
//! `UPDATE_SHAPES=1` writes `src/router/shapes.json` anew.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use support::schema::{faults, published};
use support::{ALL_SCOPES, TestGateway, Wire};

/// Methods whose parameters are published under another name.
const NAMED_OTHERWISE: &[(&str, &str)] = &[
    ("agent.identity.get", "AgentIdentityParams"),
    ("sessions.steer", "SessionsSendParams"),
];

/// Longer than any published bound of a text.
const LONG: usize = 600_000;

fn definition_of(method: &str) -> String {
    let known = NAMED_OTHERWISE.iter().find(|(name, _)| *name == method);
    if let Some((_, definition)) = known {
        return (*definition).to_owned();
    }
    let parts = method.split(['.', '-']);
    let parts = parts.map(|part| part[..1].to_uppercase() + &part[1..]);
    parts.collect::<String>() + "Params"
}

async fn offered(gateway: &TestGateway) -> (Wire, Vec<String>) {
    let mut wire = gateway.dial().await;
    let hello = wire.connect(&ALL_SCOPES).await;
    let methods = hello["payload"]["features"]["methods"].clone();
    (wire, serde_json::from_value(methods).unwrap())
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/router/shapes.json")
}

/// Without words for people, and without the two things that are not looked at: `not`, which one alternative of
/// `models.list` has, and patterns that look ahead, which forbid names of folders that the handlers forbid as well.
fn trimmed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| {
                let looks_ahead = value.as_str().is_some_and(|text| text.contains("(?!"));
                let words = ["description", "deprecated", "not"].contains(&name.as_str());
                let for_people = words && !is_property(value);
                let unread = *name == "pattern" && looks_ahead;
                !for_people && !unread
            });
            let kept = kept.map(|(name, value)| (name.clone(), trimmed(value)));
            kept.collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(trimmed).collect(),
        other => other.clone(),
    }
}

/// A property may be called as a keyword is; then its value is a schema.
fn is_property(value: &Value) -> bool {
    value.get("type").is_some() || value.get("anyOf").is_some()
}

#[tokio::test]
async fn the_shapes_are_the_published_ones() {
    let gateway = TestGateway::start().await;
    let (_, methods) = offered(&gateway).await;
    let shapes = methods.iter().filter_map(|method| {
        let shape = published(&definition_of(method))?;
        Some((method.clone(), trimmed(shape)))
    });
    let wanted: Map<String, Value> = shapes.collect();
    if std::env::var_os("UPDATE_SHAPES").is_some() {
        let lines = wanted
            .iter()
            .map(|(method, shape)| format!("{}: {shape}", json!(method)));
        let text = lines.collect::<Vec<_>>().join(",\n");
        std::fs::write(file(), format!("{{\n{text}\n}}\n")).unwrap();
    }
    let kept: Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    for method in wanted.keys().chain(kept.keys()) {
        assert_eq!(
            kept.get(method),
            wanted.get(method),
            "{method}: UPDATE_SHAPES=1 writes it anew"
        );
    }
}

/// A value that a schema takes, with no more in it than has to be.
fn sample(schema: &Value) -> Value {
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return sample(first);
    }
    match schema["type"].as_str() {
        Some("string") => json!("x"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0);
            (0..least).map(|_| sample(&schema["items"])).collect()
        }
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten();
            let required = required.map(|name| name.as_str().unwrap());
            let fields =
                required.map(|name| (name.to_owned(), sample(&schema["properties"][name])));
            fields.collect::<Map<_, _>>().into()
        }
        _ => Value::Null,
    }
}

/// Values that a schema may refuse: of every type, out of every bound, and wrong inside.
fn doubtful(schema: &Value) -> Vec<Value> {
    let mut all = vec![
        json!(null),
        json!(true),
        json!(1.5),
        json!(-1),
        json!(1e15),
        json!(""),
        json!("surprise"),
        json!([]),
        json!([7]),
        json!({"surprise": 1}),
    ];
    if schema.get("maxLength").is_some() {
        all.push(json!("x".repeat(LONG)));
    }
    let whole = sample(schema);
    for name in schema["required"].as_array().into_iter().flatten() {
        let mut lacking = whole.clone();
        lacking
            .as_object_mut()
            .unwrap()
            .remove(name.as_str().unwrap());
        all.push(lacking);
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, inner) in properties {
        all.extend(doubtful(inner).into_iter().map(|value| {
            let mut wrong = whole.clone();
            wrong[name] = value;
            wrong
        }));
    }
    if whole.is_object() {
        let mut more = whole;
        more["surprise"] = json!(1);
        all.push(more);
    }
    all
}

#[tokio::test]
async fn what_the_published_schema_refuses_is_refused() {
    let gateway = TestGateway::start().await;
    let (mut wire, methods) = offered(&gateway).await;
    let mut tried = 0;
    for method in &methods {
        let definition = definition_of(method);
        let Some(schema) = published(&definition) else {
            continue;
        };
        for params in doubtful(schema) {
            let absent = params.is_null();
            if absent || faults(&definition, &params).is_empty() {
                continue;
            }
            let shown: String = params.to_string().chars().take(200).collect();
            let answer = wire.request(method, params).await;
            let error = &answer["error"];
            assert_eq!(
                error["code"], "INVALID_REQUEST",
                "{method} {shown}: {answer}"
            );
            let words = error["message"].as_str().unwrap();
            let begins = format!("invalid {method} params: ");
            assert!(words.starts_with(&begins), "{method} {shown}: {words}");
            tried += 1;
        }
    }
    assert!(tried > 2_000, "{tried} is too few to say anything");
}

#[tokio::test]
async fn no_method_takes_a_list_for_its_parameters() {
    let gateway = TestGateway::start().await;
    let (mut wire, methods) = offered(&gateway).await;
    for method in &methods {
        for params in [json!([]), json!(["main", "main"]), json!("main"), json!(1)] {
            let answer = wire.request(method, params.clone()).await;
            let words = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(
                words.ends_with("must be object"),
                "{method} {params}: {answer}"
            );
        }
    }
}
