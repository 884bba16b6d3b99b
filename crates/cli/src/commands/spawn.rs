//! `spawn`: a task in a session of its own. It starts and does not wait; `sessions history` has the answer.

use gatehouse_protocol::methods::{SessionsCreate, SessionsCreateParams};
use gatehouse_protocol::model::session::SessionCreated;
use gatehouse_protocol::own::{SessionsSpawn, SpawnBudget, SpawnParams};
use serde::Serialize;

use super::Context;
use crate::args::SpawnArgs;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spawned {
    key: String,
    session_id: Option<String>,
    run_id: Option<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: SpawnArgs) -> Result<(), Failure> {
    if args.task.trim().is_empty() {
        return Err(Failure::usage("there is no task").next("say with --task what is to be done"));
    }
    let link = context.link(args.target).await?;
    let created = match args.budget {
        Some(usd) => start_with_budget(&link, args.task, args.model, usd).await,
        None => {
            let params = SessionsCreateParams {
                model: args.model,
                message: Some(args.task),
                ..SessionsCreateParams::default()
            };
            link.ask::<SessionsCreate>(params).await
        }
    };
    link.close().await;
    let created = created?;
    if let Some(error) = &created.run_error {
        let words = error["message"].as_str().unwrap_or("the run did not start");
        let words = gatehouse_protocol::untrusted::one_line(words, 400);
        let key = gatehouse_protocol::untrusted::one_line(&created.key, 200);
        return Err(
            Failure::new(FailureKind::Refused, "runNotStarted", words).next(format!(
                "the session {key} is there; say it again with `gatehouse send`"
            )),
        );
    }
    let spawned = Spawned {
        key: created.key,
        session_id: created.session_id,
        run_id: created.run_id,
    };
    if context.output.is_json() {
        return context.output.value(&spawned);
    }
    let key = gatehouse_protocol::untrusted::one_line(&spawned.key, 512);
    context.output.line(&key)?;
    context
        .output
        .hint(&format!("read it with: gatehouse sessions history '{key}'"));
    context.output.hint(
        "what it may not do unasked is denied while nobody is connected who can decide: keep `gatehouse approvals watch` open",
    );
    Ok(())
}

/// Only where the gateway keeps the budget: a task that may cost anything is not what was asked for.
async fn start_with_budget(
    link: &Link,
    task: String,
    model: Option<String>,
    usd: f64,
) -> Result<SessionCreated, Failure> {
    if !link.offers::<SessionsSpawn>() {
        return Err(Failure::new(
            FailureKind::Refused,
            "notSupported",
            "this gateway takes no budget for a run, so nothing was started",
        )
        .next("without --budget the gateway's own limits hold"));
    }
    let budget = SpawnBudget { usd };
    let params = SpawnParams {
        task,
        model,
        budget,
    };
    link.ask::<SessionsSpawn>(params).await
}
