//! Text as it streams: where it goes, what it costs, how it ends.

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::event::ChatEvent;
use serde_json::json;

use super::page::{Chat, SESSION, agent, user};
use crate::view::{ChatUpdate, MessageState, RunView};

#[test]
fn a_delta_costs_one_append_of_its_own_length() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Hel", "Hel");
    let updates = chat.delta("r", "lo", "Hello");
    assert!(
        matches!(&updates[..], [ChatUpdate::Append { block: 0, text, .. }] if text == "lo"),
        "{updates:?}"
    );
    assert_eq!(chat.page.lines(), ["agent: Hello"]);
}

#[test]
fn the_same_words_from_two_streams_are_shown_once() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "assistant", json!({"text": "Hello", "delta": "Hello"}));
    chat.delta("r", "Hello", "Hello");
    chat.agent(
        "r",
        "assistant",
        json!({"text": "Hello", "delta": "", "replace": true}),
    );
    assert_eq!(chat.page.lines(), ["agent: Hello"]);
}

#[test]
fn a_row_takes_the_place_of_what_streamed_and_late_words_of_it_are_not_shown_again() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Hel", "Hel");
    chat.row(agent("m1", 1, "r", "Hello"));
    chat.delta("r", "lo", "Hello");
    chat.done("r", "Hello");
    assert_eq!(chat.page.lines(), ["agent: Hello"]);
    assert_eq!(chat.page.ids(), ["m1"]);
}

#[test]
fn a_row_that_comes_before_any_of_its_words_is_not_doubled() {
    let mut chat = Chat::open(&[]);
    chat.chat("r", json!({"state": "status", "phase": "starting_model"}));
    chat.row(agent("m1", 1, "r", "ok"));
    chat.delta("r", "ok", "ok");
    chat.done("r", "ok");
    assert_eq!(chat.page.lines(), ["agent: ok"]);
}

#[test]
fn a_row_without_a_run_is_recognised_by_its_words() {
    let mut chat = Chat::open(&[]);
    chat.chat("r", json!({"state": "status", "phase": "starting_model"}));
    chat.row(json!({"role": "assistant", "content": "ok then", "timestamp": 5, "__openclaw": {"id": "m1"}}));
    chat.chat(
        "r",
        json!({"state": "delta", "message": {"role": "assistant", "content": "ok"}}),
    );
    chat.done("r", "ok then");
    assert_eq!(chat.page.lines(), ["agent: ok then"]);
}

#[test]
fn a_streamed_answer_that_was_cut_is_marked_and_stays_so_with_its_row() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "and then", "and then");
    chat.chat(
        "r",
        json!({"state": "final", "stopReason": "length",
            "message": {"role": "assistant", "content": "and then"}}),
    );
    assert_eq!(chat.page.messages[0].state, MessageState::Cut);
    chat.row(agent("m1", 1, "r", "and then"));
    assert_eq!(chat.page.messages[0].state, MessageState::Cut);
}

#[test]
fn the_closing_text_makes_up_for_lost_deltas() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "One ", "One ");
    chat.done("r", "One two three");
    assert_eq!(chat.page.lines(), ["agent: One two three"]);
    assert_eq!(chat.page.messages[0].state, MessageState::Done);
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn replaced_text_replaces_only_what_the_present_step_said() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Looking.", "Looking.");
    chat.agent(
        "r",
        "tool",
        json!({"phase": "start", "name": "exec", "toolCallId": "c"}),
    );
    chat.delta("r", "\n\nDraft", "Looking.\n\nDraft");
    chat.chat(
        "r",
        json!({"state": "delta", "replace": true, "deltaText": "Looking.\n\nBetter",
        "message": {"role": "assistant", "content": "Looking.\n\nBetter"}}),
    );
    assert_eq!(
        chat.page.lines(),
        ["agent: Looking. [exec:Running:]", "agent: Better"]
    );
}

#[test]
fn an_overtaken_delta_changes_nothing() {
    let mut chat = Chat::open(&[]);
    chat.chat(
        "r",
        json!({"state": "delta", "seq": 9, "deltaText": "ab", "message": {"content": "ab"}}),
    );
    let updates = chat.chat(
        "r",
        json!({"state": "delta", "seq": 4, "deltaText": "a", "message": {"content": "a"}}),
    );
    assert!(updates.is_empty());
}

#[test]
fn an_aborted_run_keeps_what_it_said() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Half a", "Half a");
    let abort = chat.transcript.abort_begin().unwrap();
    chat.take(abort.updates);
    assert_eq!(chat.page.run, RunView::Aborting { run: "r".into() });
    chat.agent("r", "lifecycle", json!({"phase": "end", "aborted": true}));
    chat.chat(
        "r",
        json!({"state": "aborted", "message": {"role": "assistant", "content": "Half a sent"}}),
    );
    assert_eq!(chat.page.lines(), ["agent: Half a sent"]);
    assert_eq!(chat.page.messages[0].state, MessageState::Aborted);
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn an_abort_that_failed_lets_the_run_go_on() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "a", "a");
    let abort = chat.transcript.abort_begin().unwrap();
    chat.take(abort.updates);
    let updates = chat.transcript.abort_failed();
    chat.take(updates);
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "r"));
}

