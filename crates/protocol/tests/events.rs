//! The events, as a gateway sends them: minimal frames in `fixtures/events.jsonl`, one of each kind.
#![allow(clippy::unwrap_used)]

use gatehouse_protocol::event::{AgentData, ChatState};
use gatehouse_protocol::model::approval::{ApprovalStatus, Decision, TerminalReason, Verdict};
use gatehouse_protocol::{GatewayEvent, Incoming};

fn read(line: &str) -> GatewayEvent {
    let Ok(Incoming::Event(frame)) = Incoming::parse(line) else {
        panic!("no event: {line}")
    };
    GatewayEvent::read(frame)
}

fn all() -> Vec<GatewayEvent> {
    include_str!("fixtures/events.jsonl")
        .lines()
        .map(read)
        .collect()
}

fn find<T>(pick: impl Fn(GatewayEvent) -> Option<T>) -> T {
    all()
        .into_iter()
        .find_map(pick)
        .expect("the fixtures have one of each kind")
}

#[test]
fn every_kind_of_event_has_a_type() {
    for (line, event) in include_str!("fixtures/events.jsonl").lines().zip(all()) {
        let typed = !matches!(
            event,
            GatewayEvent::Unknown { .. } | GatewayEvent::Unreadable { .. }
        );
        assert!(typed, "{line} came out as {event:?}");
        if let GatewayEvent::Agent(agent) = &event {
            assert!(!matches!(agent.data, AgentData::Other(_)), "{line}");
        }
    }
}

#[test]
fn an_approval_has_all_that_a_person_needs_to_decide() {
    let approval = find(|event| match event {
        GatewayEvent::ExecApprovalRequested(approval) => Some(approval),
        _ => None,
    });
    let request = &approval.request;
    assert_eq!(request.command.as_deref(), Some("uname -a"));
    assert_eq!(request.resolved_path.as_deref(), Some("/usr/bin/uname"));
    assert_eq!(request.cwd.as_deref(), Some("/home/user"));
    assert_eq!(approval.expires_at_ms, Some(1_795_257_649_371));
    let offered = request.allowed_decisions.clone().unwrap();
    assert_eq!(offered, [Decision::AllowOnce, Decision::Deny]);
    assert_eq!(request.unavailable_decisions, [Decision::AllowAlways]);
    assert_eq!(offered[0].verdict(), Some(Verdict::AllowOnce));
}

#[test]
fn a_decision_that_this_version_does_not_know_can_be_shown_but_not_sent() {
    let decision = Decision::from("allow-for-an-hour");
    assert_eq!(decision.as_str(), "allow-for-an-hour");
    assert_eq!(decision.verdict(), None);
}

#[test]
fn a_session_learns_how_its_approval_ended() {
    let approval = find(|event| match event {
        GatewayEvent::SessionApproval(approval) => Some(approval.approval),
        _ => None,
    });
    assert_eq!(approval.status, Some(ApprovalStatus::Allowed));
    assert_eq!(approval.reason, Some(TerminalReason::User));
    assert_eq!(approval.decision, Some(Decision::AllowOnce));
}

#[test]
fn a_delta_of_protocol_3_has_only_the_whole_text() {
    let line = r#"{"type":"event","event":"chat","payload":{"runId":"r","sessionKey":"main","seq":2,"state":"delta","message":{"role":"assistant","content":[{"type":"text","text":"He"}]}}}"#;
    let GatewayEvent::Chat(chat) = read(line) else {
        panic!("a chat event")
    };
    assert_eq!(
        (chat.state, chat.delta_text),
        (Some(ChatState::Delta), None)
    );
    assert_eq!(chat.message.unwrap().content.text(), "He");
}

#[test]
fn a_removed_node_has_no_request() {
    let resolved = find(|event| match event {
        GatewayEvent::NodePairResolved(resolved) => Some(resolved),
        _ => None,
    });
    assert_eq!(resolved.decision.as_deref(), Some("removed"));
}
