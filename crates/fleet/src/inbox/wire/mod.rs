//! What gateways say about things that wait, put into the inbox's words.
//!
//! Only decisions that the request names are offered; one that this app does not know is left out, because the
//! real gateway takes a decision that was not offered as a denial.

mod pairing;
mod question;

use gatehouse_protocol::model::approval as wire;
use serde_json::Value;

use super::event::ReadBackAnswer;
use super::item::{Content, EpochMs, Outcome, People, Request, Source, Unavailable, Verdict};
use crate::view::{Decision, FactLabel, ItemKind};

pub(crate) use pairing::{device, node, pairing_told};
pub(crate) use question::{question, question_recorded, question_taken, question_told};

pub(crate) fn exec(approval: wire::ExecApproval) -> Request {
    let request = approval.request;
    let told = request.told();
    let argv = request.argv().to_vec();
    let plan_cwd = request.system_run_plan.and_then(|plan| plan.cwd);
    let mut warnings = lines(request.warning_text.as_deref());
    if let Some(analysis) = request.command_analysis {
        warnings.extend(analysis.warning_lines);
        warnings.extend(analysis.risk_kinds);
    }
    let longer = takes_longer(request.extra.get(CHOICES));
    let analysis = request.extra.get("analysis");
    let dangerous = has_to_be_looked_at(analysis);
    let judged = analysis.is_some_and(Value::is_object);
    let people = people(
        request.approvers,
        request.approved_by,
        &request.approved_by_people,
    );
    let tool = request.extra.get(TOOL).and_then(Value::as_str);
    let tool = tool.map(str::to_owned);
    let content = Content {
        subject: told.text,
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
        offered: with_longer(offered(request.allowed_decisions), longer),
        unavailable: unavailable(&request.unavailable_decisions, longer),
        facts: effect_facts(request.scope.as_ref()),
        unsaid: !told.plainly,
        dangerous,
        tool,
        judged,
        env: set_by_the_call(request.env_keys),
        people,
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

/// OpenClaw's own mark on every command of a sub-agent, which its command line alone reads. A gateway names it among the
/// variables of the call.
const SUBAGENT_MARK: &str = "OPENCLAW_SUBAGENT_EXEC";

fn set_by_the_call(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| name != SUBAGENT_MARK);
    names
}

/// Where more than one person has to allow it: how many have, and who.
fn people(needed: Option<u64>, allowed: Option<u64>, who: &[String]) -> Option<People> {
    let needed = needed.filter(|needed| *needed > 1)?;
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let names = who.iter().filter_map(|who| who.strip_prefix("user:"));
    Some(People {
        needed: number(needed),
        allowed: number(allowed.unwrap_or(0)),
        names: names.map(str::to_owned).collect(),
    })
}

/// Each warning once: the page tells them apart by their text.
fn lines(text: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.into_iter().flat_map(str::lines) {
        if !line.trim().is_empty() && !lines.iter().any(|known| known == line) {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Whether a gateway of our own, which knows more of a call than its command's words say, calls it dangerous, or asks
/// for what a notification has no place for: the variables that the call sets, and what stands for a value in its words.
fn has_to_be_looked_at(judged: Option<&Value>) -> bool {
    let Some(judged) = judged else {
        return false;
    };
    let brings = |found: &Value| {
        let code = found["code"].as_str().unwrap_or_default();
        (code.starts_with("env-") || code == "word-credential") && found["verdict"] != "allow"
    };
    let found = judged["findings"].as_array();
    judged["dangerous"] == true || found.is_some_and(|found| found.iter().any(brings))
}

pub(crate) fn plugin(approval: wire::PluginApproval) -> Request {
    let request = approval.request;
    let dangerous = request.severity == Some(wire::Severity::Critical);
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
        dangerous,
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
        source: Source::Event,
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
        source: Source::Record,
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

/// Where our own gateway names the tool of a call that is no command.
const TOOL: &str = "tool";

/// Where our own gateway says which of its answers a command takes: once, for a session, for a time, always.
const CHOICES: &str = "choices";

/// It can be allowed for longer than once, also where the published words have no name for that.
fn takes_longer(choices: Option<&Value>) -> bool {
    let words = choices.and_then(Value::as_array).into_iter().flatten();
    let mut words = words.filter_map(Value::as_str);
    words.any(|word| matches!(word, "session" | "for" | "always"))
}

fn with_longer(mut offered: Vec<Decision>, longer: bool) -> Vec<Decision> {
    let once = offered.iter().position(|d| *d == Decision::AllowOnce);
    if let (true, Some(at), false) = (longer, once, offered.contains(&Decision::AllowAlways)) {
        offered.insert(at + 1, Decision::AllowAlways);
    }
    offered
}

fn unavailable(decisions: &[wire::Decision], longer: bool) -> Vec<Unavailable> {
    let one = |decision| Unavailable {
        decision,
        reason: None,
    };
    let known = decisions.iter().filter_map(known);
    let not = known.filter(|decision| !(longer && *decision == Decision::AllowAlways));
    not.map(one).collect()
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
    let content = content.refusable_where_unsaid(kind);
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
mod tests;
