//! A million records verified, and what a record costs to write.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatehouse_audit::note::Signer;
use gatehouse_audit::verify::{Columns, Row, Verifier};
use gatehouse_audit::{Actor, Draft, Frontier, Hash, Sealed, checkpoint::Checkpoint};
use serde_json::json;

const RECORDS: u64 = 1_000_000;

/// How many rows a reader hands over at once.
const PAGE: usize = 8_192;

fn draft(n: u64) -> Draft {
    Draft {
        ts: 1_795_262_400_000 + n as i64,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        agent: Some("main".to_owned()),
        session: Some("agent:main:main".to_owned()),
        action: Some("exec".to_owned()),
        what: Some("cargo test -p gatehouse-audit".to_owned()),
        verdict: Some("allow".to_owned()),
        policy_version: Some("3".to_owned()),
        request: Some(json!({"command": "cargo test -p gatehouse-audit", "n": n})),
        ..Draft::default()
    }
}

fn log(records: u64) -> (Vec<Sealed>, Vec<(u64, String)>, Signer) {
    let signer = Signer::new("bench", &[7; 32]).unwrap();
    let (mut tree, mut prev) = (Frontier::default(), Hash::ZERO);
    let (mut sealed, mut notes) = (Vec::new(), Vec::new());
    for seq in 1..=records {
        let record = draft(seq).prepare().seal(seq, prev);
        prev = record.leaf;
        tree.push(prev);
        sealed.push(record);
        if seq % 256 == 0 || seq == records {
            let checkpoint = Checkpoint {
                origin: "bench".to_owned(),
                size: seq,
                root: tree.root(),
                at: None,
            };
            notes.push((seq, checkpoint.sign(&signer).unwrap()));
        }
    }
    (sealed, notes, signer)
}

fn verify(log: &[Sealed], notes: &[(u64, String)], signer: &Signer, threads: usize) {
    let mut verifier = Verifier::new(vec![signer.verifier()], threads);
    for (size, note) in notes {
        verifier.checkpoint(*size, note, 0);
    }
    for page in log.chunks(PAGE) {
        let rows: Vec<_> = page.iter().map(row).collect();
        verifier.rows(&rows);
    }
    let report = verifier.finish();
    assert!(report.intact(), "{report:?}");
    black_box(report);
}

fn row(sealed: &Sealed) -> Row<'_> {
    Row {
        bytes: &sealed.bytes,
        columns: Some(Columns {
            seq: sealed.seq,
            leaf: sealed.leaf,
            at: 1_795_262_400_000 + sealed.seq as i64,
            kind: "tool.intent",
            agent: Some("main"),
            session: Some("agent:main:main"),
            run: None,
            verdict: Some("allow"),
            intent: None,
            text: "cargo test -p gatehouse-audit",
        }),
    }
}

fn million(c: &mut Criterion) {
    let (log, notes, signer) = log(RECORDS);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut group = c.benchmark_group("verify 1,000,000 records");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(10))
        .throughput(Throughput::Elements(RECORDS));
    // Checkpoints of the last 1,000 apart: each costs one Ed25519 verification.
    let last = notes.last().cloned().into_iter().collect::<Vec<_>>();
    group.bench_function("all threads, one checkpoint", |b| {
        b.iter(|| verify(&log, &last, &signer, threads));
    });
    group.bench_function("one thread, one checkpoint", |b| {
        b.iter(|| verify(&log, &last, &signer, 1));
    });
    group.bench_function("all threads, a checkpoint each 256", |b| {
        b.iter(|| verify(&log, &notes, &signer, threads));
    });
    group.finish();
}

fn record(c: &mut Criterion) {
    c.bench_function("prepare a record", |b| b.iter(|| draft(1).prepare()));
    let prepared = draft(1).prepare();
    c.bench_function("seal a record", |b| b.iter(|| prepared.seal(1, Hash::ZERO)));
}

criterion_group!(benches, million, record);
criterion_main!(benches);
