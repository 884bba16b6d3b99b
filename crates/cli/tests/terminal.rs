//! The command line without a gateway: what it says of itself, and how it fails.
#![allow(clippy::unwrap_used)]

mod run;

use std::net::TcpListener;

use run::Gatehouse;

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("ws://{}", listener.local_addr().unwrap())
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    for line in [
        vec!["--bogus"],
        vec!["sessions"],
        vec!["approvals", "allow"],
        vec!["call", "health", "{not json"],
        vec!["status", "--url", "ftp://somewhere"],
        vec!["status", "--pin", "abc"],
        vec!["status", "--token", "a", "--token-file", "b"],
        vec!["spawn", "--task", "x", "--budget", "-1"],
        vec!["spawn", "--task", " "],
        vec!["send", "--session", "main", ""],
        vec!["gateway", "run", "--auth", "token", "--password", "x"],
        vec!["gateway", "run", "--auth", "none", "--token", "x"],
        vec!["connect", "--url", "ws://203.0.113.1", "--token", "a"],
        vec!["sessions", "list", "--kind", "bogus"],
        vec!["--url", "ws://127.0.0.1:1", "completions", "bash"],
    ] {
        let done = Gatehouse::new().run(&line);
        assert_eq!(done.status, 2, "{line:?}: {done:?}");
        assert!(done.stdout.is_empty(), "{line:?}: an error is no answer");
    }
}

#[test]
fn a_usage_error_is_json_too_where_json_was_asked_for() {
    for line in [&["--json", "--bogus"][..], &["send", "--json"]] {
        let done = Gatehouse::new().run(line);
        assert_eq!(done.status, 2, "{line:?}: {done:?}");
        let error: serde_json::Value = serde_json::from_str(&done.stderr).unwrap();
        assert_eq!(error["error"]["kind"], "usage", "{line:?}");
        assert!(error["error"]["next"].is_string(), "{line:?}");
    }
    let help = Gatehouse::new().run(&["--json", "--help"]);
    assert_eq!(help.status, 0, "{help:?}");
}

#[test]
fn a_gateway_that_cannot_start_as_it_was_told_says_what_to_do() {
    for (line, words) in [
        (&["--tls-cert", "/nope", "--tls-key", "/nope"][..], "TLS"),
        (&["--auth", "none", "--bind", "lan"], "this machine alone"),
        (&["--token", ""], "an empty secret"),
        (&["--token-file", "/nope"], "cannot be read"),
        (&["--config", "/nope.json"], "there is no such file"),
    ] {
        let line = [&["gateway", "run", "--port", "0"], line].concat();
        let done = Gatehouse::new()
            .env("OPENCLAW_GATEWAY_TOKEN", "a-token-for-this-start")
            .run(&line);
        assert_eq!(done.status, 78, "{line:?}: {done:?}");
        assert!(done.stderr.contains(words), "{line:?}: {done:?}");
        assert!(done.stderr.contains("next:"), "{line:?}: {done:?}");
    }
}

#[test]
fn nobody_there_is_told_from_other_failures_and_says_what_to_do() {
    let url = nowhere();
    for command in [
        &["status"][..],
        &["connect"],
        &["sessions", "list"],
        &["doctor"],
    ] {
        let done = Gatehouse::new().with("--url", &url).run(command);
        assert_eq!(done.status, 4, "{command:?}: {done:?}");
        assert!(done.stderr.contains("nothing listens"), "{done:?}");
        assert!(done.stderr.contains("next:"), "{done:?}");
    }
}

