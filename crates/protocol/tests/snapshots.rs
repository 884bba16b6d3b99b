//! Every frame that was recorded from the published gateways (`tests/snapshots`, by `make record`) is read
//! by this crate, and what protocol 4 sent is held against the schema that OpenClaw publishes for it.
#![allow(clippy::unwrap_used)]

mod published;

use std::{collections::BTreeMap, fs, path::PathBuf};

use gatehouse_protocol::{
    ConnectErrorCode, GatewayError, GatewayEvent, HelloOk, Incoming, Method, event::ChatState,
    method::decode, methods as m, model::approval::Decision,
};
use serde_json::Value;

use published::Published;

/// What was said in one recording.
struct Recording {
    name: String,
    lines: Vec<Value>,
}

fn recordings(version: &str) -> Vec<Recording> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/snapshots")
        .join(version);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| Recording {
            name: format!("{version}/{}", file.file_name().unwrap().to_string_lossy()),
            lines: fs::read_to_string(file)
                .unwrap()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        })
        .collect()
}

fn recording(version: &str, name: &str) -> Recording {
    let wanted = format!("{version}/{name}.jsonl");
    recordings(version)
        .into_iter()
        .find(|found| found.name == wanted)
        .unwrap()
}

impl Recording {
    fn received(&self) -> impl Iterator<Item = (&Value, Incoming)> {
        let frames = self.lines.iter().map(|line| &line["received"]);
        frames.filter(|frame| !frame.is_null()).map(|frame| {
            let read = Incoming::parse(&frame.to_string());
            (
                frame,
                read.unwrap_or_else(|error| panic!("{}: {error}: {frame}", self.name)),
            )
        })
    }

    fn events(&self) -> impl Iterator<Item = GatewayEvent> {
        self.received().filter_map(|(_, frame)| match frame {
            Incoming::Event(event) => Some(GatewayEvent::read(event)),
            _ => None,
        })
    }

    /// The answers, each with the method that was called.
    fn answers(&self) -> Vec<(String, Incoming)> {
        let sent = self
            .lines
            .iter()
            .map(|line| &line["sent"])
            .filter(|frame| !frame.is_null());
        let methods: BTreeMap<&str, &str> = sent
            .map(|frame| {
                (
                    frame["id"].as_str().unwrap(),
                    frame["method"].as_str().unwrap(),
                )
            })
            .collect();
        let answers = self.received().filter_map(|(frame, read)| {
            let method = methods.get(frame["id"].as_str()?)?;
            Some(((*method).to_owned(), read))
        });
        answers.collect()
    }
}

/// Reads an answer with its type; `None` for a method that this application does not call.
fn fault_of(method: &str, payload: Value) -> Option<String> {
    fn read<M: Method>(payload: Value) -> Option<String> {
        decode::<M>(payload).err().map(|error| error.to_string())
    }
    match method {
        "sessions.list" => read::<m::SessionsList>(payload),
        "sessions.subscribe" => read::<m::SessionsSubscribe>(payload),
        "sessions.messages.subscribe" => read::<m::MessagesSubscribe>(payload),
        "chat.send" => read::<m::ChatSend>(payload),
        "chat.abort" => read::<m::ChatAbort>(payload),
        "chat.history" => read::<m::ChatHistoryGet>(payload),
        "exec.approval.list" => read::<m::ExecApprovalList>(payload),
        "exec.approval.get" => read::<m::ExecApprovalGet>(payload),
        "exec.approval.resolve" => read::<m::ExecApprovalResolve>(payload),
        "plugin.approval.list" => read::<m::PluginApprovalList>(payload),
        "approval.get" => read::<m::ApprovalGet>(payload),
        "approval.resolve" => read::<m::ApprovalResolve>(payload),
        "approval.history" => read::<m::ApprovalHistory>(payload),
        "device.pair.list" => read::<m::DevicePairsList>(payload),
        _ => None,
    }
}

#[test]
fn every_recorded_event_is_read_with_its_type() {
    for recording in ["v4", "v3"].iter().flat_map(|version| recordings(version)) {
        for event in recording.events() {
            assert!(
                !matches!(event, GatewayEvent::Unreadable { .. }),
                "{}: {event:?}",
                recording.name
            );
        }
    }
}

#[test]
fn every_recorded_answer_is_read_with_its_type() {
    for recording in ["v4", "v3"].iter().flat_map(|version| recordings(version)) {
        for (method, answer) in recording.answers() {
            let Incoming::Response(response) = answer else {
                panic!("{method}")
            };
            let Ok(payload) = response.outcome else {
                continue;
            };
            let fault = fault_of(&method, payload);
            assert_eq!(fault, None, "{}: {method}", recording.name);
        }
    }
}

