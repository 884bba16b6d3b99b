//! Verifying what is in a store, page by page, on threads that may be busy.

use std::sync::Arc;

use gatehouse_audit::note::Verifier as Key;
use gatehouse_audit::tail::{End, Tail, There, Verdict};
use gatehouse_audit::verify::{BreakKind, Broken, Head, Proof, Report, Verifier};
use gatehouse_audit::{Hash, Statement};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditFilter, AuditStore};

use super::key::KeptHead;
use super::tail::{Kept, TailFile};

/// What is known from outside of the store.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Without it, what was signed is not to be believed.
    pub key: Option<Key>,
    /// None where there is none or it cannot be read.
    pub head: Option<KeptHead>,
    /// Where the end of the log is told.
    pub tail: Option<TailFile>,
}

/// How many rows are read at once.
const PAGE: u32 = 8_192;

/// Verifies everything in the store.
pub async fn verify<S>(store: Arc<S>, evidence: Evidence) -> Result<Report, StoreError>
where
    S: AuditStore + ?Sized,
{
    let told = evidence.tail.as_ref().map(TailFile::read);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut verifier = Verifier::new(evidence.key.iter().cloned().collect(), threads);
    // First, so that of what is wrong at one place the cause is told.
    remember(&evidence, &mut verifier);
    for missing in proof(&*store, &evidence).await?.missing() {
        verifier.note(missing.seq, missing.kind, missing.text);
    }
    for segment in store.audit_segments().await? {
        verifier.segment(segment);
    }
    if evidence.key.is_some() {
        checkpoints(&*store, &mut verifier).await?;
    }
    if let Some(kept) = &evidence.head
        && let Some(root) = Hash::from_hex(&kept.root)
    {
        let size = kept.size;
        verifier.head(Head { size, root });
    }
    if let Some(seq) = before_the_first(&*store).await? {
        let text = "a record stands before the first".to_owned();
        verifier.note(seq, BreakKind::Inserted, text);
    }
    let mut page = store.audit_rows(0, PAGE).await?;
    while let Some(last) = page.last() {
        let after = last.seq;
        let digested = tokio::task::spawn_blocking(move || {
            let rows: Vec<_> = page.iter().map(|row| row.row()).collect();
            verifier.rows(&rows);
            verifier
        });
        // The next page is read while this one is hashed.
        let next = store.audit_rows(after, PAGE).await;
        let stopped = |_| StoreError::Failed("verifying was stopped".to_owned());
        verifier = digested.await.map_err(stopped)?;
        page = next?;
    }
    if let (Some(told), Some(file)) = (told, &evidence.tail) {
        // What is written meanwhile has been told by now.
        match held_against(&*store, &told, &file.read(), evidence.head.as_ref()).await? {
            Verdict::Right => {}
            Verdict::Broken(Broken { seq, kind, text }) => verifier.note(seq, kind, text),
            Verdict::Unproven { first, last } => {
                verifier.unproven(Statement::Unproven { first, last });
            }
        }
    }
    Ok(verifier.finish())
}

/// A record that is numbered below the first, which lists would show and no chain holds.
async fn before_the_first<S>(store: &S) -> Result<Option<u64>, StoreError>
where
    S: AuditStore + ?Sized,
{
    let below = AuditFilter {
        before: Some(1),
        limit: 1,
        ..AuditFilter::default()
    };
    let found = store.audit_list(&below).await?;
    Ok(found.rows.first().map(|row| row.seq))
}

