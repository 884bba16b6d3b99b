//! Tokens of devices, and setup codes that bring new devices in. Nobody changes a token that is wider than their
//! own, and a token is shown to its own device alone.

use gatehouse_protocol::MethodScope::{Admin, Pairing};
use gatehouse_protocol::{MethodScope, Role};
use gatehouse_store::gateway::{DeviceRecord, DeviceToken};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::devices::{changed, end_connections, failed, known, own_scopes, said};
use crate::auth::{AuthMethod, DeviceFacts, SetupCode, covers, random_token, token_hash};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("device.pair.setupCode", Admin, setup_code);
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetupCodeParams {
    #[serde(default)]
    public_url: Option<String>,
    #[serde(default, rename = "preferRemoteUrl")]
    _prefer_remote_url: Option<bool>,
    #[serde(default, rename = "includeQr")]
    _include_qr: Option<bool>,
    #[serde(default)]
    bootstrap_profile: Option<String>,
    #[serde(default, rename = "joinUrl")]
    _join_url: Option<bool>,
}

/// The code is the secret itself: it is answered once and kept as a hash.
async fn setup_code(cx: Cx, params: SetupCodeParams) -> Result<Value, MethodError> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let profile = match params.bootstrap_profile.as_deref() {
        None | Some("limited") => "limited",
        Some("node") => "node",
        Some(_) => {
            return Err(MethodError::params(
                "device.pair.setupCode",
                "at /bootstrapProfile: must be equal to one of the allowed values",
            ));
        }
    };
    let url_source = if params.public_url.is_some() {
        "params.publicUrl"
    } else {
        "gateway.bind"
    };
    let url = match params.public_url {
        Some(url) => address(&url)?,
        None => own_address(&cx)?,
    };
    let token =
        random_token().map_err(|_| MethodError::unavailable("the system gives no randomness"))?;
    let setup = SetupCode {
        setup_id: Uuid::new_v4().to_string(),
        profile: profile.to_owned(),
    };
    let expires = cx.now_ms() + SetupCode::LIFETIME_MS;
    let json = serde_json::to_string(&setup).map_err(MethodError::internal)?;
    let at = i64::try_from(expires).unwrap_or(i64::MAX);
    let what = format!("a setup code for a {profile} device was made");
    let said = said(&cx, "pairing.code", &setup.setup_id, what);
    cx.app
        .store
        .setup_code_put(&token_hash(&token), at, &json, Some(said))
        .await
        .map_err(failed)?;
    let code = json!({"url": url, "bootstrapToken": token, "expiresAtMs": expires}).to_string();
    let auth = if cx.app.gatekeeper.mode() == "password" {
        "password"
    } else {
        "token"
    };
    Ok(json!({
        "setupId": setup.setup_id, "setupCode": URL_SAFE_NO_PAD.encode(code), "gatewayUrl": url,
        "auth": auth, "urlSource": url_source, "access": profile, "expiresAtMs": expires,
    }))
}

/// An address that a device can dial.
fn address(text: &str) -> Result<String, MethodError> {
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "ws" | "wss" | "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    url.map(|_| text.to_owned()).ok_or_else(|| {
        let reason = "at /publicUrl: must be an address such as wss://gateway.example.org";
        MethodError::params("device.pair.setupCode", reason)
    })
}

/// Where this gateway is found. One that listens at every address is at the one that this machine goes out with.
fn own_address(cx: &Cx) -> Result<String, MethodError> {
    let (scheme, mut at) = cx.app.listens;
    if at.ip().is_unspecified() {
        let outward = cx.app.machine.outward_address().ok_or_else(|| {
            MethodError::unavailable(
                "this machine's address is not known: say with publicUrl where devices find the gateway",
            )
        })?;
        at.set_ip(outward);
    }
    Ok(format!("{scheme}://{at}"))
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
