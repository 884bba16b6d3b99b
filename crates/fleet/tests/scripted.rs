//! The whole fleet against a gateway that does what a test says.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use desk::{Desk, OpenedChat};
use gatehouse_fleet::NoticeCommand;
use gatehouse_fleet::view::{Decision, PhaseView, Role, SessionRef};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};

fn main_session(gateway: &gatehouse_fleet::view::GatewayId) -> SessionRef {
    SessionRef {
        gateway: gateway.clone(),
        key: "agent:main:main".to_owned(),
    }
}

#[tokio::test]
async fn an_approval_is_notified_decided_once_and_shown_as_recorded() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let approval = gateway.ask("uname -a");

    let shown = desk
        .notice(|c| match c {
            NoticeCommand::Show(notice) => Some(notice.clone()),
            _ => None,
        })
        .await;
    assert!(shown.body.contains("uname -a"), "{}", shown.body);
    let item = desk.waits(&id, "uname -a").await;
    assert_eq!(
        (item.key.clone(), item.revision),
        (shown.key.clone(), shown.revision)
    );

    desk.decide(&item, Decision::AllowOnce).await.unwrap();
    let again = desk.decide(&item, Decision::Deny).await;
    assert!(again.is_err(), "the second click is refused");
    let withdrawn = desk
        .notice(|c| matches!(c, NoticeCommand::Withdraw { key } if *key == item.key).then_some(()));
    withdrawn.await;
    let ended = desk.ended(&id, "uname -a").await;
    assert!(
        matches!(
            ended,
            PhaseView::Decided {
                decision: Decision::AllowOnce,
                by_this_app: true,
                ..
            }
        ),
        "{ended:?}"
    );
    assert_eq!(
        gateway.record(&approval),
        (Some("allow-once".to_owned()), 1)
    );
}

#[tokio::test]
async fn an_approval_that_was_raised_while_away_is_there_after_the_reconnect() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.drop_all();
    gateway.ask_silently("raised while away");
    desk.waits(&id, "raised while away").await;
}

#[tokio::test]
async fn a_fleet_that_was_killed_comes_back_with_what_it_had() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.ask("before the kill");
    desk.waits(&id, "before the kill").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let Desk {
        fleet,
        vault,
        folder,
        ..
    } = desk;
    // Not a shutdown: the handle is forgotten while everything still runs.
    std::mem::forget(fleet);

    let desk = Desk::over(folder, vault).await;
    let inbox = desk.fleet.inbox_snapshot().await;
    assert_eq!(
        inbox.items.len(),
        1,
        "known before the gateway has answered"
    );
    let item = desk.waits(&id, "before the kill").await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    let ended = desk.ended(&id, "before the kill").await;
    assert!(
        matches!(
            ended,
            PhaseView::Decided {
                decision: Decision::Deny,
                ..
            }
        ),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_flood_of_requests_leaves_the_fleet_answering_and_bounded() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    for n in 0..20_000 {
        gateway.emit(
            "exec.approval.requested",
            serde_json::json!({"id": format!("f{n}"), "request": {"command": format!("flood {n}"),
                "allowedDecisions": ["allow-once", "deny"]}, "createdAtMs": n, "expiresAtMs": null}),
        );
        if n % 500 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let overflowed = async || {
        desk.fleet
            .inbox_snapshot()
            .await
            .overflow
            .contains(&id)
            .then_some(())
    };
    desk.eventually("the overflow", overflowed).await;
    assert!(desk.fleet.inbox_snapshot().await.items.len() <= 1_300);
}

#[tokio::test]
async fn a_transcript_opens_from_the_gateway_and_pages_back() {
    let script = Script {
        sessions: vec![gatehouse_testkit::scripted_gateway::ScriptedSession {
            key: "agent:main:main".to_owned(),
            title: "Main".to_owned(),
            messages: 700,
        }],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let session = main_session(&id);
    let mut chat = OpenedChat::open(&desk, &session).await;
    chat.until("the history", |shown| {
        !shown.cached && !shown.messages.is_empty()
    })
    .await;
    assert!(chat.shown.has_older);
    let first = chat.shown.messages[0].id.clone();
    let older = desk.fleet.chat_older(session, first).await.unwrap();
    assert!(!older.messages.is_empty());
    let shown: Vec<_> = chat.shown.messages.iter().map(|m| &m.id).collect();
    assert!(
        older.messages.iter().all(|m| !shown.contains(&&m.id)),
        "a page of others"
    );
    assert!(!chat.texts(Role::User).is_empty());
}
