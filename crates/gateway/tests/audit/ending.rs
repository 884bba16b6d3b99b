//! The end of the log, which nothing has signed yet: nothing can be added to it, cut off or changed in it unseen, and a
//! process that is killed at any moment leaves it as it is told.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use gatehouse_audit::Statement;
use gatehouse_store::gateway::{AuditFilter, LedgerStore as _};

use super::*;

/// A log with records after its last checkpoint, that was stopped or killed.
async fn with_unsigned(folder: &Path, stopped: bool) -> u64 {
    let (log, store) = log(folder, Redactor::new()).await;
    for n in 0..5 {
        log.event(event(&n.to_string())).await.unwrap();
    }
    log.checkpoint().await.unwrap();
    for n in 5..9 {
        log.event(event(&n.to_string())).await.unwrap();
    }
    if stopped {
        log.checkpoint().await.unwrap();
    }
    let (size, _) = log.head().await;
    store.close().await;
    size
}

/// Adds a record that goes on from the last one, as the gateway would.
async fn forge(folder: &Path) {
    let store = SqliteGatewayStore::open(folder, 0).await.unwrap();
    let forged = Draft {
        kind: "approval.allowed".to_owned(),
        ..intent("rm -rf /srv/prod")
    };
    store.audit_append(vec![forged]).await.unwrap();
    store.close().await;
}

/// What is said of a log before the next start, by it, and by the one after.
async fn found_for_good(folder: &Path, wanted: (&str, u64)) {
    assert_eq!(said_of_files(folder).await, Some(wanted));
    for start in 0..2 {
        let (log, store) = log(folder, Redactor::new()).await;
        let rows = store.audit_rows(0, 100).await.unwrap();
        let told = rows.iter().filter(|row| row.kind == "audit.broken").count();
        assert_eq!(told, 1, "it is recorded once, start {start}");
        if start == 1 {
            log.checkpoint().await.unwrap();
        }
        let broken = log.verify().await.unwrap().broken.expect("it is broken");
        assert_eq!((broken.kind.word(), broken.seq), wanted, "start {start}");
        store.close().await;
    }
}

#[tokio::test]
async fn a_record_that_was_added_with_a_right_hash_is_never_signed_over() {
    for stopped in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let size = with_unsigned(folder.path(), stopped).await;
        assert_eq!(said_of_files(folder.path()).await, None);
        forge(folder.path()).await;
        found_for_good(folder.path(), ("inserted", size + 1)).await;
    }
}

#[tokio::test]
async fn the_end_that_no_checkpoint_counts_yet_cannot_be_cut_off_or_written_anew() {
    const FREE: [&str; 2] = [
        "DROP TRIGGER audit_record_unchanged",
        "DROP TRIGGER audit_record_kept",
    ];
    const CUT: &str = "DELETE FROM audit_record WHERE seq > 7";
    const LAST: &str = "DELETE FROM audit_record WHERE seq > 9";
    const OTHER: &str =
        "UPDATE audit_record SET bytes = replace(bytes, 'main', 'other') WHERE seq = 8";
    for (statement, forged, wanted) in [
        (CUT, false, ("rolled-back", 8)),
        (LAST, false, ("rolled-back", 10)),
        (LAST, true, ("changed", 7)),
        (OTHER, false, ("changed", 8)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let size = with_unsigned(folder.path(), false).await;
        assert_eq!(size, 10);
        for free in FREE {
            in_the_database(folder.path(), free).await;
        }
        in_the_database(folder.path(), statement).await;
        if forged {
            forge(folder.path()).await;
        }
        found_for_good(folder.path(), wanted).await;
    }
}

#[tokio::test]
async fn a_record_that_somebody_adds_while_the_gateway_runs_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let (log, store) = log(folder.path(), Redactor::new()).await;
    let ours = log.event(event("ours")).await.unwrap();
    forge(folder.path()).await;
    let next = log.event(event("ours again")).await.unwrap();
    assert_eq!(next, ours + 2);
    log.checkpoint().await.unwrap();
    let broken = log.verify().await.unwrap().broken.unwrap();
    assert_eq!((broken.kind.word(), broken.seq), ("inserted", ours + 1));
    store.close().await;
    assert_eq!(
        said_of_files(folder.path()).await,
        Some(("inserted", ours + 1))
    );
}

#[tokio::test]
async fn a_state_folder_from_before_the_end_was_kept_begins_to_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    with_unsigned(folder.path(), false).await;
    let (tail, head) = (
        folder.path().join("audit/tail"),
        folder.path().join("audit/head"),
    );
    std::fs::remove_file(&tail).unwrap();
    let said = std::fs::read_to_string(&head).unwrap();
    std::fs::write(&head, said.replace(",\"tail\":true", "")).unwrap();
    assert_eq!(said_of_files(folder.path()).await, None);
    let (log, store) = log(folder.path(), Redactor::new()).await;
    assert!(log.verify().await.unwrap().intact());
    store.close().await;
    std::fs::remove_file(&tail).unwrap();
    let gone = said_of_files(folder.path()).await;
    assert_eq!(gone.map(|(kind, _)| kind), Some("head-missing"));
}

