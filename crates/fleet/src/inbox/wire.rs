//! What gateways say about things that wait, put into the inbox's words.
//!
//! Only decisions that the request names are offered; one that this app does not know is left out, because the
//! real gateway takes a decision that was not offered as a denial.

use gatehouse_protocol::Scope;
use gatehouse_protocol::model::approval as wire;
use gatehouse_protocol::model::pairing::{DevicePairRequest, NodePairRequest, PairResolved};
use gatehouse_protocol::model::question::{QuestionRecord, QuestionResolved, QuestionStatus};
use serde_json::Value;

use super::event::ReadBackAnswer;
use super::item::{Content, EpochMs, Outcome, Question, Request, Unavailable, Verdict};
use crate::view::{Decision, FactLabel, ItemKind};

pub(crate) fn exec(approval: wire::ExecApproval) -> Request {
    let request = approval.request;
    let plan = request.system_run_plan;
    let (plan_text, plan_argv, plan_cwd) = plan.map_or((None, Vec::new(), None), |p| {
        (p.command_text, p.argv, p.cwd)
    });
    let argv = if request.command_argv.is_empty() {
        plan_argv
    } else {
        request.command_argv
    };
    let subject = request
        .command
        .or(plan_text)
        .unwrap_or_else(|| argv.join(" "));
    let mut warnings: Vec<String> = request.warning_text.into_iter().collect();
    if let Some(analysis) = request.command_analysis {
        warnings.extend(analysis.warning_lines);
        warnings.extend(analysis.risk_kinds);
    }
    let content = Content {
        subject,
        argv,
        agent: request.agent_id,
        session: request.session_key,
        run: request.run_id,
        tool_call: request.tool_call_id,
        cwd: request.cwd.or(plan_cwd),
        host: request.host,
        node: request.node_id,
        resolved_path: request.resolved_path,
        security: request.security,
        ask: request.ask,
        warnings,
        offered: offered(request.allowed_decisions),
        unavailable: unavailable(&request.unavailable_decisions),
        facts: effect_facts(request.scope.as_ref()),
        ..Content::default()
    };
    let id = approval.id;
    pending(
        ItemKind::Exec,
        id,
        approval.created_at_ms,
        approval.expires_at_ms,
        content,
    )
}

pub(crate) fn plugin(approval: wire::PluginApproval) -> Request {
    let request = approval.request;
    let severity = request.severity.as_ref().map(|s| s.as_str().to_owned());
    let mut facts = facts([
        (FactLabel::Description, request.description),
        (FactLabel::Description, request.detail),
        (FactLabel::Severity, severity),
        (FactLabel::Plugin, request.plugin_id),
        (FactLabel::Tool, request.tool_name),
    ]);
    facts.extend(effect_facts(request.scope.as_ref()));
    let content = Content {
        subject: request.title.unwrap_or_default(),
        agent: request.agent_id,
        session: request.session_key,
        run: request.run_id,
        tool_call: request.tool_call_id,
        offered: offered(request.allowed_decisions),
        facts,
        ..Content::default()
    };
    let id = approval.id;
    pending(
        ItemKind::Plugin,
        id,
        approval.created_at_ms,
        approval.expires_at_ms,
        content,
    )
}

pub(crate) fn system(approval: wire::SystemApproval) -> Request {
    let request = approval.request;
    let content = Content {
        subject: request.title.unwrap_or_default(),
        agent: request.agent_id,
        session: request.session_key,
        offered: offered(request.allowed_decisions),
        facts: facts([(FactLabel::Description, request.description)]),
        ..Content::default()
    };
    let id = approval.id;
    pending(
        ItemKind::System,
        id,
        approval.created_at_ms,
        approval.expires_at_ms,
        content,
    )
}

/// A question asks for answers (`Approve`) or none (`Reject`). One that asks for a secret can only be declined
/// here: a secret is not typed into a page.
pub(crate) fn question(record: QuestionRecord) -> Request {
    let asks_secret = record
        .questions
        .items
        .iter()
        .any(|q| q.is_secret || q.secret_store.is_some());
    let unread = !record.questions.unreadable.is_empty();
    let subject: Vec<String> = record
        .questions
        .items
        .iter()
        .filter_map(|q| q.question.clone())
        .collect();
    let withheld = Unavailable {
        decision: Decision::Approve,
        reason: Some(
            if unread {
                "unreadable"
            } else {
                "asksForSecret"
            }
            .to_owned(),
        ),
    };
    let answerable = !asks_secret && !unread;
    let questions = record.questions.items.into_iter().map(|q| Question {
        id: q.question_id,
        text: q.question.unwrap_or_default(),
        free: q.is_other || q.options.is_empty(),
        options: q
            .options
            .into_iter()
            .map(|o| (o.label, o.description))
            .collect(),
        many: q.multi_select,
    });
    let content = Content {
        subject: subject.join("\n"),
        agent: record.agent_id,
        session: record.session_key,
        run: record.run_id,
        questions: questions.collect(),
        offered: if answerable {
            vec![Decision::Approve, Decision::Reject]
        } else {
            vec![Decision::Reject]
        },
        unavailable: if answerable {
            Vec::new()
        } else {
            vec![withheld]
        },
        ..Content::default()
    };
    let id = record.id;
    pending(
        ItemKind::Question,
        id,
        record.created_at_ms,
        record.expires_at_ms,
        content,
    )
}

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

