//! Devices: who asks to be paired, who is, and the tokens they hold. `device.pair.*`.
//!
//! A device that manages itself with its own token sees and changes itself alone, unless it is an administrator;
//! and nobody gives away more than they have ("Device pairing" of the published operator scopes).

use std::collections::HashSet;
use std::time::Duration;

use gatehouse_audit::Draft;
use gatehouse_protocol::MethodScope::{Admin, Pairing};
use gatehouse_protocol::Role;
use gatehouse_protocol::error::DETAIL_MISSING_SCOPE;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{DeviceRecord, DeviceToken};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::done_by;
use crate::auth::{AuthMethod, DeviceFacts, PairingFacts, covers};
use crate::broadcast::{Audience, Delivery, Event, EventKind};
use crate::router::{Caller, Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("device.pair.list", Pairing, list);
    table.operator("device.pair.approve", Pairing, approve);
    table.operator("device.pair.reject", Pairing, reject);
    table.operator("device.pair.remove", Pairing, remove);
    table.operator("device.pair.rename", Pairing, rename);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PairList {
    pending: Vec<PairingFacts>,
    paired: Vec<Value>,
}

async fn list(cx: Cx, _: NoParams) -> Result<PairList, MethodError> {
    let pending = cx.app.gatekeeper.desk().pending().await.map_err(failed)?;
    let pending = pending
        .into_iter()
        .filter(|ask| manages(&cx, &ask.device_id));
    let connected: HashSet<String> = cx
        .app
        .hub
        .members()
        .await
        .iter()
        .filter_map(|caller| caller.device_id.clone())
        .collect();
    let mut paired = Vec::new();
    for record in cx.app.store.devices().await.map_err(failed)? {
        if !manages(&cx, &record.id) {
            continue;
        }
        let tokens = cx
            .app
            .store
            .device_tokens(&record.id)
            .await
            .map_err(failed)?;
        paired.push(shown(&record, &tokens, connected.contains(&record.id)));
    }
    Ok(PairList {
        pending: pending.collect(),
        paired,
    })
}

/// A device as it is shown; never with a token.
fn shown(record: &DeviceRecord, tokens: &[DeviceToken], connected: bool) -> Value {
    let facts = DeviceFacts::of(record);
    let tokens: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let scopes: Vec<String> = serde_json::from_str(&token.scopes).unwrap_or_default();
            compact(
                json!({"role": token.role, "scopes": scopes, "createdAtMs": token.created_at,
            "rotatedAtMs": token.rotated_at, "revokedAtMs": token.revoked_at,
            "lastUsedAtMs": token.last_used_at}),
            )
        })
        .collect();
    compact(json!({
        "deviceId": record.id, "publicKey": record.public_key, "displayName": record.name,
        "label": facts.label, "platform": facts.platform, "deviceFamily": facts.device_family,
        "clientId": facts.client_id, "clientMode": facts.client_mode,
        "role": facts.roles.first(), "roles": facts.roles, "scopes": facts.scopes,
        "remoteIp": facts.remote_ip, "approvedVia": facts.approved_via,
        "createdAtMs": facts.created_at_ms, "approvedAtMs": record.approved_at,
        "lastSeenAtMs": record.last_seen_at, "connected": connected, "tokens": tokens,
    }))
}

