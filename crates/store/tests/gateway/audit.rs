use gatehouse_audit::segment::Segment;
use gatehouse_audit::{Actor, Draft, Hash, Record, leaf_hash};
use gatehouse_store::gateway::{
    ApprovalRecord, ApprovalState, AuditCheckpoint, AuditFilter, AuditRow, GatewayStore,
    Resolution, Witness,
};
use serde_json::json;

use super::GatewayWorld;

fn draft(n: i64, kind: &str) -> Draft {
    Draft {
        ts: n,
        kind: kind.to_owned(),
        actor: Actor::agent("main"),
        what: Some(format!("command {n}")),
        ..Draft::default()
    }
}

/// Every record holds its number and the hash of the one before, and the columns say what it says.
async fn chain(store: &dyn GatewayStore) -> Vec<AuditRow> {
    let rows = store.audit_rows(0, 1_000).await.unwrap();
    let mut prev = Hash::ZERO;
    for (row, seq) in rows.iter().zip(1..) {
        let record = Record::read(&row.bytes).unwrap();
        assert_eq!((row.seq, record.seq), (seq, seq));
        assert_eq!(record.prev, prev.to_hex(), "it goes on from the one before");
        assert_eq!(row.leaf, leaf_hash(row.bytes.as_bytes()));
        assert_eq!((row.at, &row.kind), (record.draft.ts, &record.draft.kind));
        prev = row.leaf;
    }
    rows
}

pub async fn records_are_chained_without_a_gap_whoever_writes(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let mut writes = Vec::new();
    for n in 0..100_i64 {
        let store = store.clone();
        writes.push(tokio::spawn(async move {
            // Other writes stand between, and one of several records is one.
            store.setting_put("s", "1").await.unwrap();
            let drafts = (0..=n % 3).map(|part| draft(n, &format!("k{part}")));
            store.audit_append(drafts.collect()).await.unwrap()
        }));
    }
    let mut told = Vec::new();
    for write in writes {
        let places = write.await.unwrap();
        let seqs: Vec<_> = places.iter().map(|place| place.seq).collect();
        let together: Vec<_> = (seqs[0]..).take(seqs.len()).collect();
        assert_eq!(seqs, together, "what is written as one stands together");
        told.extend(places);
    }
    told.sort_by_key(|place| place.seq);
    store.close().await;
    let store = world.open(0).await;
    let rows = chain(&*store).await;
    let there: Vec<_> = rows.iter().map(|row| (row.seq, row.leaf)).collect();
    let told: Vec<_> = told.iter().map(|place| (place.seq, place.leaf)).collect();
    assert_eq!(there, told, "each was told where its records are");
    let next = store.audit_append(vec![draft(1, "later")]).await.unwrap();
    assert_eq!(next[0].seq, rows.len() as u64 + 1);
    chain(&*store).await;
}

pub async fn a_page_is_narrowed_and_goes_on_where_the_last_one_ended(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let drafts = (1..=9_i64).map(|n| Draft {
        agent: Some(if n % 2 == 0 { "even" } else { "odd" }.to_owned()),
        verdict: (n > 5).then(|| "deny".to_owned()),
        resource: Some(format!("/tmp/{n}_100%")),
        ..draft(n, if n == 3 { "three" } else { "other" })
    });
    store.audit_append(drafts.collect()).await.unwrap();
    let list = async |filter: AuditFilter| {
        let page = store.audit_list(&filter).await.unwrap();
        let seqs: Vec<_> = page.rows.iter().map(|row| row.seq).collect();
        (seqs, page.more)
    };
    let some = |text: &str| Some(text.to_owned());
    let all = AuditFilter {
        limit: 100,
        ..AuditFilter::default()
    };
    let agent = some("odd");
    let narrowed = AuditFilter {
        agent,
        ..all.clone()
    };
    assert_eq!(list(narrowed).await.0, [9, 7, 5, 3, 1]);
    let verdict = some("deny");
    let narrowed = AuditFilter {
        verdict,
        ..all.clone()
    };
    assert_eq!(list(narrowed).await.0, [9, 8, 7, 6]);
    let kinds = vec!["three".to_owned(), "none".to_owned()];
    let narrowed = AuditFilter {
        kinds,
        ..all.clone()
    };
    assert_eq!(list(narrowed).await.0, [3]);
    for (text, found) in [("COMMAND 4", vec![4]), ("4_100%", vec![4]), ("_4", vec![])] {
        let text = some(text);
        let narrowed = AuditFilter {
            text,
            ..all.clone()
        };
        assert_eq!(list(narrowed).await.0, found);
    }
    let since = Some(8);
    let narrowed = AuditFilter {
        since,
        ..all.clone()
    };
    assert_eq!(list(narrowed).await.0, [9, 8]);
    let first = AuditFilter {
        limit: 4,
        ..all.clone()
    };
    assert_eq!(list(first.clone()).await, (vec![9, 8, 7, 6], true));
    let before = Some(5);
    assert_eq!(
        list(AuditFilter { before, ..first }).await,
        (vec![4, 3, 2, 1], false)
    );
    assert_eq!(store.audit_row(4).await.unwrap().unwrap().seq, 4);
    assert_eq!(store.audit_row(10).await.unwrap(), None);
}

