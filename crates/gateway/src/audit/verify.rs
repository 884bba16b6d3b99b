//! Verifying what is in a store, page by page, on threads that may be busy.

use std::sync::Arc;

use gatehouse_audit::Hash;
use gatehouse_audit::note::Verifier as Key;
use gatehouse_audit::verify::{BreakKind, Head, Report, Verifier};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::AuditStore;

use super::key::KeptHead;

/// What is known from outside of the store.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Without it, checkpoints are not looked at.
    pub key: Option<Key>,
    pub head: Option<KeptHead>,
}

/// How many rows are read at once.
const PAGE: u32 = 8_192;

/// Verifies everything in the store.
pub async fn verify<S>(store: Arc<S>, evidence: Evidence) -> Result<Report, StoreError>
where
    S: AuditStore + ?Sized,
{
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut verifier = Verifier::new(evidence.key.iter().cloned().collect(), threads);
    for segment in store.audit_segments().await? {
        verifier.segment(segment);
    }
    checkpoints(&*store, &evidence, &mut verifier).await?;
    let mut after = 0;
    loop {
        let page = store.audit_rows(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let digested = tokio::task::spawn_blocking(move || {
            let rows: Vec<_> = page.iter().map(|row| row.row()).collect();
            verifier.rows(&rows);
            verifier
        });
        let stopped = |_| StoreError::Failed("verifying was stopped".to_owned());
        verifier = digested.await.map_err(stopped)?;
    }
    Ok(verifier.finish())
}

async fn checkpoints<S>(
    store: &S,
    evidence: &Evidence,
    verifier: &mut Verifier,
) -> Result<(), StoreError>
where
    S: AuditStore + ?Sized,
{
    let mut after = 0;
    while evidence.key.is_some() {
        let page = store.audit_checkpoints(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.size;
        for checkpoint in &page {
            verifier.checkpoint(checkpoint.size, &checkpoint.note, checkpoint.at);
        }
    }
    let Some(kept) = &evidence.head else {
        return Ok(());
    };
    if let Some(root) = Hash::from_hex(&kept.root) {
        verifier.head(Head {
            size: kept.size,
            root,
        });
    }
    for known in &kept.breaks {
        verifier.note(known.seq, BreakKind::RolledBack, known.text.clone());
    }
    Ok(())
}
