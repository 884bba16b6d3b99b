//! Finds every mistake in a configuration, each with its path and, for a name that does not exist, the one that
//! was probably meant.

use gatehouse_policy::rules::nearest;
use serde_json::Value;

use super::Mistake;
use super::shape::{Field, Shape};

/// Every mistake, in the order of the file.
pub(crate) fn mistakes(shape: &Shape, value: &Value) -> Vec<Mistake> {
    let mut found = Vec::new();
    walk(shape, value, &mut Vec::new(), &mut found);
    found
}

fn walk(shape: &Shape, value: &Value, path: &mut Vec<String>, found: &mut Vec<Mistake>) {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(entries)) => {
            for (name, inner) in entries {
                match fields.iter().find(|field| field.name == name) {
                    Some(field) => step(&field.shape, name, inner, path, found),
                    None => found.push(unknown(fields, name, path)),
                }
            }
            let missing = |field: &&Field| field.needed && !is_said(entries.get(field.name));
            found.extend(fields.iter().filter(missing).map(|field| Mistake {
                path: below(path, field.name),
                problem: "is missing".to_owned(),
                suggestion: None,
            }));
        }
        (Shape::Open(fields), Value::Object(entries)) => {
            for (name, inner) in entries {
                if let Some(field) = fields.iter().find(|field| field.name == name) {
                    step(&field.shape, name, inner, path, found);
                }
            }
        }
        (Shape::Map(shape), Value::Object(entries)) => {
            for (name, inner) in entries {
                step(shape, name, inner, path, found);
            }
        }
        (Shape::List(shape), Value::Array(items)) => {
            for (index, inner) in items.iter().enumerate() {
                step(shape, &index.to_string(), inner, path, found);
            }
        }
        (Shape::Either(a, b), value) => {
            if mistakes(a, value).is_empty() || mistakes(b, value).is_empty() {
                return;
            }
            // The mistake is told in terms of the alternative that has the right kind of value.
            match [a, b].into_iter().find(|shape| same_kind(shape, value)) {
                Some(likely) => walk(likely, value, path, found),
                None => found.push(Mistake {
                    path: dotted(path),
                    problem: format!("must be {}", shape.expected()),
                    suggestion: None,
                }),
            }
        }
        (shape, value) if !fits(shape, value) => {
            let suggestion = match (shape, value) {
                (Shape::Choice(names) | Shape::ChoiceOrAddress(names), Value::String(text)) => {
                    nearest(names.iter().copied(), text).or_else(|| begun(names, text))
                }
                _ => None,
            };
            found.push(Mistake {
                path: dotted(path),
                problem: format!("must be {}", shape.expected()),
                suggestion,
            });
        }
        _ => {}
    }
}

/// The first choice of which a text is the beginning.
fn begun(names: &[&str], text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let name = names.iter().find(|name| name.starts_with(&text));
    name.filter(|_| text.len() > 2)
        .map(|name| (*name).to_owned())
}

fn step(
    shape: &Shape,
    name: &str,
    value: &Value,
    path: &mut Vec<String>,
    found: &mut Vec<Mistake>,
) {
    path.push(name.to_owned());
    walk(shape, value, path, found);
    path.pop();
}

fn unknown(fields: &[Field], name: &str, path: &[String]) -> Mistake {
    Mistake {
        path: below(path, name),
        problem: "is not a name of the configuration".to_owned(),
        suggestion: nearest(fields.iter().map(|field| field.name), name),
    }
}

fn same_kind(shape: &Shape, value: &Value) -> bool {
    matches!(
        (shape, value),
        (
            Shape::Object(_) | Shape::Open(_) | Shape::Map(_),
            Value::Object(_)
        ) | (Shape::List(_), Value::Array(_))
    )
}

