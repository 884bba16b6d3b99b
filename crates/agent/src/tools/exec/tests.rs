use std::sync::{Arc, Mutex};

use gatehouse_policy::{Pipeline, Plan, Spawn, Stage};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    ambient::{SystemClock, SystemRandomness},
    launch::{Digests, LaunchRequest},
    tools::process::Process,
};

mod turns;

struct Place {
    _folder: tempfile::TempDir,
    exec: Exec,
    process: Process,
    processes: Processes,
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
            budget: Default::default(),
            told_by: Arc::default(),
            seat: Default::default(),
        };
        Self {
            _folder: folder,
            exec: Exec::with_background(options, processes.clone()),
            process: Process::new(processes.clone()),
            processes,
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
async fn an_argument_that_means_nothing_here_is_refused_and_openclaws_timeout_is_one() {
    let place = Place::new();
    let given = json!({ "command": "sleep 1000", "timeout": 0.2 });
    let output = place.exec(given).await.unwrap();
    assert_eq!(output.details.unwrap()["exitReason"], "overall-timeout");
    let given = json!({ "command": "true", "timeoutSecs": 1 });
    let refused = place.exec(given).await.unwrap_err().to_string();
    assert!(refused.contains("timeoutSecs"), "{refused}");
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
async fn what_is_typed_is_shown_with_the_program_that_reads_it() {
    let place = Place::new();
    let id = place.background("cat", false).await;
    let shown = async |given: Value| match place.process.resolve(&given, &place.call).await {
        Ok(Effect::Process { input, .. }) => input,
        other => panic!("{other:?}"),
    };
    let typed = shown(json!({ "action": "write", "sessionId": id, "data": "!id\n" })).await;
    let typed = typed.unwrap();
    assert_eq!(
        (typed.command.as_str(), typed.data.as_str()),
        ("cat", "!id\n")
    );
    assert_eq!(typed.cwd, place.call.workspace);
    let entered = shown(json!({ "action": "submit", "sessionId": id })).await;
    assert_eq!(entered.unwrap().data, "\r");
    for given in [
        json!({ "action": "write", "sessionId": id, "eof": true }),
        json!({ "action": "poll", "sessionId": id, "data": "x" }),
    ] {
        assert_eq!(shown(given).await, None);
    }
    let long = json!({ "action": "write", "sessionId": id, "data": "x".repeat(70_000) });
    assert!(place.process.resolve(&long, &place.call).await.is_err());
    let gone = json!({ "action": "write", "sessionId": "gone", "data": "x" });
    assert!(place.process.resolve(&gone, &place.call).await.is_err());
}

#[tokio::test]
async fn a_program_is_known_by_what_was_started_and_not_by_what_the_call_said() {
    let place = Place::new();
    let given = json!({ "command": "ls", "background": true });
    let started = plan(&[(Stage::Always, false, &[&["cat", "-u"]])]);
    let output = place.launch(started, given).await.unwrap();
    let id = output.details.unwrap()["sessionId"].clone();
    let write = json!({ "action": "write", "sessionId": id, "data": "x" });
    let effect = place.process.resolve(&write, &place.call).await.unwrap();
    let Effect::Process { input, .. } = effect else {
        panic!("it is about a process");
    };
    assert_eq!(input.unwrap().command, "cat -u");
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

/// A plan of programs, each list of words one program; lists of lists are joined by pipes.
fn plan(lists: &[(Stage, bool, &[&[&str]])]) -> Plan {
    let words = |argv: &[&str]| Spawn {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        assignments: Vec::new(),
    };
    let lists = lists.iter().map(|(when, negated, spawns)| Pipeline {
        when: *when,
        negated: *negated,
        spawns: spawns.iter().map(|argv| words(argv)).collect(),
    });
    Plan::Direct {
        lists: lists.collect(),
    }
}

impl Place {
    async fn launch(&self, plan: Plan, given: Value) -> Result<ToolOutput, ToolError> {
        let effect = self.exec.resolve(&given, &self.call).await?;
        let Effect::Exec(exec) = &effect else {
            panic!("it is a command");
        };
        let request = LaunchRequest {
            plan,
            cwd: exec.cwd.clone(),
            environment: self.exec.options.clean_environment().with(&given),
            commands: Vec::new(),
            scripts: Vec::new(),
            changes: Vec::new(),
        };
        let launch = Launch::open(request, &Digests::default(), 0).unwrap();
        self.exec.launch(&launch, &effect, &given, &self.call).await
    }
}

#[tokio::test]
async fn a_plan_of_programs_runs_without_a_shell() {
    use Stage::{Always, OnFailure, OnSuccess};
    let place = Place::new();
    let check = async |plan: Plan, wanted: &str| {
        let output = place
            .launch(plan, json!({"command": "not this"}))
            .await
            .unwrap();
        assert_eq!(output.plain(), wanted);
    };
    check(
        plan(&[(Always, false, &[&["printf", "%s", "$HOME *"]])]),
        "$HOME *",
    )
    .await;
    let sorted: &[&[&str]] = &[&["printf", "b\\na\\n"], &["sort"], &["head", "-n1"]];
    check(plan(&[(Always, false, sorted)]), "a").await;
    let no: &[&[&str]] = &[&["false"]];
    let says: &[&[&str]] = &[&["echo", "yes"]];
    check(plan(&[(Always, true, no), (OnSuccess, false, says)]), "yes").await;
    check(
        plan(&[(Always, false, no), (OnFailure, false, says)]),
        "yes",
    )
    .await;
    let stops = "(no output)\n\n(Command exited with code 1)";
    check(
        plan(&[(Always, false, no), (OnSuccess, false, says)]),
        stops,
    )
    .await;
    let missing: &[&[&str]] = &[&["there-is-none-of-this-name"], &["cat"]];
    let told = "there-is-none-of-this-name: command not found\n\n(Command exited with code 127)";
    check(plan(&[(Always, false, missing)]), told).await;
}

#[tokio::test]
async fn a_plan_is_ended_as_a_whole_at_its_time_limit() {
    let place = Place::new();
    let sleeps: &[&[&str]] = &[&["sleep", "1000"], &["cat"]];
    let all = plan(&[
        (Stage::Always, false, sleeps),
        (Stage::Always, false, &[&["echo", "no"]]),
    ]);
    let given = json!({"command": "x", "timeoutSeconds": 0.3});
    let output = place.launch(all, given).await.unwrap();
    assert_eq!(output.details.unwrap()["exitReason"], "overall-timeout");
    assert!(
        !output
            .content
            .iter()
            .any(|part| format!("{part:?}").contains("no\n"))
    );
}

#[tokio::test]
async fn a_text_for_the_shell_runs_without_anyone_s_start_files() {
    let place = Place::new();
    let text = "shopt -q login_shell || for n in 1 2; do echo $n; done | tac";
    let plan = Plan::Shell { text: text.into() };
    let output = place.launch(plan, json!({"command": "x"})).await.unwrap();
    assert_eq!(output.plain(), "2\n1");
}

#[tokio::test]
async fn a_terminal_gets_the_same_plan() {
    let place = Place::new();
    let words: &[&[&str]] = &[&["printf", "%s", "it's $HOME"]];
    let one = plan(&[(Stage::Always, false, words)]);
    let given = json!({"command": "x", "pty": true});
    let output = place.launch(one, given.clone()).await.unwrap();
    assert_eq!(output.plain(), "it's $HOME");
    let two = plan(&[
        (Stage::Always, false, words),
        (Stage::OnSuccess, false, words),
    ]);
    let output = place.launch(two, given).await.unwrap();
    assert_eq!(output.plain(), "it's $HOMEit's $HOME");
}

#[tokio::test]
async fn what_changed_after_it_was_opened_does_not_start() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let tool = place.call.workspace.join("tool");
    let write = |text: &str| {
        std::fs::write(&tool, text).unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("#!/bin/sh\necho good\n");
    let given = json!({"command": "./tool"});
    let effect = place.exec.resolve(&given, &place.call).await.unwrap();
    let request = LaunchRequest {
        plan: plan(&[(Stage::Always, false, &[&["./tool"]])]),
        cwd: place.call.workspace.clone(),
        environment: place.exec.options.clean_environment().with(&given),
        commands: Vec::new(),
        scripts: Vec::new(),
        changes: Vec::new(),
    };
    let launch = Launch::open(request, &Digests::default(), 0).unwrap();
    let first = place
        .exec
        .launch(&launch, &effect, &given, &place.call)
        .await;
    assert_eq!(first.unwrap().plain(), "good");
    write("#!/bin/sh\necho other\n");
    let second = place
        .exec
        .launch(&launch, &effect, &given, &place.call)
        .await;
    assert!(second.is_err(), "{second:?}");
}

#[tokio::test]
async fn a_folder_is_entered_by_its_handle() {
    let place = Place::new();
    let workspace = &place.call.workspace;
    std::fs::create_dir(workspace.join("sub")).unwrap();
    let given = json!({"command": "pwd", "workdir": "sub"});
    let effect = place.exec.resolve(&given, &place.call).await.unwrap();
    let request = LaunchRequest {
        plan: plan(&[(Stage::Always, false, &[&["touch", "here"]])]),
        cwd: workspace.join("sub"),
        environment: place.exec.options.clean_environment().with(&given),
        commands: Vec::new(),
        scripts: Vec::new(),
        changes: Vec::new(),
    };
    let launch = Launch::open(request, &Digests::default(), 0).unwrap();
    std::fs::rename(workspace.join("sub"), workspace.join("moved")).unwrap();
    std::fs::create_dir(workspace.join("sub")).unwrap();
    let run = place
        .exec
        .launch(&launch, &effect, &given, &place.call)
        .await;
    run.unwrap();
    if cfg!(target_os = "linux") {
        assert!(workspace.join("moved/here").exists());
    }
    assert!(!workspace.join("sub/here").exists() || !cfg!(target_os = "linux"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_script_that_is_written_to_while_it_runs_stays_what_it_was() {
    let place = Place::new();
    let script = place.call.workspace.join("x.sh");
    let slow = "echo good\ntouch begun\nwhile [ ! -e go ]; do sleep 0.02; done\necho better\n";
    std::fs::write(&script, slow).unwrap();
    let running = place.launch(
        plan(&[(Stage::Always, false, &[&["bash", "x.sh"]])]),
        json!({"command": "bash x.sh"}),
    );
    let swapping = async {
        let workspace = &place.call.workspace;
        while !workspace.join("begun").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        std::fs::write(&script, slow.replace("better", "worse!")).unwrap();
        std::fs::write(workspace.join("go"), "").unwrap();
    };
    let (output, ()) = tokio::join!(running, swapping);
    assert_eq!(output.unwrap().plain(), "good\nbetter");
}
