//! What else waits for a person on a real gateway: plugins' requests, questions of agents, changes that the gateway's
//! own system agent proposes, devices and nodes that want to pair.
//!
//! None of them is made up: a plugin's request goes in by the method that plugins use; a question is asked by the
//! agent's own tool `ask_user` (which that gateway lets a model call through `tool_call` alone); the agent delegates a change to the gateway's system agent (its tool `openclaw`), whose
//! turn proposes it; devices and nodes connect through the published reference client. Questions and changes of the
//! system agent are protocol 4 alone.
#![allow(dead_code, reason = "each protocol's file runs those that it can")]

use gatehouse_fleet::notices::{Notice, NoticeCommand};
use gatehouse_fleet::view::{
    ConnectionView, Decision, FactLabel, GatewayId, InboxItemDetail, InboxItemView, ItemKind,
    PhaseView, Role, RunView,
};
use gatehouse_testkit::{
    cable::Cable,
    gateway::{GatewayOptions, Pairing, RealGateway, Version},
    operator::{Operator, OperatorDial},
};
use serde_json::{Value, json};

use crate::desk::{Desk, OpenedChat};
use crate::fleet_cases::{joined, opened, say, unique};
use crate::peers::own;

/// Waits for what waits, of a kind and with these words in its subject.
async fn waits(desk: &Desk, gateway: &GatewayId, kind: ItemKind, words: &str) -> InboxItemView {
    let seen = async || {
        let inbox = desk.fleet.inbox_snapshot().await;
        inbox.items.into_iter().find(|item| {
            let waiting = matches!(item.phase, PhaseView::Waiting { .. });
            let meant = item.kind == kind && item.subject.contains(words);
            meant && waiting && item.gateway == *gateway
        })
    };
    desk.eventually(&format!("{kind:?} about {words}"), seen)
        .await
}

/// How an item ended, by its key: its subject may come again.
async fn ended(desk: &Desk, item: &InboxItemView) -> (Decision, bool) {
    let seen = async || {
        let inbox = desk.fleet.inbox_snapshot().await;
        let item = inbox.items.into_iter().find(|i| i.key == item.key)?;
        match item.phase {
            PhaseView::Decided {
                decision,
                by_this_app,
                ..
            } => Some((decision, by_this_app)),
            PhaseView::Expired { .. } | PhaseView::Gone { .. } => panic!("{:?}", item.phase),
            _ => None,
        }
    };
    desk.eventually("its end", seen).await
}

async fn detail(desk: &Desk, item: &InboxItemView) -> InboxItemDetail {
    desk.fleet.inbox_item(item.key.clone()).await.unwrap()
}

async fn notice_of(desk: &Desk, item: &InboxItemView) -> Notice {
    let of_it = |command: &NoticeCommand| match command {
        NoticeCommand::Show(notice) if notice.key == item.key => Some(notice.clone()),
        _ => None,
    };
    desk.notice(of_it).await
}

fn fact(detail: &InboxItemDetail, label: FactLabel) -> Option<&str> {
    let found = detail.facts.iter().find(|fact| fact.label == label);
    found.map(|fact| fact.value.as_str())
}

async fn plugin_asks(operator: &Operator, title: &str) -> String {
    let request = json!({ "pluginId": "calendar", "title": title,
        "description": "To 3 people outside the house", "severity": "warning",
        "toolName": "calendar_invite", "agentId": "main", "sessionKey": "agent:main:main",
        "timeoutMs": 600_000, "twoPhase": true });
    let accepted = operator
        .call("plugin.approval.request", request)
        .await
        .unwrap();
    accepted["id"].as_str().expect("an id").to_owned()
}

