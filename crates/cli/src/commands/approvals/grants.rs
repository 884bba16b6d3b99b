//! `approvals grants`: what was allowed beyond once, on a gateway that keeps such.

use gatehouse_protocol::untrusted::one_line;
use gatehouse_protocol::{NoParams, own};
use serde_json::{Value, json};

use super::{not_sent, told_revoked};
use crate::args::GrantsAction;
use crate::commands::Context;
use crate::dial::Link;
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::output::age;
use crate::output::table::Table;

/// Longest text of a grant that a table shows; all of it is in `--json`.
const SHOWN: usize = 200;

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &Link,
    action: GrantsAction,
) -> Result<(), Failure> {
    if !link.offers::<own::GrantsList>() {
        return Err(not_sent("this gateway keeps no grants"));
    }
    match action {
        GrantsAction::List => list(context, link).await,
        GrantsAction::Revoke { id } => revoke(context, link, &id).await,
    }
}

async fn list(context: &mut Context<'_>, link: &Link) -> Result<(), Failure> {
    let answer = link.read::<own::GrantsList>(NoParams {}).await?;
    if context.output.is_json() {
        return context.output.value(&answer);
    }
    let grants = answer["grants"].as_array().cloned().unwrap_or_default();
    if grants.is_empty() {
        context.output.note("nothing is granted");
        return Ok(());
    }
    let mut table = Table::new(["ID", "AGENT", "WHERE", "UNTIL", "USES", "BY", "WHAT"]);
    for grant in &grants {
        table.row(cells(grant));
    }
    let lines = table.lines(context.output.style);
    lines.iter().try_for_each(|line| context.output.line(line))
}

fn cells(grant: &Value) -> [String; 7] {
    let text = |name: &str| one_line(grant[name].as_str().unwrap_or_default(), SHOWN);
    let place = match grant["sessionKey"].as_str() {
        Some(session) => one_line(session, SHOWN),
        None => "every session".to_owned(),
    };
    let left = grant["expiresAt"].as_u64();
    let left = left.map(|at| format!("{} left", age::span(at.saturating_sub(now_ms()))));
    [
        text("id"),
        text("agentId"),
        place,
        left.unwrap_or_default(),
        grant["uses"].to_string(),
        text("createdBy"),
        text("text"),
    ]
}

async fn revoke(context: &mut Context<'_>, link: &Link, id: &str) -> Result<(), Failure> {
    let answer = link.read::<own::GrantsRevoke>(json!({"id": id})).await?;
    told_revoked(context, &answer, || {
        let text = format!("no grant {} holds", one_line(id, SHOWN));
        let failure = Failure::new(FailureKind::Refused, "notGranted", text);
        failure.next("`gatehouse approvals grants list` shows those that hold")
    })
}
