//! What this app does for a person at other gateways, put into the audit of the one on this computer: so that both sides
//! of the wire have it. While that one is switched off nothing is recorded here.

use gatehouse_audit::{Actor, Draft};
use gatehouse_fleet::deeds::{Answer, Deed, Heard};
use gatehouse_fleet::view::Surface;
use gatehouse_gateway::audit::AuditLog;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Records until nothing more comes, which is when the app ends.
pub(crate) async fn record(mut deeds: Receiver<Deed>, audit: AuditLog) {
    loop {
        let draft = match deeds.recv().await {
            Ok(Deed::Sent(answer)) => sent(&answer),
            Ok(Deed::Heard(answer, heard)) => told(&answer, &heard),
            Ok(Deed::Rules(what)) => of("answer.rules", what),
            Err(RecvError::Lagged(count)) => {
                let what = format!("{count} answers at other gateways were not recorded in time");
                of("answer.sent", what)
            }
            Err(RecvError::Closed) => return std::future::pending().await,
        };
        audit.note(draft).await;
    }
}

fn of(kind: &str, what: String) -> Draft {
    Draft {
        kind: kind.to_owned(),
        actor: Actor::new("operator", "this app"),
        what: Some(what),
        ..Draft::default()
    }
}

fn sent(answer: &Answer) -> Draft {
    let decision = json!(answer.decision);
    Draft {
        outcome: decision.as_str().map(str::to_owned),
        ..about("answer.sent", answer, Value::Null)
    }
}

fn told(answer: &Answer, heard: &Heard) -> Draft {
    let (outcome, more) = match heard {
        Heard::Recorded { by } => ("recorded", json!(by)),
        Heard::Accepted => ("accepted", Value::Null),
        Heard::Counted => ("counted", Value::Null),
        Heard::Failed(code) => ("failed", json!(code)),
        Heard::Unknown => ("unknown", Value::Null),
    };
    Draft {
        outcome: Some(outcome.to_owned()),
        ..about("answer.ended", answer, more)
    }
}

fn about(kind: &str, answer: &Answer, said: Value) -> Draft {
    let by_rule = answer.surface == Some(Surface::Rule);
    let who = if by_rule {
        "this app, by a rule"
    } else {
        "this app"
    };
    Draft {
        actor: Actor::new("operator", who),
        resource: Some(answer.gateway_name.clone()),
        approval_id: Some(answer.id.clone()),
        detail: Some(json!({
            "gateway": answer.gateway, "asked": answer.kind, "decision": answer.decision,
            "surface": answer.surface, "agent": answer.agent, "session": answer.session, "said": said,
        })),
        ..of(kind, answer.subject.clone())
    }
}
