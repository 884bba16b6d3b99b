use std::{collections::HashMap, sync::Mutex};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    govern::{Action, ToolOutcome, Verdict},
    heartbeat::{HeartbeatPlan, Heartbeats},
    journal::Journal,
    message::Message,
    tools::sessions::{Caller, ChildSession, SessionError, Sessions},
};

/// Lets every sub-agent be made, and knows how deep each is and nothing else.
#[derive(Default)]
pub(super) struct AnySessions(pub(super) Mutex<HashMap<String, u32>>);

#[async_trait]
impl Sessions for AnySessions {
    async fn list(&self, _caller: &Caller, _params: &Value) -> Result<Value, SessionError> {
        Ok(json!([]))
    }

    async fn history(
        &self,
        _c: &Caller,
        _key: &str,
        _params: &Value,
    ) -> Result<Value, SessionError> {
        Err("no history".into())
    }

    async fn send(
        &self,
        _caller: &Caller,
        _key: &str,
        _message: &str,
        _wait: Duration,
    ) -> Result<Value, SessionError> {
        Err("no one to send to".into())
    }

    async fn status(&self, _caller: &Caller, key: &str) -> Result<Value, SessionError> {
        Ok(json!({ "sessionKey": key }))
    }

    async fn create_child(&self, _caller: &Caller, child: &ChildSession) -> Result<(), String> {
        let mut sessions = self.0.lock().unwrap();
        sessions.insert(child.session_key.clone(), child.depth);
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

/// Whether this ends a run of a session that people talk in, after it was told of a sub-agent.
fn has_heard(event: &RunEvent) -> bool {
    !is_child(event)
        && matches!(&event.kind, RunEventKind::Ended(o) if o.text.starts_with("I read"))
}

#[tokio::test]
async fn a_subagent_is_done_when_those_that_it_started_are() {
    let mut bench = Bench::new();
    bench.say("spawn: spawn: slow: 4").await;
    bench.until(has_heard).await;
    let told = bench.transcript();
    let told: Vec<_> = told
        .iter()
        .filter(|line| line.starts_with("user: [Subagent Result]"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let answer = "is done.\nI read “[Subagent Result]";
    assert!(told[0].contains(answer), "{told:?}");
}

#[tokio::test]
async fn what_wakes_a_subagent_later_makes_it_no_less_deep() {
    let mut bench = Bench::with(
        Arc::new(AllowAll),
        |_| {},
        |options| options.subagent_depth = 2,
    );
    // The second one's result has the first one start two more, one below the other.
    let waits = "while [ ! -e go ]; do sleep 0.02; done";
    let lines = r"printf 'x\nspawn: spawn: slow: 1\n'";
    bench
        .say(&format!("spawn: spawn: exec: {waits}; {lines}"))
        .await;
    bench
        .until(|event| is_child(event) && matches!(event.kind, RunEventKind::Ended(_)))
        .await;
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    let is_refused = |event: &RunEvent| {
        let ended = matches!(&event.kind, RunEventKind::Ended(o) if o.text.contains("levels deep"));
        is_child(event) && ended
    };
    bench.until(is_refused).await;
}

#[tokio::test]
async fn stopping_a_session_stops_what_it_started_though_its_turn_is_over() {
    let mut bench = Bench::new();
    let first = bench.say("spawn: spawn: slow: 1000").await;
    // Two sessions below have begun, and the upper one has nothing more to do but to wait.
    let events = bench
        .until(|event| {
            is_child(event)
                && matches!(&event.kind, RunEventKind::Assistant { text, .. } if text.contains("word"))
        })
        .await;
    let lowest = events.last().unwrap().run_id.clone();
    bench.outcome(&first).await;
    let hit = bench.engine.abort(KEY, None).await;
    assert!(hit.contains(&lowest.to_string()), "{hit:?}");
    let outcome = bench.outcome(&lowest).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
    // Whoever stopped it all is not answered by it.
    let next = bench.say("think: x").await;
    bench.outcome(&next).await;
    let told = bench.transcript();
    let told = told.iter().filter(|line| line.contains("Subagent Result"));
    assert_eq!(told.count(), 0);
}

#[tokio::test]
async fn a_run_that_waits_for_a_person_leaves_its_place_to_others() {
    struct Slow(Arc<tokio::sync::Notify>);
    #[async_trait]
    impl Governor for Slow {
        async fn govern(&self, _action: &Action) -> Verdict {
            self.0.notified().await;
            Verdict::allow()
        }
        async fn outcome(&self, _action: &Action, _outcome: &ToolOutcome) {}
    }
    let answer = Arc::new(tokio::sync::Notify::new());
    let bench = Bench::with(
        Arc::new(Slow(answer.clone())),
        |_| {},
        |options| options.concurrent_runs = 1,
    );
    let first = bench.say("exec: echo done").await;
    let other = RunRequest::text("agent:main:other", "main", "think: x");
    let second = bench.engine.submit(other).await.unwrap().run_id;
    assert_eq!(bench.outcome(&second).await.status, RunStatus::Done);
    answer.notify_one();
    let outcome = bench.outcome(&first).await;
    assert!(outcome.text.contains("done"), "{outcome:?}");
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
