//! What the session does now, and what a stop means, where more than one run may go on.

use serde_json::{Value, json};

use super::page::{Chat, call, keyed, user};
use crate::view::{ItemKey, RunView};

const APPROVAL: &str = "3f9a1c52-0000-4000-8000-000000000001";

fn item() -> ItemKey {
    ItemKey(format!("g/exec/{APPROVAL}"))
}

/// The inbox tells that a call of this session waits.
fn inbox_tells(chat: &mut Chat, call: &str) {
    let updates = chat.transcript.approval(&item(), Some(call), None, 7.0);
    chat.take(updates);
}

/// A session as it is found at the start of the app: a run that was begun before has asked.
fn found() -> (Chat, Value) {
    let history = json!({"messages": [user("u1", 1, "go"), call("m1", 2, "old", "", "c1")],
        "sessionInfo": {"hasActiveRun": true, "activeRunIds": ["old"]}});
    let mut chat = Chat::new();
    chat.history(history.clone());
    inbox_tells(&mut chat, "c1");
    (chat, history)
}

fn waits(chat: &Chat) -> bool {
    matches!(&chat.page.run, RunView::WaitingForApproval { item: Some(of), .. } if *of == item())
}

#[test]
fn a_stop_means_the_run_that_was_found_and_not_only_the_one_of_the_last_message() {
    let (mut chat, history) = found();
    chat.send("k1", "and now?");
    chat.accepted("k1", "k1");
    for again in [false, true] {
        if again {
            chat.history(history.clone());
        }
        let abort = chat.transcript.abort_begin().unwrap();
        chat.take(abort.updates);
        assert_eq!(
            abort.run, None,
            "no run is named, so the session's are meant"
        );
        assert!(abort.of.contains(&"old".to_owned()), "{:?}", abort.of);
        let updates = chat.transcript.abort_failed();
        chat.take(updates);
    }
}

#[test]
fn the_only_run_is_named_where_it_began_before_our_eyes() {
    let mut chat = Chat::open(&[user("u0", 1, "before")]);
    chat.send("k1", "go");
    chat.accepted("k1", "k1");
    let abort = chat.transcript.abort_begin().unwrap();
    assert_eq!(abort.run.as_deref(), Some("k1"));
}

#[test]
fn a_run_that_was_found_in_flight_is_not_named() {
    let mut chat = Chat::new();
    chat.history(
        json!({"messages": [], "inFlightRun": {"runId": "old", "text": "On it"},
        "sessionInfo": {"hasActiveRun": true, "activeRunIds": ["old"]}}),
    );
    let abort = chat.transcript.abort_begin().unwrap();
    assert_eq!(abort.run, None);
    chat.take(abort.updates);
    assert_eq!(chat.page.run, RunView::Aborting { run: "old".into() });
}

#[test]
fn a_call_that_waits_and_is_not_of_the_run_that_is_known_leaves_that_unnamed() {
    // Protocol 3 tells neither the runs that go on nor whose a call is.
    let mut chat = Chat::open(&[user("u1", 1, "go")]);
    inbox_tells(&mut chat, "c1");
    chat.send("k1", "and now?");
    chat.accepted("k1", "k1");
    assert_eq!(chat.transcript.abort_begin().unwrap().run, None);
}

#[test]
fn a_run_that_the_gateway_did_not_stop_is_known_to_go_on() {
    let (mut chat, _) = found();
    chat.send("k1", "and now?");
    chat.accepted("k1", "k1");
    let abort = chat.transcript.abort_begin().unwrap();
    chat.take(abort.updates);
    let updates = chat.transcript.abort_confirmed(&["k1".to_owned()], 9.0);
    chat.take(updates);
    assert!(chat.transcript.goes_on(&abort.of));
    assert!(waits(&chat), "{:?}", chat.page.run);
    let updates = chat.transcript.abort_confirmed(&["old".to_owned()], 9.0);
    chat.take(updates);
    assert!(!chat.transcript.goes_on(&abort.of));
    assert_eq!(chat.page.run, RunView::Idle);
}

#[test]
fn what_waits_for_the_person_is_shown_before_what_works() {
    let (mut chat, history) = found();
    assert!(waits(&chat), "{:?}", chat.page.run);
    chat.send("k1", "and now?");
    chat.accepted("k1", "k1");
    assert!(
        waits(&chat),
        "right after a new message: {:?}",
        chat.page.run
    );
    chat.history(history);
    assert!(waits(&chat), "after the history too: {:?}", chat.page.run);
    chat.event(
        "exec.approval.resolved",
        json!({"id": APPROVAL, "decision": "allow-once"}),
    );
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "old"));
}

#[test]
fn a_call_that_waits_shows_before_the_history_has_come() {
    let mut chat = Chat::new();
    inbox_tells(&mut chat, "c1");
    assert!(waits(&chat), "{:?}", chat.page.run);
    let abort = chat.transcript.abort_begin().expect("it can be stopped");
    chat.take(abort.updates);
    assert_eq!(abort.run, None);
    let updates = chat.transcript.abort_failed();
    chat.take(updates);
    chat.history(json!({"messages": [keyed("u1", 1, "go", "k1")],
        "sessionInfo": {"hasActiveRun": false, "activeRunIds": []}}));
    assert_eq!(chat.page.run, RunView::Idle, "the history knows better");
}

#[test]
fn a_session_that_is_said_to_be_idle_has_no_run_that_was_only_found() {
    let mut chat = Chat::new();
    chat.history(json!({"messages": [], "sessionInfo": {"hasActiveRun": true}}));
    assert!(matches!(chat.page.run, RunView::Running { .. }));
    chat.event(
        "sessions.changed",
        json!({"sessionKey": "agent:main:main", "hasActiveRun": false}),
    );
    assert_eq!(chat.page.run, RunView::Idle);
}
