//! Brings older names up to today's, and takes shared secrets out of the clear. Each step says what it did.

use serde_json::{Map, Value};

use crate::auth::SharedSecret;

/// Changes a parsed configuration in place. Returns one sentence for each change; no secret is in them.
pub(super) fn bring_up_to_date(root: &mut Value) -> Vec<String> {
    let mut changes = Vec::new();
    if !root.is_object() {
        return changes;
    }
    for (from, to) in MOVED {
        if let Some(value) = take(root, from) {
            if get(root, to).is_none() {
                put(root, to, value);
                changes.push(format!("{from} is now {to}"));
            } else {
                changes.push(format!("{from} was dropped: {to} says the same"));
            }
        }
    }
    hash_secret(root, "token", &mut changes);
    hash_secret(root, "password", &mut changes);
    changes
}

/// Names that moved: those that the published gateway has moved, and those of the first configurations.
const MOVED: &[(&str, &str)] = &[
    ("gateway.token", "gateway.auth.token"),
    ("gateway.password", "gateway.auth.password"),
    ("agent.model", "agents.defaults.model"),
    ("agent.workspace", "agents.defaults.workspace"),
    ("agent.timeoutSeconds", "agents.defaults.timeoutSeconds"),
    ("agent.maxConcurrent", "agents.defaults.maxConcurrent"),
    ("agent.thinkingDefault", "agents.defaults.thinkingDefault"),
    ("agent.heartbeat", "agents.defaults.heartbeat"),
    ("routing.queue", "messages.queue"),
    ("gateway.auth.trustedProxies", "gateway.trustedProxies"),
];

/// A token or password that stands in the clear is replaced by its hash. A reference such as `${NAME}` stays.
/// Both are hashed slowly: a person may have chosen them.
fn hash_secret(root: &mut Value, name: &str, changes: &mut Vec<String>) {
    let path = format!("gateway.auth.{name}");
    let Some(Value::String(text)) = get(root, &path) else {
        return;
    };
    if text.contains("${") || text == super::redact::SENTINEL {
        return;
    }
    let text = text.trim().to_owned();
    let hashed = if text.is_empty() {
        None
    } else {
        SharedSecret::hash_chosen(&text).ok()
    };
    let Some(hash) = hashed else {
        return;
    };
    take(root, &path);
    put(root, &format!("{path}Hash"), Value::String(hash));
    changes.push(format!("{path} is kept as a hash now"));
}

fn get<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(root, |value, name| value.get(name))
}

/// Puts a mark in place of secrets that stand under names that moved: today's names are known to whoever redacts.
pub(super) fn hide_older_secrets(root: &mut Value) {
    for (from, to) in MOVED {
        if is_secret(to) && get(root, from).is_some() {
            put(
                root,
                from,
                Value::String(super::redact::SENTINEL.to_owned()),
            );
        }
    }
}

/// The secrets that stand under such names.
pub(super) fn older_secrets(root: &Value) -> Vec<String> {
    let secret = MOVED.iter().filter(|(_, to)| is_secret(to));
    let found = secret.filter_map(|(from, _)| get(root, from)?.as_str().map(str::to_owned));
    found.collect()
}

fn is_secret(name: &str) -> bool {
    matches!(name, "gateway.auth.token" | "gateway.auth.password")
}

/// Takes a value out, and the objects around it that are empty then.
pub(super) fn take(root: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = match path.rsplit_once('.') {
        Some((parent, name)) => (Some(parent), name),
        None => (None, path),
    };
    let holder = match parent {
        Some(parent) => parent
            .split('.')
            .try_fold(&mut *root, |value, name| value.get_mut(name))?,
        None => &mut *root,
    };
    let taken = holder.as_object_mut()?.remove(name)?;
    let emptied = holder.as_object().is_some_and(Map::is_empty);
    if let Some(parent) = parent.filter(|_| emptied) {
        take(root, parent);
    }
    Some(taken)
}

fn put(root: &mut Value, path: &str, value: Value) {
    let mut place = root;
    for name in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[name];
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn older_names_move_and_say_so() {
        let mut value =
            json!({"agent": {"model": "p/m", "workspace": "w"}, "gateway": {"port": 1}});
        let changes = bring_up_to_date(&mut value);
        assert_eq!(
            value,
            json!({"agents": {"defaults": {"model": "p/m", "workspace": "w"}}, "gateway": {"port": 1}})
        );
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn a_token_in_the_clear_becomes_a_hash_that_knows_it() {
        let mut value = json!({"gateway": {"token": "hunter2"}});
        let changes = bring_up_to_date(&mut value);
        assert!(!value.to_string().contains("hunter2"));
        assert!(changes.iter().all(|change| !change.contains("hunter2")));
        let hash = value["gateway"]["auth"]["tokenHash"].as_str().unwrap();
        assert!(SharedSecret::from_hash(hash).unwrap().matches("hunter2"));
    }

    #[test]
    fn a_reference_and_what_is_up_to_date_stay() {
        let mut value = json!({"gateway": {"auth": {"token": "${TOKEN}"}}});
        let before = value.clone();
        assert_eq!(bring_up_to_date(&mut value), Vec::<String>::new());
        assert_eq!(value, before);
    }
}
