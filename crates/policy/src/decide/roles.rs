//! What the roles say to an action: to its tool, and to every path, host, session and credential that it touches; asked
//! as from its session, and as from those that it acts for.

use super::baseline::finding;
use super::policy::Policy;
use super::request::{Act, Context, Request, SessionAccess};
use crate::authz::{Access, Asking, Call, Principal, Reason, Resource, Right};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::verdict::{Finding, Verdict};

/// The most that the policies are asked about one action. Beyond it a person is.
const MOST_RESOURCES: usize = 128;

/// What is found by asking them. `credentials` are those that the call is given.
pub(super) fn findings(
    request: &Request<'_>,
    policy: &Policy,
    context: &Context<'_>,
    effects: &[Effect],
    credentials: &[String],
) -> Vec<Finding> {
    let mut wanted = vec![(Right::ToolCall, tool(request, effects))];
    let mut found = Vec::new();
    for name in credentials {
        match credential(name, context) {
            Some(resource) => wanted.push((Right::CredentialUse, resource)),
            None => found.push(no_credential(name)),
        }
    }
    wanted.extend(
        effects
            .iter()
            .filter_map(|effect| of_effect(effect, context.workspace)),
    );
    wanted.extend(of_act(request));
    let mut asked: Vec<(Right, Resource<'_>)> = Vec::with_capacity(wanted.len());
    for one in wanted {
        if !asked.contains(&one) {
            asked.push(one);
        }
    }
    if asked.len() > MOST_RESOURCES {
        let text = format!("it touches more than {MOST_RESOURCES} things");
        found.push(finding(Verdict::Ask, "too-many", text));
        asked.truncate(MOST_RESOURCES);
    }
    let origin = Origin {
        session: request.session_key,
        channel: request.channel,
    };
    put(request, policy, context, &asked, origin, &mut found);
    for other in others(request, context) {
        put(request, policy, context, &asked, other, &mut found);
    }
    let kept_back = effects
        .iter()
        .filter_map(|effect| may_be_kept_back(effect, policy));
    found.extend(kept_back);
    found
}

/// Where words come from.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    session: &'a str,
    channel: Option<&'a str>,
}

/// The sessions that began this one, and those whose words it follows with those that began them.
fn others<'a>(request: &Request<'a>, context: &Context<'a>) -> Vec<Origin<'a>> {
    let mut all = Vec::new();
    let mut add = |session: &'a String, channel| {
        let origin = Origin { session, channel };
        if !all.contains(&origin) {
            all.push(origin);
        }
    };
    for session in context.above {
        add(session, request.channel);
    }
    for teller in context.told_by {
        let channel = teller.channel.as_deref();
        add(&teller.session, channel);
        for session in &teller.above {
            add(session, channel);
        }
    }
    all
}

