//! Reading a conversation: `chat.history`, `chat.startup`, `chat.metadata`, `chat.message.get` and
//! `sessions.get`.
//!
//! A message is not taken apart on its way out: its text in the store is the text on the wire, with what the
//! store knows of it put at its end.

use std::sync::Arc;

use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::Entry;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::anchored::{self, Anchor};
use super::session_write::expect;
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::{InFlight, asked, tellers};
use crate::sessions::{HistoryPage, SessionName};

/// The published default and bound.
const LIMIT: u32 = 200;
const MOST: u32 = 1_000;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("chat.history", MethodScope::Read, history);
    table.operator("chat.startup", MethodScope::Read, startup);
    table.operator("chat.metadata", MethodScope::Read, metadata);
    table.operator("chat.message.get", MethodScope::Read, message_get);
    table.operator("sessions.get", MethodScope::Read, get);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
    /// How many of the latest to leave out.
    #[serde(default)]
    offset: Option<u32>,
    #[serde(default)]
    cursor: Option<String>,
    /// The entry to show with what was said around it.
    #[serde(default)]
    message_id: Option<String>,
    /// The session whose words are meant.
    #[serde(default)]
    session_id: Option<String>,
}

/// What `chat.history` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    session_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    messages: Messages,
    pending_inputs: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_messages: Option<u64>,
    defaults: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    session_info: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    in_flight_run: Value,
}

/// Written as they are kept.
struct Messages(Arc<HistoryPage>);

impl Serialize for Messages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.messages.serialize(serializer)
    }
}

/// Written as it is: messages are passed on as they are kept, without being read.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Page(Box<History>),
    Since(Value),
}

async fn history(cx: Cx, params: HistoryParams) -> Result<Answer, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.session_key, params.agent_id.as_deref());
    if let Some(id) = &params.message_id {
        let history = around(&cx, &name, id, &params).await?;
        return Ok(Answer::Page(Box::new(history)));
    }
    expect(&cx, &name, params.session_id.as_deref()).await?;
    if let Some(cursor) = &params.cursor {
        return Ok(Answer::Since(since(&cx, &name, cursor).await?));
    }
    let limit = params.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let history = page(&cx, &name, limit, params.offset.unwrap_or(0)).await?;
    Ok(Answer::Page(Box::new(history)))
}

async fn page(
    cx: &Cx,
    name: &SessionName,
    limit: u32,
    offset: u32,
) -> Result<History, MethodError> {
    let sessions = &cx.app.sessions;
    let page = kept_page(cx, name, limit, offset).await?;
    let shown = u32::try_from(page.messages.len()).unwrap_or(u32::MAX);
    let row = page.row.as_ref();
    let cursor = row.map(|row| format!("{}:{}", row.session_id, page.last));
    Ok(History {
        session_key: name.key.clone(),
        session_id: row.map(|row| row.session_id.clone()),
        pending_inputs: page.pending.clone(),
        delta_cursor: cursor.filter(|_| offset == 0),
        offset: (offset > 0).then_some(offset),
        next_offset: page.has_older.then(|| offset.saturating_add(shown)),
        has_more: Some(page.has_older),
        total_messages: Some(page.total),
        defaults: super::sessions::defaults(cx),
        session_info: row.map_or(Value::Null, |row| Value::Object(sessions.wire(row))),
        in_flight_run: in_flight(cx, name).await,
        kind: None,
        messages: Messages(page),
    })
}

