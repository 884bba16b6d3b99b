//! How values are read: leniently. Gateways of other versions write numbers as strings, leave fields
//! out or send `null`; none of that may cost us a frame. What is *sent* is strict and has no business here.
//!
//! Reading never guesses about an identifier: a missing or empty id is an error of that record alone.

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Fields that this crate has no name for, kept as they came.
pub type Extra = serde_json::Map<String, Value>;

/// Declares a struct that is read from the wire: every plain field type gets its lenient reader and
/// unknown fields are kept in `extra`. A `String` field is an identifier and must be there.
macro_rules! wire {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident $(<$param:ident>)? { $($body:tt)* })*) => { $(
        #[serde_with::apply(
            String => #[serde(deserialize_with = "crate::lenient::id")],
            bool => #[serde(default, deserialize_with = "crate::lenient::flag")],
            Option<String> => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::opt_string")],
            Option<u64> => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::opt_u64")],
            Option<i64> => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::opt_i64")],
            Option<f64> => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::opt_f64")],
            Option<bool> => #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::opt_bool")],
            Option<Value> => #[serde(default, skip_serializing_if = "Option::is_none")],
            Vec<String> => #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::lenient::strings")],
        )]
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        $vis struct $name $(<$param>)? {
            $($body)*
            /// Fields that this crate has no name for.
            #[serde(flatten)]
            pub extra: crate::lenient::Extra,
        }
    )* };
}
pub(crate) use wire;

/// Declares a string enum that keeps values it does not know in `Other`.
macro_rules! open_enum {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),* $(,)? })*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)*
            /// A value of a newer or older gateway, as it came.
            Other(String),
        }

        impl $name {
            /// The value as it goes over the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                Ok(Self::from(crate::lenient::text_of(&value).unwrap_or_default().as_str()))
            }
        }
    )* };
}
pub(crate) use open_enum;

/// The text of a scalar; `None` for null, lists and objects.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.trim() {
            "true" | "1" | "on" => Some(true),
            "false" | "0" | "off" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An identifier: text or a number, not empty.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = Value::deserialize(deserializer)?;
    text_of(&value)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| D::Error::custom("expected a non-empty identifier"))
}

pub(crate) fn opt_string<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(text_of(&Value::deserialize(deserializer)?))
}

/// Whole and not negative; fractions are cut, because clocks of some gateways write them.
pub(crate) fn opt_u64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value
        .as_u64()
        .or_else(|| number_of(&value).filter(|n| *n >= 0.0).map(|n| n as u64)))
}

pub(crate) fn opt_i64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value
        .as_i64()
        .or_else(|| number_of(&value).map(|n| n as i64)))
}

pub(crate) fn opt_f64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(number_of(&Value::deserialize(deserializer)?))
}

pub(crate) fn opt_bool<'de, D>(deserializer: D) -> Result<Option<bool>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(flag_of(&Value::deserialize(deserializer)?))
}

pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(opt_bool(deserializer)?.unwrap_or(false))
}

/// A list of texts. An element is never dropped: an argument list with one element less would be
/// another command. What is not text is shown as its JSON.
pub(crate) fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(items) => items
            .iter()
            .map(|item| text_of(item).unwrap_or_else(|| item.to_string()))
            .collect(),
        Value::Null => Vec::new(),
        scalar => text_of(&scalar).into_iter().collect(),
    })
}

/// The names of variables, however they are listed. That one is set is never lost; its value is never kept, for it may be
/// a secret.
pub(crate) fn variables<'de, D>(deserializer: D) -> Result<Vec<String>, D::Error>
where
    D: Deserializer<'de>,
{
    const NAMELESS: &str = "(a variable without a readable name)";
    let name = |value: &Value| {
        let text = text_of(value).unwrap_or_else(|| NAMELESS.to_owned());
        let name = text.split('=').next().unwrap_or_default().trim();
        let name = if name.is_empty() { NAMELESS } else { name };
        name.to_owned()
    };
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Object(fields) => fields.into_iter().map(|(name, _)| name).collect(),
        Value::Array(items) => items.iter().map(name).collect(),
        scalar => vec![name(&scalar)],
    })
}

/// A part that may be missing or malformed without costing the rest.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// A record whose every field may be missing: where it is missing itself or malformed, one that says nothing.
pub(crate) fn or_blank<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_else(|_| blank()))
}

pub(crate) fn blank<T: DeserializeOwned>() -> T {
    serde_json::from_value(Value::Object(Extra::new())).expect("every field may be missing")
}

