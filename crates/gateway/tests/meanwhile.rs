//! What happens while something runs: what is written to a script that a shell is still reading, what one session
//! hears of another by a process, and what it may hand to another agent.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use support::{TestGateway, Wire, another_person};
use tokio::task::JoinHandle;

const MAIN: &str = "agent:main:main";
const OTHER: &str = "agent:main:other";

/// A gateway with the policy that it begins with, and a person.
struct Bench {
    gateway: TestGateway,
    person: Wire,
}

impl Bench {
    async fn new() -> Self {
        let gateway = TestGateway::start().await;
        fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
        Self {
            person: another_person(&gateway).await,
            gateway,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        let workspace = self.gateway.state.path().join("workspace");
        workspace.canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    async fn call(&self, session: &str, name: &str, args: Value) -> JoinHandle<Value> {
        let mut wire = self
            .gateway
            .client(&["operator.read", "operator.write"])
            .await;
        let params = json!({"name": name, "args": args, "sessionKey": session});
        tokio::spawn(async move { wire.ask("tools.invoke", params).await })
    }

    /// A call that nobody is asked about.
    async fn runs(&self, session: &str, name: &str, args: Value) -> Value {
        let call = self.call(session, name, args.clone()).await;
        let ended = tokio::time::timeout(Duration::from_secs(120), call).await;
        let answer = ended.unwrap_or_else(|_| panic!("it is asked about: {args}"));
        let answer = answer.unwrap();
        assert_eq!(answer["ok"], true, "{args}: {answer}");
        answer
    }

    /// A call that is asked about, and denied; why it was asked about.
    async fn is_asked(&mut self, name: &str, args: Value) -> String {
        let call = self.call(MAIN, name, args).await;
        let question = self.person.event("exec.approval.requested").await["payload"].clone();
        let deny = json!({"id": question["id"], "decision": "deny"});
        self.person.ask("gatehouse.approvals.resolve", deny).await;
        assert_eq!(call.await.unwrap()["ok"], false);
        question["request"]["analysis"]["findings"].to_string()
    }

    async fn background(&self, command: &str) -> String {
        let args = json!({"command": command, "background": true});
        let answer = self.runs(MAIN, "exec", args).await.to_string();
        let begin = answer.split("\"sessionId\":\"").nth(1);
        begin.unwrap().split('"').next().unwrap().to_owned()
    }

    async fn findings(&mut self, session: &str, command: &str) -> String {
        let params = json!({"command": command, "sessionKey": session});
        let answer = self.person.ask("gatehouse.policy.check", params).await;
        answer["findings"].to_string()
    }
}

const WAITS: &str = "while [ ! -e go ]; do sleep 0.05; done\n";

#[tokio::test]
async fn a_file_that_a_command_may_still_run_is_not_changed_without_a_question() {
    for (command, name, text) in [
        ("./run.sh", "run.sh", format!("#!/bin/sh\n{WAITS}echo $0\n")),
        ("bash run.sh", "run.sh", format!("{WAITS}echo $0\n")),
        (
            "sleep 60; bash run.sh > log",
            "run.sh",
            "echo hi\n".to_owned(),
        ),
        (
            "sleep 60; cargo build > log",
            "build.rs",
            "fn main() {}\n".to_owned(),
        ),
        (
            "sleep 60 && npm test > log",
            "package.json",
            r#"{"scripts": {"test": "echo ok"}}"#.to_owned(),
        ),
    ] {
        let mut bench = Bench::new().await;
        bench.write(name, &text);
        let id = bench.background(command).await;
        let write = json!({"path": name, "content": format!("{text}\n")});
        let found = bench.is_asked("write", write.clone()).await;
        assert!(found.contains("still runs"), "{command}: {found}");
        let line = json!({"command": format!("cp other {name}")});
        bench.write("other", "x");
        let found = bench.is_asked("exec", line).await;
        assert!(found.contains("still runs"), "{command}: {found}");
        let beside = json!({"path": "notes.txt", "content": "x"});
        bench.runs(MAIN, "write", beside).await;

        bench
            .runs(MAIN, "process", json!({"action": "kill", "sessionId": id}))
            .await;
        bench.runs(MAIN, "write", write).await;
    }
}

/// With a folder of the workspace on the search path before all others, as a virtual environment has it.
async fn with_its_own_programs() -> Bench {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().canonicalize().unwrap();
    let tools = folder.join("workspace/.venv/bin");
    fs::create_dir_all(&tools).unwrap();
    let mut gateway = TestGateway::with(|options| {
        options.config.raw = json!({"tools": {"exec": {"pathPrepend": [tools]}}});
        options.state_dir = folder;
    })
    .await;
    gateway.state = state;
    Bench {
        person: another_person(&gateway).await,
        gateway,
    }
}

#[tokio::test]
async fn a_program_that_an_agent_wrote_is_asked_about_by_its_name_as_by_its_path() {
    let mut bench = with_its_own_programs().await;
    bench.write(".venv/bin/wc", "#!/bin/sh\necho of a person\n");
    bench.write(".venv/bin/head", "#!/bin/sh\necho of a person\n");
    bench.write("notes.txt", "x\n");
    let count = json!({"command": "wc -l notes.txt"});
    let ran = bench.runs(MAIN, "exec", count.clone()).await.to_string();
    assert!(ran.contains("of a person"), "the path has it first: {ran}");

    let write = json!({"path": ".venv/bin/wc", "content": "#!/bin/sh\necho of an agent\n"});
    bench.runs(MAIN, "write", write).await;
    for line in [
        "wc -l notes.txt",
        "ls && wc -l notes.txt",
        "cat notes.txt | wc -l",
    ] {
        let found = bench.is_asked("exec", json!({"command": line})).await;
        assert!(found.contains("write-run"), "{line}: {found}");
    }
    let beside = json!({"command": "head -n 1 notes.txt"});
    bench.runs(MAIN, "exec", beside).await;

    let line = "cp notes.txt .venv/bin/sort; sort notes.txt";
    let found = bench.is_asked("exec", json!({"command": line})).await;
    assert!(found.contains("write-run"), "{line}: {found}");
}

/// Waits for a file, and for no longer than any of these tests takes.
#[cfg(target_os = "linux")]
const WAITS_A_WHILE: &str =
    "n=0; while [ ! -e go ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done\n";

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_script_that_left_its_command_behind_is_not_changed_while_it_is_read() {
    let mut bench = Bench::new().await;
    bench.write("run.sh", &format!("{WAITS_A_WHILE}echo $0\n"));
    bench.write("other", "x");
    let leaves = json!({"command": "setsid bash run.sh > log"});
    bench.runs(MAIN, "exec", leaves).await;
    let line = "cp other run.sh";
    let found = bench.is_asked("exec", json!({"command": line})).await;
    assert!(found.contains("still runs"), "{found}");

    bench.write("go", "");
    while bench.findings(MAIN, line).await.contains("still runs") {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bench.runs(MAIN, "exec", json!({"command": line})).await;
}

#[tokio::test]
async fn what_was_read_when_a_command_began_is_free_to_change() {
    for (command, name, text) in [
        ("bash run.sh", "run.sh", WAITS.to_owned()),
        ("sleep 60 > log", "run.sh", "echo hi\n".to_owned()),
        (
            "npm run dev > log 2>&1",
            "package.json",
            r#"{"scripts": {"dev": "sleep 60"}}"#.to_owned(),
        ),
    ] {
        let bench = Bench::new().await;
        bench.write(name, &text);
        let id = bench.background(command).await;
        let write = json!({"path": name, "content": format!("{text}\n")});
        bench.runs(MAIN, "write", write).await;
        bench
            .runs(MAIN, "process", json!({"action": "kill", "sessionId": id}))
            .await;
    }
}

#[tokio::test]
async fn a_session_that_reads_the_output_of_another_s_process_has_heard_its_secrets() {
    let mut bench = Bench::new().await;
    bench.write(".env", "SECRET=1");
    let args = json!({"command": "cat .env && sleep 60", "background": true});
    let call = bench.call(MAIN, "exec", args).await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    let yes = json!({"id": question["id"], "decision": "once"});
    bench.person.ask("gatehouse.approvals.resolve", yes).await;
    let answer = call.await.unwrap().to_string();
    let id = answer.split("\"sessionId\":\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();

    let fetch = "curl -s http://example.com/q";
    bench
        .runs(OTHER, "process", json!({"action": "list"}))
        .await;
    let found = bench.findings(OTHER, fetch).await;
    assert!(!found.contains("secret-then-network"), "{found}");
    bench
        .runs(OTHER, "process", json!({"action": "log", "sessionId": id}))
        .await;
    let found = bench.findings(OTHER, fetch).await;
    assert!(found.contains("secret-then-network"), "{found}");
}

#[tokio::test]
async fn a_list_of_sessions_leaves_out_the_last_words_of_one_that_read_a_secret() {
    let mut bench = Bench::new().await;
    bench.write(".env", "SECRET=1");
    let send = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "run-1"});
    let follow = json!({"key": MAIN});
    bench
        .person
        .ask("sessions.messages.subscribe", follow)
        .await;
    bench.person.ask("chat.send", send).await;
    while bench.person.event("chat").await["payload"]["state"] != "final" {}
    let list = async |bench: &Bench, args: Value| {
        let listed = bench.runs(OTHER, "sessions_list", args).await;
        listed.to_string().contains("hello")
    };
    assert!(list(&bench, json!({})).await);

    let call = bench
        .call(MAIN, "exec", json!({"command": "cat .env"}))
        .await;
    let question = bench.person.event("exec.approval.requested").await["payload"].clone();
    let yes = json!({"id": question["id"], "decision": "once"});
    bench.person.ask("gatehouse.approvals.resolve", yes).await;
    call.await.unwrap();
    assert!(!list(&bench, json!({})).await);
    let searched = json!({"search": "hello"});
    let found = bench
        .runs(OTHER, "sessions_list", searched)
        .await
        .to_string();
    assert!(!found.contains(MAIN), "{found}");
    bench
        .runs(OTHER, "sessions_history", json!({"sessionKey": MAIN}))
        .await;
    assert!(list(&bench, json!({})).await, "who heard it all is told");
}

#[tokio::test]
async fn a_task_for_another_agent_is_asked_about() {
    let mut bench = Bench::new().await;
    bench
        .runs(MAIN, "sessions_spawn", json!({"task": "hello"}))
        .await;
    let for_another = json!({"task": "hello", "agentId": "night"});
    bench.is_asked("sessions_spawn", for_another).await;
}
