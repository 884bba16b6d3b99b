//! The agents: list, make, change, remove; and who one is.

use std::path::PathBuf;

use gatehouse_audit::Draft;
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::AgentRecord;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agents_configured::{self, Change};
use super::grants::ended;
use super::session_write::known_model;
use crate::agents::AgentEntry;
use crate::audit::done_by;
use crate::home::expanded;
use crate::router::{Cx, MethodError, MethodTable};
use crate::sessions::is_agent_id;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("agents.list", MethodScope::Read, list);
    table.operator("agents.create", MethodScope::Admin, create);
    table.operator("agents.update", MethodScope::Admin, update);
    table.operator("agents.delete", MethodScope::Admin, delete);
    table.operator("agent.identity.get", MethodScope::Read, identity);
}

#[derive(Debug, Deserialize)]
struct Anything {}

async fn list(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    let defaults = cx.app.sessions.defaults();
    let agents = cx.app.agents.list().await?;
    let agents: Vec<Value> = agents.iter().map(|agent| summary(&cx, agent)).collect();
    Ok(json!({
        "defaultId": defaults.agent_id,
        "mainKey": "main",
        "scope": "per-sender",
        "ownership": "sole",
        "selectionRequired": false,
        "agents": agents,
    }))
}

fn summary(cx: &Cx, agent: &AgentEntry) -> Value {
    let defaults = cx.app.sessions.defaults();
    let main = format!("{}/{}", defaults.model_provider, defaults.model);
    let workspace = agent.workspace.clone();
    let mut summary = json!({
        "id": agent.id,
        "workspace": workspace.unwrap_or_else(|| cx.app.agents.workspace(&agent.id)),
        "model": {"primary": agent.model.as_ref().unwrap_or(&main)},
        "thinkingLevels": [{"id": "off", "label": "off"}],
        "thinkingOptions": ["off"],
        "thinkingDefault": defaults.thinking,
    });
    if let Some(name) = &agent.name {
        summary["name"] = json!(name);
    }
    let mut identity = serde_json::Map::new();
    for (field, value) in [
        ("name", &agent.name),
        ("emoji", &agent.emoji),
        ("avatar", &agent.avatar),
    ] {
        if let Some(value) = value {
            identity.insert(field.to_owned(), json!(value));
        }
    }
    if !identity.is_empty() {
        summary["identity"] = Value::Object(identity);
    }
    summary
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateParams {
    name: String,
    #[serde(default)]
    workspace: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    emoji: Option<String>,
    #[serde(default)]
    avatar: Option<String>,
}

async fn create(cx: Cx, mut params: CreateParams) -> Result<Value, MethodError> {
    let id = id_of(&params.name);
    if !is_agent_id(&id) {
        return Err(MethodError::invalid(
            "an agent's name needs a letter or a digit",
        ));
    }
    params.model = known_model(&cx, params.model.as_deref())?;
    let _alone = cx.app.agents.changing.lock().await;
    if cx.app.agents.find(&id).await?.is_some() {
        return Err(MethodError::invalid(format!(
            "agent \"{id}\" already exists"
        )));
    }
    let workspace = params.workspace.as_deref().map(folder).transpose()?;
    let entry = AgentEntry {
        id: id.clone(),
        name: Some(params.name.clone()),
        workspace,
        model: params.model.clone(),
        fallbacks: None,
        emoji: params.emoji,
        avatar: params.avatar,
    };
    let what = format!("the agent {id} was created");
    let said = said(&cx, "agent.created", what, None, Some(&entry));
    keep(&cx, &entry, said).await?;
    let workspace = entry
        .workspace
        .unwrap_or_else(|| cx.app.agents.workspace(&id));
    let mut answer =
        json!({"ok": true, "agentId": id, "name": params.name, "workspace": workspace});
    if let Some(model) = params.model {
        answer["model"] = json!(model);
    }
    Ok(answer)
}

/// A workspace as it was named. One that depends on where the gateway was started would be another one after the next
/// start.
fn folder(written: &str) -> Result<PathBuf, MethodError> {
    let folder = expanded(written.trim());
    match folder.is_absolute() {
        true => Ok(folder),
        false => Err(MethodError::invalid(
            "workspace must be a whole path, such as /srv/work or ~/work",
        )),
    }
}

/// Letters and digits in lower case, `-` for what is between.
fn id_of(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(64).collect()
}

/// What the audit says of a change of an agent, written with it.
fn said(
    cx: &Cx,
    kind: &str,
    what: String,
    before: Option<&AgentEntry>,
    after: Option<&AgentEntry>,
) -> Draft {
    let id = before.or(after).map(|agent| agent.id.clone());
    let mut draft = done_by(&cx.caller, kind, what);
    let detail = draft.detail.get_or_insert_with(|| json!({}));
    detail["before"] = json!(before);
    detail["after"] = json!(after);
    cx.app.audit.dated(Draft {
        resource: id.clone(),
        agent: id,
        ..draft
    })
}

async fn keep(cx: &Cx, entry: &AgentEntry, said: Draft) -> Result<(), MethodError> {
    let record = AgentRecord {
        id: entry.id.clone(),
        name: entry.name.clone(),
        created_at: cx.app.sessions.now(),
        json: serde_json::to_string(entry).map_err(MethodError::internal)?,
    };
    Ok(cx.app.store.agent_put(record, Some(said)).await?)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UpdateParams {
    agent_id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    workspace: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    emoji: Option<String>,
    #[serde(default)]
    avatar: Option<String>,
}

async fn update(cx: Cx, mut params: UpdateParams) -> Result<Value, MethodError> {
    // One that is deleted meanwhile does not come back by its change.
    let _alone = cx.app.agents.changing.lock().await;
    let before = found(&cx, &params.agent_id).await?;
    params.model = known_model(&cx, params.model.as_deref())?;
    let workspace = params.workspace.as_deref().map(folder).transpose()?;
    if cx.app.agents.is_configured(&before.id) {
        agents_configured::update(&cx, &before.id, &params.change()).await?;
        return Ok(json!({"ok": true, "agentId": params.agent_id}));
    }
    let mut entry = before.clone();
    entry.name = params.name.or(entry.name);
    entry.workspace = workspace.or(entry.workspace);
    entry.model = params.model.or(entry.model);
    entry.emoji = params.emoji.or(entry.emoji);
    entry.avatar = params.avatar.or(entry.avatar);
    let what = format!("the agent {} was changed", entry.id);
    let said = said(&cx, "agent.changed", what, Some(&before), Some(&entry));
    keep(&cx, &entry, said).await?;
    Ok(json!({"ok": true, "agentId": params.agent_id}))
}

impl UpdateParams {
    fn change(&self) -> Change<'_> {
        Change {
            name: self.name.as_deref(),
            workspace: self.workspace.as_deref(),
            model: self.model.as_deref(),
            emoji: self.emoji.as_deref(),
            avatar: self.avatar.as_deref(),
        }
    }
}

async fn found(cx: &Cx, id: &str) -> Result<AgentEntry, MethodError> {
    let found = cx.app.agents.find(id).await?;
    found.ok_or_else(|| MethodError::invalid(format!("agent \"{id}\" not found")))
}

/// An agent that a client made and may delete. Those of the configuration are taken out there, and the default one is
/// there without anybody who made it; what was said of it is kept as of one that a client made.
async fn deletable(cx: &Cx, id: &str) -> Result<AgentEntry, MethodError> {
    let entry = found(cx, id).await?;
    if cx.app.agents.is_configured(id) {
        return Err(MethodError::invalid(format!(
            "agent \"{id}\" is the configuration's; take it out there"
        )));
    }
    match cx.app.sessions.defaults().agent_id == id {
        false => Ok(entry),
        true => Err(MethodError::invalid(format!(
            "agent \"{id}\" is the default one and cannot be deleted"
        ))),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeleteParams {
    agent_id: String,
    /// The workspace stays in any case: what an agent wrote is a person's to remove.
    #[serde(default, rename = "deleteFiles")]
    _delete_files: Option<bool>,
}

async fn delete(cx: Cx, params: DeleteParams) -> Result<Value, MethodError> {
    let _alone = cx.app.agents.changing.lock().await;
    let gone = deletable(&cx, &params.agent_id).await?;
    let what = format!("the agent {} was deleted", gone.id);
    let said = said(&cx, "agent.deleted", what.clone(), Some(&gone), None);
    let (store, now) = (&cx.app.store, cx.app.approvals.now());
    let ended = Some(ended(&cx, &what));
    store.agent_remove(&gone.id, now, Some(said), ended).await?;
    Ok(json!({"ok": true, "agentId": params.agent_id, "removedBindings": 0}))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct IdentityParams {
    agent_id: Option<String>,
    session_key: Option<String>,
}

async fn identity(cx: Cx, params: IdentityParams) -> Result<Value, MethodError> {
    let key = params.session_key.as_deref().unwrap_or("main");
    let name = cx.app.sessions.name(key, params.agent_id.as_deref());
    let found = cx.app.agents.find(&name.agent).await?;
    let agent = found
        .ok_or_else(|| MethodError::invalid(format!("unknown agent id \"{}\"", name.agent)))?;
    let named = agent.name.is_some();
    let mut answer = json!({
        "agentId": agent.id,
        "name": agent.name.unwrap_or_else(|| "Assistant".to_owned()),
        "nameSource": if named { "agent" } else { "default" },
    });
    if let Some(emoji) = agent.emoji {
        answer["emoji"] = json!(emoji);
    }
    if let Some(avatar) = agent.avatar {
        answer["avatar"] = json!(avatar);
    }
    Ok(answer)
}
