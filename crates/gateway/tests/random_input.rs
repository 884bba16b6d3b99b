//! Random input to the parsers, bounded so that every test run can afford it. The same functions have open-ended
//! targets under `fuzz/`.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use futures_util::SinkExt;
use gatehouse_gateway::ToolCall;
use gatehouse_gateway::config::{Env, read};
use gatehouse_protocol::device::DeviceKey;
use gatehouse_protocol::serve::{ConnectRequest, Request};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire, connect_params};
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;

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
        let text = json!({"type": "req", "id": id, "method": method, "params": {"n": number}});
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

/// What is done to a connect: which of its fields, round and round, and what stands there instead; none for nothing.
type Bend = (usize, Option<Strange>);

/// What stands in a field that should not.
#[derive(Clone, Debug)]
enum Strange {
    Json(Value),
    Long(usize),
    Deep(usize),
}

/// The largest frame of somebody who is not in yet.
const PREAUTH_PAYLOAD: usize = 64 * 1024;

fn strange_things() -> Vec<Option<Strange>> {
    let plain = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!({}),
        json!([[], {}, null, "x", 7]),
        json!({"": {"__proto__": []}}),
    ];
    let long = [300, 5_000, 50_000, PREAUTH_PAYLOAD];
    let deep = [10, 100, 128, 1_000, 20_000];
    let all = plain.into_iter().map(Strange::Json);
    let all = all.chain(long.map(Strange::Long));
    let all = all.chain(deep.map(Strange::Deep));
    std::iter::once(None).chain(all.map(Some)).collect()
}

/// A connect of which some fields are gone or hold something else.
#[derive(Clone, Debug)]
struct BentConnect {
    has_device: bool,
    bends: Vec<Bend>,
}

fn bent_connect() -> impl Strategy<Value = BentConnect> {
    let bend = (any::<usize>(), prop::sample::select(strange_things()));
    let bends = prop::collection::vec(bend, 0..4);
    (any::<bool>(), bends).prop_map(|(has_device, bends)| BentConnect { has_device, bends })
}

impl BentConnect {
    /// The parameters that nothing was done to.
    fn straight(nonce: &str, ts: u64) -> Value {
        let key = DeviceKey::from_seed([9; 32]);
        let token =
            json!({"token": TOKEN, "deviceToken": "t", "bootstrapToken": "b", "password": "p"});
        let mut params = connect_params(&key, nonce, ts, token, &ALL_SCOPES);
        params["locale"] = json!("en");
        params["permissions"] = json!({"exec": true});
        params
    }

    /// The frame, where the challenge is this.
    fn frame(&self, nonce: &str, ts: u64) -> String {
        let mut params = Self::straight(nonce, ts);
        if !self.has_device {
            params.as_object_mut().unwrap().remove("device");
        }
        let mut pieces = Vec::new();
        for (index, instead) in &self.bends {
            let paths = paths(&params);
            let path = &paths[index % paths.len()];
            let (above, name) = path.rsplit_once('/').unwrap();
            let instead = instead.as_ref().map(|strange| strange.json(&mut pieces));
            match (params.pointer_mut(above).unwrap(), instead) {
                (Value::Object(fields), Some(value)) => drop(fields.insert(name.to_owned(), value)),
                (Value::Object(fields), None) => drop(fields.remove(name)),
                (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value,
                (Value::Array(items), None) => drop(items.remove(name.parse().unwrap())),
                _ => {}
            }
            if params.as_object().unwrap().is_empty() {
                break;
            }
        }
        let frame = json!({"type": "req", "id": "c", "method": "connect", "params": params});
        let stands_for = |text: String, (name, piece): &(String, String)| {
            text.replace(&format!("\"{name}\""), piece)
        };
        pieces.iter().fold(frame.to_string(), stands_for)
    }
}

impl Strange {
    /// What is too deep for a tree is a name in it, which stands for a piece of the text.
    fn json(&self, pieces: &mut Vec<(String, String)>) -> Value {
        let piece = match self {
            Self::Json(value) => return value.clone(),
            Self::Long(length) => return json!("x".repeat(*length)),
            Self::Deep(depth) => format!("{}{}", "[".repeat(*depth), "]".repeat(*depth)),
        };
        let name = format!("piece {}", pieces.len());
        pieces.push((name.clone(), piece));
        json!(name)
    }
}

/// Where the fields are, at every depth.
fn paths(value: &Value) -> Vec<String> {
    let fields: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), field))
            .collect(),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, item)| (at.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    let below = |(name, field): (String, &Value)| {
        let path = format!("/{name}");
        let deeper = paths(field).into_iter().map({
            let path = path.clone();
            move |rest| format!("{path}{rest}")
        });
        std::iter::once(path).chain(deeper).collect::<Vec<_>>()
    };
    fields.into_iter().flat_map(below).collect()
}

/// What somebody who is not in hears of such a connect: yes, or no with a reason and the end.
async fn hears(gateway: &TestGateway, connect: &BentConnect) -> Result<(), TestCaseError> {
    let mut wire = gateway.dial().await;
    let (nonce, ts) = wire.challenge().await;
    let frame = connect.frame(&nonce, ts);
    let is_too_big = frame.len() > PREAUTH_PAYLOAD;
    // The gateway may have hung up before it is all sent.
    let _ = wire.socket.send(Message::text(frame)).await;
    let Some(answer) = wire.receive().await else {
        prop_assert!(is_too_big, "the connection ended without a word");
        return Ok(());
    };
    prop_assert_eq!(&answer["type"], "res");
    prop_assert_eq!(&answer["id"], "c");
    if answer["ok"] == true {
        return Ok(());
    }
    let why = answer["error"]["message"].as_str().unwrap_or_default();
    prop_assert!(!why.is_empty(), "it is told why: {}", answer);
    prop_assert!(!answer.to_string().contains(TOKEN), "{}", answer);
    prop_assert!(
        answer.to_string().len() < 4_096,
        "nothing long is told back"
    );
    prop_assert!(wire.receive().await.is_none(), "and that is the end");
    Ok(())
}

/// A gateway with somebody in it, and those who want to come in.
struct Door {
    runtime: tokio::runtime::Runtime,
    gateway: TestGateway,
    other: Mutex<Wire>,
}

impl Door {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (gateway, other) = runtime.block_on(async {
            let gateway = TestGateway::start().await;
            let other = gateway.client(&ALL_SCOPES).await;
            (gateway, other)
        });
        Self {
            runtime,
            gateway,
            other: Mutex::new(other),
        }
    }

    /// It hears what it should, and whoever is in is answered as before.
    fn knocks(&self, connect: &BentConnect) -> Result<(), TestCaseError> {
        self.runtime.block_on(async {
            hears(&self.gateway, connect).await?;
            let mut other = self.other.lock().await;
            let health = other.request("health", json!({})).await;
            prop_assert_eq!(&health["ok"], true, "{}", health);
            Ok(())
        })
    }
}

#[test]
fn no_field_of_a_connect_keeps_the_gateway_from_answering_whatever_stands_in_it() {
    let door = Door::new();
    let fields = paths(&BentConnect::straight("n", 1)).len();
    for field in 0..fields {
        for strange in strange_things() {
            let connect = BentConnect {
                has_device: true,
                bends: vec![(field, strange)],
            };
            let knocked = door.knocks(&connect);
            knocked.unwrap_or_else(|problem| panic!("{connect:?}: {problem}"));
        }
    }
}

#[test]
fn no_connect_keeps_the_gateway_from_answering_another_client() {
    let door = Door::new();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let ran = runner.run(&bent_connect(), |connect| door.knocks(&connect));
    ran.unwrap();
}
