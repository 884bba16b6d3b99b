//! The control UI that a headless gateway serves, in a real browser.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::{OwnGateway, TOKEN};
use crate::run::SOON;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/tests/control");

#[test]
fn a_person_signs_in_talks_and_decides_in_the_page_and_the_credential_stays_nowhere() {
    let gateway = OwnGateway::start();
    let told = in_a_browser("page.mjs", &gateway);
    assert_eq!(told["found"], json!([]), "the credential was found");
    assert_eq!(told["complaints"], json!([]));
    let cookies = told["cookies"].as_array().unwrap();
    assert!(
        cookies
            .iter()
            .all(|cookie| cookie["httpOnly"] == true && cookie["sameSite"] == "Strict"),
        "{told}"
    );
    let file = gateway.state_dir().join("workspace/from-the-page.txt");
    let until = std::time::Instant::now() + SOON;
    while !file.exists() {
        assert!(std::time::Instant::now() < until, "the command did not run");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn more_tabs_of_a_browser_than_it_has_connections_all_show_an_approval_and_what_became_of_it() {
    let gateway = OwnGateway::start();
    let told = in_a_browser("tabs.mjs", &gateway);
    assert_eq!(told["complaints"], json!([]));
}

/// Runs a script at the gateway, in which there is a main session, and gives what it tells.
fn in_a_browser(script: &str, gateway: &OwnGateway) -> Value {
    let made = json!({"key": "agent:main:main"}).to_string();
    let made = gateway.gatehouse().run(&["call", "sessions.create", &made]);
    assert_eq!(made.status, 0, "{made:?}");
    let address = gateway.url.replacen("ws://", "http://", 1);
    let mut child = Command::new(gatehouse_testkit::peers::node().unwrap())
        .args([script, &address])
        .current_dir(SCRIPTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(TOKEN.as_bytes()).unwrap();
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{err}\n{}", gateway.log());
    serde_json::from_str(&out).unwrap()
}
