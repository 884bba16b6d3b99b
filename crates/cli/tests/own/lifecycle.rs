//! Starting, looking after and ending a headless gateway.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;

use crate::gateway::OwnGateway;
use crate::run::Gatehouse;

#[test]
fn a_gateway_is_seen_asked_and_ended() {
    let mut gateway = OwnGateway::start();
    let folder = gateway.state_dir().to_str().unwrap().to_owned();
    let here = || Gatehouse::new().with("--state-dir", &folder);

    let status = here().run(&["gateway", "status", "--json"]);
    assert_eq!(status.status, 0, "{status:?}");
    assert_eq!(status.json()["gateway"]["pid"], gateway.pid());
    let health = gateway.gatehouse().run(&["gateway", "health"]);
    assert_eq!(
        (health.status, health.stdout.trim()),
        (0, "ok"),
        "{health:?}"
    );
    let by_folder = here()
        .with("--token", crate::gateway::TOKEN)
        .run(&["gateway", "health"]);
    assert_eq!(by_folder.status, 0, "{by_folder:?}");
    let second = here().run(&["gateway", "run", "--port", "0"]);
    assert_eq!(
        second.status, 1,
        "one state folder has one gateway: {second:?}"
    );

    let stopped = here().run(&["gateway", "stop"]);
    assert_eq!(stopped.status, 0, "{stopped:?}\n{}", gateway.log());
    assert_eq!(
        gateway.ended(),
        Some(0),
        "a stop that was asked for is no failure"
    );
    for line in [&["gateway", "status"], &["gateway", "health"]] {
        let after = here().run(line);
        assert_eq!(after.status, 4, "{line:?}: {after:?}");
    }
}

