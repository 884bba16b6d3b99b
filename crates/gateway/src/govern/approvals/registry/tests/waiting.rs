//! What waits, for how long, and who is told of its end.

use super::*;

#[tokio::test]
async fn who_asked_is_told_the_answer() {
    let bench = Bench::new().await;
    let pending = bench.ask("a").await;
    let waiting = tokio::spawn(pending.settled());
    let by = ada();
    let answer = bench.approvals.answer("a", Decision::AllowOnce, &by);
    answer.await.unwrap();
    let settled = waiting.await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Allowed);
    assert_eq!(settled.decision.as_deref(), Some("allow-once"));
}

#[tokio::test]
async fn an_answer_that_was_given_before_anyone_waited_is_not_missed() {
    let bench = Bench::new().await;
    let record = bench.ask("a").await.detach();
    let by = ada();
    let answer = bench.approvals.answer("a", Decision::Deny, &by);
    answer.await.unwrap();
    let settled = bench.approvals.settled(&record.id).await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Denied);
    let unknown = bench.approvals.settled("no").await.unwrap();
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_any_more_is_withdrawn() {
    let bench = Bench::new().await;
    drop(bench.ask("a").await);
    let settled = bench.approvals.settled("a").await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Cancelled);
    let late = bench
        .approvals
        .answer("a", Decision::AllowOnce, &ada())
        .await;
    assert!(matches!(late, Err(AnswerError::Settled(_))));
}

#[tokio::test]
async fn no_answer_in_time_is_a_denial() {
    let bench = Bench::new().await;
    let pending = bench.ask("a").await;
    let waiting = tokio::spawn(pending.settled());
    bench.now.store(61_000, Ordering::SeqCst);
    let late = bench
        .approvals
        .answer("a", Decision::AllowOnce, &ada())
        .await;
    assert!(matches!(late, Err(AnswerError::Settled(_))), "{late:?}");
    let settled = tokio::time::timeout(Duration::from_secs(120), waiting).await;
    let settled = settled.expect("it is told").unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Expired);
    assert_eq!(wire::decision(&settled).as_deref(), Some("deny"));
}

#[tokio::test]
async fn after_a_restart_what_waited_waits_and_an_answer_lets_nothing_run() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || Arc::new(SqliteGatewayStore::open(folder.path(), 0).await.unwrap());
    let bench = Bench::on(open().await);
    let record = bench.ask("a").await.detach();
    bench.store.close().await;

    let bench = Bench::on(open().await);
    let waiting = bench.approvals.pending().await.unwrap();
    assert_eq!(waiting, [record]);
    let by = ada();
    let answer = bench.approvals.answer("a", Decision::AllowOnce, &by);
    let record = answer.await.unwrap();
    assert_eq!(
        record.record().consumed_at,
        None,
        "nobody was left to run it"
    );
    let other = bench.approvals.consume("a", "another").await.unwrap();
    assert_eq!(other, Consumed::Differs, "and nothing else can take it");
}

#[tokio::test]
async fn the_same_id_is_not_asked_twice() {
    let bench = Bench::new().await;
    bench.ask("a").await.detach();
    let again = bench.approvals.ask(question("a")).await;
    assert!(matches!(again, Err(ApprovalsError::Taken)));
}

#[tokio::test]
async fn what_an_answer_always_would_add_is_not_shown() {
    let bench = Bench::new().await;
    let record = bench.ask("a").await.detach();
    for shown in [wire::pending(&record), wire::resolved(&record)] {
        assert_eq!(shown["request"].get(wire::ALWAYS), None, "{shown}");
    }
}

#[tokio::test]
async fn an_end_that_was_recorded_without_a_word_is_found_by_those_who_wait() {
    let bench = Bench::new().await;
    let pending = bench.ask("a").await;
    let waiting = tokio::spawn(pending.settled());
    let denied = Resolution {
        state: ApprovalState::Denied,
        at: 1_001,
        ..Resolution::default()
    };
    // Past the registry, which therefore tells nobody.
    let resolved = bench.store.approval_resolve("a", denied, None).await;
    resolved.unwrap();
    while !waiting.is_finished() {
        tokio::time::pause();
        tokio::time::advance(super::LOOK_AGAIN).await;
        tokio::time::resume();
        // What the look asks the store is answered on another thread, in the time of day.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let record = waiting.await.unwrap().unwrap();
    assert_eq!(record.state, ApprovalState::Denied);
}

#[tokio::test]
async fn a_clock_that_is_set_back_gives_nobody_more_time() {
    let bench = Bench::new().await;
    let short = Question {
        timeout_ms: 200,
        ..question("a")
    };
    let pending = bench.approvals.ask(short).await.unwrap();
    let waiting = tokio::spawn(pending.settled());
    bench.now.store(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(250)).await;
    let late = bench
        .approvals
        .answer("a", Decision::AllowOnce, &ada())
        .await;
    assert!(matches!(late, Err(AnswerError::Settled(_))), "{late:?}");
    let settled = waiting.await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Expired);
}

#[tokio::test]
async fn a_question_from_the_future_is_ended_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || Arc::new(SqliteGatewayStore::open(folder.path(), 0).await.unwrap());
    let bench = Bench::on(open().await);
    bench.now.store(10_000_000, Ordering::SeqCst);
    bench.ask("a").await.detach();
    bench.store.close().await;
    // The clock was set back while the gateway was down.
    let bench = Bench::on(open().await);
    let settled = bench.approvals.settled("a").await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Expired);
}

#[tokio::test]
async fn every_transition_is_in_the_audit() {
    let bench = Bench::new().await;
    bench
        .approvals
        .ask(own_question("a", 2))
        .await
        .unwrap()
        .detach();
    for by in [ada(), bob()] {
        bench
            .approvals
            .choose("a", None, &Choice::Once, &by)
            .await
            .unwrap();
    }
    bench.approvals.consume("a", "digest").await.unwrap();
    let rows = bench.store.audit_rows(0, 10).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
    let wanted = [
        "approval.asked",
        "approval.counted",
        "approval.allowed",
        "approval.consumed",
    ];
    assert_eq!(kinds, wanted);
    assert!(
        rows.iter()
            .all(|row| row.bytes.contains("\"request_digest\":\"digest\""))
    );
}
