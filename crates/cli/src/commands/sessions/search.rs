//! `sessions search`: in what was said; on a gateway without that, in what sessions are called, and it says so.

use gatehouse_protocol::methods::{SessionsSearch, SessionsSearchParams};
use gatehouse_protocol::model::session::SessionHit;
use serde::Serialize;

use super::super::Context;
use super::{all, lacks, print_list};
use crate::dial::Link;
use crate::environment::now_ms;
use crate::failure::Failure;
use crate::output::age;
use crate::output::table::Table;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HitLine {
    session_key: String,
    message_id: Option<String>,
    role: Option<String>,
    timestamp: Option<u64>,
    snippet: Option<String>,
}

impl From<SessionHit> for HitLine {
    fn from(hit: SessionHit) -> Self {
        Self {
            session_key: hit.session_key,
            message_id: hit.message_id,
            role: hit.role,
            timestamp: hit.timestamp,
            snippet: hit.snippet,
        }
    }
}

pub(super) async fn run(
    context: &mut Context<'_>,
    link: &Link,
    text: String,
    limit: u32,
) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::usage("there is nothing to search for")
            .next("give a text; `gatehouse sessions list` has all sessions"));
    }
    if lacks::<SessionsSearch>(link) {
        context
            .output
            .note("this gateway cannot search what was said: these are the sessions whose name or key has the text");
        let sessions = all(link, Some(&text)).await?;
        return print_list(context, &sessions);
    }
    let params = SessionsSearchParams {
        query: text,
        agent_id: None,
        limit: Some(limit),
    };
    let found = link.read::<SessionsSearch>(params).await?;
    if found.indexing {
        context
            .output
            .note("the gateway is still indexing: there may be more");
    }
    let hits: Vec<HitLine> = found.results.items.into_iter().map(HitLine::from).collect();
    if context.output.is_json() {
        return context.output.value(&serde_json::json!({
            "hits": hits, "truncated": found.truncated, "indexing": found.indexing,
        }));
    }
    if hits.is_empty() {
        context.output.note("nothing found");
        return Ok(());
    }
    let now = now_ms();
    let mut table = Table::new(["SESSION", "WHO", "WHEN", "TEXT"]);
    for hit in hits {
        table.row([
            hit.session_key,
            hit.role.unwrap_or_default(),
            age::ago(hit.timestamp, now),
            hit.snippet.unwrap_or_default(),
        ]);
    }
    for line in table.lines(context.output.style) {
        context.output.line(&line)?;
    }
    Ok(())
}
