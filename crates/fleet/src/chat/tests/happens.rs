//! Anything that may happen to a chat, sensible or not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::page::{Chat, agent, call, keyed, result};
use crate::chat::Ending;
use crate::view::{ItemKey, ProblemView};

/// A thing that may happen to a chat. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
pub(super) enum Happens {
    Delta {
        run: u8,
        delta: String,
        said: String,
        seq: u64,
    },
    Replaced {
        run: u8,
        text: String,
    },
    Whole {
        run: u8,
        text: String,
    },
    Ends {
        run: u8,
        how: u8,
        text: String,
    },
    Tool {
        run: u8,
        call: u8,
        phase: u8,
        text: String,
    },
    Thinks {
        run: u8,
        text: String,
    },
    Lifecycle {
        run: u8,
        phase: u8,
        approval: u8,
    },
    Row {
        row: u8,
        run: u8,
        text: String,
    },
    Called {
        row: u8,
        run: u8,
        call: u8,
        text: String,
    },
    Printed {
        row: u8,
        call: u8,
        text: String,
    },
    Says {
        row: u8,
        key: u8,
        text: String,
    },
    Sends {
        key: u8,
        text: String,
    },
    Accepted {
        key: u8,
        run: u8,
    },
    Failed {
        key: u8,
    },
    Retries {
        key: u8,
    },
    Aborts {
        how: u8,
    },
    Line {
        up: bool,
    },
    Approval {
        approval: u8,
        call: u8,
        waits: bool,
    },
    History {
        rows: Vec<(u8, String)>,
        flight: Option<(u8, String)>,
        asked: bool,
    },
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ab \n]{0,6}",
        1 => "[a\u{202e}\r\u{1b}\\[31m]{0,8}",
        1 => Just("NO_REPLY".to_owned()),
    ]
}

pub(super) fn happens() -> impl Strategy<Value = Happens> {
    use Happens as H;
    let n = || 0_u8..4;
    prop_oneof![
        4 => (n(), words(), words(), 0_u64..40).prop_map(|(run, delta, said, seq)| H::Delta { run, delta, said, seq }),
        1 => (n(), words()).prop_map(|(run, text)| H::Replaced { run, text }),
        1 => (n(), words()).prop_map(|(run, text)| H::Whole { run, text }),
        2 => (n(), n(), words()).prop_map(|(run, how, text)| H::Ends { run, how, text }),
        4 => (n(), n(), n(), words()).prop_map(|(run, call, phase, text)| H::Tool { run, call, phase, text }),
        1 => (n(), words()).prop_map(|(run, text)| H::Thinks { run, text }),
        2 => (n(), n(), n()).prop_map(|(run, phase, approval)| H::Lifecycle { run, phase, approval }),
        3 => (0_u8..12, n(), words()).prop_map(|(row, run, text)| H::Row { row, run, text }),
        3 => (0_u8..12, n(), n(), words()).prop_map(|(row, run, call, text)| H::Called { row, run, call, text }),
        1 => (0_u8..12, n(), words()).prop_map(|(row, call, text)| H::Printed { row, call, text }),
        2 => (0_u8..12, n(), words()).prop_map(|(row, key, text)| H::Says { row, key, text }),
        2 => (n(), words()).prop_map(|(key, text)| H::Sends { key, text }),
        1 => (n(), n()).prop_map(|(key, run)| H::Accepted { key, run }),
        1 => n().prop_map(|key| H::Failed { key }),
        1 => n().prop_map(|key| H::Retries { key }),
        1 => n().prop_map(|how| H::Aborts { how }),
        1 => any::<bool>().prop_map(|up| H::Line { up }),
        1 => (n(), n(), any::<bool>()).prop_map(|(approval, call, waits)| H::Approval { approval, call, waits }),
        1 => (
            prop::collection::vec((0_u8..12, words()), 0..5),
            prop::option::of((n(), words())),
            any::<bool>(),
        ).prop_map(|(rows, flight, asked)| H::History { rows, flight, asked }),
    ]
}

