use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    govern::{Action, ToolOutcome, Verdict},
    heartbeat::{HeartbeatPlan, Heartbeats},
    journal::Journal,
    message::Message,
    tools::sessions::{Caller, ChildSession, Sessions},
};

/// Lets every sub-agent be made and knows nothing else.
pub(super) struct AnySessions;

#[async_trait]
impl Sessions for AnySessions {
    async fn list(&self, _caller: &Caller, _params: &Value) -> Result<Value, String> {
        Ok(json!([]))
    }

    async fn history(&self, _c: &Caller, _key: &str, _params: &Value) -> Result<Value, String> {
        Err("no history".into())
    }

    async fn send(
        &self,
        _caller: &Caller,
        _key: &str,
        _message: &str,
        _wait: Duration,
    ) -> Result<Value, String> {
        Err("no one to send to".into())
    }

    async fn status(&self, _caller: &Caller, key: &str) -> Result<Value, String> {
        Ok(json!({ "sessionKey": key }))
    }

    async fn create_child(&self, _caller: &Caller, _child: &ChildSession) -> Result<(), String> {
        Ok(())
    }
}

fn is_child(event: &RunEvent) -> bool {
    event.session_key.contains(":subagent:")
}

#[tokio::test]
async fn a_subagent_works_in_its_own_session_and_its_parent_hears_of_it() {
    let mut bench = Bench::new();
    bench.say("spawn: think: deeply").await;
    let events = bench
        .until(|event| {
            !is_child(event)
                && matches!(&event.kind, RunEventKind::Ended(o) if o.text.starts_with("I read"))
        })
        .await;
    let child = events.iter().find(|event| is_child(event)).unwrap();
    let context = bench.journal.load(&child.session_key).await.unwrap();
    assert!(context[0].text().starts_with("[Subagent Task]"));
    assert_eq!(context[1].text(), "I thought about: deeply");
    let told = bench.transcript();
    let told = told
        .iter()
        .find(|line| line.starts_with("user: [Subagent Result]"));
    assert!(told.unwrap().contains("I thought about: deeply"));
}

#[tokio::test]
async fn subagents_are_only_so_deep() {
    let mut bench = Bench::with(
        Arc::new(AllowAll),
        |_| {},
        |options| options.subagent_depth = 1,
    );
    bench.say("spawn: spawn: think: x").await;
    let events = bench
        .until(|event| is_child(event) && matches!(event.kind, RunEventKind::Ended(_)))
        .await;
    let Some(RunEventKind::Ended(outcome)) = events.last().map(|event| &event.kind) else {
        panic!("it was waited for");
    };
    assert!(outcome.text.contains("levels deep"), "{}", outcome.text);
}

#[tokio::test]
async fn stopping_a_run_stops_the_subagents_it_started() {
    let mut bench = Bench::new();
    // The run goes on after it spawned, so that it can be stopped.
    bench
        .say("spawn: slow: 1000\nexec: echo ready; sleep 1000")
        .await;
    bench
        .until(|event| is_child(event) && matches!(event.kind, RunEventKind::Assistant { .. }))
        .await;
    bench.engine.abort(KEY, None).await;
    let events = bench
        .until(|event| is_child(event) && matches!(event.kind, RunEventKind::Ended(_)))
        .await;
    let Some(RunEventKind::Ended(outcome)) = events.last().map(|event| &event.kind) else {
        panic!("it was waited for");
    };
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
}

fn plan(bench: &Bench) -> HeartbeatPlan {
    HeartbeatPlan {
        agent_id: "main".into(),
        session_key: KEY.into(),
        workspace: bench.workspace.path().to_owned(),
        hours: None,
        every: Duration::from_secs(20),
        prompt: None,
        model: None,
    }
}

#[tokio::test]
async fn a_heartbeat_with_nothing_to_say_is_silent() {
    let mut bench = Bench::new();
    let heartbeats = Heartbeats::start(bench.engine.clone());
    heartbeats.set(vec![plan(&bench)]).await;
    assert_eq!(heartbeats.wake("nobody", None).await, None);
    let run_id = heartbeats.wake("main", None).await.unwrap();
    let events = bench.until_ended(&run_id).await;
    assert!(events.iter().all(|event| event.is_heartbeat));
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.text, "HEARTBEAT_OK");
    assert!(outcome.silent);
    let run_id = bench.say("think: x").await;
    assert!(!bench.outcome(&run_id).await.silent);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_come_at_their_time_and_leave_a_busy_session_alone() {
    let mut bench = Bench::new();
    let heartbeats = Heartbeats::start(bench.engine.clone());
    heartbeats.set(vec![plan(&bench)]).await;
    let began = tokio::time::Instant::now();
    bench.until(|event| event.is_heartbeat).await;
    assert!(began.elapsed() >= Duration::from_secs(20));
    // Longer than until the next heartbeat: 250 ms a word.
    let long = bench.say_as("slow: 160", QueueMode::Followup).await;
    let events = bench.until_ended(&long).await;
    let started = events
        .iter()
        .filter(|event| event.is_heartbeat && matches!(event.kind, RunEventKind::Started { .. }));
    assert_eq!(started.count(), 0);
    heartbeats.set(Vec::new()).await;
}

