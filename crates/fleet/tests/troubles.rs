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
    ConnectionView, Decision, EditGateway, GatewayId, GatewayView, NotificationDetail, PhaseView,
    SendMessage, SessionRef, ToolState,
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
    gateway.emit_raw(format!("{{\"type\": \"{}\"}}", "x".repeat(90 << 20)));
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

/// And by how much it is ahead, in milliseconds.
async fn desk_that_time_passes_on() -> (Desk, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let jump = ahead.clone();
    let system = Clock::system();
    let clock = Clock::new(move || system.now() + jump.load(Ordering::SeqCst));
    (Desk::by(clock).await, ahead)
}

#[tokio::test]
async fn what_is_connected_when_the_app_ends_was_heard_from_until_then() {
    let (_gateway, cable) = gateway().await;
    let (desk, ahead) = desk_that_time_passes_on().await;
    let id = desk.join(&cable.url(), "home", "secret").await;
    let connected = view(&desk, &id).await.last_seen.unwrap();
    ahead.fetch_add(3_600_000, Ordering::SeqCst);
    desk.fleet.shutdown().await;

    cable.unplug();
    let again = Desk::over(desk.folder.clone(), desk.vault.clone()).await;
    let heard = view(&again, &id).await.last_seen.unwrap();
    assert!(
        heard >= connected + 3_600_000.0,
        "an hour of a connection is forgotten: {heard} after {connected}"
    );
}