pub async fn an_intent_is_open_until_its_outcome(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let intents = vec![
        draft(1, "tool.intent"),
        draft(2, "tool.intent"),
        draft(3, "x"),
    ];
    store.audit_append(intents).await.unwrap();
    let outcome = Draft {
        intent: Some(1),
        ..draft(4, "tool.outcome")
    };
    store.audit_append(vec![outcome]).await.unwrap();
    let open = store.audit_open("tool.intent", 0).await.unwrap();
    assert_eq!(open.iter().map(|row| row.seq).collect::<Vec<_>>(), [2]);
    assert!(store.audit_open("tool.intent", 2).await.unwrap().is_empty());
}

pub async fn a_change_of_an_approval_is_written_with_it_and_no_other(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let witness = || {
        Some(Witness::new(|record: &ApprovalRecord| Draft {
            kind: format!("approval.{:?}", record.state),
            approval_id: Some(record.id.clone()),
            detail: Some(json!({"consumed": record.consumed_at.is_some()})),
            ..Draft::default()
        }))
    };
    let yes = |at| Resolution {
        state: ApprovalState::Allowed,
        at,
        ..Resolution::default()
    };
    for id in ["a", "a", "late", "later"] {
        let approval = approval(id);
        store.approval_create(approval, witness()).await.unwrap();
    }
    for _ in 0..2 {
        store
            .approval_resolve("a", yes(5), witness())
            .await
            .unwrap();
        store
            .approval_consume("a", "d", 6, witness())
            .await
            .unwrap();
        store
            .approval_resolve("late", yes(1_000), witness())
            .await
            .unwrap();
        store.approvals_expire(2_000, witness()).await.unwrap();
    }
    let told: Vec<_> = chain(&*store).await.iter().map(said).collect();
    let wanted = [
        "approval.Pending a false",
        "approval.Pending late false",
        "approval.Pending later false",
        "approval.Allowed a false",
        "approval.Consumed a true",
        "approval.Expired late false",
        "approval.Expired later false",
    ];
    assert_eq!(
        told, wanted,
        "each change once, and nothing that changed nothing"
    );
}

fn said(row: &AuditRow) -> String {
    let draft = Record::read(&row.bytes).unwrap().draft;
    let consumed = &draft.detail.unwrap()["consumed"];
    format!("{} {} {consumed}", row.kind, draft.approval_id.unwrap())
}

fn approval(id: &str) -> ApprovalRecord {
    ApprovalRecord {
        id: id.to_owned(),
        kind: "exec".to_owned(),
        state: ApprovalState::Pending,
        created_at: 1,
        expires_at: 1_000,
        agent: None,
        session: None,
        run: None,
        digest: "d".to_owned(),
        request: "{}".to_owned(),
        ..ApprovalRecord::default()
    }
}

pub async fn checkpoints_and_segments_are_kept_and_a_sealed_log_goes_on(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let drafts = (1..=8).map(|n| draft(n, "k"));
    let places = store.audit_append(drafts.collect()).await.unwrap();
    let checkpoint = |size: u64, note: &str| AuditCheckpoint {
        size,
        at: 9,
        note: note.to_owned(),
        frontier: vec![1, 2],
    };
    for (size, note) in [(4, "four"), (6, "six"), (8, "eight"), (8, "another")] {
        let put = store.audit_checkpoint_put(checkpoint(size, note)).await;
        put.unwrap();
    }
    let latest = store.audit_checkpoint_latest().await.unwrap();
    assert_eq!(latest, Some(checkpoint(8, "eight")), "the first one stands");
    let after = store.audit_checkpoints(4, 1).await.unwrap();
    assert_eq!(after, [checkpoint(6, "six")]);
    let segment = Segment {
        first: 1,
        last: 6,
        from_at: 1,
        to_at: 6,
        sealed_at: 10,
        leaf: places[5].leaf,
        frontier: vec![3; 64],
        note: "six".to_owned(),
        proof: vec![places[0].leaf, places[1].leaf],
    };
    store.audit_seal(segment.clone()).await.unwrap();
    assert_eq!(store.audit_segments().await.unwrap(), [segment]);
    let left = store.audit_rows(0, 100).await.unwrap();
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [7, 8]);
    let left = store.audit_checkpoints(0, 100).await.unwrap();
    assert_eq!(
        left.iter().map(|kept| kept.size).collect::<Vec<_>>(),
        [6, 8]
    );
    let next = store.audit_append(vec![draft(9, "k")]).await.unwrap();
    assert_eq!(next[0].seq, 9);
    let last = Segment {
        first: 7,
        last: 9,
        leaf: next[0].leaf,
        ..store.audit_segments().await.unwrap().remove(0)
    };
    store.audit_seal(last).await.unwrap();
    let next = store.audit_append(vec![draft(10, "k")]).await.unwrap();
    let row = store.audit_row(10).await.unwrap().unwrap();
    let prev = Record::read(&row.bytes).unwrap().prev;
    assert_eq!(next[0].seq, 10, "it goes on after what was sealed");
    assert_eq!(
        Hash::from_hex(&prev),
        Some(leaf_of_nine(&store.audit_segments().await.unwrap()))
    );
}

fn leaf_of_nine(segments: &[Segment]) -> Hash {
    segments
        .iter()
        .find(|segment| segment.last == 9)
        .unwrap()
        .leaf
}
