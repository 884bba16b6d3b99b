//! Approvals as people read them. What would run is never shortened, and nothing in it is hidden.

use gatehouse_protocol::model::approval::{ApprovalStatus, Decision};
use gatehouse_protocol::untrusted::{Policy, escape, in_order, is_reordered, one_line};

use serde_json::Value;

use super::shape::{People, Recorded, Waiting, name_of};
use crate::commands::Context;
use crate::environment::now_ms;
use crate::failure::Failure;
use crate::output::age;

/// Longest line of an explanation, and the most lines of a kind; all of it is in `--json`.
const SHOWN: usize = 400;
const MOST: usize = 12;

pub(super) fn waiting(context: &mut Context<'_>, approval: &Waiting) -> Result<(), Failure> {
    let style = context.output.style;
    let left = approval
        .expires_at_ms
        .map(|at| format!("{} left", age::span(at.saturating_sub(now_ms()))));
    let whose = [
        &approval.agent_id,
        &approval.session_key,
        &approval.host,
        &approval.node_id,
    ];
    let whose = whose.into_iter().flatten().map(|text| one_line(text, 200));
    let about: Vec<String> = whose.chain(left).collect();
    let id = one_line(&approval.id, 200);
    context.output.line(&format!(
        "{}  {}  {}",
        style.bold(&id),
        style.waiting(name_of(approval.kind)),
        style.dim(&about.join("  ")),
    ))?;
    // A second line of a command must not look like a line of ours.
    let request = escape(&approval.request, Policy::Command).text;
    for line in request.split('\n') {
        context.output.line(&format!("  | {}", in_order(line)))?;
    }
    if is_reordered(&request) {
        let text = "it has letters that are written from right to left: a terminal may show its parts in another order";
        context.output.line(&format!("  {}", style.bad(text)))?;
    }
    if approval.unreadable {
        let text = "the gateway does not say plainly what this would do: it can only be denied";
        context.output.line(&format!("  {}", style.bad(text)))?;
    }
    if let Some(cwd) = &approval.cwd {
        context
            .output
            .line(&format!("  in {}", one_line(cwd, 4096)))?;
    }
    if !approval.env_keys.is_empty() {
        let names = one_line(&approval.env_keys.join(", "), 4096);
        let text = format!("sets {names}; their values are not told");
        context.output.line(&format!("  {}", style.bad(&text)))?;
    }
    if let Some(warning) = &approval.warning {
        let warning = one_line(warning, 1000);
        context.output.line(&format!("  {}", style.bad(&warning)))?;
    }
    if let Some(analysis) = &approval.analysis {
        explained(context, analysis)?;
    }
    let offered = offered(approval).unwrap_or_else(|| "the gateway does not say".to_owned());
    context
        .output
        .line(&style.dim(&format!("  may be answered: {offered}")))?;
    match &approval.digest {
        Some(digest) => {
            let digest = one_line(digest, 100);
            context
                .output
                .line(&style.dim(&format!("  digest {digest}")))
        }
        None => Ok(()),
    }
}

/// In our own gateway's words where it says them, else in the published ones.
fn offered(approval: &Waiting) -> Option<String> {
    let published = || {
        let offered = approval.decisions.as_deref()?;
        Some(offered.iter().map(Decision::as_str).collect::<Vec<_>>())
    };
    let own = approval.choices.as_deref();
    let own = own.map(|own| own.iter().map(String::as_str).collect::<Vec<_>>());
    let names = own.or_else(published)?;
    Some(one_line(&names.join(", "), 200))
}

/// Why it is asked, and what it would do, as a gateway of ours says it. The texts quote an agent's.
fn explained(context: &mut Context<'_>, analysis: &Value) -> Result<(), Failure> {
    let style = context.output.style;
    if analysis["dangerous"] == true {
        let text = "dangerous: look at it before you allow it";
        context.output.line(&format!("  {}", style.bad(text)))?;
    }
    for reason in texts(&analysis["explanation"]) {
        context.output.line(&format!("  why  {reason}"))?;
    }
    let effects = analysis["effects"].as_array().into_iter().flatten();
    let effects: Vec<&Value> = effects.map(|effect| &effect["text"]).collect();
    for effect in effects.iter().take(MOST).filter_map(|text| line(text)) {
        context.output.line(&format!("  does {effect}"))?;
    }
    if effects.len() > MOST {
        let more = format!("  and {} more; --json has all", effects.len() - MOST);
        context.output.line(&style.dim(&more))?;
    }
    Ok(())
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.take(MOST).filter_map(line).collect()
}

fn line(text: &Value) -> Option<String> {
    text.as_str().map(|text| one_line(text, SHOWN))
}

/// One of several that was not answered, and why.
pub(super) fn not_answered(
    context: &mut Context<'_>,
    id: &str,
    why: Option<&Failure>,
) -> Result<(), Failure> {
    let style = context.output.style;
    let why = why.map_or("", |why| why.message.as_str());
    let (id, why) = (style.bold(&one_line(id, 200)), style.bad(why));
    context.output.line(&format!("{id}  not answered: {why}"))
}

/// One line about how it ended, or how far it is on its way.
pub(super) fn recorded(
    context: &mut Context<'_>,
    record: &Recorded,
    people: Option<People>,
) -> Result<(), Failure> {
    let line = match people {
        Some(people) => waits_for_another(people),
        None => sentence(record),
    };
    let style = context.output.style;
    let id = style.bold(&one_line(&record.id, 200));
    let line = match record.status {
        Some(ApprovalStatus::Allowed) => style.good(&line),
        Some(ApprovalStatus::Pending) => style.waiting(&line),
        _ => style.bad(&line),
    };
    context.output.line(&format!("{id}  {line}"))
}

fn waits_for_another(people: People) -> String {
    let word = |count: u64| match count {
        0 => "none".to_owned(),
        1 => "one".to_owned(),
        2 => "two".to_owned(),
        count => count.to_string(),
    };
    let (allowed, needed) = (word(people.allowed), word(people.needed));
    format!("allowed by {allowed} of {needed}: another person has to allow it too")
}

/// How long a yes holds, by the gateway's word for it.
fn how_long(word: &str) -> String {
    match word {
        "for" => "for a time".to_owned(),
        "session" => "for this session".to_owned(),
        other => format!("({})", one_line(other, 40)),
    }
}

/// The record in words.
pub(super) fn sentence(record: &Recorded) -> String {
    let status = record
        .status
        .as_ref()
        .map_or("ended", ApprovalStatus::as_str);
    let mut words = one_line(status, 40);
    // A denial has one word; a yes can hold longer than once.
    let word = record.decision.as_ref().map(Decision::as_str);
    let word = record.choice.as_deref().or(word);
    if record.edited.is_some() {
        words = "replaced by another command".to_owned();
    } else if let Some(word) = word.filter(|word| *word != Decision::Deny.as_str()) {
        words = format!("{words} {}", how_long(word));
    }
    if let Some(by) = &record.decided_by {
        words = format!("{words} by {}", one_line(by, 200));
    }
    if let Some(reason) = &record.reason
        && reason != "user"
        && record.edited.is_none()
    {
        words = format!("{words}, reason: {}", one_line(reason, 100));
    }
    words
}
