use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::gateway::{
    AllowEntry, ApprovalState, Consumed, GatewayStore, Resolution, SqliteGatewayStore,
};
use serde_json::json;

use super::*;
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::govern::approvals::answers::GrantBasis;

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
        let (approvals, task) = Approvals::start(store.clone(), hub, clock, Arc::new(|_, _| true));
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
        requester_person: None,
        approvers: 1,
        bound: true,
    }
}

/// A question of the gateway's own, which takes every choice.
fn own_question(id: &str, approvers: u32) -> Question {
    let mut question = question(id);
    let choices = json!(["once", "session", "for", "always", "edit", "deny"]);
    question.request.insert(wire::CHOICES.to_owned(), choices);
    Question {
        approvers,
        grants: Some(GrantBasis {
            session_digest: "of the session".to_owned(),
            agent_digest: "of the agent".to_owned(),
            text: "touch a".to_owned(),
            cwd: Some("/ws".to_owned()),
            may_be_pattern: true,
            answers: vec!["unknown-program".to_owned()],
        }),
        ..question
    }
}

fn bob() -> Resolver {
    Resolver {
        device: None,
        label: "Bob".to_owned(),
        principal: "device:bob".to_owned(),
        person: "device:bob".to_owned(),
    }
}

fn ada() -> Resolver {
    Resolver {
        device: None,
        label: "Ada".to_owned(),
        principal: "device:ada".to_owned(),
        person: "device:ada".to_owned(),
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
        let asked = bench.approvals.ask(own_question(id, 1)).await;
        asked.unwrap().detach();
        let before = bench.store.allow_entries(None, 0).await.unwrap();
        assert!(before.is_empty(), "before {id}");
        bench.approvals.answer(id, decision, &ada()).await.unwrap();
    }
    let entries = bench.store.allow_entries(None, 0).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].pattern, "/bin/touch");
    assert_eq!(entries[0].agent, "main");
    let grants = bench.store.grants(None, 0).await.unwrap();
    assert_eq!(grants[0].id, entries[0].id, "it shows the grant");
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
async fn each_choice_grants_what_it_says_and_no_more() {
    const MINUTE: i64 = 60_000;
    let until = 1_000 + 5 * MINUTE;
    let always = |pattern: Option<&str>, until| Choice::Always {
        pattern: pattern.map(str::to_owned),
        until,
    };
    let session = Some("agent:main:main");
    for (choice, wanted) in [
        (Choice::Once, None),
        (
            Choice::Session,
            Some((session, Some("of the session"), 90 * 24 * 60)),
        ),
        (
            Choice::For { minutes: 30 },
            Some((None, Some("of the agent"), 30)),
        ),
        (
            always(None, None),
            Some((None, Some("of the agent"), 90 * 24 * 60)),
        ),
        (always(Some("touch *"), Some(until)), Some((None, None, 5))),
    ] {
        let bench = Bench::new().await;
        bench
            .approvals
            .ask(own_question("a", 1))
            .await
            .unwrap()
            .detach();
        let answered = bench.approvals.choose("a", None, &choice, &ada()).await;
        assert_eq!(answered.unwrap().record().state, ApprovalState::Allowed);
        let grants = bench.store.grants(None, 1_000).await.unwrap();
        let got = grants.first().map(|grant| {
            assert_eq!(grant.created_by, "Ada");
            let minutes = (grant.expires_at.unwrap() - grant.created_at + MINUTE / 2) / MINUTE;
            (grant.session.as_deref(), grant.digest.as_deref(), minutes)
        });
        assert_eq!(got, wanted, "{choice:?}");
    }
}

