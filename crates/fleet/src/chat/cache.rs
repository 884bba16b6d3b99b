//! What goes to the local cache: rows as the gateway wrote them, so that a later version shows them its own
//! way, with what the store sorts and searches by.

use gatehouse_protocol::model::message::Message;

use super::row::{self, Row};
use super::{Transcript, fold};
use crate::view::{BlockView, Millis};

/// The most text of one row that a search looks at.
const SEARCHED_MAX: usize = 64 * 1024;
/// The largest row that is kept, as JSON. Larger ones come again with the gateway's history.
const ROW_MAX: usize = 1024 * 1024;
/// How many rows wait to be written before the oldest are let go: they come again with the next history.
pub(super) const DIRTY_MAX: usize = 4096;

/// One row of a transcript for the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedRow {
    /// Unique in its session.
    pub id: String,
    /// Sorts the transcript: the gateway's sequence, else the time.
    pub position: i64,
    pub at: Option<Millis>,
    /// The row as the gateway wrote it, as JSON.
    pub json: String,
    /// What a search looks at.
    pub text: String,
}

impl CachedRow {
    pub(super) fn of_row(row: &Row, message: &Message) -> Self {
        Self::new(&row.view.id, row.seq, message, searched(row))
    }

    pub(super) fn of_result(id: &str, message: &Message) -> Self {
        let seq = message.meta.as_ref().and_then(|meta| meta.seq);
        Self::new(id, seq, message, String::new())
    }

    fn new(id: &str, seq: Option<u64>, message: &Message, text: String) -> Self {
        let at = message.timestamp.map(|at| at as f64);
        let position = seq.or(message.timestamp).unwrap_or_default();
        let mut message = message.clone();
        // The id and the place may have come beside the row.
        if message.meta.as_ref().is_none_or(|meta| meta.id.is_none()) {
            message.extra.insert("gatehouseId".to_owned(), id.into());
        }
        Self {
            id: id.to_owned(),
            position: i64::try_from(position).unwrap_or(i64::MAX),
            at,
            json: serde_json::to_string(&message).unwrap_or_default(),
            text,
        }
    }
}

fn searched(row: &Row) -> String {
    let calls = row.view.blocks.iter().filter_map(|block| match block {
        BlockView::Tool { tool } => Some(tool.summary.as_str()),
        _ => None,
    });
    let mut text = row.text.clone();
    for call in calls {
        text.push('\n');
        text.push_str(call);
    }
    crate::untrusted::cap(&text, SEARCHED_MAX).0.to_owned()
}

impl Transcript {
    /// Shows what the cache holds, oldest first, until the gateway's own history arrives. Rows that cannot
    /// be read are left out. Call it on a new transcript.
    pub fn load_cached(&mut self, rows: &[String], has_older: bool) {
        let messages: Vec<Message> = rows
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect();
        let mut page = fold::fold(&messages, has_older);
        for entry in &mut page.entries {
            fold::interrupt(&mut entry.view);
        }
        self.orphans = page.orphans;
        self.log.entries = page.entries;
        self.has_older = has_older;
        self.cached = true;
    }

    /// Older rows of the cache, as a page to put before what is shown.
    pub fn prepend_cached(
        &mut self,
        rows: &[String],
        has_older: bool,
    ) -> crate::view::OlderMessages {
        let messages: Vec<Message> = rows
            .iter()
            .filter_map(|json| serde_json::from_str(json).ok())
            .collect();
        self.older(&messages, has_older)
    }

    /// Rows that came since this was last called, to be written to the cache.
    pub fn dirty_for_cache(&mut self) -> Vec<CachedRow> {
        let mut rows = std::mem::take(&mut self.dirty);
        rows.retain(|row| !row.json.is_empty() && row.json.len() <= ROW_MAX);
        rows
    }
}

/// The id that a row was cached under, where the gateway's own row has none.
pub(super) fn cached_id(message: &Message) -> Option<&str> {
    super::log::extra_text(&message.extra, "gatehouseId")
}

/// Reads a row that may come from the cache.
pub(super) fn read(message: &Message) -> row::Reading {
    row::read(message, cached_id(message), None)
}
