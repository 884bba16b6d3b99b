//! What differs between two configurations, and how an edit is laid over one.

use serde_json::Value;

use super::shape::{Reload, Shape};

/// A value that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Dotted.
    pub path: String,
    pub reload: Reload,
}

/// Every value that differs, by the deepest name that is known.
pub(crate) fn between(shape: &Shape, old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    walk(shape, old, new, Reload::Hot, &mut Vec::new(), &mut found);
    found
}

fn walk(
    shape: &Shape,
    old: &Value,
    new: &Value,
    reload: Reload,
    path: &mut Vec<String>,
    found: &mut Vec<Change>,
) {
    if old == new {
        return;
    }
    let empty = serde_json::Map::new();
    let objects = (old.as_object(), new.as_object());
    let walkable = matches!(shape, Shape::Object(_) | Shape::Map(_));
    if !walkable || (old.is_object() != new.is_object() && !old.is_null() && !new.is_null()) {
        found.push(Change {
            path: path.join("."),
            reload,
        });
        return;
    }
    let (old, new) = (objects.0.unwrap_or(&empty), objects.1.unwrap_or(&empty));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let get =
            |side: &serde_json::Map<String, Value>| side.get(name).cloned().unwrap_or_default();
        let (inner, own) = match shape.child(name) {
            Some((inner, field)) => (inner, field.map_or(reload, |field| field.reload)),
            None => (&Shape::Foreign, reload),
        };
        // A section whose parts can change while it runs is judged by its parts.
        path.push(name.clone());
        walk(inner, &get(old), &get(new), own, path, found);
        path.pop();
    }
}

/// Lays a patch over a value (RFC 7396): null takes away, objects are merged, all else replaces.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The first list that a patch would take entries from without saying so in `allowed`.
pub(crate) fn shrunk_list(now: &Value, patch: &Value, allowed: &[String]) -> Option<String> {
    fn walk(
        now: &Value,
        patch: &Value,
        path: &mut Vec<String>,
        allowed: &[String],
    ) -> Option<String> {
        match (now, patch) {
            (Value::Object(now), Value::Object(patch)) => patch.iter().find_map(|(name, value)| {
                path.push(name.clone());
                let inner = now
                    .get(name)
                    .and_then(|now| walk(now, value, path, allowed));
                path.pop();
                inner
            }),
            (Value::Array(now), Value::Array(new)) => {
                let path = path.join(".");
                let loses = now.iter().any(|entry| !new.contains(entry));
                (loses && !allowed.contains(&path)).then_some(path)
            }
            _ => None,
        }
    }
    walk(now, patch, &mut Vec::new(), allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::ROOT;
    use serde_json::json;

    #[test]
    fn each_change_says_whether_it_takes_effect_now() {
        let old = json!({"gateway": {"port": 1, "controlUi": {"allowedOrigins": []}}});
        let new = json!({"gateway": {"port": 2, "controlUi": {"allowedOrigins": ["x"]}}, "channels": {"a": 1}});
        let changes = between(&ROOT, &old, &new);
        let told: Vec<_> = changes
            .iter()
            .map(|c| (c.path.as_str(), c.reload))
            .collect();
        assert_eq!(
            told,
            [
                ("channels", Reload::Hot),
                ("gateway.controlUi.allowedOrigins", Reload::Hot),
                ("gateway.port", Reload::Restart),
            ]
        );
        assert!(between(&ROOT, &new, &new).is_empty());
    }

    #[test]
    fn a_patch_merges_objects_and_null_takes_away() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut value, &json!({"a": {"b": null, "e": 3}, "d": [2]}));
        assert_eq!(value, json!({"a": {"c": 2, "e": 3}, "d": [2]}));
    }

    #[test]
    fn a_list_shrinks_only_when_the_patch_says_so() {
        let now = json!({"agents": {"list": [{"id": "a"}, {"id": "b"}]}});
        let patch = json!({"agents": {"list": [{"id": "a"}]}});
        assert_eq!(
            shrunk_list(&now, &patch, &[]).as_deref(),
            Some("agents.list")
        );
        assert_eq!(shrunk_list(&now, &patch, &["agents.list".to_owned()]), None);
        let longer = json!({"agents": {"list": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}});
        assert_eq!(shrunk_list(&now, &longer, &[]), None);
    }
}