/// Whether a value without parts fits.
fn fits(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Foreign => true,
        Shape::Text | Shape::Secret => value.is_string(),
        Shape::Choice(names) => value.as_str().is_some_and(|text| names.contains(&text)),
        Shape::ChoiceOrAddress(names) => value
            .as_str()
            .is_some_and(|text| names.contains(&text) || text.parse::<std::net::IpAddr>().is_ok()),
        // A reference that could not be resolved is a mistake of its own.
        Shape::Word(word) => value
            .as_str()
            .is_some_and(|text| text.contains("${") || (word.fits)(text)),
        Shape::Network => value.as_str().is_some_and(|text| network(text).is_some()),
        Shape::Flag => value.is_boolean(),
        Shape::Whole(low, high) => value.as_u64().is_some_and(|n| (*low..=*high).contains(&n)),
        Shape::Number => value.is_number(),
        Shape::Amount => value.as_f64().is_some_and(|amount| amount >= 0.0),
        Shape::Object(_) | Shape::Open(_) | Shape::Map(_) | Shape::List(_) | Shape::Either(..) => {
            false
        }
    }
}

/// An address stands for the network of it alone.
pub(crate) fn network(text: &str) -> Option<ipnet::IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        text.parse::<std::net::IpAddr>()
            .ok()
            .map(ipnet::IpNet::from)
    })
}

