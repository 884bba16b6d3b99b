//! What a fleet does with a real gateway, for both protocols.
#![allow(dead_code, reason = "each protocol's file runs those that it can")]

use std::time::Duration;

use gatehouse_fleet::{
    NoticeCommand,
    view::{
        Decision, GatewayId, MessageState, NewSession, PhaseView, Role, RunView, SendMessage,
        SessionRef, ToolState,
    },
};
use gatehouse_testkit::gateway::{RealGateway, Version};

use crate::desk::{Desk, OpenedChat};
use crate::peers::shared;

/// A session that no other test talks in.
pub(crate) async fn own_session(desk: &Desk, gateway: &GatewayId) -> SessionRef {
    let new = NewSession {
        gateway: gateway.clone(),
        agent: None,
        label: None,
    };
    desk.fleet.session_create(new).await.unwrap()
}

pub(crate) async fn say(desk: &Desk, session: &SessionRef, text: &str) -> String {
    let id = format!("test-{}", unique());
    let message = SendMessage {
        session: session.clone(),
        id: id.clone(),
        text: text.to_owned(),
        attachments: Vec::new(),
    };
    desk.fleet.chat_send(message).await.unwrap();
    id
}

pub(crate) fn unique() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

pub(crate) async fn joined(version: Version) -> (&'static RealGateway, Desk, GatewayId) {
    let gateway = shared(version).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", gateway.secret()).await;
    (gateway, desk, id)
}

pub(crate) async fn opened(desk: &Desk, gateway: &GatewayId) -> (SessionRef, OpenedChat) {
    let session = own_session(desk, gateway).await;
    let mut chat = OpenedChat::open(desk, &session).await;
    chat.until("the history", |shown| !shown.cached).await;
    (session, chat)
}

pub(crate) async fn an_allowed_command_runs_and_every_surface_shows_what_was_recorded(
    version: Version,
) {
    let (_, desk, id) = joined(version).await;
    let (session, mut chat) = opened(&desk, &id).await;
    let command = format!("echo allowed-{}", unique());
    say(&desk, &session, &format!("exec: {command}")).await;

    let notice = desk.notice(|c| match c {
        NoticeCommand::Show(notice) if notice.body.contains(&command) => Some(notice.clone()),
        _ => None,
    });
    let notice = notice.await;
    assert_eq!(notice.buttons, [Decision::AllowOnce, Decision::Deny]);
    let item = desk.waits(&id, &command).await;
    assert_eq!(item.session.as_deref(), Some(session.key.as_str()));
    let is_waiting = |shown: &gatehouse_fleet::view::ChatSnapshot| matches!(&shown.run, RunView::WaitingForApproval { item: Some(key), .. } if *key == item.key);
    chat.until("the run to wait", is_waiting).await;

    desk.decide(&item, Decision::AllowOnce).await.unwrap();
    let withdrawn = desk
        .notice(|c| matches!(c, NoticeCommand::Withdraw { key } if *key == item.key).then_some(()));
    withdrawn.await;
    let ended = desk.ended(&id, &command).await;
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
    chat.until("the run to end", |shown| shown.run == RunView::Idle)
        .await;
    let tools = chat.tools();
    assert_eq!(tools.len(), 1, "{tools:#?}");
    assert_eq!(tools[0].state, ToolState::Done);
    assert!(tools[0].output.contains("allowed-"), "{:?}", tools[0]);
    assert_eq!(tools[0].approval, Some(item.key));
    let said = chat.texts(Role::Assistant);
    assert_eq!(
        said.iter().filter(|t| t.contains("Done:")).count(),
        1,
        "said once: {said:?}"
    );
}

pub(crate) async fn a_denied_command_does_not_run_and_the_card_says_so(version: Version) {
    let (gateway, desk, id) = joined(version).await;
    let (session, mut chat) = opened(&desk, &id).await;
    let file = gateway.workspace().join(format!("denied-{}", unique()));
    let command = format!("touch {}", file.display());
    say(&desk, &session, &format!("exec: {command}")).await;
    let item = desk.waits(&id, &command).await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    let ended = desk.ended(&id, &command).await;
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
    let is_over = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        let last = shown.messages.last();
        shown.run == RunView::Idle && last.is_some_and(|m| m.role == Role::Assistant)
    };
    chat.until("the run to end", is_over).await;
    let tools = chat.tools();
    assert_eq!(
        tools.first().map(|t| t.state),
        Some(ToolState::Denied),
        "{tools:#?}"
    );
    assert!(!file.exists(), "a denied command ran");
}

pub(crate) async fn a_raised_approval_is_decided_once_and_shown_as_recorded(version: Version) {
    let (gateway, desk, id) = joined(version).await;
    let operator = gateway.operator().await.unwrap();
    let command = format!("echo raised-{}", unique());
    let raised = operator
        .raise_exec_approval(&command, Duration::from_secs(600))
        .await
        .unwrap();
    let item = desk.waits(&id, &command).await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    assert!(
        desk.decide(&item, Decision::AllowOnce).await.is_err(),
        "the second click is refused"
    );
    let ended = desk.ended(&id, &command).await;
    assert!(
        matches!(
            ended,
            PhaseView::Decided {
                decision: Decision::Deny,
                by_this_app: true,
                ..
            }
        ),
        "{ended:?}"
    );
    let waiting = operator.pending_approvals().await.unwrap();
    assert!(
        waiting.iter().all(|a| a["id"] != raised.id.as_str()),
        "{waiting:?}"
    );
}

