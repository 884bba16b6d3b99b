//! A rule in words, for lists of rules: made from what was written, so that it says what was meant.

use serde_json::Value;

use crate::verdict::Verdict;

/// `Asks before a command git push **, when the effect is remote`.
pub(crate) fn of(verdict: Verdict, when: &Value) -> String {
    let mut text = match verdict {
        Verdict::Allow => "Allows",
        Verdict::Ask => "Asks before",
        Verdict::Deny => "Denies",
    }
    .to_owned();
    let parts: Vec<_> = PARTS
        .iter()
        .filter_map(|(key, before)| Some(format!("{before}{}", list(when.get(key)?))))
        .chain(arguments(when))
        .chain(time(when))
        .chain(rate(when))
        .collect();
    text.push(' ');
    match parts.as_slice() {
        [] => text.push_str("everything"),
        parts => text.push_str(&parts.join(", ")),
    }
    text
}

const PARTS: [(&str, &str); 11] = [
    ("command", "a command "),
    ("notCommand", "any command but "),
    ("not_command", "any command but "),
    ("tool", "the tool "),
    ("effects", "what does "),
    ("paths", "on "),
    ("hosts", "with the host "),
    ("urls", "at "),
    ("agents", "by the agent "),
    ("sessions", "in the session "),
    ("channels", "from the channel "),
];

fn list(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(one).collect::<Vec<_>>().join(" or "),
        value => one(value),
    }
}

fn one(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().map(one).collect::<Vec<_>>().join(" "),
        Value::Object(entries) => {
            let part = |name: &str| entries.get(name).map(list);
            let kinds = part("kinds").unwrap_or_else(|| "anything".to_owned());
            let zones = part("zones").map(|zones| format!(" in {zones}"));
            let secret = matches!(entries.get("secret"), Some(Value::Bool(true)));
            let secret = if secret { " with secrets" } else { "" };
            format!("{kinds}{}{secret}", zones.unwrap_or_default())
        }
        other => other.to_string(),
    }
}

fn arguments(when: &Value) -> Option<String> {
    let Value::Object(entries) = when.get("args")? else {
        return None;
    };
    let names = entries
        .iter()
        .map(|(name, test)| format!("{name} {}", test_of(test)));
    Some(format!(
        "with the argument {}",
        names.collect::<Vec<_>>().join(" and ")
    ))
}

fn test_of(test: &Value) -> String {
    let Value::Object(entries) = test else {
        return format!("= {test}");
    };
    let words = entries.iter().map(|(name, value)| match name.as_str() {
        "eq" => format!("= {value}"),
        "min" => format!("≥ {value}"),
        "max" => format!("≤ {value}"),
        _ => format!("like {}", list(value)),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn time(when: &Value) -> Option<String> {
    let time = when.get("time")?;
    let days = time.get("days").map(|days| format!("on {}", list(days)));
    let part = |name: &str, word: &str| Some(format!("{word} {}", list(time.get(name)?)));
    let parts = [days, part("from", "from"), part("to", "to")];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn rate(when: &Value) -> Option<String> {
    let rate = when.get("rate")?;
    let limit = rate.get("limit")?;
    let per = match rate.get("per")? {
        Value::Number(seconds) => format!("{seconds} seconds"),
        unit => one(unit),
    };
    Some(format!("after {limit} per {per}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_reads_as_a_sentence() {
        for (when, text) in [
            (json!({}), "Denies everything"),
            (
                json!({"command": ["git push **", ["rm", "-r"]], "agents": "main"}),
                "Denies a command git push ** or rm -r, by the agent main",
            ),
            (
                json!({"effects": ["network", {"kinds": ["write", "delete"], "zones": "home"}]}),
                "Denies what does network or write or delete in home",
            ),
            (
                json!({"tool": "exec", "args": {"/count": {"max": 3}}, "rate": {"limit": 5, "per": "hour"}}),
                "Denies the tool exec, with the argument /count ≤ 3, after 5 per hour",
            ),
        ] {
            assert_eq!(of(Verdict::Deny, &when), text);
        }
    }
}
