//! What is kept outside of the store, as it is found when a log is taken up: the key that signs, and the head.

use gatehouse_audit::verify::Proof;
use zeroize::Zeroizing;

use crate::audit::key::{AuditKey, AuditKeyError, KeptHead};

/// How many signed records a log had that was here, and of which nothing is left: neither in the store, nor beside the
/// key. That is how it looks where somebody took the whole state folder away, to begin anew or to hide something.
pub(super) async fn former(key: &dyn AuditKey) -> Option<u64> {
    let former = key.former().await.ok()??;
    Some(former.size.saturating_add(former.former))
}

/// The key that signs. A log that has none gets a new one, for what comes, and so does one that begins anew.
pub(super) async fn seed(
    key: &dyn AuditKey,
    proof: &mut Proof,
    anew: bool,
) -> Option<Zeroizing<[u8; 32]>> {
    let kept = if anew { Ok(None) } else { key.seed().await };
    proof.has_key = !matches!(kept, Ok(None));
    let seed = match kept {
        Ok(Some(seed)) => Ok(seed),
        Ok(None) => key.make_seed().await,
        Err(error) => Err(error),
    };
    let failed = |error: &AuditKeyError| tracing::error!(%error, "the audit is kept, but its checkpoints are not signed");
    seed.inspect_err(failed).ok()
}

/// The head; none where it cannot be read. A log that was never signed gets one before it is, so that one that is
/// taken away is missed.
pub(super) async fn kept_head(
    key: &dyn AuditKey,
    proof: &mut Proof,
    former: u64,
) -> Option<KeptHead> {
    let kept = key.head().await;
    proof.head = match &kept {
        Ok(kept) => kept.as_ref().map(|head| head.size),
        Err(_) => Some(0),
    };
    let kept = match kept {
        Ok(None) if proof.first.is_none() => {
            let young = KeptHead {
                former,
                ..KeptHead::default()
            };
            key.keep_head(&young).await.map(|()| young)
        }
        kept => kept.map(Option::unwrap_or_default),
    };
    kept.inspect_err(|error| tracing::error!(%error, "how far the audit was signed is not known"))
        .ok()
}
