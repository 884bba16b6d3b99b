//! Why a decision is what it is, in sentences.

use super::decision::Decision;
use crate::verdict::Verdict;

/// The verdict first, then each reason, the strictest before the others; of equals, rules by their priority, then
/// what was found.
pub fn explain(decision: &Decision) -> Vec<String> {
    let mut lines = vec![headline(decision)];
    let mut reasons: Vec<(Verdict, String)> = Vec::new();
    let rules = decision
        .rules
        .iter()
        .filter(|rule| rule.verdict > Verdict::Allow);
    reasons.extend(rules.map(|rule| (rule.verdict, format!("rule {}: {}", rule.id, rule.text))));
    let lowered = decision.allowed_by.is_some();
    for finding in &decision.findings {
        let text = match finding.verdict {
            Verdict::Allow => continue,
            Verdict::Ask if lowered && decision.would == Verdict::Allow => {
                format!("it would ask: {}", finding.text)
            }
            _ => finding.text.clone(),
        };
        reasons.push((finding.verdict, text));
    }
    reasons.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    lines.extend(
        reasons
            .into_iter()
            .map(|(verdict, text)| format!("{}: {text}", word(verdict))),
    );
    let shadow = decision.shadow.iter();
    lines.extend(shadow.map(|rule| {
        format!(
            "in the shadow: rule {} would {}: {}",
            rule.id,
            word(rule.verdict),
            rule.text
        )
    }));
    lines
}

fn headline(decision: &Decision) -> String {
    let would = match (decision.would, &decision.allowed_by) {
        (Verdict::Allow, Some(rule)) => format!("Allowed by the rule {rule}, which names it"),
        (Verdict::Allow, None) => "Allowed: nothing speaks against it".to_owned(),
        (Verdict::Ask, _) => match decision.approval.approvers {
            1 => "A person decides".to_owned(),
            n => format!("{n} people decide"),
        },
        (Verdict::Deny, _) => "Denied".to_owned(),
    };
    if decision.enforced {
        return would;
    }
    format!("Not held up, this policy only observes. Otherwise: {would}")
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
