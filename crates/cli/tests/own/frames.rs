//! Which published definition an answer or an event has to satisfy. The names follow from the method's; the published
//! schema has definitions for some answers only, and what it has none for is not checked here.

use serde_json::Value;

use crate::schema;

/// Where the name does not follow.
const ANSWERS: &[(&str, &str)] = &[
    ("connect", "HelloOk"),
    ("agent.identity.get", "AgentIdentityResult"),
    ("config.schema", "ConfigSchemaResponse"),
];

const EVENTS: &[(&str, &str)] = &[
    ("chat", "ChatEvent"),
    ("agent", "AgentEvent"),
    ("tick", "TickEvent"),
    ("shutdown", "ShutdownEvent"),
    ("session.approval", "SessionApprovalEvent"),
    ("device.pair.requested", "DevicePairRequestedEvent"),
    ("device.pair.resolved", "DevicePairResolvedEvent"),
];

/// The published gateway sends these with every `agent` event, and clients go by them, though the published
/// definition does not have them.
const UNPUBLISHED_OF_AGENT: [&str; 3] = ["sessionKey", "agentId", "sessionId"];

/// Fails when an answer breaks its definition; says whether there is one.
pub(crate) fn check_answer(method: &str, payload: &Value) -> bool {
    let named = ANSWERS.iter().find(|(known, _)| *known == method);
    let definition = named.map_or_else(
        || format!("{}Result", pascal(method)),
        |(_, definition)| (*definition).to_owned(),
    );
    check(&definition, method, payload)
}

/// Fails when an event, as the reference client hands it on, breaks its definition.
pub(crate) fn check_event(event: &Value) -> bool {
    let Some(name) = event["event"].as_str() else {
        return false;
    };
    let Some((_, definition)) = EVENTS.iter().find(|(known, _)| *known == name) else {
        return false;
    };
    let mut payload = event["payload"].clone();
    if name == "agent"
        && let Some(fields) = payload.as_object_mut()
    {
        UNPUBLISHED_OF_AGENT
            .iter()
            .for_each(|field| drop(fields.remove(*field)));
    }
    check(definition, name, &payload)
}

fn check(definition: &str, of: &str, payload: &Value) -> bool {
    if !schema::is_published(definition) {
        return false;
    }
    let faults = schema::faults(definition, payload);
    assert!(
        faults.is_empty(),
        "{of} is no {definition}: {faults:#?}\nin {payload:#}"
    );
    true
}

fn pascal(method: &str) -> String {
    let parts = method.split(['.', '-']);
    parts
        .map(|part| part[..1].to_uppercase() + &part[1..])
        .collect()
}
