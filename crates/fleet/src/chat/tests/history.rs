//! Pages of history: what they replace, what they leave, and the run that is in flight.

use serde_json::json;

use super::page::{Chat, agent, call, result, user};
use crate::view::{ChatUpdate, MessageState, RunView};

fn has_reset(updates: &[ChatUpdate]) -> bool {
    updates
        .iter()
        .any(|update| matches!(update, ChatUpdate::Reset { .. }))
}

#[test]
fn the_cache_is_shown_until_the_gateways_history_comes() {
    let rows = [user("u1", 1, "hi"), agent("m1", 2, "r", "Hello")];
    let mut chat = Chat::open(&rows);
    let cached: Vec<String> = chat
        .transcript
        .dirty_for_cache()
        .into_iter()
        .map(|row| row.json)
        .collect();
    assert_eq!(cached.len(), 2);

    let mut chat = Chat::new();
    chat.transcript.load_cached(&cached, false);
    chat.page = super::page::Page::of(&chat.transcript);
    assert!(chat.transcript.snapshot().cached);
    assert_eq!(chat.page.lines(), ["user: hi", "agent: Hello"]);
    let updates = chat.history(json!({"messages": rows}));
    assert!(has_reset(&updates));
    assert!(!chat.transcript.snapshot().cached);
}

#[test]
fn rows_are_cached_with_what_they_are_sorted_and_searched_by() {
    let mut chat = Chat::open(&[
        call("m1", 7, "r", "Look", "c"),
        result("t1", 8, "r", "c", "out"),
    ]);
    let rows = chat.transcript.dirty_for_cache();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.id.as_str(), row.position, row.text.as_str()))
        .collect();
    assert_eq!(told, [("m1", 7, "Look\nls"), ("t1", 8, "")]);
    assert!(chat.transcript.dirty_for_cache().is_empty());
}

#[test]
fn results_are_folded_into_their_calls_even_across_pages() {
    let mut chat = Chat::new();
    chat.history(json!({"hasMore": true, "messages": [result("t1", 2, "r", "c1", "one"), agent("m2", 3, "r", "Done.")]}));
    assert_eq!(chat.page.lines(), ["agent: Done."]);
    let older = serde_json::from_value(
        json!({"messages": [user("u1", 0, "go"), call("m1", 1, "r", "", "c1")]}),
    )
    .unwrap();
    let older = chat.transcript.prepend_older(&older);
    let lines: Vec<_> = older.messages.iter().map(super::page::line).collect();
    assert_eq!(lines, ["user: go", "agent: [exec:Done:one]"]);
    assert!(!older.has_older);
}

#[test]
fn a_result_without_a_call_shows_what_was_printed() {
    let chat = Chat::open(&[result("t1", 2, "r", "c1", "one")]);
    assert_eq!(chat.page.lines(), ["agent: [exec:Done:one]"]);
}

#[test]
fn a_reload_that_only_continues_is_no_reset() {
    let mut chat = Chat::open(&[user("u1", 1, "hi")]);
    let updates =
        chat.history(json!({"messages": [user("u1", 1, "hi"), agent("m1", 2, "r", "Hello")]}));
    assert!(
        matches!(&updates[..], [ChatUpdate::Message { .. }]),
        "{updates:?}"
    );
}

#[test]
fn a_session_that_began_anew_is_a_reset() {
    let mut chat = Chat::new();
    chat.history(json!({"sessionId": "s1", "messages": [user("u1", 1, "hi")]}));
    let updates = chat.history(json!({"sessionId": "s2", "messages": [user("u9", 1, "new")]}));
    assert!(has_reset(&updates));
    assert_eq!(chat.page.lines(), ["user: new"]);
}

#[test]
fn older_messages_that_are_held_stay_when_a_shorter_page_comes() {
    let rows: Vec<_> = (1..=5).map(|n| user(&format!("u{n}"), n, "hi")).collect();
    let mut chat = Chat::open(&rows);
    chat.history(json!({"hasMore": true, "messages": rows[3..]}));
    assert_eq!(chat.page.ids(), ["u1", "u2", "u3", "u4", "u5"]);
}

