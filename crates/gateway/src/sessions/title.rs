//! What a session without a name is called: the beginning of the first thing that a person said in it
//! (`derivedTitle` of the published row).

use gatehouse_store::gateway::SessionRow;
use serde_json::{Map, Value, json};

const NAME: &str = "derivedTitle";
/// In characters; the published limit.
const LONGEST: usize = 60;

/// The title that a first message gives to a session that has none yet.
pub(crate) fn derived(row: &SessionRow, message: &str) -> Option<String> {
    let named = row.label.is_some() || row.display_name.is_some();
    if named || extra(row).contains_key(NAME) {
        return None;
    }
    let line = message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let mut title: String = line.chars().take(LONGEST).collect();
    if title.len() < line.len() {
        title.pop();
        title.push('…');
    }
    Some(title)
}

/// Puts it into the row.
pub(crate) fn put(row: &mut SessionRow, title: &str) {
    let mut extra = extra(row);
    extra.insert(NAME.to_owned(), json!(title));
    row.extra = Value::Object(extra).to_string();
}

fn extra(row: &SessionRow) -> Map<String, Value> {
    // Written by ourselves; were it damaged, there is no title in it.
    serde_json::from_str(&row.extra).unwrap_or_default()
}
