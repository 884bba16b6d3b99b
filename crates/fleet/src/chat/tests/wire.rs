//! Frames of a real gateway (protocol 4, 2026.9.6), cut down to the events and fields that a transcript reads.

use serde_json::Value;

use super::page::Chat;
use crate::view::{BlockView, Decision, RunView, ToolState};

const TURN: &str = include_str!("frames/v4-turn.jsonl");
const APPROVAL: &str = include_str!("frames/v4-approval.jsonl");

/// The frames, by name.
fn frames(recorded: &str) -> Vec<(String, Value)> {
    recorded
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Map<String, Value>>(line).unwrap())
        .flat_map(serde_json::Map::into_iter)
        .collect()
}

fn play(chat: &mut Chat, name: &str, payload: &Value) {
    if name == "history" {
        chat.history(payload.clone());
    } else {
        chat.event(name, payload.clone());
    }
}

/// What the recorded history says, in a chat that saw nothing else.
fn told(recorded: &str) -> Vec<String> {
    let mut chat = Chat::new();
    for (name, payload) in frames(recorded) {
        if name == "history" {
            chat.history(payload);
        }
    }
    chat.page.lines()
}

#[test]
fn a_streamed_turn_ends_as_its_history_tells_it() {
    let mut chat = Chat::open(&[]);
    for (name, payload) in frames(TURN).iter().filter(|(name, _)| name != "history") {
        play(&mut chat, name, payload);
    }
    assert_eq!(chat.page.run, RunView::Idle);
    let told = told(TURN);
    assert_eq!(chat.page.lines(), told[told.len() - 2..]);
}

#[test]
fn a_turn_with_an_approved_command_ends_as_its_history_tells_it() {
    let mut chat = Chat::open(&[]);
    let mut waited = false;
    for (name, payload) in frames(APPROVAL)
        .iter()
        .filter(|(name, _)| name != "history")
    {
        play(&mut chat, name, payload);
        waited |= matches!(
            &chat.page.run,
            RunView::WaitingForApproval { item: Some(_), .. }
        );
    }
    assert!(waited, "the run waited for its approval");
    assert_eq!(chat.page.run, RunView::Idle);
    let told = told(APPROVAL);
    assert_eq!(chat.page.lines(), told[told.len() - 3..]);
    let call = chat
        .page
        .messages
        .iter()
        .flat_map(|message| &message.blocks);
    let mut call = call.filter_map(|block| match block {
        BlockView::Tool { tool } => Some(tool),
        _ => None,
    });
    let call = call.next_back().unwrap();
    assert_eq!(
        (call.summary.as_str(), call.state),
        ("uname -a", ToolState::Done)
    );
    assert_eq!((call.exit_code, call.duration_ms), (Some(0), Some(20.0)));
    assert_eq!(call.decision, Some(Decision::AllowOnce));
}

#[test]
fn the_history_after_a_turn_changes_nothing_but_adds_what_was_before_it() {
    for recorded in [TURN, APPROVAL] {
        let mut chat = Chat::new();
        for (name, payload) in frames(recorded) {
            play(&mut chat, &name, &payload);
        }
        assert_eq!(chat.page.lines(), told(recorded));
    }
}

#[test]
fn a_connection_lost_after_any_frame_is_made_up_for_by_the_history() {
    for recorded in [TURN, APPROVAL] {
        let frames = frames(recorded);
        for seen in 0..frames.len() {
            let mut chat = Chat::new();
            for (name, payload) in &frames[..seen] {
                play(&mut chat, name, payload);
            }
            let updates = chat.transcript.online(false);
            chat.take(updates);
            let updates = chat.transcript.online(true);
            chat.take(updates);
            for (name, payload) in frames.iter().filter(|(name, _)| name == "history") {
                play(&mut chat, name, payload);
            }
            assert_eq!(chat.page.lines(), told(recorded), "after {seen} frames");
            assert_eq!(chat.page.run, RunView::Idle, "after {seen} frames");
        }
    }
}
