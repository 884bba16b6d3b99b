//! Retention: old records are dropped, and so much of them is kept that what came after still verifies.

use gatehouse_audit::segment::Segment;
use gatehouse_audit::{Frontier, Hash, proof};
use gatehouse_store::gateway::{AuditCheckpoint, GatewayStore};
use gatehouse_store::{Millis, StoreError};

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
    let Some(checkpoint) = last_signed_before(store, ended, before).await? else {
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
        note: checkpoint.note,
        proof: proof::extension(&old.unwrap_or_default(), &added),
    }))
}

async fn last_signed_before(
    store: &dyn GatewayStore,
    mut after: u64,
    before: Millis,
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
            .take_while(|kept| kept.at < before)
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
