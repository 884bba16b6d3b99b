//! Settings that are read and do nothing here: an `openclaw.json` has many. Whoever wrote one is told once.

use serde_json::Value;

use super::shape::{Field, Shape};

/// What the description of such a setting begins with.
const MARK: &str = "Not used here";

/// Their paths, in the order of the file. Notes that programs leave in it do not count.
pub(crate) fn unused(shape: &Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(shape, value, &mut Vec::new(), &mut found);
    let mut told = std::collections::BTreeSet::new();
    found.retain(|path| told.insert(path.clone()));
    found
}

fn walk<'a>(shape: &Shape, value: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<String>) {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(entries)) => {
            for (name, inner) in entries {
                let Some(field) = fields.iter().find(|field| field.name == name) else {
                    continue;
                };
                path.push(name);
                match does_nothing(field) {
                    true => found.push(path.join(".")),
                    false => walk(&field.shape, inner, path, found),
                }
                path.pop();
            }
        }
        (Shape::Map(inner), Value::Object(entries)) => {
            for (name, value) in entries {
                path.push(name);
                walk(inner, value, path, found);
                path.pop();
            }
        }
        (Shape::List(inner), Value::Array(items)) => {
            path.push("*");
            items
                .iter()
                .for_each(|value| walk(inner, value, path, found));
            path.pop();
        }
        (Shape::Either(a, b), value) => {
            walk(a, value, path, found);
            walk(b, value, path, found);
        }
        _ => {}
    }
}

fn does_nothing(field: &Field) -> bool {
    field.about.starts_with(MARK)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::ROOT;

    #[test]
    fn what_does_nothing_here_is_named_and_what_does_something_is_not() {
        let value = json!({
            "gateway": {"port": 1, "push": {}},
            "channels": {"telegram": {"enabled": true}},
            "agents": {"defaults": {"thinkingDefault": "low"}, "list": [{"id": "a", "sandbox": {}}]},
            "meta": {"lastTouchedVersion": "1"},
        });
        let mut found = unused(&ROOT, &value);
        found.sort();
        assert_eq!(found, ["agents.list.*.sandbox", "channels", "gateway.push"]);
        let twice =
            json!({"agents": {"list": [{"id": "a", "params": {}}, {"id": "b", "params": {}}]}});
        assert_eq!(
            unused(&ROOT, &twice),
            ["agents.list.*.params"],
            "once is enough"
        );
    }
}
