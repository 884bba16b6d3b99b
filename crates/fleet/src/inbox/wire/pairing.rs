//! Devices and nodes that want to pair, and what approving them takes.

use gatehouse_protocol::Scope;
use gatehouse_protocol::model::pairing::{DevicePairRequest, NodePairRequest, PairResolved};

use super::{facts, joined, pending, time};
use crate::inbox::{Content, Outcome, Request, Source, Verdict};
use crate::view::{Decision, FactLabel, ItemKind};

pub(crate) fn device(request: DevicePairRequest) -> Request {
    let roles = if request.roles.is_empty() {
        request.role.into_iter().collect()
    } else {
        request.roles
    };
    let approving_takes = device_takes(&roles, &request.scopes);
    let content = Content {
        subject: request
            .display_name
            .unwrap_or_else(|| request.request_id.clone()),
        offered: vec![Decision::Approve, Decision::Reject],
        facts: facts([
            (FactLabel::Device, request.device_id),
            (FactLabel::Platform, request.platform),
            (FactLabel::Address, request.remote_ip),
            (FactLabel::Role, joined(roles)),
            (FactLabel::Scopes, joined(request.scopes)),
            (FactLabel::ClientId, request.client_id),
        ]),
        approving_takes,
        ..Content::default()
    };
    pending(
        ItemKind::DevicePairing,
        request.request_id,
        request.ts,
        None,
        content,
    )
}

pub(crate) fn node(request: NodePairRequest) -> Request {
    let approving_takes = node_takes(&request.commands);
    let content = Content {
        subject: request
            .display_name
            .unwrap_or_else(|| request.request_id.clone()),
        offered: vec![Decision::Approve, Decision::Reject],
        node: request.node_id.clone(),
        facts: facts([
            (FactLabel::Device, request.node_id),
            (FactLabel::Platform, request.platform),
            (FactLabel::Address, request.remote_ip),
            (FactLabel::Version, request.version),
            (FactLabel::Scopes, joined(request.commands)),
        ]),
        approving_takes,
        ..Content::default()
    };
    pending(
        ItemKind::NodePairing,
        request.request_id,
        request.ts,
        None,
        content,
    )
}

/// Approving a device hands on scopes, which takes having them; any other role than an operator's takes admin.
/// Source: "Device pairing approvals" of the gateway's page on operator scopes.
fn device_takes(roles: &[String], scopes: &[String]) -> Vec<String> {
    if roles.iter().any(|role| role != "operator") {
        return vec![Scope::Admin.as_str().to_owned()];
    }
    let of_operators = scopes.iter().filter(|s| s.starts_with("operator."));
    of_operators.cloned().collect()
}

/// Commands of a node whose approval takes admin. Source: "Node pairing approvals" of the gateway's page on
/// operator scopes; any other command takes write.
const ADMIN_COMMANDS: [&str; 8] = [
    "system.run",
    "system.run.prepare",
    "system.which",
    "browser.proxy",
    "browser.proxy.upload.v1",
    "fs.listDir",
    "system.execApprovals.get",
    "system.execApprovals.set",
];

fn node_takes(commands: &[String]) -> Vec<String> {
    let scope = match commands {
        [] => return Vec::new(),
        all if all.iter().any(|c| ADMIN_COMMANDS.contains(&c.as_str())) => Scope::Admin,
        _ => Scope::Write,
    };
    vec![scope.as_str().to_owned()]
}

pub(crate) fn pairing_told(event: &PairResolved) -> Outcome {
    let verdict = match event.decision.as_deref() {
        Some("approved") => Verdict::Decided(Decision::Approve),
        Some("rejected") => Verdict::Decided(Decision::Reject),
        Some("expired") => Verdict::Expired,
        _ => Verdict::Gone,
    };
    Outcome {
        verdict,
        by: None,
        by_this_app: None,
        at: time(event.ts),
        source: Source::Event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn approving_a_pairing_takes_what_it_hands_on() {
        let device = |roles: &[&str], scopes: &[&str]| {
            let raw = json!({"requestId": "r", "deviceId": "d", "roles": roles, "scopes": scopes, "ts": 1});
            device(from_value(raw).unwrap()).content.approving_takes
        };
        assert_eq!(device(&["operator"], &["operator.read"]), ["operator.read"]);
        assert_eq!(device(&["node"], &[]), ["operator.admin"]);
        let node = |commands: &[&str]| {
            let raw = json!({"requestId": "r", "nodeId": "n", "commands": commands, "ts": 1});
            node(from_value(raw).unwrap()).content.approving_takes
        };
        assert_eq!(node(&[]), [""; 0]);
        assert_eq!(node(&["canvas.show"]), ["operator.write"]);
        assert_eq!(node(&["canvas.show", "system.run"]), ["operator.admin"]);
    }
}
