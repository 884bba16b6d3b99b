//! Whatever is done to a log, the first record that it was done to is named.

#![allow(clippy::unwrap_used)]

use gatehouse_audit::checkpoint::Checkpoint;
use gatehouse_audit::note::Signer;
use gatehouse_audit::segment::Segment;
use gatehouse_audit::verify::BreakKind::{self, *};
use gatehouse_audit::verify::{Columns, Head, Report, Row, Verifier};
use gatehouse_audit::{Actor, Draft, Frontier, Hash, Record, Statement, leaf_hash, proof};
use proptest::prelude::*;

/// A row of a database.
#[derive(Clone, Debug, PartialEq)]
struct Stored {
    place: u64,
    bytes: String,
    leaf: Hash,
    draft: Draft,
}

#[derive(Clone)]
struct Log {
    rows: Vec<Stored>,
    notes: Vec<(u64, String)>,
    head: Option<Head>,
}

fn signer() -> Signer {
    Signer::new("log.example/1", &[7; 32]).unwrap()
}

fn draft(n: u64) -> Draft {
    Draft {
        ts: n as i64,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        what: Some(format!("command {n}")),
        ..Draft::default()
    }
}

/// A log of `size` records with a checkpoint at each multiple of `each` and at the end.
fn log(size: u64, each: u64) -> Log {
    let (mut tree, mut prev) = (Frontier::default(), Hash::ZERO);
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    for place in 1..=size {
        let sealed = draft(place).prepare().seal(place, prev);
        prev = sealed.leaf;
        tree.push(prev);
        rows.push(Stored {
            place,
            bytes: sealed.bytes,
            leaf: prev,
            draft: draft(place),
        });
        if place % each == 0 || place == size {
            notes.push((place, note(&tree)));
        }
    }
    let head = Some(Head {
        size,
        root: tree.root(),
    });
    Log { rows, notes, head }
}

fn note(tree: &Frontier) -> String {
    let checkpoint = Checkpoint {
        origin: "log.example/1".to_owned(),
        size: tree.size(),
        root: tree.root(),
        at: None,
    };
    checkpoint.sign(&signer()).unwrap()
}

impl Log {
    /// Verifies it as a database, with columns, or as an export, without.
    fn verify(&self, columns: bool) -> Report {
        self.verify_after(&[], columns)
    }

    fn verify_after(&self, segments: &[Segment], columns: bool) -> Report {
        let mut verifier = Verifier::new(vec![signer().verifier()], 1);
        for segment in segments {
            verifier.segment(segment.clone());
        }
        for (size, note) in &self.notes {
            verifier.checkpoint(*size, note, 0);
        }
        self.head.into_iter().for_each(|head| verifier.head(head));
        let rows: Vec<_> = self.rows.iter().map(|row| row.row(columns)).collect();
        verifier.rows(&rows);
        verifier.finish()
    }

    /// Numbers the rows by where they stand.
    fn renumbered(mut self) -> Self {
        for (row, place) in self.rows.iter_mut().zip(1..) {
            row.place = place;
        }
        self
    }

    /// Writes every record from the row at `index` on anew, as somebody does who knows how the chain is made.
    fn rechained(mut self, index: usize) -> Self {
        let mut prev = match index {
            0 => Hash::ZERO,
            _ => self.rows[index - 1].leaf,
        };
        for (row, place) in self.rows.iter_mut().zip(1..).skip(index) {
            let sealed = row.draft.clone().prepare().seal(place, prev);
            (row.place, row.bytes, row.leaf) = (place, sealed.bytes, sealed.leaf);
            prev = row.leaf;
        }
        self
    }
}

impl Stored {
    fn row(&self, columns: bool) -> Row<'_> {
        let of = |text: &'_ Option<String>| text.as_ref().map(|_| ());
        assert!(of(&self.draft.agent).is_none(), "the drafts here have none");
        Row {
            bytes: &self.bytes,
            columns: columns.then(|| Columns {
                seq: self.place,
                leaf: self.leaf,
                at: self.draft.ts,
                kind: &self.draft.kind,
                agent: None,
                session: None,
                run: None,
                verdict: None,
                intent: None,
                text: self.draft.what.as_deref().unwrap_or_default(),
            }),
        }
    }

    /// With a bit of the bytes flipped so that they remain text.
    fn flipped(mut self, at: usize) -> Self {
        let mut bytes = self.bytes.into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1;
        self.bytes = String::from_utf8(bytes).unwrap();
        self
    }

    /// With the hash that belongs to the bytes.
    fn hashed(mut self) -> Self {
        self.leaf = leaf_hash(self.bytes.as_bytes());
        self
    }
}

