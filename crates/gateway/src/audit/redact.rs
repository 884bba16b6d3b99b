//! What is taken out of a record before it is hashed: secrets, and what is too large to keep for ever.

use std::borrow::Cow;

use gatehouse_audit::{Draft, leaf_hash};
use serde_json::{Map, Value};

/// Takes secrets out of text.
pub trait Redact: Send + Sync {
    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

impl Redact for gatehouse_vault::Redactor {
    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        Self::redact(self, text)
    }
}

/// A line for a person is no longer than this, in characters.
const LONGEST_LINE: usize = 1_000;

/// A text in a request that is longer is cut: contents of files are not the audit's business.
const LONGEST_TEXT: usize = 8 * 1024;

/// What is left of such a text.
const KEPT: usize = 1_024;

/// Integers beyond this are not the same number to everybody who reads JSON (RFC 8785, section 3.2.2.3).
const LARGEST: i64 = 1 << 53;

/// Makes a draft fit to be hashed.
pub(super) fn redacted(mut draft: Draft, secrets: &dyn Redact) -> Draft {
    for line in [&mut draft.what, &mut draft.resource] {
        *line = line.take().map(|text| one_line(&text, secrets));
    }
    for value in [&mut draft.request, &mut draft.detail] {
        value.iter_mut().for_each(|value| json(value, secrets));
    }
    draft
}

fn one_line(text: &str, secrets: &dyn Redact) -> String {
    let redacted = secrets.redact(text);
    let line = redacted
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = line.take(LONGEST_LINE + 1).collect();
    if line.chars().count() > LONGEST_LINE {
        line.pop();
        line.push('…');
    }
    line
}

/// In place: nearly all of it stays what it is.
fn json(value: &mut Value, secrets: &dyn Redact) {
    match value {
        Value::String(text) => {
            let redacted = secrets.redact(text);
            if let Some(other) = shortened(&redacted).or(changed(redacted)) {
                *text = other;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| json(item, secrets)),
        Value::Object(fields) => {
            names(fields, secrets);
            fields.values_mut().for_each(|value| json(value, secrets));
        }
        Value::Number(number) if !number.is_f64() => {
            let exact = number
                .as_i64()
                .is_some_and(|n| n.unsigned_abs() <= LARGEST.unsigned_abs());
            if !exact {
                *value = Value::String(number.to_string());
            }
        }
        _ => {}
    }
}

fn names(fields: &mut Map<String, Value>, secrets: &dyn Redact) {
    if fields
        .keys()
        .all(|name| changed(secrets.redact(name)).is_none())
    {
        return;
    }
    let all = std::mem::take(fields).into_iter();
    fields.extend(all.map(|(name, value)| (secrets.redact(&name).into_owned(), value)));
}

/// What a text became, if it is another.
fn changed(redacted: Cow<'_, str>) -> Option<String> {
    match redacted {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// What is left of a text that is too long.
fn shortened(text: &str) -> Option<String> {
    if text.len() <= LONGEST_TEXT {
        return None;
    }
    let end = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at));
    let kept = &text[..end.unwrap_or(0)];
    let hash = leaf_hash(text.as_bytes());
    Some(format!("{kept}… [{} bytes, leaf hash {hash}]", text.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Out;

    impl Redact for Out {
        fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
            text.replace("hunter2", "[redacted]").into()
        }
    }

    #[test]
    fn a_secret_is_taken_out_wherever_it_stands() {
        let draft = Draft {
            what: Some("login hunter2\nand more".to_owned()),
            resource: Some("/tmp/hunter2".to_owned()),
            request: Some(json!({"hunter2": ["hunter2", {"a": "xhunter2"}], "n": 3})),
            detail: Some(json!("hunter2")),
            ..Draft::default()
        };
        let said = format!("{:?}", redacted(draft, &Out));
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("login [redacted] and more"), "in one line");
    }

    #[test]
    fn what_is_too_long_or_too_large_is_kept_short_and_exact() {
        let draft = Draft {
            what: Some("ü".repeat(5_000)),
            request: Some(json!({"content": "€".repeat(9_000), "id": u64::MAX, "f": 1.5})),
            ..Draft::default()
        };
        let draft = redacted(draft, &Out);
        assert_eq!(draft.what.unwrap().chars().count(), LONGEST_LINE + 1);
        let request = draft.request.unwrap();
        assert_eq!(request["id"], json!("18446744073709551615"));
        assert_eq!(request["f"], json!(1.5));
        let content = request["content"].as_str().unwrap();
        assert!(content.len() < 2_000 && content.contains("[27000 bytes, leaf hash "));
    }
}
