//! Reads parameters, and says what is wrong with them in the words that the published gateway uses.
//! It stops at the first fault, where the published one lists all.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::MethodError;
use super::shape::{self, Fault, Strangers};
use super::unread;
use crate::sessions::other_agent;

/// Parameters of a method that takes none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// Absent parameters count as an empty object, as does `null`. Whatever else they are, they are an object, and of the
/// published shape where there is one.
pub(crate) fn read<P: DeserializeOwned>(
    method: &str,
    params: Option<&RawValue>,
    strangers: Strangers,
) -> Result<P, MethodError> {
    let text = match params.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(text) => text,
    };
    let refused = |reason: &str| MethodError::params(method, reason);
    let mut value: Value =
        serde_json::from_str(text).map_err(|error| refused(&error.to_string()))?;
    let Some(sent) = value.as_object() else {
        return Err(refused("at root: must be object"));
    };
    if let Some(shape) = shape::of(method) {
        let checked = shape.check(&value, strangers);
        checked.map_err(|fault| refused(&said(&fault)))?;
        unread::refuse::<P>(method, |name| shape.names(name), sent)?;
        // What is passed over is not there for a type that refuses what it does not know.
        if let (Some(read), Some(sent)) = (unread::names_read::<P>(), value.as_object_mut()) {
            sent.retain(|name, _| read.contains(&name.as_str()) || !shape.names(name));
        }
    }
    names_one_agent(&value)?;
    serde_path_to_error::deserialize(value).map_err(|error| refused(&wording(&error)))
}

/// Refuses a session of one agent with another agent named beside it.
fn names_one_agent(params: &Value) -> Result<(), MethodError> {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let key = text("sessionKey").or_else(|| text("key"));
    match key.zip(text("agentId")) {
        Some((key, agent)) => one_agent(key, agent),
        None => Ok(()),
    }
}

/// The published words.
pub(crate) fn one_agent(key: &str, agent: &str) -> Result<(), MethodError> {
    match other_agent(key, agent) {
        None => Ok(()),
        Some(other) => Err(MethodError::invalid(format!(
            "agentId \"{agent}\" does not match session key agent \"{other}\""
        ))),
    }
}

fn said(fault: &Fault) -> String {
    let Fault { place, what } = fault;
    match place.is_empty() {
        // The published gateway names no place here.
        true if what.starts_with("must have required") => what.clone(),
        true => format!("at root: {what}"),
        false => format!("at {place}: {what}"),
    }
}

fn wording(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let place = pointer(error.path());
    let text = error.inner().to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let quoted = || text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        let at = if place.is_empty() {
            String::new()
        } else {
            format!("at {place}: ")
        };
        return format!("{at}must have required property '{}'", quoted());
    }
    if text.starts_with("unknown field") {
        let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
        let at = if parent.is_empty() { "root" } else { parent };
        return format!("at {at}: unexpected property '{}'", quoted());
    }
    // The published schema has no such bound; here, numbers have a size.
    if text.starts_with("invalid value: integer") && text.ends_with("expected u32") {
        let bound = match quoted().starts_with('-') {
            true => ">= 0".to_owned(),
            false => format!("<= {}", u32::MAX),
        };
        return format!("at {place}: must be {bound}");
    }
    let what = text
        .rsplit_once("expected ")
        .map_or(text, |(_, expected)| expected);
    let at = if place.is_empty() {
        "root"
    } else {
        place.as_str()
    };
    format!("at {at}: must be {}", schema_type(what))
}

/// `a.b[2]` as a JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(format!("/{key}")),
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Enum { variant } => Some(format!("/{variant}")),
            Segment::Unknown => None,
        })
        .collect()
}

/// serde's word for a type, in the schema's words.
fn schema_type(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "integer",
        "f32" | "f64" => "number",
        "a string" | "a borrowed string" => "string",
        "a boolean" => "boolean",
        "a sequence" => "array",
        "a map" => "object",
        text if text.starts_with("struct ") => "object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "sessionKey")]
        _session_key: String,
        #[serde(default, rename = "limit")]
        _limit: Option<u32>,
    }

    fn complaint(params: &str) -> String {
        let raw = RawValue::from_string(params.to_owned()).unwrap();
        read::<Sample>("chat.history", Some(&raw), Strangers::Refused)
            .unwrap_err()
            .message
    }

    #[test]
    fn complaints_read_like_the_published_gateways() {
        assert_eq!(
            complaint(r#"{"sessionKey":"a","limit":"many"}"#),
            "invalid chat.history params: at /limit: must be integer"
        );
        assert_eq!(
            complaint("{}"),
            "invalid chat.history params: must have required property 'sessionKey'"
        );
        assert_eq!(
            complaint(r#"{"sessionKey":"a","surprise":1}"#),
            "invalid chat.history params: at root: unexpected property 'surprise'"
        );
        assert_eq!(
            complaint(r#"["agent:main:main", 5]"#),
            "invalid chat.history params: at root: must be object"
        );
    }

    #[test]
    fn a_number_that_is_too_large_is_told_its_bound() {
        // Of no published shape, which may have a closer bound.
        let raw = RawValue::from_string(r#"{"sessionKey":"a","limit":4294967296}"#.to_owned());
        let refused = read::<Sample>("a.method", Some(&raw.unwrap()), Strangers::Refused);
        assert_eq!(
            refused.unwrap_err().message,
            "invalid a.method params: at /limit: must be <= 4294967295"
        );
    }

    #[test]
    fn absent_and_null_parameters_are_an_empty_object() {
        let null = RawValue::from_string("null".to_owned()).unwrap();
        for params in [None, Some(&*null)] {
            assert!(read::<NoParams>("health", params, Strangers::Refused).is_ok());
        }
    }
}
