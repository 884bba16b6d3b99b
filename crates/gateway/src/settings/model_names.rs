//! The models that the configuration names for agents, and those that no provider has: a run with one fails.

use gatehouse_agent::provider::{ModelRef, Models};
use serde_json::Value;

use crate::config::Config;

/// How many of the known models are told.
const TOLD: usize = 20;

/// Names that stand for no model: one sentence each, with the path and the models that there are.
pub(crate) fn unknown_models(config: &Config, models: &Models) -> Vec<String> {
    let is_known =
        |name: &str| ModelRef::parse(name).is_some_and(|name| models.find(&name).is_some());
    let mut known: Vec<String> = models.list().map(|info| info.name.to_string()).collect();
    known.truncate(TOLD);
    let known = known.join(", ");
    let unknown = named(config)
        .into_iter()
        .filter(|(_, name)| !is_known(name));
    unknown
        .map(|(path, name)| format!("{path}: there is no model \"{name}\"; there are: {known}"))
        .collect()
}

/// Every name, with its path.
fn named(config: &Config) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    if let Some(defaults) = config.at("agents.defaults") {
        of_agent("agents.defaults", defaults, &mut found);
    }
    let list = config.at("agents.list").and_then(Value::as_array);
    for (at, agent) in list.into_iter().flatten().enumerate() {
        of_agent(&format!("agents.list.{at}"), agent, &mut found);
    }
    let entries = config.at("agents.entries").and_then(Value::as_object);
    for (id, agent) in entries.into_iter().flatten() {
        of_agent(&format!("agents.entries.{id}"), agent, &mut found);
    }
    found
}

fn of_agent<'a>(path: &str, agent: &'a Value, found: &mut Vec<(String, &'a str)>) {
    let model = &agent["model"];
    let mut add = |place: String, name: &'a Value| {
        if let Some(name) = name.as_str().filter(|name| !name.trim().is_empty()) {
            found.push((format!("{path}.{place}"), name));
        }
    };
    add("model".to_owned(), model);
    add("model.primary".to_owned(), &model["primary"]);
    let fallbacks = model["fallbacks"].as_array().into_iter().flatten();
    for (at, name) in fallbacks.enumerate() {
        add(format!("model.fallbacks.{at}"), name);
    }
    add("heartbeat.model".to_owned(), &agent["heartbeat"]["model"]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaints(agents: Value) -> Vec<String> {
        let config = Config {
            raw: json!({ "agents": agents }),
            ..Config::default()
        };
        unknown_models(&config, &Models::scripted())
    }

    #[test]
    fn names_that_no_provider_has_are_told_with_their_path_and_the_models_that_there_are() {
        let known = Models::scripted().list().next().unwrap().name.to_string();
        let told = complaints(json!({
            "defaults": {"model": "nope/none", "heartbeat": {"model": known}},
            "list": [{"id": "a", "model": {"primary": known, "fallbacks": ["nope/other"]}}],
            "entries": {"b": {"model": known, "heartbeat": {"model": "without-a-provider"}}},
        }));
        let expected = |path: &str, name: &str| {
            format!("{path}: there is no model \"{name}\"; there are: {known}")
        };
        assert_eq!(
            told,
            [
                expected("agents.defaults.model", "nope/none"),
                expected("agents.list.0.model.fallbacks.0", "nope/other"),
                expected("agents.entries.b.heartbeat.model", "without-a-provider"),
            ]
        );
    }

    #[test]
    fn who_names_none_is_told_nothing() {
        assert!(complaints(json!({"defaults": {}, "list": [{"id": "a"}]})).is_empty());
    }
}