#[tokio::test]
async fn that_a_gateway_is_away_is_taken_back_when_it_is_not_away_any_more() {
    let (_gateway, cable) = gateway().await;
    let (desk, ahead) = desk_that_time_passes_on().await;
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
async fn a_message_of_a_chat_that_is_left_before_it_was_taken_is_there_when_it_is_opened_again() {
    let gateway = ScriptedGateway::start(Script {
        refuses_messages: true,
        ..Script::default()
    })
    .await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let session = SessionRef {
        gateway: id.clone(),
        key: "agent:main:main".to_owned(),
    };
    let (_, updates) = desk.fleet.chat_open(session.clone()).await.unwrap();
    let message = SendMessage {
        session: session.clone(),
        id: "own-1".to_owned(),
        text: "do not lose me".to_owned(),
        attachments: Vec::new(),
    };
    desk.fleet.chat_send(message).await.unwrap();
    drop(updates);
    desk.fleet.chat_close(session.clone()).await.unwrap();
    let refused = async || {
        let (shown, _updates) = desk.fleet.chat_open(session.clone()).await.unwrap();
        let shown = serde_json::to_string(&shown).unwrap();
        assert!(shown.contains("do not lose me"), "{shown}");
        shown.contains("not now").then_some(())
    };
    desk.eventually("it says why it was not taken", refused)
        .await;
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

#[tokio::test]
async fn a_request_that_is_listed_without_what_is_asked_is_shown_and_can_be_denied() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    for (n, request) in [json!(null), json!("rm -rf /"), json!([1])]
        .into_iter()
        .enumerate()
    {
        let approval = json!({"id": format!("bad{n}"), "request": request, "createdAtMs": 1});
        gateway.emit("exec.approval.requested", approval);
    }
    gateway.emit("exec.approval.requested", json!({"id": "bad3"}));
    let seen = async || {
        let items = desk.fleet.inbox_snapshot().await.items;
        (items.len() == 4).then_some(items)
    };
    for item in desk.eventually("all are shown", seen).await {
        assert!(item.unsaid, "{item:?}");
        assert_eq!(item.offered, [Decision::Deny]);
    }
    assert_eq!(view(&desk, &id).await.unreadable, None);
}

#[tokio::test]
async fn what_is_listed_without_an_id_is_counted_once_and_no_longer_when_it_is_gone() {
    let script = Script {
        listed_garbage: vec![json!("x"), json!({"id": ""}), json!({"request": {}})],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let counted = async |wanted| {
        let counted = async || {
            let view = view(&desk, &id).await;
            (view.unreadable_waiting == wanted).then_some(view)
        };
        desk.eventually("it is told", counted).await
    };
    let first = counted(3).await;
    assert_eq!(first.unreadable.map(|u| u.count), Some(3));
    gateway.emit("device.pair.changed", json!({}));
    gateway.ask("uname -a");
    desk.waits(&id, "uname -a").await;
    assert_eq!(counted(3).await.unreadable.map(|u| u.count), Some(3));
}

#[tokio::test]
async fn gateways_of_one_name_are_numbered() {
    let gateways = [
        ScriptedGateway::start(Script::default()).await,
        ScriptedGateway::start(Script::default()).await,
        ScriptedGateway::start(Script::default()).await,
    ];
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for (gateway, name) in gateways.iter().zip(["Same", " same ", "Other"]) {
        ids.push(desk.add(&gateway.url(), name, "secret").await);
    }
    let edit = EditGateway {
        id: ids[2].clone(),
        url: gateways[2].url(),
        name: "Same".to_owned(),
        pin: None,
    };
    desk.fleet.gateway_edit(edit).await.unwrap();
    let mut names = Vec::new();
    for id in &ids {
        names.push(view(&desk, id).await.name);
    }
    assert_eq!(names, ["Same", "same 2", "Same 3"]);
}

#[tokio::test]
async fn news_of_a_run_names_its_session_unless_notices_are_private() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    desk.join(&gateway.url(), "home", "secret").await;
    for (detail, body) in [
        (NotificationDetail::Full, "agent:main:secret-plan"),
        (NotificationDetail::Private, ""),
    ] {
        let mut settings = desk.fleet.settings().await;
        settings.notifications.run_finished = true;
        settings.notifications.detail = detail;
        desk.fleet.settings_save(settings).await.unwrap();
        let ended = json!({"runId": "r", "sessionKey": "agent:main:secret-plan", "state": "final", "seq": 1});
        gateway.emit("chat", ended);
        let notice = desk.notice(|c| match c {
            NoticeCommand::Plain(notice) => Some(notice.clone()),
            _ => None,
        });
        let notice = notice.await;
        assert_eq!(notice.title, "home: A run has finished");
        assert_eq!(notice.body, body);
    }
}

#[tokio::test]
async fn closing_every_notice_silences_none_of_the_requests_that_follow() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    desk.join(&gateway.url(), "home", "secret").await;
    let shown = |c: &NoticeCommand| match c {
        NoticeCommand::Show(notice) => Some(notice.key.clone()),
        _ => None,
    };
    let mut keys = Vec::new();
    for n in 0..gatehouse_fleet::notices::MAX_SHOWN {
        gateway.ask(&format!("true {n}"));
        keys.push(desk.notice(shown).await);
    }
    gateway.ask("held back");
    let more = desk.notice(|c| matches!(c, NoticeCommand::Lasting { .. }).then_some(()));
    more.await;
    for key in keys {
        desk.fleet.notice_closed(key).await;
    }
    for late in ["held back", "after that"] {
        if late != "held back" {
            gateway.ask(late);
        }
        let body = desk.notice(|c| match c {
            NoticeCommand::Show(notice) => Some(notice.body.clone()),
            _ => None,
        });
        assert!(body.await.starts_with(late), "{late}");
    }
}

#[tokio::test]
async fn a_gateway_that_had_fallen_silent_was_last_heard_from_before_its_connection_ended() {
    let (_gateway, cable) = gateway().await;
    let desk = Desk::new().await;
    let id = desk.join(&cable.url(), "home", "secret").await;
    // Nobody asks it anything, and it has nothing to say.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    let ends = Clock::system().now() as f64;
    cable.unplug();
    away(&desk, &id).await;
    let heard = view(&desk, &id).await.last_seen.unwrap();
    assert!(heard <= ends - 1_000.0, "{heard} and {ends}");
}
