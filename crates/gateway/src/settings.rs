//! What the configuration says about agents and commands, read out of the sections that are not typed
//! elsewhere. What cannot be read there counts as not said: the check of the file has told it already.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::agents::{AgentEntry, AgentSettings};
use crate::config::Config;
use crate::govern::ExecWishes;

/// `tools.exec`.
pub(crate) fn exec(config: &Config) -> ExecWishes {
    read(config, "tools.exec").unwrap_or_default()
}

/// `agents`.
pub(crate) fn agents(config: &Config) -> AgentSettings {
    let list = config.at("agents.list").and_then(Value::as_array);
    let listed = list.into_iter().flatten().filter_map(|agent| {
        let id = agent.get("id")?.as_str()?;
        Some(entry(id, agent))
    });
    let entries = config.at("agents.entries").and_then(Value::as_object);
    let named = entries
        .into_iter()
        .flatten()
        .map(|(id, agent)| entry(id, agent));
    let default = list
        .into_iter()
        .flatten()
        .find(|agent| agent["default"] == true);
    let (model, fallbacks) = model(config.at("agents.defaults.model"));
    AgentSettings {
        default_agent: default
            .and_then(|agent| agent["id"].as_str())
            .map(str::to_owned),
        agents: listed.chain(named).collect(),
        model,
        fallbacks,
        workspace: text(config.at("agents.defaults.workspace")).map(|path| expanded(&path)),
    }
}

fn entry(id: &str, agent: &Value) -> AgentEntry {
    let identity = agent.get("identity");
    let of_identity = |name: &str| text(identity.and_then(|identity| identity.get(name)));
    AgentEntry {
        id: id.to_owned(),
        name: text(agent.get("name")).or_else(|| of_identity("name")),
        workspace: text(agent.get("workspace")).map(|path| expanded(&path)),
        model: model(agent.get("model")).0,
        emoji: of_identity("emoji"),
        avatar: of_identity("avatar"),
    }
}

/// A model by its name, or with what is tried when it fails.
fn model(value: Option<&Value>) -> (Option<String>, Vec<String>) {
    let Some(value) = value else {
        return (None, Vec::new());
    };
    let fallbacks = value.get("fallbacks").and_then(Value::as_array);
    let fallbacks = fallbacks
        .into_iter()
        .flatten()
        .filter_map(|name| text(Some(name)));
    let primary = text(Some(value)).or_else(|| text(value.get("primary")));
    (primary, fallbacks.collect())
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `~/` is the home folder.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

fn read<T: DeserializeOwned>(config: &Config, path: &str) -> Option<T> {
    let value = config.at(path)?;
    serde_json::from_value(value.clone())
        .inspect_err(|error| tracing::warn!(%error, path, "a section cannot be read"))
        .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::govern::{Ask, ExecMode, Security};

    fn config(raw: Value) -> Config {
        Config {
            raw,
            ..Config::default()
        }
    }

    #[test]
    fn agents_and_their_models_are_read_from_both_forms() {
        let settings = agents(&config(json!({"agents": {
            "defaults": {"model": {"primary": "p/m", "fallbacks": ["p/n"]}, "workspace": "/ws"},
            "list": [{"id": "ops", "default": true, "model": "q/o", "identity": {"name": "Ops"}}],
            "entries": {"night": {"workspace": "/night"}},
        }})));
        assert_eq!(settings.default_agent.as_deref(), Some("ops"));
        assert_eq!(settings.model.as_deref(), Some("p/m"));
        assert_eq!(settings.fallbacks, ["p/n"]);
        let names: Vec<_> = settings
            .agents
            .iter()
            .map(|agent| agent.id.as_str())
            .collect();
        assert_eq!(names, ["ops", "night"]);
        assert_eq!(settings.agents[0].model.as_deref(), Some("q/o"));
        assert_eq!(settings.agents[0].name.as_deref(), Some("Ops"));
        assert_eq!(agents(&config(json!({}))), AgentSettings::default());
    }

    #[test]
    fn a_mode_of_the_configuration_and_the_older_pair_are_read() {
        let full = exec(&config(
            json!({"tools": {"exec": {"mode": "full", "host": "gateway"}}}),
        ));
        assert_eq!(full.mode, Some(ExecMode::Full));
        let pair = json!({"tools": {"exec": {"security": "allowlist", "ask": "on-miss"}}});
        let pair = exec(&config(pair));
        assert_eq!(
            (pair.security, pair.ask),
            (Some(Security::Allowlist), Some(Ask::OnMiss))
        );
        let odd = exec(&config(json!({"tools": {"exec": {"mode": "whatever"}}})));
        assert_eq!(
            odd,
            ExecWishes::default(),
            "what cannot be read opens nothing"
        );
    }
}
