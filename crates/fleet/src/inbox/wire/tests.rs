//! What gateways sent, as the inbox has it.

use super::*;
use crate::inbox::UNSAID;
use serde_json::{from_value, json};

/// As recorded from a 2026.9.6 gateway.
fn recorded_request() -> Value {
    json!({"approvalKind": "exec", "id": "83781874", "request": {"command": "uname -a", "systemRunPlan": null,
        "cwd": "/home/user/.openclaw/workspace", "nodeId": null, "host": "gateway", "security": "allowlist",
        "ask": "on-miss", "warningText": null, "scope": null,
        "commandAnalysis": {"commandCount": 1, "nestedCommandCount": 0, "riskKinds": [], "warningLines": []},
        "unavailableDecisions": ["allow-always"], "allowedDecisions": ["allow-once", "deny"],
        "agentId": "main", "resolvedPath": "/usr/bin/uname", "sessionKey": "agent:main:main",
        "runId": "c23859ba", "toolCallId": "call_1"},
        "createdAtMs": 1795255849371_u64, "expiresAtMs": 1795257649371_u64})
}

#[test]
fn an_exec_request_is_shown_with_what_it_offers_and_nothing_else() {
    let request = exec(from_value(recorded_request()).unwrap());
    assert_eq!(request.content.subject, "uname -a");
    assert_eq!(
        request.content.offered,
        [Decision::AllowOnce, Decision::Deny]
    );
    assert_eq!(
        request.content.unavailable[0].decision,
        Decision::AllowAlways
    );
    assert_eq!(request.created_at, 1_795_255_849_371);
}

#[test]
fn what_a_gateway_of_ours_says_of_its_call_is_shown_and_looked_at() {
    let content = |analysis: Value| {
        let mut raw = recorded_request();
        raw["request"]["warningText"] = json!("runs with A=1 set by the call\nagain\n\nagain");
        raw["request"]["analysis"] = analysis;
        exec(from_value(raw).unwrap()).content
    };
    let found = |code: &str, verdict: &str| {
        let found = json!({"code": code, "verdict": verdict, "span": null, "text": "why"});
        content(json!({"dangerous": false, "findings": [found]}))
    };
    let shown = found("private-host", "ask");
    assert_eq!(shown.warnings, ["runs with A=1 set by the call", "again"]);
    assert!(!shown.dangerous);
    assert!(content(json!({"dangerous": true, "findings": []})).dangerous);
    assert!(found("env-set", "ask").dangerous);
    assert!(found("word-credential", "ask").dangerous);
    assert!(!found("env-harmless", "allow").dangerous);
    assert!(!content(Value::Null).dangerous);
}

#[test]
fn a_tools_call_of_a_gateway_of_ours_is_told_from_a_command() {
    let mut raw = recorded_request();
    assert_eq!(exec(from_value(raw.clone()).unwrap()).content.tool, None);
    raw["request"]["tool"] = json!("write");
    let content = exec(from_value(raw).unwrap()).content;
    assert_eq!(content.tool.as_deref(), Some("write"));
}

/// The content of a request whose command is this, with the list of words beside it.
fn with_command(command: Value, argv: Value) -> Content {
    let mut raw = recorded_request();
    raw["request"]["command"] = command;
    raw["request"]["commandArgv"] = argv;
    exec(from_value(raw).unwrap()).content
}