/// What was said around an entry, also where that is of a conversation that was put away. As published, it says nothing
/// of pages: a number would count from the end of what may be another conversation.
async fn around(
    cx: &Cx,
    name: &SessionName,
    message_id: &str,
    params: &HistoryParams,
) -> Result<History, MethodError> {
    if params.offset.is_some() || params.cursor.is_some() {
        return Err(MethodError::invalid(
            "messageId cannot be used together with offset or cursor",
        ));
    }
    let limit = params.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let row = cx.app.store.session(&name.key).await?;
    let asked = Anchor {
        key: &name.key,
        session_id: params.session_id.as_deref(),
        message_id,
        limit: limit as usize,
    };
    let found = anchored::find(&*cx.app.store, row.as_ref(), &asked).await?;
    let page = HistoryPage {
        messages: found.entries.iter().map(wire).collect(),
        pending: pending(cx, &name.key).await?,
        last: 0,
        has_older: false,
        total: 0,
        row,
    };
    let row = page.row.as_ref();
    Ok(History {
        session_key: name.key.clone(),
        session_id: found.session_id,
        pending_inputs: page.pending.clone(),
        delta_cursor: None,
        offset: None,
        next_offset: None,
        has_more: None,
        total_messages: None,
        defaults: super::sessions::defaults(cx),
        session_info: row.map_or(Value::Null, |row| Value::Object(cx.app.sessions.wire(row))),
        in_flight_run: in_flight(cx, name).await,
        kind: None,
        messages: Messages(Arc::new(page)),
    })
}

/// What the store knows of a page.
async fn kept_page(
    cx: &Cx,
    name: &SessionName,
    limit: u32,
    offset: u32,
) -> Result<Arc<HistoryPage>, MethodError> {
    let sessions = &cx.app.sessions;
    let store = &sessions.store;
    let question = format!("{limit} {offset} {}", name.key);
    // Told before it is read: what is written meanwhile makes what is kept stale, never new.
    let revision = store.revision();
    if let Some(kept) = sessions.pages.get(&question, revision) {
        return Ok(kept);
    }
    let row = store.session(&name.key).await?;
    let before = match offset {
        0 => None,
        _ => {
            let latest = store.entries_page(&name.key, None, 1).await?;
            let last = latest.entries.last().map_or(0, |entry| entry.seq);
            Some(last + 1 - i64::from(offset))
        }
    };
    let page = store.entries_page(&name.key, before, limit).await?;
    let page = Arc::new(HistoryPage {
        row,
        messages: page.entries.iter().map(wire).collect(),
        pending: pending(cx, &name.key).await?,
        last: page.entries.last().map_or(0, |entry| entry.seq),
        has_older: page.has_older,
        total: page.total,
    });
    sessions.pages.put(question, revision, &page);
    Ok(page)
}

/// What came since a cursor; a reset where that cannot be told.
async fn since(cx: &Cx, name: &SessionName, cursor: &str) -> Result<Value, MethodError> {
    let reset = || Ok(json!({"kind": "reset"}));
    let store = &cx.app.sessions.store;
    let Some((session_id, seen)) = cursor.rsplit_once(':') else {
        return reset();
    };
    let Ok(seen) = seen.parse::<i64>() else {
        return reset();
    };
    let Some(row) = store
        .session(&name.key)
        .await?
        .filter(|row| row.session_id == session_id)
    else {
        return reset();
    };
    let entries = store.entries_after(&name.key, seen, MOST).await?;
    // A compaction numbers what it keeps anew: then there is a gap.
    let follows = entries.first().is_none_or(|first| first.seq == seen + 1);
    if !follows || entries.len() as u64 >= u64::from(MOST) {
        return reset();
    }
    let last = entries.last().map_or(seen, |entry| entry.seq);
    let messages: Vec<Box<RawValue>> = entries.iter().map(wire).collect();
    let mut delta = json!({
        "kind": "delta",
        "messages": messages,
        "deltaCursor": format!("{session_id}:{last}"),
        "pendingInputs": pending(cx, &name.key).await?,
        "sessionInfo": cx.app.sessions.wire(&row),
    });
    let run = in_flight(cx, name).await;
    if !run.is_null() {
        delta["inFlightRun"] = run;
    }
    Ok(delta)
}

