use std::sync::Mutex;

use super::*;
use crate::{
    govern::{Action, Effect, ToolOutcome, Verdict},
    message::{Message, StopReason},
    transcript,
};

#[tokio::test]
async fn a_text_is_answered_and_both_are_in_the_transcript() {
    let mut bench = Bench::new();
    let run_id = bench.say("hello there").await;
    let events = bench.until_ended(&run_id).await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Done);
    assert!(
        outcome.text.contains("without any AI"),
        "the model says what it is"
    );
    let transcript = bench.transcript();
    assert_eq!(transcript[0], "user: hello there");
    assert_eq!(transcript[1], format!("assistant: {}", outcome.text));
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert!(matches!(events[0].kind, RunEventKind::Started { .. }));
}

#[tokio::test(start_paused = true)]
async fn deltas_add_up_to_the_text_and_come_at_most_every_30_ms() {
    let mut bench = Bench::new();
    let run_id = bench.say("stream: 100").await;
    let events = bench.until_ended(&run_id).await;
    let outcome = bench.outcome(&run_id).await;
    let mut told = String::new();
    let mut count = 0;
    for event in &events {
        if let RunEventKind::Assistant { text, delta, .. } = &event.kind {
            told.push_str(delta);
            assert_eq!(**text, *told, "the text so far is the sum of the deltas");
            count += 1;
        }
    }
    assert_eq!(told, outcome.text);
    // 100 words, 10 ms apart: about one delta for three words.
    assert!((20..=40).contains(&count), "{count} deltas");
}

#[tokio::test]
async fn a_tool_call_runs_and_its_result_is_told_to_the_model() {
    let mut bench = Bench::new();
    let run_id = bench.say("exec: echo one; echo two >&2").await;
    let events = bench.until_ended(&run_id).await;
    let outcome = bench.outcome(&run_id).await;
    assert!(outcome.text.starts_with("The tool exec is done: "));
    assert!(outcome.text.contains("one") && outcome.text.contains("two"));
    let result = events.iter().find_map(|event| match &event.kind {
        RunEventKind::ToolResult { output, .. } => Some(output.clone()),
        _ => None,
    });
    let details = result.unwrap().details.unwrap();
    assert_eq!(details["status"], "completed");
    assert_eq!(details["exitCode"], 0);
    let roles: Vec<String> = bench
        .transcript()
        .iter()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(roles, ["user", "assistant", "toolResult", "assistant"]);
}

/// Answers with a fixed verdict and keeps what it was asked.
struct Fixed {
    verdict: Verdict,
    seen: Mutex<Vec<Action>>,
    outcomes: Mutex<Vec<String>>,
}

impl Fixed {
    fn new(verdict: Verdict) -> Arc<Self> {
        Arc::new(Self {
            verdict,
            seen: Mutex::default(),
            outcomes: Mutex::default(),
        })
    }
}

#[async_trait]
impl Governor for Fixed {
    async fn govern(&self, action: &Action) -> Verdict {
        self.seen.lock().unwrap().push(action.clone());
        self.verdict.clone()
    }

    async fn outcome(&self, _action: &Action, outcome: &ToolOutcome) {
        let word = match outcome {
            ToolOutcome::Ran(_) => "ran",
            ToolOutcome::Denied { .. } => "denied",
            ToolOutcome::Changed => "changed",
            ToolOutcome::Aborted => "aborted",
        };
        self.outcomes.lock().unwrap().push(word.into());
    }

    async fn meaningless(&self, action: &Action, why: &str) {
        let said = format!("{} {}: {why}", action.tool, action.arguments);
        self.outcomes.lock().unwrap().push(said);
    }
}

#[tokio::test]
async fn a_call_that_means_nothing_is_told_to_the_governor_with_its_arguments() {
    let governor = Fixed::new(Verdict::allow());
    let bench = Bench::with(
        governor.clone(),
        |profile| {
            profile.tools.layers = vec![ToolLayer {
                deny: vec!["write".into()],
                ..ToolLayer::default()
            }]
        },
        |_| {},
    );
    let run_id = bench.say("read: ../../.ssh/id\nwrite: a.txt: one").await;
    bench.outcome(&run_id).await;
    let told = governor.outcomes.lock().unwrap().clone();
    let wanted = [
        ["read", "../../.ssh/id", "outside of the workspace"],
        ["write", "a.txt", "not available to this agent"],
    ];
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for (said, parts) in told.iter().zip(wanted) {
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
    assert!(
        governor.seen.lock().unwrap().is_empty(),
        "nothing was judged"
    );
}

#[tokio::test]
async fn a_denied_call_does_not_run_and_its_reason_reaches_the_model() {
    let reason = "not on a Saturday".to_owned();
    let governor = Fixed::new(Verdict::deny(reason));
    let bench = Bench::with(governor.clone(), |_| {}, |_| {});
    let run_id = bench.say("exec: touch it-ran").await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.text, "The tool exec failed: not on a Saturday");
    assert!(!bench.workspace.path().join("it-ran").exists());
    assert_eq!(*governor.outcomes.lock().unwrap(), ["denied"]);
}