#[tokio::test]
async fn a_client_may_call_a_tool_and_is_governed() {
    struct NoExec;
    #[async_trait]
    impl Governor for NoExec {
        async fn govern(&self, action: &Action) -> Verdict {
            match action.tool.as_str() {
                "exec" => Verdict::deny("no commands"),
                _ => Verdict::allow(),
            }
        }
        async fn outcome(&self, _action: &Action, _outcome: &ToolOutcome) {}
    }
    let bench = Bench::with(
        Arc::new(NoExec),
        |profile| {
            profile.tools.layers = vec![ToolLayer {
                deny: vec!["write".into()],
                ..ToolLayer::default()
            }]
        },
        |_| {},
    );
    std::fs::write(bench.workspace.path().join("f"), "text").unwrap();
    let call = |tool: &str, arguments: Value| {
        let request = ToolRequest {
            agent_id: "main".into(),
            session_key: KEY.into(),
            tool: tool.into(),
            arguments,
            cancel: CancellationToken::new(),
        };
        let engine = bench.engine.clone();
        async move { engine.invoke_tool(request).await }
    };
    let read = call("read", json!({ "path": "f" })).await.unwrap();
    assert_eq!(read.plain(), "text");
    let denied = call("exec", json!({ "command": "true" })).await.unwrap();
    assert!(denied.is_error);
    assert_eq!(denied.plain(), "no commands");
    for tool in ["write", "nothing"] {
        let refused = call(tool, json!({ "path": "g", "content": "" })).await;
        assert!(
            matches!(refused, Err(DirectError::UnknownTool(_))),
            "{tool}"
        );
    }
    assert_eq!(bench.journal.load(KEY).await.unwrap(), [] as [Message; 0]);
}

#[tokio::test]
async fn all_file_tools_work_in_a_run() {
    let bench = Bench::new();
    for (text, expected) in [
        ("write: a/b.txt: one two", "Wrote 7 bytes to a/b.txt"),
        (
            "edit: a/b.txt: two => three",
            "Replaced 1 place(s) in a/b.txt",
        ),
        ("read: a/b.txt", "one three"),
        ("list: a", "b.txt"),
        ("search: thr.e", "a/b.txt:1: one three"),
        ("find: *.txt", "a/b.txt"),
        ("status: ", "agent:main:main"),
        ("read: ../x", "outside of the workspace"),
    ] {
        let run_id = bench.say(text).await;
        let outcome = bench.outcome(&run_id).await;
        assert!(outcome.text.contains(expected), "{text}: {}", outcome.text);
    }
}

#[tokio::test]
async fn a_workspace_that_is_missing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("new/workspace");
    let bench = Bench::with(
        Arc::new(AllowAll),
        |profile| profile.workspace = workspace.clone(),
        |_| {},
    );
    let run_id = bench.say("write: a: x").await;
    assert_eq!(bench.outcome(&run_id).await.status, RunStatus::Done);
    assert_eq!(std::fs::read_to_string(workspace.join("a")).unwrap(), "x");
}

#[tokio::test]
async fn the_end_of_a_background_command_wakes_its_session() {
    let mut bench = Bench::new();
    let first = bench
        .say("background: while [ ! -e go ]; do sleep 0.02; done; echo built; exit 3")
        .await;
    bench.until_ended(&first).await;
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    bench
        .until(|event| matches!(event.kind, RunEventKind::Ended(_)))
        .await;
    let told = bench.transcript();
    let told = told.iter().find(|line| line.contains("[Exec completion]"));
    let told = told.expect("the session is told");
    assert!(
        told.contains("exited with code 3") && told.ends_with("built"),
        "{told}"
    );
}

#[tokio::test]
async fn runs_wait_when_there_are_too_many() {
    let mut bench = Bench::with(
        Arc::new(AllowAll),
        |_| {},
        |options| options.concurrent_runs = 1,
    );
    let first = bench
        .say("exec: echo ready; while [ ! -e go ]; do sleep 0.02; done")
        .await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::ToolUpdate { .. }))
        .await;
    let other = RunRequest::text("agent:main:other", "main", "think: x");
    let second = bench.engine.submit(other).await.unwrap().run_id;
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    let events = bench.until_ended(&second).await;
    let at = |run_id: &str, is_it: fn(&RunEventKind) -> bool| {
        let mut events = events.iter();
        events.position(|event| &*event.run_id == run_id && is_it(&event.kind))
    };
    let ended = at(&first, |kind| matches!(kind, RunEventKind::Ended(_)));
    let started = at(&second, |kind| matches!(kind, RunEventKind::Started { .. }));
    assert!(ended.unwrap() < started.unwrap());
}