#[tokio::test]
async fn a_choice_that_makes_no_sense_leaves_the_question_open() {
    let bench = Bench::new().await;
    bench
        .approvals
        .ask(own_question("a", 1))
        .await
        .unwrap()
        .detach();
    let always = |pattern: Option<&str>, until| Choice::Always {
        pattern: pattern.map(str::to_owned),
        until,
    };
    let far = 91 * 24 * 60 * 60 * 1_000;
    for choice in [
        Choice::For { minutes: 0 },
        Choice::For { minutes: 100_000 },
        always(None, Some(1)),
        always(None, Some(far)),
        always(Some("rm *"), None),
        always(Some("*"), None),
    ] {
        let refused = bench.approvals.choose("a", None, &choice, &ada()).await;
        assert!(matches!(refused, Err(AnswerError::Choice(_))), "{choice:?}");
    }
    assert_eq!(bench.approvals.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_people_say_yes_where_two_are_asked_for_and_never_who_asked() {
    let bench = Bench::new().await;
    let pending = bench.approvals.ask(own_question("a", 2)).await.unwrap();
    let waiting = tokio::spawn(pending.settled());
    let agent = Resolver {
        principal: "agent:main".to_owned(),
        ..ada()
    };
    let answer = async |by: &Resolver| bench.approvals.choose("a", None, &Choice::Once, by).await;
    assert!(matches!(answer(&agent).await, Err(AnswerError::Own)));
    assert!(matches!(answer(&ada()).await, Ok(Answered::Counted(_))));
    let other_device = Resolver {
        principal: "device:ada's phone".to_owned(),
        ..ada()
    };
    for again in [ada(), other_device] {
        assert!(matches!(answer(&again).await, Err(AnswerError::Again(_))));
    }
    assert!(!waiting.is_finished(), "one person is not two");
    assert!(matches!(answer(&bob()).await, Ok(Answered::Settled(_))));
    assert_eq!(
        waiting.await.unwrap().unwrap().state,
        ApprovalState::Allowed
    );
}

#[tokio::test]
async fn an_answer_names_the_digest_that_it_is_for() {
    let bench = Bench::new().await;
    bench
        .approvals
        .ask(own_question("a", 1))
        .await
        .unwrap()
        .detach();
    let choose = async |digest| {
        let by = ada();
        bench
            .approvals
            .choose("a", Some(digest), &Choice::Once, &by)
            .await
    };
    assert!(matches!(choose("another").await, Err(AnswerError::Differs)));
    choose("digest").await.unwrap();
    let taken = async |digest| bench.approvals.consume("a", digest).await.unwrap();
    assert_eq!(taken("another").await, Consumed::Differs);
    assert!(matches!(taken("digest").await, Consumed::Now(_)));
    assert_eq!(taken("digest").await, Consumed::Before);
}

#[tokio::test]
async fn an_edit_withdraws_the_question_and_hands_on_the_new_command() {
    let bench = Bench::new().await;
    let pending = bench.approvals.ask(own_question("a", 1)).await.unwrap();
    let waiting = tokio::spawn(pending.settled());
    bench.approvals.edit("a", "touch b", &ada()).await.unwrap();
    let settled = waiting.await.unwrap().unwrap();
    assert_eq!(settled.state, ApprovalState::Cancelled);
    assert_eq!(wire::edited(&settled).as_deref(), Some("touch b"));
    let late = bench
        .approvals
        .answer("a", Decision::AllowOnce, &ada())
        .await;
    assert!(matches!(late, Err(AnswerError::Settled(_))));
}

#[tokio::test]
async fn what_is_no_command_or_another_client_s_takes_no_other_command() {
    let bench = Bench::new().await;
    let mut no_command = own_question("a", 1);
    let choices = json!(["once", "deny"]);
    no_command.request.insert(wire::CHOICES.to_owned(), choices);
    let elsewhere = Question {
        bound: false,
        ..own_question("b", 1)
    };
    for question in [no_command, elsewhere] {
        let record = bench.approvals.ask(question).await.unwrap().detach();
        let refused = bench.approvals.edit(&record.id, "touch b", &ada()).await;
        assert!(
            matches!(refused, Err(AnswerError::Choice(_))),
            "{refused:?}"
        );
    }
    assert_eq!(bench.approvals.pending().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_yes_that_was_taken_back_is_not_used() {
    let bench = Bench::new().await;
    bench
        .approvals
        .ask(own_question("a", 1))
        .await
        .unwrap()
        .detach();
    let by = ada();
    bench
        .approvals
        .choose("a", None, &Choice::Once, &by)
        .await
        .unwrap();
    assert!(bench.approvals.revoke("a", &by).await.unwrap());
    assert!(!bench.approvals.revoke("a", &by).await.unwrap());
    let taken = bench.approvals.consume("a", "digest").await.unwrap();
    assert_eq!(taken, Consumed::NotAllowed);
}

#[tokio::test]
async fn taking_a_yes_back_leaves_a_question_whose_time_is_over_to_those_who_wait() {
    let bench = Bench::new().await;
    let pending = bench.ask("a").await;
    let waiting = tokio::spawn(pending.settled());
    bench.now.store(61_001, Ordering::SeqCst);
    assert!(!bench.approvals.revoke("a", &ada()).await.unwrap());
    let record = bench.store.approval("a").await.unwrap().unwrap();
    assert_eq!(
        record.state,
        ApprovalState::Pending,
        "it is not noted unseen"
    );
    drop(waiting);
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
async fn a_person_s_reason_is_kept_for_the_agent_and_shown_to_no_client() {
    let bench = Bench::new().await;
    bench
        .approvals
        .ask(own_question("a", 1))
        .await
        .unwrap()
        .detach();
    let deny = Choice::Deny {
        reason: Some("use the staging folder".to_owned()),
    };
    let answered = bench
        .approvals
        .choose("a", None, &deny, &ada())
        .await
        .unwrap();
    let record = answered.record();
    assert_eq!(
        wire::note(record).as_deref(),
        Some("use the staging folder")
    );
    assert_eq!(wire::snapshot(record)["resolver"].get("note"), None);
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

#[tokio::test]
async fn of_many_only_what_is_known_to_be_harmless_is_allowed_together() {
    let bench = Bench::new().await;
    let judged = |dangerous: serde_json::Value, approvers| {
        let mut question = own_question("unused", approvers);
        question.id = None;
        question
            .request
            .insert("analysis".to_owned(), json!({"dangerous": dangerous}));
        question
    };
    let mut unjudged = own_question("unjudged", 1);
    unjudged.request.remove("analysis");
    for (question, together) in [
        (judged(json!(false), 1), true),
        (judged(json!(true), 1), false),
        (judged(json!(null), 1), false),
        (judged(json!(false), 2), false),
        (unjudged, false),
    ] {
        let shown = format!("{question:?}");
        let record = bench.approvals.ask(question).await.unwrap().detach();
        let choose = async |choice| {
            let (id, by) = (&record.id, ada());
            bench
                .approvals
                .choose_of_many(id, "digest", &choice, &by)
                .await
        };
        let yes = choose(Choice::Once).await;
        assert_eq!(yes.is_ok(), together, "{shown}");
        if !together {
            let refused = matches!(yes, Err(AnswerError::Choice(ChoiceError::OneByOne)));
            assert!(refused, "{shown}");
            choose(Choice::Deny { reason: None }).await.unwrap();
        }
    }
}
