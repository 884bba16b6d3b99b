//! What came while nobody listened is read, and no hole is left where it was.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use desk::{Desk, OpenedChat};
use gatehouse_fleet::view::{GatewayId, SessionRef};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};

const SESSION: &str = "agent:main:main";

fn main_session(gateway: &GatewayId) -> SessionRef {
    SessionRef {
        gateway: gateway.clone(),
        key: SESSION.to_owned(),
    }
}

fn ends_with(chat: &gatehouse_fleet::view::ChatSnapshot, number: usize) -> bool {
    let last = chat.messages.last();
    !chat.cached && last.is_some_and(|message| message.id == id(number))
}

fn id(number: usize) -> String {
    format!("message-{number:06}")
}

/// The ids of all messages, as a person finds them who scrolls to the beginning.
async fn to_the_beginning(desk: &Desk, chat: &OpenedChat) -> Vec<String> {
    let shown = chat.shown.messages.iter();
    let mut ids: Vec<String> = shown.map(|message| message.id.clone()).collect();
    let mut has_older = chat.shown.has_older;
    while has_older {
        let session = chat.shown.session.clone();
        let older = desk.fleet.chat_older(session, ids[0].clone()).await;
        let older = older.unwrap();
        has_older = older.has_older;
        let fresh = older.messages.into_iter().map(|message| message.id);
        let fresh: Vec<String> = fresh.filter(|id| !ids.contains(id)).collect();
        ids.splice(0..0, fresh);
    }
    ids
}

#[tokio::test]
async fn nothing_is_missing_in_a_chat_of_which_much_was_missed_while_the_gateway_was_away() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let home = desk.join(&gateway.url(), "home", "secret").await;
    let mut chat = OpenedChat::open(&desk, &main_session(&home)).await;
    chat.until("the history", |chat| ends_with(chat, 19)).await;
    // More than is read at once, so that what is read does not go on from what is known.
    gateway.grows(SESSION, 500);
    gateway.drop_all();
    chat.until("what was missed", |chat| ends_with(chat, 499))
        .await;
    let ids = to_the_beginning(&desk, &chat).await;
    let all: Vec<String> = (0..500).map(id).collect();
    assert_eq!(ids, all);
}

#[tokio::test]
async fn what_is_known_of_a_chat_stays_known_where_what_was_missed_goes_on_from_it() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let home = desk.join(&gateway.url(), "home", "secret").await;
    let mut chat = OpenedChat::open(&desk, &main_session(&home)).await;
    chat.until("the history", |chat| ends_with(chat, 19)).await;
    gateway.grows(SESSION, 215);
    gateway.drop_all();
    chat.until("what was missed", |chat| ends_with(chat, 214))
        .await;
    desk.fleet.shutdown().await;
    let again = Desk::over(desk.folder.clone(), desk.vault.clone()).await;
    drop(gateway);
    let chat = OpenedChat::open(&again, &main_session(&home)).await;
    let ids = to_the_beginning(&again, &chat).await;
    let all: Vec<String> = (0..215).map(id).collect();
    assert_eq!(ids, all, "all of it is in the cache");
}
