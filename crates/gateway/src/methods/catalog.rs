//! What there is to choose from: models, tools, skills, commands.

use std::path::Path;

use gatehouse_agent::prompt::{PromptOptions, skills_of};
use gatehouse_agent::skills::{Host, Needs, Skill};
use gatehouse_protocol::MethodScope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::agent_files::workspace;
use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("models.list", MethodScope::Read, list_models);
    table.operator("models.authStatus", MethodScope::Read, auth_status);
    table.operator("tools.catalog", MethodScope::Read, tools);
    table.operator("tools.effective", MethodScope::Read, effective);
    table.operator("skills.status", MethodScope::Read, skills);
    table.operator("commands.list", MethodScope::Read, list_commands);
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AgentParams {
    agent_id: Option<String>,
}

async fn list_models(cx: Cx, _: AgentParams) -> Result<Value, MethodError> {
    Ok(json!({"models": models(&cx)}))
}

/// The models of the configuration, the default one marked.
pub(super) fn models(cx: &Cx) -> Vec<Value> {
    let defaults = cx.app.sessions.defaults();
    let models = cx.app.models.current();
    models
        .list()
        .map(|info| {
            let main =
                info.name.provider == defaults.model_provider && info.name.model == defaults.model;
            let mut model = json!({
                "id": info.name.model,
                "name": info.title.as_ref().unwrap_or(&info.name.model),
                "provider": info.name.provider,
                "available": true,
                "contextWindow": info.context_window,
                "reasoning": false,
                "supportsTools": true,
            });
            if main {
                model["tags"] = json!(["default"]);
            }
            model
        })
        .collect()
}

async fn auth_status(cx: Cx, _: AgentParams) -> Result<Value, MethodError> {
    let models = cx.app.models.current();
    let mut names: Vec<String> = models
        .list()
        .map(|info| info.name.provider.clone())
        .collect();
    names.dedup();
    let providers: Vec<Value> = names
        .iter()
        .map(|name| json!({"provider": name, "displayName": name, "status": "static", "profiles": []}))
        .collect();
    Ok(json!({"ts": cx.now_ms(), "providers": providers}))
}

fn agent(cx: &Cx, params: AgentParams) -> String {
    params
        .agent_id
        .unwrap_or_else(|| cx.app.sessions.defaults().agent_id)
}

async fn tools(cx: Cx, params: AgentParams) -> Result<Value, MethodError> {
    let agent_id = agent(&cx, params);
    workspace(&cx, &agent_id).await?;
    let tools: Vec<Value> = cx
        .app
        .tools
        .iter()
        .map(|spec| {
            json!({
                "id": spec.name, "label": spec.label, "description": spec.description,
                "source": "core", "risk": risk(spec.name), "defaultProfiles": ["full"],
            })
        })
        .collect();
    Ok(json!({
        "agentId": agent_id,
        "profiles": [{"id": "full", "label": "Full"}],
        "groups": [{"id": "core", "label": "Built in", "source": "core", "tools": tools}],
    }))
}

