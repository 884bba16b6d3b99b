//! What the configuration says about agents and commands, read out of the sections that are not typed
//! elsewhere. What cannot be read there counts as not said: the check of the file has told it already.

mod model_names;
mod runs;
mod tools;

use gatehouse_agent::provider::{Api, ModelConfig, Price, ProviderConfig, ProviderKey};
use gatehouse_policy::authz::{AgentRights, Role};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::agents::{AgentEntry, AgentSettings};
use crate::config::Config;
use crate::govern::ExecWishes;
use crate::home::expanded;

pub(crate) use model_names::unknown_models;
pub(crate) use runs::{RunSettings, commands, engine, fetching, of_agent, queue_mode, queue_rules};

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
            .map(str::to_lowercase),
        agents: listed.chain(named).collect(),
        model,
        fallbacks,
        workspace: text(config.at("agents.defaults.workspace")).map(|path| expanded(&path)),
    }
}

/// What an agent is trusted with: its own `rights`, else those of `agents.defaults`.
pub(crate) fn rights(config: &Config, agent: &str) -> AgentRights {
    let own = sections(config, agent).find_map(|own| own.get("rights"));
    own.or_else(|| config.at("agents.defaults.rights"))
        .map_or_else(AgentRights::default, rights_of)
}

/// What is not said is as usual; what cannot be read is the least there is.
fn rights_of(said: &Value) -> AgentRights {
    let role = match said.get("role") {
        None => Some(Role::Developer),
        Some(role) => serde_json::from_value(role.clone()).ok(),
    };
    let usual = match role {
        Some(Role::Observer) | None => AgentRights::observer(),
        Some(_) => AgentRights::default(),
    };
    let scopes = match said.get("scopes") {
        None => usual.scopes,
        Some(scopes) => serde_json::from_value(scopes.clone()).unwrap_or_default(),
    };
    AgentRights {
        role: role.unwrap_or(usual.role),
        scopes,
    }
}

/// `models.providers`, those that can be spoken to.
/// A key is made by `key`, of what the configuration says and where the provider is.
pub(crate) fn providers(
    config: &Config,
    key: &dyn Fn(&str, &str) -> ProviderKey,
) -> Vec<ProviderConfig> {
    let providers = config.at("models.providers").and_then(Value::as_object);
    let providers = providers.into_iter().flatten();
    providers
        .filter_map(|(id, value)| provider(id, value, key))
        .collect()
}

/// The providers that are left out: one sentence each, with the path of what is in the way.
pub(crate) fn providers_left_out(config: &Config) -> Vec<String> {
    let providers = config.at("models.providers").and_then(Value::as_object);
    let providers = providers.into_iter().flatten();
    let left_out = providers.filter_map(|(id, value)| {
        let why = match api(value) {
            Err(api) => format!("api: \"{api}\" is not spoken here"),
            Ok(_) if text(value.get("baseUrl")).is_none() => "baseUrl: is missing".to_owned(),
            Ok(_) => return None,
        };
        let path = format!("models.providers.{id}");
        Some(format!("{path}.{why}, so that this provider is left out"))
    });
    left_out.collect()
}

/// How a provider is spoken to, or the word that says so in vain.
fn api(provider: &Value) -> Result<Api, String> {
    let said = text(provider.get("api"));
    let said = said.unwrap_or_else(|| "openai-completions".to_owned());
    Api::parse(&said).ok_or(said)
}

fn provider(
    id: &str,
    value: &Value,
    key: &dyn Fn(&str, &str) -> ProviderKey,
) -> Option<ProviderConfig> {
    let api = api(value).ok()?;
    let models = value.get("models").and_then(Value::as_array);
    let models = models.into_iter().flatten();
    let base_url = text(value.get("baseUrl"))?;
    Some(ProviderConfig {
        id: id.to_owned(),
        api,
        key: text(value.get("apiKey")).map(|said| key(&said, &base_url)),
        base_url,
        models: models.filter_map(offered).collect(),
    })
}

fn offered(model: &Value) -> Option<ModelConfig> {
    let cost = |name: &str| model["cost"][name].as_f64().unwrap_or(0.0);
    let most = model["maxTokens"].as_u64();
    let input = model.get("input").and_then(Value::as_array);
    let input = input.map(|input| input.iter().filter_map(|reads| text(Some(reads))));
    Some(ModelConfig {
        id: text(model.get("id"))?,
        title: text(model.get("name")),
        context_window: model["contextWindow"].as_u64(),
        max_output_tokens: most.and_then(|most| u32::try_from(most).ok()),
        price: model.get("cost").map(|_| Price {
            input: cost("input"),
            output: cost("output"),
            cache_read: cost("cacheRead"),
            cache_write: cost("cacheWrite"),
        }),
        input: input.map(Iterator::collect),
    })
}

fn entry(id: &str, agent: &Value) -> AgentEntry {
    let identity = agent.get("identity");
    let of_identity = |name: &str| text(identity.and_then(|identity| identity.get(name)));
    let (own, fallbacks) = model(agent.get("model"));
    AgentEntry {
        id: id.to_lowercase(),
        name: text(agent.get("name")).or_else(|| of_identity("name")),
        workspace: text(agent.get("workspace")).map(|path| expanded(&path)),
        model: own,
        fallbacks: agent["model"]["fallbacks"].is_array().then_some(fallbacks),
        emoji: of_identity("emoji"),
        avatar: of_identity("avatar"),
    }
}

