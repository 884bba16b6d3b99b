//! Which tools an agent has: `tools.profile`, `allow`, `alsoAllow` and `deny`, of all agents and of one. Each can only
//! take away from what the others leave, as published; names of tools that this gateway does not have do no harm.

use gatehouse_agent::engine::{ToolLayer, ToolPolicy};
use serde_json::Value;

/// Names that stand for several; the published groups, with the tools that this gateway has of them.
const GROUPS: &[(&str, &[&str])] = &[
    ("group:runtime", &["exec", "process"]),
    (
        "group:fs",
        &["read", "write", "edit", "apply_patch", "ls", "find", "grep"],
    ),
    (
        "group:sessions",
        &[
            "sessions_list",
            "sessions_history",
            "sessions_send",
            "sessions_spawn",
            "session_status",
        ],
    ),
    ("group:memory", &["memory_search", "memory_get"]),
    ("group:web", &["web_fetch"]),
    (
        "group:openclaw",
        &[
            "sessions_list",
            "sessions_history",
            "sessions_send",
            "sessions_spawn",
            "session_status",
            "memory_search",
            "memory_get",
            "web_fetch",
        ],
    ),
    ("bash", &["exec"]),
];

/// The published profiles. `full` takes nothing away.
const PROFILES: &[(&str, &[&str])] = &[
    ("minimal", &["session_status"]),
    (
        "coding",
        &[
            "group:fs",
            "group:runtime",
            "group:web",
            "group:sessions",
            "group:memory",
        ],
    ),
    ("messaging", &["group:sessions"]),
];

/// From the `tools` of all agents and of one.
pub(super) fn policy(all: Option<&Value>, own: Option<&Value>) -> ToolPolicy {
    let profile = [own, all]
        .into_iter()
        .find_map(|section| section?.get("profile")?.as_str());
    let added = names(all, "alsoAllow").chain(names(own, "alsoAllow"));
    let added: Vec<String> = added.collect();
    let mut layers = Vec::new();
    let known = PROFILES.iter().find(|(name, _)| Some(*name) == profile);
    if let Some((_, tools)) = known {
        let tools = tools.iter().flat_map(|name| expanded(name));
        layers.push(ToolLayer {
            allow: Some(tools.chain(added.clone()).collect()),
            deny: Vec::new(),
        });
    }
    for section in [all, own].into_iter().flatten() {
        let allow = section.get("allow").filter(|list| list.is_array());
        layers.push(ToolLayer {
            allow: allow.map(|_| {
                let allowed = names(Some(section), "allow");
                allowed.chain(added.clone()).collect()
            }),
            deny: names(Some(section), "deny").collect(),
        });
    }
    ToolPolicy { layers }
}

fn names<'a>(section: Option<&'a Value>, list: &str) -> impl Iterator<Item = String> + use<'a> {
    let list = section.and_then(|section| section.get(list)?.as_array());
    let names = list.into_iter().flatten().filter_map(Value::as_str);
    names.flat_map(expanded)
}

fn expanded(name: &str) -> Vec<String> {
    let name = name.trim().to_lowercase();
    let group = GROUPS.iter().find(|(group, _)| *group == name);
    match group {
        Some((_, tools)) => tools.iter().map(|&tool| tool.to_owned()).collect(),
        None => vec![name],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permitted(all: Value, own: Value) -> Vec<&'static str> {
        let policy = policy(Some(&all), Some(&own));
        ["exec", "read", "web_fetch", "session_status", "memory_get"]
            .into_iter()
            .filter(|tool| policy.permits(tool))
            .collect()
    }

    #[test]
    fn without_a_word_about_tools_there_are_all() {
        assert_eq!(permitted(json!({}), json!({})).len(), 5);
        assert!(policy(None, None).permits("exec"));
    }

    #[test]
    fn what_is_denied_anywhere_is_gone_whatever_else_allows_it() {
        let all = json!({"deny": ["group:runtime"], "allow": ["*"]});
        let own = json!({"allow": ["exec", "read"]});
        assert_eq!(permitted(all, own), ["read"]);
        assert_eq!(
            permitted(json!({}), json!({"deny": ["mem*", "BASH"]})),
            ["read", "web_fetch", "session_status"]
        );
    }

    #[test]
    fn an_agents_profile_stands_in_place_of_the_one_of_all_and_can_be_added_to() {
        let coding = json!({"profile": "coding"});
        let own = json!({"profile": "minimal", "alsoAllow": ["web_fetch"]});
        assert_eq!(permitted(coding, own), ["web_fetch", "session_status"]);
        assert_eq!(
            permitted(json!({"profile": "full"}), json!({})).len(),
            5,
            "full takes nothing away"
        );
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        assert!(permitted(json!({"allow": []}), json!({})).is_empty());
    }
}
