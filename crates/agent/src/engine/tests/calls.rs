use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::{
    govern::{Action, ToolOutcome, Verdict},
    message::{Message, StopReason, ToolCall, Usage},
    provider::{ModelEvent, ModelRequest, ModelStream, Provider, ProviderError, Purpose},
};

/// Lets everything through when it has seen so many calls at once as it waits for, and counts them.
struct Counting {
    wanted: usize,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Within this, calls that run together have met.
const MEETING: Duration = Duration::from_secs(30);

#[async_trait]
impl Governor for Counting {
    async fn govern(&self, action: &Action) -> Verdict {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let met = async {
            // One moment at least, so that another call would be seen.
            tokio::time::sleep(Duration::from_millis(20)).await;
            while self.most.load(Ordering::SeqCst) < self.wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // Those that never meet are told by their number.
        let _ = tokio::time::timeout(MEETING, met).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        AllowAll.govern(action).await
    }

    async fn outcome(&self, _action: &Action, _outcome: &ToolOutcome) {}
}

async fn at_once(wanted: usize, text: &str) -> (usize, Vec<String>) {
    let governor = Arc::new(Counting {
        wanted,
        now: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let bench = Bench::with(governor.clone(), |_| {}, |_| {});
    let run_id = bench.say(text).await;
    assert_eq!(bench.outcome(&run_id).await.status, RunStatus::Done);
    let results = bench.transcript().into_iter();
    let results = results.filter(|line| line.starts_with("toolResult"));
    (governor.most.load(Ordering::SeqCst), results.collect())
}

#[tokio::test]
async fn calls_of_one_answer_that_only_look_run_together_and_are_told_in_their_order() {
    let (most, results) = at_once(4, "list: .\nmemory: nothing\nfind: *.md\nlist: nowhere").await;
    assert_eq!(most, 4);
    assert_eq!(results.len(), 4);
    assert!(results[3].contains("nowhere"), "{results:?}");
}

#[tokio::test]
async fn a_call_that_changes_something_has_the_run_to_itself() {
    let (most, results) =
        at_once(1, "write: a.txt: one\nedit: a.txt: one => two\nread: a.txt").await;
    assert_eq!(most, 1);
    assert!(results[2].contains("two"), "{results:?}");
}

/// Calls the same tool for ever.
struct Stubborn;

#[async_trait]
impl Provider for Stubborn {
    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ProviderError> {
        use futures_util::{StreamExt, stream};
        assert_eq!(request.purpose, Purpose::Reply);
        let call = ModelEvent::ToolCall(ToolCall {
            id: format!("call_{}", request.messages.len()),
            name: "read".into(),
            arguments: json!({"path": "nowhere.md"}),
            thought_signature: None,
        });
        let (usage, stop) = (Usage::default(), StopReason::ToolUse);
        Ok(stream::iter([Ok(call), Ok(ModelEvent::Done { usage, stop })]).boxed())
    }
}

fn stubborn(ends_circles: bool) -> Bench {
    let change = |profile: &mut AgentProfile| {
        let mut model = scripted::model(Scripted::default());
        model.provider = Arc::new(Stubborn);
        let mut catalog = Models::default();
        catalog.add(model);
        profile.catalog = Arc::new(catalog);
        profile.ends_circles = ends_circles;
    };
    Bench::with(Arc::new(AllowAll), change, |options| {
        options.most_turns = 40
    })
}

#[tokio::test]
async fn a_run_that_goes_in_circles_is_warned_and_then_ended() {
    let bench = stubborn(true);
    let run_id = bench.say("go").await;
    let outcome = bench.outcome(&run_id).await;
    let error = outcome.error.unwrap();
    assert!(error.contains("the same call"), "{error}");
    let entries = bench.journal.entries(KEY);
    let results = entries
        .iter()
        .filter(|(_, m)| matches!(m, Message::ToolResult(_)));
    let warned = results
        .clone()
        .filter(|(_, m)| m.text().contains("Do something else"));
    assert_eq!((results.count(), warned.count()), (16, 8));
}

#[tokio::test]
async fn where_circles_are_allowed_only_the_number_of_turns_ends_a_run() {
    let bench = stubborn(false);
    let run_id = bench.say("go").await;
    let error = bench.outcome(&run_id).await.error.unwrap();
    assert!(error.contains("40 model calls"), "{error}");
}
