use super::*;
use crate::journal::Journal;

async fn ready(bench: &mut Bench, command: &str) -> String {
    let run_id = bench.say(&format!("exec: echo ready; {command}")).await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::ToolUpdate { .. }))
        .await;
    run_id
}

#[tokio::test]
async fn a_steer_skips_the_calls_that_have_not_begun_and_is_read_next() {
    let mut bench = Bench::new();
    let first = bench
        .say("exec: echo ready; while [ ! -e go ]; do sleep 0.02; done\nexec: touch second")
        .await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::ToolUpdate { .. }))
        .await;
    let second = bench.say("think: of something else").await;
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    let outcome = bench.outcome(&first).await;
    assert_eq!(outcome.text, "I thought about: of something else");
    assert!(!bench.workspace.path().join("second").exists());
    let transcript = bench.transcript();
    assert!(
        transcript[3].contains("Skipped to process"),
        "{transcript:?}"
    );
    assert_eq!(transcript[4], "user: think: of something else");
    assert_eq!(bench.journal.entries(KEY)[4].0, second, "under its own id");
    let carried = bench.outcome(&second).await;
    assert_eq!(carried.text, outcome.text, "it ends with the run it joined");
}

#[tokio::test]
async fn a_followup_runs_after_the_active_run() {
    let mut bench = Bench::new();
    let first = ready(&mut bench, "sleep 0.1").await;
    let second = bench.say_as("md: ", QueueMode::Followup).await;
    let third = bench.say_as("think: x", QueueMode::Followup).await;
    assert_eq!(
        bench.engine.active(KEY).await.unwrap().waiting,
        [second.as_str(), &third]
    );
    for run_id in [&first, &second, &third] {
        assert_eq!(bench.outcome(run_id).await.status, RunStatus::Done);
    }
    let users: Vec<String> = bench
        .journal
        .entries(KEY)
        .into_iter()
        .filter(|(_, message)| matches!(message, Message::User(_)))
        .map(|(run_id, _)| run_id)
        .collect();
    assert_eq!(users, [first, second, third]);
}

#[tokio::test]
async fn more_than_a_run_comes_to_read_is_refused_and_nothing_that_was_taken_is_lost() {
    let mut bench = Bench::new();
    let first = ready(&mut bench, "while [ ! -e go ]; do sleep 0.02; done").await;
    let cap = QueueRules::default().cap;
    let mut taken = Vec::new();
    for at in 0..cap {
        taken.push(bench.say(&format!("md: {at}")).await);
    }
    let more = RunRequest::text(KEY, "main", "one more");
    let refused = bench.engine.submit(more.clone()).await.unwrap_err();
    assert!(matches!(refused, SubmitError::Full(full) if full == cap));
    assert!(refused.to_string().contains("stop its run"), "{refused}");
    assert_eq!(bench.journal.waiting(KEY).len(), cap, "it was not kept");
    let ours = RunRequest {
        origin: Origin::Gateway,
        ..more
    };
    taken.push(bench.engine.submit(ours).await.unwrap().run_id);
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    for run_id in taken.iter().chain([&first]) {
        assert_eq!(bench.outcome(run_id).await.status, RunStatus::Done);
    }
}

#[tokio::test]
async fn an_interrupt_stops_the_run_and_takes_its_place() {
    let mut bench = Bench::new();
    let first = ready(&mut bench, "sleep 1000").await;
    let second = bench.say_as("think: faster", QueueMode::Interrupt).await;
    let outcome = bench.outcome(&first).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Interrupted));
    let outcome = bench.outcome(&second).await;
    assert_eq!(outcome.text, "I thought about: faster");
}

#[tokio::test]
async fn a_waiting_input_is_durable_until_it_is_read_or_withdrawn() {
    let mut bench = Bench::new();
    ready(&mut bench, "sleep 1000").await;
    let waiting = bench.say_as("md: ", QueueMode::Followup).await;
    assert_eq!(bench.journal.waiting(KEY), [waiting.as_str()]);
    bench.engine.abort(KEY, Some(&waiting)).await;
    let outcome = bench.outcome(&waiting).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
    assert_eq!(outcome.started_at_ms, None);
    assert!(bench.engine.active(KEY).await.is_some(), "the run goes on");
    bench.engine.abort(KEY, None).await;
    assert!(bench.engine.stop(Duration::from_secs(30)).await);
    assert_eq!(bench.journal.waiting(KEY), [""; 0]);
}

#[tokio::test]
async fn a_run_id_is_taken_once() {
    let bench = Bench::new();
    let request = || RunRequest {
        run_id: Some("mine".into()),
        ..RunRequest::text(KEY, "main", "md: ")
    };
    bench.engine.submit(request()).await.unwrap();
    let again = bench.engine.submit(request()).await;
    assert!(
        matches!(again, Err(SubmitError::DuplicateRun(_))),
        "{again:?}"
    );
    bench.outcome("mine").await;
    let again = bench.engine.submit(request()).await;
    assert!(
        matches!(again, Err(SubmitError::DuplicateRun(_))),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_stopping_engine_ends_its_runs_and_takes_no_more() {
    let mut bench = Bench::new();
    let run_id = ready(&mut bench, "sleep 1000").await;
    assert!(bench.engine.stop(Duration::from_secs(30)).await);
    let more = bench
        .engine
        .submit(RunRequest::text(KEY, "main", "hi"))
        .await;
    assert!(matches!(more, Err(SubmitError::Stopping)), "{more:?}");
    let context = bench.journal.load(KEY).await.unwrap();
    assert!(!crate::transcript::is_interrupted(&context), "{run_id}");
}

#[tokio::test]
async fn sessions_run_side_by_side() {
    let bench = Bench::new();
    bench
        .say("exec: while [ ! -e go ]; do sleep 0.02; done")
        .await;
    let other = RunRequest::text("agent:main:other", "main", "exec: touch go");
    let run_id = bench.engine.submit(other).await.unwrap().run_id;
    assert_eq!(bench.outcome(&run_id).await.status, RunStatus::Done);
}

#[tokio::test]
async fn an_empty_input_is_refused() {
    let bench = Bench::new();
    let refused = bench
        .engine
        .submit(RunRequest::text(KEY, "main", " \n"))
        .await;
    assert!(matches!(refused, Err(SubmitError::Empty)), "{refused:?}");
}

#[tokio::test]
async fn what_waits_when_the_engine_stops_is_kept_for_its_writer() {
    let mut bench = Bench::new();
    ready(&mut bench, "sleep 1000").await;
    let waiting = bench.say_as("md: ", QueueMode::Followup).await;
    assert!(bench.engine.stop(Duration::from_secs(30)).await);
    assert_eq!(bench.journal.waiting(KEY), [waiting.as_str()]);
}