pub(crate) async fn a_plugins_request_is_shown_whole_and_decided(version: Version) {
    let (gateway, desk, id) = joined(version).await;
    let operator = gateway.operator().await.unwrap();
    for (decision, wire) in [
        (Decision::AllowOnce, "allow-once"),
        (Decision::Deny, "deny"),
    ] {
        let title = format!("Send invitations {}", unique());
        let asked = plugin_asks(&operator, &title).await;
        let item = waits(&desk, &id, ItemKind::Plugin, &title).await;
        let shown = detail(&desk, &item).await;
        assert_eq!(fact(&shown, FactLabel::Plugin), Some("calendar"));
        assert_eq!(fact(&shown, FactLabel::Tool), Some("calendar_invite"));
        assert_eq!(fact(&shown, FactLabel::Severity), Some("warning"));
        let about = fact(&shown, FactLabel::Description).unwrap();
        assert!(about.contains("3 people"));
        let notice = notice_of(&desk, &item).await;
        assert!(notice.body.contains("3 people"), "{}", notice.body);
        let wait = json!({ "id": asked });
        let answer = operator
            .begin("plugin.approval.waitDecision", wait)
            .unwrap();
        desk.decide(&item, decision).await.unwrap();
        assert_eq!(ended(&desk, &item).await, (decision, true));
        assert_eq!(
            answer.wait().await.unwrap()["decision"],
            wire,
            "what the plugin is told"
        );
    }
}

pub(crate) async fn a_plugins_request_that_another_client_answers_is_shown_as_theirs(
    version: Version,
) {
    let (gateway, desk, id) = joined(version).await;
    let operator = gateway.operator().await.unwrap();
    let title = format!("Post the minutes {}", unique());
    let asked = plugin_asks(&operator, &title).await;
    let item = waits(&desk, &id, ItemKind::Plugin, &title).await;
    let deny = json!({ "id": asked, "decision": "deny" });
    operator
        .call("plugin.approval.resolve", deny)
        .await
        .unwrap();
    assert_eq!(ended(&desk, &item).await, (Decision::Deny, false));
    assert!(desk.decide(&item, Decision::AllowOnce).await.is_err());
}

/// `tool: NAME JSON`, as the scripted model reads it.
fn call(tool: &str, arguments: &Value) -> String {
    format!("tool: {tool} {arguments}")
}

fn colours(question: &str) -> String {
    let options = json!([{ "label": "red" }, { "label": "blue", "description": "as the sea" }]);
    let question = json!({ "id": "colour", "header": "Colour", "question": question,
        "options": options });
    let asked = json!({ "id": "ask_user", "args": { "questions": [question] } });
    call("tool_call", &asked)
}

/// What the agent said last, once its run is over.
async fn last_words(chat: &mut OpenedChat) -> String {
    let is_over = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        let last = shown.messages.last();
        shown.run == RunView::Idle && last.is_some_and(|m| m.role == Role::Assistant)
    };
    chat.until("the run to end", is_over).await;
    chat.texts(Role::Assistant).pop().unwrap_or_default()
}

pub(crate) async fn an_agents_question_is_answered_and_another_declined() {
    let (_, desk, id) = joined(Version::V4).await;
    let (session, mut chat) = opened(&desk, &id).await;
    say(&desk, &session, &colours("Which colour has the door?")).await;
    let item = waits(&desk, &id, ItemKind::Question, "Which colour has the door?").await;
    assert_eq!(item.session.as_deref(), Some(session.key.as_str()));
    let question = detail(&desk, &item).await.questions.remove(0);
    let labels: Vec<_> = question.options.iter().map(|o| o.label.as_str()).collect();
    assert_eq!(labels, ["red", "blue"]);
    assert_eq!(
        question.options[1].description.as_deref(),
        Some("as the sea")
    );
    desk.answer(&item, &[question.options[1].value.clone()])
        .await;
    assert_eq!(ended(&desk, &item).await, (Decision::Approve, true));
    let said = last_words(&mut chat).await;
    assert!(said.contains("blue") && !said.contains("red"), "{said:?}");

    let (session, mut chat) = opened(&desk, &id).await;
    say(&desk, &session, &colours("And the gate?")).await;
    let item = waits(&desk, &id, ItemKind::Question, "And the gate?").await;
    desk.decide(&item, Decision::Reject).await.unwrap();
    assert_eq!(ended(&desk, &item).await, (Decision::Reject, true));
    let said = last_words(&mut chat).await;
    assert!(!said.contains("blue"), "{said:?}");
}

