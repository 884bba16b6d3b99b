//! The published shapes of parameters, and whether a value has one.
//!
//! `shapes.json` holds them for the methods that are published, as protocol 4 has them; a test holds the file to the
//! published schema. What the handlers read is typed; this adds what types do not say: lengths, bounds, patterns, and
//! that nothing else is there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("shapes.json")).expect("a test reads the file")
});

/// The shape of a method's parameters, where it is published.
pub(super) fn of(method: &str) -> Option<&'static Shape> {
    SHAPES.get(method)
}

/// What becomes of properties that a shape does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    Refused,
    /// For clients of an older protocol, whose shapes had other properties.
    Ignored,
}

/// The part of JSON Schema that the published parameters use.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Shape {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    properties: BTreeMap<String, Shape>,
    #[serde(deserialize_with = "by_pattern")]
    pattern_properties: Vec<(Pattern, Shape)>,
    additional_properties: Option<bool>,
    required: Vec<String>,
    any_of: Vec<Shape>,
    items: Option<Box<Shape>>,
    #[serde(rename = "enum")]
    choices: Vec<Value>,
    #[serde(rename = "const")]
    only: Option<Value>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<Pattern>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    Null,
}

#[derive(Debug)]
struct Pattern(Regex);

/// Where a value breaks a shape, as a JSON pointer, and how, in the words of the published gateway.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) place: String,
    pub(super) what: String,
}

impl Shape {
    /// Finds the first fault.
    pub(super) fn check(&self, value: &Value, strangers: Strangers) -> Result<(), Fault> {
        let here = |what: Option<String>| match what {
            None => Ok(()),
            Some(what) => Err(Fault::here(what)),
        };
        if let Some(kind) = self.kind.filter(|kind| !kind.fits(value)) {
            return here(Some(format!("must be {}", kind.word())));
        }
        here(self.choice_fault(value))?;
        match value {
            Value::String(text) => here(self.text_fault(text)),
            Value::Number(number) => here(self.number_fault(number.as_f64().unwrap_or_default())),
            Value::Array(items) => self.check_items(items, strangers),
            Value::Object(_) => self.check_properties(value, strangers),
            Value::Null | Value::Bool(_) => Ok(()),
        }?;
        let several = &self.any_of;
        let fits = |shape: &Shape| shape.check(value, strangers).is_ok();
        match several.is_empty() || several.iter().any(fits) {
            true => Ok(()),
            false => here(Some("must match a schema in anyOf".to_owned())),
        }
    }

    fn choice_fault(&self, value: &Value) -> Option<String> {
        if self.only.as_ref().is_some_and(|only| !same(only, value)) {
            return Some("must be equal to constant".to_owned());
        }
        let known = self.choices.is_empty() || self.choices.iter().any(|one| same(one, value));
        (!known).then(|| "must be equal to one of the allowed values".to_owned())
    }

    fn text_fault(&self, text: &str) -> Option<String> {
        // Longer texts than any bound are not counted to their end.
        let length = text.chars().take(self.max_length.unwrap_or(text.len()) + 1);
        let fault = bounds(
            length.count(),
            self.min_length,
            self.max_length,
            "characters",
        );
        let breaks = |pattern: &&Pattern| !pattern.0.is_match(text);
        let pattern = self.pattern.as_ref().filter(breaks);
        fault.or_else(|| pattern.map(|pattern| format!("must match pattern \"{}\"", pattern.0)))
    }

    fn number_fault(&self, number: f64) -> Option<String> {
        let low = self.minimum.filter(|low| number < *low);
        let high = self.maximum.filter(|high| number > *high);
        low.map(|low| format!("must be >= {low}"))
            .or_else(|| high.map(|high| format!("must be <= {high}")))
    }

    fn check_items(&self, items: &[Value], strangers: Strangers) -> Result<(), Fault> {
        if let Some(what) = bounds(items.len(), self.min_items, self.max_items, "items") {
            return Err(Fault::here(what));
        }
        let again = |(at, item): (usize, &Value)| items[..at].contains(item);
        if self.unique_items && items.iter().enumerate().any(again) {
            return Err(Fault::here("must not have duplicate items".to_owned()));
        }
        let Some(shape) = &self.items else {
            return Ok(());
        };
        for (at, item) in items.iter().enumerate() {
            let checked = shape.check(item, strangers);
            checked.map_err(|fault| fault.below(&at.to_string()))?;
        }
        Ok(())
    }