/// Without what is not there.
fn compact(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestParams {
    request_id: String,
}

async fn approve(cx: Cx, params: RequestParams) -> Result<Value, MethodError> {
    let desk = cx.app.gatekeeper.desk();
    let waiting = desk
        .waiting(params.request_id.trim())
        .await
        .map_err(failed)?;
    let Some(request) = waiting.filter(|ask| manages(&cx, &ask.device_id)) else {
        return Err(MethodError::invalid("unknown requestId"));
    };
    let is_operator = request.role == Role::Operator.as_str();
    let has_as_much = is_operator && covers(&own_scopes(&cx), &request.scopes);
    if !has_as_much && !cx.caller.may(Admin) {
        return Err(MethodError::forbidden(
            "the request asks for more than this connection may give",
        )
        .with_details(
            json!({"code": DETAIL_MISSING_SCOPE, "missingScope": "operator.admin",
            "requiredScopes": ["operator.admin"]}),
        ));
    }
    let said = decided(&cx, &request.device_id, "approved");
    let approved = desk.approve(&request, said).await.map_err(failed)?;
    let Some((record, _)) = approved else {
        return Err(MethodError::invalid("unknown requestId"));
    };
    resolved(&cx, &request.request_id, &request.device_id, "approved");
    Ok(json!({"requestId": request.request_id, "device": shown(&record, &[], false)}))
}

async fn reject(cx: Cx, params: RequestParams) -> Result<Value, MethodError> {
    let desk = cx.app.gatekeeper.desk();
    let waiting = desk
        .waiting(params.request_id.trim())
        .await
        .map_err(failed)?;
    let Some(request) = waiting.filter(|ask| manages(&cx, &ask.device_id)) else {
        return Err(MethodError::invalid("unknown requestId"));
    };
    let said = decided(&cx, &request.device_id, "rejected");
    let rejected = desk.reject(&request.request_id, said).await;
    if !rejected.map_err(failed)? {
        return Err(MethodError::invalid("unknown requestId"));
    }
    resolved(&cx, &request.request_id, &request.device_id, "rejected");
    Ok(json!({"requestId": request.request_id, "deviceId": request.device_id}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeviceParams {
    device_id: String,
}

async fn remove(cx: Cx, params: DeviceParams) -> Result<Value, MethodError> {
    let device = known(&cx, &params.device_id).await?.id;
    let what = format!("device {device} was removed");
    let said = said(&cx, "device.removed", &device, what);
    let removed = cx.app.store.device_remove(&device, Some(said)).await;
    removed.map_err(failed)?;
    end_connections(&cx, &device, None, "device removed");
    changed(&cx, &device);
    Ok(json!({"deviceId": device, "removedAtMs": cx.now_ms()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RenameParams {
    device_id: String,
    label: String,
}

/// The longest label, in characters (`DevicePairRenameParams`).
const MAX_LABEL: usize = 64;

async fn rename(cx: Cx, params: RenameParams) -> Result<Value, MethodError> {
    let label = params.label.trim();
    if label.is_empty() || label.chars().count() > MAX_LABEL {
        return Err(MethodError::params(
            "device.pair.rename",
            "at /label: must be 1 to 64 characters",
        ));
    }
    let record = known(&cx, &params.device_id).await?;
    let mut facts = DeviceFacts::of(&record);
    facts.label = Some(label.to_owned());
    let device = record.id.clone();
    let renamed = DeviceRecord {
        json: facts.to_json(),
        ..record
    };
    let what = format!("device {device} was named {label:?}");
    let said = said(&cx, "device.renamed", &device, what);
    let put = cx.app.store.device_put(renamed, Some(said));
    put.await.map_err(failed)?;
    changed(&cx, &device);
    Ok(json!({"deviceId": device, "label": label}))
}

/// Whether the caller may manage this device: its own, or any when it is an administrator or came with more
/// than a device token.
fn manages(cx: &Cx, device: &str) -> bool {
    cx.caller.method != AuthMethod::DeviceToken
        || cx.caller.may(Admin)
        || cx.caller.device_id.as_deref() == Some(device)
}

pub(super) async fn known(cx: &Cx, device: &str) -> Result<DeviceRecord, MethodError> {
    let record = cx.app.store.device(device.trim()).await.map_err(failed)?;
    record
        .filter(|record| manages(cx, &record.id))
        .ok_or_else(|| MethodError::invalid("unknown deviceId"))
}

pub(super) fn own_scopes(cx: &Cx) -> Vec<String> {
    cx.caller
        .scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect()
}

/// How long the caller's own connection stays, so that the answer arrives before the end.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Ends what a device still has open; its access is gone. The caller's own connection ends after its answer.
pub(super) fn end_connections(cx: &Cx, device: &str, role: Option<String>, reason: &'static str) {
    let (own, device) = (cx.caller.conn, device.to_owned());
    let concerned = move |caller: &Caller| {
        caller.device_id.as_deref() == Some(&device)
            && role
                .as_deref()
                .is_none_or(|role| caller.role.as_str() == role)
    };
    let code = gatehouse_protocol::close::ACCESS_REMOVED;
    let is_own = concerned(&cx.caller);
    let others = move |caller: &Caller| caller.conn != own && concerned(caller);
    cx.app.hub.close_where(others, code, reason);
    if is_own {
        let hub = cx.app.hub.clone();
        cx.app.tasks.spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            hub.close_where(move |caller| caller.conn == own, code, reason);
        });
    }
}

fn resolved(cx: &Cx, request: &str, device: &str, decision: &str) {
    let payload =
        json!({"requestId": request, "deviceId": device, "decision": decision, "ts": cx.now_ms()});
    tell(cx, EventKind::DEVICE_PAIR_RESOLVED, &payload);
}

fn decided(cx: &Cx, device: &str, decision: &str) -> Draft {
    let what = format!("the pairing of device {device} was {decision}");
    said(cx, &format!("pairing.{decision}"), device, what)
}

/// What the audit says of what is done to a device, for the store to write in one step with it.
pub(super) fn said(cx: &Cx, kind: &str, device: &str, what: String) -> Draft {
    cx.app.audit.dated(Draft {
        resource: Some(device.to_owned()),
        ..done_by(&cx.caller, kind, what)
    })
}

pub(super) fn changed(cx: &Cx, device: &str) {
    tell(
        cx,
        EventKind::DEVICE_PAIR_CHANGED,
        &json!({"deviceId": device, "ts": cx.now_ms()}),
    );
}

fn tell(cx: &Cx, kind: EventKind, payload: &Value) {
    if let Some(event) = Event::new(kind, payload) {
        cx.app
            .hub
            .publish(event, Audience::Everyone, Delivery::DropIfSlow);
    }
}

pub(super) fn failed(error: StoreError) -> MethodError {
    MethodError::internal(error)
}
