//! Who sends what another is about to send.

use serde_json::json;

use super::{Registered, Registration, RunBook, RunWatch};
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::heartbeats::LastHeartbeat;

async fn watch() -> RunWatch {
    let (sessions, _) = super::journal_tests::sessions().await;
    let clock = Clock::new(|| 1);
    let (hub, hub_task) = Hub::start(clock.clone(), serde_json::from_value(json!({})).unwrap());
    let (book, booking) = RunBook::start(sessions);
    let (watch, watching) = RunWatch::start(hub.clone(), book, clock, LastHeartbeat::new(hub));
    for task in [
        Box::pin(hub_task) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
        Box::pin(booking),
        Box::pin(watching),
    ] {
        tokio::spawn(task);
    }
    watch
}

fn run(id: &str) -> Registration {
    Registration {
        run_id: id.to_owned(),
        session_key: "agent:main:main".to_owned(),
        session_id: "s".to_owned(),
        agent_id: "main".to_owned(),
        accepted_at_ms: 1,
    }
}

async fn ids(watch: &RunWatch) -> Vec<String> {
    let runs = watch.in_flight("agent:main:main").await;
    let mut ids: Vec<String> = runs.into_iter().map(|run| run.run_id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn the_same_words_wait_until_the_first_are_durable() {
    let watch = watch().await;
    let said = || Some("the same words".to_owned());
    assert_eq!(watch.register(run("a"), said()).await, Registered::New);
    let others = ["b", "c"].map(|id| {
        let watch = watch.clone();
        tokio::spawn(async move { watch.register(run(id), said()).await })
    });
    // Both are asked for behind the first.
    for _ in 0..8 {
        ids(&watch).await;
    }
    watch.forget("a");
    let [b, c] = others;
    assert_eq!(b.await.unwrap(), Registered::New, "the first left no trace");
    assert_eq!(ids(&watch).await, ["b"]);
    watch.kept("b");
    assert_eq!(c.await.unwrap(), Registered::Same("b".to_owned()));
    let d = watch.register(run("d"), said()).await;
    assert_eq!(d, Registered::Same("b".to_owned()));
}

#[tokio::test]
async fn a_run_that_is_known_is_not_registered_again() {
    let watch = watch().await;
    assert_eq!(watch.register(run("a"), None).await, Registered::New);
    assert_eq!(watch.register(run("a"), None).await, Registered::There);
    watch.forget("a");
    assert!(ids(&watch).await.is_empty());
}
