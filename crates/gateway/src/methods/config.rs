//! `config.*`: the configuration file, seen and changed by clients. Secrets are hidden on the way out and put
//! back on the way in; an edit names the state it was made on.

use gatehouse_protocol::MethodScope::{Admin, Read};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::done_by;
use crate::config::{self, ConfigRecord, Edit, EditError, Edited, FileState, Reload};
use crate::router::{Cx, MethodError, MethodTable, NoParams};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("config.get", Read, get);
    table.operator("config.set", Admin, set);
    table.operator("config.apply", Admin, apply);
    table.operator("config.patch", Admin, patch);
    table.operator("config.schema", Read, schema);
    table.operator("config.schema.lookup", Read, lookup);
}

async fn get(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    match cx.app.config.file().await {
        Some(file) => Ok(shown(&file)),
        None => Err(MethodError::unavailable(
            "the gateway runs without a configuration file",
        )),
    }
}

fn shown(file: &FileState) -> Value {
    let issues: Vec<Value> = file
        .mistakes
        .iter()
        .map(|mistake| json!({"path": mistake.path, "message": mistake.to_string()}))
        .collect();
    let warnings: Vec<Value> = file
        .waiting
        .iter()
        .map(|path| json!({"path": path, "message": "counts from the next start"}))
        .collect();
    json!({
        "path": file.place.write_to, "exists": file.exists, "raw": file.raw, "parsed": file.parsed,
        "config": file.parsed, "resolved": file.parsed, "valid": file.mistakes.is_empty(),
        "hash": file.hash, "configRevisionHash": file.hash, "issues": issues, "warnings": warnings,
        "legacyIssues": [],
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetParams {
    raw: String,
    #[serde(default)]
    base_hash: Option<String>,
}

async fn set(cx: Cx, params: SetParams) -> Result<Value, MethodError> {
    edit(&cx, Edit::Replace(params.raw), params.base_hash).await
}

/// What a restart should say and to whom is accepted; this gateway does not restart itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApplyParams {
    raw: String,
    #[serde(default)]
    base_hash: Option<String>,
    #[serde(default, rename = "sessionKey")]
    _session_key: Option<String>,
    #[serde(default, rename = "deliveryContext")]
    _delivery_context: Option<Value>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
    #[serde(default, rename = "restartDelayMs")]
    _restart_delay_ms: Option<u64>,
}

async fn apply(cx: Cx, params: ApplyParams) -> Result<Value, MethodError> {
    edit(&cx, Edit::Replace(params.raw), params.base_hash).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchParams {
    raw: String,
    #[serde(default)]
    base_hash: Option<String>,
    #[serde(default)]
    replace_paths: Vec<String>,
    #[serde(default, rename = "sessionKey")]
    _session_key: Option<String>,
    #[serde(default, rename = "deliveryContext")]
    _delivery_context: Option<Value>,
    #[serde(default, rename = "note")]
    _note: Option<String>,
    #[serde(default, rename = "restartDelayMs")]
    _restart_delay_ms: Option<u64>,
}

async fn patch(cx: Cx, params: PatchParams) -> Result<Value, MethodError> {
    let edit_ = Edit::Merge(params.raw, params.replace_paths);
    edit(&cx, edit_, params.base_hash).await
}

pub(super) async fn edit(cx: &Cx, edit: Edit, base: Option<String>) -> Result<Value, MethodError> {
    let by = done_by(&cx.caller, "", String::new());
    let record = ConfigRecord::new(cx.app.store.clone(), cx.app.clock.clone(), by);
    let edited = cx.app.config.edit(edit, base, record.before()).await;
    let changes = edited.as_ref().map(|edited| edited.changes.as_slice());
    record.after(changes).await;
    let mut edited = edited.map_err(refused)?;
    cx.app.credentials.adopt_keys(&cx.app.config).await;
    if let Some(file) = cx.app.config.file().await {
        edited.file = file;
    }
    Ok(done(&edited))
}

fn done(edited: &Edited) -> Value {
    let waiting: Vec<&str> = edited
        .changes
        .iter()
        .filter(|change| change.reload == Reload::Restart)
        .map(|change| change.path.as_str())
        .collect();
    let mut answer = json!({
        "ok": true, "path": edited.file.place.write_to, "hash": edited.file.hash,
        "config": edited.file.parsed,
        "restart": {"required": !waiting.is_empty(), "paths": waiting},
    });
    if let Some(path) = &edited.comments {
        answer["commentsKeptIn"] = json!(path);
    }
    answer
}

/// So many mistakes are in the message; all are in its details.
const SHOWN: usize = 3;

fn refused(error: EditError) -> MethodError {
    match error {
        EditError::Invalid(config::ConfigError::Mistakes(mistakes)) => {
            let issues: Vec<Value> = mistakes
                .iter()
                .map(|mistake| json!({"path": mistake.path, "message": mistake.to_string()}))
                .collect();
            // Clients that show the message alone say what is wrong as well.
            let first: Vec<String> = mistakes
                .iter()
                .take(SHOWN)
                .map(ToString::to_string)
                .collect();
            let more = match mistakes.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let words = format!("invalid config: {}{more}", first.join("; "));
            MethodError::invalid(words).with_details(json!({"issues": issues}))
        }
        EditError::Invalid(error @ config::ConfigError::Write { .. }) => {
            MethodError::unavailable(error.to_string())
        }
        EditError::NotRecorded(error) => error.into(),
        EditError::NoFile | EditError::Unreadable(_) => MethodError::unavailable(error.to_string()),
        other => MethodError::invalid(other.to_string()),
    }
}

async fn schema(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    Ok(json!({
        "schema": config::json_schema(&config::ROOT), "uiHints": config::hints(&config::ROOT),
        "version": cx.app.identity.version, "generatedAt": cx.app.identity.started_at_ms.to_string(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupParams {
    path: String,
}

/// The longest path that is looked up (`ConfigSchemaLookupParams`).
const MAX_PATH: usize = 1024;

async fn lookup(_: Cx, params: LookupParams) -> Result<Value, MethodError> {
    let found = (params.path.len() <= MAX_PATH)
        .then(|| config::lookup(&config::ROOT, &params.path))
        .flatten();
    found.ok_or_else(|| MethodError::invalid("config schema path not found"))
}