    fn check_properties(&self, value: &Value, strangers: Strangers) -> Result<(), Fault> {
        let Value::Object(fields) = value else {
            return Ok(());
        };
        if let Some(name) = self
            .required
            .iter()
            .find(|name| !fields.contains_key(*name))
        {
            let what = format!("must have required property '{name}'");
            return Err(Fault::here(what));
        }
        let (least, most) = (self.min_properties, self.max_properties);
        if let Some(what) = bounds(fields.len(), least, most, "properties") {
            return Err(Fault::here(what));
        }
        for (name, field) in fields {
            let Some(shape) = self.of_property(name) else {
                if self.additional_properties == Some(false) && strangers == Strangers::Refused {
                    return Err(Fault::here(format!("unexpected property '{name}'")));
                }
                continue;
            };
            let checked = shape.check(field, strangers);
            checked.map_err(|fault| fault.below(name))?;
        }
        Ok(())
    }

    /// Whether it has such a property.
    pub(super) fn names(&self, property: &str) -> bool {
        self.properties.contains_key(property)
    }

    fn of_property(&self, name: &str) -> Option<&Shape> {
        let by_pattern = || {
            let mut patterns = self.pattern_properties.iter();
            patterns.find(|(pattern, _)| pattern.0.is_match(name))
        };
        let named = self.properties.get(name);
        named.or_else(|| by_pattern().map(|(_, shape)| shape))
    }
}

/// Numbers are equal by their value: `1` and `1.0` are one number in JSON.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

fn bounds(count: usize, least: Option<usize>, most: Option<usize>, of: &str) -> Option<String> {
    let few = least.filter(|least| count < *least);
    let many = most.filter(|most| count > *most);
    few.map(|least| format!("must not have fewer than {least} {of}"))
        .or_else(|| many.map(|most| format!("must not have more than {most} {of}")))
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Null => value.is_null(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }
}

impl Fault {
    fn here(what: String) -> Self {
        let place = String::new();
        Self { place, what }
    }

    fn below(mut self, name: &str) -> Self {
        self.place.insert_str(0, &format!("/{name}"));
        self
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pattern = Regex::new(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(pattern))
    }
}

fn by_pattern<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(Pattern, Shape)>, D::Error> {
    let shapes = BTreeMap::<String, Shape>::deserialize(deserializer)?;
    let read = |(text, shape): (String, Shape)| {
        let pattern = Regex::new(&text).map_err(serde::de::Error::custom)?;
        Ok((Pattern(pattern), shape))
    };
    shapes.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(method: &str, value: &Value) -> Option<String> {
        let shape = of(method).unwrap();
        let checked = shape.check(value, Strangers::Refused);
        checked
            .err()
            .map(|fault| format!("{}: {}", fault.place, fault.what))
    }

    #[test]
    fn a_fault_says_where_it_is_and_what_would_be_right() {
        let long = "x".repeat(513);
        for (method, value, said) in [
            ("chat.history", json!([]), ": must be object"),
            (
                "chat.history",
                json!({}),
                ": must have required property 'sessionKey'",
            ),
            (
                "chat.history",
                json!({"sessionKey": 7}),
                "/sessionKey: must be string",
            ),
            (
                "chat.history",
                json!({"sessionKey": "a", "limit": 1_000_000}),
                "/limit: must be <= 1000",
            ),
            (
                "chat.history",
                json!({"sessionKey": "a", "inputRunIds": ["a", ""]}),
                "/inputRunIds/1: must not have fewer than 1 characters",
            ),
            (
                "chat.history",
                json!({"sessionKey": "a", "inputRunIds": ["a", "a"]}),
                "/inputRunIds: must not have duplicate items",
            ),
            (
                "chat.send",
                json!({"sessionKey": long, "message": "", "idempotencyKey": "a"}),
                "/sessionKey: must not have more than 512 characters",
            ),
            (
                "sessions.list",
                json!({"nope": 1}),
                ": unexpected property 'nope'",
            ),
            (
                "sessions.list",
                json!({"archived": "some"}),
                "/archived: must match a schema in anyOf",
            ),
        ] {
            assert_eq!(fault(method, &value).as_deref(), Some(said), "{method}");
        }
        let well = json!({"archived": "all", "limit": 5, "search": ""});
        assert_eq!(fault("sessions.list", &well), None);
    }

    #[test]
    fn what_an_older_client_says_beside_is_passed_over() {
        let shape = of("sessions.list").unwrap();
        let older = json!({"includeSomething": true});
        assert_eq!(shape.check(&older, Strangers::Ignored), Ok(()));
        let wrong = json!({"limit": 0});
        assert!(shape.check(&wrong, Strangers::Ignored).is_err());
    }
}
