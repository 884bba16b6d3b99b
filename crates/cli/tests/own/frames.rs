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
    let definition = definition_of_answer(method);
    check(&definition, method, payload)
}

/// What is wrong with a frame of the gateway; `method` is the one that a response answers.
pub(crate) fn faults_of_frame(frame: &Value, method: Option<&str>) -> Vec<String> {
    let of = |definition: &str, value: &Value| match schema::is_published(definition) {
        true => schema::faults(definition, value),
        false => Vec::new(),
    };
    let mut faults = match (frame["type"].as_str(), method) {
        (Some("event"), _) => {
            let mut faults = schema::faults("EventFrame", frame);
            if let Some((definition, payload)) = definition_of_event(frame) {
                faults.extend(of(definition, &payload));
            }
            faults
        }
        (Some("res"), Some(method)) => {
            let mut faults = schema::faults("ResponseFrame", frame);
            if frame["ok"] == true {
                faults.extend(of(&definition_of_answer(method), &frame["payload"]));
            }
            faults
        }
        (Some("res"), None) => vec!["it answers what nobody asked".to_owned()],
        _ => vec!["it is neither an event nor a response".to_owned()],
    };
    faults.iter_mut().for_each(|fault| {
        let name = method.or(frame["event"].as_str()).unwrap_or("a frame");
        *fault = format!("{name}: {fault}");
    });
    faults
}

fn definition_of_answer(method: &str) -> String {
    let named = ANSWERS.iter().find(|(known, _)| *known == method);
    named.map_or_else(
        || format!("{}Result", pascal(method)),
        |(_, definition)| (*definition).to_owned(),
    )
}

/// Fails when an event, as the reference client hands it on, breaks its definition.
pub(crate) fn check_event(event: &Value) -> bool {
    let Some((definition, payload)) = definition_of_event(event) else {
        return false;
    };
    check(definition, "an event", &payload)
}

/// With the payload, less what the published definition lacks.
fn definition_of_event(event: &Value) -> Option<(&'static str, Value)> {
    let name = event["event"].as_str()?;
    let (_, definition) = EVENTS.iter().find(|(known, _)| *known == name)?;
    let mut payload = event["payload"].clone();
    if name == "agent"
        && let Some(fields) = payload.as_object_mut()
    {
        UNPUBLISHED_OF_AGENT
            .iter()
            .for_each(|field| drop(fields.remove(*field)));
    }
    Some((definition, payload))
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
