//! What an action calls for before any rule is asked: the analysis of a command, and what stands for it where there
//! is no command.

use super::given;
use super::request::{Act, Fetch, Request, SessionAccess, SessionUse, ToolUse};
use crate::effect::{Effect, EffectKind, Zone};
use crate::place::HostClass;
use crate::plan::Plan;
use crate::verdict::{Finding, Verdict};
use crate::world::Taint;

pub(super) fn finding(verdict: Verdict, code: &str, text: impl Into<String>) -> Finding {
    Finding {
        verdict,
        code: code.to_owned(),
        span: None,
        text: text.into(),
    }
}

/// What speaks against a request by itself.
pub(super) fn findings(request: &Request<'_>, effects: &[Effect]) -> Vec<Finding> {
    match &request.act {
        Act::Command(analysis) => {
            let mut found = analysis.findings.clone();
            if strictest(&found) < analysis.verdict {
                found.push(finding(
                    analysis.verdict,
                    "not-proven",
                    "it is not proven to be harmless",
                ));
            }
            if analysis.plan == Plan::Nothing && strictest(&found) < Verdict::Ask {
                found.push(finding(
                    Verdict::Ask,
                    "no-plan",
                    "nothing is known that could be run",
                ));
            }
            found
        }
        Act::Files(files) => {
            let mut found = files.findings.to_vec();
            let floors = effects.iter().filter_map(floor).filter(|floor| {
                // What was found says it better, where it is as strict.
                strictest(files.findings) < floor.verdict
            });
            found.extend(floors);
            found
        }
        Act::Fetch(fetch) => {
            let mut found = fetch.findings.to_vec();
            found.extend(of_host(fetch));
            found
        }
        Act::Tool(used) => of_tool(used, request.tool).into_iter().collect(),
        Act::Process { fed: Some(fed), .. } => fed.findings.clone(),
        Act::Session(used) => of_session(used, request.agent_id).into_iter().collect(),
        Act::Process { .. } | Act::Credential(_) => Vec::new(),
    }
}

pub(super) fn strictest(findings: &[Finding]) -> Verdict {
    findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or_default()
}

/// The least that touching a file calls for, by where it lies.
fn floor(effect: &Effect) -> Option<Finding> {
    let looks = matches!(effect.kind, EffectKind::Read | EffectKind::List);
    let text = &effect.text;
    let (verdict, code, why) = match effect.zone {
        Zone::Protected if !looks => (
            Verdict::Deny,
            "protected-write",
            "which decides over people, agents or this machine",
        ),
        Zone::Device if !looks => (Verdict::Deny, "device-write", "which is a device"),
        _ if effect.secret => (Verdict::Ask, "secret-read", "which authenticates someone"),
        Zone::Workspace | Zone::Tmp | Zone::Elsewhere => return None,
        Zone::Unknown => (
            Verdict::Ask,
            "unknown-place",
            "and it is not known where that is",
        ),
        Zone::Home | Zone::System | Zone::Protected | Zone::Device => (
            Verdict::Ask,
            "outside-workspace",
            "which is outside of the workspace",
        ),
    };
    Some(finding(verdict, code, format!("{text}, {why}")))
}

fn of_host(fetch: &Fetch<'_>) -> Option<Finding> {
    let host = fetch.host;
    Some(match fetch.class {
        HostClass::Public => return None,
        HostClass::Metadata => finding(
            Verdict::Deny,
            "metadata-host",
            format!("{host} hands out this machine's credentials"),
        ),
        HostClass::Private | HostClass::LinkLocal => finding(
            Verdict::Ask,
            "private-host",
            format!("{host} is on a private network"),
        ),
        HostClass::Loopback => finding(
            Verdict::Ask,
            "local-host",
            format!("{host} is this machine"),
        ),
        HostClass::Unknown => finding(
            Verdict::Ask,
            "unknown-host",
            format!("it is not known where {host} is"),
        ),
    })
}

fn of_tool(used: &ToolUse<'_>, tool: &str) -> Option<Finding> {
    let server = used.server?;
    let text = format!("what {tool} of {server} does is not known here");
    Some(finding(Verdict::Ask, "foreign-tool", text))
}

/// A task for another agent.
pub(super) const OTHER_AGENT: &str = "other-agent";

/// Another agent may be trusted with more, and other rules hold for it.
fn of_session(used: &SessionUse<'_>, by: &str) -> Option<Finding> {
    let agent = used.agent_id;
    if used.access != SessionAccess::Create || agent == by {
        return None;
    }
    let text = format!("gives a task to another agent, {agent}, with what that one may do");
    Some(finding(Verdict::Ask, OTHER_AGENT, text))
}

/// What the session did before that speaks against what it does now. Commands bring this with their analysis.
pub(super) fn of_taint(request: &Request<'_>, taint: &Taint) -> Option<Finding> {
    if taint.secrets.is_empty() {
        return None;
    }
    // What it is given to send is no news to where it goes.
    let given = given::heard(&given::names(request));
    let secret = taint.secrets.iter().find(|one| !given.contains(*one))?;
    let (code, does) = match &request.act {
        Act::Fetch(fetch) => ("secret-network", format!("reaches {}", fetch.host)),
        Act::Tool(used) => ("secret-tool", format!("calls {}", used.server?)),
        Act::Session(SessionUse {
            access: SessionAccess::Write | SessionAccess::Create,
            target,
            ..
        }) => ("secret-session", format!("writes to {target}")),
        Act::Command(_)
        | Act::Files(_)
        | Act::Process { .. }
        | Act::Session(_)
        | Act::Credential(_) => {
            return None;
        }
    };
    let text = format!("this session read {secret} before, and now {does}");
    Some(finding(Verdict::Ask, code, text))
}

/// What the session is tainted with when it was done.
pub(super) fn taint_after(request: &Request<'_>, effects: &[Effect], before: &Taint) -> Taint {
    use crate::effect::Target;
    let mut taint = match &request.act {
        Act::Command(analysis) => {
            let mut taint = analysis.taint.clone();
            taint.secrets.extend(given::heard(&given::names(request)));
            return taint;
        }
        Act::Process { fed: Some(fed), .. } => return fed.taint.clone(),
        _ => before.clone(),
    };
    for effect in effects {
        let (Target::Path(path) | Target::Below(path)) = &effect.target else {
            continue;
        };
        match effect.kind {
            EffectKind::Read if effect.secret || taint.carrying.contains(path) => {
                taint.secrets.insert(path.clone());
            }
            EffectKind::Write | EffectKind::Append | EffectKind::Create => {
                taint.written.insert(path.clone());
            }
            _ => {}
        }
    }
    taint
}
