use std::sync::Mutex;

use super::*;
use crate::{
    event::CompactionPhase,
    journal::Journal,
    message::{Message, StopReason, ToolCall, Usage},
    provider::{
        ModelEvent, ModelInfo, ModelRef, ModelRequest, ModelStream, Price, Provider, ProviderError,
        ResolvedModel,
    },
};

/// Fails as it was told, then answers by script.
struct Failing {
    failures: Mutex<Vec<ProviderError>>,
}

#[async_trait]
impl Provider for Failing {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        let failure = self.failures.lock().unwrap().pop();
        match failure {
            Some(error) => Err(error),
            None => Scripted::default().stream(request).await,
        }
    }
}

pub(super) fn name(provider: &str) -> ModelRef {
    ModelRef {
        provider: provider.into(),
        model: "m".into(),
    }
}

/// A model that fails so many times, last failure first, and costs a dollar for every million tokens.
pub(super) fn failing(
    provider: &str,
    failures: Vec<ProviderError>,
    context_window: u64,
) -> ResolvedModel {
    ResolvedModel {
        info: ModelInfo {
            takes_images: true,
            patience: None,
            name: name(provider),
            title: None,
            context_window,
            max_output_tokens: None,
            price: Some(Price {
                input: 1.0,
                output: 1.0,
                ..Price::default()
            }),
        },
        provider: Arc::new(Failing {
            failures: Mutex::new(failures),
        }),
    }
}

pub(super) fn bench(models: Vec<ResolvedModel>) -> Bench {
    Bench::with(
        Arc::new(AllowAll),
        |profile| {
            let mut catalog = Models::default();
            profile.models = models.iter().map(|m| m.info.name.clone()).collect();
            models.into_iter().for_each(|model| catalog.add(model));
            profile.catalog = Arc::new(catalog);
        },
        |_| {},
    )
}

fn busy() -> ProviderError {
    ProviderError::Busy {
        status: 529,
        message: "overloaded".into(),
        retry_after: None,
    }
}

fn retries(events: &[RunEvent]) -> usize {
    let retries = events.iter();
    retries
        .filter(|event| matches!(event.kind, RunEventKind::Retry { .. }))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_busy_provider_is_asked_again() {
    let mut bench = bench(vec![failing("one", vec![busy(), busy()], 100_000)]);
    let run_id = bench.say("think: x").await;
    let events = bench.until_ended(&run_id).await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.text, "I thought about: x");
    assert_eq!(retries(&events), 2);
    assert!(outcome.usage.cost.total > 0.0, "it has a price");
}

#[tokio::test(start_paused = true)]
async fn when_a_model_gives_no_answer_the_next_one_is_asked() {
    let refused = ProviderError::Unauthorized {
        status: 401,
        message: "no".into(),
    };
    let models = vec![
        failing("one", vec![refused], 100_000),
        failing("two", vec![], 100_000),
    ];
    let mut bench = bench(models);
    let run_id = bench.say("think: x").await;
    let events = bench.until_ended(&run_id).await;
    assert_eq!(retries(&events), 0, "a refusal is not tried again");
    let (_, last) = bench.journal.entries(KEY).pop().unwrap();
    assert!(matches!(last, Message::Assistant(m) if m.provider == "two"));
}

