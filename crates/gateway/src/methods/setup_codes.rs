//! Setup codes, which bring new devices in, and what became of one.

use gatehouse_protocol::MethodScope::Admin;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::devices::{failed, said};
use crate::auth::{SetupCode, random_token, token_hash};
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("device.pair.setupCode", Admin, setup_code);
    table.operator("device.pair.setupStatus", Admin, setup_status);
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
    #[serde(default)]
    join_url: Option<bool>,
}

/// The code is the secret itself: it is answered once and kept as a hash.
async fn setup_code(cx: Cx, params: SetupCodeParams) -> Result<Value, MethodError> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    if params.join_url.is_some() {
        let reason =
            "at /joinUrl: this gateway has no join page; give the device the setupCode itself";
        return Err(MethodError::params("device.pair.setupCode", reason));
    }
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
        used: None,
        is_delivered: false,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetupStatusParams {
    setup_id: String,
}

/// Which device came with a code, and whether its answer is known to have gone out; nothing where none came yet, or
/// where that is no longer kept.
async fn setup_status(cx: Cx, params: SetupStatusParams) -> Result<Value, MethodError> {
    if params.setup_id.is_empty() || params.setup_id.chars().count() > 128 {
        let reason = "at /setupId: must have 1 to 128 characters";
        return Err(MethodError::params("device.pair.setupStatus", reason));
    }
    let now = i64::try_from(cx.now_ms()).unwrap_or(i64::MAX);
    let kept = cx.app.store.setup_code(&params.setup_id, now).await;
    let setup = kept
        .map_err(failed)?
        .map(|json| serde_json::from_str(&json));
    let setup: Option<SetupCode> = setup.transpose().map_err(MethodError::internal)?;
    Ok(setup.map_or_else(|| json!({}), |setup| setup.status()))
}
