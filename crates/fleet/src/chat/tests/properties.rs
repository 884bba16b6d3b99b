//! Whatever comes, in whatever order: the page is what a fresh snapshot is (`Chat::take` compares them after
//! every step), and history settles it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::page::{Chat, Page, agent, call, keyed, result, user};
use crate::chat::Coalescer;
use crate::view::{ItemKey, MessageState, ProblemView};

/// A thing that may happen to a chat. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Happens {
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

fn happens() -> impl Strategy<Value = Happens> {
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

fn do_it(chat: &mut Chat, what: Happens) {
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
            let Some((run, updates)) = begun else { return };
            chat.take(updates);
            let updates = match how {
                0 => chat.transcript.abort_failed(),
                _ => chat.transcript.abort_confirmed(&[run], 1.0),
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
            let updates =
                chat.transcript
                    .approval(&item, Some(&format!("c{call}")), waits, None, 1.0);
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

/// A turn as a gateway runs it: steps with words, each but the last with a call.
#[derive(Debug, Clone)]
struct Turn {
    steps: Vec<String>,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop::collection::vec("[a-d]{1,4}( [a-d]{1,4}){0,3}", 1..4).prop_map(|steps| Turn { steps })
}

/// What happens to an event on its way.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Comes,
    Lost,
    Twice,
    /// After the one that follows it.
    Late,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        5 => Just(Fate::Comes),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Late),
    ]
}

enum Wire {
    Chat(Value),
    Agent(Value),
    Row(Value),
}

/// The frames of a turn, in the order in which a gateway of protocol 4 sends them, and its rows.
fn frames(turn: &Turn, piece: usize) -> (Vec<Wire>, Vec<Value>) {
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

fn deliver(chat: &mut Chat, frame: &Wire) {
    match frame {
        Wire::Chat(payload) => chat.chat("r", payload.clone()),
        Wire::Agent(data) => chat.agent("r", "tool", data.clone()),
        Wire::Row(row) => chat.row(row.clone()),
    };
}

fn settled(rows: &[Value]) -> Vec<String> {
    Chat::open(rows).page.lines()
}

proptest! {
    #[test]
    fn the_page_is_always_what_a_fresh_snapshot_is(steps in prop::collection::vec(happens(), 0..60)) {
        let mut chat = Chat::new();
        for step in steps {
            do_it(&mut chat, step);
        }
        let ids = chat.page.ids();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(ids.len(), unique.len(), "every message has an id of its own");
    }

    #[test]
    fn a_whole_turn_ends_as_its_history_tells_it(turn in turn(), piece in 1_usize..6) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        for frame in &frames {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn a_turn_of_which_no_row_comes_shows_the_same_words_in_the_same_order(turn in turn(), piece in 1_usize..6) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        for frame in frames.iter().filter(|frame| !matches!(frame, Wire::Row(_))) {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn whatever_is_lost_doubled_or_late_history_settles_it(
        turn in turn(),
        piece in 1_usize..6,
        fates in prop::collection::vec(fate(), 60),
        then in any::<bool>(),
    ) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        let mut late: Option<&Wire> = None;
        for (frame, fate) in frames.iter().zip(fates.iter().cycle()) {
            match fate {
                Fate::Lost => continue,
                Fate::Late => {
                    if let Some(late) = late.replace(frame) {
                        deliver(&mut chat, late);
                    }
                    continue;
                }
                Fate::Twice => deliver(&mut chat, frame),
                Fate::Comes => {}
            }
            deliver(&mut chat, frame);
            if let Some(late) = late.take() {
                deliver(&mut chat, late);
            }
        }
        if then {
            chat.transcript.history_asked();
        }
        chat.history(json!({"messages": rows, "sessionInfo": {"hasActiveRun": false, "activeRunIds": []}}));
        prop_assert_eq!(chat.page.lines(), settled(&rows));
        let done = chat.page.messages.iter().all(|message| message.state == MessageState::Done);
        prop_assert!(done);
    }

    #[test]
    fn a_reconnect_anywhere_in_a_turn_ends_as_its_history_tells_it(
        turn in turn(),
        piece in 1_usize..6,
        gone in 0_usize..40,
        back in 0_usize..40,
    ) {
        let (frames, rows) = frames(&turn, piece);
        let gone = gone.min(frames.len() - 1);
        let back = (gone + back).min(frames.len() - 1);
        let mut chat = Chat::open(&rows[..1]);
        for frame in &frames[..gone] {
            deliver(&mut chat, frame);
        }
        let updates = chat.transcript.online(false);
        chat.take(updates);
        let updates = chat.transcript.online(true);
        chat.take(updates);
        chat.history(told_at(&frames[..back], &rows));
        for frame in &frames[back..] {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn joining_updates_changes_nothing(steps in prop::collection::vec(happens(), 0..60), every in 1_usize..9) {
        let mut chat = Chat::new();
        let mut page = Page::of(&chat.transcript);
        let mut coalescer = Coalescer::new();
        for (n, step) in steps.into_iter().enumerate() {
            do_it(&mut chat, step);
            coalescer.push(chat.said.drain(..));
            if n % every == 0 {
                page.apply(coalescer.take());
            }
        }
        page.apply(coalescer.take());
        prop_assert_eq!(page, chat.page);
    }
}

/// The history that a gateway tells after these frames of a turn.
fn told_at(frames: &[Wire], rows: &[Value]) -> Value {
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
