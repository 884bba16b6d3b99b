//! A gateway that is killed in the middle of writing comes back with everything it had acknowledged, also
//! where several wrote at once; and an approval that was consumed before the kill is not consumed again.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gatehouse_store::gateway::{
    ApprovalRecord, ApprovalState, ApprovalStore, Consumed, GatewayStore, NewEntry, Resolution,
    RunRecord, RunState, RunStore, SessionRow, SessionStore, SqliteGatewayStore, TranscriptStore,
};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const WRITER: &str = "a_writer_that_is_going_to_be_killed";
const WRITERS: usize = 4;
const ROUNDS: u64 = 10;

#[tokio::test]
async fn whatever_was_acknowledged_before_the_kill_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let told = write_and_kill(folder.path(), Duration::from_millis(60 + round * 31));
        let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
        assert!(store.notices().is_empty(), "nothing was damaged");
        for (key, last) in told {
            acknowledged += last + 1;
            check(&store, &key, last).await;
        }
        store.close().await;
    }
    assert!(acknowledged > 0, "the writers never got to write");
}

/// Lets the writers write for a while and kills them. Gives for each session the last round acknowledged.
fn write_and_kill(folder: &Path, after: Duration) -> HashMap<String, i64> {
    let mut writer = start_writer(folder);
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let told = lines.map_while(Result::ok).filter_map(|line| {
            let (key, round) = line.split_once(' ')?;
            Some((key.to_owned(), round.parse::<i64>().ok()?))
        });
        told.collect::<HashMap<_, _>>()
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

/// What one session acknowledged up to `last` is in the store.
async fn check(store: &SqliteGatewayStore, key: &str, last: i64) {
    let entries = store.entries(key).await.unwrap();
    let numbers: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
    let wanted: Vec<_> = (1..=entries.len() as i64).collect();
    assert_eq!(numbers, wanted, "no gap in {key}");
    assert!(entries.iter().any(|entry| entry.id == format!("m{last}")));
    let id = format!("{key}/{last}");
    let approval = store.approval(&id).await.unwrap().unwrap();
    assert_eq!(
        approval.state,
        ApprovalState::Consumed,
        "it is kept as it was"
    );
    let again = store
        .approval_consume(&id, "digest", 9, None)
        .await
        .unwrap();
    assert_eq!(again, Consumed::Before, "it is not consumed a second time");
    let run = store.run(&id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Interrupted, "the process died with it");
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_writer_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by the test above");
    let store = SqliteGatewayStore::open(Path::new(&folder), 0).await;
    let store = Arc::new(store.unwrap());
    let (done, mut rounds) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..WRITERS {
        tokio::spawn(write(store.clone(), format!("s{n}"), done.clone()));
    }
    drop(done);
    while let Some(round) = rounds.recv().await {
        println!("{round}");
    }
}

async fn write(
    store: Arc<SqliteGatewayStore>,
    key: String,
    done: tokio::sync::mpsc::UnboundedSender<String>,
) {
    let row = SessionRow {
        key: key.clone(),
        session_id: key.clone(),
        ..SessionRow::default()
    };
    store.session_create(row).await.unwrap();
    // The round that was cut off is left as it is: what it consumed is not consumed again.
    let mut first = 1;
    while store
        .run(&format!("{key}/{first}"))
        .await
        .unwrap()
        .is_some()
    {
        first += 1;
    }
    for round in first.. {
        let id = format!("{key}/{round}");
        store.run_begin(run(&id, &key)).await.unwrap();
        store.approval_create(approval(&id), None).await.unwrap();
        let yes = Resolution {
            state: ApprovalState::Allowed,
            at: 1,
            ..Resolution::default()
        };
        store.approval_resolve(&id, yes, None).await.unwrap();
        let consumed = store
            .approval_consume(&id, "digest", 2, None)
            .await
            .unwrap();
        assert!(matches!(consumed, Consumed::Now(_)));
        let entry = NewEntry {
            id: format!("m{round}"),
            json: format!("\"{}\"", "x".repeat(300)),
            ..NewEntry::default()
        };
        store.entries_append(&key, vec![entry]).await.unwrap();
        done.send(format!("{key} {round}")).unwrap();
    }
}

fn run(id: &str, key: &str) -> RunRecord {
    RunRecord {
        id: id.to_owned(),
        session: key.to_owned(),
        agent: "main".to_owned(),
        state: RunState::Running,
        started_at: 1,
        ended_at: None,
        json: "{}".to_owned(),
    }
}

fn approval(id: &str) -> ApprovalRecord {
    ApprovalRecord {
        id: id.to_owned(),
        kind: "exec".to_owned(),
        state: ApprovalState::Pending,
        created_at: 0,
        expires_at: 1_000,
        agent: None,
        session: None,
        run: None,
        digest: "digest".to_owned(),
        request: "{}".to_owned(),
        ..ApprovalRecord::default()
    }
}