/// Holds the end of what is in the store against what was told before it was read, and after that, as the head knows of
/// it.
pub(super) async fn held_against<S>(
    store: &S,
    told: &Kept,
    later: &Kept,
    head: Option<&KeptHead>,
) -> Result<Verdict, StoreError>
where
    S: AuditStore + ?Sized,
{
    let end = end(store).await?;
    let (tail, may_lag, later) = match (told, later) {
        (Kept::Nothing, _) if !head.is_some_and(|head| head.tail) => return Ok(Verdict::Right),
        (Kept::Told { tail, may_lag }, Kept::Told { tail: later, .. }) => (tail, *may_lag, later),
        _ => {
            let text = format!(
                "the end of the log is kept beside it, and that is not to be had: whether the log went on after {} records is not known",
                end.size
            );
            let (seq, kind) = (end.size, BreakKind::HeadMissing);
            return Ok(Verdict::Broken(Broken { seq, kind, text }));
        }
    };
    if head.is_some_and(|head| tail.start < head.starts) {
        let text = "what is kept of the end of the log is from before the last start of the gateway: an older one was put in its place";
        let (seq, kind, text) = (end.size, BreakKind::RolledBack, text.to_owned());
        return Ok(Verdict::Broken(Broken { seq, kind, text }));
    }
    let known = known(store, tail).await?;
    let signed = store.audit_checkpoint_latest().await?;
    let there = There {
        end,
        leaf: &|seq| {
            known
                .iter()
                .find(|known| known.size == seq)
                .map(|known| known.leaf)
        },
        signed: signed.map_or(0, |signed| signed.size),
        may_lag,
    };
    Ok(tail.check_while_written(later, &there))
}

/// What there is in the places that were told of.
async fn known<S>(store: &S, tail: &Tail) -> Result<Vec<End>, StoreError>
where
    S: AuditStore + ?Sized,
{
    let mut known = vec![End::NONE];
    for size in [tail.before.size, tail.after.size] {
        let row = store.audit_row(size).await?;
        known.extend(row.map(|row| End {
            size,
            leaf: row.leaf,
        }));
    }
    Ok(known)
}

/// Where the log in the store ends, which may be with a segment.
pub(super) async fn end<S>(store: &S) -> Result<End, StoreError>
where
    S: AuditStore + ?Sized,
{
    let last = AuditFilter {
        limit: 1,
        ..AuditFilter::default()
    };
    if let Some(row) = store.audit_list(&last).await?.rows.first() {
        let (size, leaf) = (row.seq, row.leaf);
        return Ok(End { size, leaf });
    }
    let last = store.audit_segments().await?.pop();
    Ok(last.map_or(End::NONE, |last| End {
        size: last.last,
        leaf: last.leaf,
    }))
}

/// What was found wrong before.
fn remember(evidence: &Evidence, verifier: &mut Verifier) {
    for known in evidence.head.iter().flat_map(|head| &head.breaks) {
        let kind = BreakKind::of_word(&known.kind).unwrap_or(BreakKind::RolledBack);
        verifier.note(known.seq, kind, known.text.clone());
    }
}

async fn checkpoints<S>(store: &S, verifier: &mut Verifier) -> Result<(), StoreError>
where
    S: AuditStore + ?Sized,
{
    let mut after = 0;
    loop {
        let page = store.audit_checkpoints(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.size;
        for checkpoint in &page {
            let (note, frontier) = (&checkpoint.note, &checkpoint.frontier);
            verifier.kept_checkpoint(checkpoint.size, note, checkpoint.at, frontier);
        }
    }
}

/// What there is that proves the log.
async fn proof<S>(store: &S, evidence: &Evidence) -> Result<Proof, StoreError>
where
    S: AuditStore + ?Sized,
{
    Ok(Proof {
        has_key: evidence.key.is_some(),
        head: evidence.head.as_ref().map(|head| head.size),
        ..signed(store).await?
    })
}

/// From where to where the log was signed, as far as that is still there.
pub(super) async fn signed<S>(store: &S) -> Result<Proof, StoreError>
where
    S: AuditStore + ?Sized,
{
    let segments = store.audit_segments().await?;
    let first = store.audit_checkpoints(0, 1).await?;
    let last = store.audit_checkpoint_latest().await?;
    let sealed = segments.first().map(|segment| segment.first);
    let ended = segments.last().map_or(0, |segment| segment.last);
    Ok(Proof {
        first: sealed.or(first.first().map(|checkpoint| checkpoint.size)),
        last: last.map_or(0, |checkpoint| checkpoint.size).max(ended),
        size: end(store).await?.size,
        ..Proof::default()
    })
}