#[test]
fn a_host_may_be_an_address_of_the_newer_kind() {
    let line = ["connect", "--host", "::1", "--port", "1"];
    let done = Gatehouse::new().run(&line);
    assert_eq!(done.status, 4, "{done:?}");
    assert!(done.stderr.contains("[::1]"), "{done:?}");
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let done = Gatehouse::new()
        .with("--url", &nowhere())
        .run(&["status", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&done.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "unreachable");
    assert_eq!(error["error"]["code"], "connectionRefused");
}

#[test]
fn the_doctor_says_at_which_step_it_stopped() {
    let done = Gatehouse::new()
        .with("--url", &nowhere())
        .run(&["doctor", "--json"]);
    assert_eq!(done.status, 4);
    let report = done.json();
    assert_eq!(report["stoppedAt"], "tcp");
    assert_eq!(report["steps"][0]["outcome"]["kind"], "passed");
    assert_eq!(
        report["steps"][1]["outcome"]["problem"]["code"],
        "connectionRefused"
    );
    assert_eq!(report["steps"].as_array().unwrap().len(), 8);
}

#[test]
fn the_mock_says_what_it_is_and_runs_no_command() {
    let greeted = Gatehouse::new().run(&["connect", "--mock", "--json"]);
    assert_eq!(greeted.status, 0, "{greeted:?}");
    assert_eq!(greeted.json()["mock"], true);
    let talked = Gatehouse::new()
        .saying("stream: 3\n")
        .run(&["connect", "--mock"]);
    assert_eq!(talked.status, 0, "{talked:?}");
    assert!(talked.stdout.contains("word1 word2 word3"), "{talked:?}");

    let folder = tempfile::tempdir().unwrap();
    let touched = folder.path().join("touched");
    let line = format!("exec: touch {}\n", touched.display());
    let refused = Gatehouse::new().saying(&line).run(&["connect", "--mock"]);
    assert!(!touched.exists(), "{refused:?}");
    let fetched = Gatehouse::new()
        .saying("fetch: https://gateway.invalid\n")
        .run(&["connect", "--mock"]);
    assert!(!fetched.stdout.contains("resolv"), "{fetched:?}");
    assert!(fetched.stdout.contains("web_fetch"), "{fetched:?}");
}

#[test]
fn the_mock_goes_on_after_a_run_that_failed_and_after_words_that_were_said_before() {
    let talked = Gatehouse::new()
        .saying("fail: on purpose\nstream: 2\nstream: 2\n/stop\n")
        .run(&["connect", "--mock"]);
    assert_eq!(talked.status, 0, "{talked:?}");
    assert!(talked.stderr.contains("on purpose"), "{talked:?}");
    assert_eq!(
        talked.stdout.matches("word1 word2").count(),
        2,
        "{talked:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_mock_that_is_asked_to_end_leaves_nothing_behind() {
    let scratch = tempfile::tempdir().unwrap();
    let (reading, _writing) = std::io::pipe().unwrap();
    let gatehouse = Gatehouse::new().env("TMPDIR", scratch.path().to_str().unwrap());
    let mut mock = gatehouse.start_reading(&["--json", "connect", "--mock"], reading.into());
    mock.line();
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
    mock.ask_to_end();
    assert_eq!(mock.wait(), 0);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_gateway_that_was_named_is_never_replaced_by_the_mock() {
    let url = nowhere();
    let done = Gatehouse::new().run(&["connect", "--url", &url]);
    assert_eq!(done.status, 4, "{done:?}");
}

#[test]
fn a_secret_that_cannot_be_read_is_a_configuration_error() {
    let done = Gatehouse::new().run(&["status", "--token-file", "/nowhere/token"]);
    assert_eq!(done.status, 78, "{done:?}");
}

#[test]
fn a_remote_gateway_is_not_tried_in_the_clear() {
    let done = Gatehouse::new().run(&["connect", "--url", "ws://gateway.example"]);
    assert_eq!(done.status, 2, "{done:?}");
    assert!(done.stderr.contains("in the clear"), "{done:?}");
}

#[test]
fn completions_and_man_pages_come_from_the_definition() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = Gatehouse::new().run(&["completions", shell]);
        assert_eq!(done.status, 0);
        assert!(done.stdout.contains("approvals"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man");
    let done = Gatehouse::new().run(&["man", path.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    for page in ["gatehouse.1", "gatehouse-approvals-watch.1"] {
        assert!(path.join(page).exists(), "{page}");
    }
}

#[test]
fn man_pages_are_answered_in_json_where_json_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man");
    let done = Gatehouse::new().run(&["--json", "man", path.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(done.json()["folder"], path.to_str().unwrap());
    assert_eq!(done.stderr, "", "nothing else is said");
    assert!(path.join("gatehouse.1").exists());
    let taken = path.join("gatehouse.1");
    let failed = Gatehouse::new().run(&["--json", "man", taken.to_str().unwrap()]);
    let error: serde_json::Value = serde_json::from_str(&failed.stderr).unwrap();
    assert_eq!((failed.status, &error["error"]["code"]), (1, &"io".into()));
}

#[test]
fn a_number_that_is_none_of_the_range_is_told_the_range() {
    for line in [
        &["sessions", "history", "main", "--limit", "-1"][..],
        &["--json", "sessions", "history", "main", "--limit", "0"],
        &["logs", "--limit", "all", "--json"],
        &["--timeout", "-1", "status"],
    ] {
        let done = Gatehouse::new().run(line);
        assert_eq!(done.status, 2, "{line:?}: {done:?}");
        let told = done.stderr.contains("it takes a whole number from 1 to");
        assert!(told, "{line:?}: {done:?}");
    }
}

/// The binary where a user without rights can run it, and that user.
#[cfg(unix)]
fn as_nobody(place: &std::path::Path, line: &[&str]) -> std::process::Output {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let gatehouse = Gatehouse::new();
    let mut command = gatehouse.command(line);
    if rustix::process::geteuid().is_root() {
        let program = place.join("gatehouse");
        if !program.exists() {
            std::fs::copy(command.get_program(), &program).unwrap();
            std::fs::set_permissions(place, PermissionsExt::from_mode(0o755)).unwrap();
        }
        command = std::process::Command::new(program);
        command
            .args(line)
            .env_clear()
            .env("HOME", "/nonexistent")
            .uid(65_534);
    }
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn the_state_folder_of_another_user_is_said_to_be_that_and_not_to_be_empty() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("state");
    std::fs::create_dir(&folder).unwrap();
    // Nobody may look, its owner neither, unless that is root, in whose place another user looks.
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o000)).unwrap();
    let named = folder.to_str().unwrap();
    for action in ["status", "stop", "token"] {
        let done = as_nobody(place.path(), &["gateway", action, "--state-dir", named]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(78), "{action}: {said}");
        assert!(said.contains("user"), "{action}: {said}");
        assert!(said.contains("sudo -u"), "{action}: {said}");
        assert!(!said.contains("no gateway runs"), "{action}: {said}");
    }
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn an_option_of_the_connection_may_stand_before_the_command() {
    let url = nowhere();
    let done = Gatehouse::new().run(&["--url", &url, "status"]);
    assert_eq!(done.status, 4, "{done:?}");
}

#[test]
fn an_error_that_nobody_reads_keeps_its_exit_status() {
    let url = nowhere();
    for line in [
        &["doctor", "--url", &url][..],
        &["status", "--url", &url],
        &["status", "--url", &url, "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Gatehouse::new()
            .command(line)
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(4), "{line:?}");
    }
}

#[test]
fn a_state_folder_that_cannot_be_used_is_a_mistake_of_the_configuration() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folder = file.join("state");
    for line in [&["gateway", "run"][..], &["gateway", "token", "--new"]] {
        let done = Gatehouse::new()
            .with("--state-dir", folder.to_str().unwrap())
            .run(line);
        assert_eq!(done.status, 78, "{line:?}: {done:?}");
        assert!(done.stderr.contains("--state-dir"), "{line:?}: {done:?}");
    }
}
