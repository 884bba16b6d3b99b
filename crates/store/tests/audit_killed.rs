//! A gateway that is killed while it writes its audit comes back with every record it had acknowledged, in one
//! chain that verifies, under the checkpoints that it had kept; and what somebody did to the file in between
//! is found at the record that it was done to.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gatehouse_audit::checkpoint::Checkpoint;
use gatehouse_audit::note::Signer;
use gatehouse_audit::verify::{BreakKind, Report, Verifier};
use gatehouse_audit::{Actor, Draft, Frontier};
use gatehouse_store::gateway::{AuditCheckpoint, AuditStore, GatewayStore, SqliteGatewayStore};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const WRITER: &str = "a_writer_of_the_audit_that_is_going_to_be_killed";
const WRITERS: usize = 8;
const ROUNDS: u64 = 8;

fn signer() -> Signer {
    Signer::new("log.example/1", &[7; 32]).unwrap()
}

fn draft(n: i64) -> Draft {
    Draft {
        ts: n,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        what: Some("x".repeat(200)),
        ..Draft::default()
    }
}

async fn verify(store: &SqliteGatewayStore) -> Report {
    let mut verifier = Verifier::new(vec![signer().verifier()], 1);
    for checkpoint in store.audit_checkpoints(0, 10_000).await.unwrap() {
        verifier.checkpoint(checkpoint.size, &checkpoint.note, checkpoint.at);
    }
    let mut after = 0;
    loop {
        let page = store.audit_rows(after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        let rows: Vec<_> = page.iter().map(|row| row.row()).collect();
        verifier.rows(&rows);
    }
    verifier.finish()
}

#[tokio::test]
async fn whatever_was_acknowledged_is_in_the_chain_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut most = 0;
    for round in 0..ROUNDS {
        let told = write_and_kill(folder.path(), Duration::from_millis(80 + round * 37));
        most = most.max(told);
        let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
        assert!(store.notices().is_empty(), "nothing was damaged");
        let report = verify(&store).await;
        assert!(report.intact(), "{report:?}");
        assert!(report.size >= most, "{} of {most} are there", report.size);
        store.close().await;
    }
    assert!(most > 0, "the writers never got to write");
}

/// Lets the writers write for a while and kills them. Gives the largest number that was acknowledged.
fn write_and_kill(folder: &Path, after: Duration) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", WRITER])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let told = lines.map_while(Result::ok);
        told.filter_map(|line| line.parse().ok()).max().unwrap_or(0)
    });
    std::thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    reader.join().unwrap()
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_writer_of_the_audit_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by the test above");
    let store = SqliteGatewayStore::open(Path::new(&folder), 0).await;
    let store = Arc::new(store.unwrap());
    let (done, mut numbers) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..WRITERS {
        let (store, done) = (store.clone(), done.clone());
        tokio::spawn(async move {
            loop {
                let drafts = (0..1 + n as i64 % 2).map(draft).collect();
                let places = store.audit_append(drafts).await.unwrap();
                done.send(places.last().unwrap().seq).unwrap();
            }
        });
    }
    tokio::spawn(sign(store.clone()));
    while let Some(number) = numbers.recv().await {
        println!("{number}");
    }
}

