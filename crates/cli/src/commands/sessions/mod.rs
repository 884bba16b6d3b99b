//! `sessions`: list, read, stop, search.

mod history;
mod search;

use gatehouse_protocol::methods::{
    AgentsList, SessionsAbort, SessionsAbortParams, SessionsList, SessionsListParams,
};
use gatehouse_protocol::model::session::SessionRow;
use gatehouse_protocol::untrusted::one_line;
use gatehouse_protocol::{Method, NoParams, ProtocolVersion};
use serde::Serialize;

use super::Context;
use super::status::is_active;
use crate::args::{SessionKind, SessionsAction, SessionsArgs};
use crate::dial::Link;
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::output::age;
use crate::output::table::Table;

/// Sessions asked for at a time, where the gateway has pages.
const PAGE: u32 = 200;

/// A session, in a shape that stays the same whatever gateway it comes from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionLine {
    key: String,
    session_id: Option<String>,
    agent_id: Option<String>,
    kind: Option<String>,
    title: Option<String>,
    status: Option<String>,
    active: bool,
    model: Option<String>,
    updated_at: Option<u64>,
    total_tokens: Option<u64>,
    cost_usd: Option<f64>,
}

impl From<SessionRow> for SessionLine {
    fn from(row: SessionRow) -> Self {
        let active = is_active(&row);
        let titles = [row.label, row.display_name, row.derived_title, row.subject];
        let model = match (row.model_provider, row.model) {
            (Some(provider), Some(model)) => Some(format!("{provider}/{model}")),
            (_, model) => model,
        };
        Self {
            active,
            model,
            title: titles
                .into_iter()
                .flatten()
                .find(|title| !title.trim().is_empty()),
            status: row.status.map(|status| status.as_str().to_owned()),
            key: row.key,
            session_id: row.session_id,
            agent_id: row.agent_id,
            kind: row.kind,
            updated_at: row.updated_at.or(row.last_activity_at),
            total_tokens: row.total_tokens,
            cost_usd: row.estimated_cost_usd,
        }
    }
}

pub(super) async fn run(context: &mut Context<'_>, args: SessionsArgs) -> Result<(), Failure> {
    let link = context.link(args.target).await?;
    let done = match args.action {
        SessionsAction::List { active, kind } => list(context, &link, active, kind).await,
        SessionsAction::History { key, limit } => history::run(context, &link, key, limit).await,
        SessionsAction::Kill { key } => kill(context, &link, key).await,
        SessionsAction::Search { text, limit } => search::run(context, &link, text, limit).await,
    };
    link.close().await;
    done
}

async fn list(
    context: &mut Context<'_>,
    link: &Link,
    only_active: bool,
    kind: Option<SessionKind>,
) -> Result<(), Failure> {
    let mut sessions = all(link, None).await?;
    sessions.retain(|session| !only_active || session.active);
    let is_wanted = |session: &SessionLine| {
        kind.is_none_or(|kind| kind.is_of(&session.key, session.kind.as_deref()))
    };
    sessions.retain(is_wanted);
    print_list(context, &sessions)
}

/// Every session, or those that the gateway finds for a text, the latest first.
async fn all(link: &Link, search: Option<&str>) -> Result<Vec<SessionLine>, Failure> {
    let has_pages = link.hello.protocol >= ProtocolVersion::V4;
    let mut rows: Vec<SessionRow> = Vec::new();
    loop {
        let params = SessionsListParams {
            limit: has_pages.then_some(PAGE),
            offset: has_pages.then(|| u32::try_from(rows.len()).unwrap_or(u32::MAX)),
            include_global: Some(true),
            include_derived_titles: Some(true),
            search: search.map(str::to_owned),
            ..SessionsListParams::default()
        };
        let page = link.read::<SessionsList>(params).await?;
        let came = page.sessions.items.len();
        rows.extend(page.sessions.items);
        if !has_pages || !page.has_more || came == 0 {
            break;
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at.or(row.last_activity_at)));
    Ok(rows.into_iter().map(SessionLine::from).collect())
}

fn print_list(context: &mut Context<'_>, sessions: &[SessionLine]) -> Result<(), Failure> {
    if context.output.is_json() {
        return context
            .output
            .value(&serde_json::json!({ "sessions": sessions }));
    }
    if sessions.is_empty() {
        context.output.note("no sessions");
        return Ok(());
    }
    let now = now_ms();
    let mut table = Table::new(["KEY", "KIND", "STATUS", "MODEL", "CHANGED", "TITLE"]);
    for session in sessions {
        let known = |value: &Option<String>| value.clone().unwrap_or_default();
        let status = if session.active {
            "at work".to_owned()
        } else {
            known(&session.status)
        };
        table.row([
            session.key.clone(),
            known(&session.kind),
            status,
            known(&session.model),
            age::ago(session.updated_at, now),
            known(&session.title),
        ]);
    }
    for line in table.lines(context.output.style) {
        context.output.line(&line)?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stopped {
    key: String,
    aborted: bool,
    run_ids: Vec<String>,
}

async fn kill(context: &mut Context<'_>, link: &Link, key: String) -> Result<(), Failure> {
    let params = SessionsAbortParams {
        key: key.clone(),
        ..SessionsAbortParams::default()
    };
    let mut reply = link.ask::<SessionsAbort>(params).await?;
    if let Some(run) = reply.extra.get("abortedRunId").and_then(|run| run.as_str())
        && reply.run_ids.is_empty()
    {
        reply.run_ids.push(run.to_owned());
    }
    let stopped = Stopped {
        aborted: reply.aborted.unwrap_or(!reply.run_ids.is_empty()),
        run_ids: reply.run_ids,
        key,
    };
    if !stopped.aborted {
        must_exist(link, &stopped.key).await?;
    }
    if context.output.is_json() {
        return context.output.value(&stopped);
    }
    let words = if stopped.aborted {
        "stopped"
    } else {
        "nothing was running"
    };
    context.output.line(words)
}

/// Refuses a key that no session has. The main session of an agent is there before anything was said in it, and so is
/// what a gateway answers for one: of an agent that there is not it has none either.
async fn must_exist(link: &Link, key: &str) -> Result<(), Failure> {
    let is = |row: &str| {
        let (row, key) = (row.to_lowercase(), key.to_lowercase());
        row == key || row.ends_with(&format!(":{key}"))
    };
    let known = all(link, None).await?;
    if known.iter().any(|row| is(&row.key)) {
        return Ok(());
    }
    let agents = link.read::<AgentsList>(NoParams {}).await?;
    let main = agents.main_key.as_deref().unwrap_or("main");
    let mut ids = agents.agents.items.iter().map(|agent| agent.id.as_str());
    if ids.any(|id| is(&format!("agent:{id}:main")) || is(&format!("agent:{id}:{main}"))) {
        return Ok(());
    }
    let key = one_line(key, 200);
    Err(Failure::new(
        FailureKind::Refused,
        "noSession",
        format!("there is no session {key}"),
    )
    .next("`gatehouse sessions list` has the keys"))
}

/// Whether a method is missing here, so that another way has to do.
fn lacks<M: Method>(link: &Link) -> bool {
    !link.offers::<M>()
}
