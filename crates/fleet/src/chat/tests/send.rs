//! Our own messages: shown once, whatever comes first and whatever is lost.

use serde_json::json;

use super::page::{Chat, agent, keyed, user};
use crate::view::{
    AttachmentInput, BlockView, ChatUpdate, MessageState, ProblemView, RunView, SendMessage,
};

fn problem() -> ProblemView {
    ProblemView {
        code: "notConnected".into(),
        detail: None,
        request_id: None,
        device_id: None,
    }
}

#[test]
fn a_message_is_shown_at_once_and_gets_the_gateways_id_later() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    assert_eq!(chat.page.messages[0].state, MessageState::Sending);
    chat.accepted("k1", "k1");
    assert!(matches!(&chat.page.run, RunView::Running { run, .. } if run == "k1"));
    let updates = chat.row(keyed("u1", 1, "hello", "k1"));
    assert!(matches!(&updates[0], ChatUpdate::Renamed { from, to } if from == "k1" && to == "u1"));
    assert_eq!(chat.page.lines(), ["user: hello"]);
    assert_eq!(chat.page.messages[0].state, MessageState::Done);
}

#[test]
fn a_message_that_comes_back_before_its_answer_is_not_failed_by_a_lost_answer() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    chat.row(keyed("u1", 1, "hello", "k1"));
    let updates = chat.transcript.send_failed("k1", problem());
    assert!(updates.is_empty());
    assert_eq!(chat.page.messages[0].state, MessageState::Done);
}

#[test]
fn a_failed_message_is_sent_again_under_its_own_key() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    let updates = chat.transcript.send_failed("k1", problem());
    chat.take(updates);
    assert!(matches!(
        chat.page.messages[0].state,
        MessageState::Failed { .. }
    ));
    let (send, updates) = chat.transcript.retry("k1").unwrap();
    chat.take(updates);
    assert_eq!((send.id.as_str(), send.text.as_str()), ("k1", "hello"));
    assert_eq!(chat.page.messages[0].state, MessageState::Sending);
    assert!(chat.transcript.retry("k1").is_none(), "it is on its way");
}

#[test]
fn a_message_taken_although_its_answer_was_lost_is_shown_once_after_a_reconnect() {
    let mut chat = Chat::open(&[user("u0", 1, "before")]);
    chat.send("k1", "hello");
    let updates = chat.transcript.online(false);
    chat.take(updates);
    let updates = chat.transcript.online(true);
    chat.take(updates);
    assert_eq!(chat.transcript.unanswered().len(), 1);
    let updates =
        chat.history(json!({"messages": [user("u0", 1, "before"), keyed("u1", 2, "hello", "k1")]}));
    assert!(
        !updates
            .iter()
            .any(|update| matches!(update, ChatUpdate::Reset { .. }))
    );
    assert_eq!(chat.page.lines(), ["user: before", "user: hello"]);
    assert!(chat.transcript.unanswered().is_empty());
}

#[test]
fn a_message_being_sent_survives_a_reload_that_does_not_have_it() {
    let mut chat = Chat::open(&[user("u0", 1, "before")]);
    chat.send("k1", "hello");
    chat.history(json!({"messages": [user("u0", 1, "before")]}));
    assert_eq!(chat.page.lines(), ["user: before", "user: hello"]);
    assert_eq!(chat.page.ids(), ["u0", "k1"]);
}

#[test]
fn two_messages_with_the_same_words_stay_two() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "again");
    chat.send("k2", "again");
    chat.row(keyed("u1", 1, "again", "k1"));
    assert_eq!(chat.page.ids(), ["u1", "k2"]);
    chat.row(keyed("u2", 2, "again", "k2"));
    assert_eq!(chat.page.ids(), ["u1", "u2"]);
}

#[test]
fn a_gateway_that_keeps_no_keys_is_matched_by_the_words() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    chat.accepted("k1", "k1");
    chat.row(user("u1", 1, "hello"));
    assert_eq!(chat.page.ids(), ["u1"]);
}

