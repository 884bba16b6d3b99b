//! Who else may answer: the people among a gateway's connections.

use gatehouse_protocol::model::presence::PresenceEntry;

/// How this app is known at a gateway.
pub(super) struct Ours<'a> {
    pub(super) device: Option<&'a str>,
    pub(super) instance: Option<&'a str>,
}

impl Ours<'_> {
    fn is(&self, entry: &PresenceEntry) -> bool {
        let same = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
        same(entry.device_id.as_deref(), self.device)
            || same(entry.instance_id.as_deref(), self.instance)
    }
}

/// Programs: an agent's own connection, a node, a gateway's entry of itself, what only looks whether it is there.
const NO_PERSON: [&str; 5] = ["backend", "gateway", "node", "probe", "test"];

/// The others by name, each once and with how often.
pub(super) fn may_answer(presence: &[PresenceEntry], ours: &Ours) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for entry in presence.iter().filter(|p| is_person(p) && !ours.is(p)) {
        let name = name(entry);
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    let one = |(name, count): (String, usize)| match count {
        1 => name,
        count => format!("{name} ×{count}"),
    };
    counted.into_iter().map(one).collect()
}

fn is_person(entry: &PresenceEntry) -> bool {
    let operator = entry.roles.iter().any(|r| r == "operator") || entry.roles.is_empty();
    let program = entry
        .mode
        .as_deref()
        .is_some_and(|m| NO_PERSON.contains(&m));
    let may_answer = |scope: &String| scope == "operator.approvals" || scope == "operator.admin";
    operator && !program && entry.scopes.iter().any(may_answer)
}

fn name(entry: &PresenceEntry) -> String {
    let parts = [&entry.host, &entry.platform, &entry.mode];
    let said: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    said.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    fn connected(host: &str, mode: &str, device: &str) -> Value {
        json!({"host": host, "platform": "linux", "mode": mode, "deviceId": device,
            "roles": ["operator"], "scopes": ["operator.approvals"]})
    }

    fn others(entries: Value) -> Vec<String> {
        let presence: Vec<PresenceEntry> = from_value(entries).unwrap();
        let ours = Ours {
            device: Some("ours"),
            instance: Some("this start"),
        };
        may_answer(&presence, &ours)
    }

    #[test]
    fn connections_of_one_name_are_counted_and_not_listed_again() {
        let desk = |device| connected("Gatehouse on vm", "ui", device);
        let named = others(json!([
            desk("a"),
            desk("b"),
            connected("laptop", "cli", "c"),
            desk("d")
        ]));
        assert_eq!(
            named,
            ["Gatehouse on vm · linux · ui ×3", "laptop · linux · cli"]
        );
    }

    #[test]
    fn neither_programs_nor_this_app_stand_among_the_people() {
        let mut this_start = connected("Gatehouse on vm", "ui", "another");
        this_start["instanceId"] = json!("this start");
        let mut reader = connected("reader", "ui", "r");
        reader["scopes"] = json!(["operator.read"]);
        let named = others(json!([
            connected("agent", "backend", "x"),
            connected("gateway", "gateway", "y"),
            connected("Gatehouse on vm", "ui", "ours"),
            this_start,
            reader,
        ]));
        assert_eq!(named, [""; 0]);
    }
}
