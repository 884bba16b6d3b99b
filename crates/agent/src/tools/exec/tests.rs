use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    ambient::{SystemClock, SystemRandomness},
    tools::process::Process,
};

struct Place {
    _folder: tempfile::TempDir,
    exec: Exec,
    process: Process,
    call: CallContext,
    updates: Arc<Mutex<Vec<ToolOutput>>>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let processes = Processes::start(Arc::new(SystemClock), Arc::new(SystemRandomness));
        let options = ExecOptions::new(std::env::vars_os());
        let updates = Arc::new(Mutex::new(Vec::new()));
        let taken = updates.clone();
        let call = CallContext {
            agent_id: Arc::from("main"),
            session_key: Arc::from("agent:main:main"),
            run_id: Arc::from("run"),
            tool_call_id: "call".into(),
            workspace: folder.path().canonicalize().unwrap(),
            depth: 0,
            cancel: CancellationToken::new(),
            progress: Arc::new(move |output| taken.lock().unwrap().push(output)),
            engine: None,
            secrets: crate::secrets::Secrets::none(),
        };
        Self {
            _folder: folder,
            exec: Exec::with_background(options, processes.clone()),
            process: Process::new(processes),
            call,
            updates,
        }
    }

    async fn exec(&self, given: Value) -> Result<ToolOutput, ToolError> {
        let effect = self.exec.resolve(&given, &self.call).await?;
        self.exec.run(&effect, &given, &self.call).await
    }

    async fn process(&self, given: Value) -> Result<ToolOutput, ToolError> {
        let effect = self.process.resolve(&given, &self.call).await?;
        self.process.run(&effect, &given, &self.call).await
    }

    /// Starts a command in the background; its session's id.
    async fn background(&self, command: &str, pty: bool) -> String {
        let given = json!({ "command": command, "background": true, "pty": pty });
        let output = self.exec(given).await.unwrap();
        let id = output.details.unwrap()["sessionId"].clone();
        id.as_str().unwrap().to_owned()
    }

    /// Polls until the output so far holds a text.
    async fn poll_until(&self, id: &str, wanted: &str) -> String {
        let mut all = String::new();
        while !all.contains(wanted) {
            let given = json!({ "action": "poll", "sessionId": id, "timeout": 30_000 });
            let output = self.process(given).await.unwrap();
            all.push_str(&output.plain());
            let over = output.details.unwrap()["status"] != "running";
            assert!(!over || all.contains(wanted), "it ended with {all}");
        }
        all
    }
}

#[tokio::test]
async fn an_exit_code_is_told_and_is_no_failure_of_the_tool() {
    let place = Place::new();
    let output = place.exec(json!({ "command": "echo out; exit 3" })).await;
    let output = output.unwrap();
    assert_eq!(output.plain(), "out\n\n(Command exited with code 3)");
    assert!(!output.is_error);
    let details = output.details.unwrap();
    assert_eq!(details["exitCode"], 3);
    assert_eq!(details["exitReason"], "exit");
}

