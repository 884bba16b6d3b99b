//! What goes wrong at a gateway, and what a person is told of it while it does and after it.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use desk::{Desk, OpenedChat};
use gatehouse_fleet::view::{
    ConnectionView, Decision, GatewayId, GatewayView, PhaseView, SessionRef, ToolState,
};
use gatehouse_fleet::{Clock, NoticeCommand};
use gatehouse_testkit::cable::Cable;
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use serde_json::json;

/// A gateway that can be unplugged.
async fn gateway() -> (ScriptedGateway, Cable) {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let port = gateway.url().rsplit(':').next().unwrap().parse().unwrap();
    let cable = Cable::to(port).await.unwrap();
    (gateway, cable)
}

async fn view(desk: &Desk, id: &GatewayId) -> GatewayView {
    let gateways = desk.fleet.gateways_list().await;
    gateways.into_iter().find(|g| g.id == *id).unwrap()
}

async fn away(desk: &Desk, id: &GatewayId) {
    desk.connection(id, |c| !matches!(c, ConnectionView::Ready { .. }))
        .await;
}

#[tokio::test]
async fn what_could_not_be_read_is_counted_and_how_the_connection_broke_is_kept() {
    let (gateway, cable) = gateway().await;
    let desk = Desk::new().await;
    let id = desk.join(&cable.url(), "home", "secret").await;
    let before = view(&desk, &id).await;
    assert_eq!((before.unreadable, before.interruption), (None, None));

    gateway.emit_raw("{\"type\": \"event\", ");
    gateway.emit("exec.approval.requested", json!({"no": "id"}));
    let counted = async || {
        let unreadable = view(&desk, &id).await.unreadable?;
        (unreadable.count == 2 && unreadable.last_at > 0.0).then_some(())
    };
    desk.eventually("two frames are counted", counted).await;
    let connection = view(&desk, &id).await.connection;
    assert!(matches!(connection, ConnectionView::Ready { .. }));

    let since = view(&desk, &id).await.last_seen;
    // Larger than the client takes, in one frame.
    gateway.emit_raw(format!("{{\"type\": \"{}\"}}", "x".repeat(40 << 20)));
    let interrupted = async || view(&desk, &id).await.interruption;
    let interruption = desk.eventually("it is told", interrupted).await;
    assert_eq!(interruption.problem.code, "frameTooLarge");
    desk.connected(&id).await;
    let after = view(&desk, &id).await;
    assert_eq!(
        after.interruption,
        Some(interruption),
        "it stays to be read"
    );
    assert!(after.last_seen > since);
}

#[tokio::test]
async fn that_a_gateway_is_away_is_taken_back_when_it_is_not_away_any_more() {
    let (_gateway, cable) = gateway().await;
    let ahead = Arc::new(AtomicI64::new(0));
    let jump = ahead.clone();
    let system = Clock::system();
    let clock = Clock::new(move || system.now() + jump.load(Ordering::SeqCst));
    let desk = Desk::by(clock).await;
    let id = desk.join(&cable.url(), "home", "secret").await;
    let told = |c: &NoticeCommand| match c {
        NoticeCommand::Lasting { key, notice } => Some((key.clone(), notice.title.clone())),
        _ => None,
    };
    for ends in ["it is back", "it is paused"] {
        cable.unplug();
        away(&desk, &id).await;
        ahead.fetch_add(60_000, Ordering::SeqCst);
        let (key, title) = desk.notice(told).await;
        assert_eq!(title, "home is not reachable");
        if ends == "it is back" {
            cable.plug();
        } else {
            desk.fleet.gateway_pause(id.clone(), true).await.unwrap();
        }
        desk.notice(|c| {
            matches!(c, NoticeCommand::Withdraw { key: of } if *of == key).then_some(())
        })
        .await;
        if ends == "it is back" {
            desk.connected(&id).await;
        }
    }
}

#[tokio::test]
async fn a_command_that_waits_is_not_said_to_run_when_its_gateway_goes() {
    let (gateway, cable) = gateway().await;
    let desk = Desk::new().await;
    let id = desk.join(&cable.url(), "home", "secret").await;
    let session = SessionRef {
        gateway: id.clone(),
        key: "agent:main:main".to_owned(),
    };
    let mut chat = OpenedChat::open(&desk, &session).await;
    gateway.emit(
        "agent",
        json!({"runId": "run-1", "stream": "tool", "seq": 1, "sessionKey": "agent:main:main",
            "data": {"phase": "start", "name": "exec", "toolCallId": "call-1",
                "args": {"command": "uname -a"}}}),
    );
    let approval = gateway.ask("uname -a");
    let waits = |tools: Vec<gatehouse_fleet::view::ToolView>| {
        let mut tools = tools.into_iter();
        tools.any(|t| t.id == "call-1" && t.state == ToolState::WaitingForApproval)
    };
    let state = |chat: &gatehouse_fleet::view::ChatSnapshot, state: ToolState| {
        let json = serde_json::to_value(chat).unwrap().to_string();
        json.contains(&format!("\"state\":{}", json!(state)))
    };
    chat.until("the call waits", |c| {
        state(c, ToolState::WaitingForApproval)
    })
    .await;
    cable.unplug();
    let unreachable = |p: &PhaseView| matches!(p, PhaseView::Unreachable { .. });
    desk.item(&id, "uname -a", unreachable).await;
    let (shown, _updates) = desk.fleet.chat_open(session.clone()).await.unwrap();
    assert!(state(&shown, ToolState::WaitingForApproval), "{shown:#?}");
    assert!(!state(&shown, ToolState::Running), "{shown:#?}");
    assert!(waits(chat.tools()));

    // Somebody else refuses it meanwhile.
    gateway.answer(&approval, "deny", "Bob");
    cable.plug();
    desk.ended(&id, "uname -a").await;
    let (shown, _updates) = desk.fleet.chat_open(session).await.unwrap();
    assert!(!state(&shown, ToolState::Running), "{shown:#?}");
}

#[tokio::test]
async fn a_command_that_the_gateway_did_not_say_can_only_be_refused() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    for command in [
        json!(["rm", "-rf", "/"]),
        json!({"a": 1}),
        json!(" "),
        json!(null),
    ] {
        let request =
            json!({"command": command, "agentId": "main", "sessionKey": "agent:main:main"});
        let approval = json!({"id": command.to_string(), "request": request, "createdAtMs": 1});
        gateway.emit("exec.approval.requested", approval);
        let notice = desk.notice(|c| match c {
            NoticeCommand::Show(notice) => Some(notice.clone()),
            _ => None,
        });
        let notice = notice.await;
        assert_eq!(notice.buttons, [Decision::Deny], "{}", notice.body);
        assert!(notice.body.contains("did not say what would run"));

        let inbox = desk.fleet.inbox_snapshot().await;
        let mut items = inbox.items.into_iter();
        let item = items.find(|item| item.key == notice.key).unwrap();
        assert!(item.unsaid && !item.subject.trim().is_empty());
        assert_eq!(item.offered, [Decision::Deny]);
        assert_eq!(item.gateway, id);
        let refused = desk.decide(&item, Decision::AllowOnce).await;
        assert_eq!(refused.unwrap_err(), "notOffered");
    }
}