/// The section of one agent, in either form of the list.
pub(crate) fn agent_section<'a>(config: &'a Config, agent: &str) -> Option<&'a Value> {
    sections(config, agent).next()
}

/// All that is said of an agent, however its id is cased there: in the list first.
fn sections<'a>(config: &'a Config, agent: &str) -> impl Iterator<Item = &'a Value> {
    let is_it = |id: &str| id.eq_ignore_ascii_case(agent);
    let list = config.at("agents.list").and_then(Value::as_array);
    let listed = list.into_iter().flatten();
    let listed = listed.filter(move |entry| entry["id"].as_str().is_some_and(is_it));
    let entries = config.at("agents.entries").and_then(Value::as_object);
    let named = entries.into_iter().flatten();
    listed.chain(named.filter(move |(id, _)| is_it(id)).map(|(_, own)| own))
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
        assert_eq!(settings.agents[0].fallbacks, None, "those of all agents");
        let own = json!({"agents": {"list": [
            {"id": "a", "model": {"primary": "p/m", "fallbacks": ["q/o"]}},
            {"id": "b", "model": {"primary": "p/m", "fallbacks": []}},
        ]}});
        let own = agents(&config(own)).agents;
        assert_eq!(own[0].fallbacks.as_deref(), Some(&["q/o".to_owned()][..]));
        assert_eq!(
            own[1].fallbacks.as_deref(),
            Some(&[][..]),
            "none for this one"
        );
        assert_eq!(agents(&config(json!({}))), AgentSettings::default());
    }

    #[test]
    fn an_agents_id_is_the_same_however_it_is_cased() {
        let config = config(json!({"agents": {
            "list": [{"id": "Eyes", "default": true, "rights": {"role": "observer"}}],
            "entries": {"Night": {"rights": {"role": "observer"}}},
        }}));
        let settings = agents(&config);
        assert_eq!(settings.default_agent.as_deref(), Some("eyes"));
        for (id, agent) in ["eyes", "night"].into_iter().zip(&settings.agents) {
            assert_eq!(agent.id, id);
            assert_eq!(rights(&config, id).role, Role::Observer, "{id}");
            assert!(agent_section(&config, id).is_some(), "{id}");
        }
    }

    #[test]
    fn an_agent_is_trusted_with_what_its_configuration_says_and_with_the_least_where_it_cannot_be_read()
     {
        let config = config(json!({"agents": {
            "defaults": {"rights": {"scopes": ["read", "exec"]}},
            "list": [{"id": "ops"}, {"id": "eyes", "rights": {"role": "observer"}}],
            "entries": {
                "ship": {"rights": {"role": "release"}},
                "odd": {"rights": {"role": "king", "scopes": "all"}},
            },
        }}));
        let of = |agent: &str| {
            let rights = rights(&config, agent);
            let scopes = rights.scopes.iter().map(|scope| scope.as_str());
            (rights.role.as_str(), scopes.collect::<Vec<_>>().join(" "))
        };
        let developer = ("developer", "read exec".to_owned());
        assert_eq!(of("ops"), developer);
        assert_eq!(of("unlisted"), developer);
        assert_eq!(of("eyes"), ("observer", "read".to_owned()));
        assert_eq!(of("ship").0, "release");
        assert_eq!(of("odd"), ("observer", String::new()));
        let usual = super::rights(&Config::default(), "main");
        assert_eq!(usual, AgentRights::default());
    }

    fn of_providers(config: &Config) -> Vec<ProviderConfig> {
        let key = |said: &str, _: &str| {
            ProviderKey::Here(gatehouse_agent::provider::ApiKey::new(said.to_owned()))
        };
        providers(config, &key)
    }

    #[test]
    fn a_provider_that_cannot_be_spoken_to_is_left_out() {
        let config = config(json!({"models": {"providers": {
            "local": {"baseUrl": "http://127.0.0.1:1/v1", "models": [
                {"id": "m", "name": "Em", "contextWindow": 9000, "cost": {"input": 1.5}}, {"name": "without an id"},
            ]},
            "odd": {"baseUrl": "http://127.0.0.1:1", "api": "carrier-pigeon", "models": []},
            "nowhere": {"models": []},
        }}}));
        let providers = of_providers(&config);
        let [local] = providers.as_slice() else {
            panic!("one of the three: {}", providers.len());
        };
        assert_eq!((local.id.as_str(), local.models.len()), ("local", 1));
        assert_eq!(local.models[0].context_window, Some(9000));
        assert_eq!(local.models[0].title.as_deref(), Some("Em"));
        assert_eq!(local.models[0].price.map(|price| price.input), Some(1.5));
        let mut left_out = providers_left_out(&config);
        left_out.sort();
        assert_eq!(
            left_out,
            [
                "models.providers.nowhere.baseUrl: is missing, so that this provider is left out",
                "models.providers.odd.api: \"carrier-pigeon\" is not spoken here, so that this provider is left out",
            ]
        );
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
