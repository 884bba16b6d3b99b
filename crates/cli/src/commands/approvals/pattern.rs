//! A pattern before it is granted: what it would have allowed of the past is shown, and a person says that it is meant.

use std::io::{IsTerminal, Write};

use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;
use serde_json::{Value, json};

use super::answer::{Answer, Terms, not_sent};
use super::shape::Waiting;
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};
use crate::output::age;

/// How many past actions a person is shown; all are in `--json`.
const SHOWN: usize = 20;

/// Longest line of a past action.
const LINE: usize = 400;

/// Shows and asks, where the answer is a pattern. What was shown.
pub(super) async fn confirmed(
    context: &mut Context<'_>,
    link: &mut Link,
    approval: &Waiting,
    answer: &Answer,
    yes: bool,
) -> Result<Option<Value>, Failure> {
    let Terms::Always {
        pattern: Some(pattern),
        until,
    } = &answer.terms
    else {
        return Ok(None);
    };
    if !yes && !std::io::stdin().is_terminal() {
        let failure = Failure::usage("a pattern is asked about, and nobody is here to be asked");
        return Err(failure.next(
            "`gatehouse call gatehouse.grants.preview` shows what it would have allowed; --yes grants it unasked",
        ));
    }
    let params = json!({"pattern": pattern, "agentId": approval.agent_id});
    let preview = link.read::<own::GrantsPreview>(params).await?;
    if !context.output.is_json() || !yes {
        show(context, approval, pattern, *until, &preview);
    }
    if !yes && !asked(link).await? {
        return Err(not_sent("the pattern was not confirmed"));
    }
    Ok(Some(preview))
}

/// On stderr: it is not the answer of the command.
fn show(
    context: &Context<'_>,
    approval: &Waiting,
    pattern: &str,
    until: Option<u64>,
    preview: &Value,
) {
    let said = |text: String| context.output.note(&text);
    let text = |text: &Option<String>, none: &str| one_line(text.as_deref().unwrap_or(none), LINE);
    said(format!("pattern  {}", one_line(pattern, LINE)));
    said(format!(
        "for      agent {}, in {}",
        text(&approval.agent_id, "?"),
        text(&approval.cwd, "its workspace"),
    ));
    let until = until.map_or_else(|| "90 days from now".to_owned(), age::moment);
    said(format!("until    {until}"));
    let matches = preview["matches"].as_array().map_or(&[][..], Vec::as_slice);
    said(match matches.len() {
        0 => "of what ran or was asked before, it would have allowed nothing".to_owned(),
        1 => "of what ran or was asked before, it would have allowed this:".to_owned(),
        count => format!("of what ran or was asked before, it would have allowed {count}:"),
    });
    for one in matches.iter().take(SHOWN) {
        let at = one["at"].as_u64().map(age::moment).unwrap_or_default();
        let command = one_line(one["command"].as_str().unwrap_or_default(), LINE);
        said(format!("  {at}  {command}"));
    }
    if matches.len() > SHOWN {
        let more = matches.len() - SHOWN;
        said(format!(
            "  and {more} more; `gatehouse call gatehouse.grants.preview` has all"
        ));
    }
}

/// A line of a person's. The connection is listened to meanwhile, so that it does not clog.
async fn asked(link: &mut Link) -> Result<bool, Failure> {
    let mut prompt = std::io::stderr();
    write!(
        prompt,
        "allow all that it matches from now on, unasked? [y/N] "
    )?;
    prompt.flush()?;
    let mut reading = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = loop {
        tokio::select! {
            line = &mut reading => break line,
            Some(_) = link.events.recv() => {}
        }
    };
    let broken =
        |error: tokio::task::JoinError| Failure::new(FailureKind::General, "io", error.to_string());
    let line = line.map_err(broken)??;
    Ok(["y", "yes"].contains(&line.trim().to_lowercase().as_str()))
}