#[track_caller]
fn check(report: Report, kinds: &[BreakKind], seq: u64) {
    let broken = report.broken.expect("it was tampered with");
    assert!(kinds.contains(&broken.kind), "{broken:?} at {seq}");
    assert_eq!(broken.seq, seq, "{broken:?}");
}

fn sizes() -> impl Strategy<Value = (u64, u64, usize)> {
    (2..30_u64, 1..9_u64).prop_flat_map(|(size, each)| (Just(size), Just(each), 0..size as usize))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_that_nobody_touched_is_intact((size, each, _) in sizes(), columns: bool) {
        let report = log(size, each).verify(columns);
        prop_assert!(report.intact(), "{:?}", report);
        prop_assert_eq!((report.records, report.size), (size, size));
        prop_assert_eq!(report.checkpoint.unwrap().size, size);
    }

    #[test]
    fn a_flipped_bit_is_found_in_its_record((size, each, index) in sizes(), at: usize) {
        let mut log = log(size, each);
        log.rows[index] = log.rows[index].clone().flipped(at);
        check(log.verify(true), &[Changed, BadJson], index as u64 + 1);
        // In an export nothing stands beside the record, and it may look like another one's number.
        check(log.verify(false), &[Changed, BadJson, Inserted], index as u64 + 1);
        log.rows[index] = log.rows[index].clone().hashed();
        check(log.verify(true), &[Changed, BadJson, Inserted], index as u64 + 1);
    }

    #[test]
    fn a_record_written_anew_in_its_place_is_found(
        (size, each, index) in sizes(), columns: bool,
    ) {
        let mut log = log(size, each);
        let prev = Record::read(&log.rows[index].bytes).unwrap().prev;
        let other = Draft { what: Some("harmless".to_owned()), ..draft(9) };
        let sealed = other.clone().prepare().seal(index as u64 + 1, Hash::from_hex(&prev).unwrap());
        let row = &mut log.rows[index];
        (row.bytes, row.leaf, row.draft) = (sealed.bytes, sealed.leaf, other);
        check(log.verify(columns), &[Changed], index as u64 + 1);
    }

    #[test]
    fn a_column_that_says_otherwise_is_found((size, each, index) in sizes()) {
        let mut log = log(size, each);
        log.rows[index].draft.kind = "tool.outcome".to_owned();
        check(log.verify(true), &[Changed], index as u64 + 1);
    }

    #[test]
    fn a_deleted_record_is_missed((size, each, index) in sizes(), columns: bool) {
        let mut log = log(size, each);
        log.rows.remove(index);
        let seq = index as u64 + 1;
        let kind = if seq == size { Truncated } else { Missing };
        check(log.verify(columns), &[kind], seq);
        check(log.renumbered().verify(columns), &[kind], seq);
    }

    #[test]
    fn an_inserted_record_is_found(
        (size, each, index) in sizes(), columns: bool, forged: bool, number in 1..40_u64,
    ) {
        let mut log = log(size, each);
        let place = index as u64 + 1;
        let prev = match index {
            0 => Hash::ZERO,
            _ => log.rows[index - 1].leaf,
        };
        let draft = Draft { what: Some("was never".to_owned()), ..draft(7) };
        // Either as one that would belong there, or with another's number.
        let (number, prev) = if forged { (place, prev) } else { (number, leaf_hash(b"")) };
        let sealed = draft.clone().prepare().seal(number, prev);
        let row = Stored { place, bytes: sealed.bytes, leaf: sealed.leaf, draft };
        log.rows.insert(index, row);
        check(log.renumbered().verify(columns), &[Inserted], place);
    }

    #[test]
    fn a_copy_of_a_record_is_found(
        (size, each, index) in sizes(), columns: bool, of: prop::sample::Index,
    ) {
        let mut log = log(size, each);
        let copy = log.rows[of.index(log.rows.len())].clone();
        log.rows.insert(index, copy.clone());
        // Beside its original a copy cannot be told from it: it is the second one that is named.
        let place = if log.rows.get(index + 1) == Some(&copy) { index + 2 } else { index + 1 };
        check(log.renumbered().verify(columns), &[Inserted], place as u64);
    }

    #[test]
    fn records_that_changed_places_are_found(
        (size, each, index) in sizes(), columns: bool, with: prop::sample::Index,
    ) {
        let mut log = log(size, each);
        let with = with.index(log.rows.len());
        prop_assume!(with != index);
        log.rows.swap(index, with);
        let first = index.min(with) as u64 + 1;
        check(log.renumbered().verify(columns), &[Reordered], first);
    }

    #[test]
    fn a_cut_off_end_is_found((size, each, keep) in sizes(), columns: bool) {
        let mut log = log(size, each);
        log.rows.truncate(keep);
        check(log.verify(columns), &[Truncated], keep as u64 + 1);
        log.notes.retain(|(size, _)| *size <= keep as u64);
        check(log.verify(columns), &[RolledBack], keep as u64 + 1);
    }

    #[test]
    fn a_log_written_anew_from_a_record_on_is_found(
        (size, each, index) in sizes(), columns: bool,
    ) {
        let mut log = log(size, each);
        log.rows[index].draft.what = Some("harmless".to_owned());
        let log = log.rechained(index);
        let report = log.verify(columns);
        let broken = report.broken.unwrap();
        prop_assert_eq!(broken.kind, Changed);
        // Up to the last good checkpoint it is right; the one after it is not.
        let (seq, each) = (index as u64 + 1, each);
        let good = (seq - 1) / each * each;
        prop_assert!(broken.seq > good && broken.seq <= size.min(good + each));
    }

    #[test]
    fn a_log_that_was_rolled_back_and_went_on_is_found((size, each, keep) in sizes(), more in 0..9_usize) {
        let mut rolled = log(size, each);
        let head = rolled.head;
        rolled.rows.truncate(keep);
        // It goes on past the head, and the gateway, which noticed nothing, signs what it finds.
        for n in keep..size as usize + 1 + more {
            let mut row = rolled.rows.first().cloned().unwrap_or(log(1, 1).rows.remove(0));
            row.draft = Draft { what: Some("another".to_owned()), ..draft(n as u64) };
            rolled.rows.push(row);
        }
        let mut rolled = rolled.rechained(keep);
        let tree: Frontier = rolled.rows.iter().map(|row| row.leaf).collect();
        rolled.notes.retain(|(size, _)| *size <= keep as u64);
        rolled.notes.push((tree.size(), note(&tree)));
        let good = rolled.notes.iter().rev().map(|(size, _)| *size).find(|size| *size <= keep as u64);
        rolled.head = head;
        check(rolled.verify(true), &[RolledBack], good.unwrap_or(0) + 1);
    }

    #[test]
    fn sealed_records_are_gone_and_the_rest_verifies(
        (size, each, index) in sizes(), columns: bool, tamper: bool,
    ) {
        let mut log = log(size, each);
        let sizes: Vec<_> = log.notes.iter().map(|(size, _)| *size).collect();
        let until = &sizes[..=index % sizes.len()];
        let leaves: Vec<_> = log.rows.iter().map(|row| row.leaf).collect();
        let mut segments: Vec<Segment> = Vec::new();
        for last in until {
            let before = segments.last().map_or(0, |before| before.last);
            let tree: Frontier = leaves[..*last as usize].iter().copied().collect();
            let old: Frontier = leaves[..before as usize].iter().copied().collect();
            let segment = Segment {
                first: before + 1,
                last: *last,
                from_at: 0,
                to_at: 0,
                sealed_at: 0,
                leaf: leaves[*last as usize - 1],
                frontier: tree.to_bytes(),
                note: String::new(),
                proof: proof::extension(&old, &leaves[before as usize..*last as usize]),
            };
            segments.push(segment.signed(&signer()).unwrap());
        }
        let sealed = *until.last().unwrap();
        log.rows.drain(..sealed as usize);
        let report = log.verify_after(&segments, columns);
        prop_assert!(report.intact(), "{:?}", report);
        prop_assert_eq!((report.records, report.size), (size - sealed, size));
        prop_assert_eq!(report.root, log.head.unwrap().root);
        let at = index % segments.len();
        if tamper {
            segments[at].frontier[0] ^= 1;
        } else {
            segments[at].note = segments[at].note.replace("log.example/1\n", "log.example/2\n");
        }
        check(log.verify_after(&segments, columns), &[Changed], segments[at].first);
    }

    #[test]
    fn the_front_of_a_log_cannot_be_cut_off_with_what_the_log_itself_has(
        (size, each, index) in sizes(), columns: bool,
    ) {
        let mut log = log(size, each);
        log.head = None;
        // Whoever has the log has its checkpoints, and works out the edge of the tree from its records.
        let (last, note) = log.notes[index % log.notes.len()].clone();
        let tree: Frontier = log.rows[..last as usize].iter().map(|row| row.leaf).collect();
        let forged = Segment {
            first: 1,
            last,
            from_at: 0,
            to_at: 0,
            sealed_at: 0,
            leaf: log.rows[last as usize - 1].leaf,
            frontier: tree.to_bytes(),
            note,
            proof: Vec::new(),
        };
        log.rows.drain(..last as usize);
        check(log.verify_after(&[forged], columns), &[Missing], 1);
    }
}