#[tokio::test]
async fn a_model_that_a_person_chose_and_that_is_not_there_is_named() {
    let bench = bench(vec![failing("one", vec![], 100_000)]);
    let request = RunRequest {
        model: Some(name("missing")),
        ..RunRequest::text(KEY, "main", "hello")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let error = bench.outcome(&run_id).await.error.unwrap();
    assert!(error.contains("missing/m"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_another_attempt() {
    let mut bench = bench(vec![failing("one", vec![busy(); 3], 100_000)]);
    let run_id = bench.say("hello").await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::Retry { .. }))
        .await;
    bench.engine.abort(KEY, None).await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Aborted(AbortCause::Requested));
}

#[tokio::test]
async fn a_budget_in_dollars_ends_a_run() {
    let bench = bench(vec![failing("one", vec![], 100_000)]);
    let request = RunRequest {
        budget: Budget::new(Some(0.000_000_1), None),
        ..RunRequest::text(KEY, "main", "exec: true")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let error = bench.outcome(&run_id).await.error.unwrap();
    assert!(error.contains("budget") && error.contains('$'), "{error}");
}

#[tokio::test]
async fn a_budget_is_shared_with_the_sub_agents_that_a_run_starts() {
    let mut bench = bench(vec![failing("one", vec![], 100_000)]);
    let budget = Budget::new(Some(0.000_000_1), None);
    let request = RunRequest {
        budget: budget.clone(),
        ..RunRequest::text(KEY, "main", "spawn: think: deeply")
    };
    bench.engine.submit(request).await.unwrap();
    let is_child = |event: &RunEvent| event.session_key.contains(":subagent:");
    let ended = |event: &RunEvent| is_child(event) && matches!(event.kind, RunEventKind::Ended(_));
    let events = bench.until(ended).await;
    let Some(RunEventKind::Ended(outcome)) = events.last().map(|event| &event.kind) else {
        panic!("the sub-agent ends");
    };
    let error = outcome.error.as_deref().unwrap_or_default();
    assert!(error.contains("over its budget"), "{outcome:?}");
}

#[tokio::test]
async fn a_budget_in_dollars_is_not_spent_on_a_model_whose_price_nobody_knows() {
    let mut model = failing("one", vec![], 100_000);
    model.info.price = None;
    let bench = bench(vec![model]);
    let request = RunRequest {
        budget: Budget::new(Some(5.0), None),
        ..RunRequest::text(KEY, "main", "think: x")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let error = bench.outcome(&run_id).await.error.unwrap();
    assert!(error.contains("no cost for one/m"), "{error}");
}

pub(super) async fn fill(bench: &Bench, messages: usize) {
    for number in 0..messages {
        let text = format!("fact {number} {}", "x".repeat(2_000));
        let user = Message::user(text, 1);
        bench.journal.append(KEY, "old", &user).await.unwrap();
        let end = crate::transcript::ending(crate::message::StopReason::Stop, "", 2);
        bench.journal.append(KEY, "old", &end).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_context_is_compacted_before_the_call() {
    let mut bench = bench(vec![failing("one", vec![], 16_000)]);
    fill(&bench, 30).await;
    let run_id = bench.say("think: x").await;
    let events = bench.until_ended(&run_id).await;
    assert_eq!(bench.outcome(&run_id).await.text, "I thought about: x");
    let context = bench.journal.load(KEY).await.unwrap();
    assert!(matches!(context[0], Message::CompactionSummary(_)));
    assert!(context.len() < 20, "{} messages", context.len());
    assert!(
        context[0].text().contains("fact 0"),
        "{}",
        context[0].text()
    );
    let done = events.iter().find_map(|event| match event.kind {
        RunEventKind::Compaction(CompactionPhase::Done {
            tokens_before,
            tokens_after,
        }) => Some((tokens_before, tokens_after)),
        _ => None,
    });
    let (before, after) = done.unwrap();
    assert!(after < before / 2, "{before} to {after}");
    let told = events
        .iter()
        .filter(|event| matches!(event.kind, RunEventKind::Assistant { .. }));
    for event in told {
        let RunEventKind::Assistant { text, .. } = &event.kind else {
            continue;
        };
        assert!(!text.contains("summary made by script"), "it is not told");
    }
}

#[tokio::test]
async fn a_provider_that_finds_the_context_too_long_makes_it_shorter() {
    let overflow = ProviderError::ContextOverflow("too long".into());
    let bench = bench(vec![failing("one", vec![overflow], 100_000)]);
    fill(&bench, 60).await;
    let run_id = bench.say("think: x").await;
    assert_eq!(bench.outcome(&run_id).await.text, "I thought about: x");
    let context = bench.journal.load(KEY).await.unwrap();
    assert!(matches!(context[0], Message::CompactionSummary(_)));
}

#[tokio::test]
async fn a_person_may_ask_for_a_compaction() {
    let bench = bench(vec![failing("one", vec![], 16_000)]);
    fill(&bench, 10).await;
    let request = RunRequest {
        task: Task::Compact,
        content: Vec::new(),
        ..RunRequest::text(KEY, "main", "")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Done);
    assert!(outcome.text.contains("fact 0"), "{}", outcome.text);
    let context = bench.journal.load(KEY).await.unwrap();
    assert!(matches!(context[0], Message::CompactionSummary(_)));
    assert!(!crate::transcript::is_interrupted(&context));
}

#[tokio::test]
async fn a_compaction_that_fails_is_told_as_such_and_changes_nothing() {
    let refused = ProviderError::Refused("no such model".into());
    let bench = bench(vec![failing("one", vec![refused], 16_000)]);
    fill(&bench, 10).await;
    let before = bench.journal.load(KEY).await.unwrap();
    let request = RunRequest {
        task: Task::Compact,
        content: Vec::new(),
        ..RunRequest::text(KEY, "main", "")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(outcome.error.unwrap().contains("no such model"));
    assert_eq!(bench.journal.load(KEY).await.unwrap(), before);
}

/// Begins to answer and breaks off, or never says anything.
struct Broken {
    silent: bool,
}

#[async_trait]
impl Provider for Broken {
    async fn stream(&self, _request: ModelRequest) -> Result<ModelStream, ProviderError> {
        use crate::provider::ModelEvent;
        use futures_util::{StreamExt, stream};
        if self.silent {
            return Ok(stream::pending().boxed());
        }
        Ok(stream::iter([Ok(ModelEvent::Text("half an ans".into()))]).boxed())
    }
}

async fn broken(silent: bool) -> (RunOutcome, Bench) {
    let mut model = failing("one", Vec::new(), 100_000);
    model.provider = Arc::new(Broken { silent });
    let mut bench = bench(vec![model]);
    let request = RunRequest::text(KEY, "main", "hello");
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let ended = loop {
        let event = bench.events.recv().await.unwrap();
        if let RunEventKind::Ended(outcome) = event.kind {
            assert_eq!(*event.run_id, *run_id);
            break outcome;
        }
    };
    (ended, bench)
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_none() {
    let (outcome, bench) = broken(false).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    let told = bench.transcript();
    assert!(
        told.iter().all(|line| !line.contains("half an ans")),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_that_says_nothing_is_given_up() {
    let (outcome, _bench) = broken(true).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(outcome.error.unwrap().contains("sent nothing for 120 s"));
}

/// Gives these answers, one after the other.
pub(super) struct Saying(Mutex<Vec<Vec<ModelEvent>>>);

#[async_trait]
impl Provider for Saying {
    async fn stream(&self, _: ModelRequest) -> Result<ModelStream, ProviderError> {
        use futures_util::{StreamExt, stream};
        let answer = self.0.lock().unwrap().remove(0);
        Ok(stream::iter(answer.into_iter().map(Ok)).boxed())
    }
}

pub(super) fn saying(answers: Vec<Vec<ModelEvent>>) -> ResolvedModel {
    ResolvedModel {
        provider: Arc::new(Saying(Mutex::new(answers))),
        ..failing("saying", vec![], 100_000)
    }
}

pub(super) fn end(stop: StopReason) -> ModelEvent {
    let usage = Usage {
        output: 1_000,
        ..Usage::default()
    };
    ModelEvent::Done { usage, stop }
}

pub(super) fn said(text: &str) -> ModelEvent {
    ModelEvent::Text(text.to_owned())
}

fn read(id: &str, path: &str) -> ModelEvent {
    ModelEvent::ToolCall(ToolCall {
        id: id.to_owned(),
        name: "read".into(),
        arguments: serde_json::json!({ "path": path }),
        thought_signature: None,
    })
}

#[tokio::test]
async fn an_answer_that_is_none_fails_the_run_with_a_sentence_and_costs_what_it_costs() {
    for (answer, stop, sentence) in [
        (
            vec![said("I think"), end(StopReason::Refused)],
            StopReason::Refused,
            "the provider withheld the answer",
        ),
        (
            vec![end(StopReason::Stop)],
            StopReason::Error,
            "the model answered nothing",
        ),
        (
            vec![said(" \n"), end(StopReason::Length)],
            StopReason::Error,
            "the model answered nothing: the length limit was reached before its first word",
        ),
    ] {
        let bench = bench(vec![saying(vec![answer])]);
        let run_id = bench.say("hello").await;
        let outcome = bench.outcome(&run_id).await;
        assert_eq!(outcome.status, RunStatus::Failed, "{sentence}");
        assert_eq!(outcome.error.as_deref(), Some(sentence));
        assert_eq!(outcome.stop_reason, stop, "{sentence}");
        assert_eq!(outcome.usage.output, 1_000, "{sentence}");
    }
}

#[tokio::test]
async fn another_model_is_asked_when_one_withholds_its_answer() {
    let withheld = saying(vec![vec![end(StopReason::Refused)]]);
    let bench = bench(vec![withheld, failing("two", vec![], 100_000)]);
    let run_id = bench.say("think: x").await;
    assert_eq!(bench.outcome(&run_id).await.text, "I thought about: x");
}

#[tokio::test]
async fn a_cut_answer_is_kept_and_the_run_says_that_it_was_cut() {
    let bench = bench(vec![saying(vec![vec![
        said("half"),
        end(StopReason::Length),
    ]])]);
    let run_id = bench.say("hello").await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Done);
    assert_eq!(
        (outcome.text.as_str(), outcome.stop_reason),
        ("half", StopReason::Length)
    );
}

#[tokio::test]
async fn a_model_that_has_spoken_may_end_without_another_word() {
    let answers = vec![
        vec![
            said("I look."),
            read("a", "no.md"),
            end(StopReason::ToolUse),
        ],
        vec![end(StopReason::Stop)],
    ];
    let bench = bench(vec![saying(answers)]);
    let run_id = bench.say("hello").await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(
        (outcome.status, outcome.text.as_str()),
        (RunStatus::Done, "I look.")
    );
}

#[tokio::test]
async fn calls_with_the_same_id_or_none_have_each_their_own_result() {
    let answers = vec![
        vec![
            read("a", "one.md"),
            read("a", "two.md"),
            read("", "three.md"),
            read("", "four.md"),
            end(StopReason::ToolUse),
        ],
        vec![read("a", "five.md"), end(StopReason::ToolUse)],
        vec![said("done"), end(StopReason::Stop)],
    ];
    let bench = bench(vec![saying(answers)]);
    let run_id = bench.say("hello").await;
    bench.outcome(&run_id).await;
    let messages: Vec<Message> = bench
        .journal
        .entries(KEY)
        .into_iter()
        .map(|e| e.1)
        .collect();
    let calls = messages.iter().filter_map(|message| match message {
        Message::Assistant(answer) => Some(answer.tool_calls().map(|call| call.id.clone())),
        _ => None,
    });
    let calls: Vec<String> = calls.flatten().collect();
    let results = messages.iter().filter_map(|message| match message {
        Message::ToolResult(result) => Some(result.tool_call_id.clone()),
        _ => None,
    });
    assert_eq!(results.collect::<Vec<_>>(), calls);
    let different: std::collections::BTreeSet<_> = calls.iter().collect();
    assert_eq!((calls.len(), different.len()), (5, 5), "{calls:?}");
}
