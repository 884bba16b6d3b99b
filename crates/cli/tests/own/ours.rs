//! Our own command line at our own gateway, for what other gateways do not have.

use std::time::{Duration, Instant};

use gatehouse_testkit::model::ScriptedModel;
use serde_json::{Value, json};

use crate::gateway::OwnGateway;
use crate::run::{Done, Running, SOON};

pub(crate) fn well(gateway: &OwnGateway, line: &[&str]) -> Done {
    let done = gateway.gatehouse().run(line);
    assert_eq!(done.status, 0, "{line:?}: {done:?}\n{}", gateway.log());
    done
}

/// What `probe` finds, as soon as it does.
pub(crate) fn eventually<T>(mut probe: impl FnMut() -> Option<T>) -> T {
    at_last(|| probe().ok_or_else(String::new))
}

/// As [`eventually`], and what it says when it finds nothing.
fn at_last<T>(mut probe: impl FnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match probe() {
            Ok(found) => return found,
            Err(seen) => assert!(begun.elapsed() < SOON, "it did not come: {seen}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_task_that_costs_more_than_its_budget_is_stopped_and_its_history_says_why() {
    let model = ScriptedModel::start().unwrap();
    let gateway = OwnGateway::configured(&json!({
        "models": {"providers": {"far": {
            "baseUrl": model.base_url(), "api": "openai-completions",
            "models": [{"id": "m", "cost": {"input": 1000, "output": 1000}}, {"id": "free"}],
        }}},
        "agents": {"defaults": {"model": {"primary": "far/m"}}},
    }));
    let spawned = |line: &[&str]| {
        let line = [&["spawn", "--json", "--budget", "0.001", "--task"], line].concat();
        let key = well(&gateway, &line).json()["key"].clone();
        let key = key.as_str().unwrap().to_owned();
        move |gateway: &OwnGateway, words: &str| {
            at_last(|| {
                let history = well(gateway, &["sessions", "history", &key]).stdout;
                if history.contains(words) {
                    return Ok(());
                }
                Err(format!("{words:?} in {history}\n{}", gateway.log()))
            });
        }
    };
    spawned(&["exec: uname -s"])(&gateway, "over its budget: $");
    spawned(&["hello", "--model", "far/free"])(&gateway, "no cost for far/free");
}

#[test]
fn a_command_that_only_looks_is_nobody_whom_an_agent_could_ask() {
    let gateway = OwnGateway::start();
    let looking = gateway.gatehouse().start(&["logs", "--follow"]);
    looking.line();
    let spawned = well(
        &gateway,
        &["spawn", "--json", "--task", "exec: touch asked.txt"],
    );
    let key = spawned.json()["key"].as_str().unwrap().to_owned();
    at_last(|| {
        let history = well(&gateway, &["sessions", "history", &key]).stdout;
        let denied = history.contains("nobody who could give one is connected");
        if denied { Ok(()) } else { Err(history) }
    });
    let waiting = well(&gateway, &["approvals", "list", "--json"]).json();
    assert_eq!(waiting["approvals"], json!([]));
}

#[test]
fn a_reason_to_deny_is_sent_and_the_agent_hears_it() {
    let gateway = OwnGateway::start();
    // Somebody has to be there who can answer, or the command is denied at once.
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let sending = gateway.gatehouse().start(&[
        "send",
        "--session",
        "main",
        "--json",
        "exec: touch asked.txt",
    ]);
    let id = eventually(|| {
        let list = well(&gateway, &["approvals", "list", "--json"]).json();
        list["approvals"][0]["id"].as_str().map(str::to_owned)
    });
    let denied = well(
        &gateway,
        &["approvals", "deny", &id, "--reason", "not on a Sunday"],
    );
    assert!(!denied.stderr.contains("not sent"), "{denied:?}");
    let history = eventually(|| {
        let history = well(&gateway, &["sessions", "history", "main"]).stdout;
        history.contains("not on a Sunday").then_some(history)
    });
    assert!(
        !gateway.state_dir().join("workspace/asked.txt").exists(),
        "{history}"
    );
    drop(sending);
}

/// Starts a run that asks about a command, and gives the id of the question once it waits.
fn asked(gateway: &OwnGateway, command: &str) -> (String, Running) {
    let message = format!("exec: {command}");
    let line = ["send", "--session", "main", "--json", &message];
    let sending = gateway.gatehouse().start(&line);
    let id = eventually(|| {
        let list = well(gateway, &["approvals", "list", "--json"]).json();
        list["approvals"][0]["id"].as_str().map(str::to_owned)
    });
    (id, sending)
}

#[test]
fn who_answered_is_named_the_same_by_the_answer_and_by_the_audit() {
    let gateway = OwnGateway::start();
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let (id, _sending) = asked(&gateway, "touch asked.txt");
    let allowed = well(&gateway, &["approvals", "allow", &id]).stdout;
    assert!(
        allowed.contains("by Gatehouse command line"),
        "the name, not the kind of client: {allowed}"
    );
    let listed = well(&gateway, &["audit", "list", "--kind", "approval.allowed"]).stdout;
    assert!(listed.contains("Gatehouse command line"), "{listed}");
}

#[test]
fn the_one_who_is_second_is_told_who_was_first() {
    let gateway = OwnGateway::start();
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let (id, _sending) = asked(&gateway, "touch asked.txt");
    let denied = well(&gateway, &["approvals", "deny", &id]).stdout;
    assert!(!denied.contains("(deny)"), "said once is enough: {denied}");
    let again = gateway.gatehouse().run(&["approvals", "allow", &id]);
    assert_eq!(again.status, 3, "{again:?}");
    let told = again.stderr.replace('\n', " ");
    assert!(told.contains("denied by Gatehouse command line"), "{told}");
}

#[test]
fn what_waits_is_shown_with_why_and_can_be_allowed_for_a_time_and_taken_back() {
    let gateway = OwnGateway::start();
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let (id, _sending) = asked(&gateway, "touch asked.txt");
    let list = well(&gateway, &["approvals", "list"]).stdout;
    assert!(list.contains("  why  "), "{list}");
    assert!(list.contains("  does "), "{list}");
    let allowed = well(&gateway, &["approvals", "allow", &id, "--for", "30m"]).stdout;
    assert!(allowed.contains("allowed for a time by"), "{allowed}");
    let grants = well(&gateway, &["approvals", "grants", "list"]).stdout;
    assert!(grants.contains("touch asked.txt"), "{grants}");
    let json = well(&gateway, &["approvals", "grants", "list", "--json"]).json();
    let grant = json["grants"][0]["id"].as_str().unwrap();
    let revoke = ["approvals", "grants", "revoke", grant];
    well(&gateway, &revoke);
    let again = gateway.gatehouse().run(&revoke);
    assert_eq!(again.status, 3, "{again:?}");
}

#[test]
fn a_credential_that_nothing_can_seal_is_refused_with_what_mends_it() {
    let gateway = OwnGateway::start();
    let done = gateway.gatehouse().saying("a-secret-of-nobody-7d1c").run(&[
        "credentials",
        "set",
        "weather",
        "--tool",
        "exec",
    ]);
    assert_eq!(done.status, 3, "{done:?}");
    let told = done.stderr.replace('\n', " ");
    assert!(told.contains("--credential-passphrase-file"), "{told}");
}

#[test]
fn deleting_a_credential_that_is_not_there_fails() {
    let gateway = OwnGateway::start();
    let done = gateway
        .gatehouse()
        .run(&["credentials", "delete", "nosuch"]);
    assert_ne!(done.status, 0, "{done:?}");
}

#[test]
fn a_yes_that_waits_for_another_person_says_so() {
    let gateway = OwnGateway::start();
    let two = r#"match: { tool: "exec" }, approval: { approvers: 2 }"#;
    asks(&gateway, "two-people", two);
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let (id, _sending) = asked(&gateway, "touch asked.txt");
    let first = well(&gateway, &["approvals", "allow", &id]).stdout;
    assert!(
        first.contains("allowed by one of two: another person has to allow it too"),
        "{first}"
    );
    let again = gateway.gatehouse().run(&["approvals", "allow", &id]);
    assert_eq!(again.status, 3, "{again:?}");
    assert!(
        again.stderr.contains("you have allowed it already"),
        "{again:?}"
    );
}

#[test]
fn what_a_tool_would_write_is_in_the_list_of_what_waits() {
    let gateway = OwnGateway::start();
    asks(&gateway, "writes", r#"match: { tool: "write" }"#);
    let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
    let line = [
        "send",
        "--session",
        "main",
        "--json",
        "write: a.txt: the text of it",
    ];
    let _sending = gateway.gatehouse().start(&line);
    let list = eventually(|| {
        let list = well(&gateway, &["approvals", "list"]).stdout;
        list.contains("write a.txt").then_some(list)
    });
    assert!(list.contains("  | content: the text of it\n"), "{list}");
}

/// Puts a policy in force whose only rule asks.
fn asks(gateway: &OwnGateway, id: &str, about: &str) {
    let rules = format!(r#"{{ rules: [{{ id: "{id}", verdict: "ask", {about} }}] }}"#);
    std::fs::write(gateway.state_dir().join("policy.json5"), rules).unwrap();
    eventually(|| {
        let policy = well(gateway, &["call", "gatehouse.policy.get"]).stdout;
        policy.contains(id).then_some(())
    });
}

/// Every command that needs no answer from a person, with what makes it say something.
#[test]
fn every_command_answers_in_json() {
    let gateway = OwnGateway::start();
    well(&gateway, &["send", "--session", "main", "stream: 2"]);
    for line in [
        &["status"][..],
        &["connect"],
        &["doctor"],
        &["sessions", "list"],
        &["sessions", "history", "main"],
        &["sessions", "search", "stream"],
        &["sessions", "kill", "main"],
        &["spawn", "--task", "md:"],
        &["send", "--session", "main", "stream: 1"],
        &["approvals", "list"],
        &["call", "health"],
        &["logs", "--limit", "1"],
        &["gateway", "health"],
        &["audit", "list", "--limit", "1"],
        &["audit", "verify"],
        &["credentials", "list"],
        &["policy", "check", "--", "ls"],
        &["policy", "explain", "--", "ls"],
        &["policy", "simulate", "--since", "1h"],
    ] {
        // What stands behind `--` belongs to the command that is looked at.
        let line = [&["--json"], line].concat();
        let done = gateway.gatehouse().run(&line);
        assert_eq!(done.status, 0, "{line:?}: {done:?}");
        for part in serde_json::Deserializer::from_str(&done.stdout).into_iter::<Value>() {
            assert!(part.is_ok(), "{line:?}: {done:?}");
        }
        assert!(!done.stdout.trim().is_empty(), "{line:?}: {done:?}");
    }
    for line in [
        &["--json", "approvals", "allow", "no-such-id"][..],
        &["--json", "call", "no.such.method"],
    ] {
        let done = gateway.gatehouse().run(line);
        assert_eq!(done.status, 3, "{line:?}: {done:?}");
        let error: Value = serde_json::from_str(&done.stderr).unwrap_or_else(|error| {
            panic!("{line:?}: {error}: {done:?}");
        });
        assert!(error["error"]["message"].is_string(), "{error}");
    }
}

#[test]
fn words_to_a_session_at_work_are_answered_by_the_run_that_takes_them() {
    let gateway = OwnGateway::start();
    let at_work = gateway
        .gatehouse()
        .start(&["send", "--session", "busy", "slow: 40"]);
    eventually(|| {
        let list = well(&gateway, &["sessions", "list", "--active", "--json"]).json();
        (!list["sessions"].as_array().unwrap().is_empty()).then_some(())
    });
    let again = well(&gateway, &["send", "--session", "busy", "slow: 40"]);
    // On a machine that is busy the moment is over before it is said again.
    let told = ["said already", "was taken into the run"];
    assert!(
        told.iter().any(|words| again.stderr.contains(words)),
        "{again:?}"
    );
    assert!(!again.stdout.trim().is_empty(), "{again:?}");
    drop(at_work);

    let _at_work = gateway
        .gatehouse()
        .start(&["send", "--session", "other", "slow: 40"]);
    eventually(|| {
        let list = well(&gateway, &["sessions", "list", "--active", "--json"]).json();
        (!list["sessions"].as_array().unwrap().is_empty()).then_some(())
    });
    let taken = well(&gateway, &["send", "--session", "other", "stream: 3"]);
    assert!(taken.stderr.contains("was taken into the run"), "{taken:?}");
    assert!(taken.stdout.contains("word1 word2 word3"), "{taken:?}");
}

#[test]
fn what_is_not_there_is_refused_with_a_way_on() {
    let gateway = OwnGateway::start();
    for (line, hint) in [
        (&["sessions", "history", "nope"][..], "sessions list"),
        (&["sessions", "history", "agent:nope:main"], "sessions list"),
        (&["sessions", "kill", "nope"], "sessions list"),
        (&["sessions", "kill", "agent:nope:main"], "sessions list"),
        (&["call", "session.list"], "sessions.list"),
        (&["spawn", "--task", "x", "--model", "nope/none"], ""),
    ] {
        let done = gateway.gatehouse().run(line);
        assert_eq!(done.status, 3, "{line:?}: {done:?}");
        assert!(done.stderr.contains(hint), "{line:?}: {done:?}");
    }
    well(&gateway, &["sessions", "history", "main"]);
    let list = well(&gateway, &["sessions", "list", "--json"]).json();
    assert_eq!(list["sessions"], json!([]), "nothing was left behind");
}