#[test]
fn a_checkpoint_that_was_not_signed_by_the_log_is_found() {
    let mut log = log(9, 3);
    log.notes[1].1 = log.notes[1].1.replacen("\n6\n", "\n5\n", 1);
    check(log.verify(true), &[BadSignature], 6);
    let other = Signer::new("log.example/1", &[8; 32]).unwrap();
    let forged = Checkpoint {
        origin: "log.example/1".to_owned(),
        size: 6,
        root: Hash::ZERO,
        at: None,
    };
    log.notes[1].1 = forged.sign(&other).unwrap();
    check(log.verify(true), &[BadSignature], 6);
}

/// A log of six records with one checkpoint, of this time, which is kept with what `kept` makes of its tree.
fn checked_at(signed: Option<i64>, at: i64, kept: impl Fn(&mut Vec<u8>)) -> Report {
    let log = log(6, 6);
    let mut tree = Frontier::default();
    log.rows.iter().for_each(|row| tree.push(row.leaf));
    let checkpoint = Checkpoint {
        origin: "log.example/1".to_owned(),
        size: 6,
        root: tree.root(),
        at: signed,
    };
    let mut frontier = tree.to_bytes();
    kept(&mut frontier);
    let mut verifier = Verifier::new(vec![signer().verifier()], 1);
    let note = checkpoint.sign(&signer()).unwrap();
    verifier.kept_checkpoint(6, &note, at, &frontier);
    let rows: Vec<_> = log.rows.iter().map(|row| row.row(true)).collect();
    verifier.rows(&rows);
    verifier.finish()
}

