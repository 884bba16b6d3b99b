//! Mistakes that no single value makes: a provider without an address, an agent without an id, two with the same.

use gatehouse_agent::provider::Api;
use serde_json::Value;

use super::Mistake;
use crate::sessions::is_agent_id;

/// Every such mistake. What has the wrong shape is passed over: that is told already.
pub(super) fn mistakes(raw: &Value) -> Vec<Mistake> {
    let mut found = providers(&raw["models"]["providers"]);
    found.extend(agents(&raw["agents"]));
    found
}

/// A provider with models is to be asked. One without may be what OpenClaw adds to one that it knows.
fn providers(providers: &Value) -> Vec<Mistake> {
    let text = |value: &Value| value.as_str().map(str::trim).unwrap_or_default().to_owned();
    let is_asked = |provider: &Value| {
        let api = text(&provider["api"]);
        let has_models = provider["models"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
        has_models && (api.is_empty() || Api::parse(&api).is_some())
    };
    let providers = providers.as_object().into_iter().flatten();
    let nowhere = providers
        .filter(|(_, provider)| is_asked(provider) && text(&provider["baseUrl"]).is_empty());
    nowhere
        .map(|(id, _)| Mistake {
            path: format!("models.providers.{id}.baseUrl"),
            problem: "is missing".to_owned(),
            suggestion: None,
        })
        .collect()
}

/// Ids are the same however they are cased.
fn agents(agents: &Value) -> Vec<Mistake> {
    let list = agents["list"].as_array().into_iter().flatten();
    let listed = list.enumerate().map(|(at, agent)| {
        let id = match &agent["id"] {
            Value::String(id) => Some(id.as_str()),
            Value::Null => Some(""),
            _ => None,
        };
        (format!("agents.list.{at}.id"), id)
    });
    let entries = agents["entries"].as_object().into_iter().flatten();
    let named = entries.map(|(id, _)| (format!("agents.entries.{id}"), Some(id.as_str())));
    let mut known: Vec<(String, String)> = Vec::new();
    let mut found = Vec::new();
    for (path, id) in listed.chain(named) {
        let Some(id) = id.map(str::trim) else {
            continue;
        };
        let lower = id.to_lowercase();
        let same = known.iter().find(|(_, other)| *other == lower);
        if let Some(mut mistake) = id_mistake(id, same.map(|(path, _)| path.as_str())) {
            mistake.path = path;
            found.push(mistake);
        } else {
            known.push((path, lower));
        }
    }
    found
}

/// Without its path.
fn id_mistake(id: &str, same: Option<&str>) -> Option<Mistake> {
    let problem = match same {
        _ if id.is_empty() => "is missing".to_owned(),
        Some(other) => format!("names the same agent as {other}"),
        None if is_agent_id(id) => return None,
        None => "must have 1 to 64 letters, digits, - and _, and begin with a letter or digit"
            .to_owned(),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let lower = id.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c| !fits(c))
        .filter(|word| !word.is_empty())
        .collect();
    let suggestion = Some(words.join("-")).filter(|near| *near != lower && is_agent_id(near));
    Some(Mistake {
        path: String::new(),
        problem,
        suggestion,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaints(raw: &Value) -> Vec<String> {
        mistakes(raw).iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn a_provider_that_is_to_be_asked_has_an_address() {
        let models = json!([{"id": "m"}]);
        let mut told = complaints(&json!({"models": {"providers": {
            "plain": {"models": models},
            "blank": {"baseUrl": " ", "api": "ollama", "models": models},
            "there": {"baseUrl": "http://127.0.0.1:1", "models": models},
            "theirs": {"api": "bedrock-converse-stream", "models": models},
            "keyed": {"apiKey": "${KEY}"},
            "emptied": {"models": []},
        }}}));
        told.sort();
        assert_eq!(
            told,
            [
                "models.providers.blank.baseUrl: is missing",
                "models.providers.plain.baseUrl: is missing",
            ]
        );
    }

    #[test]
    fn every_agent_has_an_id_of_its_own() {
        let told = complaints(&json!({"agents": {
            "list": [{"id": "a"}, {"id": "A"}, {"id": "A B"}, {"name": "none"}, {"id": "b_1-c"}, {"id": 7}],
            "entries": {"a": {}, "b": {}, "c/d": {}},
        }}));
        let shape = "must have 1 to 64 letters, digits, - and _, and begin with a letter or digit";
        assert_eq!(
            told,
            [
                "agents.list.1.id: names the same agent as agents.list.0.id".to_owned(),
                format!("agents.list.2.id: {shape} (did you mean \"a-b\"?)"),
                "agents.list.3.id: is missing".to_owned(),
                "agents.entries.a: names the same agent as agents.list.0.id".to_owned(),
                format!("agents.entries.c/d: {shape} (did you mean \"c-d\"?)"),
            ]
        );
    }
}
