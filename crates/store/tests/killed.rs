//! A process that is killed in the middle of writing comes back with what it had.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatehouse_store::{
    Cache, GatewayRecord, InboxPhase, InboxRecord, MessageBatch, MessageRecord, SessionKey,
    SqliteCache,
};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const WRITER: &str = "a_writer_that_is_going_to_be_killed";
const BATCH: i64 = 10;
const ROUNDS: u64 = 12;

fn session() -> SessionKey {
    SessionKey::new("g", "main")
}

fn item(round: i64) -> InboxRecord {
    InboxRecord {
        key: format!("item{round:06}"),
        gateway: "g".to_owned(),
        created_at: round,
        phase: InboxPhase::Waiting,
        json: "{}".to_owned(),
    }
}

fn batch(round: i64) -> MessageBatch {
    let message = |n: i64| MessageRecord {
        id: format!("m{n:08}"),
        position: n,
        at: Some(n),
        json: format!("\"{}\"", "x".repeat(300)),
        text: format!("written in round{round}"),
    };
    let upsert = (round * BATCH..(round + 1) * BATCH).map(message).collect();
    MessageBatch {
        upsert,
        ..MessageBatch::default()
    }
}

#[tokio::test]
async fn whatever_was_acknowledged_before_the_kill_is_there_and_nothing_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    let mut known = 0;
    for round in 0..ROUNDS {
        let acknowledged = write_and_kill(folder.path(), Duration::from_millis(30 + round * 17));
        known = known.max(acknowledged);
        known = check(folder.path(), known).await;
    }
    assert!(known > 0, "the writer never got to write");
}

/// Lets a writer write for a while and kills it. Says how many rounds it had acknowledged.
fn write_and_kill(folder: &Path, after: Duration) -> i64 {
    let mut writer = start_writer(folder);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let rounds = lines
            .map_while(Result::ok)
            .filter_map(|line| line.parse::<i64>().ok());
        rounds.last().map_or(0, |last| last + 1)
    });
    std::thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    reader.join().unwrap()
}

fn start_writer(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", WRITER])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Opens what is left and says how many rounds are in it.
async fn check(folder: &Path, acknowledged: i64) -> i64 {
    let cache = SqliteCache::open(folder, 0).await.unwrap();
    assert!(
        cache.notices().is_empty(),
        "nothing was damaged: {:?}",
        cache.notices()
    );
    let page = cache
        .messages_page(&session(), None, 100_000)
        .await
        .unwrap();
    let positions: Vec<i64> = page
        .messages
        .iter()
        .map(|message| message.position)
        .collect();
    let rounds = positions.len() as i64 / BATCH;
    assert_eq!(
        positions,
        (0..rounds * BATCH).collect::<Vec<_>>(),
        "whole batches, no gap"
    );
    assert!(
        rounds >= acknowledged,
        "{acknowledged} were acknowledged, {rounds} are there"
    );

    let waiting = cache.inbox_waiting().await.unwrap();
    assert!(
        waiting.len() as i64 >= acknowledged,
        "an item that waited is never lost"
    );
    assert!(
        waiting.len() as i64 - rounds <= 1,
        "items are written right before their batch"
    );
    if rounds > 0 {
        let found = cache
            .messages_search(&format!("round{}", rounds - 1), 100)
            .await
            .unwrap();
        assert!(
            found.len() as i64 >= BATCH,
            "the words are in step with the messages"
        );
    }
    cache.close().await;
    rounds
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_writer_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by the test above");
    let cache = SqliteCache::open(Path::new(&folder), 0).await.unwrap();
    let gateway = GatewayRecord {
        id: "g".to_owned(),
        name: "g".to_owned(),
        url: "wss://g.example".to_owned(),
        pin: None,
        credential: "token".to_owned(),
        credential_saved_at: None,
        paused: false,
        added_at: 1,
        last_seen: None,
        json: "{}".to_owned(),
    };
    cache.gateway_put(&gateway).await.unwrap();
    let begun = cache.messages_page(&session(), None, 1).await.unwrap();
    let first = begun
        .messages
        .first()
        .map_or(0, |last| last.position / BATCH + 1);
    for round in first.. {
        cache.inbox_write(&[item(round)], &[]).await.unwrap();
        cache
            .messages_write(&session(), batch(round))
            .await
            .unwrap();
        println!("{round}");
    }
}