/// A list of parts; anything else is an empty list, a malformed part is left out. For lists whose parts
/// must not get lost use [`Listed`].
pub(crate) fn parts<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value::<Listed<T>>(value)
        .unwrap_or_default()
        .items)
}

/// A field whose absence, `null` and value mean three different things: `None` is absent,
/// `Some(None)` is null.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    if value.is_null() {
        return Ok(Some(None));
    }
    Ok(serde_json::from_value(value).ok().map(Some))
}

/// A list read from a gateway. Elements that could not be read are kept beside it, so that nothing
/// (an approval, above all) vanishes without anyone noticing.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    /// What could be read, in the gateway's order.
    pub items: Vec<T>,
    /// What could not, as it came.
    pub unreadable: Vec<Value>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            unreadable: Vec::new(),
        }
    }
}

impl<T: Serialize> Serialize for Listed<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = match Value::deserialize(deserializer)? {
            Value::Array(values) => values,
            Value::Null => Vec::new(),
            _ => return Err(D::Error::custom("expected a list")),
        };
        let mut listed = Self::default();
        for value in values {
            match serde_json::from_value(value.clone()) {
                Ok(item) => listed.items.push(item),
                Err(_) => listed.unreadable.push(value),
            }
        }
        Ok(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    wire! {
        /// A record with one field of each kind.
        struct Sample {
            id: String,
            name: Option<String>,
            count: Option<u64>,
            open: Option<bool>,
            argv: Vec<String>,
            #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
            runs: Option<Option<Vec<String>>>,
            #[serde_with(skip_apply)]
            #[serde(default, deserialize_with = "variables", skip_serializing_if = "Vec::is_empty")]
            sets: Vec<String>,
        }
    }

    fn sample(value: Value) -> Sample {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn numbers_may_come_as_strings_and_the_other_way_round() {
        let read = sample(json!({"id": 7, "name": 12, "count": "1795255849371", "open": "true"}));
        assert_eq!(read.id, "7");
        assert_eq!(read.name.as_deref(), Some("12"));
        assert_eq!(read.count, Some(1_795_255_849_371));
        assert_eq!(read.open, Some(true));
    }

    #[test]
    fn null_missing_and_nonsense_are_all_absent() {
        let read = sample(json!({"id": "a", "name": null, "count": {"x": 1}, "argv": null}));
        assert_eq!((read.name, read.count, read.open), (None, None, None));
        assert!(read.argv.is_empty());
    }

    #[test]
    fn an_argument_list_never_loses_an_element() {
        let read = sample(json!({"id": "a", "argv": ["rm", null, 7, {"a": 1}]}));
        assert_eq!(read.argv, ["rm", "null", "7", "{\"a\":1}"]);
    }

    #[test]
    fn that_a_variable_is_set_is_never_lost_and_its_value_never_kept() {
        for (told, names) in [
            (json!(["A", "B"]), vec!["A", "B"]),
            (json!({"A": "secret"}), vec!["A"]),
            (json!(["A=secret"]), vec!["A"]),
            (json!("A"), vec!["A"]),
            (json!(null), vec![]),
            (json!([]), vec![]),
        ] {
            assert_eq!(sample(json!({"id": "a", "sets": told})).sets, names);
        }
        for nameless in [json!([{"value": "secret"}]), json!(["=secret"]), json!("")] {
            let sets = sample(json!({"id": "a", "sets": nameless})).sets;
            assert_eq!(sets.len(), 1, "{sets:?}");
            assert!(!sets[0].contains("secret"), "{sets:?}");
        }
    }

    #[test]
    fn unknown_fields_survive_a_round_trip() {
        let value = json!({"id": "a", "brandNew": {"deep": [1, 2]}});
        assert_eq!(serde_json::to_value(sample(value.clone())).unwrap(), value);
    }

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        assert_eq!(sample(json!({"id": "a"})).runs, None);
        assert_eq!(sample(json!({"id": "a", "runs": null})).runs, Some(None));
        assert_eq!(
            sample(json!({"id": "a", "runs": []})).runs,
            Some(Some(Vec::new()))
        );
    }

    #[test]
    fn a_record_without_an_id_is_kept_as_unreadable() {
        let listed: Listed<Sample> =
            serde_json::from_value(json!([{"id": "a"}, {"name": "no id"}, {"id": ""}])).unwrap();
        assert_eq!(listed.items.len(), 1);
        assert_eq!(listed.unreadable.len(), 2);
    }
}
