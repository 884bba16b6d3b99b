//! `gatehouse.credentials.*`: set, listed, rotated, ended, forgotten. A secret goes in and never comes out.

use gatehouse_protocol::MethodScope::{Admin, Read};
use gatehouse_vault::Secret;
use gatehouse_vault::credentials::{
    Bounds, Credential, CredentialError, CredentialKind, CredentialName, CredentialState,
    NewCredential,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::credentials::By;
use crate::router::{Cx, MethodError, MethodTable, NoParams};

/// The longest grace after a rotation: thirty days.
const LONGEST_GRACE_MS: i64 = 30 * 24 * 60 * 60 * 1000;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("gatehouse.credentials.list", Read, list);
    table.operator("gatehouse.credentials.set", Admin, set);
    table.operator("gatehouse.credentials.rotate", Admin, rotate);
    table.operator("gatehouse.credentials.expire", Admin, expire);
    table.operator("gatehouse.credentials.delete", Admin, delete);
    table.operator(
        "gatehouse.credentials.rotateMasterKey",
        Admin,
        rotate_master_key,
    );
}

fn by(cx: &Cx) -> By<'_> {
    By {
        label: cx.caller.label(),
        device: cx.caller.device_id.as_deref(),
    }
}

async fn list(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    let all = cx.app.credentials.list().await.map_err(refused)?;
    let all: Vec<Value> = all.iter().map(view).collect();
    Ok(json!({"credentials": all}))
}

// No `Debug` on what holds a secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetParams {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    secret: String,
    #[serde(default)]
    expires_at: Option<i64>,
    #[serde(default)]
    max_uses: Option<u64>,
    #[serde(default)]
    bound_hosts: Vec<String>,
    #[serde(default)]
    bound_tools: Vec<String>,
}

async fn set(cx: Cx, params: SetParams) -> Result<Value, MethodError> {
    // Taken over at once: the text is wiped from here on, whatever is wrong with the rest.
    let secret = Secret::new(params.secret);
    let read = || {
        Ok(NewCredential {
            name: CredentialName::new(&params.name)?,
            kind: CredentialKind::from_word(&params.kind)?,
            secret,
            expires_at: params.expires_at,
            max_uses: params.max_uses,
            bounds: Bounds::new(params.bound_hosts, params.bound_tools)?,
        })
    };
    let new = read().map_err(refused)?;
    let set = cx.app.credentials.set(new, &by(&cx)).await;
    Ok(view(&set.map_err(refused)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RotateParams {
    name: String,
    secret: String,
    #[serde(default)]
    grace_ms: i64,
}

async fn rotate(cx: Cx, params: RotateParams) -> Result<Value, MethodError> {
    let secret = Secret::new(params.secret);
    let name = CredentialName::new(&params.name).map_err(refused)?;
    if !(0..=LONGEST_GRACE_MS).contains(&params.grace_ms) {
        return Err(MethodError::invalid("a grace is thirty days at most"));
    }
    let (credentials, by) = (&cx.app.credentials, by(&cx));
    let rotated = credentials.rotate(&name, &secret, params.grace_ms, &by);
    Ok(view(&rotated.await.map_err(refused)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExpireParams {
    name: String,
    /// Now, when left out.
    #[serde(default)]
    at: Option<i64>,
}

async fn expire(cx: Cx, params: ExpireParams) -> Result<Value, MethodError> {
    let name = CredentialName::new(&params.name).map_err(refused)?;
    let ended = cx.app.credentials.expire(&name, params.at, &by(&cx)).await;
    Ok(view(&ended.map_err(refused)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteParams {
    name: String,
}

async fn delete(cx: Cx, params: DeleteParams) -> Result<Value, MethodError> {
    let name = CredentialName::new(&params.name).map_err(refused)?;
    let deleted = cx.app.credentials.delete(&name, &by(&cx)).await;
    Ok(json!({"deleted": deleted.map_err(refused)?}))
}

async fn rotate_master_key(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    let wrapped = cx.app.credentials.rotate_master_key(&by(&cx)).await;
    Ok(json!({"wrapped": wrapped.map_err(refused)?}))
}

fn view(credential: &Credential) -> Value {
    let row = &credential.row;
    let state = match credential.state {
        CredentialState::Active => "active",
        CredentialState::Expired => "expired",
        CredentialState::UsedUp => "used-up",
    };
    json!({
        "name": row.name.as_str(), "type": row.kind.word(), "createdAt": row.created_at,
        "rotatedAt": row.rotated_at, "expiresAt": row.expires_at, "lastUsedAt": row.last_used_at,
        "uses": row.uses, "maxUses": row.max_uses, "graceUntil": credential.grace_until,
        "boundHosts": row.bounds.hosts(), "boundTools": row.bounds.tools(), "state": state,
    })
}

fn refused(error: CredentialError) -> MethodError {
    use CredentialError as E;
    match error {
        E::Rows(cause) => MethodError::internal(cause),
        E::Conflict => MethodError::unavailable(error.to_string()).retry_after(500),
        // What mends these is done where the gateway runs.
        E::NoShelf | E::NothingLasts | E::Shelf(_) => MethodError::unavailable(error.to_string())
            .with_details(json!({"code": "CREDENTIAL_KEY_UNAVAILABLE"})),
        E::KeyMissing | E::WrongKey | E::KeyLeft | E::KeyFile { .. } => {
            MethodError::unavailable(error.to_string())
        }
        other => MethodError::invalid(other.to_string()),
    }
}
