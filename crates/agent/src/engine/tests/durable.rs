//! An id counts as known when its input is durable.

use std::sync::Mutex;

use tokio::sync::oneshot;

use super::*;
use crate::engine::request::SubmitError;
use crate::journal::{Compaction, JournalError, NewInput};
use crate::message::Message;

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
