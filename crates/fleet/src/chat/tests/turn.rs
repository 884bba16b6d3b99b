//! A turn as a gateway of protocol 4 runs it: its frames in their order, its rows, and what may befall a frame.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::page::{Chat, agent, call, result, user};

/// A turn as a gateway runs it: steps with words, each but the last with a call.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub steps: Vec<String>,
}

pub(super) fn turn() -> impl Strategy<Value = Turn> {
    prop::collection::vec("[a-d]{1,4}( [a-d]{1,4}){0,3}", 1..4).prop_map(|steps| Turn { steps })
}

/// What happens to an event on its way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Comes,
    Lost,
    Twice,
    /// After the one that follows it.
    Late,
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        5 => Just(Fate::Comes),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Late),
    ]
}

pub(super) enum Wire {
    Chat(Value),
    Agent(Value),
    Row(Value),
}

/// The frames of a turn, in the order in which a gateway of protocol 4 sends them, and its rows.
pub(super) fn frames(turn: &Turn, piece: usize) -> (Vec<Wire>, Vec<Value>) {
    let mut frames = Vec::new();
    let mut rows = vec![user("u1", 1, "go")];
    let mut whole = String::new();
    let mut seq = 0;
    let last = turn.steps.len() - 1;
    for (n, step) in turn.steps.iter().enumerate() {
        let id = u64::try_from(n).unwrap();
        let parted = if n == 0 {
            step.clone()
        } else {
            format!("\n\n{step}")
        };
        let row = if n == last {
            agent(&format!("m{n}"), 2 + id * 2, "r", step)
        } else {
            call(&format!("m{n}"), 2 + id * 2, "r", step, &format!("c{n}"))
        };
        let mut rest = parted.as_str();
        while !rest.is_empty() {
            let delta = &rest[..piece.min(rest.len())];
            rest = &rest[delta.len()..];
            whole.push_str(delta);
            seq += 1;
            if rest.is_empty() {
                // A row is often written before its last words go out.
                frames.push(Wire::Row(row.clone()));
            }
            frames.push(Wire::Chat(
                json!({"state": "delta", "seq": seq, "deltaText": delta,
                "message": {"role": "assistant", "content": [{"type": "text", "text": whole}]}}),
            ));
        }
        rows.push(row);
        if n != last {
            let tool = |phase: &str| {
                json!({"phase": phase, "name": "exec", "toolCallId": format!("c{n}"),
                "args": {"command": "ls"}, "result": {"content": [{"type": "text", "text": "out"}]}})
            };
            frames.push(Wire::Agent(tool("start")));
            frames.push(Wire::Agent(tool("result")));
            rows.push(result(
                &format!("t{n}"),
                3 + id * 2,
                "r",
                &format!("c{n}"),
                "out",
            ));
        }
    }
    let end =
        json!({"state": "final", "seq": seq, "message": {"role": "assistant", "content": whole}});
    frames.push(Wire::Chat(end));
    (frames, rows)
}

pub(super) fn deliver(chat: &mut Chat, frame: &Wire) {
    match frame {
        Wire::Chat(payload) => chat.chat("r", payload.clone()),
        Wire::Agent(data) => chat.agent("r", "tool", data.clone()),
        Wire::Row(row) => chat.row(row.clone()),
    };
}

/// The history that a gateway tells after these frames of a turn.
pub(super) fn told_at(frames: &[Wire], rows: &[Value]) -> Value {
    let mut written = vec![rows[0].clone()];
    let mut text = String::new();
    for frame in frames {
        match frame {
            Wire::Row(row) => written.push(row.clone()),
            Wire::Chat(chat) => {
                text.push_str(chat["deltaText"].as_str().unwrap_or_default());
            }
            Wire::Agent(data) if data["phase"] == "result" => {
                let call = data["toolCallId"].as_str().unwrap();
                written.extend(rows.iter().filter(|row| row["toolCallId"] == call).cloned());
            }
            Wire::Agent(_) => {}
        }
    }
    json!({"messages": written, "inFlightRun": {"runId": "r", "text": text},
        "sessionInfo": {"hasActiveRun": true, "activeRunIds": ["r"]}})
}
