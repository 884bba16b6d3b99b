//! Exports: JSON lines verify without the gateway, here and in another language. The other forms are in `forms`.

#![allow(clippy::unwrap_used)]

mod forms;

use std::process::Command;

use gatehouse_audit::checkpoint::{Checkpoint, log_signer};
use gatehouse_audit::export::{
    ExportVerifier, checkpoint_line, end_line, header_line, segment_line,
};
use gatehouse_audit::note::Signer;
use gatehouse_audit::segment::Segment;
use gatehouse_audit::verify::{BreakKind, Head, Report};
use gatehouse_audit::{Actor, Draft, Frontier, Hash, Statement};
use serde_json::json;

/// The script, as it is documented.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify-audit.py");

fn signer() -> Signer {
    log_signer(&[3; 32])
}

fn draft(n: u64) -> Draft {
    Draft {
        ts: 1_795_262_400_123,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        agent: Some("main".to_owned()),
        action: n.is_multiple_of(2).then(|| "exec".to_owned()),
        what: Some(format!("echo \"{n} ü€😀\"")),
        verdict: Some("deny".to_owned()),
        rules: vec!["a".to_owned(), "b".to_owned()],
        request: Some(json!({"command": "echo", "big": 1e21, "n": n})),
        intent: Some(n),
        ..Draft::default()
    }
}

/// The lines of an export of records 1 to 20 with checkpoints at 8, 16 and 20; the first 8 may be sealed.
fn export(sealed: bool) -> Vec<String> {
    let signed: fn(Segment) -> Segment = |segment| segment.signed(&signer()).unwrap();
    export_of(sealed.then_some(signed), draft)
}

/// As [`export`], with what is made of the segment, and other records.
fn export_of(sealed: Option<fn(Segment) -> Segment>, draft: fn(u64) -> Draft) -> Vec<String> {
    let (mut tree, mut prev) = (Frontier::default(), Hash::ZERO);
    let mut lines = vec![header_line(&signer().verifier())];
    for seq in 1..=20 {
        let record = draft(seq).prepare().seal(seq, prev);
        prev = record.leaf;
        tree.push(prev);
        if sealed.is_none() || seq > 8 {
            lines.push(format!("{}\n", record.bytes));
        }
        if [8, 16, 20].contains(&seq) {
            let note = note(&tree);
            match sealed {
                Some(seal) if seq == 8 => {
                    lines.push(segment_line(&seal(segment(&tree, prev, note))));
                }
                _ => lines.push(checkpoint_line(seq, &note, 5)),
            }
        }
    }
    let end = checkpoint(&tree).sign_end(&signer()).unwrap();
    lines.push(end_line(20, &end, 5));
    lines
}

fn checkpoint(tree: &Frontier) -> Checkpoint {
    Checkpoint {
        origin: signer().name().to_owned(),
        size: tree.size(),
        root: tree.root(),
        at: None,
    }
}

fn note(tree: &Frontier) -> String {
    checkpoint(tree).sign(&signer()).unwrap()
}

fn segment(tree: &Frontier, leaf: Hash, note: String) -> Segment {
    Segment {
        first: 1,
        last: tree.size(),
        from_at: 1,
        to_at: 2,
        sealed_at: 3,
        leaf,
        frontier: tree.to_bytes(),
        note,
        proof: Vec::new(),
    }
}

fn verified(lines: &[String]) -> Report {
    let mut verifier = ExportVerifier::new(None, None, 1);
    verifier.lines(lines.concat().lines());
    verifier.finish()
}

/// Whether the script in another language finds it intact, and what it says.
fn scripted(lines: &[String], options: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    std::fs::write(&file, lines.concat()).unwrap();
    let done = Command::new("python3")
        .arg(SCRIPT)
        .arg(&file)
        .args(options)
        .output()
        .expect("python3 runs the script");
    let said = String::from_utf8(done.stdout).unwrap();
    let error = String::from_utf8(done.stderr).unwrap();
    assert!(error.is_empty(), "it finds, and does not fail: {error}");
    (done.status.success(), said)
}

#[test]
fn an_export_verifies_here_and_in_another_language() {
    for sealed in [false, true] {
        let lines = export(sealed);
        let report = verified(&lines);
        assert!(report.intact(), "{report:?}");
        assert_eq!(report.size, 20);
        assert_eq!(report.checkpoint.unwrap().size, 20);
        let key = signer().verifier().to_string();
        let head = format!("20:{}", report.root);
        let (intact, said) = scripted(&lines, &["--key", &key, "--head", &head]);
        assert!(intact, "{said}");
        assert!(said.contains("20 records") && said.contains(&report.root.to_hex()));
    }
}