#[test]
fn what_goes_to_the_log_follows_the_configuration() {
    let gateway = OwnGateway::configured(&json!({"logging": {"level": "error"}}));
    let file = gateway.state_dir().join("gatehouse.json");
    assert_eq!(gateway.log(), "", "an info line is no error");
    let mut edits = 0;
    while !gateway.log().contains("the configuration changed") {
        edits += 1;
        assert!(edits < 200, "the level stays as it was");
        let edit = json!({
            "logging": {"level": "info"},
            "gateway": {"reload": {"debounceMs": 20}, "tools": {"deny": [edits.to_string()]}},
        });
        std::fs::write(&file, edit.to_string()).unwrap();
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn what_cannot_be_configured_ends_with_78() {
    let folder = tempfile::tempdir().unwrap();
    let here = || Gatehouse::new().with("--state-dir", folder.path().to_str().unwrap());
    for line in [
        &["gateway", "run", "--bind", "lan", "--auth", "none"][..],
        &["gateway", "run", "--auth", "password"],
        &["gateway", "run", "--token-file", "/nowhere/token"],
    ] {
        let done = here().run(line);
        assert_eq!(done.status, 78, "{line:?}: {done:?}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let done = here().run(&["gateway", "run", "--auth", "none", "--port", &port]);
    assert_eq!(
        done.status, 1,
        "a port that is taken is no mistake of the configuration: {done:?}"
    );
    assert!(done.stderr.contains("--port"), "{done:?}");
}

#[test]
fn a_token_is_made_once_and_only_its_hash_is_kept_where_there_is_no_keychain() {
    let folder = tempfile::tempdir().unwrap();
    let here = || Gatehouse::new().with("--state-dir", folder.path().to_str().unwrap());
    let made = here().run(&["gateway", "token", "--new"]);
    assert_eq!(made.status, 0, "{made:?}");
    let token = made.stdout.trim();
    assert!(token.len() >= 43, "256 bits: {token}");
    let again = here().run(&["gateway", "token"]);
    assert_eq!(again.status, 78, "{again:?}");
    for entry in walk(folder.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(token), "{} holds the token", entry.display());
    }
}

/// What is said of a made token, in JSON.
fn told_token(lines: &str) -> String {
    let mut lines = lines.lines().map(|line| {
        serde_json::from_str::<serde_json::Value>(line)
            .unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let told = lines.find(|line| line["event"] == "tokenMade").unwrap();
    told["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_that_a_start_made_is_one_named_line_and_is_told_also_where_the_start_fails() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "short").unwrap();
    let gatehouse = Gatehouse::new().with("--state-dir", state);
    // It fails before anything listens, and after the hash of the token is kept.
    let failed = gatehouse.run(&[
        "--json",
        "gateway",
        "run",
        "--port",
        "0",
        "--credential-passphrase-file",
        wrong.to_str().unwrap(),
    ]);
    assert_eq!(failed.status, 78, "{failed:?}");
    let token = told_token(&failed.stdout);
    assert!(!failed.stderr.contains(&token), "{failed:?}");

    let running = gatehouse.start(&["--json", "gateway", "run", "--port", "0"]);
    let listening = running.json();
    assert_eq!(listening["event"], "listening", "{listening}");
    let url = listening["gateway"]["url"].as_str().unwrap();
    let asked = Gatehouse::new()
        .with("--url", url)
        .with("--token", &token)
        .run(&["status"]);
    assert_eq!(
        asked.status, 0,
        "it is the one of the next start: {asked:?}"
    );

    let fresh = tempfile::tempdir().unwrap();
    let fresh = Gatehouse::new().with("--state-dir", fresh.path().to_str().unwrap());
    let running = fresh.start(&["--json", "gateway", "run", "--port", "0"]);
    assert_eq!(running.json()["event"], "listening");
    assert_eq!(running.json()["event"], "tokenMade");
}

#[test]
fn a_wrong_passphrase_of_the_devices_file_is_told_as_one() {
    let gateway = OwnGateway::start();
    let home = tempfile::tempdir().unwrap();
    let run = |passphrase: Option<&str>| {
        let asked = gateway
            .gatehouse()
            .with("--device", "file")
            .env("GATEHOUSE_STATE_DIR", home.path().to_str().unwrap());
        let asked = match passphrase {
            Some(passphrase) => asked.env("GATEHOUSE_PASSPHRASE", passphrase),
            None => asked,
        };
        asked.run(&["status", "--json"])
    };
    let made = run(Some("the right passphrase"));
    assert_eq!(made.status, 0, "{made:?}");
    for (passphrase, code) in [
        (Some("another passphrase"), "wrongPassphrase"),
        (None, "passphraseNeeded"),
    ] {
        let refused = run(passphrase);
        assert_eq!(refused.status, 78, "{refused:?}");
        let error: serde_json::Value = serde_json::from_str(&refused.stderr).unwrap();
        assert_eq!(error["error"]["code"], code, "{refused:?}");
        assert!(!refused.stderr.contains("keychain"), "{refused:?}");
    }
}

#[test]
fn a_refusal_of_a_call_is_printed_whole() {
    let gateway = OwnGateway::start();
    let line = ["call", "config.set", r#"{"raw": "{gateway: {port: 'x'}}"}"#];
    let hash = gateway.gatehouse().run(&["call", "config.get"]).json()["hash"].clone();
    let params = json!({"raw": "{gateway: {port: 'x'}}", "baseHash": hash}).to_string();
    let line = [line[0], line[1], params.as_str()];
    let plain = gateway.gatehouse().run(&line);
    assert_eq!(plain.status, 3, "{plain:?}");
    for part in [
        "code: INVALID_REQUEST",
        "details: ",
        "gateway.port",
        "retryable: false",
    ] {
        assert!(plain.stderr.contains(part), "{part}: {plain:?}");
    }
    let told = gateway.gatehouse().run(&[&line[..], &["--json"]].concat());
    let error: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
    let refusal = &error["error"]["refusal"];
    assert_eq!(refusal["code"], "INVALID_REQUEST", "{told:?}");
    assert_eq!(refusal["details"]["issues"][0]["path"], "gateway.port");
}

#[test]
fn what_a_request_logs_stands_under_its_id() {
    let gateway = OwnGateway::configured(&json!({"logging": {"level": "debug"}}));
    for method in ["no.such.method", "config.set"] {
        let refused = gateway.gatehouse().run(&["call", method]);
        assert_eq!(refused.status, 3, "{refused:?}");
    }
    let mut page = std::net::TcpStream::connect(("127.0.0.1", gateway.port())).unwrap();
    let ask =
        "GET /ready?token=not-for-a-log HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    page.write_all(ask.as_bytes()).unwrap();
    page.read_to_string(&mut String::new()).unwrap();
    let log = std::fs::read_to_string(gateway.state_dir().join("gateway.log")).unwrap();
    let lines = log.lines().map(|line| {
        serde_json::from_str::<serde_json::Value>(line)
            .unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let lines: Vec<_> = lines.collect();
    let of_page = lines.iter().find(|line| line["span"]["name"] == "http");
    let span = &of_page.unwrap_or_else(|| panic!("{log}"))["span"];
    assert!(span["id"].is_u64(), "{span}");
    assert_eq!(span["path"], "/ready", "without what may sign somebody in");
    assert!(!log.contains("not-for-a-log"));
    for method in ["no.such.method", "config.set"] {
        let of_it = lines.iter().find(|line| line["span"]["method"] == method);
        let span = &of_it.unwrap_or_else(|| panic!("{method}: {log}"))["span"];
        let id = span["id"].as_str().unwrap_or_default();
        assert!(!id.is_empty(), "the client's own id: {span}");
        assert!(span["conn"].is_u64(), "and the connection: {span}");
    }
}

#[test]
fn no_secret_reaches_the_log() {
    let gateway = OwnGateway::start();
    let wrong = Gatehouse::new()
        .with("--url", &gateway.url)
        .with("--token", "a-wrong-token-9b1c")
        .run(&["connect"]);
    assert_eq!(wrong.status, 5, "{wrong:?}");
    gateway.gatehouse().run(&["status"]);
    let log = gateway.log();
    for secret in [crate::gateway::TOKEN, "a-wrong-token-9b1c"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn a_certificate_made_here_is_pinned_and_no_other_is_trusted() {
    let gateway = OwnGateway::start_with(&["--tls-self-signed"]);
    assert!(gateway.url.starts_with("wss://"), "{}", gateway.url);
    let unknown = gateway.gatehouse().run(&["doctor", "--json"]);
    assert_eq!(unknown.status, 4, "{unknown:?}");
    assert_eq!(unknown.json()["stoppedAt"], "tls");
    let seen = unknown.json()["steps"][2]["outcome"]["problem"]["detail"].clone();
    let pin = seen
        .as_str()
        .expect("the fingerprint that was seen is told")
        .to_owned();
    assert!(
        same_pin(&pin, gateway.fingerprint.as_deref().unwrap()),
        "{pin}"
    );
    let pinned = gateway.gatehouse().with("--pin", &pin).run(&["connect"]);
    assert_eq!(pinned.status, 0, "{pinned:?}");
    let other = gateway
        .gatehouse()
        .with("--pin", &"ab".repeat(32))
        .run(&["status", "--json"]);
    assert_eq!(other.status, 4, "{other:?}");
    assert!(other.stderr.contains("pinMismatch"), "{other:?}");
}

fn same_pin(one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        let text = text.to_lowercase().replace("sha256:", "");
        text.replace(':', "")
    };
    digits(one) == digits(other)
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gatehouse.json"), "{gateway: {prot: 1}}").unwrap();
    let done = Gatehouse::new()
        .with("--state-dir", folder.path().to_str().unwrap())
        .run(&["gateway", "run"]);
    assert_eq!(done.status, 78, "{done:?}");
    assert!(done.stderr.contains("gateway.prot"), "{done:?}");
    assert!(
        done.stderr.contains("port"),
        "it says what was meant: {done:?}"
    );
}

#[test]
fn the_health_of_a_gateway_is_asked_where_its_folder_says_that_it_listens() {
    let gateway = OwnGateway::start();
    let folder = gateway.state_dir().to_str().unwrap();
    let here = |folder: &str| {
        Gatehouse::new()
            .env("GATEHOUSE_STATE_DIR", folder)
            .env("OPENCLAW_GATEWAY_TOKEN", crate::gateway::TOKEN)
    };
    let health = here(folder).run(&["gateway", "health"]);
    assert_eq!(health.status, 0, "{health:?}");
    assert_eq!(health.stdout.trim(), "ok", "{health:?}");
    let addressed = here(folder)
        .env("OPENCLAW_GATEWAY_URL", "ws://127.0.0.1:1")
        .run(&["gateway", "health"]);
    assert_eq!(addressed.status, 4, "an address goes first: {addressed:?}");
    let empty = tempfile::tempdir().unwrap();
    let nobody = here(empty.path().to_str().unwrap()).run(&["gateway", "health"]);
    assert_eq!(nobody.status, 4, "{nobody:?}");
    assert!(nobody.stderr.contains("no gateway runs in"), "{nobody:?}");
}

#[test]
fn a_configuration_that_ends_too_soon_is_wrong_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\n  gateway: {\n    port: 1,\n";
    std::fs::write(folder.path().join("gatehouse.json"), text).unwrap();
    let done = Gatehouse::new()
        .with("--state-dir", folder.path().to_str().unwrap())
        .run(&["gateway", "run"]);
    assert_eq!(done.status, 78, "{done:?}");
    assert!(done.stderr.contains("line 3 column 13"), "{done:?}");
}

#[test]
fn a_log_that_is_followed_goes_on_when_the_gateway_is_back() {
    let gateway = OwnGateway::start();
    let following = gateway.gatehouse().start(&["logs", "--follow", "--json"]);
    let starts = || loop {
        if following.json()["raw"]
            .to_string()
            .contains("takes connections")
        {
            return;
        }
    };
    starts();
    let _back = gateway.killed_and_back();
    starts();
}

#[test]
fn a_page_of_ones_own_stands_in_place_of_ours() {
    let page = tempfile::tempdir().unwrap();
    std::fs::write(page.path().join("index.html"), "a page of my own").unwrap();
    let gateway = OwnGateway::configured(&json!({"gateway": {"controlUi": {"root": page.path()}}}));
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", gateway.port())).unwrap();
    let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("a page of my own"), "{answer}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
