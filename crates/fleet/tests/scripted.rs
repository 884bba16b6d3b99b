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
use gatehouse_fleet::view::{
    AddGateway, ConnectionView, CredentialKind, Decision, Opening, PhaseView, Role, SessionRef,
};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::{GatewaySecret, Secret, SecretKey, SecretVault as _};

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
async fn a_chat_that_is_left_at_once_is_not_followed_by_what_opened_it() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let mut seen = gateway.requests();
    let session = main_session(&id);
    let (_, updates) = desk.fleet.chat_open(session.clone()).await.unwrap();
    desk.fleet.chat_close(session).await.unwrap();
    drop(updates);
    let mut comes = async |method: &str| {
        let asked = async { while seen.recv().await.unwrap().method != method {} };
        let asked = tokio::time::timeout(std::time::Duration::from_secs(60), asked).await;
        assert!(asked.is_ok(), "{method} is not asked");
    };
    // What opened it is at its end only now. Its closing may have been faster, and is said again.
    comes("chat.history").await;
    comes("sessions.messages.unsubscribe").await;
}

#[tokio::test]
async fn a_decision_that_the_scopes_do_not_allow_is_barred_and_never_sent() {
    let script = Script {
        scopes: vec!["operator.read", "operator.write"],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let approval = gateway.ask("uname -a");

    let item = desk.waits(&id, "uname -a").await;
    let lacks: Vec<_> = item.barred.iter().map(|b| b.scope.as_str()).collect();
    assert_eq!(lacks, ["operator.approvals"; 2], "both choices, and why");
    let shown = desk
        .notice(|c| match c {
            NoticeCommand::Show(notice) => Some(notice.clone()),
            _ => None,
        })
        .await;
    assert_eq!(shown.buttons, [], "nothing to press on the notification");
    let refused = desk.decide(&item, Decision::AllowOnce).await.unwrap_err();
    assert_eq!(refused, "missingScope");
    assert_eq!(gateway.record(&approval), (None, 0), "nothing was sent");
}

#[tokio::test]
async fn a_link_opens_a_request_in_full_and_decides_nothing() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "Home server", "secret").await;
    let approval = gateway.ask("uname -a");
    let item = desk.waits(&id, "uname -a").await;
    for named in [id.0.as_str(), "home%20server"] {
        let link = format!("gatehouse://approval/{named}/{approval}?decision=allow-once");
        let opened = desk.fleet.open_link(link).await;
        let key = item.key.clone();
        assert_eq!(opened, Opening::Item { key }, "by {named}");
    }
    assert_eq!(gateway.record(&approval), (None, 0));
    for (link, code) in [
        ("gatehouse://approval/elsewhere/1", "linkItemUnknown"),
        ("gatehouse://allow/home/1", "linkUnreadable"),
        ("https://example.org/", "linkUnreadable"),
    ] {
        let Opening::Refused { problem } = desk.fleet.open_link(link.to_owned()).await else {
            panic!("{link} opens nothing")
        };
        assert_eq!(problem.code, code, "{link}");
    }
}

#[tokio::test]
async fn a_link_with_a_token_adds_nothing_until_the_person_does_and_shows_none_of_it() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let link = format!("gatehouse://add?url={}&token=hunter2hunter2", gateway.url());
    let opened = desk.fleet.open_link(link).await;
    assert!(!format!("{opened:?}").contains("hunter2"), "{opened:?}");
    assert_eq!(desk.fleet.gateways_list().await, []);

    let Opening::AddGateway { recognised } = opened else {
        panic!("{opened:?}")
    };
    let add = AddGateway {
        url: recognised.url.unwrap(),
        name: String::new(),
        draft: recognised.draft,
        secret: None,
        pin: None,
    };
    let added = desk.fleet.gateway_add(add).await.unwrap();
    let key = SecretKey::gateway(&added.id.0, GatewaySecret::Token).unwrap();
    let kept = desk.vault.get(&key).await.unwrap().unwrap();
    assert_eq!(kept.expose(), "hunter2hunter2", "it is in the vault now");
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

#[tokio::test]
async fn a_token_is_in_the_vault_and_nowhere_in_what_is_kept_or_shown() {
    let token = "tok-4f1c9a-very-secret";
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let pasted = format!(
        "{}/#token={token}",
        gateway.url().replace("ws://", "http://")
    );
    let recognised = desk.fleet.gateway_recognise(pasted).await.unwrap();
    let shown = format!("{recognised:?}");
    let add = AddGateway {
        url: recognised.url.unwrap(),
        name: "home".to_owned(),
        draft: recognised.draft,
        secret: None,
        pin: None,
    };
    let view = desk.fleet.gateway_add(add).await.unwrap();
    assert_eq!(view.credential.kind, CredentialKind::Token);
    desk.connected(&view.id).await;
    gateway.ask("uname -a");
    let item = desk.waits(&view.id, "uname -a").await;
    let shown = format!(
        "{shown} {view:?} {item:?} {:?}",
        desk.fleet.gateways_list().await
    );
    assert!(!shown.contains(token), "{shown}");
    desk.fleet.shutdown().await;

    let key = SecretKey::gateway(&view.id.0, GatewaySecret::Token).unwrap();
    let kept = desk.vault.get(&key).await.unwrap();
    assert_eq!(kept.as_ref().map(Secret::expose), Some(token));
    let files: Vec<_> = std::fs::read_dir(desk.folder.path())
        .unwrap()
        .flatten()
        .collect();
    assert!(!files.is_empty(), "something was kept");
    for file in files {
        let bytes = std::fs::read(file.path()).unwrap();
        let found = bytes
            .windows(token.len())
            .any(|part| part == token.as_bytes());
        assert!(!found, "the token is in {}", file.path().display());
    }
}

