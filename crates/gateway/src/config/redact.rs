//! Hides secrets in a configuration before it is shown, and puts them back when it comes home changed. What is
//! a secret is in the tree of names; a reference to the environment or to a credential is not.

use serde_json::Value;

use super::shape::Shape;

/// What stands for a secret. The published gateway's word, so that its clients leave it alone.
pub(crate) const SENTINEL: &str = "__OPENCLAW_REDACTED__";

/// A copy without secrets.
pub(crate) fn hidden(shape: &Shape, value: &Value) -> Value {
    let mut shown = value.clone();
    each_secret(shape, &mut shown, &mut |secret| {
        *secret = Value::String(SENTINEL.to_owned())
    });
    shown
}

/// Whether a value holds a sentinel somewhere.
pub(crate) fn has_sentinel(value: &Value) -> bool {
    match value {
        Value::String(text) => text == SENTINEL,
        Value::Array(items) => items.iter().any(has_sentinel),
        Value::Object(fields) => fields.values().any(has_sentinel),
        _ => false,
    }
}

/// Puts the value that is there now wherever the new one has a sentinel. False when there is none to put.
pub(crate) fn restore(new: &mut Value, now: &Value) -> bool {
    match new {
        Value::String(text) if text == SENTINEL => match now {
            Value::Null | Value::Array(_) | Value::Object(_) => false,
            known => {
                *new = known.clone();
                true
            }
        },
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .all(|(index, item)| restore(item, now.get(index).unwrap_or(&Value::Null))),
        Value::Object(fields) => fields
            .iter_mut()
            .all(|(name, field)| restore(field, now.get(name).unwrap_or(&Value::Null))),
        _ => true,
    }
}

/// The texts of all secrets.
pub(crate) fn secrets(shape: &Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_secret(shape, &mut value.clone(), &mut |secret| {
        if let Value::String(text) = secret {
            found.push(text.clone());
        }
    });
    found
}

fn each_secret(shape: &Shape, value: &mut Value, act: &mut impl FnMut(&mut Value)) {
    match (shape, &mut *value) {
        (Shape::Secret, Value::String(text)) if !is_reference(text) => act(value),
        (Shape::Either(a, b), _) => {
            let fitting = if value.is_object() || value.is_array() {
                b
            } else {
                a
            };
            each_secret(fitting, value, act);
        }
        (Shape::Object(_) | Shape::Map(_), Value::Object(fields)) => {
            for (name, field) in fields.iter_mut() {
                if let Some((shape, _)) = shape.child(name) {
                    each_secret(shape, field, act);
                }
            }
        }
        (Shape::List(shape), Value::Array(items)) => {
            for item in items {
                each_secret(shape, item, act);
            }
        }
        (Shape::Foreign, Value::Object(_) | Value::Array(_)) => foreign(value, act),
        _ => {}
    }
}

/// In a section whose names are not known here, every text under a name that sounds like a secret is one.
fn foreign(value: &mut Value, act: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| foreign(item, act)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let text = field.as_str().filter(|text| !is_reference(text));
                if text.is_some() && sounds_secret(name) {
                    act(field);
                } else {
                    foreign(field, act);
                }
            }
        }
        _ => {}
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let words = [
        "token",
        "secret",
        "password",
        "passwd",
        "apikey",
        "api_key",
        "credential",
        "private",
        "_key",
        "webhookurl",
    ];
    words.iter().any(|word| name.contains(word))
}

pub(super) fn is_reference(text: &str) -> bool {
    let environment = text.starts_with("${") && text.ends_with('}');
    environment || (text.starts_with("{{cred:") && text.ends_with("}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::ROOT;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "gateway": {"port": 1, "auth": {"tokenHash": "h-1"}},
            "models": {"providers": {"p": {"apiKey": "k-1", "baseUrl": "u", "headers": {"X": "k-2"}},
                "q": {"apiKey": "${KEY}"}}},
            "channels": {"telegram": {"botToken": "k-3", "name": "n"}},
        })
    }

    #[test]
    fn every_secret_is_hidden_and_nothing_else() {
        let shown = hidden(&ROOT, &sample());
        let text = shown.to_string();
        for secret in ["h-1", "k-1", "k-2", "k-3"] {
            assert!(!text.contains(secret), "{secret} is shown");
        }
        assert_eq!(shown["models"]["providers"]["q"]["apiKey"], "${KEY}");
        assert_eq!(shown["channels"]["telegram"]["name"], "n");
        assert_eq!(secrets(&ROOT, &sample()).len(), 4);
    }

    #[test]
    fn what_was_hidden_comes_back_and_a_made_up_sentinel_does_not() {
        let mut home = hidden(&ROOT, &sample());
        home["gateway"]["port"] = json!(2);
        assert!(restore(&mut home, &sample()));
        assert_eq!(home["models"]["providers"]["p"]["apiKey"], "k-1");
        assert_eq!(home["gateway"]["port"], 2);
        let mut made_up = json!({"models": {"providers": {"new": {"apiKey": SENTINEL}}}});
        assert!(!restore(&mut made_up, &sample()));
    }
}
