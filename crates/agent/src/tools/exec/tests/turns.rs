//! Lines of several commands, while other things happen; and processes that two sessions know.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::launch::Environment;

#[tokio::test]
async fn what_changed_before_its_turn_came_does_not_start() {
    let place = Place::new();
    let workspace = place.call.workspace.clone();
    let write = |name: &str, text: &str| {
        let path = workspace.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let waits: &[&[&str]] = &[&[
        "sh",
        "-c",
        "touch begun; while [ ! -e go ]; do sleep 0.02; done",
    ]];
    for (name, then) in [
        ("tool", vec!["./tool"]),
        ("x.js", vec!["env", "node", "x.js"]),
    ] {
        write(name, "#!/bin/sh\ntouch good\n");
        let then: &[&[&str]] = &[&then];
        let all = plan(&[(Stage::Always, false, waits), (Stage::Always, false, then)]);
        let request = LaunchRequest {
            plan: all,
            cwd: workspace.clone(),
            environment: place.exec.options.clean_environment().with(&json!({})),
            commands: Vec::new(),
            scripts: vec![workspace.join(name)],
            changes: Vec::new(),
        };
        let launch = Launch::open(request, &Digests::default(), 0).unwrap();
        let given = json!({"command": "x"});
        let effect = place.exec.resolve(&given, &place.call).await.unwrap();
        let running = place.exec.launch(&launch, &effect, &given, &place.call);
        let swapping = async {
            while !workspace.join("begun").exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            write(name, "#!/bin/sh\ntouch bad\n");
            std::fs::write(workspace.join("go"), "").unwrap();
        };
        let (output, ()) = tokio::join!(running, swapping);
        let said = output.unwrap().plain();
        assert!(said.contains("changed after it was looked at"), "{said}");
        assert!(!workspace.join("bad").exists(), "{name}");
        for made in ["begun", "go"] {
            std::fs::remove_file(workspace.join(made)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_file_that_names_no_interpreter_is_run_by_a_shell() {
    let place = Place::new();
    let tool = place.call.workspace.join("tool");
    std::fs::write(&tool, "echo \"$1 and $#\"\n").unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let words: &[&[&str]] = &[&["./tool", "one", "two"]];
    for pty in [false, true] {
        let once = plan(&[(Stage::Always, false, words)]);
        let output = place
            .launch(once, json!({"command": "x", "pty": pty}))
            .await;
        assert_eq!(output.unwrap().plain(), "one and 2", "pty: {pty}");
    }
    let twice = plan(&[(Stage::Always, false, words), (Stage::Always, false, words)]);
    let output = place.launch(twice, json!({"command": "x"})).await.unwrap();
    assert_eq!(output.plain(), "one and 2\none and 2");
}

#[tokio::test]
async fn what_a_plan_installs_is_found_by_what_comes_after() {
    let place = Place::new();
    let workspace = place.call.workspace.clone();
    std::fs::create_dir(workspace.join("bin")).unwrap();
    let tool = workspace.join("made");
    std::fs::write(&tool, "#!/bin/sh\necho installed\n").unwrap();
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let inherited = place.exec.options.clean_environment().with(&json!({}));
    let mut environment = inherited.variables().clone();
    let path = environment[&OsString::from("PATH")].clone();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(workspace.join("bin"));
    environment.insert("PATH".into(), std::env::join_paths(folders).unwrap());
    let installs: &[&[&str]] = &[&["mv", "made", "bin/a-new-tool"]];
    let runs: &[&[&str]] = &[&["a-new-tool"]];
    let request = LaunchRequest {
        plan: plan(&[
            (Stage::Always, false, installs),
            (Stage::OnSuccess, false, runs),
        ]),
        cwd: workspace,
        environment: Environment::of(environment),
        commands: Vec::new(),
        scripts: Vec::new(),
        changes: Vec::new(),
    };
    let launch = Launch::open(request, &Digests::default(), 0).unwrap();
    let given = json!({"command": "x"});
    let effect = place.exec.resolve(&given, &place.call).await.unwrap();
    let output = place
        .exec
        .launch(&launch, &effect, &given, &place.call)
        .await;
    assert_eq!(output.unwrap().plain(), "installed");
}

#[tokio::test]
async fn a_process_of_another_session_is_told_as_that_one_s() {
    let mut place = Place::new();
    let id = place.background("sleep 1000", false).await;
    let of = async |place: &Place| {
        let poll = json!({ "action": "poll", "sessionId": id });
        match place.process.resolve(&poll, &place.call).await {
            Ok(Effect::Process { of, .. }) => of,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(of(&place).await, None, "its own");
    let own = place.call.session_key.to_string();
    place.call.session_key = Arc::from("another");
    assert_eq!(of(&place).await, Some(own));
}

#[tokio::test]
async fn stopping_a_run_ends_what_it_left_in_the_background() {
    let mut place = Place::new();
    place.exec.options.patience = Duration::from_millis(10);
    let yielded = place.exec(json!({"command": "sleep 1000"})).await.unwrap();
    let yielded = yielded.details.unwrap()["sessionId"].clone();
    let started = place.background("sleep 1000", false).await;
    place.call.cancel.cancel();
    for id in [yielded.as_str().unwrap(), &started] {
        let found = place.processes.find(&place.call.agent_id, id).await;
        let ended = found.unwrap().child.ended().await;
        assert_eq!(ended.exit, Exit::Stopped);
    }
}

struct SetClock(std::sync::atomic::AtomicU64);

impl crate::ambient::Clock for SetClock {
    fn now_ms(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_command_that_took_long_is_remembered_from_its_end_on() {
    let clock = Arc::new(SetClock(Default::default()));
    let mut place = Place::new();
    let processes = Processes::start(clock.clone(), Arc::new(SystemRandomness));
    place.exec = Exec::with_background(place.exec.options.clone(), processes.clone());
    let id = place
        .background("while [ ! -e go ]; do sleep 0.02; done", false)
        .await;
    const HOUR: u64 = 60 * 60 * 1_000;
    let at = |ms| clock.0.store(ms, std::sync::atomic::Ordering::SeqCst);
    let find = async || processes.find(&place.call.agent_id, &id).await;
    at(HOUR);
    std::fs::write(place.call.workspace.join("go"), "").unwrap();
    let session = find().await.unwrap();
    session.child.ended().await;
    assert!(find().await.is_some(), "it has just ended");
    // The hour of its end is noted by another task.
    while session.ended_at_ms() != Some(HOUR) {
        tokio::task::yield_now().await;
    }
    at(HOUR + HOUR / 2 - 1);
    assert!(find().await.is_some());
    at(HOUR + HOUR / 2);
    assert!(find().await.is_none());
}