#[tokio::test]
async fn a_removed_gateway_leaves_neither_secret_nor_item_nor_session() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.ask("uname -a");
    desk.waits(&id, "uname -a").await;
    desk.fleet.gateway_remove(id.clone()).await.unwrap();
    assert!(desk.fleet.gateways_list().await.is_empty());
    assert!(desk.fleet.inbox_snapshot().await.items.is_empty());
    assert!(desk.fleet.sessions_snapshot().await.sessions.is_empty());
    for secret in GatewaySecret::ALL {
        let key = SecretKey::gateway(&id.0, secret).unwrap();
        assert!(desk.vault.get(&key).await.unwrap().is_none());
    }
    desk.fleet.shutdown().await;
    let desk = Desk::over(desk.folder, desk.vault).await;
    assert!(
        desk.fleet.gateways_list().await.is_empty(),
        "it does not come back"
    );
    assert!(desk.fleet.inbox_snapshot().await.items.is_empty());
}

#[tokio::test]
async fn a_paused_gateway_is_left_alone_until_it_is_wanted_again() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.ask("uname -a");
    desk.waits(&id, "uname -a").await;
    desk.fleet.gateway_pause(id.clone(), true).await.unwrap();
    desk.connection(&id, |c| matches!(c, ConnectionView::Paused))
        .await;
    let item = desk
        .item(&id, "uname -a", |p| {
            matches!(p, PhaseView::Unreachable { .. })
        })
        .await;
    assert!(desk.decide(&item, Decision::AllowOnce).await.is_err());
    desk.fleet.gateway_pause(id.clone(), false).await.unwrap();
    let item = desk.waits(&id, "uname -a").await;
    desk.decide(&item, Decision::AllowOnce).await.unwrap();
    desk.ended(&id, "uname -a").await;
}

#[tokio::test]
async fn lists_and_histories_that_failed_are_read_again_without_another_event() {
    let script = Script {
        fails: vec![("sessions.subscribe", 1), ("chat.history", 1)],
        ..Script::default()
    };
    let gateway = ScriptedGateway::start(script).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let mut chat = OpenedChat::open(&desk, &main_session(&id)).await;
    chat.until("the history", |shown| !shown.messages.is_empty())
        .await;
    let listed = async || {
        let sessions = desk.fleet.sessions_snapshot().await;
        let is_listed = sessions.loading.is_empty() && !sessions.sessions.is_empty();
        is_listed.then_some(())
    };
    desk.eventually("the sessions", listed).await;
}

#[tokio::test]
async fn a_message_that_was_cut_off_goes_out_again_only_where_that_cannot_run_it_twice() {
    for (protocol, sent) in [(4, 2), (3, 1)] {
        let script = Script {
            hangs_up_on_messages: 1,
            protocol,
            ..Script::default()
        };
        let gateway = ScriptedGateway::start(script).await;
        let desk = Desk::new().await;
        let id = desk.join(&gateway.url(), "home", "secret").await;
        let mut chat = OpenedChat::open(&desk, &main_session(&id)).await;
        chat.until("the history", |shown| !shown.messages.is_empty())
            .await;
        let mut requests = gateway.requests();
        let message = gatehouse_fleet::view::SendMessage {
            session: main_session(&id),
            id: "own-1".to_owned(),
            text: "once only".to_owned(),
            attachments: Vec::new(),
        };
        desk.fleet.chat_send(message).await.unwrap();
        let known = |shown: &gatehouse_fleet::view::ChatSnapshot| {
            let ours = shown.messages.iter().find(|m| m.id == "own-1");
            let json = serde_json::to_string(&ours.map(|m| &m.state)).unwrap();
            json.contains("done") || json.contains("messageUnconfirmed")
        };
        chat.until("its fate", known).await;
        let seen = std::iter::from_fn(|| requests.try_recv().ok());
        let sends = seen.filter(|r| r.method == "chat.send").count();
        assert_eq!(sends, sent, "protocol {protocol}");
        // What was missed is no reason either.
        gateway.emit_raw(r#"{"type":"event","event":"tick","seq":900,"payload":{"ts":1}}"#);
        gateway.emit_raw(r#"{"type":"event","event":"tick","seq":990,"payload":{"ts":1}}"#);
        chat.until("it stays", known).await;
    }
}

#[tokio::test]
async fn a_gateway_that_is_renamed_has_its_new_name_on_every_item_and_notice() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.ask("uname -a");
    desk.waits(&id, "uname -a").await;
    let mut events = desk.fleet.subscribe();
    let edit = gatehouse_fleet::view::EditGateway {
        id: id.clone(),
        url: gateway.url(),
        name: "office".to_owned(),
        pin: None,
    };
    desk.fleet.gateway_edit(edit).await.unwrap();
    let told = async {
        loop {
            if let Ok(gatehouse_fleet::FleetEvent::InboxChanged(change)) = events.recv().await
                && change
                    .changed
                    .iter()
                    .any(|item| item.gateway_name == "office")
            {
                return;
            }
        }
    };
    tokio::time::timeout(desk::SOON, told).await.unwrap();
    let title = desk.notice(|c| match c {
        NoticeCommand::Update(notice) => Some(notice.title.clone()),
        _ => None,
    });
    assert!(title.await.starts_with("office: "));
}
