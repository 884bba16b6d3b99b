//! A turn of a conversation: streamed, and cut short.

use std::time::{Duration, Instant};

use gatehouse_client::RequestError;
use gatehouse_protocol::{
    GatewayEvent,
    event::{ChatEvent, ChatState},
    methods::{
        ChatAbort, ChatAbortParams, ChatHistoryGet, ChatHistoryParams, ChatSend, ChatSendParams,
        MessagesSubscribe, MessagesSubscribeParams,
    },
    model::message::ChatHistory,
};
use gatehouse_testkit::gateway::Version;

use super::connecting::stalled;
use crate::{
    client::{Client, Dial, SOON},
    peers::shared,
};

/// Watches a session and says something in it. Returns the run's id, which is `key`.
pub(crate) async fn say(client: &Client, session: &str, key: &str, message: &str) {
    let watched = MessagesSubscribeParams {
        key: session.to_owned(),
        ..MessagesSubscribeParams::default()
    };
    client
        .connection
        .request::<MessagesSubscribe>(watched)
        .await
        .unwrap();
    let said = ChatSendParams {
        session_key: session.to_owned(),
        message: message.to_owned(),
        idempotency_key: key.to_owned(),
        ..ChatSendParams::default()
    };
    let sent = client.connection.request::<ChatSend>(said).await.unwrap();
    assert_eq!(
        sent.run_id.as_deref(),
        Some(key),
        "the run is named by the message"
    );
}

/// Waits for the end of a run and returns its last event.
pub(crate) async fn ended(client: &Client, run: &str) -> ChatEvent {
    client
        .hears(|event| match event {
            GatewayEvent::Chat(chat) if chat.run_id == run => match chat.state {
                Some(ChatState::Final | ChatState::Aborted | ChatState::Error) => {
                    Some(ChatEvent::clone(chat))
                }
                _ => None,
            },
            _ => None,
        })
        .await
}

/// The texts of a session, oldest first.
pub(crate) async fn texts(client: &Client, session: &str) -> Vec<String> {
    let history = read_history(client, session).await;
    history
        .messages
        .items
        .iter()
        .map(|message| message.content.text())
        .collect()
}

/// Reads the history as the app must: a v3 gateway greets and then says for a while that it can't yet.
async fn read_history(client: &Client, session: &str) -> ChatHistory {
    let params = ChatHistoryParams {
        session_key: session.to_owned(),
        ..ChatHistoryParams::default()
    };
    let begun = Instant::now();
    loop {
        let answer = client
            .connection
            .request::<ChatHistoryGet>(params.clone())
            .await;
        match answer {
            Ok(history) => return history,
            Err(RequestError::Gateway(error)) if error.retryable && begun.elapsed() < SOON => {
                let pause = Duration::from_millis(error.retry_after_ms.unwrap_or(500));
                tokio::time::sleep(pause).await;
            }
            Err(error) => panic!("no history: {error:?}"),
        }
    }
}

pub(crate) async fn a_turn_is_streamed_whole_and_in_order(version: Version) {
    let gateway = shared(version).await;
    let (client, _) = Client::ready(Dial::to(gateway, "streamed")).await;
    let (session, run) = ("agent:main:streamed", "a-streamed-turn");
    say(&client, session, run, "stream: 60").await;
    let last = ended(&client, run).await;

    let wanted: String = (1..=60).map(|n| format!("word{n} ")).collect();
    let wanted = wanted.trim();
    let text = last
        .message
        .expect("the last event has the whole message")
        .content
        .text();
    assert_eq!(text.trim(), wanted);

    let deltas = deltas_of(&client, run);
    assert!(
        deltas.len() > 1,
        "it came in pieces, not in one: {deltas:?}"
    );
    let seen = assembled(&deltas);
    assert!(wanted.starts_with(seen.trim()), "the pieces fit: {seen:?}");
    let history = texts(&client, session).await;
    assert!(
        history.iter().any(|text| text.trim() == wanted),
        "the history has it: {history:?}"
    );
}

fn deltas_of(client: &Client, run: &str) -> Vec<ChatEvent> {
    let chats = client.heard().into_iter().filter_map(|event| match event {
        GatewayEvent::Chat(chat) if chat.run_id == run => Some(*chat),
        _ => None,
    });
    chats
        .filter(|chat| chat.state == Some(ChatState::Delta))
        .collect()
}

/// The text that the deltas make. Protocol 4 sends what is new, protocol 3 all there is so far.
fn assembled(deltas: &[ChatEvent]) -> String {
    let mut text = String::new();
    for delta in deltas {
        match &delta.delta_text {
            Some(new) if delta.replace => text.clone_from(new),
            Some(new) => text.push_str(new),
            None => {
                let whole = delta.message.as_ref().map(|message| message.content.text());
                let whole = whole.expect("a delta has a text");
                assert!(whole.starts_with(&text), "{whole:?} goes on from {text:?}");
                text = whole;
            }
        }
    }
    text
}

pub(crate) async fn an_aborted_run_ends_and_its_model_is_left_alone(version: Version) {
    // The only test that stalls the shared gateway's model.
    let gateway = shared(version).await;
    let (client, _) = Client::ready(Dial::to(gateway, "aborted")).await;
    let (session, run) = ("agent:main:aborted", "an-aborted-turn");
    say(&client, session, run, "slow: never mind").await;
    stalled(gateway, 1).await;
    let abort = ChatAbortParams {
        session_key: session.to_owned(),
        run_id: Some(run.to_owned()),
        ..ChatAbortParams::default()
    };
    client.connection.request::<ChatAbort>(abort).await.unwrap();
    assert_eq!(ended(&client, run).await.state, Some(ChatState::Aborted));
    stalled(gateway, 0).await;
}
