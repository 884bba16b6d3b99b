//! Hides secrets in a configuration before it is shown, and puts them back when it comes home changed. What is
//! a secret is in the tree of names, and any URL can have one in it; a reference to the environment or to a credential
//! is none.

use serde_json::Value;

use super::shape::Shape;
use super::urls;

/// What stands for a secret. The published gateway's word, so that its clients leave it alone.
pub(crate) const SENTINEL: &str = "__OPENCLAW_REDACTED__";

/// A copy without secrets.
pub(crate) fn hidden(shape: &Shape, value: &Value) -> Value {
    let mut shown = value.clone();
    each_secret(shape, &mut shown, &mut |secret| match secret {
        Found::Whole(text) => SENTINEL.clone_into(text),
        Found::InUrl(url) => {
            if let Some(shown) = urls::hidden(url) {
                *url = shown;
            }
        }
    });
    shown
}

/// Whether a value holds a sentinel somewhere.
pub(crate) fn has_sentinel(value: &Value) -> bool {
    match value {
        Value::String(text) => text == SENTINEL || urls::has_sentinel(text),
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
        Value::String(text) if urls::has_sentinel(text) => {
            let restored = now.as_str().and_then(|now| urls::restored(text, now));
            restored.map(|restored| *text = restored).is_some()
        }
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
    each_secret(shape, &mut value.clone(), &mut |secret| match secret {
        Found::Whole(text) => found.push(text.clone()),
        Found::InUrl(url) => found.extend(urls::secrets(url).into_iter().map(str::to_owned)),
    });
    found
}

/// The texts of secrets in URLs that are taken out of logs and of what tools bring back.
pub(crate) fn url_secrets(shape: &Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each_secret(shape, &mut value.clone(), &mut |secret| {
        if let Found::InUrl(url) = secret {
            found.extend(urls::to_look_for(url).into_iter().map(str::to_owned));
        }
    });
    found
}

/// A secret where it stands.
enum Found<'a> {
    Whole(&'a mut String),
    /// A text that may be a URL with one in it.
    InUrl(&'a mut String),
}

fn each_secret(shape: &Shape, value: &mut Value, act: &mut impl FnMut(Found<'_>)) {
    match (shape, &mut *value) {
        (Shape::Secret, Value::String(text)) if !is_reference(text) => act(Found::Whole(text)),
        (Shape::Text | Shape::Word(_) | Shape::Foreign, Value::String(text)) => {
            act(Found::InUrl(text))
        }
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
        (Shape::Foreign | Shape::Open(_), Value::Object(_) | Value::Array(_)) => {
            foreign(value, act);
        }
        _ => {}
    }
}

/// In a section whose names are not known here, every text under a name that sounds like a secret is one.
fn foreign(value: &mut Value, act: &mut impl FnMut(Found<'_>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| foreign(item, act)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if sounds_secret(name) && !is_reference(text) => {
                        act(Found::Whole(text));
                    }
                    other => foreign(other, act),
                }
            }
        }
        Value::String(text) => act(Found::InUrl(text)),
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
            "models": {"providers": {"p": {"apiKey": "k-1", "baseUrl": "https://u:k-4@h/v1?key=k-5", "headers": {"X": "k-2"}},
                "q": {"apiKey": "${KEY}"}}},
            "channels": {"telegram": {"botToken": "k-3", "name": "n", "proxy": "http://u:k-6@p:1"}},
        })
    }

    #[test]
    fn every_secret_is_hidden_and_nothing_else() {
        let shown = hidden(&ROOT, &sample());
        let text = shown.to_string();
        for secret in ["h-1", "k-1", "k-2", "k-3", "k-4", "k-5", "k-6"] {
            assert!(!text.contains(secret), "{secret} is shown");
        }
        assert_eq!(shown["models"]["providers"]["q"]["apiKey"], "${KEY}");
        assert_eq!(shown["channels"]["telegram"]["name"], "n");
        assert_eq!(secrets(&ROOT, &sample()).len(), 7);
        let learned = url_secrets(&ROOT, &sample());
        assert!(learned.contains(&"k-4".to_owned()), "{learned:?}");
    }

    #[test]
    fn what_was_hidden_comes_back_and_a_made_up_sentinel_does_not() {
        let mut home = hidden(&ROOT, &sample());
        home["gateway"]["port"] = json!(2);
        assert!(has_sentinel(&home["channels"]["telegram"]["proxy"]));
        assert!(restore(&mut home, &sample()));
        let url = &home["models"]["providers"]["p"]["baseUrl"];
        assert_eq!(url, &sample()["models"]["providers"]["p"]["baseUrl"]);
        assert_eq!(home["models"]["providers"]["p"]["apiKey"], "k-1");
        assert_eq!(home["gateway"]["port"], 2);
        let mut made_up = json!({"models": {"providers": {"new": {"apiKey": SENTINEL}}}});
        assert!(!restore(&mut made_up, &sample()));
    }
}
