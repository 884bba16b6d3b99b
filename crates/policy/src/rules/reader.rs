//! Reads a JSON value by the shape it should have, and collects what is wrong with its place and what was meant.

use serde_json::{Map, Value};

use super::locate::{Places, item, key};
use super::problem::{Problem, Severity, nearest};

/// A value and the path it stands at.
#[derive(Debug, Clone)]
pub(crate) struct At<'v> {
    pub(crate) value: &'v Value,
    pub(crate) path: String,
}

impl<'v> At<'v> {
    pub(crate) fn root(value: &'v Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// A value of an object, when it is there.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        Some(Self {
            value: self.value.get(name)?,
            path: key(&self.path, name),
        })
    }

    /// A list's items, or the value itself where one alone may stand without brackets.
    pub(crate) fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| Self {
                    value,
                    path: item(&self.path, index),
                })
                .collect(),
            _ => vec![self.clone()],
        }
    }
}

/// Collects problems while a document is read.
#[derive(Debug)]
pub(crate) struct Reader {
    places: Places,
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn new(places: Places) -> Self {
        Self {
            places,
            problems: Vec::new(),
        }
    }

    pub(crate) fn error(&mut self, path: &str, message: impl Into<String>) {
        self.note(Severity::Error, path, message.into(), None);
    }

    pub(crate) fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.note(Severity::Warning, path, message.into(), None);
    }

    pub(crate) fn note(
        &mut self,
        severity: Severity,
        path: &str,
        message: String,
        suggestion: Option<String>,
    ) {
        let place = self.places.place(path);
        self.problems.push(Problem {
            severity,
            path: path.to_owned(),
            line: place.line,
            column: place.column,
            message,
            suggestion,
        });
    }

    /// The paths of what is wrong.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &str> {
        let errors = self.problems.iter().filter(|problem| problem.is_error());
        errors.map(|problem| problem.path.as_str())
    }

    /// An object whose keys are all known. `of` is said in messages: "a rule".
    pub(crate) fn object<'v>(
        &mut self,
        at: &At<'v>,
        of: &str,
        keys: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Value::Object(entries) = at.value else {
            self.error(&at.path, format!("{of} is an object: {{…}}"));
            return None;
        };
        for name in entries.keys().filter(|name| !keys.contains(&name.as_str())) {
            self.note(
                Severity::Error,
                &key(&at.path, name),
                format!("{name:?} is not a key of {of}"),
                nearest(keys.iter().copied(), name),
            );
        }
        Some(entries)
    }

    pub(crate) fn text<'v>(&mut self, at: &At<'v>) -> Option<&'v str> {
        match at.value.as_str() {
            Some("") => {
                self.error(&at.path, "is empty");
                None
            }
            Some(text) => Some(text),
            None => {
                self.error(&at.path, "must be a text in quotes");
                None
            }
        }
    }

    /// One text or a list of them, each through `read`.
    pub(crate) fn texts<T>(
        &mut self,
        at: &At<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut out = Vec::new();
        for item in self.filled(at) {
            let Some(text) = self.text(&item) else {
                continue;
            };
            match read(text) {
                Ok(one) => out.push(one),
                Err(message) => self.error(&item.path, message),
            }
        }
        out
    }

    /// The items of a list that has some.
    pub(crate) fn filled<'v>(&mut self, at: &At<'v>) -> Vec<At<'v>> {
        let items = at.items();
        if items.is_empty() {
            self.error(
                &at.path,
                "is an empty list, which nothing can match; leave it out",
            );
        }
        items
    }

    /// One known word or a list of them.
    pub(crate) fn words<T: Copy>(&mut self, at: &At<'_>, known: &[(&str, T)]) -> Vec<T> {
        let items = self.filled(at);
        items
            .iter()
            .filter_map(|item| self.word(item, known))
            .collect()
    }

    /// One of the words that are known.
    pub(crate) fn word<T: Copy>(&mut self, at: &At<'_>, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(at)?;
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        self.note(
            Severity::Error,
            &at.path,
            format!("{text:?} is none of {}", words.join(", ")),
            nearest(words.iter().copied(), text),
        );
        None
    }

    pub(crate) fn whole(&mut self, at: &At<'_>, low: i64, high: i64) -> Option<i64> {
        match at.value.as_i64().filter(|n| (low..=high).contains(n)) {
            Some(number) => Some(number),
            None => {
                self.error(
                    &at.path,
                    format!("must be a whole number from {low} to {high}"),
                );
                None
            }
        }
    }
}
