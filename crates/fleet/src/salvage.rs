//! Reads what was kept as far as it can be read: one value that another version wrote costs that value and no other.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What was kept, and whether all of it could be read.
pub(crate) fn read<T: Default + Serialize + DeserializeOwned>(json: &str) -> (T, bool) {
    if let Ok(whole) = serde_json::from_str(json) {
        return (whole, true);
    }
    let kept = serde_json::from_str(json).unwrap_or(Value::Null);
    let mut root = serde_json::to_value(T::default()).unwrap_or_else(|_| Value::Object(Map::new()));
    let fits = |root: &Value| serde_json::from_value::<T>(root.clone()).is_ok();
    lay_over(&mut root, &[], &kept, &fits);
    (serde_json::from_value(root).unwrap_or_default(), false)
}

/// Puts what was kept into its place, or those parts of it that fit there.
fn lay_over(root: &mut Value, place: &[String], kept: &Value, fits: &dyn Fn(&Value) -> bool) {
    let pointer: String = place.iter().map(|name| format!("/{name}")).collect();
    let Some(spot) = root.pointer_mut(&pointer) else {
        return;
    };
    let before = std::mem::replace(spot, kept.clone());
    if fits(root) {
        return;
    }
    put(root, &pointer, before.clone());
    match (before, kept) {
        (Value::Object(known), Value::Object(kept)) => {
            for (name, value) in kept.iter().filter(|(name, _)| known.contains_key(*name)) {
                let place = [place, std::slice::from_ref(name)].concat();
                lay_over(root, &place, value, fits);
            }
        }
        (Value::Array(mut fitting), Value::Array(kept)) => {
            for value in kept {
                fitting.push(value.clone());
                put(root, &pointer, Value::Array(fitting.clone()));
                if !fits(root) {
                    fitting.pop();
                }
            }
            put(root, &pointer, Value::Array(fitting));
        }
        _ => {}
    }
}

fn put(root: &mut Value, pointer: &str, value: Value) {
    if let Some(spot) = root.pointer_mut(pointer) {
        *spot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::AnswerBook;
    use crate::view::{NotificationDetail, Settings, Theme};

    #[test]
    fn a_setting_that_cannot_be_read_costs_no_other() {
        let json = r#"{"notifications": {"approvals": "perhaps", "detail": "private", "sound": false},
            "appearance": {"theme": "sepia", "reduceMotion": true}, "later": {"x": 1}}"#;
        let (settings, whole) = read::<Settings>(json);
        assert!(!whole);
        let notices = settings.notifications;
        assert_eq!(notices.detail, NotificationDetail::Private);
        assert!(notices.approvals && !notices.sound);
        assert_eq!(settings.appearance.theme, Theme::System);
        assert!(settings.appearance.reduce_motion);
    }

    #[test]
    fn a_rule_that_cannot_be_read_costs_no_other() {
        let rule = |command: &str, answer: &str| {
            let rule = format!(
                r#"{{"id":"{command}","enabled":true,"gateway":null,"agent":null,"command":"{command}","answer":"{answer}","note":""}}"#
            );
            format!(r#"{{"rule":{rule},"uses":1,"lastUsedAt":null}}"#)
        };
        let rules = [
            rule("make", "allow"),
            rule("rm", "perhaps"),
            rule("ls", "deny"),
        ];
        let json = format!(
            r#"{{"paused":false,"rules":[{}],"answered":[]}}"#,
            rules.join(",")
        );
        let (book, whole) = read::<AnswerBook>(&json);
        assert!(!whole);
        let commands: Vec<_> = book
            .view()
            .rules
            .into_iter()
            .map(|r| r.rule.command)
            .collect();
        assert_eq!(commands, ["make", "ls"]);
    }

    #[test]
    fn what_is_no_json_leaves_the_defaults() {
        assert_eq!(read::<Settings>("{").0, Settings::default());
    }
}