#[test]
fn a_command_that_the_gateway_did_not_say_can_only_be_refused() {
    let nothing = Value::Null;
    let cases = [
        (json!(["rm", "-rf", "/"]), nothing.clone(), "rm -rf /"),
        (json!(["sh", "-c", "a b"]), nothing.clone(), "sh -c 'a b'"),
        (json!({"a": 1}), nothing.clone(), r#"{"a":1}"#),
        (json!(["ls", 1]), json!(["ls"]), r#"["ls",1]"#),
        (json!([]), nothing.clone(), ""),
        (json!(""), nothing.clone(), ""),
        (json!(" \n\t"), nothing.clone(), ""),
        (json!(""), json!(["ls", "-la"]), "ls -la"),
        (json!("\u{3000}\u{a0}"), nothing.clone(), ""),
        (nothing.clone(), nothing, ""),
    ];
    for (command, argv, subject) in cases {
        let content = with_command(command.clone(), argv);
        assert_eq!(content.subject, subject, "{command}");
        assert!(content.unsaid, "{command}");
        assert_eq!(content.offered, [Decision::Deny], "{command}");
        assert_eq!(content.warnings, [UNSAID], "{command}");
        let withheld: Vec<_> = content.unavailable.iter().map(|u| u.decision).collect();
        assert!(withheld.contains(&Decision::AllowOnce), "{command}");
    }
}

#[test]
fn a_command_that_comes_as_words_is_shown_as_a_shell_would_take_them() {
    let content = with_command(Value::Null, json!(["rm", "a b", "$(x)"]));
    assert_eq!(content.subject, "rm 'a b' '$(x)'");
    assert!(!content.unsaid);
    assert_eq!(content.offered, [Decision::AllowOnce, Decision::Deny]);
}

#[test]
fn a_request_of_a_plugin_or_the_system_without_a_title_can_only_be_refused() {
    let raw = json!({"id": "a", "request": {"title": [1], "description": "harmless"}});
    let of_plugin = plugin(from_value(raw.clone()).unwrap());
    let of_system = system(from_value(raw).unwrap());
    for request in [of_plugin, of_system] {
        assert_eq!(request.content.offered, [Decision::Deny]);
        assert_eq!(request.content.warnings, [UNSAID]);
    }
    let raw = json!({"id": "a", "request": {"title": "Send the mail"}});
    let offered = plugin(from_value(raw).unwrap()).content.offered;
    assert_eq!(offered, [Decision::AllowOnce, Decision::Deny]);
}

#[test]
fn a_decision_that_this_app_does_not_know_is_not_offered() {
    let mut raw = recorded_request();
    raw["request"]["allowedDecisions"] = json!(["allow-for-an-hour", "deny", "deny"]);
    assert_eq!(
        exec(from_value(raw).unwrap()).content.offered,
        [Decision::Deny]
    );
}

#[test]
fn what_our_gateway_lets_be_allowed_for_longer_is_offered_whatever_the_published_words_say() {
    let mut raw = recorded_request();
    raw["request"]["choices"] = json!(["once", "session", "for", "always", "deny"]);
    let content = exec(from_value(raw.clone()).unwrap()).content;
    let all = [Decision::AllowOnce, Decision::AllowAlways, Decision::Deny];
    assert_eq!(content.offered, all);
    assert!(
        content.unavailable.is_empty(),
        "it is not called unavailable as well"
    );

    raw["request"]["choices"] = json!(["once", "edit", "deny"]);
    let content = exec(from_value(raw).unwrap()).content;
    assert_eq!(
        content.offered,
        [Decision::AllowOnce, Decision::Deny],
        "a dangerous one"
    );
    assert_eq!(content.unavailable[0].decision, Decision::AllowAlways);
}

#[test]
fn a_record_says_who_answered_by_device() {
    let raw = json!({"id": "a", "status": "allowed", "decision": "allow-once", "resolvedAtMs": 5,
        "resolver": {"kind": "device", "id": "ours"}});
    let record: wire::ApprovalRecord = from_value(raw).unwrap();
    let ReadBackAnswer::Ended(outcome) = recorded(&record, Some("ours")) else {
        panic!("ended")
    };
    assert_eq!(outcome.by_this_app, Some(true));
    let ReadBackAnswer::Ended(outcome) = recorded(&record, Some("other")) else {
        panic!("ended")
    };
    assert_eq!(
        (outcome.by_this_app, outcome.by.as_deref()),
        (Some(false), Some("ours"))
    );
}

#[test]
fn the_variables_that_a_call_sets_are_known_by_name_and_tell_one_request_from_another() {
    let plain = exec(from_value(recorded_request()).unwrap()).content;
    let mut raw = recorded_request();
    raw["request"]["envKeys"] = json!(["CI", "NODE_OPTIONS"]);
    let content = exec(from_value(raw.clone()).unwrap()).content;
    assert_eq!(content.env, ["CI", "NODE_OPTIONS"]);
    assert_ne!(content, plain);
    assert!(content.bytes() > plain.bytes());
    raw["request"]["envKeys"] = json!(["OPENCLAW_SUBAGENT_EXEC"]);
    let marked = exec(from_value(raw).unwrap()).content;
    assert_eq!(marked, plain, "that mark is the gateway's own");
}

#[test]
fn what_is_said_beside_a_command_is_looked_at_unless_its_gateway_judged_it() {
    let looked_at = |name: &str, value: Value| {
        let mut raw = recorded_request();
        raw["request"][name] = value;
        exec(from_value(raw).unwrap())
            .content
            .is_more_than_its_words()
    };
    assert!(!looked_at("host", json!("gateway")));
    assert!(!looked_at("host", Value::Null));
    for elsewhere in ["node", "sandbox", "worker", "a new word"] {
        assert!(looked_at("host", json!(elsewhere)), "{elsewhere}");
    }
    assert!(looked_at("nodeId", json!("phone")));
    assert!(looked_at("envKeys", json!(["A"])));
    assert!(looked_at("warningText", json!("into a shared terminal")));
    let analysis = json!({"warningLines": ["Contains inline-eval: node -e"], "riskKinds": []});
    assert!(looked_at("commandAnalysis", analysis));

    let mut judged = recorded_request();
    judged["request"]["analysis"] = json!({"dangerous": false, "findings": []});
    judged["request"]["warningText"] = json!("it is not proven to be harmless");
    let content = |raw: &Value| exec(from_value(raw.clone()).unwrap()).content;
    assert!(!content(&judged).is_more_than_its_words());
    judged["request"]["envKeys"] = json!(["A"]);
    assert!(content(&judged).is_more_than_its_words());
}

#[test]
fn a_plugins_critical_request_has_to_be_looked_at() {
    for (severity, dangerous) in [("info", false), ("warning", false), ("critical", true)] {
        let raw = json!({"id": "a", "request": {"title": "Pay", "severity": severity}});
        let content = plugin(from_value(raw).unwrap()).content;
        assert_eq!(content.dangerous, dangerous, "{severity}");
    }
}

#[test]
fn how_many_people_have_allowed_it_is_known_with_those_who_have_a_name() {
    let people = |more: Value| {
        let mut raw = recorded_request();
        for (name, value) in more.as_object().unwrap() {
            raw["request"][name] = value.clone();
        }
        exec(from_value(raw).unwrap()).content.people
    };
    let two = people(json!({"approvers": 2, "approvedBy": 1,
        "approvedByPeople": ["user:ada", "device:3f9c", "unvouched"]}));
    let two = two.unwrap();
    assert_eq!((two.needed, two.allowed), (2, 1));
    assert_eq!(two.names, ["ada"]);
    assert_eq!(people(json!({"approvers": 1})), None);
}
