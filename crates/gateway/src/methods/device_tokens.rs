//! Tokens of devices. Nobody changes a token that is wider than their own, and a token is shown to its own device
//! alone.

use gatehouse_protocol::MethodScope::{Admin, Pairing};
use gatehouse_protocol::{MethodScope, Role};
use gatehouse_store::gateway::{DeviceRecord, DeviceToken};
use serde::Deserialize;
use serde_json::{Value, json};

use super::devices::{changed, end_connections, failed, known, own_scopes, said};
use crate::auth::{AuthMethod, DeviceFacts, covers};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("device.token.rotate", Pairing, rotate);
    table.operator("device.token.revoke", Pairing, revoke);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RotateParams {
    device_id: String,
    role: String,
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

async fn rotate(cx: Cx, params: RotateParams) -> Result<Value, MethodError> {
    let (record, token) = managed_token(&cx, &params.device_id, &params.role).await?;
    let granted: Vec<String> = serde_json::from_str(&token.scopes).unwrap_or_default();
    let scopes = params.scopes.unwrap_or_else(|| granted.clone());
    let approved = DeviceFacts::of(&record).scopes;
    if !covers(&approved, &scopes) || !may_touch(&cx, &scopes) {
        return Err(MethodError::invalid("device token rotation denied"));
    }
    let what = format!(
        "the {} token of device {} was rotated",
        params.role, record.id
    );
    let said = said(&cx, "token.rotated", &record.id, what);
    let desk = cx.app.gatekeeper.desk();
    let rotated = desk.rotate(&record.id, &params.role, &scopes, said).await;
    let Some((fresh, at)) = rotated.map_err(failed)? else {
        return Err(MethodError::unavailable("the system gives no randomness"));
    };
    changed(&cx, &record.id);
    // Only the device itself, already in by its own token, is given the new one.
    let own = cx.caller.method == AuthMethod::DeviceToken
        && cx.caller.device_id.as_deref() == Some(&record.id)
        && cx.caller.role.as_str() == params.role;
    let mut reply = json!({"deviceId": record.id, "role": params.role, "scopes": scopes,
        "rotatedAtMs": at, "tokenDelivery": "withheld-cross-device"});
    if own {
        reply["tokenDelivery"] = json!("in-band");
        reply["token"] = json!(fresh.expose());
    } else {
        end_connections(&cx, &record.id, Some(params.role), "device token rotated");
    }
    Ok(reply)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeParams {
    device_id: String,
    role: String,
}

async fn revoke(cx: Cx, params: RevokeParams) -> Result<Value, MethodError> {
    let (record, _) = managed_token(&cx, &params.device_id, &params.role).await?;
    let now = cx.now_ms();
    let at = i64::try_from(now).unwrap_or(i64::MAX);
    let what = format!(
        "the {} token of device {} was revoked",
        params.role, record.id
    );
    let said = said(&cx, "token.revoked", &record.id, what);
    let revoked = cx
        .app
        .store
        .device_token_revoke(&record.id, &params.role, at, Some(said))
        .await;
    if !revoked.map_err(failed)? {
        return Err(MethodError::invalid("unknown deviceId/role"));
    }
    end_connections(
        &cx,
        &record.id,
        Some(params.role.clone()),
        "device token revoked",
    );
    changed(&cx, &record.id);
    Ok(json!({"deviceId": record.id, "role": params.role, "revokedAtMs": now}))
}

/// A token that the caller may rotate or revoke.
async fn managed_token(
    cx: &Cx,
    device: &str,
    role: &str,
) -> Result<(DeviceRecord, DeviceToken), MethodError> {
    let record = known(cx, device).await?;
    if role != Role::Operator.as_str() && !cx.caller.may(Admin) {
        return Err(MethodError::missing_scope(MethodScope::Admin));
    }
    let tokens = cx
        .app
        .store
        .device_tokens(&record.id)
        .await
        .map_err(failed)?;
    let token = tokens
        .into_iter()
        .find(|token| token.role == role && token.revoked_at.is_none());
    let token = token.ok_or_else(|| MethodError::invalid("unknown deviceId/role"))?;
    let scopes: Vec<String> = serde_json::from_str(&token.scopes).unwrap_or_default();
    if may_touch(cx, &scopes) {
        Ok((record, token))
    } else {
        Err(MethodError::missing_scope(MethodScope::Admin))
    }
}

/// Nobody changes a token that is wider than their own.
fn may_touch(cx: &Cx, scopes: &[String]) -> bool {
    cx.caller.may(Admin) || covers(&own_scopes(cx), scopes)
}
