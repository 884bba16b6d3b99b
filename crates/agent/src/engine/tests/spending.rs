//! What a run costs where it is not told, and when it stops spending.

use std::sync::Mutex;

use futures_util::{StreamExt, stream};

use super::{
    models::{bench, failing, fill, said, saying},
    *,
};
use crate::{
    event::CompactionPhase,
    journal::Journal,
    message::{Message, StopReason, Usage},
    provider::{
        ModelEvent, ModelRequest, ModelStream, Provider, ProviderError, Purpose, ResolvedModel,
    },
};

fn uncounted(stop: StopReason) -> ModelEvent {
    let usage = Usage::default();
    ModelEvent::Done { usage, stop }
}

#[tokio::test]
async fn what_a_server_does_not_count_is_estimated() {
    let answer = vec![said(&"word ".repeat(80)), uncounted(StopReason::Stop)];
    let bench = bench(vec![saying(vec![answer])]);
    let budget = Budget::new(Some(1.0), Some(100));
    let request = RunRequest {
        budget: budget.clone(),
        ..RunRequest::text(KEY, "main", "hello")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.usage.output, 100, "four bytes to a token");
    assert!(outcome.usage.input > 0 && outcome.usage.cost.total > 0.0);
    assert!(budget.used_up().is_some(), "{budget:?}");
}

/// Says something and then nothing more, or breaks off.
struct Halting {
    breaks: bool,
}

#[async_trait]
impl Provider for Halting {
    async fn stream(&self, _: ModelRequest) -> Result<ModelStream, ProviderError> {
        let said = stream::iter([Ok(said(&"word ".repeat(80)))]);
        Ok(match self.breaks {
            true => said
                .chain(stream::iter([Err(ProviderError::BrokeOff("no".into()))]))
                .boxed(),
            false => said.chain(stream::pending()).boxed(),
        })
    }
}

fn halting(breaks: bool) -> ResolvedModel {
    ResolvedModel {
        provider: Arc::new(Halting { breaks }),
        ..failing("halting", vec![], 100_000)
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_stopped_costs_what_was_said() {
    let mut bench = bench(vec![halting(false)]);
    let run_id = bench.say("hello").await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::Assistant { .. }))
        .await;
    bench.engine.abort(KEY, None).await;
    let usage = bench.outcome(&run_id).await.usage;
    assert_eq!(usage.output, 100);
    assert!(usage.input > 0 && usage.cost.total > 0.0, "{usage:?}");
}

#[tokio::test(start_paused = true)]
async fn every_answer_that_broke_off_costs_what_was_said() {
    let bench = bench(vec![halting(true)]);
    let run_id = bench.say("hello").await;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    assert_eq!(outcome.usage.output, 300, "it was tried three times");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_costs_nothing() {
    let refused = ProviderError::Refused("no".into());
    let bench = bench(vec![failing("one", vec![refused], 100_000)]);
    let run_id = bench.say("hello").await;
    assert_eq!(bench.outcome(&run_id).await.usage, Usage::default());
}

/// Notes what its answers are for. Summaries are dear, or are refused.
struct Summing {
    asked: Mutex<Vec<Purpose>>,
    refuses: bool,
}

#[async_trait]
impl Provider for Summing {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        let is_reply = request.purpose == Purpose::Reply;
        self.asked.lock().unwrap().push(request.purpose);
        if is_reply {
            // Works on with tools until something ends it.
            let call = crate::message::ToolCall {
                id: String::new(),
                name: "read".into(),
                arguments: serde_json::json!({"path": format!("{}.md", self.replies())}),
                thought_signature: None,
            };
            let events = match self.replies() {
                5.. => vec![said("done"), uncounted(StopReason::Stop)],
                _ => vec![ModelEvent::ToolCall(call), uncounted(StopReason::ToolUse)],
            };
            return Ok(stream::iter(events.into_iter().map(Ok)).boxed());
        }
        if self.refuses {
            return Err(ProviderError::Refused("no summaries".into()));
        }
        let usage = Usage {
            input: 1_000_000,
            ..Usage::default()
        };
        let end = ModelEvent::Done {
            usage,
            stop: StopReason::Stop,
        };
        Ok(stream::iter([Ok(said("a summary")), Ok(end)]).boxed())
    }
}

impl Summing {
    fn replies(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|for_what| **for_what == Purpose::Reply)
            .count()
    }

    fn summaries(&self) -> usize {
        let all = self.asked.lock().unwrap().len();
        all - self.replies()
    }
}

fn summing(refuses: bool) -> (Arc<Summing>, Bench) {
    let provider = Arc::new(Summing {
        asked: Mutex::default(),
        refuses,
    });
    let model = ResolvedModel {
        provider: provider.clone(),
        ..failing("summing", vec![], 8_000)
    };
    (provider, bench(vec![model]))
}

#[tokio::test]
async fn a_compaction_in_parts_ends_with_the_budget() {
    let (model, bench) = summing(false);
    // About ten parts.
    fill(&bench, 80).await;
    let request = RunRequest {
        budget: Budget::new(Some(1.5), None),
        ..RunRequest::text(KEY, "main", "hello")
    };
    let run_id = bench.engine.submit(request).await.unwrap().run_id;
    let outcome = bench.outcome(&run_id).await;
    assert_eq!(model.summaries(), 2, "a dollar each");
    let context = bench.journal.load(KEY).await.unwrap();
    assert!(context.len() > 100, "nothing is lost: {}", context.len());
    assert!(outcome.usage.cost.total >= 2.0, "{:?}", outcome.usage);
}

#[tokio::test]
async fn a_compaction_that_failed_is_not_tried_again_at_every_turn() {
    let (model, mut bench) = summing(true);
    fill(&bench, 80).await;
    let run_id = bench.say("hello").await;
    let events = bench.until_ended(&run_id).await;
    let failed = events.iter().filter(|event| {
        matches!(
            event.kind,
            RunEventKind::Compaction(CompactionPhase::Failed { .. })
        )
    });
    assert_eq!(failed.count(), 1);
    assert_eq!((model.replies(), model.summaries()), (5, 1));
}

#[tokio::test]
async fn what_is_too_long_for_one_model_is_given_to_one_that_takes_more() {
    let overflow = || ProviderError::ContextOverflow("too long".into());
    let bench = bench(vec![
        failing("small", vec![overflow(); 5], 100_000),
        failing("same", vec![overflow(); 5], 100_000),
        failing("large", vec![], 1_000_000),
    ]);
    let run_id = bench.say("think: x").await;
    assert_eq!(bench.outcome(&run_id).await.text, "I thought about: x");
    let (_, last) = bench.journal.entries(KEY).pop().unwrap();
    assert!(matches!(last, Message::Assistant(answer) if answer.provider == "large"));
}