pub(super) fn do_it(chat: &mut Chat, what: Happens) {
    use Happens as H;
    let of = |run: u8| format!("r{run}");
    match what {
        H::Delta {
            run,
            delta,
            said,
            seq,
        } => {
            let message = json!({"role": "assistant", "content": format!("{said}{delta}")});
            chat.chat(
                &of(run),
                json!({"state": "delta", "deltaText": delta, "message": message, "seq": seq}),
            );
        }
        H::Replaced { run, text } => {
            chat.chat(
                &of(run),
                json!({"state": "delta", "replace": true, "deltaText": text}),
            );
        }
        H::Whole { run, text } => {
            chat.chat(
                &of(run),
                json!({"state": "delta", "message": {"content": text}}),
            );
        }
        H::Ends { run, how, text } => {
            let state = ["final", "aborted", "error", "status"][how as usize];
            chat.chat(
                &of(run),
                json!({"state": state, "message": {"content": text}, "phase": "x"}),
            );
        }
        H::Tool {
            run,
            call,
            phase,
            text,
        } => {
            let phase = ["start", "update", "result", "result"][phase as usize];
            let content = json!({"content": [{"type": "text", "text": text}]});
            chat.agent(&of(run), "tool", json!({"phase": phase, "name": "exec", "toolCallId": format!("c{call}"),
                "args": {"command": text}, "partialResult": content, "result": content, "isError": call == 3}));
        }
        H::Thinks { run, text } => {
            chat.agent(&of(run), "thinking", json!({"delta": text, "text": text}));
        }
        H::Lifecycle {
            run,
            phase,
            approval,
        } => {
            let phase = ["start", "waiting-approval", "approval-resolved", "end"][phase as usize];
            chat.agent(
                &of(run),
                "lifecycle",
                json!({"phase": phase, "approvalId": format!("a{approval}"),
                "toolCallId": format!("c{approval}")}),
            );
        }
        H::Row { row, run, text } => {
            chat.row(agent(&format!("m{row}"), row.into(), &of(run), &text));
        }
        H::Called {
            row,
            run,
            call: id,
            text,
        } => {
            chat.row(call(
                &format!("m{row}"),
                row.into(),
                &of(run),
                &text,
                &format!("c{id}"),
            ));
        }
        H::Printed { row, call, text } => {
            chat.row(result(
                &format!("t{row}"),
                row.into(),
                "r0",
                &format!("c{call}"),
                &text,
            ));
        }
        H::Says { row, key, text } => {
            chat.row(keyed(
                &format!("u{row}"),
                row.into(),
                &text,
                &format!("k{key}"),
            ));
        }
        H::Sends { key, text } => {
            chat.send(&format!("k{key}"), &text);
        }
        H::Accepted { key, run } => {
            chat.accepted(&format!("k{key}"), &of(run));
        }
        H::Failed { key } => {
            let problem = ProblemView {
                code: "x".into(),
                detail: None,
                request_id: None,
                device_id: None,
            };
            let updates = chat.transcript.send_failed(&format!("k{key}"), problem);
            chat.take(updates);
        }
        H::Retries { key } => {
            if let Some((_, updates)) = chat.transcript.retry(&format!("k{key}")) {
                chat.take(updates);
            }
        }
        H::Aborts { how } => {
            let begun = chat.transcript.abort_begin();
            let Some(abort) = begun else { return };
            chat.take(abort.updates);
            let updates = match how {
                0 => chat.transcript.abort_failed(),
                _ => chat.transcript.abort_confirmed(&abort.of, 1.0),
            };
            chat.take(updates);
        }
        H::Line { up } => {
            let updates = chat.transcript.online(up);
            chat.take(updates);
        }
        H::Approval {
            approval,
            call,
            waits,
        } => {
            let item = ItemKey(format!("g/exec/a{approval}"));
            let ending = (!waits).then_some(Ending::Lapsed);
            let call = format!("c{call}");
            let updates = chat.transcript.approval(&item, Some(&call), ending, 1.0);
            chat.take(updates);
        }
        H::History {
            rows,
            flight,
            asked,
        } => {
            if asked {
                chat.transcript.history_asked();
            }
            let mut rows: Vec<_> = rows;
            rows.sort();
            rows.dedup_by_key(|row| row.0);
            let rows: Vec<Value> = rows
                .into_iter()
                .map(|(row, text)| agent(&format!("m{row}"), row.into(), "r0", &text))
                .collect();
            let flight = flight.map(|(run, text)| json!({"runId": of(run), "text": text}));
            chat.history(json!({"messages": rows, "inFlightRun": flight}));
        }
    }
}