#[tokio::test]
async fn what_was_written_without_the_key_or_was_not_on_the_disk_is_said_to_be_unproven() {
    let folder = tempfile::tempdir().unwrap();
    with_unsigned(folder.path(), false).await;
    let key = folder.path().join("audit/key");
    let seed = std::fs::read(&key).unwrap();
    std::fs::write(&key, "nonsense").unwrap();
    let (first, store) = log(folder.path(), Redactor::new()).await;
    first.event(event("without its key")).await.unwrap();
    store.close().await;
    std::fs::write(&key, seed).unwrap();
    for _ in 0..2 {
        let (log, store) = log(folder.path(), Redactor::new()).await;
        let report = log.verify().await.unwrap();
        assert!(report.intact(), "nothing contradicts it: {report:?}");
        let wanted = Statement::Unproven {
            first: 11,
            last: 12,
        };
        assert_eq!(report.unproven, [wanted], "and nobody can prove it");
        let rows = store.audit_rows(0, 100).await.unwrap();
        let told: Vec<_> = rows
            .iter()
            .filter(|row| row.kind == "audit.unproven")
            .collect();
        assert_eq!(told.len(), 1, "it is said once");
        assert!(
            told[0].text.contains("records 11 to 12"),
            "{}",
            told[0].text
        );
        store.close().await;
    }
}

/// Says, as a gateway does that has not got its key, that the log goes on all the same.
fn leave_off(folder: &Path) {
    let mut tail = OpenOptions::new()
        .append(true)
        .open(folder.join("audit/tail"))
        .unwrap();
    tail.write_all(b"written on without the key\n").unwrap();
}

#[tokio::test]
async fn what_anybody_can_add_where_the_key_is_said_to_be_missing_is_never_said_to_be_proven() {
    let folder = tempfile::tempdir().unwrap();
    let size = with_unsigned(folder.path(), false).await;
    leave_off(folder.path());
    forge(folder.path()).await;
    let (first, last) = (size + 1, size + 1);
    let wanted = [Statement::Unproven { first, last }];
    let key = StateKey::new(folder.path(), None);
    let report = report_by(folder.path(), key).await;
    assert_eq!(report.unproven, wanted, "before the next start");
    for start in 0..2 {
        let (log, store) = log(folder.path(), Redactor::new()).await;
        log.checkpoint().await.unwrap();
        let report = log.verify().await.unwrap();
        assert!(report.intact() && !report.is_proven(), "{report:?}");
        assert_eq!(report.unproven, wanted, "start {start}");
        store.close().await;
    }
}

#[tokio::test]
async fn the_end_that_an_earlier_start_told_is_not_taken_for_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let tail = folder.path().join("audit/tail");
    with_unsigned(folder.path(), false).await;
    let earlier = std::fs::read(&tail).unwrap();
    let size = with_unsigned(folder.path(), false).await;
    std::fs::write(&tail, earlier).unwrap();
    leave_off(folder.path());
    forge(folder.path()).await;
    found_for_good(folder.path(), ("rolled-back", size + 1)).await;
}

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const WRITER: &str = "ending::a_gateways_log_that_is_going_to_be_killed";

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_raises_no_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let mut most = 0;
    for round in 0..12_u64 {
        most = most.max(write_and_kill(
            folder.path(),
            Duration::from_millis(150 + round * 41),
        ));
        assert_eq!(said_of_files(folder.path()).await, None, "round {round}");
    }
    assert!(most > 0, "it never got to write");
    let (log, store) = log(folder.path(), Redactor::new()).await;
    assert!(log.verify().await.unwrap().intact());
    let kinds = ["audit.broken", "audit.unproven"].map(str::to_owned);
    let filter = AuditFilter {
        kinds: kinds.to_vec(),
        limit: 10,
        ..AuditFilter::default()
    };
    assert_eq!(store.audit_list(&filter).await.unwrap().rows, []);
    assert!(log.head().await.0 >= most, "what was told is there");
}

/// Lets it write for a while after it has begun, and kills it. Gives the largest number that it was told.
fn write_and_kill(folder: &Path, after: Duration) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", WRITER])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let (begun, begins) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let told = lines.map_while(Result::ok);
        let numbers = told.filter_map(|line| line.parse().ok());
        let tell = |_: &u64| {
            let _ = begun.send(());
        };
        numbers.inspect(tell).max().unwrap_or(0)
    });
    let _ = begins.recv_timeout(Duration::from_secs(120));
    std::thread::sleep(after);
    writer.kill().unwrap();
    writer.wait().unwrap();
    reader.join().unwrap()
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_gateways_log_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by the test above");
    let (log, store) = log(Path::new(&folder), Redactor::new()).await;
    let (done, mut numbers) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..8 {
        let (log, store, done) = (log.clone(), store.clone(), done.clone());
        tokio::spawn(async move {
            loop {
                store.setting_put("s", "1").await.unwrap();
                done.send(log.event(event(&n.to_string())).await.unwrap())
                    .unwrap();
            }
        });
    }
    tokio::spawn(async move {
        loop {
            log.checkpoint().await;
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    });
    while let Some(number) = numbers.recv().await {
        println!("{number}");
    }
}
