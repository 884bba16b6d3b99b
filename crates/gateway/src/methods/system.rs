//! The gateway's machine and who is connected: `system-presence`, `system.info`; and its heartbeats.

use gatehouse_protocol::MethodScope::{Admin, Read};
use gatehouse_protocol::model::presence::PresenceEntry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::router::{Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("system-presence", Read, presence);
    table.operator("system.info", Read, info);
    table.operator("last-heartbeat", Read, last_heartbeat);
    table.operator("set-heartbeats", Admin, set_heartbeats);
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
