//! What is typed into a program that runs already.

use serde_json::{Value, json};

use super::support::{act, policy, world};
use crate::decide::{Act, Decision, PastAction, Policy, feed, simulate};
use crate::verdict::Verdict::{Allow, Ask, Deny};

fn types_under(policy: &Policy, command: &str, data: &str) -> Decision {
    let fed = feed(command, data, &world());
    let typed = Act::Process {
        action: "write",
        id: "1a2b",
        fed: Some(&fed),
    };
    act(policy, "process", &Value::Null, typed)
}

fn types(command: &str, data: &str) -> Decision {
    types_under(&Policy::default(), command, data)
}

#[test]
fn whatever_is_typed_into_a_program_is_asked_about_with_its_text() {
    for command in [
        "cat",
        "less notes.txt",
        "man ls",
        "bash",
        "./server",
        "npm init",
    ] {
        let decision = types(command, "y\n");
        assert_eq!(decision.verdict, Ask, "{command}");
        let told = &decision.findings.iter().find(|one| one.code == "fed-input");
        let told = told.map(|one| one.text.as_str());
        let wanted = format!("types \"y\\n\" into {command:?}");
        assert_eq!(told, Some(wanted.as_str()));
    }
}

#[test]
fn what_may_run_what_is_typed_has_to_be_looked_at() {
    for (command, data) in [
        ("man ls", "!id > /tmp/x\r"),
        ("less long.txt", "!id\r"),
        ("git log", "q"),
        ("python3", "print(1)\n"),
        ("php -a", "echo 1;\n"),
        ("vi x", ":!id\r"),
        ("ssh host", "ls\n"),
        ("./server", "y\n"),
        ("cat x | less", "!id\r"),
        ("read x; eval \"$x\"", "id\n"),
        // A part of a line, its end, and keys.
        ("bash", "rm -r"),
        ("bash", "\n"),
        ("bash", "\r"),
        ("bash", "\u{1b}[A\n"),
        ("bash", "npm ci\n"),
        ("bash", "rm -r \"unclosed\n"),
        ("", "y\n"),
    ] {
        let decision = types(command, data);
        assert!(decision.dangerous, "{command} {data:?}");
        assert_eq!(decision.verdict, Ask, "{command} {data:?}");
    }
    for (command, data) in [("cat", "y\n"), ("tee notes.txt", "a\n"), ("bash", "make\n")] {
        assert!(!types(command, data).dangerous, "{command} {data:?}");
    }
}

#[test]
fn a_shell_is_told_nothing_that_it_would_not_have_been_started_with() {
    for line in ["rm -rf /\n", "rm -rf ~\r", "ls\nrm -rf /\n"] {
        assert_eq!(types("bash", line).verdict, Deny, "{line:?}");
        assert_eq!(types("sh -i", line).verdict, Deny, "{line:?}");
    }
    let denies = policy("{id: 'no', verdict: 'deny', match: {command: 'git push'}}");
    assert_eq!(types_under(&denies, "bash", "git push\n").verdict, Deny);
}

#[test]
fn no_rule_about_a_command_answers_for_what_a_shell_is_told() {
    let allows = policy("{id: 'yes', verdict: 'allow', match: {command: ['ls', 'make']}}");
    for line in ["ls\n", "make\n"] {
        assert_eq!(types_under(&allows, "bash", line).verdict, Ask, "{line:?}");
    }
    let decision = types("bash", "ls\n");
    assert!(decision.commands.is_empty(), "nothing is granted by them");
}

#[test]
fn to_look_at_a_process_and_to_end_it_takes_no_question() {
    for action in ["list", "poll", "log", "kill", "remove", "write"] {
        let looked = Act::Process {
            action,
            id: "1a2b",
            fed: None,
        };
        let decision = act(&Policy::default(), "process", &Value::Null, looked);
        assert_eq!(decision.verdict, Allow, "{action}");
    }
}

#[test]
fn what_was_typed_is_read_again_in_a_simulation() {
    let past = |fed: Value| -> PastAction {
        serde_json::from_value(json!({
            "seq": 1, "at": 0, "agentId": "main", "sessionKey": "s", "tool": "process", "workspace": "/w",
            "home": "/h", "verdict": "ask", "act": {"kind": "process", "action": "write", "id": "1", "fed": fed},
        }))
        .unwrap()
    };
    let typed = past(json!({"command": "bash", "cwd": "/w", "data": "git push\n"}));
    let denies = policy("{id: 'no', verdict: 'deny', match: {command: 'git push'}}");
    let found = simulate([&typed], &denies, Some(&Policy::default()));
    let flips = &found.flips;
    assert_eq!((flips[0].was, flips[0].would), (Ask, Deny));
    assert_eq!(flips[0].what, "process: \"git push\\n\" into bash");
}
