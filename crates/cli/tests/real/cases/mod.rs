//! What holds against a real gateway of either version. One gateway for all tests of a process.

mod approvals;

use std::time::{Duration, Instant};

use gatehouse_testkit::gateway::{Auth, GatewayOptions, RealGateway, Version};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub(crate) use approvals::*;

use crate::run::{Done, Gatehouse, SOON};

static SHARED: OnceCell<RealGateway> = OnceCell::const_new();

async fn shared(version: Version) -> &'static RealGateway {
    let start = || async {
        RealGateway::start(version, GatewayOptions::default())
            .await
            .unwrap()
    };
    SHARED.get_or_init(start).await
}

/// The command line as somebody uses it who is let in.
fn insider(gateway: &RealGateway) -> Gatehouse {
    let secret = match gateway.auth() {
        Auth::Token => "OPENCLAW_GATEWAY_TOKEN",
        Auth::Password => "OPENCLAW_GATEWAY_PASSWORD",
    };
    Gatehouse::new()
        .env("OPENCLAW_GATEWAY_URL", &gateway.url())
        .env(secret, gateway.secret())
        .with("--timeout", "150")
}

/// Runs it and expects it to go well, and to keep the secret to itself.
fn well(gateway: &RealGateway, line: &[&str]) -> Done {
    let done = insider(gateway).run(line);
    assert_eq!(done.status, 0, "{line:?}: {done:?}\n{}", gateway.log_tail());
    for said in [&done.stdout, &done.stderr] {
        assert!(
            !said.contains(gateway.secret()),
            "{line:?} echoes the secret"
        );
    }
    done
}

fn keys(value: &Value) -> Vec<&str> {
    let fields = value.as_object().unwrap();
    let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

pub(crate) async fn it_says_who_answers_and_how_it_is_doing(version: Version) {
    let gateway = shared(version).await;
    let greeting = well(gateway, &["connect", "--json"]).json();
    assert_eq!(greeting["protocol"], version.protocol());
    // Protocol 3 does not say by what it let somebody in.
    let by = if version == Version::V4 {
        json!("token")
    } else {
        Value::Null
    };
    assert_eq!(greeting["auth"], by);
    assert!(
        greeting["scopes"]
            .as_array()
            .unwrap()
            .contains(&json!("operator.admin"))
    );

    let status = well(gateway, &["status", "--json"]).json();
    assert_eq!(
        keys(&status),
        ["approvalsWaiting", "clients", "gateway", "raw", "sessions"]
    );
    assert_eq!(keys(&status["sessions"]), ["active", "total"]);
    let table = well(gateway, &["status"]).stdout;
    assert!(table.contains("approvals waiting"), "{table}");
    assert!(
        !table.contains('\u{1b}'),
        "no colour where there is no terminal"
    );
}

pub(crate) async fn the_doctor_finds_nothing_to_mend(version: Version) {
    let gateway = shared(version).await;
    let report = well(gateway, &["doctor", "--json"]).json();
    assert_eq!(
        (&report["ok"], &report["stoppedAt"]),
        (&json!(true), &Value::Null)
    );
    let names: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["step"])
        .collect();
    assert_eq!(
        names,
        [
            "name",
            "tcp",
            "tls",
            "upgrade",
            "challenge",
            "auth",
            "pairing",
            "scopes"
        ]
    );
}

