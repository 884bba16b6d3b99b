//! What a run says after its session was reset or deleted.

use std::sync::Arc;

use gatehouse_agent::journal::{BegunRun, Compaction, Journal, ModelCall, NewInput};
use gatehouse_agent::message::{Message, Usage};
use gatehouse_agent::provider::{ModelRef, Purpose};
use gatehouse_agent::{Origin, RunRequest};
use gatehouse_store::gateway::{GatewayStore, SqliteGatewayStore};
use gatehouse_vault::Redactor;
use serde_json::json;

use super::journal::new_entry;
use super::{StoreJournal, recover};
use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::sessions::{SessionDefaults, Sessions};

const KEY: &str = "agent:main:busy";

async fn journal() -> (StoreJournal, Arc<dyn GatewayStore>) {
    let (sessions, store) = sessions().await;
    (StoreJournal::new(sessions, Redactor::default()), store)
}

pub(super) async fn sessions() -> (Sessions, Arc<dyn GatewayStore>) {
    let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
    let clock = Clock::new(|| 1);
    let (hub, hub_task) = Hub::start(clock.clone(), serde_json::from_value(json!({})).unwrap());
    tokio::spawn(hub_task);
    let defaults = || SessionDefaults {
        agent_id: "main".to_owned(),
        model_provider: "p".to_owned(),
        model: "m".to_owned(),
        context_tokens: 0,
        thinking: "off".to_owned(),
    };
    (Sessions::new(store.clone(), hub, clock, defaults), store)
}

async fn begin(journal: &StoreJournal) {
    let run = BegunRun {
        run_id: "r",
        session_key: KEY,
        agent_id: "main",
        started_at_ms: 1,
    };
    journal.begin(&run).await.unwrap();
    let said = Message::user("said", 1);
    journal.append(KEY, "r", &said).await.unwrap();
}

#[tokio::test]
async fn a_run_that_outlives_its_session_writes_to_no_other() {
    for deleted in [false, true] {
        let (journal, store) = journal().await;
        begin(&journal).await;
        if deleted {
            assert!(store.session_delete(KEY, None, 1, None).await.unwrap());
        } else {
            store
                .session_reset(KEY, "anew", 2, None)
                .await
                .unwrap()
                .unwrap();
        }
        let late = Message::user("late", 3);
        assert!(journal.append(KEY, "r", &late).await.is_err());
        let compaction = Compaction {
            summary: late,
            replaced: 1,
        };
        assert!(journal.compact(KEY, "r", &compaction).await.is_err());
        assert_eq!(store.entries(KEY).await.unwrap(), []);
        let row = store.session(KEY).await.unwrap();
        assert_eq!(row.is_none(), deleted, "it does not come back");
    }
}

#[tokio::test]
async fn the_next_run_of_a_key_writes_to_the_session_that_is_there() {
    let (journal, store) = journal().await;
    begin(&journal).await;
    journal.end(KEY, "r").await;
    assert!(
        journal
            .append(KEY, "r", &Message::user("late", 2))
            .await
            .is_err()
    );
    store
        .session_reset(KEY, "anew", 3, None)
        .await
        .unwrap()
        .unwrap();
    begin(&journal).await;
    assert_eq!(store.entries(KEY).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whose_words_a_session_follows_is_known_until_it_is_reset() {
    let (journal, store) = journal().await;
    begin(&journal).await;
    let tellers = ["agent:main:chat".to_owned()];
    journal.keep_told_by(KEY, &tellers).await.unwrap();
    journal.end(KEY, "r").await;
    begin(&journal).await;
    assert_eq!(journal.told_by(KEY).await.unwrap(), tellers);
    store
        .session_reset(KEY, "anew", 3, None)
        .await
        .unwrap()
        .unwrap();
    begin(&journal).await;
    assert!(journal.told_by(KEY).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_input_that_waited_when_the_gateway_ended_is_followed_by_what_goes_on_with_it() {
    let (sessions, _) = sessions().await;
    let journal = || StoreJournal::new(sessions.clone(), Redactor::default());
    let tellers = ["agent:main:chat".to_owned()];
    let request = RunRequest {
        origin: Origin::Gateway,
        told_by: tellers.to_vec(),
        ..RunRequest::text(KEY, "main", "do it")
    };
    let input = NewInput {
        session_key: KEY,
        run_id: "w",
        message: &Message::user("do it", 1),
        request: &request,
    };
    journal().accept(&input).await.unwrap();
    recover(&sessions).await.unwrap();
    let after = journal();
    begin(&after).await;
    assert_eq!(after.told_by(KEY).await.unwrap(), tellers);
}

#[tokio::test]
async fn where_it_cannot_be_told_whose_words_are_followed_nobody_is_said_to_be() {
    let (journal, store) = journal().await;
    begin(&journal).await;
    let id = store.session(KEY).await.unwrap().unwrap().session_id;
    let name = format!("told-by/{id}");
    store.setting_put(&name, "{\"a\": 1}").await.unwrap();
    assert!(journal.told_by(KEY).await.is_err());
    journal.keep_told_by(KEY, &[]).await.unwrap();
    assert!(journal.told_by(KEY).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_compaction_takes_what_the_run_knows_and_leaves_what_others_said_meanwhile() {
    let (journal, store) = journal().await;
    begin(&journal).await;
    journal.load(KEY).await.unwrap();
    let said = |text: &str| Message::user(text, 2);
    let injected = new_entry(&said("injected"), "x", "injected".to_owned());
    store.entries_append(KEY, vec![injected]).await.unwrap();
    for text in ["second", "third"] {
        journal.append(KEY, text, &said(text)).await.unwrap();
    }
    let told = async || {
        let entries = store.entries(KEY).await.unwrap();
        let texts = entries.iter().map(|entry| {
            let message: Message = serde_json::from_str(&entry.json).unwrap();
            message.text()
        });
        texts.collect::<Vec<_>>()
    };
    for (summary, rest) in [
        ("one", ["injected", "third"].as_slice()),
        ("two", &["injected"]),
    ] {
        let compaction = Compaction {
            summary: said(summary),
            replaced: 2,
        };
        journal.compact(KEY, "r", &compaction).await.unwrap();
        let all: Vec<&str> = [summary].into_iter().chain(rest.iter().copied()).collect();
        assert_eq!(told().await, all);
    }
}

#[tokio::test]
async fn what_a_compaction_costs_is_in_the_usage_and_not_in_the_size_of_the_context() {
    let (journal, store) = journal().await;
    begin(&journal).await;
    let usage = Usage {
        input: 100,
        output: 10,
        ..Usage::default()
    };
    let model = ModelRef::parse("p/m").unwrap();
    for purpose in [Purpose::Reply, Purpose::Compaction] {
        let call = ModelCall {
            session_key: KEY,
            run_id: "r",
            model: &model,
            purpose,
            usage: &usage,
            at_ms: 1,
        };
        journal.charge(&call).await;
    }
    let usage = store.session(KEY).await.unwrap().unwrap().usage;
    assert_eq!((usage.input, usage.output), (200, 20));
    assert_eq!(usage.context, 110, "of the reply");
}
