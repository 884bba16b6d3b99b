//! Reading an answer of our own gateway: fields by name, lenient about what is missing, escaped where it is text.

use gatehouse_policy::Verdict;
use serde_json::Value;

use crate::untrusted::{Policy, cap, escape, one_line};

/// Names and other short texts, in bytes.
const SHORT: usize = 1024;

/// A command or a sentence, in bytes.
const LONG: usize = 64 * 1024;

/// Items of one list.
const MOST: usize = 2_000;

/// The fields of an object; of anything else, none.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Value);

impl<'a> Fields<'a> {
    fn at(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A short text on one line. A number is taken for its digits.
    pub(super) fn line(self, name: &str) -> Option<String> {
        line(self.at(name)?)
    }

    /// The same, where it has to be there.
    pub(super) fn word(self, name: &str) -> String {
        self.line(name).unwrap_or_default()
    }

    /// A text of several lines that is shown.
    pub(super) fn text(self, name: &str) -> String {
        let text = self.at(name).and_then(Value::as_str).unwrap_or_default();
        escape(cap(text, LONG).0, Policy::Command).text
    }

    /// A text that goes back as it came.
    pub(super) fn raw(self, name: &str) -> String {
        let text = self.at(name).and_then(Value::as_str).unwrap_or_default();
        text.to_owned()
    }

    /// A number, also where it is written as a text.
    pub(super) fn number(self, name: &str) -> Option<f64> {
        let value = self.at(name)?;
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
        number.is_finite().then_some(number)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "kept within the range first"
    )]
    pub(super) fn count(self, name: &str) -> u32 {
        let number = self.number(name).unwrap_or_default();
        number.clamp(0.0, f64::from(u32::MAX)) as u32
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.at(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(super) fn value(self, name: &str) -> Option<&'a Value> {
        self.at(name)
    }

    pub(super) fn part(self, name: &str) -> Option<Fields<'a>> {
        self.at(name).map(Fields)
    }

    pub(super) fn list(self, name: &str) -> impl Iterator<Item = Fields<'a>> {
        let items = self.at(name).and_then(Value::as_array);
        items.into_iter().flatten().take(MOST).map(Fields)
    }

    pub(super) fn lines(self, name: &str) -> Vec<String> {
        self.list(name).filter_map(|item| line(item.0)).collect()
    }

    /// None where it is missing or a word that this build does not know.
    pub(super) fn verdict(self, name: &str) -> Option<Verdict> {
        verdict(self.at(name)?.as_str()?)
    }
}

pub(super) fn verdict(word: &str) -> Option<Verdict> {
    match word {
        "allow" => Some(Verdict::Allow),
        "ask" => Some(Verdict::Ask),
        "deny" => Some(Verdict::Deny),
        _ => None,
    }
}

fn line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(one_line(text, SHORT)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