#[test]
fn a_run_in_flight_is_taken_over_and_goes_on() {
    let mut chat = Chat::new();
    chat.history(json!({"messages": [user("u1", 1, "go"), call("m1", 2, "r", "First.", "c1"), result("t1", 3, "r", "c1", "one")],
        "inFlightRun": {"runId": "r", "text": "First.\n\nSec", "startedAt": 7},
        "sessionInfo": {"hasActiveRun": true, "activeRunIds": ["r"]}}));
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "r"));
    chat.delta("r", "ond.", "First.\n\nSecond.");
    chat.row(agent("m2", 4, "r", "Second."));
    chat.done("r", "First.\n\nSecond.");
    assert_eq!(
        chat.page.lines(),
        [
            "user: go",
            "agent: First. [exec:Done:one]",
            "agent: Second."
        ]
    );
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn a_run_in_flight_without_words_is_taken_over_too() {
    let mut chat = Chat::new();
    chat.history(json!({"messages": [], "inFlightRun": {"runId": "r", "text": "", "events": [
        {"runId": "r", "seq": 3, "stream": "tool", "data": {"phase": "start", "name": "exec", "toolCallId": "c"}}]}}));
    assert!(matches!(&chat.page.run, RunView::Running { .. }));
    assert_eq!(chat.page.lines(), ["agent: [exec:Running:]"]);
}

#[test]
fn a_reconnect_in_the_middle_of_a_run_neither_doubles_nor_loses_words() {
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    chat.delta("r", "One two", "One two");
    let updates = chat.transcript.online(false);
    chat.take(updates);
    assert_eq!(chat.page.run, RunView::Unknown { run: "r".into() });
    let updates = chat.transcript.online(true);
    chat.take(updates);
    chat.delta("r", " five", "One two three four five");
    chat.history(json!({"messages": [user("u1", 1, "go")], "inFlightRun": {"runId": "r", "text": "One two three four"}}));
    assert_eq!(
        chat.page.lines(),
        ["user: go", "agent: One two three four five"]
    );
    chat.delta("r", " six", "One two three four five six");
    chat.done("r", "One two three four five six");
    assert_eq!(
        chat.page.lines(),
        ["user: go", "agent: One two three four five six"]
    );
}

#[test]
fn a_run_that_ended_while_we_were_away_is_over() {
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    chat.delta("r", "One", "One");
    let updates = chat.transcript.online(false);
    chat.take(updates);
    let updates = chat.transcript.online(true);
    chat.take(updates);
    chat.history(
        json!({"messages": [user("u1", 1, "go"), agent("m1", 2, "r", "One two")],
        "sessionInfo": {"hasActiveRun": false, "activeRunIds": []}}),
    );
    assert_eq!(chat.page.lines(), ["user: go", "agent: One two"]);
    assert_eq!(chat.page.run, RunView::Idle);
    assert_eq!(chat.page.ids(), ["u1", "m1"]);
}

#[test]
fn a_run_that_ends_while_its_history_is_read_stays_ended() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "One", "One");
    chat.transcript.history_asked();
    chat.row(agent("m1", 1, "r", "One two"));
    chat.done("r", "One two");
    chat.history(
        json!({"messages": [], "inFlightRun": {"runId": "r", "text": "One"},
        "sessionInfo": {"hasActiveRun": true, "activeRunIds": ["r"]}}),
    );
    assert_eq!(chat.page.lines(), ["agent: One two"]);
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn a_reply_that_was_shown_but_is_not_recorded_yet_stays() {
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    chat.delta("r", "Done.", "Done.");
    chat.done("r", "Done.");
    assert!(chat.transcript.has_unwritten());
    chat.history(json!({"messages": [user("u1", 1, "go")], "sessionInfo": {"activeRunIds": []}}));
    assert_eq!(chat.page.lines(), ["user: go", "agent: Done."]);
    chat.history(json!({"messages": [user("u1", 1, "go"), agent("m1", 2, "r", "Done.")], "sessionInfo": {"activeRunIds": []}}));
    assert_eq!(chat.page.ids(), ["u1", "m1"]);
    assert!(!chat.transcript.has_unwritten());
}

