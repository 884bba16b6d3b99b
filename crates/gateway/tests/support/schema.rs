//! The schema that OpenClaw publishes for protocol 4. Every frame a test sees can be held to it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const SCHEMA: &str =
    "../../tests/peers/node_modules/@openclaw/gateway-protocol/protocol.schema.json";

static PUBLISHED: LazyLock<Value> = LazyLock::new(|| {
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
});

/// The scope that is published for a method.
pub fn published_scope(method: &str) -> Option<&'static str> {
    PUBLISHED["methods"][method]["scope"].as_str()
}

/// Whether there is such a definition.
pub fn is_published(definition: &str) -> bool {
    PUBLISHED["definitions"][definition].is_object()
}

/// A definition, where there is one of that name.
pub fn published(definition: &str) -> Option<&'static Value> {
    PUBLISHED["definitions"].get(definition)
}

/// Fails when a value breaks one of the published definitions.
pub fn assert_valid(definition: &str, value: &Value) {
    let faults = faults(definition, value);
    assert!(faults.is_empty(), "{definition}: {faults:#?}\nin {value:#}");
}

thread_local! {
    /// Made once for each definition: a stream has thousands of frames of the same one.
    static VALIDATORS: RefCell<HashMap<String, Rc<jsonschema::Validator>>> = RefCell::default();
}

pub fn faults(definition: &str, value: &Value) -> Vec<String> {
    let known = VALIDATORS.with_borrow(|all| all.get(definition).cloned());
    let validator = known.unwrap_or_else(|| {
        let made = Rc::new(validator(definition));
        VALIDATORS.with_borrow_mut(|all| all.insert(definition.to_owned(), made.clone()));
        made
    });
    let faults = validator.iter_errors(value);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

fn validator(definition: &str) -> jsonschema::Validator {
    let mut definitions = Map::new();
    collect(&PUBLISHED, definition, &mut definitions);
    let narrowed = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": format!("#/definitions/{definition}"),
        "definitions": definitions,
    });
    jsonschema::validator_for(&narrowed).unwrap()
}

/// Patterns over UTF-16 surrogates cannot be matched on UTF-8 text, which has none by construction.
fn drop_surrogate_patterns(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let pattern = fields.get("pattern").and_then(Value::as_str);
            if pattern.is_some_and(|pattern| pattern.contains("\\uD800")) {
                fields.remove("pattern");
            }
            fields.values_mut().for_each(drop_surrogate_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_surrogate_patterns),
        _ => {}
    }
}

/// A definition and all that it refers to; building the other eight hundred takes most of a minute.
fn collect(schema: &Value, name: &str, into: &mut Map<String, Value>) {
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
