//! `policy simulate`: the gateway decides its past actions again.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Context;
use super::read_text;
use crate::args::{Target, When};
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::output::age;
use crate::output::table::Table;

const METHOD: &str = "gatehouse.policy.simulate";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    examined: u64,
    /// Older ones were left out.
    #[serde(default)]
    more: bool,
    flips: Vec<Flip>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flip {
    at: u64,
    what: String,
    was: String,
    would: String,
    #[serde(default)]
    why: String,
}

pub(super) async fn run(
    context: &mut Context<'_>,
    target: Target,
    since: When,
    document: Option<&Path>,
    limit: Option<u32>,
) -> Result<(), Failure> {
    let now = now_ms();
    let mut params = json!({ "since": since.begin(now) });
    if let Some(file) = document {
        params["document"] = read_text(file)?.into();
    }
    if let Some(limit) = limit {
        params["limit"] = limit.into();
    }
    let link = context.link(target).await?;
    let answer = link.connection.call(METHOD, &params).await;
    link.close().await;
    let answer: Value = answer?;
    if context.output.is_json() {
        return context.output.value(&answer);
    }
    let answer: Answer = serde_json::from_value(answer)
        .map_err(|error| Failure::new(FailureKind::General, "badAnswer", error.to_string()))?;
    let mut table = Table::new(["WHEN", "WAS", "WOULD", "WHAT", "WHY"]);
    for flip in &answer.flips {
        table.row([
            age::ago(Some(flip.at), now),
            flip.was.clone(),
            flip.would.clone(),
            flip.what.clone(),
            flip.why.clone(),
        ]);
    }
    if !answer.flips.is_empty() {
        for line in table.lines(context.output.style) {
            context.output.line(&line)?;
        }
    }
    let (flips, examined) = (answer.flips.len(), answer.examined);
    let latest = if answer.more { "the latest " } else { "" };
    context.output.line(&format!(
        "{flips} of {latest}{examined} actions would be decided otherwise"
    ))
}
