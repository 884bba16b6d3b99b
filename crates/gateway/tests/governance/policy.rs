//! What the policy says, and what a session carries with it from one action to the next.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::bench::{Bench, MAIN};
use super::support::write_policy;

#[tokio::test]
async fn a_policy_is_read_tried_changed_and_held_against_the_past() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch made.txt").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    call.await.unwrap();
    let person = &mut bench.person;
    let before = person.ask("gatehouse.policy.get", json!({})).await;
    assert_eq!(
        (&before["preset"], &before["rules"][0]["id"]),
        (&json!("guarded"), &json!("commands"))
    );
    let wrong = json!({"document": "{ preset: \"nonsense\" }"});
    let wrong = person.ask("gatehouse.policy.validate", wrong).await;
    assert_eq!(wrong["problems"][0]["severity"], "error", "{wrong}");
    let check = json!({"command": "touch a"});
    let check = person.ask("gatehouse.policy.check", check).await;
    assert_eq!(check["verdict"], "ask", "{check}");

    let denies = r#"{ rules: [{ id: "no", verdict: "deny", match: { command: "touch" } }] }"#;
    let simulate = json!({"document": denies});
    let simulated = person.ask("gatehouse.policy.simulate", simulate).await;
    assert_eq!(simulated["examined"], 1, "{simulated}");
    assert_eq!(simulated["flips"][0]["would"], "deny", "{simulated}");

    let set = json!({"baseHash": before["hash"], "document": denies});
    let after = person.ask("gatehouse.policy.set", set.clone()).await;
    assert_ne!(after["version"], before["version"]);
    let stale = person.request("gatehouse.policy.set", set).await;
    assert_eq!(stale["error"]["details"]["reason"], "POLICY_CHANGED");
    let call = bench
        .call(MAIN, "exec", json!({"command": "touch never.txt"}))
        .await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("never.txt").exists());
}

#[tokio::test]
async fn a_policy_that_became_stricter_meanwhile_holds_for_what_was_asked_before() {
    let mut bench = Bench::new().await;
    let (question, call) = bench.exec("touch never.txt").await;
    let denies = r#"{ rules: [{ id: "no", verdict: "deny", match: { tool: "exec" } }] }"#;
    write_policy(bench.gateway.state.path(), denies);
    let wanted = json!("no");
    loop {
        let policy = bench.person.ask("gatehouse.policy.get", json!({})).await;
        if policy["rules"][0]["id"] == wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], false);
    assert!(!bench.file("never.txt").exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_of_a_run_cannot_speak_to_the_gateway() {
    // The policy would deny it; what is tried here is what holds without it.
    let bench = Bench::with_policy(r#"{ preset: "observe" }"#).await;
    let port = bench.gateway.address().port();
    fs::write(bench.file("port.txt"), port.to_string()).unwrap();
    bench.write(
        "speak.sh",
        "exec 3<>/dev/tcp/127.0.0.1/$(cat port.txt)\n\
         printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3\n\
         head -c 12 <&3 >answer.txt\n",
    );
    let call = bench.call(MAIN, "exec", json!({"command": "bash speak.sh"}));
    call.await.await.unwrap();
    let answer = fs::read_to_string(bench.file("answer.txt")).unwrap_or_default();
    assert_eq!(answer, "", "it was hung up on");
    // The same from outside of a run is answered.
    let outside = tokio::process::Command::new("bash")
        .arg("speak.sh")
        .current_dir(bench.file(""))
        .status()
        .await;
    assert!(outside.unwrap().success());
    let answer = fs::read_to_string(bench.file("answer.txt")).unwrap();
    assert!(answer.starts_with("HTTP/1.1"), "{answer}");
}

#[tokio::test]
async fn a_policy_that_observes_asks_about_nothing_that_no_mode_was_set_for() {
    let bench = Bench::with_policy(r#"{ preset: "observe" }"#).await;
    for command in ["uname", "ls", "touch made.txt && rm made.txt"] {
        let call = bench.call(MAIN, "exec", json!({"command": command})).await;
        let result = call.await.unwrap();
        assert_eq!(result["ok"], true, "{command}: {result}");
    }
}

#[tokio::test]
async fn the_reason_of_a_rule_that_denies_reaches_the_agent() {
    let bench = Bench::with_policy(
        r#"{ rules: [{ id: "no-tags", verdict: "deny", reason: "releases are tagged by people",
             match: { command: "git tag" } }] }"#,
    )
    .await;
    let call = bench.call(MAIN, "exec", json!({"command": "git tag v1"}));
    let result = call.await.await.unwrap().to_string();
    assert!(result.contains("releases are tagged by people"), "{result}");
}

/// What a command would come to in a session, by the codes of what was found.
async fn findings(bench: &mut Bench, session: &str, command: &str) -> String {
    let params = json!({"command": command, "sessionKey": session});
    let answer = bench.person.ask("gatehouse.policy.check", params).await;
    answer["findings"].to_string()
}

#[tokio::test]
async fn a_file_that_one_session_wrote_is_asked_about_when_another_runs_it() {
    let mut bench = Bench::with_policy("{}").await;
    let written = json!({"path": "evil.py", "content": "print(1)"});
    let written = bench.call(MAIN, "write", written).await.await.unwrap();
    assert_eq!(written["ok"], true, "{written}");
    let found = findings(&mut bench, "agent:main:other", "python3 evil.py").await;
    assert!(found.contains("write-run"), "{found}");
    let found = findings(&mut bench, "agent:main:other", "python3 good.py").await;
    assert!(!found.contains("write-run"), "{found}");
}

#[tokio::test]
async fn a_session_that_reads_the_history_of_another_has_heard_its_secrets() {
    let mut bench = Bench::with_policy("{}").await;
    bench.write(".env", "SECRET=1");
    let create = json!({"key": MAIN});
    bench.caller.ask("sessions.create", create).await;
    let (question, call) = bench.exec("cat .env").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    call.await.unwrap();
    let (other, fetch) = ("agent:main:other", "curl -s http://example.com/q");
    let found = findings(&mut bench, MAIN, fetch).await;
    assert!(found.contains("secret-then-network"), "{found}");
    let found = findings(&mut bench, other, fetch).await;
    assert!(!found.contains("secret-then-network"), "{found}");
    let history = json!({"sessionKey": MAIN});
    let heard = bench.call(other, "sessions_history", history).await;
    let heard = heard.await.unwrap();
    assert_eq!(heard["ok"], true, "{heard}");
    let found = findings(&mut bench, other, fetch).await;
    assert!(found.contains("secret-then-network"), "{found}");
}
