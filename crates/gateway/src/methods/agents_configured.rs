//! Changes of an agent that the configuration names: they are made there, as the published gateway makes them, and are
//! recorded as changes of the configuration.

use serde_json::{Map, Value, json};

use super::config;
use crate::config::Edit;
use crate::router::{Cx, MethodError};

/// What is to be changed of an agent. What is not said stays.
pub(super) struct Change<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) workspace: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) emoji: Option<&'a str>,
    pub(super) avatar: Option<&'a str>,
}

/// The list that is written as a whole, with all of its entries.
const LIST: &str = "agents.list";

/// Writes the change into the file.
pub(super) async fn update(cx: &Cx, id: &str, change: &Change<'_>) -> Result<(), MethodError> {
    let file = cx.app.config.file().await;
    let patch = file
        .as_ref()
        .and_then(|file| patch(&file.parsed["agents"], id, change));
    let (Some(file), Some(patch)) = (file, patch) else {
        return Err(MethodError::invalid(format!(
            "agent \"{id}\" is the configuration's; change it there"
        )));
    };
    let raw = json!({ "agents": patch }).to_string();
    config::edit(cx, Edit::Merge(raw, vec![LIST.to_owned()]), Some(file.hash)).await?;
    Ok(())
}

/// What is to be merged into the section of the agents, in the form that the agent is named in there.
fn patch(agents: &Value, id: &str, change: &Change<'_>) -> Option<Value> {
    let list = agents["list"].as_array();
    let is_it = |agent: &Value| {
        let named = agent["id"].as_str();
        named.is_some_and(|named| named.eq_ignore_ascii_case(id))
    };
    if let Some(at) = list.and_then(|list| list.iter().position(is_it)) {
        // A list is merged as a whole.
        let mut list = list.cloned().unwrap_or_default();
        let changed = fields(&list[at], change);
        put(&mut list[at], changed);
        return Some(json!({ "list": list }));
    }
    let entries = agents["entries"].as_object()?;
    let (name, agent) = entries
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(id))?;
    Some(json!({ "entries": { (name.as_str()): fields(agent, change) } }))
}

/// The fields as the configuration has them. A model that stands with its fallbacks keeps those.
fn fields(agent: &Value, change: &Change<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        value.map(|value| fields.insert(name.to_owned(), value));
    };
    say("name", change.name.map(|name| json!(name)));
    say("workspace", change.workspace.map(|folder| json!(folder)));
    say(
        "model",
        change.model.map(|model| match agent["model"].is_object() {
            true => json!({ "primary": model }),
            false => json!(model),
        }),
    );
    let own = [("emoji", change.emoji), ("avatar", change.avatar)];
    let identity = own.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some((name.to_owned(), json!(value)))
    });
    let identity: Map<String, Value> = identity.collect();
    say(
        "identity",
        (!identity.is_empty()).then_some(Value::Object(identity)),
    );
    fields
}

fn put(agent: &mut Value, fields: Map<String, Value>) {
    for (name, value) in fields {
        match (&mut agent[&name], value) {
            (Value::Object(before), Value::Object(after)) => before.extend(after),
            (before, after) => *before = after,
        }
    }
}