/// An empty text says nothing; what is of another kind is another mistake.
fn is_said(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

fn below(path: &[String], name: &str) -> String {
    let mut full = path.to_vec();
    full.push(name.to_owned());
    dotted(&full)
}

fn dotted(path: &[String]) -> String {
    if path.is_empty() {
        return "the configuration".to_owned();
    }
    path.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::sections::ROOT;
    use serde_json::json;

    fn complaints(value: &Value) -> Vec<String> {
        mistakes(&ROOT, value)
            .iter()
            .map(Mistake::to_string)
            .collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_path_and_what_was_meant() {
        let value = json!({
            "gatewy": {},
            "gateway": {"prot": 1, "auth": {"mode": "tokne"}, "port": 70000, "trustedProxies": ["x"]},
            "models": {"providers": {"mine": {"baseUrI": "u", "models": [{"id": 7}]}}},
        });
        let told = complaints(&value);
        for expected in [
            "gatewy: is not a name of the configuration (did you mean \"gateway\"?)",
            "gateway.prot: is not a name of the configuration (did you mean \"port\"?)",
            "gateway.auth.mode: must be one of \"none\", \"token\", \"password\", \"trusted-proxy\" (did you mean \"token\"?)",
            "gateway.port: must be a whole number from 0 to 65535",
            "gateway.trustedProxies.0: must be an IP address or a network such as 10.0.0.0/8",
            "models.providers.mine.baseUrI: is not a name of the configuration (did you mean \"baseUrl\"?)",
            "models.providers.mine.models.0.id: must be a text",
        ] {
            assert!(
                told.iter().any(|line| line == expected),
                "{expected}\nnot in {told:#?}"
            );
        }
        assert_eq!(told.len(), 7);
    }

    #[test]
    fn an_amount_is_not_below_nothing_and_a_choice_of_kinds_names_them_all() {
        let budget = |usd: f64| json!({"agents": {"defaults": {"budget": {"usd": usd}}}});
        assert_eq!(
            complaints(&budget(-1.0)),
            ["agents.defaults.budget.usd: must be a number from 0"]
        );
        assert!(complaints(&budget(0.0)).is_empty() && complaints(&budget(0.5)).is_empty());
        let model = |model: Value| json!({"agents": {"defaults": {"model": model}}});
        assert_eq!(
            complaints(&model(json!(5))),
            ["agents.defaults.model: must be a text or an object"]
        );
        assert_eq!(
            complaints(&model(json!({"primary": 5}))),
            ["agents.defaults.model.primary: must be a text"]
        );
        let cost = json!({"models": {"providers": {"p": {"models": [{"id": "m", "cost": {"input": -0.1}}]}}}});
        assert_eq!(
            complaints(&cost),
            ["models.providers.p.models.0.cost.input: must be a number from 0"]
        );
    }

    #[test]
    fn a_text_that_means_nothing_is_a_mistake_and_so_is_a_name_that_is_missing() {
        let hours = json!({"start": "99:00", "end": "x"});
        let well = json!({"every": "30m",
            "activeHours": {"start": "08:00", "end": "24:00", "timezone": "user"}});
        let value = json!({
            "agents": {
                "defaults": {"heartbeat": {"every": "abc", "activeHours": hours}},
                "entries": {"a": {"heartbeat": well}},
            },
            "models": {"providers": {
                "a": {"api": "openai", "baseUrl": "nope", "models": [{}]},
                "b": {"api": "anthropic-mesages", "baseUrl": "${URL}", "models": [{"id": ""}]},
            }},
        });
        let told = complaints(&value);
        for expected in [
            "agents.defaults.heartbeat.activeHours.end: must be a time of day such as 08:00",
            "agents.defaults.heartbeat.activeHours.start: must be a time of day such as 08:00",
            "agents.defaults.heartbeat.every: must be a duration such as 30m, 1h30m or 90s",
            "(did you mean \"openai-completions\"?)",
            "(did you mean \"anthropic-messages\"?)",
            "models.providers.a.baseUrl: must be an address such as https://api.example.org/v1",
            "models.providers.a.models.0.id: is missing",
            "models.providers.b.models.0.id: is missing",
        ] {
            assert!(
                told.iter().any(|line| line.contains(expected)),
                "{expected}\nnot in {told:#?}"
            );
        }
        assert_eq!(told.len(), 8, "{told:#?}");
    }

    #[test]
    fn what_is_read_of_an_openclaw_section_is_checked_and_the_rest_of_it_is_let_through() {
        let value = json!({
            "agents": {"defaults": {"subagents": {"maxSpawnDepth": "deep", "archiveAfterMinutes": 5}}},
            "messages": {"queue": {"drop": "summarise"}},
            "skills": {
                "load": {"extraDirs": "~/skills", "watch": true},
                "entries": {"weather": {"enabled": "no", "apiKey": "k"}},
            },
            "tools": {"web": {
                "search": {"provider": "brave"},
                "fetch": {"maxChars": "many", "ssrfPolicy": {"allowedHostnames": [5]}},
            }},
        });
        let mut told = complaints(&value);
        told.sort();
        assert_eq!(
            told,
            [
                "agents.defaults.subagents.maxSpawnDepth: must be a whole number from 0 to 1000000",
                "messages.queue.drop: must be one of \"old\", \"new\", \"summarize\" (did you mean \"summarize\"?)",
                "skills.entries.weather.enabled: must be true or false",
                "skills.load.extraDirs: must be a list",
                "tools.web.fetch.maxChars: must be a whole number from 0 to 1000000000",
                "tools.web.fetch.ssrfPolicy.allowedHostnames.0: must be a text",
            ]
        );
    }

    #[test]
    fn how_much_a_model_thinks_is_one_of_the_published_words() {
        for word in gatehouse_agent::provider::Thinking::PUBLISHED {
            let value = json!({"agents": {"defaults": {"thinkingDefault": word}}});
            assert_eq!(complaints(&value), Vec::<String>::new(), "{word}");
            assert!(
                gatehouse_agent::provider::Thinking::parse(word).is_some(),
                "{word} is taken and does nothing"
            );
        }
        let value = json!({"agents": {
            "defaults": {"thinkingDefault": "hihg"}, "entries": {"a": {"thinkingDefault": "lots"}},
        }});
        let told = complaints(&value);
        assert_eq!(told.len(), 2, "{told:?}");
        let meant = |line: &String| line.ends_with("(did you mean \"high\"?)");
        assert!(told.iter().any(meant), "{told:?}");
    }

    #[test]
    fn a_configuration_of_the_published_gateway_is_read() {
        let value = json!({
            "agents": {"defaults": {"model": {"primary": "scripted/scripted-1"}, "workspace": "w"}},
            "channels": {"telegram": {"enabled": true}}, "plugins": {"enabled": false},
            "gateway": {"mode": "local", "auth": {"mode": "token", "token": "t"}},
            "tools": {"exec": {"host": "gateway", "security": "allowlist", "ask": "on-miss"}},
            "models": {"providers": {
                "copilot": {"api": "github-copilot", "models": [{"id": "m", "name": "M"}]},
                "anthropic": {"apiKey": "${ANTHROPIC_API_KEY}"},
            }},
        });
        assert_eq!(complaints(&value), Vec::<String>::new());
    }
}
