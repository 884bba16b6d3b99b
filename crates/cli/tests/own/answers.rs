//! Approvals answered from a terminal in all their forms: several at once, by a pattern, with another command in place.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::{OwnGateway, TOKEN};
use crate::ours::{eventually, well};
use crate::run::{Done, Running};

/// A gateway with somebody there who is shown what is asked, and the runs that ask.
struct Desk {
    gateway: OwnGateway,
    _watcher: Running,
    runs: Vec<Running>,
}

impl Desk {
    fn start() -> Self {
        let gateway = OwnGateway::start();
        let _watcher = gateway.gatehouse().start(&["approvals", "watch", "--json"]);
        Self {
            gateway,
            _watcher,
            runs: Vec::new(),
        }
    }

    /// What waits, as it is listed.
    fn listed(&self) -> Vec<Value> {
        let list = well(&self.gateway, &["approvals", "list", "--json"]).json();
        list["approvals"].as_array().unwrap().clone()
    }

    /// Has a session of its own ask about a command, and gives the question once it waits.
    fn asks(&mut self, session: &str, command: &str) -> Question {
        let message = format!("exec: {command}");
        let line = ["send", "--session", session, "--json", &message];
        self.runs.push(self.gateway.gatehouse().start(&line));
        let found = eventually(|| {
            let waiting = self.listed().into_iter();
            waiting
                .filter(|one| one["request"] == command)
                .find(|one| one["sessionKey"].as_str().unwrap().contains(session))
        });
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        Question {
            id: text("id"),
            digest: text("digest"),
        }
    }

    fn run(&self, line: &[&str]) -> Done {
        let line = [&["approvals"], line].concat();
        self.gateway.gatehouse().run(&line)
    }

    fn waits(&self, question: &Question) -> bool {
        self.listed().iter().any(|one| one["id"] == question.id)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.gateway.state_dir().join("workspace").join(name)
    }

    fn comes(&self, name: &str) {
        let file = self.file(name);
        eventually(|| file.exists().then_some(()));
    }
}

struct Question {
    id: String,
    digest: String,
}

impl Question {
    fn as_listed(&self) -> String {
        format!("{}/{}", self.id, self.digest)
    }
}

#[test]
fn several_are_answered_in_one_go_as_they_were_listed() {
    let mut desk = Desk::start();
    let one = desk.asks("one", "touch one.txt");
    let two = desk.asks("two", "touch two.txt");
    let done = desk.run(&["allow", &one.as_listed(), &two.id, "--json"]);
    assert_eq!(done.status, 0, "{done:?}");
    let results = done.json()["results"].clone();
    for (at, question) in [(0, &one), (1, &two)] {
        assert_eq!(results[at]["id"], question.id);
        assert_eq!(results[at]["applied"], true, "{results}");
        assert_eq!(results[at]["record"]["status"], "allowed", "{results}");
    }
    desk.comes("one.txt");
    desk.comes("two.txt");
}

#[test]
fn what_is_not_as_it_was_listed_is_refused_and_holds_up_no_other() {
    let mut desk = Desk::start();
    let kept = desk.asks("kept", "touch kept.txt");
    let denied = desk.asks("denied", "touch denied.txt");
    let changed = format!("{}/{}", kept.id, denied.digest);
    let alone = desk.run(&["allow", &changed]);
    assert_eq!(alone.status, 3, "{alone:?}");
    assert!(alone.stderr.contains("nothing was sent"), "{alone:?}");
    let line = ["deny", &changed, &denied.id, "gone", "--reason", "not now"];
    let done = desk.run(&[&line[..], &["--json"]].concat());
    assert_eq!(done.status, 3, "{done:?}");
    let results = done.json()["results"].clone();
    assert_eq!(results[0]["error"]["code"], "changed", "{results}");
    assert_eq!(results[1]["record"]["status"], "denied", "{results}");
    assert_eq!(results[2]["error"]["code"], "notWaiting", "{results}");
    assert!(desk.waits(&kept), "it was not answered");
    let told = desk.run(&["deny", &kept.id, &denied.id]);
    assert_eq!(told.status, 3, "one was answered before: {told:?}");
    assert!(!desk.waits(&kept));
    assert!(told.stderr.contains("1 of 2 answers counted"), "{told:?}");
}

#[test]
fn what_is_dangerous_is_not_allowed_with_others() {
    let mut desk = Desk::start();
    let harmless = desk.asks("harmless", "touch harmless.txt");
    let dangerous = desk.asks("dangerous", "git push --force origin main");
    let done = desk.run(&["allow", &dangerous.id, &harmless.id, "--json"]);
    assert_eq!(done.status, 3, "{done:?}");
    let results = done.json()["results"].clone();
    assert_eq!(results[0]["error"]["code"], "APPROVAL_ONE_BY_ONE");
    assert_eq!(results[1]["applied"], true, "{results}");
    assert!(desk.waits(&dangerous));
}

#[test]
fn several_are_named_once_each_and_allowed_once() {
    let gateway = OwnGateway::start();
    for line in [
        &["approvals", "allow", "a", "b", "--session"][..],
        &["approvals", "allow", "a", "b", "--pattern", "x *", "--yes"],
        &["approvals", "deny", "a", "b", "a"],
    ] {
        let done = gateway.gatehouse().run(line);
        assert_eq!(done.status, 2, "{line:?}: {done:?}");
    }
}

