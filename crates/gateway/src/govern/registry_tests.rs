use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::gateway::{AllowEntry, ApprovalState, GatewayStore, SqliteGatewayStore};
use serde_json::json;

use super::*;
use crate::broadcast::Hub;
use crate::clock::Clock;

/// The registry on a store in memory, with a clock that stands still until it is moved.
struct Bench {
    approvals: Approvals,
    store: Arc<dyn GatewayStore>,
    now: Arc<AtomicU64>,
}

impl Bench {
    async fn new() -> Self {
        Self::on(Arc::new(SqliteGatewayStore::in_memory().await.unwrap()))
    }

    fn on(store: Arc<dyn GatewayStore>) -> Self {
        let now = Arc::new(AtomicU64::new(1_000));
        let reading = now.clone();
        let clock = Clock::new(move || reading.load(Ordering::SeqCst));
        let own: PresenceEntry = serde_json::from_value(json!({})).unwrap();
        let (hub, hub_task) = Hub::start(clock.clone(), own);
        tokio::spawn(hub_task);
        let (approvals, task) = Approvals::start(store.clone(), hub, clock);
        tokio::spawn(task);
        Self {
            approvals,
            store,
            now,
        }
    }

    async fn ask(&self, id: &str) -> Pending {
        self.approvals.ask(question(id)).await.unwrap()
    }
}

fn question(id: &str) -> Question {
    let request = json!({
        "command": "touch a",
        "allowedDecisions": ["allow-once", "allow-always", "deny"],
    });
    Question {
        id: Some(id.to_owned()),
        agent: Some("main".to_owned()),
        session: Some("agent:main:main".to_owned()),
        run: Some("r".to_owned()),
        digest: "digest".to_owned(),
        request: request.as_object().unwrap().clone(),
        timeout_ms: 60_000,
        always: Some(AllowEntry {
            pattern: "/bin/touch".to_owned(),
            arg_pattern: Some("sha256:argv:1".to_owned()),
            ..AllowEntry::default()
        }),
        grants: None,
        requester: Some("agent:main".to_owned()),
        approvers: 1,
        bound: true,
    }
}

fn ada() -> Resolver {
    Resolver {
        device: None,
        label: "Ada".to_owned(),
        principal: "device:ada".to_owned(),
    }
}

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
async fn the_second_answer_sees_the_first() {
    let bench = Bench::new().await;
    bench.ask("a").await.detach();
    let by = ada();
    let deny = bench.approvals.answer("a", Decision::Deny, &by);
    deny.await.unwrap();
    let by = ada();
    let allow = bench.approvals.answer("a", Decision::AllowOnce, &by);
    let Err(AnswerError::Settled(record)) = allow.await else {
        panic!("the first answer stands");
    };
    assert_eq!(record.state, ApprovalState::Denied);
    let none = bench.approvals.answer("no", Decision::Deny, &ada()).await;
    assert!(matches!(none, Err(AnswerError::Unknown)));
}

#[tokio::test]
async fn a_word_that_was_not_offered_decides_nothing() {
    let bench = Bench::new().await;
    let mut question = question("a");
    question
        .request
        .insert("allowedDecisions".into(), json!(["allow-once", "deny"]));
    bench.approvals.ask(question).await.unwrap().detach();
    let always = bench
        .approvals
        .answer("a", Decision::AllowAlways, &ada())
        .await;
    assert!(matches!(always, Err(AnswerError::Choice(_))));
    assert_eq!(bench.approvals.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn always_adds_the_entry_of_the_question_and_once_adds_none() {
    let bench = Bench::new().await;
    for (id, decision) in [
        ("once", Decision::AllowOnce),
        ("always", Decision::AllowAlways),
    ] {
        bench.ask(id).await.detach();
        let before = bench.store.allow_entries(None).await.unwrap();
        assert!(before.is_empty(), "before {id}");
        bench.approvals.answer(id, decision, &ada()).await.unwrap();
    }
    let entries = bench.store.allow_entries(None).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].pattern, "/bin/touch");
    assert_eq!(entries[0].agent, "main");
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
    let settled = tokio::time::timeout(Duration::from_secs(20), waiting).await;
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
    assert_eq!(record.consumed_at, None, "nobody was left to run it");
    let other = bench.approvals.consume("a", "another").await.unwrap();
    assert!(!other, "and nothing else can take it");
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