/// The list of what waits does not say what became of the rest; the gateway's record of one question does.
pub(crate) async fn a_question_that_another_answered_while_the_cable_was_out_is_known_as_answered()
{
    const ASKED: &str = "Which colour has the roof?";
    let (gateway, beside, there) = joined(Version::V4).await;
    let cable = Cable::to(gateway.port()).await.unwrap();
    let desk = Desk::new().await;
    let id = desk.join(&cable.url(), "home", gateway.secret()).await;
    let (session, _chat) = opened(&beside, &there).await;
    say(&beside, &session, &colours(ASKED)).await;
    let item = waits(&desk, &id, ItemKind::Question, ASKED).await;
    cable.unplug();
    let away = async || {
        let items = desk.fleet.inbox_snapshot().await.items.into_iter();
        let mut away = items.filter(|i| matches!(i.phase, PhaseView::Unreachable { .. }));
        away.find(|i| i.key == item.key)
    };
    desk.eventually("the gateway to be away", away).await;

    let theirs = waits(&beside, &there, ItemKind::Question, ASKED).await;
    let question = detail(&beside, &theirs).await.questions.remove(0);
    let blue = question.options[1].value.clone();
    beside.answer(&theirs, &[blue]).await;
    assert_eq!(ended(&beside, &theirs).await, (Decision::Approve, true));
    cable.plug();
    assert_eq!(ended(&desk, &item).await, (Decision::Approve, false));
}

/// What the system agent proposes, and the chat in which it was told to. The gateway gives that agent little time to
/// begin: on a busy machine its run may end before it has proposed anything, and it is told again.
async fn proposed(desk: &Desk, id: &GatewayId, colour: &str) -> (InboxItemView, OpenedChat) {
    let mut said = String::new();
    for _ in 0..3 {
        let (session, mut chat) = opened(desk, id).await;
        let change = json!({ "action": "config_set", "path": "ui.seamColor", "value": colour });
        let delegate = json!({ "message": call("openclaw", &change) });
        say(desk, &session, &call("openclaw", &delegate)).await;
        tokio::select! {
            item = waits(desk, id, ItemKind::System, "") => return (item, chat),
            words = last_words(&mut chat) => said = words,
        }
    }
    panic!("it proposed nothing: {said}")
}