/// What a careless use of a tool could do.
fn risk(tool: &str) -> &'static str {
    match tool {
        "exec" | "process" => "high",
        "write" | "edit" | "apply_patch" | "web_fetch" | "sessions_send" | "sessions_spawn" => {
            "medium"
        }
        _ => "low",
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EffectiveParams {
    #[serde(default)]
    agent_id: Option<String>,
    session_key: String,
}

async fn effective(cx: Cx, params: EffectiveParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.session_key, params.agent_id.as_deref());
    cx.app.runs.known_agent(&name).await?;
    let policy = cx.app.agents.run_settings(&name.agent).tools;
    let tools: Vec<Value> = cx
        .app
        .tools
        .iter()
        .filter(|spec| policy.permits(spec.name))
        .map(|spec| {
            json!({
                "id": spec.name, "label": spec.label, "description": spec.description,
                "rawDescription": spec.description, "source": "core", "risk": risk(spec.name),
            })
        })
        .collect();
    Ok(json!({
        "agentId": name.agent,
        "profile": "full",
        "groups": [{"id": "core", "label": "Built in", "source": "core", "tools": tools}],
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct SkillsParams {
    agent_id: Option<String>,
    session_key: Option<String>,
}

/// All skills of an agent's folders, those too that it is not offered, with what is missing.
async fn skills(cx: Cx, params: SkillsParams) -> Result<Value, MethodError> {
    let agent_id = match (&params.agent_id, &params.session_key) {
        (None, Some(key)) => cx.app.sessions.name(key, None).agent,
        _ => agent(
            &cx,
            AgentParams {
                agent_id: params.agent_id,
            },
        ),
    };
    let workspace = workspace(&cx, &agent_id).await?;
    let options = cx.app.agents.run_settings(&agent_id).prompt;
    let only = options.only_skills.clone();
    let folder = workspace.clone();
    let found = tokio::task::spawn_blocking(move || {
        let path = std::env::var_os("PATH");
        let host = Host::here(path.as_deref());
        let skills = skills_of(&options, &folder).into_iter();
        let shown = skills.map(|skill| shown(&skill, &options, &host, &folder));
        shown.collect::<Vec<Value>>()
    });
    let mut answer = json!({
        "agentId": agent_id,
        "workspaceDir": workspace,
        "managedSkillsDir": workspace.join("skills"),
        "skills": found.await.map_err(MethodError::internal)?,
    });
    if let Some(only) = only {
        answer["agentSkillFilter"] = json!(only);
    }
    Ok(answer)
}

/// One skill as clients expect it; the published schema has no definition of it.
fn shown(skill: &Skill, options: &PromptOptions, host: &Host<'_>, workspace: &Path) -> Value {
    let (about, missing) = (&skill.about, skill.about.missing(host));
    let (disabled, listed) = (options.is_disabled(skill), options.is_listed(skill));
    let eligible = !disabled && missing.is_empty();
    let available = eligible && listed;
    let source = match skill.path.starts_with(workspace) {
        true => "openclaw-workspace",
        false => "openclaw-extra",
    };
    let mut shown = json!({
        "name": skill.name, "description": skill.description, "skillKey": skill.name,
        "source": source, "bundled": false,
        "filePath": skill.path, "baseDir": skill.path.parent(),
        "always": about.always, "disabled": disabled, "eligible": eligible,
        "blockedByAllowlist": false, "blockedByAgentFilter": !listed,
        "platformIncompatible": !missing.os.is_empty(),
        "modelVisible": available && skill.for_model,
        "userInvocable": skill.for_people, "commandVisible": available && skill.for_people,
        "requirements": needs(&about.needs), "missing": needs(&missing),
        "configChecks": [], "install": [],
    });
    for (name, value) in [
        ("emoji", &about.emoji),
        ("homepage", &about.homepage),
        ("primaryEnv", &about.primary_env),
    ] {
        if let Some(text) = value {
            shown[name] = json!(text);
        }
    }
    shown
}

fn needs(needs: &Needs) -> Value {
    json!({
        "bins": needs.bins, "anyBins": needs.any_bins, "env": needs.env, "config": [], "os": needs.os,
    })
}

#[derive(Debug, Deserialize)]
struct Anything {}

async fn list_commands(_: Cx, _: Anything) -> Result<Value, MethodError> {
    Ok(json!({"commands": commands()}))
}

/// What a message can say to the gateway itself; see `chat.send`.
pub(super) fn commands() -> Vec<Value> {
    [
        ("stop", "/stop", "Stop what runs in this session."),
        ("new", "/new", "Begin this session anew."),
    ]
    .into_iter()
    .map(|(name, alias, description)| {
        json!({
            "name": name, "textAliases": [alias], "description": description,
            "category": "session", "source": "native", "scope": "text", "acceptsArgs": false,
        })
    })
    .collect()
}