pub(crate) async fn a_wrong_secret_and_a_refusal_have_their_own_status(version: Version) {
    let gateway = shared(version).await;
    let stranger = Gatehouse::new().with("--url", &gateway.url());
    let none = stranger.run(&["status"]);
    assert_eq!(none.status, 5, "{none:?}");

    let wrong = Gatehouse::new()
        .env("OPENCLAW_GATEWAY_TOKEN", gateway.secret())
        .with("--url", &gateway.url())
        .with("--token", "wrong-token")
        .run(&["doctor", "--json"]);
    assert_eq!(wrong.status, 5, "{wrong:?}");
    assert_eq!(
        wrong.json()["stoppedAt"],
        "auth",
        "what is given stands above the environment"
    );
    assert!(
        !format!("{wrong:?}").contains("wrong-token"),
        "no secret is echoed"
    );

    let unknown = insider(gateway).run(&["call", "no.such.method"]);
    assert_eq!(unknown.status, 3, "{unknown:?}");
    let refused = insider(gateway).run(&["call", "sessions.list", r#"{"nonsense": 1}"#]);
    assert_eq!(refused.status, 3, "{refused:?}");
    assert!(refused.stdout.is_empty());
}

pub(crate) async fn a_message_is_answered_and_found_again(version: Version) {
    let gateway = shared(version).await;
    let words: Vec<String> = (1..=40).map(|n| format!("word{n}")).collect();
    let session = "agent:main:said";
    let said = well(gateway, &["send", "--session", session, "stream: 40"]);
    assert_eq!(
        said.stdout.trim(),
        words.join(" "),
        "the answer is printed once, whole"
    );
    let again = well(
        gateway,
        &["send", "--session", session, "--json", "hello again"],
    )
    .json();
    let told = ["error", "runId", "session", "state", "stopReason", "text"];
    assert_eq!(keys(&again), told);
    assert_eq!(again["state"], "final");

    let list = well(gateway, &["sessions", "list", "--json"]).json();
    let row = list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["key"] == session);
    let row = row.unwrap_or_else(|| panic!("{list:#}"));
    assert_eq!(
        keys(row),
        [
            "active",
            "agentId",
            "costUsd",
            "key",
            "kind",
            "model",
            "sessionId",
            "status",
            "title",
            "totalTokens",
            "updatedAt"
        ]
    );
    let main = well(gateway, &["sessions", "list", "--json", "--kind", "main"]).json();
    for session in main["sessions"].as_array().unwrap_or(&Vec::new()) {
        assert_eq!(session["key"], "agent:main:main");
    }
    let none = well(gateway, &["sessions", "list", "--json", "--kind", "group"]).json();
    assert_eq!(none, json!({"sessions": []}));

    let history = well(gateway, &["sessions", "history", session, "--json"]).json();
    let messages = history["messages"].as_array().unwrap();
    let texts: Vec<_> = messages.iter().filter_map(|m| m["text"].as_str()).collect();
    assert!(
        texts.iter().any(|text| text.trim() == words.join(" ")),
        "{texts:?}"
    );
    let shown = well(gateway, &["sessions", "history", session, "--limit", "1"]).stdout;
    assert_eq!(shown.matches("assistant").count(), 1, "{shown}");
}

pub(crate) async fn a_search_finds_what_was_said_or_says_that_it_cannot(version: Version) {
    let gateway = shared(version).await;
    let session = "agent:main:sought";
    well(gateway, &["send", "--session", session, "a needle in it"]);
    let found = well(gateway, &["sessions", "search", "needle", "--json"]);
    match version {
        Version::V4 => {
            let hits = found.json()["hits"].as_array().unwrap().clone();
            assert!(
                hits.iter().any(|hit| hit["sessionKey"] == session),
                "{hits:?}"
            );
        }
        Version::V3 => assert!(found.stderr.contains("cannot search"), "{found:?}"),
    }
}

pub(crate) async fn a_session_that_is_not_there_is_told_from_one_that_is_empty(version: Version) {
    let gateway = shared(version).await;
    for key in ["nope", "agent:nope:main", "agent:main:nope"] {
        for action in ["history", "kill"] {
            let line = ["sessions", action, key];
            let done = insider(gateway).run(&line);
            assert_eq!(done.status, 3, "{line:?}: {done:?}");
        }
    }
    well(gateway, &["sessions", "history", "main"]);
    well(gateway, &["sessions", "history", "agent:main:main"]);
}

pub(crate) async fn a_task_gets_a_session_of_its_own(version: Version) {
    let gateway = shared(version).await;
    let spawned = well(gateway, &["spawn", "--task", "a task of its own", "--json"]).json();
    let key = spawned["key"].as_str().unwrap();
    let begun = Instant::now();
    loop {
        let history = well(gateway, &["sessions", "history", key]).stdout;
        if history.contains("assistant") {
            assert!(history.contains("a task of its own"), "{history}");
            break;
        }
        assert!(begun.elapsed() < SOON, "no answer: {history}");
        std::thread::sleep(Duration::from_millis(300));
    }
    let dear = insider(gateway).run(&["spawn", "--task", "x", "--budget", "1"]);
    assert_eq!(
        dear.status, 3,
        "a budget that nobody keeps is refused: {dear:?}"
    );
}

pub(crate) async fn a_run_is_stopped_and_its_session_stays(version: Version) {
    let gateway = shared(version).await;
    let session = "agent:main:stopped";
    let mut sending =
        insider(gateway).start(&["send", "--session", session, "--json", "slow: never mind"]);
    let begun = Instant::now();
    // A gateway of protocol 4 that stops a run before its model is asked says that nothing was running.
    while gateway.model().stalled() == 0 {
        assert_eq!(sending.ended(), None, "the message was not taken");
        assert!(begun.elapsed() < SOON, "the model is never asked");
        std::thread::sleep(Duration::from_millis(50));
    }
    // One of protocol 3 does not say what is at work.
    if version == Version::V4 {
        let list = well(gateway, &["sessions", "list", "--active", "--json"]).json();
        let active = list["sessions"].as_array().unwrap();
        assert!(active.iter().any(|row| row["key"] == session), "{list}");
    }
    let stopped = well(gateway, &["sessions", "kill", session, "--json"]).json();
    assert_eq!(keys(&stopped), ["aborted", "key", "runIds"]);
    assert_eq!(stopped["aborted"], true, "{stopped}");
    drop(sending);
    let again = well(gateway, &["sessions", "kill", session]).stdout;
    assert_eq!(again.trim(), "nothing was running");
}

pub(crate) async fn the_log_is_read(version: Version) {
    let gateway = shared(version).await;
    well(gateway, &["status"]);
    let log = well(gateway, &["logs", "--json", "--limit", "20"]).stdout;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty() && lines.len() <= 20, "{}", lines.len());
    assert!(lines.iter().all(|line| line["raw"].is_string()));
}

/// Declares every case as a test of one version.
macro_rules! all {
    ($version:expr) => {
        cases::all!($version,
            it_says_who_answers_and_how_it_is_doing
            the_doctor_finds_nothing_to_mend
            a_wrong_secret_and_a_refusal_have_their_own_status
            a_message_is_answered_and_found_again
            a_search_finds_what_was_said_or_says_that_it_cannot
            a_session_that_is_not_there_is_told_from_one_that_is_empty
            a_task_gets_a_session_of_its_own
            a_run_is_stopped_and_its_session_stays
            the_log_is_read
            an_approval_is_watched_decided_once_and_read_back
            a_denial_and_an_expiry_are_told_apart
            an_answer_that_only_ours_takes_is_refused_before_it_is_sent);
    };
    ($version:expr, $($case:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            cases::$case($version).await;
        }
    )* };
}
pub(crate) use all;
