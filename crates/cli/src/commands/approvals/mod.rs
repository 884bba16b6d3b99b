//! `approvals`: what waits, and deciding it. The gateway's record is the truth: after a decision it is read back,
//! and what it says is printed, whoever answered first.

mod answer;
mod batch;
mod decide;
mod grants;
mod pattern;
mod read;
mod shape;
mod show;
mod watch;

use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;
use serde_json::json;

use answer::{Answer, not_sent};

use super::Context;
use crate::args::{ApprovalsAction, ApprovalsArgs, Named};
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

pub(super) async fn run(context: &mut Context<'_>, args: ApprovalsArgs) -> Result<(), Failure> {
    let dial = context.dial(args.target)?.showing_approvals();
    let mut link = dial.connect(context.environment).await?;
    let done = match args.action {
        ApprovalsAction::List => list(context, &link).await,
        ApprovalsAction::Watch => watch::run(context, &mut link, &dial).await,
        ApprovalsAction::Allow(args) => match Answer::allowing(&args) {
            Ok(answer) => decide(context, &mut link, args.ids, answer, args.yes).await,
            Err(failure) => Err(failure),
        },
        ApprovalsAction::Deny { ids, reason } => {
            let answer = Answer::denying(sendable(context, &link, reason));
            decide(context, &mut link, ids, answer, false).await
        }
        ApprovalsAction::Revoke { id } => revoke(context, &link, &id).await,
        ApprovalsAction::Grants { action } => grants::run(context, &link, action).await,
    };
    link.close().await;
    done
}

/// One is answered by itself, several as a batch.
async fn decide(
    context: &mut Context<'_>,
    link: &mut Link,
    ids: Vec<Named>,
    answer: Answer,
    yes: bool,
) -> Result<(), Failure> {
    match <[Named; 1]>::try_from(ids) {
        Ok([named]) => decide::run(context, link, named, answer, yes).await,
        Err(several) => batch::run(context, link, several, answer).await,
    }
}

/// The reason where the gateway has a field for it; else it is told that it is not sent.
fn sendable(context: &Context<'_>, link: &Link, reason: Option<String>) -> Option<String> {
    let has_field = link.offers::<own::ApprovalsResolve>();
    if let (Some(reason), false) = (&reason, has_field) {
        let reason = one_line(reason, 400);
        context.output.note(&format!(
            "this gateway takes no reason, so yours is not sent: {reason}"
        ));
    }
    reason.filter(|_| has_field)
}

/// Takes a yes back that was not used yet.
async fn revoke(context: &mut Context<'_>, link: &Link, id: &str) -> Result<(), Failure> {
    if !link.offers::<own::ApprovalsRevoke>() {
        return Err(not_sent("this gateway takes no yes back"));
    }
    let answer = link.ask::<own::ApprovalsRevoke>(json!({"id": id})).await?;
    told_revoked(context, &answer, || {
        let id = one_line(id, 200);
        let text = format!("{id} has no yes that could be taken back: it was used, or never given");
        let failure = Failure::new(FailureKind::Refused, "notRevoked", text);
        failure.next("what holds longer than once is ended by `gatehouse approvals grants revoke`")
    })
}

/// What a revocation came to; `otherwise` where there was nothing to revoke.
fn told_revoked(
    context: &mut Context<'_>,
    answer: &serde_json::Value,
    otherwise: impl FnOnce() -> Failure,
) -> Result<(), Failure> {
    let is_revoked = answer["revoked"] == true;
    match context.output.is_json() {
        true => context.output.value(answer)?,
        false if is_revoked => context.output.line("revoked")?,
        false => {}
    }
    is_revoked.then_some(()).ok_or_else(otherwise)
}

async fn list(context: &mut Context<'_>, link: &Link) -> Result<(), Failure> {
    let found = read::waiting(link).await?;
    if context.output.is_json() {
        let approvals = json!({ "approvals": found.waiting });
        context.output.value(&approvals)?;
    } else if found.waiting.is_empty() && found.unreadable == 0 {
        context.output.note("nothing waits");
    } else {
        for approval in &found.waiting {
            show::waiting(context, approval)?;
        }
    }
    found.unreadable().map_or(Ok(()), Err)
}
