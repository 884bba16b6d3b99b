//! `status`: one look at a gateway.

use gatehouse_protocol::NoParams;
use gatehouse_protocol::methods::{
    ExecApprovalList, PluginApprovalList, SessionsList, SessionsListParams, Status, SystemPresence,
};
use gatehouse_protocol::model::session::SessionRow;
use serde::Serialize;
use serde_json::Value;

use super::Context;
use super::connect::Greeting;
use crate::args::Target;
use crate::dial::Link;
use crate::failure::Failure;
use crate::output::age;
use crate::output::table::Table;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport {
    gateway: Greeting,
    sessions: Counted,
    approvals_waiting: Option<usize>,
    clients: usize,
    /// The gateway's own words, whose shape is the gateway's.
    raw: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    total: u64,
    active: usize,
}

pub(super) async fn run(context: &mut Context<'_>, target: Target) -> Result<(), Failure> {
    let dial = context.dial(target)?;
    let link = dial.connect(context.environment).await?;
    let report = look(&link, dial.url.as_str()).await?;
    link.close().await;
    if context.output.is_json() {
        return context.output.value(&report);
    }
    let mut table = Table::new(["GATEWAY", ""]);
    let gateway = report.gateway;
    let version = gateway.version.unwrap_or_default();
    table.row(["address".into(), gateway.url]);
    table.row([
        "version".into(),
        format!("{version}, protocol {}", gateway.protocol),
    ]);
    table.row([
        "up for".into(),
        gateway.uptime_ms.map_or_else(String::new, age::span),
    ]);
    let sessions = format!(
        "{}, {} at work",
        report.sessions.total, report.sessions.active
    );
    table.row(["sessions".into(), sessions]);
    let waiting = report.approvals_waiting.map(|count| count.to_string());
    table.row(["approvals waiting".into(), waiting.unwrap_or_default()]);
    table.row(["clients".into(), report.clients.to_string()]);
    for line in table.lines(context.output.style) {
        context.output.line(&line)?;
    }
    Ok(())
}

async fn look(link: &Link, url: &str) -> Result<StatusReport, Failure> {
    let raw = link.read::<Status>(NoParams {}).await?;
    let list = link
        .read::<SessionsList>(SessionsListParams::default())
        .await?;
    let presence = link.read::<SystemPresence>(NoParams {}).await?;
    let rows = &list.sessions.items;
    Ok(StatusReport {
        gateway: Greeting::of(url, &link.hello),
        sessions: Counted {
            total: list.total_count.unwrap_or(rows.len() as u64),
            active: rows.iter().filter(|row| is_active(row)).count(),
        },
        approvals_waiting: waiting(link).await?,
        clients: presence
            .items
            .iter()
            .filter(|entry| entry.reason.as_deref() != Some("disconnect"))
            .filter(|entry| entry.mode.as_deref() != Some("gateway"))
            .count(),
        raw,
    })
}

/// How many approvals wait; nothing when this connection may not know.
async fn waiting(link: &Link) -> Result<Option<usize>, Failure> {
    if !link.hello.allows::<ExecApprovalList>() {
        return Ok(None);
    }
    let mut count = link
        .read::<ExecApprovalList>(NoParams {})
        .await?
        .items
        .len();
    if link.offers::<PluginApprovalList>() {
        count += link
            .read::<PluginApprovalList>(NoParams {})
            .await?
            .items
            .len();
    }
    Ok(Some(count))
}

/// Whether a run is under way in a session.
pub(super) fn is_active(row: &SessionRow) -> bool {
    row.has_active_run == Some(true)
        || matches!(&row.active_run_ids, Some(Some(runs)) if !runs.is_empty())
}
