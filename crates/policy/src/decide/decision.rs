//! The answer to a request, and how it goes over the wire.

use serde::Serialize;
use specta::Type;

use crate::analysis::Command;
use crate::effect::Effect;
use crate::plan::Plan;
use crate::rules::{Approval, RateKey};
use crate::verdict::{Finding, Verdict};
use crate::world::Taint;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What holds. As `would`, but for a policy that only observes.
    pub verdict: Verdict,
    /// What was decided.
    pub would: Verdict,
    /// Whether `would` holds. False where the policy only observes.
    pub enforced: bool,
    /// Whether it takes a look before it may be allowed: a notification must not offer that directly.
    pub dangerous: bool,
    /// The strictest first.
    pub findings: Vec<Finding>,
    pub effects: Vec<Effect>,
    pub commands: Vec<Command>,
    /// What may run; none where the request is no command.
    pub plan: Option<Plan>,
    /// The rules that are about it, in the order of the explanation.
    pub rules: Vec<RuleHit>,
    /// The rules in the shadow that are about it.
    pub shadow: Vec<RuleHit>,
    /// What the verdict would be if the rules in the shadow counted.
    pub shadow_verdict: Verdict,
    /// The rule by which it runs without a question, where there is one.
    pub allowed_by: Option<String>,
    /// What an approval takes. Of no meaning unless the verdict is ask.
    pub approval: Approval,
    pub policy_version: String,
    /// What to count when it is let through, for rules with a rate.
    pub rates: Vec<RateKey>,
    /// The credentials that the call is given, by their names.
    pub credentials: Vec<String>,
    /// What the session is tainted with when it was done.
    pub taint: Taint,
}

/// A rule that is about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleHit {
    pub id: String,
    /// What it calls for. A rule that denies and only may be about the request asks.
    pub verdict: Verdict,
    /// Its reason, for a person.
    pub text: String,
}

/// A decision on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionView {
    pub verdict: Verdict,
    pub dangerous: bool,
    pub findings: Vec<Finding>,
    pub effects: Vec<Effect>,
    pub commands: Vec<Command>,
    pub plan: Option<Plan>,
    pub rules: Vec<RuleHit>,
    pub policy_version: String,
    /// What was decided, where the policy only observes and it does not hold.
    pub would: Verdict,
    pub shadow: Vec<RuleHit>,
    /// The rule by which it runs without a question.
    pub allowed_by: Option<String>,
    pub approval: Approval,
    /// Why, in sentences, the strictest first.
    pub explanation: Vec<String>,
}

impl From<&Decision> for DecisionView {
    fn from(decision: &Decision) -> Self {
        Self {
            verdict: decision.verdict,
            dangerous: decision.dangerous,
            findings: decision.findings.clone(),
            effects: decision.effects.clone(),
            commands: decision.commands.clone(),
            plan: decision.plan.clone(),
            rules: decision.rules.clone(),
            policy_version: decision.policy_version.clone(),
            would: decision.would,
            shadow: decision.shadow.clone(),
            allowed_by: decision.allowed_by.clone(),
            approval: decision.approval,
            explanation: super::explain(decision),
        }
    }
}
