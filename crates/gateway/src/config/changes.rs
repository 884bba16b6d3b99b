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

/// Lays a patch over a value (RFC 7396): null takes away, objects are merged, all else replaces. Lists of what has ids are
/// merged by them, as published, unless `replaced` names them.
pub(crate) fn merge(target: &mut Value, patch: &Value, replaced: &[String]) {
    merge_at(target, patch, &mut Vec::new(), replaced);
}

fn merge_at(target: &mut Value, patch: &Value, path: &mut Vec<String>, replaced: &[String]) {
    match (target, patch) {
        (Value::Array(now), Value::Array(new)) if by_id(now, path, replaced) => {
            let mut within = within(path);
            for entry in new {
                let same = |own: &&mut Value| id(own).is_some() && id(own) == id(entry);
                match now.iter_mut().find(same) {
                    Some(own) => merge_at(own, entry, &mut within, replaced),
                    None => now.push(entry.clone()),
                }
            }
        }
        (target, Value::Object(patch)) => {
            if !target.is_object() {
                *target = Value::Object(serde_json::Map::new());
            }
            let Value::Object(target) = target else {
                return;
            };
            for (name, value) in patch {
                if value.is_null() {
                    target.remove(name);
                    continue;
                }
                path.push(name.clone());
                let own = target.entry(name.clone()).or_insert(Value::Null);
                merge_at(own, value, path, replaced);
                path.pop();
            }
        }
        (target, _) => *target = patch.clone(),
    }
}

fn id(entry: &Value) -> Option<&str> {
    entry["id"].as_str().filter(|id| !id.is_empty())
}

/// The path of every entry of a list: `agents.list[]`, as published.
fn within(path: &[String]) -> Vec<String> {
    let mut path = path.to_vec();
    if let Some(last) = path.last_mut() {
        last.push_str("[]");
    }
    path
}

/// Whether a patch of this list is laid over its entries one by one.
fn by_id(now: &[Value], path: &[String], replaced: &[String]) -> bool {
    !replaced.contains(&path.join(".")) && now.iter().all(|entry| id(entry).is_some())
}

fn has_twice(list: &[Value]) -> bool {
    let mut seen = std::collections::HashSet::new();
    list.iter().filter_map(id).any(|id| !seen.insert(id))
}

/// What is wrong with how a patch writes a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ListFault {
    /// It would take entries away without saying so.
    Shrinks(String),
    /// It names an id twice, or the list does.
    Twice(String),
}

/// The first list that a patch would take entries from without saying so in `replaced`, or whose entries it does not
/// tell apart.
pub(crate) fn list_fault(now: &Value, patch: &Value, replaced: &[String]) -> Option<ListFault> {
    fn walk(
        now: &Value,
        patch: &Value,
        path: &mut Vec<String>,
        replaced: &[String],
    ) -> Option<ListFault> {
        match (now, patch) {
            (Value::Object(now), Value::Object(patch)) => patch.iter().find_map(|(name, value)| {
                path.push(name.clone());
                let inner = now
                    .get(name)
                    .and_then(|now| walk(now, value, path, replaced));
                path.pop();
                inner
            }),
            (Value::Array(now), Value::Array(new)) if by_id(now, path, replaced) => {
                if [now, new].into_iter().any(|list| has_twice(list)) {
                    return Some(ListFault::Twice(path.join(".")));
                }
                let mut within = within(path);
                new.iter().find_map(|entry| {
                    let own = now.iter().find(|own| id(own) == id(entry))?;
                    walk(own, entry, &mut within, replaced)
                })
            }
            (Value::Array(now), Value::Array(new)) => {
                let path = path.join(".");
                let loses = now.iter().any(|entry| !new.contains(entry));
                (loses && !replaced.contains(&path)).then_some(ListFault::Shrinks(path))
            }
            _ => None,
        }
    }
    walk(now, patch, &mut Vec::new(), replaced)
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
        let patch = json!({"a": {"b": null, "e": 3}, "d": [2]});
        merge(&mut value, &patch, &[]);
        assert_eq!(value, json!({"a": {"c": 2, "e": 3}, "d": [2]}));
    }

    #[test]
    fn a_list_shrinks_only_when_the_patch_says_so() {
        let now = json!({"tools": {"deny": ["a", "b"]}});
        let patch = json!({"tools": {"deny": ["a"]}});
        let shrinks = ListFault::Shrinks("tools.deny".to_owned());
        assert_eq!(list_fault(&now, &patch, &[]), Some(shrinks));
        assert_eq!(list_fault(&now, &patch, &["tools.deny".to_owned()]), None);
        let longer = json!({"tools": {"deny": ["a", "b", "c"]}});
        assert_eq!(list_fault(&now, &longer, &[]), None);
    }

    #[test]
    fn a_list_of_what_has_ids_is_merged_by_them_and_replaced_where_the_patch_says_so() {
        let now = json!({"list": [{"id": "a", "b": 1, "c": 2}, {"id": "x"}]});
        let patch = json!({"list": [{"id": "y"}, {"id": "a", "b": null, "d": 3}]});
        assert_eq!(list_fault(&now, &patch, &[]), None);
        let mut merged = now.clone();
        merge(&mut merged, &patch, &[]);
        let list = json!([{"id": "a", "c": 2, "d": 3}, {"id": "x"}, {"id": "y"}]);
        assert_eq!(merged, json!({ "list": list }));

        let mut replaced = now.clone();
        merge(&mut replaced, &patch, &["list".to_owned()]);
        assert_eq!(replaced, patch);

        let now = json!({"list": [{"id": "a", "skills": ["one", "two"]}]});
        let fewer = json!({"list": [{"id": "a", "skills": ["one"]}]});
        let shrinks = ListFault::Shrinks("list[].skills".to_owned());
        assert_eq!(list_fault(&now, &fewer, &[]), Some(shrinks));

        let twice = json!({"list": [{"id": "a"}, {"id": "a"}]});
        for (now, patch) in [(&now, &twice), (&twice, &now)] {
            let fault = ListFault::Twice("list".to_owned());
            assert_eq!(list_fault(now, patch, &[]), Some(fault));
        }
    }
}
