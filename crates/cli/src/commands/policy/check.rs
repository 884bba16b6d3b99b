//! `policy check` and `policy explain`: one command.

use gatehouse_policy::decide::{Decision, DecisionView, explain as reasons};
use gatehouse_policy::{Plan, Verdict};
use gatehouse_protocol::untrusted::one_line;

use super::super::Context;
use super::trial::{Trial, line};
use crate::args::On;
use crate::failure::Failure;
use crate::output::style::Style;

/// Longest line that is shown of what a command says; all of it is in `--json`.
const SHOWN: usize = 400;

pub(super) fn run(context: &mut Context<'_>, on: &On, words: &[String]) -> Result<(), Failure> {
    let decision = Trial::new(context, on)?.decide(&line(words));
    if context.output.is_json() {
        return context.output.value(&DecisionView::from(&decision));
    }
    let style = context.output.style;
    context.output.line(&headline(&decision, style))?;
    for finding in &decision.findings {
        let mark = padded(finding.verdict, style);
        let code = style.dim(&finding.code);
        context.output.line(&format!(
            "  {mark}  {}  {code}",
            one_line(&finding.text, SHOWN)
        ))?;
    }
    for rule in &decision.rules {
        let mark = padded(rule.verdict, style);
        let text = one_line(&rule.text, SHOWN);
        context.output.line(&format!(
            "  {mark}  {text}  {}",
            style.dim(&format!("rule {}", rule.id))
        ))?;
    }
    for effect in &decision.effects {
        context
            .output
            .line(&format!("  does   {}", one_line(&effect.text, SHOWN)))?;
    }
    Ok(())
}

/// The reasons in order, then what would run.
pub(super) fn explain(context: &mut Context<'_>, on: &On, words: &[String]) -> Result<(), Failure> {
    let decision = Trial::new(context, on)?.decide(&line(words));
    if context.output.is_json() {
        return context.output.value(&DecisionView::from(&decision));
    }
    for reason in reasons(&decision) {
        context.output.line(&one_line(&reason, SHOWN))?;
    }
    let style = context.output.style;
    section(
        context,
        style,
        "It does",
        decision.effects.iter().map(|effect| effect.text.clone()),
    )?;
    let commands = decision
        .commands
        .iter()
        .map(|command| command.argv.join(" "));
    section(context, style, "The commands, as rules see them", commands)?;
    let runs: Vec<String> = match &decision.plan {
        Some(Plan::Direct { lists }) => {
            let spawns = lists.iter().flat_map(|list| &list.spawns);
            spawns.map(|spawn| format!("{:?}", spawn.argv)).collect()
        }
        Some(Plan::Shell { text }) => vec![format!("bash --noprofile --norc -c {text:?}")],
        Some(Plan::Nothing) | None => vec!["nothing: it could not be read".to_owned()],
    };
    section(context, style, "What would run", runs.into_iter())
}

fn section(
    context: &mut Context<'_>,
    style: Style,
    title: &str,
    lines: impl Iterator<Item = String>,
) -> Result<(), Failure> {
    let mut title = Some(title);
    for text in lines {
        if let Some(title) = title.take() {
            context.output.line("")?;
            context.output.line(&style.bold(title))?;
        }
        context
            .output
            .line(&format!("  {}", one_line(&text, SHOWN)))?;
    }
    Ok(())
}

fn headline(decision: &Decision, style: Style) -> String {
    let verdict = marked(decision.verdict, style);
    let danger = if decision.dangerous {
        ", dangerous"
    } else {
        ""
    };
    let policy = style.dim(&format!("policy {}", decision.policy_version));
    format!("{verdict}{danger}  {policy}")
}

fn marked(verdict: Verdict, style: Style) -> String {
    match verdict {
        Verdict::Allow => style.good("allow"),
        Verdict::Ask => style.waiting("ask"),
        Verdict::Deny => style.bad("deny"),
    }
}

/// As wide as the widest verdict.
fn padded(verdict: Verdict, style: Style) -> String {
    let missing = match verdict {
        Verdict::Allow => "",
        Verdict::Ask => "  ",
        Verdict::Deny => " ",
    };
    format!("{}{missing}", marked(verdict, style))
}
