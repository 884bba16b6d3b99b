//! `approvals`: what waits, and deciding it. The gateway's record is the truth: after a decision it is read back,
//! and what it says is printed, whoever answered first.

mod decide;
mod read;
mod show;
mod watch;

use gatehouse_protocol::model::approval::Verdict;

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
            decide::run(context, &mut link, id, verdict).await
        }
        ApprovalsAction::Deny { id, reason } => {
            let denied = decide::run(context, &mut link, id, Verdict::Deny).await;
            if let (Ok(()), Some(reason)) = (&denied, reason) {
                context
                    .output
                    .note(&format!("your note, which is not sent: {reason}"));
            }
            denied
        }
    };
    link.close().await;
    done
}

async fn list(context: &mut Context<'_>, link: &crate::dial::Link) -> Result<(), Failure> {
    let waiting = read::waiting(link).await?;
    if context.output.is_json() {
        return context
            .output
            .value(&serde_json::json!({ "approvals": waiting }));
    }
    if waiting.is_empty() {
        context.output.note("nothing waits");
    }
    for approval in &waiting {
        show::waiting(context, approval)?;
    }
    Ok(())
}
