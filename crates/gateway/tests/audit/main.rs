//! The audit of a running gateway: what it records, that nothing can be changed in it unseen, and what a person
//! is shown of it.
#![allow(clippy::unwrap_used)]

mod ending;
mod proof;
#[path = "../support/mod.rs"]
mod support;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use gatehouse_audit::export::ExportVerifier;
use gatehouse_audit::verify::Report;
use gatehouse_audit::{Actor, Draft};
use gatehouse_gateway::Clock;
use gatehouse_gateway::audit::{
    AuditKey, AuditLog, Evidence, ExportFormat, Gate, StateKey, TailFile,
};
use gatehouse_store::gateway::{AuditStore, GatewayStore as _, SqliteGatewayStore};
use gatehouse_vault::{Redactor, Secret};
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

async fn list(wire: &mut Wire, params: Value) -> Vec<Value> {
    let listed = wire.ask("gatehouse.audit.list", params).await;
    listed["records"].as_array().unwrap().clone()
}

async fn verify(wire: &mut Wire) -> Value {
    wire.ask("gatehouse.audit.verify", json!({})).await
}

async fn again(folder: &Path) -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|options| options.state_dir = folder.to_owned()).await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

#[tokio::test]
async fn who_comes_in_and_who_does_not_is_recorded() {
    let gateway = TestGateway::start().await;
    let mut stranger = gateway.dial().await;
    let key = gatehouse_protocol::device::DeviceKey::from_seed([9; 32]);
    let wrong = json!({"token": "not-the-token"});
    let refused = stranger.connect_as(&key, wrong, &ALL_SCOPES, |_| {}).await;
    assert_eq!(refused["ok"], false);
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let records = list(
        &mut wire,
        json!({"kinds": ["login.accepted", "login.refused"]}),
    )
    .await;
    assert_eq!(records[0]["kind"], "login.accepted");
    assert_eq!(records[0]["actor"]["type"], "operator");
    assert_eq!(records[1]["kind"], "login.refused");
    assert_eq!(records[1]["outcome"], "refused");
    let said = json!(records).to_string();
    assert!(
        !said.contains("not-the-token") && !said.contains(support::TOKEN),
        "{said}"
    );
    let first = list(&mut wire, json!({"before": 2})).await;
    assert_eq!(first[0]["kind"], "gateway.started");
    assert_eq!(first[0]["json"]["prev"], "0".repeat(64));
    let one = wire.ask("gatehouse.audit.get", json!({"seq": 2})).await;
    assert_eq!(one["record"]["seq"], 2);
    let second = wire.ask("gatehouse.audit.get", json!({"seq": 3})).await;
    assert_eq!(
        second["previous"], one["leaf"],
        "each holds the hash of the one before"
    );
}