#[test]
fn both_find_what_was_done_to_an_export() {
    type Tamper = fn(&mut Vec<String>);
    let cases: [(&str, Tamper, BreakKind, u64); 8] = [
        (
            "changed",
            |l| l[4] = l[4].replace("echo", "true"),
            BreakKind::Changed,
            4,
        ),
        ("deleted", |l| drop(l.remove(4)), BreakKind::Missing, 4),
        (
            "doubled",
            |l| l.insert(4, l[4].clone()),
            BreakKind::Inserted,
            5,
        ),
        ("swapped", |l| l.swap(4, 6), BreakKind::Reordered, 4),
        ("cut off", |l| l.truncate(13), BreakKind::Truncated, 12),
        (
            "nonsense",
            |l| l[4] = "{}\n".to_owned(),
            BreakKind::BadJson,
            4,
        ),
        (
            "signature",
            |l| l[9] = l[9].replace("\\n8\\n", "\\n7\\n"),
            BreakKind::BadSignature,
            8,
        ),
        (
            "without its end",
            |l| drop(l.pop()),
            BreakKind::Truncated,
            21,
        ),
    ];
    for (name, tamper, kind, seq) in cases {
        let mut lines = export(false);
        tamper(&mut lines);
        let broken = verified(&lines).broken.expect(name);
        assert_eq!((broken.kind, broken.seq), (kind, seq), "{name}: {broken:?}");
        let (intact, said) = scripted(&lines, &[]);
        assert!(!intact, "{name}: {said}");
    }
}

#[test]
fn an_export_that_is_empty_or_was_cut_off_at_an_old_checkpoint_is_not_intact() {
    let whole = export(false);
    let end = whole.last().unwrap().clone();
    // The first line and the first 8 records, with their checkpoint.
    let cut = whole[..10].to_vec();
    let as_end = cut[9].replace("\"checkpoint\"", "\"end\"");
    let lacking_one: Vec<_> = [&whole[..20], &whole[22..]].concat();
    for (lines, seq) in [
        (Vec::new(), 1),
        (whole[..1].to_vec(), 1),
        (vec![whole[0].clone(), end.clone()], 1),
        (cut.clone(), 9),
        ([cut.clone(), vec![end.clone()]].concat(), 9),
        ([cut.clone(), vec![as_end]].concat(), 8),
        (whole[..whole.len() - 1].to_vec(), 21),
        (lacking_one, 18),
        ([whole.clone(), vec![whole[1].clone()]].concat(), 21),
    ] {
        let broken = verified(&lines).broken.expect("it is not whole");
        assert_eq!(broken.seq, seq, "{broken:?} {lines:?}");
        let key = signer().verifier().to_string();
        for options in [&[][..], &["--key", &key]] {
            let (intact, said) = scripted(&lines, options);
            assert!(!intact, "{said}");
        }
    }
}

/// What stands beside the records must not speak for other records than those that are shown.
#[test]
fn a_first_line_or_a_segment_counts_before_the_first_record_alone() {
    let (whole, sealed) = (export(false), export(true));
    let forged = || {
        let other = whole[1].replace("echo", "true");
        let forged = whole[2..9].iter().cloned();
        std::iter::once(other).chain(forged).collect::<Vec<_>>()
    };
    let header_last = [forged(), whole.clone()].concat();
    let segment_last = [vec![whole[0].clone()], forged(), sealed[1..].to_vec()].concat();
    for lines in [header_last, segment_last] {
        assert!(!verified(&lines).intact(), "{lines:?}");
        assert!(!scripted(&lines, &[]).0);
    }
}

#[test]
fn an_export_of_another_key_or_an_older_log_is_found() {
    let lines = export(false);
    let other = log_signer(&[4; 32]).verifier();
    let mut verifier = ExportVerifier::new(Some(other.clone()), None, 1);
    verifier.lines(lines.concat().lines());
    let broken = verifier.finish().broken.unwrap();
    assert_eq!((broken.kind, broken.seq), (BreakKind::BadSignature, 8));
    assert!(!scripted(&lines, &["--key", &other.to_string()]).0);
    let head = Head {
        size: 21,
        root: Hash::ZERO,
    };
    let mut verifier = ExportVerifier::new(None, Some(head), 1);
    verifier.lines(lines.concat().lines());
    let broken = verifier.finish().broken.unwrap();
    assert_eq!((broken.kind, broken.seq), (BreakKind::RolledBack, 21));
    let head = format!("21:{}", Hash::ZERO);
    assert!(!scripted(&lines, &["--head", &head]).0);
}

/// What both say of an export, with the key that was noted: whether it is intact, and whether all of it is proven.
fn found_by_both(lines: &[String]) -> (bool, bool) {
    let key = signer().verifier();
    let mut verifier = ExportVerifier::new(Some(key.clone()), None, 1);
    verifier.lines(lines.concat().lines());
    let report = verifier.finish();
    let (is_proven, said) = scripted(lines, &["--key", &key.to_string()]);
    assert_eq!(report.is_proven(), is_proven, "{report:?} {said}");
    assert_eq!(report.intact(), !said.starts_with("broken"), "{said}");
    (report.intact(), report.is_proven())
}