/// What a `…resolved` event tells. The gateway's record may say otherwise and is read afterwards.
pub(crate) fn told(event: &wire::ApprovalResolved) -> Outcome {
    let verdict = match (&event.terminal_status, &event.decision) {
        (Some(wire::ApprovalStatus::Expired), _) => Verdict::Expired,
        (Some(wire::ApprovalStatus::Cancelled), _) => Verdict::Gone,
        (_, Some(decision)) => decided(decision),
        (_, None) => Verdict::Gone,
    };
    Outcome {
        verdict,
        by: event.resolved_by.clone(),
        by_this_app: None,
        at: time(event.ts),
    }
}

pub(crate) fn question_told(event: &QuestionResolved) -> Outcome {
    let verdict = match event.status {
        Some(QuestionStatus::Answered) => Verdict::Decided(Decision::Approve),
        Some(QuestionStatus::Expired) => Verdict::Expired,
        _ => Verdict::Gone,
    };
    Outcome {
        verdict,
        by: None,
        by_this_app: None,
        at: None,
    }
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
    }
}

/// The gateway's record. `own_device` is this app's device id: a record names devices by it.
pub(crate) fn recorded(record: &wire::ApprovalRecord, own_device: Option<&str>) -> ReadBackAnswer {
    let verdict = match (&record.status, &record.decision) {
        (Some(wire::ApprovalStatus::Pending), _) => return ReadBackAnswer::Pending,
        (Some(wire::ApprovalStatus::Expired), _) => Verdict::Expired,
        (Some(wire::ApprovalStatus::Cancelled), _) => Verdict::Gone,
        (_, Some(decision)) => decided(decision),
        (Some(wire::ApprovalStatus::Denied), None) => Verdict::Decided(Decision::Deny),
        // A state that this version does not know: not a reason to guess.
        _ => return ReadBackAnswer::Failed,
    };
    let resolver = record.resolver.as_ref().and_then(|r| r.id.clone());
    let by_this_app = resolver.as_deref().map(|id| own_device == Some(id));
    ReadBackAnswer::Ended(Outcome {
        verdict,
        by: resolver,
        by_this_app,
        at: time(record.resolved_at_ms),
    })
}

fn decided(decision: &wire::Decision) -> Verdict {
    known(decision).map_or(Verdict::Gone, Verdict::Decided)
}

/// Decisions of the wire, as ours. Pairing's have no name there.
pub(crate) fn verdict(decision: Decision) -> Option<wire::Verdict> {
    match decision {
        Decision::AllowOnce => Some(wire::Verdict::AllowOnce),
        Decision::AllowAlways => Some(wire::Verdict::AllowAlways),
        Decision::Deny => Some(wire::Verdict::Deny),
        Decision::Approve | Decision::Reject => None,
    }
}

fn known(decision: &wire::Decision) -> Option<Decision> {
    match decision {
        wire::Decision::AllowOnce => Some(Decision::AllowOnce),
        wire::Decision::AllowAlways => Some(Decision::AllowAlways),
        wire::Decision::Deny => Some(Decision::Deny),
        wire::Decision::Other(_) => None,
    }
}

/// Where the gateway does not say what it allows: the two choices that every approval has.
fn offered(allowed: Option<Vec<wire::Decision>>) -> Vec<Decision> {
    let Some(allowed) = allowed else {
        return vec![Decision::AllowOnce, Decision::Deny];
    };
    let mut offered: Vec<Decision> = Vec::new();
    for decision in allowed.iter().filter_map(known) {
        if !offered.contains(&decision) {
            offered.push(decision);
        }
    }
    offered
}

fn unavailable(decisions: &[wire::Decision]) -> Vec<Unavailable> {
    let one = |decision| Unavailable {
        decision,
        reason: None,
    };
    decisions.iter().filter_map(known).map(one).collect()
}