pub(crate) async fn an_approval_that_nobody_answers_expires(version: Version) {
    let (gateway, desk, id) = joined(version).await;
    let operator = gateway.operator().await.unwrap();
    let command = format!("echo late-{}", unique());
    operator
        .raise_exec_approval(&command, Duration::from_secs(6))
        .await
        .unwrap();
    desk.waits(&id, &command).await;
    // The newer gateway tells of an expiry as of a denial at first; its record says what it was.
    let expired = desk
        .item(&id, &command, |p| matches!(p, PhaseView::Expired { .. }))
        .await;
    let refused = desk.decide(&expired, Decision::AllowOnce).await;
    assert_eq!(refused, Err("alreadyDecided".to_owned()));
}

pub(crate) async fn an_approval_that_another_client_answers_is_withdrawn_and_names_who(
    version: Version,
) {
    let (gateway, desk, id) = joined(version).await;
    let operator = gateway.operator().await.unwrap();
    let command = format!("echo elsewhere-{}", unique());
    let raised = operator
        .raise_exec_approval(&command, Duration::from_secs(600))
        .await
        .unwrap();
    let item = desk.waits(&id, &command).await;
    operator.decide(&raised.id, "deny").await.unwrap();
    let withdrawn = desk
        .notice(|c| matches!(c, NoticeCommand::Withdraw { key } if *key == item.key).then_some(()));
    withdrawn.await;
    let PhaseView::Decided {
        decision,
        by,
        by_this_app,
        ..
    } = desk.ended(&id, &command).await
    else {
        panic!("decided");
    };
    assert_eq!((decision, by_this_app), (Decision::Deny, false));
    assert!(by.is_some(), "the gateway names who answered");
    assert!(
        desk.decide(&item, Decision::AllowOnce).await.is_err(),
        "the old notice decides nothing"
    );
}

pub(crate) async fn a_turn_is_shown_whole(version: Version) {
    let (_, desk, id) = joined(version).await;
    let (session, mut chat) = opened(&desk, &id).await;
    let sent = say(&desk, &session, "stream: 60").await;
    let has_answer = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        shown.run == RunView::Idle && shown.messages.iter().any(|m| m.role == Role::Assistant)
    };
    chat.until("the turn", has_answer).await;
    assert!(chat.appends > 0, "it came in pieces");
    // The written form may follow; what is shown stays one answer to one question.
    tokio::time::sleep(Duration::from_secs(4)).await;
    chat.until("the rest", has_answer).await;
    let (asked, said) = (chat.texts(Role::User), chat.texts(Role::Assistant));
    assert_eq!(
        asked.len(),
        1,
        "{asked:?} for {sent}: {:#?}",
        chat.shown.messages
    );
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].split_whitespace().count() >= 60, "{said:?}");

    let search = async || {
        let word = said[0].split_whitespace().last()?.to_owned();
        let hits = desk.fleet.sessions_search(word).await.ok()?;
        hits.iter()
            .any(|hit| hit.session == session && !hit.message.is_empty())
            .then_some(())
    };
    desk.eventually("the message in a search", search).await;
}

pub(crate) async fn an_aborted_run_keeps_what_it_said(version: Version) {
    let (_, desk, id) = joined(version).await;
    let (session, mut chat) = opened(&desk, &id).await;
    say(&desk, &session, "slow: down").await;
    let started = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        let last = shown.messages.last();
        last.is_some_and(|m| m.role == Role::Assistant && !m.blocks.is_empty())
    };
    chat.until("the first word", started).await;
    desk.fleet.chat_abort(session.clone()).await.unwrap();
    chat.until("the run to end", |shown| shown.run == RunView::Idle)
        .await;
    assert!(
        !chat.texts(Role::Assistant).concat().is_empty(),
        "{:?}",
        chat.shown.messages
    );
}

/// The run asked before the app was started, and the person has written once more since.
pub(crate) async fn a_stop_ends_the_run_that_was_found_at_the_start(version: Version) {
    let gateway = shared(version).await;
    // A gateway may end an approval at once that no connected client may see: somebody else stays.
    let beside = Desk::new().await;
    beside
        .join(&gateway.url(), "beside", gateway.secret())
        .await;
    let before = Desk::new().await;
    let id = before.join(&gateway.url(), "home", gateway.secret()).await;
    let (session, _chat) = opened(&before, &id).await;
    let command = format!("echo found-{}", unique());
    say(&before, &session, &format!("exec: {command}")).await;
    before.waits(&id, &command).await;
    before.fleet.shutdown().await;

    let desk = Desk::over(before.folder, before.vault).await;
    desk.connected(&id).await;
    let mut chat = OpenedChat::open(&desk, &session).await;
    let waits = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        matches!(
            &shown.run,
            RunView::WaitingForApproval { item: Some(_), .. }
        )
    };
    chat.until("the run that waits is found", waits).await;
    let own = say(&desk, &session, "fail: no more of this").await;
    let is_taken = |shown: &gatehouse_fleet::view::ChatSnapshot| {
        let ours = shown.messages.iter().find(|message| message.id == own);
        ours.is_none_or(|message| message.state != MessageState::Sending)
    };
    chat.until("the message is taken", is_taken).await;
    assert!(
        waits(&chat.shown),
        "it is shown first: {:?}",
        chat.shown.run
    );
    desk.fleet.chat_abort(session.clone()).await.unwrap();
    chat.until("nothing runs", |shown| shown.run == RunView::Idle)
        .await;
}