/// Asks whether all of it may be done from there. What another session is not permitted is nothing against this one,
/// as somebody may have permitted it to this one alone; what it is forbidden, or asked about, is.
fn put(
    request: &Request<'_>,
    policy: &Policy,
    context: &Context<'_>,
    asked: &[(Right, Resource<'_>)],
    origin: Origin<'_>,
    found: &mut Vec<Finding>,
) {
    let principal = Principal::Agent {
        id: request.agent_id,
        rights: context.rights,
    };
    let call = Call {
        agent: request.agent_id,
        session: origin.session,
        channel: origin.channel.unwrap_or_default(),
        tool: request.tool,
    };
    let asking = Asking::new(principal, &call);
    let is_other = origin.session != request.session_key;
    for (right, resource) in asked {
        let access = policy.authz().ask(&asking, *right, resource);
        let code = match access.verdict {
            Verdict::Allow => continue,
            Verdict::Ask => "role-asks",
            Verdict::Deny => "role-denies",
        };
        for reason in &access.reasons {
            if is_other && reason.policy.is_none() {
                continue;
            }
            let one = finding(access.verdict, code, text(&access, reason, resource));
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
}

/// What lies below a folder, or is only known when it runs, may be what the roles keep back by its path.
fn may_be_kept_back(effect: &Effect, policy: &Policy) -> Option<Finding> {
    let open = matches!(effect.target, Target::Below(_) | Target::Unknown);
    let right =
        Right::of_effect(effect.kind).filter(|_| open && effect.kind != EffectKind::List)?;
    if right == Right::HostConnect || !policy.authz().keeps_back(right) {
        return None;
    }
    let text = format!(
        "it {}, and what of that the roles forbid by its path is known only when it runs",
        effect.text
    );
    Some(finding(Verdict::Ask, "role-asks", text))
}

fn tool<'a>(request: &Request<'a>, effects: &[Effect]) -> Resource<'a> {
    let looks = |effect: &Effect| matches!(effect.kind, EffectKind::Read | EffectKind::List);
    let (server, reads_only) = match request.act {
        Act::Tool(used) => (used.server, used.reads_only),
        Act::Files(_) => (None, effects.iter().all(looks)),
        Act::Session(used) => (
            None,
            matches!(used.access, SessionAccess::List | SessionAccess::Read),
        ),
        Act::Command(_) | Act::Fetch(_) | Act::Process { .. } | Act::Credential(_) => (None, false),
    };
    Resource::Tool {
        name: request.tool,
        server,
        reads_only,
        runs: matches!(request.act, Act::Command(_)),
    }
}

fn of_effect<'a>(effect: &'a Effect, workspace: &'a str) -> Option<(Right, Resource<'a>)> {
    let right = Right::of_effect(effect.kind)?;
    let host = |name: &'a str| Some((right, Resource::Host { name }));
    if right == Right::HostConnect {
        return match &effect.target {
            Target::Host(name) => host(name),
            Target::Url(url) => host(crate::rules::host_of(url).unwrap_or_default()),
            _ => host(""),
        };
    }
    let path = match &effect.target {
        Target::Path(path) | Target::Below(path) => path.as_str(),
        Target::Unknown => "",
        _ => return None,
    };
    let resource = Resource::Path {
        path,
        zone: effect.zone,
        secret: effect.secret,
        below: matches!(effect.target, Target::Below(_)),
        workspace: (effect.zone == Zone::Workspace).then_some(workspace),
    };
    Some((right, resource))
}

fn of_act<'a>(request: &Request<'a>) -> Option<(Right, Resource<'a>)> {
    match request.act {
        Act::Session(used) => {
            let right = match used.access {
                SessionAccess::List | SessionAccess::Read => Right::SessionRead,
                SessionAccess::Write => Right::SessionWrite,
                SessionAccess::Create => Right::SessionCreate,
            };
            let (key, agent) = (used.target, used.agent_id);
            Some((right, Resource::Session { key, agent }))
        }
        Act::Credential(used) => {
            let (name, kind, bound) = (used.name, used.kind, used.bound);
            Some((
                Right::CredentialUse,
                Resource::Credential { name, kind, bound },
            ))
        }
        Act::Command(_) | Act::Files(_) | Act::Fetch(_) | Act::Tool(_) | Act::Process { .. } => {
            None
        }
    }
}

/// None where it is known that there is no such credential.
fn credential<'a>(name: &'a str, context: &Context<'a>) -> Option<Resource<'a>> {
    let Some(known) = context.credentials else {
        let (kind, bound) = ("", true);
        return Some(Resource::Credential { name, kind, bound });
    };
    let known = known.iter().find(|one| one.name == name)?;
    Some(Resource::Credential {
        name,
        kind: &known.kind,
        bound: known.bound,
    })
}

fn no_credential(name: &str) -> Finding {
    let text =
        format!("there is no credential {name}; ask the person who runs this gateway to set it");
    finding(Verdict::Deny, "no-credential", text)
}

/// A reason in a sentence. Of several credentials it says which.
fn text(access: &Access, reason: &Reason, resource: &Resource<'_>) -> String {
    let Resource::Credential { name, bound, .. } = resource else {
        return reason.text.clone();
    };
    let unbound = access.verdict == Verdict::Deny && reason.policy.is_none() && !bound;
    match unbound {
        true => format!("the credential {name} is not bound to where it would go"),
        false => format!("the credential {name}: {}", reason.text),
    }
}
