//! The schema that OpenClaw publishes for protocol 4, as a judge of what a gateway sent.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

const SCHEMA: &str =
    "../../tests/peers/node_modules/@openclaw/gateway-protocol/protocol.schema.json";

pub(crate) struct Published(Value);

impl Published {
    pub(crate) fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!(
                "{} is not there ({error}): run `make peers` first",
                path.display()
            )
        });
        Self(serde_json::from_str(&text).unwrap())
    }

    /// A judge for one definition. Only what it refers to is built: all 877 take most of a minute.
    pub(crate) fn judge(&self, name: &str) -> jsonschema::Validator {
        let mut definitions = Map::new();
        self.collect(name, &mut definitions);
        let narrowed = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$ref": format!("#/definitions/{name}"),
            "definitions": definitions,
        });
        jsonschema::validator_for(&narrowed).unwrap()
    }

    fn collect(&self, name: &str, into: &mut Map<String, Value>) {
        if into.contains_key(name) {
            return;
        }
        let mut definition = self.0["definitions"][name].clone();
        assert!(
            definition.is_object(),
            "{name} is not a published definition"
        );
        loosen(&mut definition);
        let referred = references(&definition);
        into.insert(name.to_owned(), definition);
        referred.iter().for_each(|name| self.collect(name, into));
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

/// Takes out what can't be held against a gateway: patterns over UTF-16 surrogates, which UTF-8 text has none of
/// by construction, and the ban on further fields, which gateway 2026.9.6 does not keep to itself (it adds
/// `recipientProfileId` to events and `auth.method` to its hello).
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let pattern = fields.get("pattern").and_then(Value::as_str);
            if pattern.is_some_and(|pattern| pattern.contains("\\uD800")) {
                fields.remove("pattern");
            }
            fields.remove("additionalProperties");
            fields.values_mut().for_each(loosen);
        }
        Value::Array(items) => items.iter_mut().for_each(loosen),
        _ => {}
    }
}
