mod answered;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::gateway::{
    AllowEntry, ApprovalState, Consumed, GatewayStore, Resolution, SqliteGatewayStore,
};
use serde_json::json;

use super::*;
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::govern::approvals::answers::{Choice, ChoiceError, GrantBasis, Resolver};

/// The registry on a store in memory, with a clock that stands still until it is moved.
struct Bench {
    approvals: Approvals,
    store: Arc<dyn GatewayStore>,
    now: Arc<AtomicU64>,
}

impl Bench {
    async fn new() -> Self {
        Self::on(Arc::new(SqliteGatewayStore::in_memory().await.unwrap()))
    }

    fn on(store: Arc<dyn GatewayStore>) -> Self {
        let now = Arc::new(AtomicU64::new(1_000));
        let reading = now.clone();
        let clock = Clock::new(move || reading.load(Ordering::SeqCst));
        let own: PresenceEntry = serde_json::from_value(json!({})).unwrap();
        let (hub, hub_task) = Hub::start(clock.clone(), own);
        tokio::spawn(hub_task);
        let (approvals, task) = Approvals::start(store.clone(), hub, clock, Arc::new(|_, _| true));
        tokio::spawn(task);
        Self {
            approvals,
            store,
            now,
        }
    }

    async fn ask(&self, id: &str) -> Pending {
        self.approvals.ask(question(id)).await.unwrap()
    }
}

fn question(id: &str) -> Question {
    let request = json!({
        "command": "touch a",
        "allowedDecisions": ["allow-once", "allow-always", "deny"],
    });
    Question {
        id: Some(id.to_owned()),
        agent: Some("main".to_owned()),
        session: Some("agent:main:main".to_owned()),
        run: Some("r".to_owned()),
        digest: "digest".to_owned(),
        request: request.as_object().unwrap().clone(),
        timeout_ms: 60_000,
        always: Some(AllowEntry {
            pattern: "/bin/touch".to_owned(),
            arg_pattern: Some("sha256:argv:1".to_owned()),
            ..AllowEntry::default()
        }),
        grants: None,
        requester: Some("agent:main".to_owned()),
        requester_person: None,
        approvers: 1,
        bound: true,
    }
}

/// A question of the gateway's own, which takes every choice.
fn own_question(id: &str, approvers: u32) -> Question {
    let mut question = question(id);
    let choices = json!(["once", "session", "for", "always", "edit", "deny"]);
    question.request.insert(wire::CHOICES.to_owned(), choices);
    Question {
        approvers,
        grants: Some(GrantBasis {
            session_digest: "of the session".to_owned(),
            agent_digest: "of the agent".to_owned(),
            text: "touch a".to_owned(),
            cwd: Some("/ws".to_owned()),
            may_be_pattern: true,
            answers: vec!["unknown-program".to_owned()],
        }),
        ..question
    }
}

fn bob() -> Resolver {
    Resolver {
        device: None,
        label: "Bob".to_owned(),
        principal: "device:bob".to_owned(),
        person: "device:bob".to_owned(),
    }
}

fn ada() -> Resolver {
    Resolver {
        device: None,
        label: "Ada".to_owned(),
        principal: "device:ada".to_owned(),
        person: "device:ada".to_owned(),
    }
}