#[tokio::test]
async fn the_governor_sees_exactly_what_will_run() {
    let governor = Fixed::new(Verdict::allow());
    let bench = Bench::with(governor.clone(), |_| {}, |_| {});
    let run_id = bench.say("exec: ls -a").await;
    bench.outcome(&run_id).await;
    let seen = governor.seen.lock().unwrap();
    let [action] = seen.as_slice() else {
        panic!("one call is one question: {seen:?}");
    };
    assert_eq!(action.run_id, run_id);
    assert_eq!(action.session_key, KEY);
    let Effect::Exec(effect) = &action.effect else {
        panic!("{action:?}");
    };
    assert_eq!(effect.argv, ["/bin/sh", "-c", "ls -a"]);
    assert_eq!(
        effect.executable,
        PathBuf::from("/bin/sh").canonicalize().unwrap()
    );
    assert_eq!(effect.cwd, bench.workspace.path().canonicalize().unwrap());
    assert!(effect.program.as_ref().unwrap().is_absolute());
    assert_eq!(*governor.outcomes.lock().unwrap(), ["ran"]);
}

/// Moves the working directory away while it is asked.
struct SwapsTheFolder(PathBuf);

#[async_trait]
impl Governor for SwapsTheFolder {
    async fn govern(&self, action: &Action) -> Verdict {
        let Effect::Exec(effect) = &action.effect else {
            panic!("{action:?}");
        };
        std::fs::remove_dir(&effect.cwd).unwrap();
        std::os::unix::fs::symlink(&self.0, &effect.cwd).unwrap();
        Verdict::allow()
    }

    async fn outcome(&self, _action: &Action, outcome: &ToolOutcome) {
        assert!(matches!(outcome, ToolOutcome::Changed), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_changed_between_the_question_and_the_run_does_not_run() {
    let elsewhere = tempfile::tempdir().unwrap();
    let governor = Arc::new(SwapsTheFolder(elsewhere.path().to_owned()));
    let bench = Bench::with(governor, |_| {}, |_| {});
    std::fs::create_dir(bench.workspace.path().join("sub")).unwrap();
    let run_id = bench
        .say(r#"tool: exec {"command":"touch it-ran","workdir":"sub"}"#)
        .await;
    let outcome = bench.outcome(&run_id).await;
    assert!(outcome.text.contains("changed between"), "{}", outcome.text);
    assert!(!elsewhere.path().join("it-ran").exists());
}

#[tokio::test]
async fn an_abort_ends_the_stream_and_keeps_what_was_said() {
    let mut bench = Bench::new();
    let run_id = bench.say("slow: 1000").await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::Assistant { .. }))
        .await;
    assert_eq!(bench.engine.active(KEY).await.unwrap().run_id, run_id);
    assert_eq!(bench.engine.abort(KEY, None).await, [run_id.as_str()]);
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
    assert!(outcome.text.starts_with("word1"));
    let (_, last) = bench.journal.entries(KEY).pop().unwrap();
    let Message::Assistant(last) = last else {
        panic!("{last:?}");
    };
    assert_eq!(last.stop_reason, StopReason::Aborted);
    assert_eq!(bench.engine.active(KEY).await, None);
}

#[tokio::test]
async fn an_abort_reaches_the_children_of_a_command() {
    let mut bench = Bench::new();
    let run_id = bench
        .say("exec: sleep 1000 & echo $! > child; echo ready; wait")
        .await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::ToolUpdate { .. }))
        .await;
    bench.engine.abort(KEY, Some(&run_id)).await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
    let pid = std::fs::read_to_string(bench.workspace.path().join("child")).unwrap();
    // The signal was sent; the system carries it out in its own time.
    while !is_gone(pid.trim()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let messages: Vec<_> = bench
        .journal
        .entries(KEY)
        .into_iter()
        .map(|e| e.1)
        .collect();
    assert!(!transcript::is_interrupted(&messages), "{messages:?}");
}

/// Gone, or dead and not collected yet: a zombie.
fn is_gone(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    status.map_or(true, |status| status.contains("State:\tZ"))
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_at_its_time_limit() {
    let bench = Bench::new();
    let request = RunRequest {
        timeout: Some(Duration::from_secs(2)),
        ..RunRequest::text(KEY, "main", "slow: 1000")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::TimedOut);
}

#[tokio::test]
async fn a_refusal_of_the_model_fails_the_run_and_is_in_the_transcript() {
    let bench = Bench::new();
    let run_id = bench.say("fail: no quota left").await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(outcome.error.unwrap().contains("no quota left"));
    let (_, last) = bench.journal.entries(KEY).pop().unwrap();
    let Message::Assistant(last) = last else {
        panic!("{last:?}");
    };
    assert_eq!(last.stop_reason, StopReason::Error);
    assert!(last.error_message.unwrap().contains("no quota left"));
}

#[tokio::test]
async fn an_unknown_agent_fails_the_run_with_a_sentence() {
    let bench = Bench::new();
    let request = RunRequest::text(KEY, "nobody", "hello");
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.error.as_deref(), Some("there is no agent nobody"));
}

#[tokio::test]
async fn a_budget_of_tokens_ends_a_run_before_its_next_model_call() {
    let bench = Bench::new();
    let request = RunRequest {
        budget: Budget::new(None, Some(1)),
        ..RunRequest::text(KEY, "main", "exec: true")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(outcome.error.unwrap().contains("budget"));
    assert_eq!(bench.journal.entries(KEY).len(), 4, "the call was made");
}

#[tokio::test]
async fn a_run_after_a_crash_begins_with_a_mended_transcript() {
    use crate::journal::Journal;
    let bench = Bench::new();
    let cut = Message::user("exec: true", 1);
    bench.journal.append(KEY, "gone", &cut).await.unwrap();
    let run_id = bench.say("md: ").await;
    bench.outcome(&run_id).await;
    let entries = bench.journal.entries(KEY);
    let Message::Assistant(mended) = &entries[1].1 else {
        panic!("{entries:?}");
    };
    let said = mended.error_message.as_deref();
    assert_eq!(said, Some(transcript::INTERRUPTED));
}
