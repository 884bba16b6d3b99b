//! A stop, as the gateway is asked for it and as the person is told of it.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use desk::{Desk, OpenedChat, SOON};
use gatehouse_fleet::view::{RunView, SendMessage, SessionRef};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use serde_json::Value;

/// A session in which a run goes on that the app found, and one of a message of ours.
async fn two_runs(gateway: &ScriptedGateway) -> (Desk, SessionRef, OpenedChat) {
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let session = SessionRef {
        gateway: id,
        key: "agent:main:main".to_owned(),
    };
    let mut chat = OpenedChat::open(&desk, &session).await;
    chat.until("the run is found", |c| is_running(&c.run, "found"))
        .await;
    let message = SendMessage {
        session: session.clone(),
        id: "ours".to_owned(),
        text: "and now?".to_owned(),
        attachments: Vec::new(),
    };
    desk.fleet.chat_send(message).await.unwrap();
    chat.until("ours runs", |c| is_running(&c.run, "ours"))
        .await;
    gateway.starts("ours");
    (desk, session, chat)
}

fn is_running(run: &RunView, id: &str) -> bool {
    matches!(run, RunView::Running { run, .. } if run == id)
}

/// Stops the session; what the gateway was asked, and what the person is told.
async fn stop(
    gateway: &ScriptedGateway,
    desk: &Desk,
    session: &SessionRef,
) -> (Value, Result<(), &'static str>) {
    let mut requests = gateway.requests();
    let stopped = desk.fleet.chat_abort(session.clone()).await;
    let abort = async {
        loop {
            let seen = requests.recv().await.unwrap();
            if seen.method == "chat.abort" {
                return seen.params;
            }
        }
    };
    let asked = tokio::time::timeout(SOON, abort).await.unwrap();
    (asked, stopped.map_err(|error| error.code()))
}

#[tokio::test]
async fn a_stop_ends_the_run_that_was_found_as_well_as_the_one_of_the_last_message() {
    let script = Script {
        running: vec!["found"],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let (desk, session, mut chat) = two_runs(&gateway).await;
    let (asked, told) = stop(&gateway, &desk, &session).await;
    assert_eq!(asked["runId"], Value::Null, "the session's runs are meant");
    assert_eq!(told, Ok(()));
    chat.until("nothing runs", |c| c.run == RunView::Idle).await;
}

#[tokio::test]
async fn a_run_that_the_gateway_left_is_shown_and_said_to_go_on() {
    let script = Script {
        running: vec!["found"],
        unstoppable: vec!["found"],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let (desk, session, mut chat) = two_runs(&gateway).await;
    let (_, told) = stop(&gateway, &desk, &session).await;
    assert_eq!(told, Err("runGoesOn"));
    chat.until("the other goes on", |c| is_running(&c.run, "found"))
        .await;
}
