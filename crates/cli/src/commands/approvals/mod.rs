//! `approvals`: what waits, and deciding it. The gateway's record is the truth: after a decision it is read back,
//! and what it says is printed, whoever answered first.

mod decide;
mod read;
mod show;
mod watch;

use gatehouse_protocol::model::approval::Verdict;
use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;

use decide::Answer;

use super::Context;
use crate::args::{ApprovalsAction, ApprovalsArgs};
use crate::failure::Failure;

pub(super) async fn run(context: &mut Context<'_>, args: ApprovalsArgs) -> Result<(), Failure> {
    let dial = context.dial(args.target)?;
    let mut link = dial.connect(context.environment).await?;
    let done = match args.action {
        ApprovalsAction::List => list(context, &link).await,
        ApprovalsAction::Watch => watch::run(context, &mut link, &dial).await,
        ApprovalsAction::Allow { id, always } => {
            let verdict = if always {
                Verdict::AllowAlways
            } else {
                Verdict::AllowOnce
            };
            decide::run(context, &mut link, id, Answer::plain(verdict)).await
        }
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
                verdict: Verdict::Deny,
                reason,
            };
            decide::run(context, &mut link, id, answer).await
        }
    };
    link.close().await;
    done
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
