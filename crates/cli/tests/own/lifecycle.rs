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
