//! Events by name. What this version has no type for is `Unknown`; what has a type but could not be read
//! is `Unreadable`, so that whoever keeps state can fetch it again instead of missing it.

mod agent;
mod chat;

pub use agent::{
    AgentData, AgentEvent, AssistantData, CommandOutputData, ItemData, LifecycleData, ThinkingData,
    ToolData,
};
pub use chat::{ChatEvent, ChatState};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::device::Challenge;
use crate::frame::EventFrame;
use crate::lenient::wire;
use crate::model::approval::{
    ApprovalResolved, ExecApproval, PluginApproval, SessionApproval, SystemApproval,
};
use crate::model::message::SessionMessage;
use crate::model::pairing::{DevicePairRequest, NodePairRequest, PairResolved};
use crate::model::presence::PresenceChanged;
use crate::model::question::{QuestionRecord, QuestionResolved};
use crate::model::session::SessionsChanged;

wire! {
    /// The gateway goes away, perhaps for a restart.
    pub struct Shutdown {
        pub reason: Option<String>,
        pub restart_expected_ms: Option<u64>,
    }

    pub struct Tick {
        pub ts: Option<u64>,
    }
}

/// An event of a gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayEvent {
    Challenge(Challenge),
    Tick(Tick),
    Health(Value),
    Presence(PresenceChanged),
    Shutdown(Shutdown),
    Chat(Box<ChatEvent>),
    Agent(Box<AgentEvent>),
    SessionMessage(Box<SessionMessage>),
    SessionsChanged(Box<SessionsChanged>),
    SessionApproval(Box<SessionApproval>),
    ExecApprovalRequested(Box<ExecApproval>),
    ExecApprovalResolved(Box<ApprovalResolved>),
    PluginApprovalRequested(Box<PluginApproval>),
    PluginApprovalResolved(Box<ApprovalResolved>),
    SystemApprovalRequested(Box<SystemApproval>),
    SystemApprovalResolved(Box<ApprovalResolved>),
    QuestionRequested(Box<QuestionRecord>),
    QuestionResolved(Box<QuestionResolved>),
    DevicePairRequested(Box<DevicePairRequest>),
    DevicePairResolved(Box<PairResolved>),
    /// The list of devices is another one: list again.
    DevicePairChanged,
    NodePairRequested(Box<NodePairRequest>),
    NodePairResolved(Box<PairResolved>),
    /// An event that this version has no type for.
    Unknown {
        name: String,
        payload: Value,
    },
    /// An event that has a type here but could not be read as one.
    Unreadable {
        name: String,
        reason: String,
        payload: Value,
    },
}

impl GatewayEvent {
    /// Reads an event. Never fails: see `Unknown` and `Unreadable`.
    pub fn read(frame: EventFrame) -> Self {
        let EventFrame { name, payload, .. } = frame;
        let read = match name.as_str() {
            "connect.challenge" => read_challenge(&payload),
            "tick" => read(&payload, |e: Box<Tick>| Self::Tick(*e)),
            "health" => return Self::Health(payload),
            "presence" => read(&payload, |e: Box<PresenceChanged>| Self::Presence(*e)),
            "shutdown" => read(&payload, |e: Box<Shutdown>| Self::Shutdown(*e)),
            "chat" => read(&payload, Self::Chat),
            "agent" | "session.tool" => read(&payload, Self::Agent),
            "session.message" => read(&payload, Self::SessionMessage),
            "sessions.changed" => read(&payload, Self::SessionsChanged),
            "session.approval" => read(&payload, Self::SessionApproval),
            "exec.approval.requested" => read(&payload, Self::ExecApprovalRequested),
            "exec.approval.resolved" => read(&payload, Self::ExecApprovalResolved),
            "plugin.approval.requested" => read(&payload, Self::PluginApprovalRequested),
            "plugin.approval.resolved" => read(&payload, Self::PluginApprovalResolved),
            "openclaw.approval.requested" => read(&payload, Self::SystemApprovalRequested),
            "openclaw.approval.resolved" => read(&payload, Self::SystemApprovalResolved),
            "question.requested" => read(&payload, Self::QuestionRequested),
            "question.resolved" => read(&payload, Self::QuestionResolved),
            "device.pair.requested" => read(&payload, Self::DevicePairRequested),
            "device.pair.resolved" => read(&payload, Self::DevicePairResolved),
            "device.pair.changed" => return Self::DevicePairChanged,
            "node.pair.requested" => read(&payload, Self::NodePairRequested),
            "node.pair.resolved" => read(&payload, Self::NodePairResolved),
            _ => return Self::Unknown { name, payload },
        };
        read.unwrap_or_else(|reason| Self::Unreadable {
            name,
            reason,
            payload,
        })
    }
}

fn read<T: DeserializeOwned>(
    payload: &Value,
    wrap: impl FnOnce(Box<T>) -> GatewayEvent,
) -> Result<GatewayEvent, String> {
    match T::deserialize(payload) {
        Ok(event) => Ok(wrap(Box::new(event))),
        Err(error) => Err(error.to_string()),
    }
}

fn read_challenge(payload: &Value) -> Result<GatewayEvent, String> {
    Challenge::from_payload(payload)
        .map(GatewayEvent::Challenge)
        .ok_or_else(|| "a challenge needs a nonce and a whole timestamp".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(name: &str, payload: Value) -> GatewayEvent {
        GatewayEvent::read(EventFrame {
            name: name.to_owned(),
            payload,
            seq: None,
        })
    }

    #[test]
    fn an_event_from_the_future_is_kept_as_it_came() {
        let read = event("hologram.changed", json!({"x": 1}));
        let expected = GatewayEvent::Unknown {
            name: "hologram.changed".into(),
            payload: json!({"x": 1}),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn an_approval_that_cannot_be_read_is_not_lost() {
        let read = event(
            "exec.approval.requested",
            json!({"request": {"command": "ls"}}),
        );
        let GatewayEvent::Unreadable { name, payload, .. } = read else {
            panic!("an approval without an id must come out as unreadable");
        };
        assert_eq!(name, "exec.approval.requested");
        assert_eq!(payload["request"]["command"], "ls");
    }

    #[test]
    fn an_approval_is_read_with_almost_everything_missing_or_odd() {
        let read = event(
            "exec.approval.requested",
            json!({"id": "a", "request": {"command": null, "allowedDecisions": "odd", "commandSpans": {}},
                "expiresAtMs": "1795257649371"}),
        );
        let GatewayEvent::ExecApprovalRequested(approval) = read else {
            panic!("must be readable: {read:?}");
        };
        assert_eq!(approval.expires_at_ms, Some(1_795_257_649_371));
        assert_eq!(approval.request.allowed_decisions, None);
    }

    #[test]
    fn a_health_event_is_whatever_the_gateway_says() {
        assert_eq!(
            event("health", json!({"ok": true})),
            GatewayEvent::Health(json!({"ok": true}))
        );
    }
}