#[tokio::test]
async fn changes_to_the_gateway_itself_are_recorded_with_who_made_them() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    wire.ask("device.pair.setupCode", json!({})).await;
    let devices = wire.ask("device.pair.list", json!({})).await;
    let device = devices["paired"][0]["deviceId"].clone();
    let rotate = json!({"deviceId": device, "role": "operator"});
    wire.ask("device.token.rotate", rotate).await;
    let kinds: Vec<_> = list(&mut wire, json!({})).await;
    let kinds: Vec<_> = kinds
        .iter()
        .map(|record| record["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["token.rotated", "pairing.code"], "{kinds:?}");
}

#[tokio::test]
async fn an_intact_log_says_so_and_an_export_verifies_elsewhere() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let first = wire
        .ask(
            "gatehouse.audit.export",
            json!({"format": "jsonl", "limit": 2}),
        )
        .await;
    let mut text = first["text"].as_str().unwrap().to_owned();
    let mut next = first["next"].clone();
    while !next.is_null() {
        let params = json!({"format": "jsonl", "limit": 2, "after": next});
        let page = wire.ask("gatehouse.audit.export", params).await;
        text.push_str(page["text"].as_str().unwrap());
        next = page["next"].clone();
    }
    let mut verifier = ExportVerifier::new(None, None, 1);
    verifier.lines(text.lines());
    let report = verifier.finish();
    assert!(report.intact(), "{report:?}\n{text}");
    let found = verify(&mut wire).await;
    assert_eq!(found["intact"], true, "{found}");
    assert_eq!(found["checkpoint"]["size"], report.size);
    for format in ["csv", "otlp"] {
        let page = wire
            .ask("gatehouse.audit.export", json!({"format": format}))
            .await;
        assert!(page["text"].as_str().unwrap().contains("login.accepted"));
    }
    let exported = list(&mut wire, json!({"kinds": ["audit.exported"]})).await;
    assert_eq!(exported.len(), 3, "an export is recorded once");
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_found_at_the_next_start_and_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, wire) = again(folder.path()).await;
    drop(wire);
    gateway.running.stop("copied").await;
    let database = folder.path().join("gateway.sqlite3");
    let old = std::fs::read(&database).unwrap();
    let (gateway, wire) = again(folder.path()).await;
    drop(wire);
    gateway.running.stop("rolled back").await;
    std::fs::write(&database, old).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("gateway.sqlite3{suffix}")));
    }
    for start in 0..2 {
        let (gateway, mut wire) = again(folder.path()).await;
        let found = verify(&mut wire).await;
        assert_eq!(
            found["broken"]["kind"], "rolled-back",
            "start {start}: {found}"
        );
        assert_eq!(
            found["broken"]["seq"], 5,
            "after the four that are left: {found}"
        );
        let told = list(&mut wire, json!({"kinds": ["audit.broken"]})).await;
        assert_eq!(told.len(), 1, "it is recorded once");
        drop(wire);
        gateway.running.stop("again").await;
    }
}

#[tokio::test]
async fn a_key_file_is_for_its_owner_alone_and_not_in_the_database() {
    let gateway = TestGateway::start().await;
    let state = gateway.state.path();
    let key = std::fs::read_to_string(state.join("audit/key")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(state.join("audit/key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut all = std::fs::read(state.join("gateway.sqlite3")).unwrap();
    all.extend(std::fs::read(state.join("gateway.sqlite3-wal")).unwrap_or_default());
    let found = all.windows(key.len()).any(|bytes| bytes == key.as_bytes());
    assert!(!found, "the key is not in the database");
}

async fn log(folder: &Path, secrets: Redactor) -> (AuditLog, Arc<SqliteGatewayStore>) {
    log_by(folder, StateKey::new(folder, None), secrets).await
}

async fn log_by(
    folder: &Path,
    key: StateKey,
    secrets: Redactor,
) -> (AuditLog, Arc<SqliteGatewayStore>) {
    let (gate, scrub) = Gate::new(Arc::new(secrets));
    let store = SqliteGatewayStore::open(folder, 0).await.unwrap();
    let store = Arc::new(store.scrubbing(scrub));
    let started = AuditLog::start(store.clone(), Clock::system(), gate, Arc::new(key)).await;
    let (log, task) = started.unwrap();
    tokio::spawn(task);
    (log, store)
}

fn event(what: &str) -> Draft {
    Draft {
        kind: "config.changed".to_owned(),
        ..intent(what)
    }
}

fn intent(what: &str) -> Draft {
    Draft {
        actor: Actor::agent("main"),
        agent: Some("main".to_owned()),
        what: Some(what.to_owned()),
        ..Draft::default()
    }
}

#[tokio::test]
async fn an_intent_whose_process_died_has_an_unknown_outcome_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (first, store) = log(folder.path(), Redactor::new()).await;
    let told = first.intent(intent("told")).await.unwrap();
    let open = first.intent(intent("open")).await.unwrap();
    let denied = Draft {
        verdict: Some("deny".to_owned()),
        ..intent("denied")
    };
    first.intent(denied).await.unwrap();
    first.outcome(told, Draft::default()).await.unwrap();
    store.audit_rows(0, 1).await.unwrap();
    drop((first, store));
    for _ in 0..2 {
        let (_log, store) = log(folder.path(), Redactor::new()).await;
        let rows = store.audit_rows(0, 100).await.unwrap();
        let unknown: Vec<_> = rows
            .iter()
            .filter(|row| row.bytes.contains("unknown_outcome"))
            .collect();
        assert_eq!(unknown.len(), 1, "it is said once");
        assert_eq!(
            (unknown[0].intent, unknown[0].text.as_str()),
            (Some(open.seq), "open")
        );
    }
}

#[tokio::test]
async fn a_secret_is_not_in_the_database_whoever_recorded_it() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Redactor::new();
    secrets.learn(&Secret::new("hunter2-hunter2"));
    let (log, store) = log(folder.path(), secrets).await;
    let secret = || Draft {
        request: Some(json!({"command": "login hunter2-hunter2"})),
        ..event("login hunter2-hunter2")
    };
    log.event(secret()).await.unwrap();
    store.audit_append(vec![secret()]).await.unwrap();
    for row in store.audit_rows(0, 100).await.unwrap() {
        assert!(!format!("{row:?}").contains("hunter2"), "{row:?}");
    }
}

#[tokio::test]
async fn a_checkpoint_is_signed_after_256_records_and_at_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    for n in 0..300 {
        log.event(event(&n.to_string())).await.unwrap();
    }
    let signed = async || {
        store
            .audit_checkpoint_latest()
            .await
            .unwrap()
            .map_or(0, |last| last.size)
    };
    let mut waited = 0;
    while signed().await == 0 && waited < 200 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        waited += 1;
    }
    assert!((256..=301).contains(&signed().await), "{}", signed().await);
    assert_eq!(log.checkpoint().await, Some(301));
    let report = log.verify().await.unwrap();
    assert!(report.intact(), "{report:?}");
    assert_eq!(
        (report.records, report.checkpoint.unwrap().size),
        (301, 301)
    );
}

