//! The decision itself.

use super::baseline::{self, finding, strictest};
use super::called;
use super::danger;
use super::decision::{Decision, RuleHit};
use super::given;
use super::policy::Policy;
use super::request::{Act, Context, Request};
use super::roles;
use crate::analysis::Command;
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::plan::Plan;
use crate::rules::command::Matched;
use crate::rules::matching::Facts;
use crate::rules::model::Rule;
use crate::rules::path::Folders;
use crate::rules::{Approval, Enabled, Preset, RateKey, Teller};
use crate::verdict::{Finding, Verdict};

/// Decides about a request. Everything that has a say is asked, every time; the strictest answer holds.
pub fn decide(request: &Request<'_>, policy: &Policy, context: &Context<'_>) -> Decision {
    let effects = request.act.effects();
    let (commands, plan) = match request.act {
        Act::Command(analysis) => (analysis.commands.as_slice(), Some(&analysis.plan)),
        Act::Process { fed: Some(fed), .. } => (fed.commands.as_slice(), None),
        _ => (&[] as &[_], None),
    };
    let facts = facts(request, context, commands, &effects);
    let credentials: Vec<String> = given::names(request).into_iter().collect();
    let base = baseline::findings(request, &effects);
    let mut others = preset_findings(policy.preset(), request, &effects);
    others.extend(roles::findings(
        request,
        policy,
        context,
        &effects,
        &credentials,
    ));
    others.extend(called::findings(request));
    others.extend(context.told_by.iter().map(told_by));
    others.extend(context.facts.iter().cloned());
    others.extend(baseline::of_taint(request, context.taint));
    let judged = judge_rules(policy, &facts);

    let base_verdict = strictest(&base);
    let strict = strictest(&others).max(judged.verdict);
    let mut findings = base;
    findings.extend(others);
    let dangerous = danger::is_dangerous(&findings, &effects, commands, plan);
    let lowerable = base_verdict == Verdict::Ask
        && !dangerous
        && may_be_lowered(request, &facts, plan)
        && !findings.iter().any(danger::is_never_answered_ahead);
    let allowed_by = judged.open.filter(|_| lowerable);
    let with = |open: bool| match open && lowerable {
        true => strict,
        false => base_verdict.max(strict),
    };
    let would = with(judged.open.is_some());
    let shadow_verdict = with(judged.open.is_some() || judged.shadow_open);
    let enforced = policy.preset() != Preset::Observe;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    Decision {
        verdict: if enforced { would } else { Verdict::Allow },
        would,
        enforced,
        dangerous: dangerous
            || would == Verdict::Deny
            || would == Verdict::Ask && danger::has_to_be_looked_at(&findings),
        findings,
        // What is typed is no command of the line: nothing is granted by it.
        commands: plan.map(|_| commands.to_vec()).unwrap_or_default(),
        plan: plan.cloned(),
        allowed_by: allowed_by.map(|rule| rule.id.clone()),
        shadow_verdict: shadow_verdict.max(judged.shadow_verdict),
        rules: judged.hits,
        shadow: judged.shadow,
        approval: judged.approval,
        policy_version: policy.version().to_owned(),
        rates: judged.rates,
        credentials,
        taint: baseline::taint_after(request, &effects, context.taint),
        effects,
    }
}

/// Whoever is asked should know on whose behalf it is done. It speaks neither for nor against it.
fn told_by(teller: &Teller) -> Finding {
    let text = format!("{} told this session what to do", teller.session);
    finding(Verdict::Allow, "told-by", text)
}

fn facts<'a>(
    request: &Request<'a>,
    context: &Context<'a>,
    commands: &'a [Command],
    effects: &'a [Effect],
) -> Facts<'a> {
    Facts {
        agent: request.agent_id,
        session: request.session_key,
        above: context.above,
        told_by: context.told_by,
        channel: request.channel,
        tool: request.tool,
        arguments: request.arguments,
        commands,
        effects,
        folders: Folders {
            home: context.home,
            workspace: context.workspace,
        },
        now: context.now,
        counts: context.counts,
    }
}