#[test]
fn a_pattern_is_granted_with_an_end_after_what_it_would_have_allowed_was_shown() {
    let mut desk = Desk::start();
    let first = desk.asks("main", "touch a.txt");
    assert_eq!(desk.run(&["allow", &first.id]).status, 0);
    desk.comes("a.txt");
    let second = desk.asks("second", "touch b.txt");
    let pattern = ["allow", &second.id, "--pattern", "touch *.txt"];
    let unasked = desk.run(&pattern);
    assert_eq!(unasked.status, 2, "nobody could be asked: {unasked:?}");
    assert!(desk.waits(&second), "and nothing was granted");

    let done = desk.run(&[&pattern[..], &["--until", "7d", "--yes", "--json"]].concat());
    assert_eq!(done.status, 0, "{done:?}");
    let granted = done.json();
    assert_eq!(granted["applied"], true);
    assert_eq!(granted["record"]["choice"], "always");
    let seen = granted["preview"]["matches"].to_string();
    assert!(seen.contains("touch a.txt"), "{seen}");
    desk.comes("b.txt");
    well(
        &desk.gateway,
        &["send", "--session", "third", "exec: touch c.txt"],
    );
    desk.comes("c.txt");
    let grants = desk.run(&["grants", "list", "--json"]).json();
    let grant = &grants["grants"][0];
    assert_eq!(
        (&grant["kind"], &grant["text"]),
        (&json!("pattern"), &json!("touch *.txt"))
    );
    let holds = grant["expiresAt"].as_u64().unwrap() - grant["createdAt"].as_u64().unwrap();
    let week = 7 * 24 * 60 * 60 * 1000;
    assert!(holds.abs_diff(week) < 60_000, "a week, not {holds} ms");
}

#[test]
fn what_is_no_pattern_or_over_already_decides_nothing() {
    let mut desk = Desk::start();
    let asked = desk.asks("main", "touch a.txt");
    for (terms, status) in [
        (&["--pattern", "*", "--yes"][..], 3),
        (&["--pattern", "cargo test *", "--yes"], 3),
        (&["--always", "--until", "2020-01-01"], 2),
        (&["--always", "--until", "91d"], 3),
        (&["--edit", " "], 2),
    ] {
        let line = [&["allow", &asked.id], terms].concat();
        let done = desk.run(&line);
        assert_eq!(done.status, status, "{line:?}: {done:?}");
    }
    assert!(desk.waits(&asked));
}

/// Runs it at a terminal and types a line when it asks.
fn typed(gateway: &OwnGateway, line: &str, says: &str) -> (bool, String) {
    let line = format!("{} approvals {line}", env!("CARGO_BIN_EXE_gatehouse"));
    let mut child = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("HOME", gateway.state_dir())
        .env("OPENCLAW_GATEWAY_URL", &gateway.url)
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut shown = String::new();
    let mut buffer = [0; 256];
    while !shown.contains("[y/N]") {
        let count = stdout.read(&mut buffer).unwrap();
        assert!(count > 0, "it does not ask: {shown}");
        shown.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{says}").unwrap();
    stdout.read_to_string(&mut shown).unwrap();
    drop(stdin);
    (child.wait().unwrap().success(), shown)
}

#[test]
fn a_person_at_a_terminal_is_asked_about_a_pattern() {
    let mut desk = Desk::start();
    let asked = desk.asks("main", "touch a.txt");
    let line = format!("allow {} --pattern 'touch *'", asked.id);
    let (well, shown) = typed(&desk.gateway, &line, "");
    assert!(!well, "{shown}");
    assert!(shown.contains("pattern  touch *"), "{shown}");
    assert!(shown.contains("would have allowed"), "{shown}");
    assert!(desk.waits(&asked), "a line break alone is a no");
    let (well, shown) = typed(&desk.gateway, &line, "y");
    assert!(well, "{shown}");
    desk.comes("a.txt");
}

#[test]
fn another_command_in_its_place_is_asked_about_by_itself() {
    let mut desk = Desk::start();
    let asked = desk.asks("main", "touch asked.txt");
    let done = desk.run(&["allow", &asked.id, "--edit", "touch edited.txt", "--json"]);
    assert_eq!(done.status, 0, "{done:?}");
    let edited = done.json();
    assert_eq!(edited["record"]["edited"], "touch edited.txt", "{edited}");
    assert_eq!(edited["asked"]["request"], "touch edited.txt", "{edited}");
    let next = edited["asked"]["id"].as_str().unwrap();
    assert_ne!(next, asked.id);
    assert!(!desk.file("edited.txt").exists(), "it is asked about first");
    assert_eq!(desk.run(&["allow", next]).status, 0);
    desk.comes("edited.txt");
    assert!(!desk.file("asked.txt").exists());
}

#[test]
fn a_yes_that_was_used_is_not_taken_back() {
    let mut desk = Desk::start();
    let asked = desk.asks("main", "touch used.txt");
    assert_eq!(desk.run(&["allow", &asked.id]).status, 0);
    desk.comes("used.txt");
    let done = desk.run(&["revoke", &asked.id]);
    assert_eq!(done.status, 3, "{done:?}");
    let told = done.stderr.replace('\n', " ");
    assert!(told.contains("grants revoke"), "{told}");
}