/// A record of the log that says something of the log, in the place of the ninth.
fn says(statement: Statement, n: u64) -> Draft {
    if n != 9 {
        return draft(n);
    }
    Draft {
        kind: statement.kind().to_owned(),
        what: Some(statement.to_string()),
        ..draft(n)
    }
}

#[test]
fn the_front_of_an_export_cannot_be_cut_off_with_what_is_in_it() {
    let as_it_is = |segment: Segment| segment;
    assert_eq!(
        found_by_both(&export_of(Some(as_it_is), draft)),
        (false, false),
        "a checkpoint is no proof that anything was sealed"
    );
    let of_others = |n| says(Statement::Sealed { first: 1, last: 7 }, n);
    assert!(!found_by_both(&export_of(Some(as_it_is), of_others)).0);
    let as_before = |n| says(Statement::Sealed { first: 1, last: 8 }, n);
    assert!(found_by_both(&export_of(Some(as_it_is), as_before)).1);
    let of_more = |segment: Segment| {
        let mut more = segment.signed(&signer()).unwrap();
        more.first = 0;
        more
    };
    assert!(!found_by_both(&export_of(Some(of_more), draft)).0);
}

#[test]
fn what_is_unproven_in_an_export_is_said() {
    let unproven = |n| says(Statement::Unproven { first: 3, last: 5 }, n);
    let lines = export_of(None, unproven);
    assert_eq!(found_by_both(&lines), (true, false));
    let (_, said) = scripted(&lines, &[]);
    assert!(
        said.contains("3 to 5") && !said.starts_with("intact:"),
        "{said}"
    );
    let former = |n| says(Statement::Former { records: 70 }, n);
    let lines = export_of(None, former);
    assert_eq!(found_by_both(&lines), (true, false));
    // Nobody knows who wrote it, so that it proves nothing.
    let unproven = |n| match n {
        10 => says(Statement::Unproven { first: 9, last: 9 }, 9),
        _ => says(Statement::Sealed { first: 1, last: 8 }, n),
    };
    assert!(!found_by_both(&export_of(Some(|segment| segment), unproven)).0);
}

#[test]
fn a_line_that_cannot_be_read_is_found_by_both() {
    type Tamper = fn(&str) -> String;
    let cases: [Tamper; 7] = [
        |line| format!("{}\n", &line[..line.len() / 2]),
        |line| line.replace('"', ""),
        |line| line.replace("\\n", " "),
        |line| line.replace('+', "!"),
        |line| {
            line.replace("\"audit\":", "\"audit\":[")
                .replace("\"at\":", "\"at\":[")
        },
        |line| line.replace("key", "kez").replace("note", "noto"),
        |line| line.replace(' ', "  "),
    ];
    for sealed in [false, true] {
        let whole = export(sealed);
        let beside =
            |line: &&String| !line.starts_with("{\"a\":") && line.contains("gatehouse.app");
        for line in whole.iter().filter(beside) {
            for tamper in cases {
                let other = tamper(line);
                if other == *line {
                    continue;
                }
                let swap = |one: &String| {
                    if one == line {
                        other.clone()
                    } else {
                        one.clone()
                    }
                };
                let lines: Vec<_> = whole.iter().map(swap).collect();
                assert!(!verified(&lines).intact(), "{other}");
                assert!(!scripted(&lines, &[]).0, "{other}");
            }
        }
    }
}

/// Somebody noted the size and root of a log, and what they count was sealed away since.
#[test]
fn a_head_from_before_records_were_sealed_raises_no_alarm_and_another_log_does() {
    let root = |size: u64| {
        let (mut tree, mut prev) = (Frontier::default(), Hash::ZERO);
        for seq in 1..=size {
            prev = draft(seq).prepare().seal(seq, prev).leaf;
            tree.push(prev);
        }
        tree.root()
    };
    let lines = export(true);
    for (size, root, wanted, is_sealed) in [
        (5, root(5), None, true),
        (5, Hash::ZERO, None, true),
        (8, root(8), None, false),
        (8, Hash::ZERO, Some((BreakKind::RolledBack, 1)), false),
        (9, root(9), None, false),
        (9, Hash::ZERO, Some((BreakKind::RolledBack, 9)), false),
        (20, root(20), None, false),
    ] {
        let key = signer().verifier();
        let head = Head { size, root };
        for key in [None, Some(key)] {
            let mut verifier = ExportVerifier::new(key, Some(head), 1);
            verifier.lines(lines.concat().lines());
            let report = verifier.finish();
            let found = report
                .broken
                .as_ref()
                .map(|broken| (broken.kind, broken.seq));
            assert_eq!(found, wanted, "{size}: {report:?}");
            assert_eq!(report.head_is_sealed, is_sealed, "{size}");
        }
        let (intact, said) = scripted(&lines, &["--head", &format!("{size}:{root}")]);
        assert_eq!(intact, wanted.is_none(), "{size}: {said}");
    }
}
