//! An id counts as known when its input is durable.

use std::sync::Mutex;

use serde_json::json;
use tokio::sync::oneshot;

use super::*;
use crate::engine::request::SubmitError;
use crate::journal::{Compaction, JournalError, NewInput};
use crate::message::{Message, StopReason};

/// A journal whose first input waits for the test, which says whether it can be kept.
struct Slow {
    rest: MemoryJournal,
    first: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<bool>)>>,
}

#[async_trait]
impl Journal for Slow {
    async fn accept(&self, input: &NewInput<'_>) -> Result<(), JournalError> {
        let first = self.first.lock().unwrap().take();
        if let Some((asked, kept)) = first {
            asked.send(()).unwrap();
            if !kept.await.unwrap() {
                return Err(JournalError::new("could not keep the input", "no room"));
            }
        }
        self.rest.accept(input).await
    }

    async fn load(&self, key: &str) -> Result<Vec<Message>, JournalError> {
        self.rest.load(key).await
    }

    async fn append(&self, key: &str, run_id: &str, message: &Message) -> Result<(), JournalError> {
        self.rest.append(key, run_id, message).await
    }

    async fn compact(
        &self,
        key: &str,
        run_id: &str,
        compaction: &Compaction,
    ) -> Result<(), JournalError> {
        self.rest.compact(key, run_id, compaction).await
    }
}

#[tokio::test]
async fn who_comes_with_the_same_id_hears_what_became_of_the_first() {
    for is_kept in [true, false] {
        let (asked, first_is_asked) = oneshot::channel();
        let (say, said) = oneshot::channel();
        let journal = Arc::new(Slow {
            rest: MemoryJournal::default(),
            first: Mutex::new(Some((asked, said))),
        });
        let bench = Bench::over(journal, Arc::new(AllowAll), |_| {}, |_| {});
        let submit = || {
            let engine = bench.engine.clone();
            let request = RunRequest {
                run_id: Some("one".to_owned()),
                ..RunRequest::text(KEY, "main", "md: ")
            };
            tokio::spawn(async move { engine.submit(request).await })
        };
        let first = submit();
        first_is_asked.await.unwrap();
        let mut second = submit();
        // The second asks for its id before it is known what becomes of the first.
        for _ in 0..8 {
            bench.engine.active(KEY).await;
        }
        assert!(!second.is_finished(), "nobody knows yet");
        say.send(is_kept).unwrap();
        let (first, second) = (first.await.unwrap(), (&mut second).await.unwrap());
        match is_kept {
            true => {
                assert!(first.is_ok());
                assert!(matches!(second, Err(SubmitError::DuplicateRun(_))));
            }
            false => {
                assert!(matches!(first, Err(SubmitError::Journal(_))), "{first:?}");
                assert!(second.is_ok(), "the id is free: {second:?}");
            }
        }
        assert_eq!(bench.outcome("one").await.status, RunStatus::Done);
    }
}

#[tokio::test]
async fn a_call_whose_result_could_not_be_kept_has_one_once_the_session_goes_on() {
    let journal = Arc::new(MemoryJournal::default());
    let bench = Bench::over(journal.clone(), Arc::new(AllowAll), |_| {}, |_| {});
    let call = json!({
        "role": "assistant", "provider": "scripted", "model": "scripted-1", "timestamp": 1,
        "stopReason": "toolUse", "usage": {},
        "content": [{"type": "toolCall", "id": "lost", "name": "exec", "arguments": {}}],
    });
    let call: Message = serde_json::from_value(call).unwrap();
    let ending = crate::transcript::ending(StopReason::Error, "the disk is full", 2);
    for message in [call, ending] {
        journal.append(KEY, "earlier", &message).await.unwrap();
    }
    for run in ["one", "two"] {
        let request = RunRequest {
            run_id: Some(run.to_owned()),
            ..RunRequest::text(KEY, "main", "md: on")
        };
        bench.engine.submit(request).await.unwrap();
        assert_eq!(bench.outcome(run).await.status, RunStatus::Done);
    }
    let kept = journal.load(KEY).await.unwrap();
    let results = kept.iter().filter(
        |message| matches!(message, Message::ToolResult(result) if result.tool_call_id == "lost"),
    );
    assert_eq!(results.count(), 1, "{kept:?}");
}
