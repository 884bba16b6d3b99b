//! A text that a person decides on, such as a command. Where a gateway sends something else in its place, that is
//! kept and known as such: read as if nothing had been sent, it would be an empty command that can be allowed.

use std::ops::Deref;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient::text_of;

/// A text, or what stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    text: String,
    instead: Option<Value>,
}

impl Said {
    /// The text itself, or what stood in its place as well as it can be written: a list of words as a shell would
    /// take them, anything else as JSON.
    pub fn into_text(self) -> String {
        self.text
    }

    /// It was a text.
    pub fn is_text(&self) -> bool {
        self.instead.is_none()
    }

    fn of(value: Value) -> Option<Self> {
        if value.is_null() {
            return None;
        }
        if let Some(text) = text_of(&value) {
            let instead = None;
            return Some(Self { text, instead });
        }
        let text = listed(&value).unwrap_or_else(|| value.to_string());
        let instead = Some(value);
        Some(Self { text, instead })
    }
}

impl Deref for Said {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.instead {
            Some(value) => value.serialize(serializer),
            None => self.text.serialize(serializer),
        }
    }
}

/// For a field that may be missing.
pub(crate) fn optional<'de, D>(deserializer: D) -> Result<Option<Said>, D::Error>
where
    D: Deserializer<'de>,
{
    Value::deserialize(deserializer).map(Said::of)
}

fn listed(value: &Value) -> Option<String> {
    let parts = value.as_array()?.iter().map(Value::as_str);
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(words(&parts))
}

/// Words as a shell would take them, each quoted where it has to be: joined by spaces alone, two words and one word
/// with a space in it look the same.
pub fn words(words: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word.as_ref())).collect();
    quoted.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(value: Value) -> Option<(String, bool)> {
        Said::of(value).map(|said| (said.text.clone(), said.is_text()))
    }

    #[test]
    fn what_is_no_text_is_written_as_what_it_is_and_known_as_such() {
        let cases = [
            (json!("ls -la"), "ls -la", true),
            (json!(7), "7", true),
            (json!(["rm", "-rf", "/"]), "rm -rf /", false),
            (
                json!(["sh", "-c", "it's; rm"]),
                r"sh -c 'it'\''s; rm'",
                false,
            ),
            (json!(["", "a b"]), "'' 'a b'", false),
            (json!(["ls", 1]), r#"["ls",1]"#, false),
            (json!({"a": 1}), r#"{"a":1}"#, false),
            (json!([]), "", false),
        ];
        for (value, text, is_text) in cases {
            assert_eq!(said(value), Some((text.to_owned(), is_text)));
        }
        assert_eq!(said(Value::Null), None);
    }

    #[test]
    fn it_is_written_as_it_came() {
        for value in [json!("ls"), json!(["ls"]), json!({"a": 1})] {
            let said = Said::of(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(said).unwrap(), value);
        }
    }
}