#[test]
fn a_session_busy_elsewhere_says_so() {
    let mut chat = Chat::new();
    chat.history(json!({"messages": [], "sessionInfo": {"hasActiveRun": true}}));
    assert!(matches!(chat.page.run, RunView::Running { .. }));
    chat.history(
        json!({"messages": [], "sessionInfo": {"hasActiveRun": false, "activeRunIds": []}}),
    );
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn a_catch_up_is_taken_row_by_row() {
    let mut chat = Chat::open(&[user("u1", 1, "hi")]);
    let updates = chat.history(json!({"kind": "delta", "messages": [
        {"messageId": "m1", "messageSeq": 2, "message": {"role": "assistant", "content": "Hello"}},
        user("u2", 3, "bye")]}));
    assert!(!has_reset(&updates));
    assert_eq!(chat.page.lines(), ["user: hi", "agent: Hello", "user: bye"]);
    assert!(
        chat.history(json!({"kind": "reset", "messages": []}))
            .is_empty()
    );
    assert_eq!(chat.page.messages.len(), 3);
}

#[test]
fn what_the_gateways_own_page_hides_is_hidden() {
    let context =
        "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nsecret\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
    let chat = Chat::open(&[
        user("u1", 1, &format!("question\n\n{context}")),
        user("u2", 2, context),
        json!({"role": "custom", "customType": "openclaw.runtime-context", "content": "secret", "__openclaw": {"id": "x"}}),
        json!({"role": "user", "content": "secret", "display": false, "__openclaw": {"id": "y"}}),
        agent("m1", 3, "r", "NO_REPLY"),
    ]);
    assert_eq!(chat.page.lines(), ["user: question"]);
}

#[test]
fn rows_that_share_an_id_are_told_apart_and_boundaries_are_named() {
    let chat = Chat::open(&[
        agent("m", 1, "r", "one"),
        agent("m", 1, "r", "two"),
        json!({"role": "system", "content": [], "__openclaw": {"id": "k", "seq": 2, "kind": "compaction",
            "tokensBefore": 9000, "tokensAfter": 500}}),
    ]);
    assert_eq!(chat.page.ids(), ["m", "m#2", "k"]);
    assert_eq!(
        chat.page.lines()[2],
        "system: Compaction: 9000 → 500 tokens"
    );
}

#[test]
fn a_row_with_an_error_or_an_abort_says_so() {
    let mut errored = agent("m1", 1, "r", "half");
    errored["stopReason"] = json!("error");
    errored["errorMessage"] = json!("overloaded");
    let mut aborted = agent("m2", 2, "r", "half");
    aborted["openclawAbort"] = json!({"aborted": true});
    let chat = Chat::open(&[errored, aborted]);
    assert!(
        matches!(&chat.page.messages[0].state, MessageState::Errored { problem }
        if problem.detail.as_deref() == Some("overloaded"))
    );
    assert_eq!(chat.page.messages[1].state, MessageState::Aborted);
}

#[test]
fn an_answer_that_the_models_limit_cut_says_so() {
    let mut cut = agent("m1", 1, "r", "and then");
    cut["stopReason"] = json!("length");
    let chat = Chat::open(&[cut]);
    assert_eq!(chat.page.messages[0].state, MessageState::Cut);
}

#[test]
fn ten_thousand_rows_leave_a_bounded_transcript() {
    let rows: Vec<_> = (0..10_000)
        .map(|n| user(&format!("u{n}"), n, "hi"))
        .collect();
    let mut chat = Chat::open(&rows[..200]);
    for row in &rows[200..] {
        let event = gatehouse_protocol::GatewayEvent::SessionMessage(Box::new(
            serde_json::from_value(json!({"sessionKey": super::page::SESSION, "message": row}))
                .unwrap(),
        ));
        chat.transcript.apply(&event, 0.0);
    }
    let snapshot = chat.transcript.snapshot();
    assert_eq!(snapshot.messages.len(), 200);
    assert_eq!(snapshot.messages[199].id, "u9999");
    assert!(snapshot.has_older);
}

#[test]
fn a_gateway_that_cannot_tell_what_runs_is_believed_by_what_it_wrote() {
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    chat.delta("r", "One", "One");
    let row = json!({"role": "assistant", "content": "One two", "timestamp": 5, "__openclaw": {"id": "m1", "seq": 2}});
    chat.transcript.history_asked();
    chat.history(json!({"messages": [user("u1", 1, "go"), row]}));
    assert_eq!(chat.page.run, RunView::Idle);
    assert_eq!(chat.page.lines(), ["user: go", "agent: One two"]);
}

#[test]
fn a_run_that_a_gateway_forgot_is_over_when_another_one_ends() {
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    chat.delta("r1", "One", "One");
    chat.transcript.history_asked();
    chat.history(json!({"messages": [user("u1", 1, "go")]}));
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "r1"));
    chat.delta("r2", "Two", "Two");
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "r2"));
    chat.done("r2", "Two");
    assert_eq!(chat.page.run, RunView::Idle);
    let done = chat
        .page
        .messages
        .iter()
        .all(|message| message.state == MessageState::Done);
    assert!(done);
}

#[test]
fn a_full_page_of_a_gateway_that_does_not_say_may_have_more_before_it() {
    let rows: Vec<_> = (0..200).map(|n| user(&format!("u{n}"), n, "hi")).collect();
    assert!(Chat::open(&rows).transcript.snapshot().has_older);
    assert!(!Chat::open(&rows[1..]).transcript.snapshot().has_older);
}
