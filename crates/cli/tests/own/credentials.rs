//! Credentials from a terminal: where their master key is kept, and how a value is typed.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::{OwnGateway, TOKEN};
use crate::run::{Done, Gatehouse};

const VALUE: &str = "ghp_Zm9vYmFyYmF6cXV4MDEyMzQ1";
const SET: [&str; 5] = ["credentials", "set", "github", "--tool", "exec"];

/// A file for its owner alone.
fn file(folder: &Path, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn listed(gateway: &OwnGateway) -> Value {
    let listed = gateway.gatehouse().run(&["credentials", "list", "--json"]);
    assert_eq!(listed.status, 0, "{listed:?}\n{}", gateway.log());
    assert!(!listed.stdout.contains(VALUE));
    listed.json()
}

#[test]
fn a_passphrase_opens_what_it_closed_and_another_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let right = file(folder.path(), "right", "correct horse battery\n");
    let wrong = file(folder.path(), "wrong", "another one entirely\n");
    let options = |path| ["--credential-passphrase-file", path];
    let gateway = OwnGateway::start_with(&options(&right));
    let set = gateway.gatehouse().saying(VALUE).run(&SET);
    assert_eq!(set.status, 0, "{set:?}\n{}", gateway.log());

    let gateway = gateway.killed_and_back_with(&options(&right));
    let rotated = gateway
        .gatehouse()
        .run(&["credentials", "rotate-master-key"]);
    assert_eq!(rotated.status, 0, "the key is at hand: {rotated:?}");
    assert!(listed(&gateway).to_string().contains("github"));

    let state = gateway.state_dir().to_owned();
    Gatehouse::new()
        .with("--state-dir", state.to_str().unwrap())
        .run(&["gateway", "stop"]);
    let refused: Done = Gatehouse::new()
        .with("--state-dir", state.to_str().unwrap())
        .with("--credential-passphrase-file", &wrong)
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .run(&["gateway", "run", "--port", "0"]);
    assert_ne!(refused.status, 0, "{refused:?}");
    assert!(refused.stderr.contains("passphrase"), "{refused:?}");
    assert!(!refused.stderr.contains("another one entirely"));
}

#[test]
fn an_agent_does_not_reach_the_files_that_were_named_for_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("master-keys");
    let key = key.to_str().unwrap();
    let gateway = OwnGateway::start_with(&["--credential-key-file", key]);
    let set = gateway.gatehouse().saying(VALUE).run(&SET);
    assert_eq!(set.status, 0, "{set:?}\n{}", gateway.log());
    assert!(Path::new(key).exists(), "the key is in the file");
    for command in [
        format!("cat {key}"),
        format!("cp {key} x"),
        format!("echo x > {key}"),
        format!("rm {key}"),
    ] {
        let params = json!({ "command": command }).to_string();
        let judged =
            gateway
                .gatehouse()
                .run(&["call", "gatehouse.policy.check", &params, "--json"]);
        let verdict = judged.json();
        assert!(
            verdict.to_string().contains("\"verdict\":\"deny\""),
            "{command}: {verdict}"
        );
    }
}

#[test]
fn a_value_that_is_typed_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("master-keys");
    let gateway = OwnGateway::start_with(&["--credential-key-file", key.to_str().unwrap()]);
    let line = format!("{} {}", env!("CARGO_BIN_EXE_gatehouse"), SET.join(" "));
    let mut child = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("HOME", folder.path())
        .env("OPENCLAW_GATEWAY_URL", &gateway.url)
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut shown = String::new();
    let mut buffer = [0; 256];
    // The echo is off when it has asked.
    while !shown.contains(':') {
        let count = stdout.read(&mut buffer).unwrap();
        assert!(count > 0, "it does not ask: {shown}");
        shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{VALUE}").unwrap();
    stdout.read_to_string(&mut shown).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains(VALUE), "{shown}");
    assert!(listed(&gateway).to_string().contains("github"), "{shown}");
}
