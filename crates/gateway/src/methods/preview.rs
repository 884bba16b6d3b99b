//! `sessions.preview`: the last lines of some sessions, as a list shows them.

use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{Entry, SessionRow};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::router::{Cx, MethodError, MethodTable};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.preview", MethodScope::Read, preview);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreviewParams {
    keys: Vec<String>,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    max_chars: Option<usize>,
}

/// A few lines of each of at most 64 sessions.
async fn preview(cx: Cx, params: PreviewParams) -> Result<Value, MethodError> {
    let limit = params.limit.unwrap_or(12).clamp(1, 50);
    let most = params.max_chars.unwrap_or(240).max(20);
    let mut previews = Vec::new();
    for key in params.keys.iter().take(64) {
        let name = cx.app.sessions.name(key, None);
        let row = cx.app.sessions.store.session(&name.key).await?;
        previews.push(match row {
            None => json!({"key": key, "status": "missing", "items": []}),
            Some(row) => lines(&cx, key, &row, limit, most).await?,
        });
    }
    Ok(json!({"ts": cx.now_ms(), "previews": previews}))
}

async fn lines(
    cx: &Cx,
    key: &str,
    row: &SessionRow,
    limit: u32,
    most: usize,
) -> Result<Value, MethodError> {
    let page = cx
        .app
        .sessions
        .store
        .entries_page(&row.key, None, limit)
        .await?;
    let items: Vec<Value> = page
        .entries
        .iter()
        .filter_map(|entry| line(entry, most))
        .collect();
    let status = if items.is_empty() { "empty" } else { "ok" };
    Ok(json!({"key": key, "status": status, "items": items}))
}

fn line(entry: &Entry, most: usize) -> Option<Value> {
    let message: gatehouse_agent::Message = serde_json::from_str(&entry.json).ok()?;
    let role = match entry.role.as_str() {
        "toolResult" => "tool",
        role @ ("user" | "assistant") => role,
        _ => "other",
    };
    let text: String = message.text().chars().take(most).collect();
    (!text.is_empty()).then(|| json!({"role": role, "text": text}))
}