#[tokio::test]
async fn a_command_ends_at_its_time_limit_with_its_children() {
    let place = Place::new();
    let given = json!({ "command": "sleep 1000 & wait", "timeoutSeconds": 0.2 });
    let output = place.exec(given).await.unwrap();
    assert!(output.is_error);
    assert_eq!(output.details.unwrap()["exitReason"], "overall-timeout");
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_ended_with_it() {
    let place = Place::new();
    let given = json!({ "command": "sleep 1000 & echo $!" });
    let output = place.exec(given).await.unwrap();
    let pid = output.plain().trim().to_owned();
    let gone = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        status.map_or(true, |status| status.contains("State:\tZ"))
    };
    while !gone() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn live_output_is_bounded() {
    let place = Place::new();
    let given = json!({ "command": "head -c 3000000 /dev/zero | tr '\\0' x" });
    let output = place.exec(given).await.unwrap();
    assert!(output.plain().len() < 201_000);
    assert!(output.plain().contains("bytes of output left out"));
    let updates = place.updates.lock().unwrap();
    let longest = updates.iter().map(|update| update.plain().len()).max();
    assert!(longest.unwrap_or(0) <= LIVE_TAIL);
}

#[tokio::test]
async fn variables_that_choose_the_code_are_refused_and_others_are_set() {
    let place = Place::new();
    for name in [
        "PATH",
        "LD_PRELOAD",
        "DYLD_INSERT_LIBRARIES",
        "bash_env",
        "A=B",
        "",
    ] {
        let given = json!({ "command": "true", "env": { name: "x" } });
        assert!(place.exec(given).await.is_err(), "{name}");
    }
    let given = json!({ "command": "echo $GREETING", "env": { "GREETING": "hello" } });
    assert_eq!(place.exec(given).await.unwrap().plain(), "hello");
}

#[test]
fn the_gateways_own_secrets_are_not_inherited() {
    let environment = [
        ("OPENCLAW_GATEWAY_TOKEN", "t"),
        ("ANTHROPIC_API_KEY", "k"),
        ("GATEHOUSE_PASSWORD", "p"),
        ("HOME", "/home/someone"),
    ];
    let environment = environment.map(|(name, value)| (name.into(), value.into()));
    let kept = ExecOptions::new(environment).environment;
    assert_eq!(kept, [("HOME".into(), "/home/someone".into())]);
}

#[tokio::test]
async fn values_of_variables_are_bound_but_not_shown() {
    let place = Place::new();
    let effect = |value: &str| json!({ "command": "true", "env": { "A": value } });
    let one = place
        .exec
        .resolve(&effect("secret-1"), &place.call)
        .await
        .unwrap();
    let two = place
        .exec
        .resolve(&effect("secret-2"), &place.call)
        .await
        .unwrap();
    assert_ne!(one, two);
    assert!(!format!("{one:?}").contains("secret-1"));
}

#[tokio::test]
async fn a_slow_command_goes_to_the_background_and_can_be_polled() {
    let place = Place::new();
    let given = json!({ "command": "echo first; while [ ! -e go ]; do sleep 0.02; done; echo last", "yieldMs": 300 });
    let output = place.exec(given).await.unwrap();
    let details = output.details.clone().unwrap();
    assert_eq!(details["status"], "running", "{output:?}");
    let id = details["sessionId"].as_str().unwrap();
    std::fs::write(place.call.workspace.join("go"), "").unwrap();
    let told = place.poll_until(id, "last").await;
    assert!(!told.contains("first"), "it was told before: {told}");
    let log = place
        .process(json!({ "action": "log", "sessionId": id }))
        .await
        .unwrap();
    assert!(log.plain().starts_with("first\nlast"), "{}", log.plain());
}

#[tokio::test]
async fn a_background_command_reads_what_is_written_and_can_be_ended() {
    let place = Place::new();
    let id = place.background("cat", false).await;
    let write = json!({ "action": "write", "sessionId": id, "data": "hello\n" });
    place.process(write).await.unwrap();
    place.poll_until(&id, "hello").await;
    let killed = json!({ "action": "kill", "sessionId": id });
    let killed = place.process(killed).await.unwrap().details.unwrap();
    assert_eq!(killed["exitReason"], "manual-cancel");
    place
        .process(json!({ "action": "clear", "sessionId": id }))
        .await
        .unwrap();
    let gone = place
        .process(json!({ "action": "poll", "sessionId": id }))
        .await;
    assert!(gone.is_err());
}

#[tokio::test]
async fn the_end_of_input_ends_a_reader() {
    let place = Place::new();
    let id = place.background("cat; echo over", false).await;
    let write = json!({ "action": "write", "sessionId": id, "data": "x\n", "eof": true });
    place.process(write).await.unwrap();
    place.poll_until(&id, "over").await;
}

#[tokio::test]
async fn an_agent_sees_its_own_processes_alone() {
    let mut place = Place::new();
    let id = place.background("sleep 1000", false).await;
    let list = place.process(json!({ "action": "list" })).await.unwrap();
    assert!(list.plain().contains(&id));
    place.call.agent_id = Arc::from("other");
    let list = place.process(json!({ "action": "list" })).await.unwrap();
    assert_eq!(list.plain(), "No background sessions");
    let kill = place
        .process(json!({ "action": "kill", "sessionId": id }))
        .await;
    assert!(kill.is_err());
}

#[tokio::test]
async fn a_terminal_is_a_terminal() {
    let place = Place::new();
    let given = json!({ "command": "test -t 0 && test -t 1 && echo yes; exit 4", "pty": true });
    let output = place.exec(given).await.unwrap();
    assert!(output.plain().starts_with("yes"), "{}", output.plain());
    assert_eq!(output.details.unwrap()["exitCode"], 4);
}

#[tokio::test]
async fn a_command_on_a_terminal_reads_lines_and_is_ended_by_a_stop() {
    let place = Place::new();
    let id = place
        .background("read x; echo \"got $x\"; sleep 1000", true)
        .await;
    let write = json!({ "action": "write", "sessionId": id, "data": "hello" });
    place.process(write).await.unwrap();
    place
        .process(json!({ "action": "submit", "sessionId": id }))
        .await
        .unwrap();
    place.poll_until(&id, "got hello").await;
    let killed = json!({ "action": "kill", "sessionId": id });
    let killed = place.process(killed).await.unwrap().details.unwrap();
    assert_eq!(killed["status"], "failed");
}
