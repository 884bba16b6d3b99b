//! `health` and `status`: how the gateway is, with its agents and their latest sessions. The official command
//! line reads the parts of `status` without looking whether they are there, so all of them are.

use std::sync::Arc;

use gatehouse_protocol::MethodScope::Read;
use gatehouse_store::gateway::{SessionFilter, SessionList};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::agents::AgentEntry;
use crate::heartbeats;
use crate::router::{Cx, MethodError, MethodTable};
use crate::sessions::wire_row;
use crate::state::App;

/// How many of the latest sessions are shown; the published number.
const RECENT: u32 = 10;

/// What `status` tells of a session, beside its age and what is left of its context.
const SHOWN: &[&str] = &[
    "agentId",
    "key",
    "kind",
    "sessionId",
    "updatedAt",
    "thinkingLevel",
    "verboseLevel",
    "reasoningLevel",
    "inputTokens",
    "outputTokens",
    "cacheRead",
    "cacheWrite",
    "totalTokens",
    "totalTokensFresh",
    "model",
    "contextTokens",
];

pub(super) fn register(table: &mut MethodTable) {
    table.operator("health", Read, health);
    table.operator("status", Read, status);
}

/// `probe` asks for a look of this moment instead of the last one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HealthParams {
    #[serde(default)]
    probe: bool,
}

async fn health(cx: Cx, params: HealthParams) -> Result<Map<String, Value>, MethodError> {
    let health = if params.probe {
        take_census(&cx.app).await?;
        cx.app.health.refreshed().await
    } else {
        cx.app.health.current()
    };
    let mut snapshot = Arc::unwrap_or_clone(health).snapshot;
    let count = latest(&cx.app, None, 1).await?.total;
    if let Some(sessions) = snapshot.get_mut("sessions") {
        sessions["count"] = json!(count);
    }
    Ok(snapshot)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusParams {}

async fn status(cx: Cx, _: StatusParams) -> Result<Value, MethodError> {
    let app = &cx.app;
    let defaults = app.agents.defaults();
    let agents = app.agents.list().await?;
    let mut by_agent = Vec::with_capacity(agents.len());
    for agent in &agents {
        let list = latest(app, Some(&agent.id), RECENT).await?;
        by_agent.push(json!({
            "agentId": agent.id,
            "path": path(app),
            "count": list.total,
            "recent": shown(app, &list),
        }));
    }
    let all = latest(app, None, RECENT).await?;
    let model = format!("{}/{}", defaults.model_provider, defaults.model);
    Ok(json!({
        "runtimeVersion": app.identity.version,
        "uptimeMs": app.uptime_ms(),
        "heartbeat": {
            "defaultAgentId": defaults.agent_id,
            "agents": agents.iter().map(|agent| heartbeat(app, agent)).collect::<Vec<_>>(),
        },
        "channelSummary": [],
        "queuedSystemEvents": [],
        "sessions": {
            "paths": [path(app)],
            "count": all.total,
            "defaults": {"model": model, "contextTokens": defaults.context_tokens},
            "recent": shown(app, &all),
            "byAgent": by_agent,
        },
    }))
}

/// Counts agents and sessions into the snapshot that the hello carries and that is broadcast.
pub(crate) async fn take_census(app: &App) -> Result<(), MethodError> {
    let defaults = app.agents.defaults();
    let mut agents = Vec::new();
    for agent in app.agents.list().await? {
        let sessions = latest(app, Some(&agent.id), RECENT).await?;
        let mut counted = json!({
            "agentId": agent.id,
            "isDefault": agent.id == defaults.agent_id,
            "heartbeat": heartbeats::shown(&app.config.current(), &agent.id),
            "sessions": brief(app, &sessions),
        });
        if let Some(name) = &agent.name {
            counted["name"] = json!(name);
        }
        agents.push(counted);
    }
    let all = latest(app, None, RECENT).await?;
    let every = heartbeats::interval_of(&app.config.current(), &defaults.agent_id);
    let every = every.map_or(0, |every| every.as_secs());
    app.health.set_section("heartbeatSeconds", json!(every));
    app.health
        .set_section("defaultAgentId", json!(defaults.agent_id));
    app.health.set_section("agents", json!(agents));
    app.health.set_section("sessions", brief(app, &all));
    Ok(())
}

async fn latest(app: &App, agent: Option<&str>, limit: u32) -> Result<SessionList, MethodError> {
    let filter = SessionFilter {
        agent: agent.map(str::to_owned),
        limit: Some(limit),
        ..SessionFilter::default()
    };
    Ok(app.store.sessions(&filter).await?)
}

fn shown(app: &App, list: &SessionList) -> Vec<Value> {
    let defaults = app.agents.defaults();
    let now = app.sessions.now();
    let rows = list.rows.iter().map(|session| {
        let wire = wire_row(session, &defaults, now);
        let mut shown: Map<String, Value> = SHOWN
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), wire.get(*name)?.clone())))
            .collect();
        let used = wire.get("totalTokens").and_then(Value::as_u64);
        let most = wire
            .get("contextTokens")
            .and_then(Value::as_u64)
            .filter(|most| *most > 0);
        let left = used.zip(most).map(|(used, most)| most.saturating_sub(used));
        let percent = used
            .zip(most)
            .map(|(used, most)| (used.saturating_mul(100) / most).min(999));
        shown.insert("age".into(), json!(now.saturating_sub(session.updated_at)));
        shown.insert("remainingTokens".into(), json!(left));
        shown.insert("percentUsed".into(), json!(percent));
        shown.insert("flags".into(), json!([]));
        Value::Object(shown)
    });
    rows.collect()
}

/// Without ages: they would change the snapshot's version each time it is looked at.
fn brief(app: &App, list: &SessionList) -> Value {
    let recent = list.rows.iter();
    let recent =
        recent.map(|row| json!({"key": row.key, "updatedAt": row.updated_at, "age": null}));
    json!({"path": path(app), "count": list.total, "recent": recent.collect::<Vec<_>>()})
}

fn heartbeat(app: &App, agent: &AgentEntry) -> Value {
    let mut shown = heartbeats::shown(&app.config.current(), &agent.id);
    shown["agentId"] = json!(agent.id);
    shown
}

/// Where the sessions are kept.
fn path(app: &App) -> String {
    app.state_dir.display().to_string()
}