#[test]
fn a_failed_run_says_so_where_it_stopped() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Partly", "Partly");
    chat.chat(
        "r",
        json!({"state": "error", "errorMessage": "the model \u{202e}left", "errorKind": "timeout"}),
    );
    let MessageState::Errored { problem } = &chat.page.messages[0].state else {
        panic!("{:?}", chat.page.messages[0].state);
    };
    assert_eq!(problem.detail.as_deref(), Some("the model ⟨U+202E⟩left"));
    assert_eq!(chat.page.lines(), ["agent: Partly"]);
}

#[test]
fn a_run_that_fails_before_a_word_still_shows_its_error() {
    let mut chat = Chat::open(&[]);
    chat.chat("r", json!({"state": "error", "errorMessage": "no model"}));
    chat.chat("r", json!({"state": "error", "errorMessage": "no model"}));
    assert_eq!(chat.page.messages.len(), 1);
    assert!(matches!(
        chat.page.messages[0].state,
        MessageState::Errored { .. }
    ));
}

#[test]
fn a_silent_reply_is_not_shown() {
    let mut chat = Chat::open(&[]);
    chat.done("r", "NO_REPLY");
    chat.row(agent("m1", 1, "r", "HEARTBEAT_OK"));
    assert!(chat.page.messages.is_empty());
}

#[test]
fn thoughts_stay_before_the_words_even_when_they_come_late() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "thinking", json!({"text": "Hm", "delta": "Hm"}));
    chat.delta("r", "Yes", "Yes");
    chat.agent("r", "thinking", json!({"text": "Hm, so", "delta": ", so"}));
    chat.delta("r", ".", "Yes.");
    assert_eq!(chat.page.lines(), ["agent: (Hm, so) Yes."]);
    chat.row(
        json!({"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm, so"},
        {"type": "text", "text": "Yes."}], "__openclaw": {"id": "m", "seq": 1, "runId": "r"}}),
    );
    assert_eq!(chat.page.lines(), ["agent: (Hm, so) Yes."]);
    assert_eq!(chat.page.ids(), ["m"]);
}

#[test]
fn another_operators_message_appears_where_the_gateway_put_it() {
    let mut chat = Chat::open(&[user("u1", 1, "hi")]);
    chat.delta("r", "Hello", "Hello");
    chat.row(user("u2", 3, "from the phone"));
    chat.row(agent("m1", 2, "r", "Hello"));
    assert_eq!(
        chat.page.lines(),
        ["user: hi", "agent: Hello", "user: from the phone"]
    );
}

#[test]
fn events_of_another_session_change_nothing() {
    let mut chat = Chat::open(&[]);
    let updates = chat.event(
        "chat",
        json!({"runId": "x", "sessionKey": "agent:main:other", "state": "delta", "deltaText": "a"}),
    );
    assert!(updates.is_empty());
}

#[test]
fn a_record_that_the_gateway_shortened_does_not_shorten_what_was_said() {
    let mut chat = Chat::open(&[]);
    let said = "word ".repeat(4000);
    let said = said.trim_end();
    chat.delta("r", &said[..15_000], &said[..15_000]);
    let cut = format!("{}\n...(truncated)...", &said[..8000]);
    chat.row(agent("m1", 1, "r", &cut));
    chat.delta("r", &said[15_000..], said);
    chat.done("r", said);
    assert_eq!(chat.page.lines(), [format!("agent: {said}")]);
    assert_eq!(chat.page.ids(), ["m1"]);
}

#[test]
fn words_of_an_agent_are_shown_with_their_hidden_characters() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "a\u{202e}b\r", "a\u{202e}b\r");
    chat.delta("r", "\nc", "a\u{202e}b\r\nc");
    assert_eq!(chat.page.lines(), ["agent: a⟨U+202E⟩b\nc"]);
}

#[test]
fn a_flood_of_deltas_stays_bounded() {
    let mut chat = Chat::open(&[]);
    let delta = "x".repeat(40);
    let mut event: ChatEvent =
        serde_json::from_value(json!({"runId": "r", "state": "delta", "sessionKey": SESSION}))
            .unwrap();
    event.delta_text = Some(delta);
    let event = GatewayEvent::Chat(Box::new(event));
    for _ in 0..300_000 {
        chat.transcript.apply(&event, 0.0);
    }
    let snapshot = chat.transcript.snapshot();
    assert_eq!(snapshot.messages.len(), 1);
    let shown = super::page::line(&snapshot.messages[0]);
    assert!(shown.len() < 5 * 1024 * 1024, "{}", shown.len());
    assert!(shown.ends_with("longer than 4 MiB]"));
}