#[test]
fn our_message_stays_before_the_reply_that_overtakes_it() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    chat.accepted("k1", "k1");
    chat.row(agent("m1", 2, "k1", "Hi."));
    chat.row(keyed("u1", 1, "hello", "k1"));
    assert_eq!(chat.page.lines(), ["user: hello", "agent: Hi."]);
}

#[test]
fn a_message_sent_into_a_run_moves_to_where_the_gateway_puts_it() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "Working", "Working");
    chat.send("k1", "faster");
    chat.delta("r", " on it", "Working on it");
    chat.row(keyed("u1", 1, "faster", "k1"));
    chat.row(agent("m1", 2, "r", "Working on it"));
    assert_eq!(chat.page.lines(), ["user: faster", "agent: Working on it"]);
}

#[test]
fn pictures_of_ours_stay_when_the_gateway_leaves_their_bytes_out() {
    let mut chat = Chat::open(&[]);
    let send = SendMessage {
        session: chat.transcript.session().clone(),
        id: "k1".into(),
        text: "look".into(),
        attachments: vec![
            AttachmentInput {
                name: "a.png".into(),
                mime: "image/png".into(),
                data: "AAAA".into(),
            },
            AttachmentInput {
                name: "b\u{202e}.pdf".into(),
                mime: "application/pdf".into(),
                data: "AAAA".into(),
            },
        ],
    };
    let updates = chat.transcript.send_begin(&send, 5.0);
    chat.take(updates);
    chat.row(json!({"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image", "mimeType": "image/png"}],
        "idempotencyKey": "k1:user", "__openclaw": {"id": "u1", "seq": 1}}));
    assert_eq!(
        chat.page.lines(),
        ["user: look <image a.png> <file b⟨U+202E⟩.pdf>"]
    );
    let BlockView::Image { data, .. } = &chat.page.messages[0].blocks[1] else {
        panic!("a picture");
    };
    assert_eq!(data.as_deref(), Some("data:image/png;base64,AAAA"));
}

#[test]
fn sending_the_same_message_twice_shows_it_once() {
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    assert!(chat.send("k1", "hello").is_empty());
    assert_eq!(chat.page.messages.len(), 1);
}

#[test]
fn a_message_written_before_it_was_said_to_be_taken_is_shown_once_without_keys_too() {
    let mut chat = Chat::open(&[user("u0", 1, "yes")]);
    chat.send("k1", "yes");
    chat.row(user("u1", 2, "yes"));
    chat.accepted("k1", "k1");
    assert_eq!(chat.page.ids(), ["u0", "u1"]);
}

#[test]
fn an_abort_that_came_too_late_leaves_nothing_running() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "a", "a");
    let abort = chat.transcript.abort_begin().unwrap();
    chat.take(abort.updates);
    let updates = chat.transcript.nothing_runs(5.0);
    chat.take(updates);
    assert_eq!(chat.page.run, RunView::Idle);
    assert!(chat.transcript.abort_begin().is_none());
}

#[test]
fn a_message_that_is_told_first_without_an_id_and_then_with_one_is_shown_once() {
    let unnamed = |at: u64| json!({"role": "user", "content": "hello", "timestamp": at});
    let named = |id: &str, at: u64| json!({"role": "user", "content": "hello", "timestamp": at, "__openclaw": {"id": id}});
    let mut chat = Chat::open(&[]);
    chat.send("k1", "hello");
    chat.accepted("k1", "k1");
    chat.row(unnamed(100));
    let updates = chat.row(named("u1", 900));
    assert!(matches!(&updates[0], ChatUpdate::Renamed { to, .. } if to == "u1"));
    assert_eq!(chat.page.lines(), ["user: hello"]);

    chat.row(unnamed(2_000));
    chat.history(json!({"messages": [named("u1", 900), named("u2", 2_700)]}));
    assert_eq!(chat.page.ids(), ["u1", "u2"], "said twice, shown twice");
}
