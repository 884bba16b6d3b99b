//! What lies below a folder, or is known by a pattern only, before rules and roles that are about paths.

use serde_json::Value;

use super::support::{HOME, WORKSPACE, act, policy, world};
use crate::decide::{Act, Judged, Policy};
use crate::verdict::Verdict::{self, Allow, Ask, Deny};

/// The default roles with one more.
fn with_role(role: &str) -> Policy {
    let roles = format!("{}\n{role}", crate::authz::DEFAULT_ROLES);
    Policy::load("{rules: []}", Some(&roles)).unwrap()
}

#[track_caller]
fn check(policy: &Policy, cases: &[(&str, Verdict)]) {
    for (line, wanted) in cases {
        let analysis = crate::shell::analyse(line, &world());
        let decision = act(policy, "exec", &Value::Null, Act::Command(&analysis));
        assert_eq!(decision.would, *wanted, "{line}: {:?}", decision.findings);
    }
}

const PRIVATE: &str = r#"forbid (principal, action == Action::"path.read", resource)
    when { resource.path like "*/private/*" };"#;

#[test]
fn what_a_role_forbids_by_its_path_is_not_reached_by_a_pattern_or_from_above() {
    let cases = [
        ("cat private/a.txt", Deny),
        ("cat priv*/a.txt", Ask),
        ("cat -- */*.txt", Ask),
        ("grep -r hid .", Ask),
        ("tar cf - private | tar xf - -O", Ask),
        ("zip -r - private", Ask),
        ("cat src/a.txt", Allow),
        ("ls -R", Allow),
        ("git status", Allow),
    ];
    check(&with_role(PRIVATE), &cases);
    let but = r#"permit (principal, action == Action::"path.read", resource)
        unless { resource.path like "*/private/*" };"#;
    check(
        &with_role(but),
        &[("grep -r hid .", Ask), ("cat src/a.txt", Allow)],
    );
}

#[test]
fn what_a_role_keeps_from_being_deleted_is_not_deleted_by_a_search() {
    let keep = r#"forbid (principal, action == Action::"path.delete", resource)
        when { resource.path like "*.keep" };"#;
    let cases = [
        ("rm x.keep", Deny),
        ("find . -name '*.keep' -delete", Ask),
        ("rm x.o", Allow),
        ("grep -r hid .", Allow),
    ];
    check(&with_role(keep), &cases);
}

#[test]
fn a_role_that_forbids_no_path_asks_nothing_of_folders() {
    let zone = r#"forbid (principal, action == Action::"path.read", resource)
        when { resource.zone == "system" };"#;
    let cases = [("grep -r hid src", Allow), ("cat *.txt", Allow)];
    check(&with_role(zone), &cases);
    check(&policy(""), &cases);
}

#[test]
fn a_rule_on_a_path_is_about_a_search_that_goes_through_it() {
    let rule =
        r#"{id: "private", verdict: "deny", match: {effects: ["read"], paths: "./private"}}"#;
    let policy = policy(rule);
    let would = |access, at: &str| {
        let word = crate::word::Word::from(at);
        let touch = crate::place::touch(&word, access, Some(WORKSPACE), &world());
        let (effects, findings) = ([touch.effect], touch.findings);
        let files = Judged {
            effects: &effects,
            findings: &findings,
        };
        act(&policy, "grep", &Value::Null, Act::Files(files)).would
    };
    use crate::place::Access::{Read, Search};
    assert_eq!(would(Search, "."), Ask);
    assert_eq!(would(Search, "private"), Deny);
    assert_eq!(would(Search, "src"), Allow);
    assert_eq!(would(Read, "private/a.txt"), Deny);
    assert_eq!(would(Search, &format!("{HOME}/.ssh")), Deny);
}