pub(crate) async fn a_change_that_the_system_agent_proposes_waits_and_is_applied_only_when_allowed()
{
    let gateway = own(Version::V4, GatewayOptions::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", gateway.secret()).await;
    for (decision, colour, applied) in [
        (Decision::Deny, "#112233", false),
        (Decision::AllowOnce, "#445566", true),
    ] {
        let (item, mut chat) = proposed(&desk, &id, colour).await;
        assert_eq!(item.offered, [Decision::AllowOnce, Decision::Deny]);
        let shown = detail(&desk, &item).await;
        let about = fact(&shown, FactLabel::Description).unwrap_or_default();
        assert!(about.contains("ui.seamColor"), "{shown:#?}");
        let notice = notice_of(&desk, &item).await;
        let seen = notice.body.contains("ui.seamColor") && notice.body.contains(colour);
        assert!(seen, "allowed unseen: {}", notice.body);
        assert_eq!(notice.buttons, item.offered);
        let config = || std::fs::read_to_string(gateway.config_path()).unwrap();
        assert!(!config().contains(colour), "changed before it was decided");
        desk.decide(&item, decision).await.unwrap();
        assert_eq!(ended(&desk, &item).await, (decision, true));
        last_words(&mut chat).await;
        assert_eq!(config().contains(colour), applied, "{}", config());
    }
}

/// A gateway that asks about devices, with our app let in, and how another device reaches it.
async fn guarded(version: Version) -> (RealGateway, Desk, GatewayId, OperatorDial, Option<Cable>) {
    let pairing = match version {
        Version::V4 => Pairing::Required,
        Version::V3 => Pairing::Silent,
    };
    let gateway = own(
        version,
        GatewayOptions {
            pairing,
            ..GatewayOptions::default()
        },
    )
    .await;
    let operator = gateway.operator().await.unwrap();
    let desk = Desk::new().await;
    let id = desk.add(&gateway.url(), "home", gateway.secret()).await;
    if version == Version::V4 {
        desk.connection(&id, |c| matches!(c, ConnectionView::PairingRequired { .. }))
            .await;
        let pending = operator.pending_pairings().await.unwrap();
        let ours = pending[0]["requestId"].as_str().unwrap();
        operator.approve_pairing(ours).await.unwrap();
    }
    desk.connected(&id).await;
    let mut dial = OperatorDial::to(&gateway);
    dial.with_device = true;
    // The older gateway asks only about devices that come from afar.
    let cable = match version {
        Version::V3 => Some(Cable::from_afar(gateway.port()).await.unwrap()),
        Version::V4 => None,
    };
    if let Some(cable) = &cable {
        dial.url = cable.url();
    }
    (gateway, desk, id, dial, cable)
}

pub(crate) async fn a_device_that_wants_in_is_let_in_and_another_is_turned_away(version: Version) {
    let (gateway, desk, id, dial, _cable) = guarded(version).await;
    let turn_away = async {
        let item = waits(&desk, &id, ItemKind::DevicePairing, "second operator").await;
        let shown = detail(&desk, &item).await;
        assert!(fact(&shown, FactLabel::Device).is_some_and(|device| device.len() == 64));
        assert_eq!(fact(&shown, FactLabel::Role), Some("operator"));
        assert!(
            fact(&shown, FactLabel::Scopes)
                .unwrap()
                .contains("operator.approvals")
        );
        desk.decide(&item, Decision::Reject).await.unwrap();
        assert_eq!(ended(&desk, &item).await, (Decision::Reject, true));
        item
    };
    let turned_away = tokio::select! {
        biased;
        item = turn_away => item,
        _ = Operator::dial(dial.clone()) => panic!("it is in, and nobody let it in"),
    };

    let let_in = async {
        let item = newer(&desk, &id, &turned_away).await;
        desk.decide(&item, Decision::Approve).await.unwrap();
        assert_eq!(ended(&desk, &item).await, (Decision::Approve, true));
    };
    let (second, ()) = tokio::join!(Operator::dial(dial), let_in);
    let second = second.unwrap_or_else(|error| panic!("{error}\n{}", gateway.log_tail()));
    assert_eq!(second.hello()["auth"]["role"], "operator");
}

/// The next pairing request, of another device than the earlier one.
async fn newer(desk: &Desk, gateway: &GatewayId, than: &InboxItemView) -> InboxItemView {
    let seen_before = fact(&detail(desk, than).await, FactLabel::Device).map(str::to_owned);
    let seen = async || {
        let inbox = desk.fleet.inbox_snapshot().await;
        for item in inbox.items {
            let waiting = matches!(item.phase, PhaseView::Waiting { .. });
            if !waiting || item.kind != ItemKind::DevicePairing || item.gateway != *gateway {
                continue;
            }
            let device = detail(desk, &item).await;
            if fact(&device, FactLabel::Device).map(str::to_owned) != seen_before {
                return Some(item);
            }
        }
        None
    };
    desk.eventually("another device", seen).await
}

pub(crate) async fn a_node_that_offers_commands_waits_for_them_to_be_approved(version: Version) {
    let (gateway, desk, id, mut dial, _cable) = guarded(version).await;
    dial.with_device = false;
    dial.node = Some(vec!["system.run", "system.which"]);
    let let_in = async {
        let device = waits(&desk, &id, ItemKind::DevicePairing, "a node").await;
        let shown = detail(&desk, &device).await;
        assert_eq!(fact(&shown, FactLabel::Role), Some("node"));
        desk.decide(&device, Decision::Approve).await.unwrap();
        assert_eq!(ended(&desk, &device).await, (Decision::Approve, true));
    };
    let (node, ()) = tokio::join!(Operator::dial(dial), let_in);
    let _node = node.unwrap_or_else(|error| panic!("{error}\n{}", gateway.log_tail()));

    let item = waits(&desk, &id, ItemKind::NodePairing, "a node").await;
    let shown = detail(&desk, &item).await;
    assert!(
        fact(&shown, FactLabel::Scopes)
            .unwrap()
            .contains("system.run")
    );
    desk.decide(&item, Decision::Approve).await.unwrap();
    assert_eq!(ended(&desk, &item).await, (Decision::Approve, true));
    let operator = gateway.operator().await.unwrap();
    let nodes = operator.call("node.pair.list", json!({})).await.unwrap();
    assert_eq!(nodes["pending"], json!([]), "{nodes}");
}