async fn pending(cx: &Cx, key: &str) -> Result<Value, MethodError> {
    let waiting = cx.app.sessions.store.inputs(Some(key)).await?;
    let items: Vec<Value> = waiting
        .iter()
        .map(|input| {
            let mut message: Value = serde_json::from_str(&input.json).unwrap_or_default();
            tellers::take(&mut message);
            asked::take(&mut message);
            message["timestamp"] = json!(input.at);
            message["__openclaw"] = json!({"id": format!("pending:{}", input.id)});
            json!({"id": input.id, "runId": input.id, "acceptedAt": input.at, "message": message})
        })
        .collect();
    Ok(json!({"total": items.len(), "items": items}))
}

async fn in_flight(cx: &Cx, name: &SessionName) -> Value {
    let runs = cx.app.runs.watch.in_flight(&name.key).await;
    let Some(InFlight {
        run_id,
        started_at_ms,
        text,
        seq,
    }) = runs.into_iter().next()
    else {
        return Value::Null;
    };
    json!({
        "runId": run_id,
        "text": text,
        "startedAt": started_at_ms,
        "events": [{
            "runId": run_id, "sessionKey": name.key, "agentId": name.agent,
            "stream": "assistant", "seq": seq, "ts": started_at_ms, "data": {},
        }],
    })
}

/// An entry's message with what the store knows of it.
pub(super) fn wire(entry: &Entry) -> Box<RawValue> {
    let mut meta = json!({"id": entry.id, "recordTimestampMs": entry.at, "seq": entry.seq});
    if let Some(run) = &entry.run {
        meta["runId"] = json!(run);
    }
    let open = entry
        .json
        .trim_end()
        .strip_suffix('}')
        .unwrap_or("{\"role\":\"unknown\"");
    let text = format!("{open},\"__openclaw\":{meta}}}");
    RawValue::from_string(text).unwrap_or_else(|_| unreadable(&entry.id))
}

/// What stands for a message whose text was damaged.
fn unreadable(id: &str) -> Box<RawValue> {
    let value = json!({"role": "system", "content": "This message cannot be read.", "__openclaw": {"id": id}});
    RawValue::from_string(value.to_string()).expect("a value is JSON")
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartupParams {
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

/// The history together with the metadata: what a client draws first.
async fn startup(cx: Cx, params: StartupParams) -> Result<Value, MethodError> {
    let key = params.session_key.as_deref().unwrap_or("main");
    let name = cx.app.sessions.name(key, params.agent_id.as_deref());
    let limit = params.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let history = page(&cx, &name, limit, 0).await?;
    let mut answer = serde_json::to_value(history).map_err(MethodError::internal)?;
    answer["metadata"] = about(&cx, &name).await?;
    Ok(answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataParams {
    #[serde(default)]
    session_key: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
}

async fn metadata(cx: Cx, params: MetadataParams) -> Result<Value, MethodError> {
    let key = params.session_key.as_deref().unwrap_or("main");
    let name = cx.app.sessions.name(key, params.agent_id.as_deref());
    about(&cx, &name).await
}

async fn about(cx: &Cx, name: &SessionName) -> Result<Value, MethodError> {
    Ok(json!({
        "sessionKey": name.key,
        "agentId": name.agent,
        "models": super::catalog::models(cx),
        "commands": super::catalog::commands(),
        "defaults": super::sessions::defaults(cx),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    message_id: String,
}

async fn message_get(cx: Cx, params: MessageParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.session_key, params.agent_id.as_deref());
    let store = &cx.app.sessions.store;
    Ok(match store.entry(&name.key, &params.message_id).await? {
        Some(entry) => json!({"ok": true, "message": wire(&entry)}),
        None => json!({"ok": false, "unavailableReason": "not_found"}),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetParams {
    #[serde(alias = "sessionKey")]
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

async fn get(cx: Cx, params: GetParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    let limit = params.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let page = cx
        .app
        .sessions
        .store
        .entries_page(&name.key, None, limit)
        .await?;
    let messages: Vec<Box<RawValue>> = page.entries.iter().map(wire).collect();
    Ok(json!({"messages": messages}))
}