/// Signs what there is, all the time.
async fn sign(store: Arc<SqliteGatewayStore>) {
    let mut tree = Frontier::default();
    loop {
        let leaves = store.audit_leaves(tree.size(), 10_000).await.unwrap();
        tree.extend(leaves.iter().map(|leaf| leaf.leaf));
        let checkpoint = Checkpoint {
            origin: "log.example/1".to_owned(),
            size: tree.size(),
            root: tree.root(),
            at: Some(0),
        };
        let kept = AuditCheckpoint {
            size: tree.size(),
            at: 0,
            note: checkpoint.sign(&signer()).unwrap(),
            frontier: tree.to_bytes(),
        };
        store.audit_checkpoint_put(kept).await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Does something to the file of a store with ten records, and verifies.
async fn after(tampering: &[&'static str]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    let drafts = (1..=10).map(draft).collect();
    let places = store.audit_append(drafts).await.unwrap();
    let tree: Frontier = places.iter().map(|place| place.leaf).collect();
    let checkpoint = Checkpoint {
        origin: "log.example/1".to_owned(),
        size: tree.size(),
        root: tree.root(),
        at: Some(0),
    };
    let kept = AuditCheckpoint {
        size: tree.size(),
        at: 0,
        note: checkpoint.sign(&signer()).unwrap(),
        frontier: tree.to_bytes(),
    };
    store.audit_checkpoint_put(kept).await.unwrap();
    store.close().await;
    let file = folder.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for statement in tampering {
        let done = sqlx::query(*statement).execute(&pool).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    pool.close().await;
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    verify(&store).await
}

const FREE: &str = "DROP TRIGGER audit_record_unchanged";
const LOOSE: &str = "DROP TRIGGER audit_record_kept";

#[tokio::test]
async fn what_somebody_did_to_the_file_is_found_at_its_record() {
    for (tampering, kind, seq) in [
        (
            "UPDATE audit_record SET bytes = replace(bytes, 'main', 'other') WHERE seq = 4",
            BreakKind::Changed,
            4,
        ),
        (
            "UPDATE audit_record SET kind = 'harmless' WHERE seq = 5",
            BreakKind::Changed,
            5,
        ),
        (
            "UPDATE audit_record SET leaf = x'00' WHERE seq = 5",
            BreakKind::Changed,
            5,
        ),
        (
            "UPDATE audit_record SET bytes = x'ff' WHERE seq = 6",
            BreakKind::Changed,
            6,
        ),
        (
            "UPDATE audit_record SET at = 'never' WHERE seq = 6",
            BreakKind::Changed,
            6,
        ),
        (
            "DELETE FROM audit_record WHERE seq = 7",
            BreakKind::Missing,
            7,
        ),
        (
            "DELETE FROM audit_record WHERE seq > 7",
            BreakKind::Truncated,
            8,
        ),
        ("DELETE FROM audit_record", BreakKind::Truncated, 1),
        (
            "UPDATE audit_checkpoint SET note = 'none'",
            BreakKind::BadSignature,
            10,
        ),
    ] {
        let open = "DROP TRIGGER audit_checkpoint_unchanged";
        let report = after(&[FREE, LOOSE, open, tampering]).await;
        let broken = report.broken.expect(tampering);
        assert_eq!((broken.kind, broken.seq), (kind, seq), "{tampering}");
    }
    assert!(after(&[]).await.intact());
}

#[tokio::test]
async fn the_file_itself_refuses_to_change_or_lose_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    store.audit_append(vec![draft(1)]).await.unwrap();
    store.close().await;
    let file = folder.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for statement in [
        "UPDATE audit_record SET text = ''",
        "DELETE FROM audit_record",
    ] {
        assert!(sqlx::query(statement).execute(&pool).await.is_err());
    }
}

/// A file as the version before the chain wrote it.
#[tokio::test]
async fn records_from_before_the_chain_are_taken_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
    store.close().await;
    let file = folder.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    for statement in [
        "CREATE TABLE audit_former (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL)",
        "INSERT INTO audit_former (at, kind, json) VALUES (5, 'action.governed', '{\"tool\":\"exec\"}'), (6, 'odd', 'not json')",
        "CREATE TRIGGER audit_kept BEFORE DELETE ON audit_former BEGIN SELECT RAISE(ABORT, 'audit rows are not deleted'); END",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    for _ in 0..2 {
        let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
        let rows = store.audit_rows(0, 10).await.unwrap();
        let kinds: Vec<_> = rows
            .iter()
            .map(|row| (row.seq, row.at, row.kind.as_str()))
            .collect();
        assert_eq!(kinds, [(1, 5, "action.governed"), (2, 6, "odd")]);
        assert!(rows[0].bytes.contains(r#""request":{"tool":"exec"}"#));
        assert!(rows[1].bytes.contains(r#""request":"not json""#));
        assert!(verify(&store).await.intact());
        store.close().await;
    }
}
