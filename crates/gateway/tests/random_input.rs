//! Random input to the parsers, bounded so that every test run can afford it. The same functions have open-ended
//! targets under `fuzz/`.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use gatehouse_gateway::ToolCall;
use gatehouse_gateway::config::{Env, read};
use gatehouse_protocol::serve::{ConnectRequest, Request};
use proptest::prelude::*;

/// JSON that looks like a frame more often than chance would have it.
fn almost_a_frame() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("\"type\":\"req\"".to_owned()),
        Just("\"id\":\"1\"".to_owned()),
        Just("\"method\":\"health\"".to_owned()),
        Just("\"params\":".to_owned()),
        Just(",".to_owned()),
        Just("null".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        "[ -~]{0,12}".prop_map(|text| text),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_breaks_the_reading_of_a_request(text in almost_a_frame()) {
        if let Ok(request) = Request::parse(&text) {
            prop_assert!(!request.id.is_empty() && !request.method.is_empty());
        }
    }

    #[test]
    fn a_request_that_is_written_is_read_back(id in ".{1,20}", method in ".{1,20}", number in any::<i64>()) {
        let text = serde_json::json!({"type": "req", "id": id, "method": method, "params": {"n": number}});
        let text = text.to_string();
        let request = Request::parse(&text).unwrap();
        prop_assert_eq!(request.id.as_ref(), id.as_str());
        prop_assert_eq!(request.method.as_ref(), method.as_str());
    }

    #[test]
    fn no_bytes_break_the_reading_of_a_body(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in almost_a_frame(),
    ) {
        let _ = ToolCall::read(&bytes);
        if let Ok(call) = ToolCall::read(text.as_bytes()) {
            prop_assert!(!call.tool.is_empty() && call.args.is_object());
        }
    }

    #[test]
    fn no_json_breaks_the_reading_of_a_connect(text in "\\PC{0,200}") {
        let _ = serde_json::from_str::<ConnectRequest>(&text);
    }

    #[test]
    fn no_text_breaks_the_reading_of_a_configuration(text in "[\\{\\}\\[\\]:,'\"a-z$/*\\\\0-9 \\n]{0,120}") {
        let _ = read(&text, Path::new("gatehouse.json"), &Env::new());
    }

    #[test]
    fn a_mistake_in_a_name_is_found_wherever_it_is(name in "[a-z]{13,20}") {
        let text = format!("{{gateway: {{auth: {{{name}: 1}}}}}}");
        prop_assert!(read(&text, Path::new("gatehouse.json"), &Env::new()).is_err());
    }
}
