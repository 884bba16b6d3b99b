//! What a rule that allows lets run, and what it does not.

use serde_json::Value;

use super::support::{act, analyse, check, effect, policy, run, world};
use crate::analysis::Analysis;
use crate::decide::{Act, ToolUse};
use crate::effect::{EffectKind, Target, Zone};
use crate::verdict::Verdict::{Allow, Ask, Deny};

#[test]
fn a_rule_that_names_every_command_in_full_lets_it_run() {
    let rule = r#"{id: "build", verdict: "allow", match: {command: ["make", "make test"]}}"#;
    check(
        rule,
        &[
            ("make", Allow),
            ("make; make test", Allow),
            ("make install", Ask),
            ("make; cargo build", Ask),
            ("make $x", Ask),
            ("/tmp/make", Ask),
            ("make; rm /", Deny),
        ],
    );
}

#[test]
fn a_rule_by_pattern_lets_nothing_run() {
    let rule = r#"{id: "all", verdict: "allow", match: {command: ["make **", "^make.*$"]}}"#;
    check(rule, &[("make", Ask), ("make test", Ask)]);
    check(
        r#"{id: "all", verdict: "allow", match: {}}"#,
        &[("make", Ask), ("rm /", Deny)],
    );
}

#[test]
fn a_rule_never_lets_run_what_is_dangerous() {
    let rule = r#"{id: "x", verdict: "allow", match: {command: ["rm /", "rm /etc/x", "sudo"]}}"#;
    let allowing = policy(rule);
    assert_eq!(run(&allowing, "rm /").verdict, Deny);
    // The analysis by hand allows it, the place makes it dangerous: nothing is lowered, nothing is raised.
    assert!(run(&allowing, "rm /etc/x").dangerous);
    let mut analysis = analyse("sudo", &world());
    analysis.effects.push(effect(
        EffectKind::Privilege,
        Target::Unknown,
        Zone::Unknown,
    ));
    let decision = act(&allowing, "exec", &Value::Null, Act::Command(&analysis));
    assert_eq!((decision.verdict, decision.allowed_by), (Ask, None));
}

#[test]
fn a_rule_lets_nothing_run_beside_the_words_of_its_commands() {
    use crate::plan::Plan;
    let allowing = policy(r#"{id: "x", verdict: "allow", match: {command: "make"}}"#);
    let mut analysis = analyse("make", &world());
    if let Plan::Direct { lists } = &mut analysis.plan {
        lists[0].spawns[0]
            .assignments
            .push(("LD_PRELOAD".to_owned(), "x".to_owned()));
    }
    let with =
        |analysis: &Analysis| act(&allowing, "exec", &Value::Null, Act::Command(analysis)).verdict;
    assert_eq!(with(&analysis), Ask);
    analysis.plan = Plan::Shell {
        text: "make >x".to_owned(),
    };
    assert_eq!(with(&analysis), Ask);
}

#[test]
fn a_rule_lets_no_script_run_that_was_written_since() {
    use super::support::found;
    let allowing = policy(r#"{id: "x", verdict: "allow", match: {command: "python3 t.py"}}"#);
    let mut analysis = analyse("python3 t.py", &world());
    let with =
        |analysis: &Analysis| act(&allowing, "exec", &Value::Null, Act::Command(analysis)).verdict;
    assert_eq!(with(&analysis), Allow, "its words are the rule's");
    analysis.findings.push(found(Ask, "write-run"));
    assert_eq!(with(&analysis), Ask, "the same words run something else");
}

#[test]
fn a_tool_of_a_server_asks_unless_a_rule_names_it() {
    let policy = policy(
        r#"{id: "one", verdict: "allow", match: {tool: "read_note"}},
           {id: "many", verdict: "allow", match: {tool: "write_*"}}"#,
    );
    let tool = ToolUse {
        server: Some("notes"),
        reads_only: true,
    };
    let call = |name| act(&policy, name, &Value::Null, Act::Tool(tool)).verdict;
    assert_eq!(call("read_note"), Allow);
    assert_eq!(call("write_note"), Ask);
    assert_eq!(call("other"), Ask);
}

#[test]
fn a_rule_in_the_shadow_says_what_it_would_let_run() {
    let policy =
        policy(r#"{id: "x", verdict: "allow", enabled: "shadow", match: {command: "make"}}"#);
    let decision = run(&policy, "make");
    assert_eq!((decision.verdict, decision.shadow_verdict), (Ask, Allow));
}
