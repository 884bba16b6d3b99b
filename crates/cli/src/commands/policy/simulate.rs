//! `policy simulate`: the gateway decides its past actions again.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::Context;
use super::read_text;
use crate::args::Target;
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
    since: &str,
    document: Option<&Path>,
    limit: Option<u32>,
) -> Result<(), Failure> {
    let now = now_ms();
    let mut params = json!({ "since": read_since(since, now)? });
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

/// Milliseconds since 1970.
fn read_since(text: &str, now: u64) -> Result<u64, Failure> {
    let wrong = || {
        Failure::usage(format!("{text:?} is no time"))
            .next("a time looks like 24h, 7d, 30m or 2026-11-20T08:00:00Z")
    };
    let unit = |last: char| match last {
        'm' => Some(60_000),
        'h' => Some(3_600_000),
        'd' => Some(86_400_000),
        _ => None,
    };
    if let Some(milliseconds) = text.chars().last().and_then(unit) {
        let count = text[..text.len() - 1].parse::<u64>().map_err(|_| wrong())?;
        return Ok(now.saturating_sub(count.saturating_mul(milliseconds)));
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_age_or_a_moment() {
        let now = 1_795_132_800_000;
        assert_eq!(read_since("24h", now).unwrap(), now - 86_400_000);
        assert_eq!(read_since("2d", now).unwrap(), now - 2 * 86_400_000);
        assert_eq!(read_since("2026-11-20T00:00:00Z", 0).unwrap(), now);
        for wrong in ["", "yesterday", "h", "-1h", "5", "1.5d", "é"] {
            assert!(read_since(wrong, now).is_err(), "{wrong}");
        }
    }
}
