//! One request frame, borrowed from the text it came in: parameters stay raw until the method is known.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A request as a gateway receives it.
#[derive(Debug)]
pub struct Request<'a> {
    pub id: Cow<'a, str>,
    pub method: Cow<'a, str>,
    /// Absent parameters stay absent.
    pub params: Option<&'a RawValue>,
    /// W3C trace context of the caller.
    pub traceparent: Option<Cow<'a, str>>,
}

/// Why a text frame is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// Nothing can be answered to it.
    #[error("invalid request frame: {0}")]
    Unreadable(String),
    /// An object with a usable id that breaks the shape of a request; the id lets the answer find its caller.
    #[error("invalid request frame: {reason}")]
    Malformed { id: String, reason: String },
}

/// A client may say who it expects to be; this gateway has no profiles, so the field is read and kept out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    traceparent: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "expectedProfileId")]
    _expected_profile_id: Option<Cow<'a, str>>,
}

/// The longest trace context that a frame may carry.
const MAX_TRACEPARENT: usize = 128;

impl<'a> Request<'a> {
    /// Reads one text frame.
    pub fn parse(text: &'a str) -> Result<Self, RequestFault> {
        let raw: Raw<'a> = serde_json::from_str(text).map_err(|error| fault(text, &error))?;
        let reason = if raw.kind != "req" {
            Some("at /type: must be equal to constant")
        } else if raw.id.is_empty() {
            Some("at /id: must NOT have fewer than 1 characters")
        } else if raw.method.is_empty() {
            Some("at /method: must NOT have fewer than 1 characters")
        } else if raw
            .traceparent
            .as_ref()
            .is_some_and(|t| t.len() > MAX_TRACEPARENT)
        {
            Some("at /traceparent: must NOT have more than 128 characters")
        } else {
            None
        };
        match reason {
            Some(reason) => Err(RequestFault::Malformed {
                id: raw.id.into_owned(),
                reason: reason.to_owned(),
            }),
            None => Ok(Self {
                id: raw.id,
                method: raw.method,
                params: raw.params,
                traceparent: raw.traceparent,
            }),
        }
    }
}

#[derive(Deserialize)]
struct OnlyId {
    id: String,
}

fn fault(text: &str, error: &serde_json::Error) -> RequestFault {
    let reason = error.to_string();
    match serde_json::from_str::<OnlyId>(text) {
        Ok(OnlyId { id }) if !id.is_empty() => RequestFault::Malformed { id, reason },
        _ => RequestFault::Unreadable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_parameters_as_they_came() {
        let text = r#"{"type":"req","id":"1","method":"health","params":{"a": 1.50}}"#;
        let request = Request::parse(text).unwrap();
        assert_eq!((&*request.id, &*request.method), ("1", "health"));
        assert_eq!(request.params.unwrap().get(), r#"{"a": 1.50}"#);
    }

    #[test]
    fn escapes_in_a_name_are_resolved() {
        let text = r#"{"type":"req","id":"a\"b","method":"\u0068ealth"}"#;
        let request = Request::parse(text).unwrap();
        assert_eq!((&*request.id, &*request.method), ("a\"b", "health"));
    }

    #[test]
    fn a_frame_with_an_id_can_be_answered_and_one_without_cannot() {
        for text in [
            r#"{"type":"res","id":"7","method":"m"}"#,
            r#"{"type":"req","id":"7","method":""}"#,
            r#"{"type":"req","id":"7"}"#,
            r#"{"type":"req","id":"7","method":"m","surprise":1}"#,
        ] {
            let fault = Request::parse(text).unwrap_err();
            assert!(
                matches!(fault, RequestFault::Malformed { ref id, .. } if id == "7"),
                "{fault:?}"
            );
        }
        for text in [
            "",
            "[]",
            "nul",
            r#"{"type":"req","id":7,"method":"m"}"#,
            r#"{"id":""}"#,
        ] {
            let fault = Request::parse(text).unwrap_err();
            assert!(matches!(fault, RequestFault::Unreadable(_)), "{fault:?}");
        }
    }
}
