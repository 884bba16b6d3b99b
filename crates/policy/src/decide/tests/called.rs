//! What a call brings beside its command or its address.

use serde_json::{Value, json};

use super::support::{HOME, WORKSPACE, act, policy, request, world};
use crate::authz::AgentRights;
use crate::decide::{
    Act, Context, Decision, Fetch, HostClass, PastAction, Policy, decide, simulate,
};
use crate::shell;
use crate::verdict::Verdict::{Allow, Ask, Deny};
use crate::world::Taint;

fn runs(policy: &Policy, command: &str, arguments: &Value) -> Decision {
    let analysis = shell::analyse(command, &world()).called_with(arguments, &world());
    act(policy, "exec", arguments, Act::Command(&analysis))
}

fn with(env: Value) -> Decision {
    runs(
        &Policy::default(),
        "ls",
        &json!({"command": "ls", "env": env}),
    )
}

fn texts(decision: &Decision) -> String {
    let texts = decision.findings.iter().map(|one| one.text.as_str());
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_variable_of_the_call_is_judged_as_one_before_the_command() {
    for (name, value) in [
        ("GIT_SSH_COMMAND", "./x.sh"),
        ("NODE_OPTIONS", "--require ./evil.js"),
        ("MAKEFLAGS", "--eval=x"),
        ("RUSTC_WRAPPER", "./w"),
        ("PYTHONPATH", "/tmp/evil"),
        ("npm_config_script-shell", "./evil"),
        ("LESSSECURE", "0"),
        ("OPENCLAW_STATE_DIR", "/tmp/x"),
        ("A", "x"),
    ] {
        let decision = with(json!({ name: value }));
        let wanted = if name == "A" { Ask } else { Deny };
        assert_eq!(decision.verdict, wanted, "{name}");
        assert_eq!(decision.dangerous, wanted == Deny, "{name}");
        assert!(texts(&decision).contains(value), "{}", texts(&decision));
        let inline = shell::analyse(&format!("{name}='{value}' ls"), &world());
        if !name.contains('-') {
            assert_eq!(inline.verdict == Deny, wanted == Deny, "{name}");
        }
    }
    // What everyday work sets is asked about as ever, and no more.
    for (name, value) in [
        ("RUSTFLAGS", "-D warnings"),
        ("HTTPS_PROXY", "http://proxy:3128"),
    ] {
        let decision = with(json!({ name: value }));
        assert_eq!(decision.verdict, Ask, "{name}");
        assert!(texts(&decision).contains(value), "{}", texts(&decision));
    }
}

#[test]
fn a_variable_that_only_changes_looks_takes_no_question_and_is_told() {
    let decision = with(json!({"NODE_ENV": "test", "CI": "1"}));
    assert_eq!(decision.verdict, Allow);
    let told = texts(&decision);
    assert!(
        told.contains("NODE_ENV=test") && told.contains("CI=1"),
        "{told}"
    );
}

#[test]
fn a_credential_is_asked_about_in_whatever_variable_and_named() {
    for name in ["NODE_ENV", "FOO", "DEBUG"] {
        let decision = with(json!({ name: "{{cred:tk}}" }));
        assert_eq!(decision.verdict, Ask, "{name}");
        let wanted = format!("runs with the credential tk in the variable {name}");
        assert!(texts(&decision).contains(&wanted), "{}", texts(&decision));
    }
}

#[test]
fn a_value_that_nobody_can_read_to_its_end_is_looked_at() {
    let decision = with(json!({"FOO": "x".repeat(5_000)}));
    assert!(decision.dangerous);
    assert!(texts(&decision).contains("4000 characters more"));
    assert!(
        with(json!({"FOO": "a\nb"})).findings[0]
            .text
            .contains(r#"FOO="a\nb""#)
    );
}

#[test]
fn no_rule_about_the_command_answers_for_its_variables() {
    let allows = policy("{id: 'yes', verdict: 'allow', match: {command: ['npm ci']}}");
    let call = |env: Value| json!({"command": "npm ci", "env": env});
    assert_eq!(runs(&allows, "npm ci", &call(json!({}))).verdict, Allow);
    assert_eq!(
        runs(&allows, "npm ci", &call(json!({"FOO": "1"}))).verdict,
        Ask
    );
}

#[test]
fn a_program_that_stays_open_for_commands_has_to_be_looked_at() {
    for command in ["bash", "sh -i", "python3", "php -a", "node"] {
        let decision = |more: Value| {
            let mut arguments = more;
            arguments["command"] = json!(command);
            runs(&Policy::default(), command, &arguments)
        };
        assert_eq!(decision(json!({})).verdict, Ask, "{command}");
        assert!(!decision(json!({})).dangerous, "{command}");
        assert!(decision(json!({"background": true})).dangerous, "{command}");
        assert!(decision(json!({"pty": true})).dangerous, "{command}");
    }
}

#[test]
fn a_pager_on_a_terminal_is_asked_about_and_other_commands_are_not() {
    let on_a_terminal = |command: &str| {
        let arguments = json!({"command": command, "pty": true, "background": true});
        runs(&Policy::default(), command, &arguments).verdict
    };
    assert_eq!(on_a_terminal("less notes.txt"), Ask);
    assert_eq!(on_a_terminal("cat notes.txt | more"), Ask);
    for command in ["git log", "man ls", "cargo test", "cat notes.txt"] {
        let alone = runs(&Policy::default(), command, &json!({"command": command}));
        assert_eq!(on_a_terminal(command), alone.verdict, "{command}");
    }
}

#[test]
fn the_headers_and_the_credential_of_a_fetch_are_told() {
    let arguments = json!({
        "url": "https://a.test/?t={{cred:other}}",
        "headers": {"authorization": "Bearer {{cred:web}}", "x-a": "EXFIL-DATA"},
    });
    let fetch = Act::Fetch(Fetch {
        url: "https://a.test/",
        host: "a.test",
        class: HostClass::Public,
        findings: &[],
    });
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let context = Context::new(HOME, WORKSPACE, &rights, &taint);
    let asked = request("web_fetch", &arguments, fetch);
    let decision = decide(&asked, &Policy::default(), &context);
    assert_eq!(decision.verdict, Allow);
    let told = texts(&decision);
    for wanted in [
        "sends the credential web to a.test",
        "sends the credential other to a.test",
        "sends the header x-a: EXFIL-DATA",
    ] {
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn variables_are_read_again_in_a_simulation() {
    let past: PastAction = serde_json::from_value(json!({
        "seq": 1, "at": 0, "agentId": "main", "sessionKey": "s", "tool": "exec", "workspace": "/w", "home": "/h",
        "verdict": "allow", "arguments": {"command": "ls", "env": {"NODE_OPTIONS": "--require ./e.js"}},
        "act": {"kind": "command", "command": "ls", "cwd": "/w"},
    }))
    .unwrap();
    let found = simulate([&past], &Policy::default(), None);
    assert_eq!(found.flips[0].would, Deny);
}