#[test]
fn the_time_of_a_checkpoint_is_the_one_that_was_signed() {
    let right = checked_at(Some(7), 7, |_| {});
    assert_eq!(right.checkpoint.unwrap().at, Some(7));
    assert!(right.intact(), "{right:?}");
    check(checked_at(Some(7), 8, |_| {}), &[BadSignature], 6);
    let older = checked_at(None, 8, |_| {});
    assert!(older.intact(), "one without a time holds: {older:?}");
    assert_eq!(older.checkpoint.unwrap().at, None, "and proves none");
}

#[test]
fn the_tree_that_is_kept_beside_a_checkpoint_is_the_one_that_was_signed() {
    for kept in [
        |tree: &mut Vec<u8>| tree.fill(0),
        |tree: &mut Vec<u8>| tree.clear(),
    ] {
        check(checked_at(Some(7), 7, kept), &[Changed], 6);
    }
}

/// A log of twelve whose first six were sealed as earlier versions did, and of which record 9 says so in these words.
fn sealed_as_before(said: &str, unproven: Option<(u64, u64)>) -> Report {
    let mut log = log(12, 6);
    log.rows[8].draft.kind = "audit.sealed".to_owned();
    log.rows[8].draft.what = Some(said.to_owned());
    let mut log = log.rechained(8);
    let of = |log: &Log, size| {
        log.rows[..size]
            .iter()
            .map(|row| row.leaf)
            .collect::<Frontier>()
    };
    let (six, all) = (of(&log, 6), of(&log, 12));
    log.notes = vec![(12, note(&all))];
    log.head = None;
    let segment = Segment {
        first: 1,
        last: 6,
        from_at: 1,
        to_at: 6,
        sealed_at: 9,
        leaf: log.rows[5].leaf,
        frontier: six.to_bytes(),
        note: note(&six),
        proof: Vec::new(),
    };
    log.rows.drain(..6);
    let mut verifier = Verifier::new(vec![signer().verifier()], 1);
    verifier.segment(segment);
    let of_unproven = unproven.map(|(first, last)| Statement::Unproven { first, last });
    of_unproven
        .into_iter()
        .for_each(|said| verifier.unproven(said));
    verifier.checkpoint(12, &log.notes[0].1, 0);
    let rows: Vec<_> = log.rows.iter().map(|row| row.row(true)).collect();
    verifier.rows(&rows);
    verifier.finish()
}

