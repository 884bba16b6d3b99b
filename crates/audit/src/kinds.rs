//! What a gateway records, in the groups that people look for. The one list: who writes a record is held to it, and
//! who filters reads it.

/// The kinds of record that belong together.
pub const GROUPS: [(&str, &[&str]); 6] = [
    ("tool", &["tool.intent", "tool.outcome"]),
    (
        "approval",
        &[
            "approval.asked",
            "approval.counted",
            "approval.allowed",
            "approval.denied",
            "approval.consumed",
            "approval.expired",
            "approval.cancelled",
            "approval.revoked",
            "grant.used",
            "grant.revoked",
            "answer.sent",
            "answer.ended",
            "answer.rules",
        ],
    ),
    (
        "policy",
        &[
            "policy.changed",
            "policy.refused",
            "session.governed",
            "taint.unreadable",
            "undo.restoring",
            "undo.restored",
            "undo.failed",
        ],
    ),
    (
        "credential",
        &[
            "credential.set",
            "credential.replaced",
            "credential.rotated",
            "credential.expires",
            "credential.deleted",
            "credential.used",
            "credential.masterKeyRotated",
        ],
    ),
    (
        "access",
        &[
            "login.accepted",
            "login.refused",
            "access.refused",
            "pairing.code",
            "pairing.approved",
            "pairing.rejected",
            "device.paired",
            "device.renamed",
            "device.removed",
            "token.rotated",
            "token.revoked",
            "audit.broken",
            "audit.exported",
            "audit.sealed",
            "audit.unproven",
        ],
    ),
    (
        "config",
        &[
            "config.changing",
            "config.changed",
            "config.unchanged",
            "agent.created",
            "agent.changed",
            "agent.deleted",
            "gateway.started",
            "gateway.stopped",
        ],
    ),
];

/// The kinds of a group; none where there is no such group.
pub fn of_group(name: &str) -> Option<&'static [&'static str]> {
    let found = GROUPS.iter().find(|(group, _)| *group == name);
    found.map(|(_, kinds)| *kinds)
}

/// Whether some group has the kind, so that a filter finds it.
pub fn is_known(kind: &str) -> bool {
    GROUPS.iter().any(|(_, kinds)| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_in_one_group() {
        let mut all: Vec<_> = GROUPS.iter().flat_map(|(_, kinds)| *kinds).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(is_known("login.refused") && !is_known("login"));
        assert_eq!(of_group("tool").unwrap(), ["tool.intent", "tool.outcome"]);
        assert_eq!(of_group("tool.intent"), None);
    }
}
