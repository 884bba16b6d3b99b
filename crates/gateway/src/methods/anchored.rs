//! An entry and what was said around it: in the conversation that goes on, or in one that a reset or a compaction put
//! away.

use gatehouse_store::gateway::{Entry, GatewayStore, SessionRow};

use crate::router::MethodError;

/// What is looked for.
pub(super) struct Anchor<'a> {
    pub(super) key: &'a str,
    /// The conversation it was read in; any of this key where none is named.
    pub(super) session_id: Option<&'a str>,
    pub(super) message_id: &'a str,
    /// The most entries to show, the one that is looked for among them.
    pub(super) limit: usize,
}

/// What was found; nothing where there is no such entry any more.
#[derive(Default)]
pub(super) struct Found {
    pub(super) session_id: Option<String>,
    pub(super) entries: Vec<Entry>,
}

/// Looks in what goes on first, then in what was put away, the latest first.
pub(super) async fn find(
    store: &dyn GatewayStore,
    row: Option<&SessionRow>,
    anchor: &Anchor<'_>,
) -> Result<Found, MethodError> {
    let is_meant = |id: &str| anchor.session_id.is_none_or(|meant| meant == id);
    let live = row.map(|row| row.session_id.as_str());
    let archived = store.archived(anchor.key).await?;
    let mut ids = archived.iter().map(|one| one.session_id.as_str());
    if anchor.session_id.is_some() && !live.into_iter().any(is_meant) && !ids.any(is_meant) {
        return Err(MethodError::invalid(
            "sessionId does not belong to sessionKey",
        ));
    }
    if let Some(id) = live.filter(|id| is_meant(id))
        && let Some(entry) = store.entry(anchor.key, anchor.message_id).await?
    {
        return Ok(Found {
            session_id: Some(id.to_owned()),
            entries: page(store, anchor, entry.seq).await?,
        });
    }
    for one in archived.iter().filter(|one| is_meant(&one.session_id)) {
        let entries = store.archived_entries(one.id).await?;
        if let Some(at) = entries
            .iter()
            .position(|entry| entry.id == anchor.message_id)
        {
            let window = window(at, entries.len(), anchor.limit);
            return Ok(Found {
                session_id: Some(one.session_id.clone()),
                entries: entries[window].to_vec(),
            });
        }
    }
    Ok(Found::default())
}

/// The entries around the number `seq` of what goes on.
async fn page(
    store: &dyn GatewayStore,
    anchor: &Anchor<'_>,
    seq: i64,
) -> Result<Vec<Entry>, MethodError> {
    let limit = u32::try_from(anchor.limit).unwrap_or(u32::MAX);
    let older = store.entries_page(anchor.key, Some(seq + 1), limit).await?;
    let newer = store.entries_after(anchor.key, seq, limit).await?;
    let at = older.entries.len().saturating_sub(1);
    let mut entries = older.entries;
    entries.extend(newer);
    let window = window(at, entries.len(), anchor.limit);
    Ok(entries.drain(window).collect())
}

/// So many of `count` around `at`, half of them before it; at an end more on the other side.
fn window(at: usize, count: usize, limit: usize) -> std::ops::Range<usize> {
    let from = at.saturating_sub(limit / 2);
    let to = from.saturating_add(limit).min(count);
    to.saturating_sub(limit)..to
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_window_has_its_anchor_and_as_much_around_it_as_there_is() {
        for (at, count, limit, expected) in [
            (5, 11, 3, 4..7),
            (0, 11, 3, 0..3),
            (10, 11, 3, 8..11),
            (1, 2, 200, 0..2),
            (5, 11, 1, 5..6),
            (5, 11, 2, 4..6),
        ] {
            let window = window(at, count, limit);
            assert_eq!(window, expected, "{at} of {count}");
            assert!(window.contains(&at));
        }
    }
}