#[test]
fn what_earlier_versions_sealed_holds_where_a_record_says_so() {
    let right = "records 1 to 6 were sealed away";
    let report = sealed_as_before(right, None);
    assert!(report.is_proven(), "{report:?}");
    for others in ["records 1 to 5 were sealed away", "something else"] {
        check(sealed_as_before(others, None), &[Missing], 1);
    }
    check(sealed_as_before(right, Some((9, 9))), &[Missing], 1);
    assert!(sealed_as_before(right, Some((10, 12))).intact());
}

#[test]
fn what_was_signed_as_sealed_holds_for_that_segment_alone() {
    type Tamper = fn(&mut Segment);
    let cases: [Tamper; 4] = [
        |segment| segment.from_at += 1,
        |segment| segment.to_at += 1,
        |segment| segment.sealed_at += 1,
        |segment| segment.leaf = Hash::ZERO,
    ];
    let log = log(6, 6);
    let tree: Frontier = log.rows.iter().map(|row| row.leaf).collect();
    let segment = Segment {
        first: 1,
        last: 6,
        from_at: 1,
        to_at: 6,
        sealed_at: 9,
        leaf: log.rows[5].leaf,
        frontier: tree.to_bytes(),
        note: String::new(),
        proof: Vec::new(),
    };
    let segment = segment.signed(&signer()).unwrap();
    let keys = [signer().verifier()];
    assert!(segment.check(None, &keys).is_ok());
    for tamper in cases {
        let mut other = segment.clone();
        tamper(&mut other);
        assert!(other.check(None, &keys).is_err(), "{other:?}");
    }
}

#[test]
fn what_the_log_says_to_be_unproven_is_in_the_report() {
    let mut log = log(6, 6);
    let said = Statement::Unproven { first: 2, last: 3 };
    log.rows[3].draft.kind = said.kind().to_owned();
    log.rows[3].draft.what = Some(said.to_string());
    let mut log = log.rechained(3);
    let tree: Frontier = log.rows.iter().map(|row| row.leaf).collect();
    (log.notes, log.head) = (vec![(6, note(&tree))], None);
    for columns in [true, false] {
        let report = log.verify(columns);
        assert!(report.intact() && !report.is_proven(), "{report:?}");
        assert_eq!(report.unproven, [said]);
    }
}

#[test]
fn a_line_that_is_no_record_is_found() {
    let mut log = log(3, 3);
    for bytes in ["", "{}", "nonsense", r#"{"seq":2}"#] {
        let row = &mut log.rows[1];
        row.bytes = bytes.to_owned();
        row.leaf = leaf_hash(bytes.as_bytes());
        check(log.verify(true), &[BadJson], 2);
        check(log.verify(false), &[BadJson], 2);
    }
}

#[test]
fn hashing_on_many_threads_finds_the_same() {
    let mut log = log(3_000, 256);
    log.rows[2_345] = log.rows[2_345].clone().flipped(30);
    let mut verifier = Verifier::new(vec![signer().verifier()], 4);
    for (size, note) in &log.notes {
        verifier.checkpoint(*size, note, 0);
    }
    let rows: Vec<_> = log.rows.iter().map(|row| row.row(true)).collect();
    rows.chunks(1_000).for_each(|rows| verifier.rows(rows));
    check(verifier.finish(), &[Changed, BadJson], 2_346);
}
