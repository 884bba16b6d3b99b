//! What an answer does, and which are taken.

use super::*;

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