/// Of a command, all that runs has to be in its words; other acts have nothing beside what is known of them.
fn may_be_lowered(request: &Request<'_>, facts: &Facts<'_>, plan: Option<&Plan>) -> bool {
    match request.act {
        Act::Command(_) => danger::is_in_its_words(facts.commands, plan),
        // In a shell that runs already, names may mean something else.
        Act::Process { fed: Some(_), .. } => facts.commands.is_empty(),
        _ => true,
    }
}

#[derive(Default)]
struct Judged<'p> {
    verdict: Verdict,
    shadow_verdict: Verdict,
    hits: Vec<RuleHit>,
    shadow: Vec<RuleHit>,
    /// The first that allows and names the action itself.
    open: Option<&'p Rule>,
    /// Whether one in the shadow does.
    shadow_open: bool,
    approval: Approval,
    rates: Vec<RateKey>,
}

fn judge_rules<'p>(policy: &'p Policy, facts: &'p Facts<'p>) -> Judged<'p> {
    let mut judged = Judged::default();
    let mut approval: Option<Approval> = None;
    for (rule, hit) in policy.matching(facts) {
        judged.rates.extend(hit.rate);
        let Some(told) = told(rule, hit.matched, facts) else {
            continue;
        };
        let opens = rule.verdict == Verdict::Allow && rule.when.names_the_action(facts);
        if rule.enabled == Enabled::Shadow {
            judged.shadow_open |= opens;
            judged.shadow_verdict = judged.shadow_verdict.max(told.verdict);
            judged.shadow.push(told);
            continue;
        }
        judged.verdict = judged.verdict.max(told.verdict);
        if opens {
            judged.open = judged.open.or(Some(rule));
        }
        if rule.verdict == Verdict::Ask {
            let own = rule.approval.unwrap_or_default();
            approval = Some(approval.map_or(own, |joined| joined.join(own)));
        }
        judged.hits.push(told);
    }
    judged.approval = approval.unwrap_or_default();
    judged
}

/// What a match comes to: where it only may be one, a rule that would deny asks.
fn told(rule: &Rule, matched: Matched, facts: &Facts<'_>) -> Option<RuleHit> {
    let (verdict, mut text) = match matched {
        Matched::No => return None,
        Matched::Yes => (rule.verdict, rule.text().to_owned()),
        Matched::Maybe => {
            let text = format!(
                "{} (it may be about this; what it does is known only when it runs)",
                rule.text()
            );
            (rule.verdict.min(Verdict::Ask), text)
        }
    };
    if let Some(teller) = rule.when.teller(facts) {
        text = format!("{text} (it holds for {teller}, which this session was told by)");
    }
    Some(RuleHit {
        id: rule.id.clone(),
        verdict,
        text,
    })
}

/// What a preset adds to what was found.
fn preset_findings(preset: Preset, request: &Request<'_>, effects: &[Effect]) -> Vec<Finding> {
    if preset != Preset::Strict {
        return Vec::new();
    }
    let mut found: Vec<_> = effects.iter().filter_map(strict).collect();
    if let Act::Command(analysis) = request.act
        && analysis.commands.iter().any(|command| !command.exact)
    {
        let text = "not every word is known before it runs";
        found.push(finding(Verdict::Ask, "strict-unknown", text));
    }
    found
}

fn strict(effect: &Effect) -> Option<Finding> {
    use EffectKind as K;
    let ours = matches!(effect.zone, Zone::Workspace | Zone::Tmp);
    let changes = matches!(
        effect.kind,
        K::Write | K::Append | K::Create | K::Delete | K::Permission
    );
    match effect.kind {
        K::Network | K::Remote => {
            let text = format!(
                "{}: nothing leaves this machine (preset strict)",
                effect.text
            );
            Some(finding(Verdict::Deny, "strict-network", text))
        }
        _ if effect.target == Target::Unknown => {
            let text = format!(
                "{}: what it touches is not known (preset strict)",
                effect.text
            );
            Some(finding(Verdict::Ask, "strict-unknown", text))
        }
        _ if changes && !ours => {
            let text = format!("{}: outside of the workspace (preset strict)", effect.text);
            Some(finding(Verdict::Ask, "strict-outside", text))
        }
        K::System | K::Signal | K::Privilege => {
            let text = format!("{}: changes the machine (preset strict)", effect.text);
            Some(finding(Verdict::Ask, "strict-system", text))
        }
        _ => None,
    }
}
