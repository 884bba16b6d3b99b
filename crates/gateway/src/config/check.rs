//! Finds every mistake in a configuration, each with its path and, for a name that does not exist, the one that
//! was probably meant.

use gatehouse_policy::rules::nearest;
use serde_json::Value;

use super::Mistake;
use super::shape::{Field, Shape};

/// Every mistake, in the order of the file.
pub(crate) fn mistakes(shape: &Shape, value: &Value) -> Vec<Mistake> {
    let mut found = Vec::new();
    walk(shape, value, &mut Vec::new(), &mut found);
    found
}

fn walk(shape: &Shape, value: &Value, path: &mut Vec<String>, found: &mut Vec<Mistake>) {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(entries)) => {
            for (name, inner) in entries {
                match fields.iter().find(|field| field.name == name) {
                    Some(field) => step(&field.shape, name, inner, path, found),
                    None => found.push(unknown(fields, name, path)),
                }
            }
        }
        (Shape::Map(shape), Value::Object(entries)) => {
            for (name, inner) in entries {
                step(shape, name, inner, path, found);
            }
        }
        (Shape::List(shape), Value::Array(items)) => {
            for (index, inner) in items.iter().enumerate() {
                step(shape, &index.to_string(), inner, path, found);
            }
        }
        (Shape::Either(a, b), value) => {
            // The mistake is told in terms of the alternative that has the right kind of value.
            let first = mistakes(a, value);
            if !first.is_empty() && !mistakes(b, value).is_empty() {
                let likely = if same_kind(a, value) { a } else { b };
                walk(likely, value, path, found);
            }
        }
        (shape, value) if !fits(shape, value) => {
            let suggestion = match (shape, value) {
                (Shape::Choice(names) | Shape::ChoiceOrAddress(names), Value::String(text)) => {
                    nearest(names.iter().copied(), text)
                }
                _ => None,
            };
            found.push(Mistake {
                path: dotted(path),
                problem: format!("must be {}", shape.expected()),
                suggestion,
            });
        }
        _ => {}
    }
}

fn step(
    shape: &Shape,
    name: &str,
    value: &Value,
    path: &mut Vec<String>,
    found: &mut Vec<Mistake>,
) {
    path.push(name.to_owned());
    walk(shape, value, path, found);
    path.pop();
}

fn unknown(fields: &[Field], name: &str, path: &[String]) -> Mistake {
    let mut full = path.to_vec();
    full.push(name.to_owned());
    Mistake {
        path: dotted(&full),
        problem: "is not a name of the configuration".to_owned(),
        suggestion: nearest(fields.iter().map(|field| field.name), name),
    }
}

fn same_kind(shape: &Shape, value: &Value) -> bool {
    matches!(
        (shape, value),
        (Shape::Object(_) | Shape::Map(_), Value::Object(_)) | (Shape::List(_), Value::Array(_))
    )
}

/// Whether a value without parts fits.
fn fits(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Foreign => true,
        Shape::Text | Shape::Secret => value.is_string(),
        Shape::Choice(names) => value.as_str().is_some_and(|text| names.contains(&text)),
        Shape::ChoiceOrAddress(names) => value
            .as_str()
            .is_some_and(|text| names.contains(&text) || text.parse::<std::net::IpAddr>().is_ok()),
        Shape::Network => value.as_str().is_some_and(|text| network(text).is_some()),
        Shape::Flag => value.is_boolean(),
        Shape::Whole(low, high) => value.as_u64().is_some_and(|n| (*low..=*high).contains(&n)),
        Shape::Number => value.is_number(),
        Shape::Object(_) | Shape::Map(_) | Shape::List(_) | Shape::Either(..) => false,
    }
}

/// An address stands for the network of it alone.
pub(crate) fn network(text: &str) -> Option<ipnet::IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        text.parse::<std::net::IpAddr>()
            .ok()
            .map(ipnet::IpNet::from)
    })
}

fn dotted(path: &[String]) -> String {
    if path.is_empty() {
        return "the configuration".to_owned();
    }
    path.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::ROOT;
    use serde_json::json;

    fn complaints(value: &Value) -> Vec<String> {
        mistakes(&ROOT, value)
            .iter()
            .map(Mistake::to_string)
            .collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_path_and_what_was_meant() {
        let value = json!({
            "gatewy": {},
            "gateway": {"prot": 1, "auth": {"mode": "tokne"}, "port": 70000, "trustedProxies": ["x"]},
            "models": {"providers": {"mine": {"baseUrI": "u", "models": [{"id": 7}]}}},
        });
        let told = complaints(&value);
        for expected in [
            "gatewy: is not a name of the configuration (did you mean \"gateway\"?)",
            "gateway.prot: is not a name of the configuration (did you mean \"port\"?)",
            "gateway.auth.mode: must be one of \"none\", \"token\", \"password\", \"trusted-proxy\" (did you mean \"token\"?)",
            "gateway.port: must be a whole number from 0 to 65535",
            "gateway.trustedProxies.0: must be an IP address or a network such as 10.0.0.0/8",
            "models.providers.mine.baseUrI: is not a name of the configuration (did you mean \"baseUrl\"?)",
            "models.providers.mine.models.0.id: must be a text",
        ] {
            assert!(
                told.iter().any(|line| line == expected),
                "{expected}\nnot in {told:#?}"
            );
        }
        assert_eq!(told.len(), 7);
    }

    #[test]
    fn a_configuration_of_the_published_gateway_is_read() {
        let value = json!({
            "agents": {"defaults": {"model": {"primary": "scripted/scripted-1"}, "workspace": "w"}},
            "channels": {"telegram": {"enabled": true}}, "plugins": {"enabled": false},
            "gateway": {"mode": "local", "auth": {"mode": "token", "token": "t"}},
            "tools": {"exec": {"host": "gateway", "security": "allowlist", "ask": "on-miss"}},
        });
        assert_eq!(complaints(&value), Vec::<String>::new());
    }
}