fn facts<const N: usize>(facts: [(FactLabel, Option<String>); N]) -> Vec<(FactLabel, String)> {
    let said = |(label, value): (FactLabel, Option<String>)| {
        value.filter(|v| !v.is_empty()).map(|value| (label, value))
    };
    facts.into_iter().filter_map(said).collect()
}

/// What kind of effect it has (a payment, a message to many): `name: value` lines of the gateway's own object.
fn effect_facts(scope: Option<&Value>) -> Vec<(FactLabel, String)> {
    let Some(Value::Object(fields)) = scope else {
        return Vec::new();
    };
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}: {}", text(value)))
        .collect();
    vec![(FactLabel::Description, lines.join("\n"))]
}

fn joined(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn pending(
    kind: ItemKind,
    id: String,
    created_at: Option<u64>,
    expires_at: Option<u64>,
    content: Content,
) -> Request {
    Request {
        kind,
        id,
        created_at: time(created_at).unwrap_or(0),
        expires_at: time(expires_at),
        content,
    }
}

fn time(ms: Option<u64>) -> Option<EpochMs> {
    ms.and_then(|ms| EpochMs::try_from(ms).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    /// As recorded from a 2026.9.6 gateway.
    fn recorded_request() -> Value {
        json!({"approvalKind": "exec", "id": "83781874", "request": {"command": "uname -a", "systemRunPlan": null,
            "cwd": "/home/user/.openclaw/workspace", "nodeId": null, "host": "gateway", "security": "allowlist",
            "ask": "on-miss", "warningText": null, "scope": null,
            "commandAnalysis": {"commandCount": 1, "nestedCommandCount": 0, "riskKinds": [], "warningLines": []},
            "unavailableDecisions": ["allow-always"], "allowedDecisions": ["allow-once", "deny"],
            "agentId": "main", "resolvedPath": "/usr/bin/uname", "sessionKey": "agent:main:main",
            "runId": "c23859ba", "toolCallId": "call_1"},
            "createdAtMs": 1795255849371_u64, "expiresAtMs": 1795257649371_u64})
    }

    #[test]
    fn an_exec_request_is_shown_with_what_it_offers_and_nothing_else() {
        let request = exec(from_value(recorded_request()).unwrap());
        assert_eq!(request.content.subject, "uname -a");
        assert_eq!(
            request.content.offered,
            [Decision::AllowOnce, Decision::Deny]
        );
        assert_eq!(
            request.content.unavailable[0].decision,
            Decision::AllowAlways
        );
        assert_eq!(request.created_at, 1_795_255_849_371);
    }

    #[test]
    fn a_decision_that_this_app_does_not_know_is_not_offered() {
        let mut raw = recorded_request();
        raw["request"]["allowedDecisions"] = json!(["allow-for-an-hour", "deny", "deny"]);
        assert_eq!(
            exec(from_value(raw).unwrap()).content.offered,
            [Decision::Deny]
        );
    }

    #[test]
    fn a_question_for_a_secret_can_only_be_declined() {
        let raw = json!({"id": "q", "questions": [{"questionId": "key", "question": "The key?",
            "options": [], "isSecret": true}], "createdAtMs": 1, "expiresAtMs": 2, "status": "pending"});
        let request = question(from_value(raw).unwrap());
        assert_eq!(request.content.offered, [Decision::Reject]);
        assert_eq!(
            request.content.unavailable[0].reason.as_deref(),
            Some("asksForSecret")
        );
    }

    #[test]
    fn a_question_keeps_whether_several_answers_are_wanted() {
        let raw = json!({"id": "q", "questions": [{"questionId": "a", "question": "Which?", "multiSelect": true,
            "options": [{"label": "red"}, {"label": "blue"}]}], "createdAtMs": 1, "expiresAtMs": 2, "status": "pending"});
        let request = question(from_value(raw).unwrap());
        assert!(request.content.questions[0].many);
        assert!(!request.content.questions[0].free);
    }

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

    #[test]
    fn a_record_says_who_answered_by_device() {
        let raw = json!({"id": "a", "status": "allowed", "decision": "allow-once", "resolvedAtMs": 5,
            "resolver": {"kind": "device", "id": "ours"}});
        let record: wire::ApprovalRecord = from_value(raw).unwrap();
        let ReadBackAnswer::Ended(outcome) = recorded(&record, Some("ours")) else {
            panic!("ended")
        };
        assert_eq!(outcome.by_this_app, Some(true));
        let ReadBackAnswer::Ended(outcome) = recorded(&record, Some("other")) else {
            panic!("ended")
        };
        assert_eq!(
            (outcome.by_this_app, outcome.by.as_deref()),
            (Some(false), Some("ours"))
        );
    }
}
