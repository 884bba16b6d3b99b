//! How the gateway and its machine are: `health`, `status`, `system-presence`, `system.info`, `last-heartbeat`,
//! `set-heartbeats`.

use std::sync::Arc;

use gatehouse_protocol::MethodScope::{Admin, Read};
use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::gateway::SessionFilter;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::router::{Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("health", Read, health);
    table.operator("status", Read, status);
    table.operator("system-presence", Read, presence);
    table.operator("system.info", Read, info);
    table.operator("last-heartbeat", Read, last_heartbeat);
    table.operator("set-heartbeats", Admin, set_heartbeats);
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
        cx.app.health.refreshed().await
    } else {
        cx.app.health.current()
    };
    let mut snapshot = Arc::unwrap_or_clone(health).snapshot;
    let count = session_count(&cx).await?;
    if let Some(sessions) = snapshot.get_mut("sessions") {
        sessions["count"] = json!(count);
    }
    Ok(snapshot)
}

/// How many sessions there are, archived ones among them. The snapshot that is broadcast does not count them.
async fn session_count(cx: &Cx) -> Result<u64, MethodError> {
    let filter = SessionFilter {
        limit: Some(1),
        ..SessionFilter::default()
    };
    Ok(cx.app.store.sessions(&filter).await?.total)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusParams {}

async fn status(cx: Cx, _: StatusParams) -> Result<Value, MethodError> {
    let health = cx.app.health.current();
    let mut known = health.snapshot.get("sessions").cloned().unwrap_or_default();
    known["count"] = json!(session_count(&cx).await?);
    let part = |name: &str| health.snapshot.get(name).cloned().unwrap_or_default();
    Ok(json!({
        "runtimeVersion": cx.app.identity.version,
        "uptimeMs": cx.app.uptime_ms(),
        "heartbeat": {
            "defaultAgentId": part("defaultAgentId"),
            "agents": [],
        },
        "channelSummary": [],
        "queuedSystemEvents": [],
        "sessions": sessions(&known),
    }))
}

/// The official command line reads these parts without looking whether they are there.
fn sessions(known: &Value) -> Value {
    let path = known["path"].as_str().unwrap_or_default();
    json!({
        "paths": [path],
        "count": known["count"],
        "defaults": {"model": null, "contextTokens": null},
        "recent": known["recent"],
        "byAgent": [],
    })
}

async fn presence(cx: Cx, _: NoParams) -> Result<Vec<PresenceEntry>, MethodError> {
    Ok(cx.app.hub.presence().entries.clone())
}

/// Shapes of the published `SystemInfoResult`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SystemInfo {
    machine_name: String,
    hostname: String,
    platform: &'static str,
    release: String,
    arch: &'static str,
    os_label: String,
    /// The published name; here it says what this gateway runs on.
    node_version: String,
    pid: u32,
    process_instance_id: String,
    uptime_ms: u64,
    cpu_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_average: Option<[f64; 3]>,
    memory_total_bytes: u64,
    memory_free_bytes: u64,
}

async fn info(cx: Cx, _: NoParams) -> Result<SystemInfo, MethodError> {
    let machine = &cx.app.machine;
    let load = machine.load();
    Ok(SystemInfo {
        machine_name: machine.hostname.clone(),
        hostname: machine.hostname.clone(),
        platform: machine.platform,
        release: machine.release.clone(),
        arch: machine.arch,
        os_label: machine.os_label.clone(),
        node_version: "none".to_owned(),
        pid: std::process::id(),
        process_instance_id: cx.app.identity.boot_id.clone(),
        uptime_ms: cx.app.uptime_ms(),
        cpu_count: machine.cpu_count,
        cpu_model: machine.cpu_model.clone(),
        load_average: load.average,
        memory_total_bytes: load.memory_total_bytes,
        memory_free_bytes: load.memory_free_bytes,
    })
}

async fn last_heartbeat(cx: Cx, _: NoParams) -> Result<Option<Value>, MethodError> {
    Ok(cx.app.last_heartbeat.get())
}

/// Off holds until it is set again or the gateway ends; the configuration stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetHeartbeats {
    enabled: bool,
}

async fn set_heartbeats(cx: Cx, params: SetHeartbeats) -> Result<Value, MethodError> {
    cx.app.heartbeat_switch.set(params.enabled);
    Ok(json!({"ok": true, "enabled": params.enabled}))
}