#[test]
fn what_protocol_4_sent_is_valid_by_the_published_schema() {
    let published = Published::load();
    let mut judges = BTreeMap::new();
    for recording in recordings("v4") {
        for (frame, _) in recording.received() {
            for (definition, value) in definitions(frame) {
                let judge = judges
                    .entry(definition)
                    .or_insert_with(|| published.judge(definition));
                let faults: Vec<_> = judge
                    .iter_errors(value)
                    .map(|error| error.to_string())
                    .collect();
                assert!(
                    faults.is_empty(),
                    "{} {definition}: {faults:?}",
                    recording.name
                );
            }
        }
    }
    assert!(judges.contains_key("HelloOk") && judges.contains_key("ChatEvent"));
}

/// The definitions that a frame falls under, each with the part that it is about.
fn definitions(frame: &Value) -> Vec<(&'static str, &Value)> {
    if frame["type"] == "res" {
        let payload = &frame["payload"];
        let hello = (payload["type"] == "hello-ok").then_some(("HelloOk", payload));
        return [("ResponseFrame", frame)]
            .into_iter()
            .chain(hello)
            .collect();
    }
    let payload = &frame["payload"];
    let typed = match frame["event"].as_str().unwrap() {
        "chat" => Some("ChatEvent"),
        "session.approval" => Some("SessionApprovalEvent"),
        "device.pair.requested" => Some("DevicePairRequestedEvent"),
        "device.pair.resolved" => Some("DevicePairResolvedEvent"),
        "tick" => Some("TickEvent"),
        "shutdown" => Some("ShutdownEvent"),
        _ => None,
    };
    let typed = typed.map(|definition| (definition, payload));
    [("EventFrame", frame)].into_iter().chain(typed).collect()
}

#[test]
fn both_gateways_greet_with_their_protocol_and_a_token_for_the_device() {
    for (version, protocol) in [("v4", 4), ("v3", 3)] {
        let hello = recording(version, "hello")
            .answers()
            .into_iter()
            .find_map(|(_, answer)| match answer {
                Incoming::Response(response) => response.outcome.ok(),
                _ => None,
            });
        let (hello, issued) = HelloOk::read(hello.unwrap()).unwrap();
        assert_eq!(hello.protocol.0, protocol);
        assert!(hello.offers::<m::ExecApprovalResolve>());
        assert_eq!(hello.offers::<m::ApprovalResolve>(), protocol == 4);
        drop(issued);
    }
}

#[test]
fn a_recorded_turn_ends_with_the_text_that_its_deltas_led_to() {
    for version in ["v4", "v3"] {
        let recording = recording(version, "chat-turn");
        let chats = recording.events().filter_map(|event| match event {
            GatewayEvent::Chat(chat) => Some(chat),
            _ => None,
        });
        let last = chats
            .filter(|chat| chat.state == Some(ChatState::Final))
            .last()
            .unwrap();
        assert_eq!(
            last.message.unwrap().content.text(),
            "I heard “hello there”.",
            "{version}"
        );
    }
}

#[test]
fn a_recorded_approval_says_what_was_decided() {
    for (version, name, wanted) in [
        ("v4", "exec-allowed", Decision::AllowOnce),
        ("v4", "exec-denied", Decision::Deny),
        ("v3", "exec-allowed", Decision::AllowOnce),
        ("v3", "exec-denied", Decision::Deny),
    ] {
        let events: Vec<_> = recording(version, name).events().collect();
        let asked = events.iter().find_map(|event| match event {
            GatewayEvent::ExecApprovalRequested(asked) => Some(asked),
            _ => None,
        });
        let over = events.iter().find_map(|event| match event {
            GatewayEvent::ExecApprovalResolved(over) => Some(over),
            _ => None,
        });
        let (asked, over) = (asked.unwrap(), over.unwrap());
        assert_eq!(asked.id, over.id);
        assert_eq!(over.decision, Some(wanted), "{version} {name}");
        assert!(
            asked
                .request
                .command
                .as_deref()
                .unwrap()
                .starts_with("touch ")
        );
    }
}

fn refusal(recording: &Recording) -> GatewayError {
    let mut refusals = recording
        .answers()
        .into_iter()
        .filter_map(|(_, answer)| match answer {
            Incoming::Response(response) => response.outcome.err(),
            _ => None,
        });
    refusals.next_back().unwrap()
}

#[test]
fn a_refused_connect_says_why_in_a_code() {
    for version in ["v4", "v3"] {
        for (name, wanted) in [
            ("wrong-token", ConnectErrorCode::AuthTokenMismatch),
            ("no-token", ConnectErrorCode::AuthTokenMissing),
            ("pairing-required", ConnectErrorCode::PairingRequired),
        ] {
            let details = refusal(&recording(version, name)).connect_details();
            let code = details.and_then(|details| details.code);
            assert_eq!(code, Some(wanted), "{version} {name}");
        }
    }
}

#[test]
fn a_gateway_that_speaks_another_protocol_names_its_own() {
    for (version, protocol) in [("v4", 4), ("v3", 3)] {
        let refusal = refusal(&recording(version, "protocol-mismatch"));
        let details = refusal.connect_details().unwrap();
        assert_eq!(details.expected_protocol, Some(protocol));
        // Protocol 3 has no code for it.
        let code = (protocol == 4).then_some(ConnectErrorCode::ProtocolMismatch);
        assert_eq!(details.code, code, "{version}");
    }
}