fn tail_of(key: &StateKey, seed: Option<&[u8; 32]>) -> Option<TailFile> {
    Some(TailFile::new(&key.tail()?, seed?))
}

/// What is said of the files while no gateway runs on them: the kind of the break and its place.
async fn said_of_files(folder: &Path) -> Option<(&'static str, u64)> {
    let report = report_by(folder, StateKey::new(folder, None)).await;
    let broken = report.broken?;
    Some((broken.kind.word(), broken.seq))
}

async fn report_by(folder: &Path, key: StateKey) -> Report {
    let seed = key.seed().await.unwrap();
    let evidence = Evidence {
        tail: tail_of(&key, seed.as_deref()),
        key: seed.map(|seed| gatehouse_audit::checkpoint::log_signer(&seed).verifier()),
        head: key.head().await.unwrap(),
    };
    let store = Arc::new(SqliteGatewayStore::look(folder).await.unwrap());
    let report = gatehouse_gateway::audit::verify(store.clone(), evidence).await;
    store.close().await;
    report.unwrap()
}

/// A log of two checkpoints, at 6 and at 12 records, on which no gateway runs any more.
async fn signed_twice(folder: &Path) {
    let (log, store) = log(folder, Redactor::new()).await;
    for size in [6, 12] {
        while log.head().await.0 < size {
            log.event(event("something")).await.unwrap();
        }
        assert_eq!(log.checkpoint().await, Some(size));
    }
    store.close().await;
}

/// What somebody with the file does to it.
async fn in_the_database(folder: &Path, statement: &'static str) {
    let file = folder.join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query(statement).execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test]
