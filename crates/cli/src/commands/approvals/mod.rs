//! `approvals`: what waits, and deciding it. The gateway's record is the truth: after a decision it is read back,
//! and what it says is printed, whoever answered first.

mod decide;
mod grants;
mod read;
mod show;
mod watch;

use gatehouse_protocol::model::approval::Verdict;
use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;

use decide::{Answer, Holds};

use super::Context;
use crate::args::{ApprovalsAction, ApprovalsArgs};
use crate::failure::{Failure, FailureKind};

pub(super) async fn run(context: &mut Context<'_>, args: ApprovalsArgs) -> Result<(), Failure> {
    let dial = context.dial(args.target)?.showing_approvals();
    let mut link = dial.connect(context.environment).await?;
    let done = match args.action {
        ApprovalsAction::List => list(context, &link).await,
        ApprovalsAction::Watch => watch::run(context, &mut link, &dial).await,
        ApprovalsAction::Allow {
            id,
            always,
            session,
            time,
        } => match allowing(&link, always, session, time) {
            Ok(answer) => decide::run(context, &mut link, id, answer).await,
            Err(failure) => Err(failure),
        },
        ApprovalsAction::Grants { action } => grants::run(context, &link, action).await,
        ApprovalsAction::Deny { id, reason } => {
            let has_field = link.offers::<own::ApprovalsResolve>();
            if let (Some(reason), false) = (&reason, has_field) {
                let reason = one_line(reason, 400);
                context.output.note(&format!(
                    "this gateway takes no reason, so yours is not sent: {reason}"
                ));
            }
            let reason = reason.filter(|_| has_field);
            let answer = Answer {
                reason,
                ..Answer::plain(Verdict::Deny)
            };
            decide::run(context, &mut link, id, answer).await
        }
    };
    link.close().await;
    done
}

/// A yes, and how long it holds.
fn allowing(
    link: &crate::dial::Link,
    always: bool,
    session: bool,
    time: Option<u64>,
) -> Result<Answer, Failure> {
    let holds = match (session, time) {
        (true, _) => Holds::Session,
        (false, Some(minutes)) => Holds::For { minutes },
        (false, None) if always => return Ok(Answer::plain(Verdict::AllowAlways)),
        (false, None) => return Ok(Answer::plain(Verdict::AllowOnce)),
    };
    if link.offers::<own::ApprovalsResolve>() {
        return Ok(Answer::holding(holds));
    }
    Err(not_ours(
        "this gateway allows once or always, and nothing between them; nothing was sent",
    ))
}

/// What only a gateway of ours has.
fn not_ours(text: &str) -> Failure {
    Failure::new(FailureKind::Refused, "notOffered", text)
}

async fn list(context: &mut Context<'_>, link: &crate::dial::Link) -> Result<(), Failure> {
    let found = read::waiting(link).await?;
    if context.output.is_json() {
        let approvals = serde_json::json!({ "approvals": found.waiting });
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
