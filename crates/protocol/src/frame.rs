//! The three frames: request, response, event. Text frames of JSON, told apart by `type`.
//! What a payload means is in `method` and `event`; this file knows only the envelope.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::GatewayError;

/// A request as it is sent.
#[derive(Debug, Serialize)]
pub struct RequestFrame<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    pub id: &'a str,
    pub method: &'a str,
    pub params: P,
}

impl<'a, P: Serialize> RequestFrame<'a, P> {
    pub fn new(id: &'a str, method: &'a str, params: P) -> Self {
        Self {
            kind: "req",
            id,
            method,
            params,
        }
    }
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseFrame {
    /// The id of the request.
    pub id: String,
    /// The payload, or why there is none.
    pub outcome: Result<Value, GatewayError>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFrame {
    pub name: String,
    pub payload: Value,
    /// Orders events on this connection; a jump means that events were dropped.
    pub seq: Option<u64>,
}

/// A frame that arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    Response(ResponseFrame),
    Event(EventFrame),
    /// A well-formed object of a type that this version does not know. Not an error.
    Unknown {
        /// Its `type`.
        kind: String,
    },
}

/// Why a frame could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("not JSON: {0}")]
    NotJson(String),
    #[error("a {kind} frame without a usable {field}")]
    Missing {
        kind: &'static str,
        field: &'static str,
    },
    #[error("a frame that is not an object with a type")]
    NotAFrame,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    ok: Option<bool>,
    #[serde(default)]
    payload: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    seq: Option<Value>,
}

impl Incoming {
    /// Reads one text frame.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => FrameError::NotAFrame,
            _ => FrameError::NotJson(error.to_string()),
        })?;
        match raw.kind.as_str() {
            "res" => raw.into_response().map(Self::Response),
            "event" => raw.into_event().map(Self::Event),
            _ => Ok(Self::Unknown { kind: raw.kind }),
        }
    }
}

impl Raw {
    fn into_response(self) -> Result<ResponseFrame, FrameError> {
        let missing = |field| FrameError::Missing { kind: "res", field };
        let id = self
            .id
            .as_ref()
            .and_then(crate::lenient::text_of)
            .filter(|id| !id.is_empty())
            .ok_or(missing("id"))?;
        let outcome = match (self.ok, self.error) {
            (Some(true), _) => Ok(self.payload.unwrap_or_default()),
            (_, Some(error)) => Err(GatewayError::from_value(error)),
            (Some(false), None) => Err(GatewayError::from_value(Value::Null)),
            (None, None) => return Err(missing("ok")),
        };
        Ok(ResponseFrame { id, outcome })
    }

    fn into_event(self) -> Result<EventFrame, FrameError> {
        let name = self
            .event
            .filter(|name| !name.is_empty())
            .ok_or(FrameError::Missing {
                kind: "event",
                field: "event",
            })?;
        let seq = self.seq.as_ref().and_then(Value::as_u64);
        Ok(EventFrame {
            name,
            payload: self.payload.unwrap_or_default(),
            seq,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use serde_json::json;

    #[test]
    fn a_response_carries_its_payload_or_its_error() {
        let ok = Incoming::parse(r#"{"type":"res","id":"1","ok":true,"payload":{"a":1}}"#);
        assert_eq!(
            ok.unwrap(),
            Incoming::Response(ResponseFrame {
                id: "1".into(),
                outcome: Ok(json!({"a": 1}))
            })
        );
        let text = r#"{"type":"res","id":"2","ok":false,"error":{"code":"UNAVAILABLE","message":"busy","retryAfterMs":"500"}}"#;
        let Ok(Incoming::Response(ResponseFrame {
            outcome: Err(error),
            ..
        })) = Incoming::parse(text)
        else {
            panic!("expected an error response");
        };
        assert_eq!(error.code, ErrorCode::Unavailable);
        assert_eq!(error.retry_after_ms, Some(500));
    }

    #[test]
    fn a_failed_response_without_an_error_is_still_a_failure() {
        let frame = Incoming::parse(r#"{"type":"res","id":"1","ok":false}"#).unwrap();
        assert!(matches!(
            frame,
            Incoming::Response(ResponseFrame {
                outcome: Err(_),
                ..
            })
        ));
    }

    #[test]
    fn an_unknown_frame_type_and_unknown_fields_are_no_error() {
        let frame = Incoming::parse(r#"{"type":"gossip","x":1}"#).unwrap();
        assert_eq!(
            frame,
            Incoming::Unknown {
                kind: "gossip".into()
            }
        );
        let text = r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":3,"recipientProfileId":"p"}"#;
        assert!(matches!(
            Incoming::parse(text).unwrap(),
            Incoming::Event(EventFrame { seq: Some(3), .. })
        ));
    }

    #[test]
    fn garbage_says_what_is_wrong_with_it() {
        assert!(matches!(
            Incoming::parse("{oops"),
            Err(FrameError::NotJson(_))
        ));
        assert_eq!(Incoming::parse("[1,2]"), Err(FrameError::NotAFrame));
        assert_eq!(
            Incoming::parse(r#"{"type":"event","payload":1}"#),
            Err(FrameError::Missing {
                kind: "event",
                field: "event"
            })
        );
    }
}
