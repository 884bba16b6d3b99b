//! How a gateway writes. A payload is serialised once; an event is serialised once for all who get it and
//! only its sequence number is added for each.

use serde::Serialize;
use serde_json::Value;

/// An error as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorShape {
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub details: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A response that carries a result.
pub fn reply<T: Serialize + ?Sized>(id: &str, payload: &T) -> Result<String, serde_json::Error> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(br#"{"type":"res","id":"#);
    serde_json::to_writer(&mut text, id)?;
    text.extend_from_slice(br#","ok":true,"payload":"#);
    serde_json::to_writer(&mut text, payload)?;
    text.push(b'}');
    Ok(into_text(text))
}

/// A response that carries an error.
pub fn refusal(id: &str, error: &ErrorShape) -> String {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(br#"{"type":"res","id":"#);
    let written = serde_json::to_writer(&mut text, id);
    text.extend_from_slice(br#","ok":false,"error":"#);
    let written = written.and_then(|()| serde_json::to_writer(&mut text, error));
    written.expect("an error shape has nothing that JSON cannot hold");
    text.push(b'}');
    into_text(text)
}

/// The part of an event that is the same for everybody: an object without its closing brace.
pub fn event_body<T: Serialize + ?Sized>(
    name: &str,
    payload: &T,
) -> Result<String, serde_json::Error> {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(br#"{"type":"event","event":"#);
    serde_json::to_writer(&mut text, name)?;
    text.extend_from_slice(br#","payload":"#);
    serde_json::to_writer(&mut text, payload)?;
    Ok(into_text(text))
}

/// A whole event frame for one connection. `tail` is what follows the sequence number, with its comma.
pub fn event_frame(body: &str, seq: u64, tail: &str) -> String {
    let mut text = String::with_capacity(body.len() + tail.len() + 30);
    text.push_str(body);
    text.push_str(",\"seq\":");
    text.push_str(&seq.to_string());
    text.push_str(tail);
    text.push('}');
    text
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("serde_json writes UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Incoming;
    use serde_json::json;

    #[test]
    fn what_a_gateway_writes_a_client_reads() {
        let text = reply("a\"1", &json!({"ok": true})).unwrap();
        let Ok(Incoming::Response(response)) = Incoming::parse(&text) else {
            panic!("a response");
        };
        assert_eq!(response.id, "a\"1");
        assert_eq!(response.outcome.unwrap(), json!({"ok": true}));

        let body = event_body("tick", &json!({"ts": 1})).unwrap();
        let text = event_frame(&body, 9, r#","stateVersion":{"presence":1,"health":2}"#);
        let Ok(Incoming::Event(event)) = Incoming::parse(&text) else {
            panic!("an event");
        };
        assert_eq!((event.name.as_str(), event.seq), ("tick", Some(9)));
    }

    #[test]
    fn an_error_leaves_out_what_it_does_not_say() {
        let error = ErrorShape {
            code: "UNAVAILABLE".into(),
            message: "busy".into(),
            details: Value::Null,
            retryable: true,
            retry_after_ms: Some(500),
        };
        let text = refusal("1", &error);
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({"type": "res", "id": "1", "ok": false, "error":
                {"code": "UNAVAILABLE", "message": "busy", "retryable": true, "retryAfterMs": 500}})
        );
    }
}