async fn a_log_whose_proof_is_gone_is_broken_and_stays_so() {
    const ALL: &str = "DELETE FROM audit_checkpoint";
    const LAST: &str = "DELETE FROM audit_checkpoint WHERE size > 6";
    for (gone, statement, wanted) in [
        ("head", None, ("head-missing", 12)),
        ("key", None, ("key-missing", 6)),
        ("", None, ("key-missing", 6)),
        ("nothing", Some(ALL), ("checkpoint-missing", 12)),
        ("nothing", Some(LAST), ("checkpoint-missing", 12)),
        ("head", Some(LAST), ("head-missing", 6)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        signed_twice(folder.path()).await;
        assert_eq!(said_of_files(folder.path()).await, None, "{wanted:?}");
        let path = folder.path().join("audit").join(gone);
        match gone {
            "" => std::fs::remove_dir_all(path).unwrap(),
            "nothing" => {}
            _ => std::fs::remove_file(path).unwrap(),
        }
        if let Some(statement) = statement {
            in_the_database(folder.path(), statement).await;
        }
        assert_eq!(said_of_files(folder.path()).await, Some(wanted));
        for start in 0..2 {
            let (log, store) = log(folder.path(), Redactor::new()).await;
            log.checkpoint().await.unwrap();
            let broken = log.verify().await.unwrap().broken.unwrap();
            assert_eq!((broken.kind.word(), broken.seq), wanted, "start {start}");
            let rows = store.audit_rows(0, 100).await.unwrap();
            let told = rows.iter().filter(|row| row.kind == "audit.broken").count();
            assert!(told >= 1, "it is recorded, start {start}");
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_taken_away_while_the_gateway_runs_stays_missed() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    log.event(event("one")).await.unwrap();
    log.checkpoint().await.unwrap();
    in_the_database(folder.path(), "DELETE FROM audit_checkpoint").await;
    log.event(event("two")).await.unwrap();
    log.checkpoint().await.unwrap();
    let broken = log.verify().await.unwrap().broken.unwrap();
    assert_eq!((broken.kind.word(), broken.seq), ("checkpoint-missing", 2));
    store.close().await;
}

#[tokio::test]
async fn a_log_that_was_never_signed_needs_no_proof() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    log.event(event("young")).await.unwrap();
    assert!(log.verify().await.unwrap().intact());
    store.close().await;
    assert_eq!(said_of_files(folder.path()).await, None);
    std::fs::remove_dir_all(folder.path().join("audit")).unwrap();
    assert_eq!(said_of_files(folder.path()).await, None);
}

#[tokio::test]
async fn sealed_records_are_gone_and_the_log_goes_on_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    for round in 1..=3 {
        for n in 0..10 {
            log.event(event(&n.to_string())).await.unwrap();
        }
        let signed = log.checkpoint().await.unwrap();
        let sealed = log.seal(i64::MAX, intent("retention")).await.unwrap();
        assert!(sealed.is_ok_and(|dropped| dropped >= 10), "round {round}");
        let left = store.audit_rows(0, 100).await.unwrap();
        assert_eq!(left[0].seq, signed + 1, "what was signed is gone");
        assert_eq!(left[0].kind, "audit.sealed");
        assert!(log.verify().await.unwrap().intact(), "round {round}");
    }
    assert_eq!(store.audit_segments().await.unwrap().len(), 3);
    let page = log.export(ExportFormat::Jsonl, None, 100).await.unwrap();
    let mut verifier = ExportVerifier::new(None, None, 1);
    verifier.lines(page.text.lines());
    let report = verifier.finish();
    assert!(report.intact(), "{report:?}");
    assert_eq!(log.seal(0, intent("nothing")).await.unwrap(), Ok(0));
}

#[tokio::test]
async fn without_its_key_the_log_goes_on_and_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("audit")).unwrap();
    let mut file = std::fs::File::create(folder.path().join("audit/key")).unwrap();
    file.write_all(b"nonsense").unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    log.event(event("goes on")).await.unwrap();
    assert_eq!(log.checkpoint().await, None);
    assert_eq!(store.audit_checkpoint_latest().await.unwrap(), None);
    assert!(log.verify().await.unwrap().intact());
}

#[tokio::test]
async fn a_record_that_was_put_in_before_the_first_is_found() {
    const NOUGHT: &str = "INSERT INTO audit_record SELECT 0, at, kind, agent, session, run, verdict, \
        intent, text, bytes, leaf FROM audit_record WHERE seq = 1";
    const BELOW: &str = "INSERT INTO audit_record SELECT -5, at, kind, agent, session, run, verdict, \
        intent, text, bytes, leaf FROM audit_record WHERE seq = 1";
    for statement in [NOUGHT, BELOW] {
        let folder = tempfile::tempdir().unwrap();
        signed_twice(folder.path()).await;
        in_the_database(folder.path(), statement).await;
        let said = said_of_files(folder.path()).await;
        assert_eq!(said, Some(("inserted", 0)), "{statement}");
    }
}
