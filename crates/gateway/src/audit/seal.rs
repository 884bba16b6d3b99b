//! Retention: old records are dropped, and so much of them is kept that what came after still verifies.
//!
//! An intent stays until its outcome is told, and everything after it: the start after a crash has to find it.

use gatehouse_audit::segment::Segment;
use gatehouse_audit::{Frontier, Hash, proof};
use gatehouse_store::gateway::{AuditCheckpoint, AuditFilter, GatewayStore};
use gatehouse_store::{Millis, StoreError};

use super::recover::{INTENT, STARTED, has_outcome};

/// How much is read at once.
const PAGE: u32 = 8_192;

/// The segment of all that was signed before a time; none where there is nothing to drop.
pub(super) async fn segment(
    store: &dyn GatewayStore,
    before: Millis,
    now: Millis,
) -> Result<Option<Segment>, StoreError> {
    let former = store.audit_segments().await?.pop();
    let ended = former.as_ref().map_or(0, |former| former.last);
    let open = first_open(store, ended).await?;
    let Some(checkpoint) = last_signed_before(store, ended, before, open).await? else {
        return Ok(None);
    };
    let first = store.audit_row(ended + 1).await?;
    let last = store.audit_row(checkpoint.size).await?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(None);
    };
    let old = former.and_then(|former| Frontier::from_bytes(former.last, &former.frontier));
    let added = leaves(store, ended, checkpoint.size).await?;
    Ok(Some(Segment {
        first: first.seq,
        last: last.seq,
        from_at: first.at,
        to_at: last.at,
        sealed_at: now,
        leaf: last.leaf,
        frontier: checkpoint.frontier,
        // What is signed is that they were sealed.
        note: String::new(),
        proof: proof::extension(&old.unwrap_or_default(), &added),
    }))
}

/// The first intent of which nobody has told what came of it; any number where there is none.
async fn first_open(store: &dyn GatewayStore, ended: u64) -> Result<u64, StoreError> {
    let started = AuditFilter {
        kinds: vec![STARTED.to_owned()],
        limit: 1,
        ..AuditFilter::default()
    };
    // The last start has settled what was open before it.
    let started = store.audit_list(&started).await?;
    let after = started.rows.first().map_or(ended, |row| row.seq);
    let open = store.audit_open(INTENT, after).await?;
    let first = open.iter().find(|open| has_outcome(open));
    Ok(first.map_or(u64::MAX, |open| open.seq))
}

async fn last_signed_before(
    store: &dyn GatewayStore,
    mut after: u64,
    before: Millis,
    open: u64,
) -> Result<Option<AuditCheckpoint>, StoreError> {
    let mut last = None;
    loop {
        let page = store.audit_checkpoints(after, PAGE).await?;
        let Some(newest) = page.last() else {
            return Ok(last);
        };
        after = newest.size;
        let came = page.len();
        let older: Vec<_> = page
            .into_iter()
            .take_while(|kept| kept.at < before && kept.size < open)
            .collect();
        let done = older.len() < came;
        last = older.into_iter().next_back().or(last);
        if done {
            return Ok(last);
        }
    }
}

async fn leaves(
    store: &dyn GatewayStore,
    mut after: u64,
    until: u64,
) -> Result<Vec<Hash>, StoreError> {
    let mut leaves = Vec::new();
    while after < until {
        let page = store.audit_leaves(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let within = page.iter().filter(|leaf| leaf.seq <= until);
        leaves.extend(within.map(|leaf| leaf.leaf));
    }
    Ok(leaves)
}
