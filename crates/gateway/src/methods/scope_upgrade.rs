//! A device that is in asks for more: `device.scopes.requestUpgrade` puts the question to a person,
//! `device.scopes.waitUpgrade` waits for the answer and brings the wider token.

use std::time::Duration;

use gatehouse_protocol::MethodScope::Read;
use gatehouse_protocol::{Role, Scope};
use gatehouse_store::gateway::{PairingRecord, PairingState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::devices::said;
use crate::auth::{DeviceFacts, PairingAsk, PairingFacts, REQUEST_LIFETIME_MS, union};
use crate::broadcast::{Audience, Delivery};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("device.scopes.requestUpgrade", Read, request);
    table.operator("device.scopes.waitUpgrade", Read, wait);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestParams {
    scopes: Vec<String>,
}

/// The most scopes of one request (`ScopeUpgradeRequest`).
const MOST: usize = 8;

async fn request(cx: Cx, params: RequestParams) -> Result<Value, MethodError> {
    let known = |scope: &String| !matches!(Scope::from(scope.as_str()), Scope::Other(_));
    if params.scopes.is_empty() || params.scopes.len() > MOST || !params.scopes.iter().all(known) {
        let reason = "at /scopes: must be 1 to 8 scopes of an operator";
        return Err(MethodError::params("device.scopes.requestUpgrade", reason));
    }
    let device = own_device(&cx)?;
    let record = cx
        .app
        .store
        .device(device)
        .await
        .map_err(MethodError::internal)?;
    let record = record.ok_or_else(|| MethodError::invalid("device is not paired"))?;
    let scopes = union(&DeviceFacts::of(&record).scopes, &params.scopes);
    let ask = PairingAsk {
        device_id: &record.id,
        public_key: &record.public_key,
        role: Role::Operator.as_str(),
        scopes: &scopes,
        client: &cx.caller.client,
        remote_ip: None,
    };
    let kept = cx.app.gatekeeper.desk().request(&ask, true).await;
    let asked = kept.map_err(MethodError::internal)?;
    for event in asked.told(cx.now_ms()) {
        cx.app
            .hub
            .publish(event, Audience::Everyone, Delivery::DropIfSlow);
    }
    Ok(json!({"requestId": asked.request.request_id}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WaitParams {
    request_id: String,
}

/// How often the record is looked at. A person answers in seconds; the record is what counts.
const LOOK_EVERY: Duration = Duration::from_millis(250);

async fn wait(cx: Cx, params: WaitParams) -> Result<Value, MethodError> {
    let device = own_device(&cx)?.to_owned();
    let _turn = cx.begin_wait()?;
    loop {
        let record = cx.app.store.pairing(&params.request_id).await;
        let record = record.map_err(MethodError::internal)?;
        let Some(record) = record.filter(|record| record.device == device) else {
            return Err(MethodError::invalid("unknown requestId"));
        };
        match state(&record, cx.now_ms()) {
            PairingState::Pending => {}
            PairingState::Approved if is_spent(&cx, &record).await? => {
                return Ok(json!({"status": "expired", "requestId": record.id}));
            }
            PairingState::Approved if cx.is_gone() => return Err(gone()),
            PairingState::Approved => return approved(&cx, &record).await,
            PairingState::Rejected => {
                return Ok(json!({"status": "rejected", "requestId": record.id}));
            }
            PairingState::Expired | PairingState::Superseded => {
                return Ok(json!({"status": "expired", "requestId": record.id}));
            }
        }
        tokio::select! {
            biased;
            () = cx.app.stopping.cancelled() => {
                return Err(MethodError::unavailable("the gateway is stopping").retry_after(1000));
            }
            () = cx.gone() => return Err(gone()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// The token is for whoever can hear of it: the device asks again over its next connection.
fn gone() -> MethodError {
    MethodError::unavailable("the connection is gone").retry_after(0)
}

/// One that nobody answered in time is expired, whether or not somebody has noted it.
fn state(record: &PairingRecord, now_ms: u64) -> PairingState {
    let over = u64::try_from(record.expires_at).unwrap_or_default() <= now_ms;
    match record.state {
        PairingState::Pending if over => PairingState::Expired,
        state => state,
    }
}

/// What a person approved brings the device its token once, for as long as such a request waits. It brings none back
/// that was taken away since: a token that was given out later, or a device that was paired anew, says so.
async fn is_spent(cx: &Cx, record: &PairingRecord) -> Result<bool, MethodError> {
    let store = &cx.app.store;
    let settled = record.settled_at.unwrap_or(record.created_at);
    let lifetime = i64::try_from(REQUEST_LIFETIME_MS).unwrap_or(i64::MAX);
    let now = i64::try_from(cx.now_ms()).unwrap_or(i64::MAX);
    let device = store.device(&record.device).await;
    let device = device.map_err(MethodError::internal)?;
    let tokens = store.device_tokens(&record.device).await;
    let tokens = tokens.map_err(MethodError::internal)?;
    let changed_since = tokens
        .iter()
        .filter(|token| token.role == Role::Operator.as_str())
        .any(|token| token.created_at.max(token.revoked_at.unwrap_or_default()) > settled);
    let is_other = device.is_none_or(|device| device.approved_at > settled);
    Ok(changed_since || is_other || now > settled.saturating_add(lifetime))
}

/// The token goes only over the device's own connection, which this is.
async fn approved(cx: &Cx, record: &PairingRecord) -> Result<Value, MethodError> {
    let facts =
        PairingFacts::of(record).ok_or_else(|| MethodError::invalid("unknown requestId"))?;
    let desk = cx.app.gatekeeper.desk();
    let role = Role::Operator.as_str();
    let what = format!(
        "the {role} token of device {} was given wider scopes: {}",
        record.device,
        facts.scopes.join(", ")
    );
    let said = said(cx, "token.rotated", &record.device, what);
    let rotated = desk.rotate(&record.device, role, &facts.scopes, said).await;
    let (token, _) = rotated
        .map_err(MethodError::internal)?
        .ok_or_else(|| MethodError::unavailable("the system gives no randomness"))?;
    Ok(json!({
        "status": "approved", "requestId": record.id,
        "deviceToken": token.expose(), "scopes": facts.scopes,
    }))
}

fn own_device(cx: &Cx) -> Result<&str, MethodError> {
    let device = cx.caller.device_id.as_deref();
    device.ok_or_else(|| MethodError::invalid("this connection has no device"))
}
