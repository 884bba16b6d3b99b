//! The roster: list, watch, find, describe. What changes a session is in `session_write`.

use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{EntrySearch, SessionFilter, SessionOrder, SessionRow};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::broadcast::Topic;
use crate::govern::wire;
use crate::router::{Cx, MethodError, MethodTable, NoParams};
use crate::sessions::{Listed, wire_row};

/// What a list has when it does not say; more is asked for in pages.
const LIMIT: u32 = 200;
const MOST: u32 = 1_000;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.list", MethodScope::Read, list);
    table.operator("sessions.subscribe", MethodScope::Read, subscribe);
    table.operator("sessions.unsubscribe", MethodScope::Read, unsubscribe);
    table.operator("sessions.messages.subscribe", MethodScope::Read, follow);
    table.operator("sessions.messages.unsubscribe", MethodScope::Read, unfollow);
    table.operator("sessions.describe", MethodScope::Read, describe);
    table.operator("sessions.resolve", MethodScope::Read, resolve);
    table.operator("sessions.search", MethodScope::Read, search);
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListParams {
    limit: Option<u32>,
    offset: Option<u32>,
    active_minutes: Option<i64>,
    sort_by: Option<String>,
    label: Option<String>,
    spawned_by: Option<String>,
    agent_id: Option<String>,
    search: Option<String>,
    archived: Option<Archived>,
}

/// `archived` of a list: one kind, the other, or `all`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Archived {
    One(bool),
    All(All),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum All {
    All,
}

/// What `sessions.list` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    ts: u64,
    path: PathBuf,
    count: u64,
    total_count: u64,
    limit_applied: u32,
    next_offset: Option<u64>,
    has_more: bool,
    owners: [String; 0],
    defaults: Value,
    sessions: Rows,
}

/// Written as they are kept.
struct Rows(Arc<Listed>);

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.rows.serialize(serializer)
    }
}

async fn list(cx: Cx, params: ListParams) -> Result<List, MethodError> {
    page(&cx, params).await
}

async fn page(cx: &Cx, params: ListParams) -> Result<List, MethodError> {
    let limit = params.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let offset = params.offset.unwrap_or(0);
    let filter = filter(params, limit, offset, cx.app.sessions.now());
    let listed = listed(cx, &filter).await?;
    let count = listed.rows.len() as u64;
    let next = u64::from(offset) + count;
    let has_more = next < listed.total;
    Ok(List {
        ts: cx.now_ms(),
        path: cx.app.state_dir.join("gateway.sqlite3"),
        count,
        total_count: listed.total,
        limit_applied: limit,
        next_offset: has_more.then_some(next),
        has_more,
        owners: [],
        defaults: defaults(cx),
        sessions: Rows(listed),
    })
}

async fn listed(cx: &Cx, filter: &SessionFilter) -> Result<Arc<Listed>, MethodError> {
    let sessions = &cx.app.sessions;
    // Once for all rows: they are worked out of the configuration.
    let (inherited, now) = (sessions.defaults(), sessions.now());
    let question = format!("{filter:?} {inherited:?}");
    // Told before it is read: what is written meanwhile makes what is kept stale, never new.
    let revision = sessions.store.revision();
    if let Some(kept) = sessions.lists.get(&question, revision) {
        return Ok(kept);
    }
    let list = sessions.store.sessions(filter).await?;
    let rows = list.rows.iter();
    let rows: Result<Vec<_>, _> = rows
        .map(|row| to_raw_value(&wire_row(row, &inherited, now)))
        .collect();
    let listed = Arc::new(Listed {
        rows: rows.map_err(MethodError::internal)?,
        total: list.total,
    });
    sessions.lists.put(question, revision, &listed);
    Ok(listed)
}

fn filter(params: ListParams, limit: u32, offset: u32, now: i64) -> SessionFilter {
    let since = params
        .active_minutes
        .map(|minutes| now.saturating_sub(minutes.saturating_mul(60_000)));
    SessionFilter {
        agent: params.agent_id,
        label: params.label,
        spawned_by: params.spawned_by,
        archived: match params.archived {
            None => Some(false),
            Some(Archived::One(archived)) => Some(archived),
            Some(Archived::All(All::All)) => None,
        },
        updated_since: since,
        search: params.search.filter(|text| !text.trim().is_empty()),
        order: match params.sort_by.as_deref() {
            Some("lastInteractionAt") => SessionOrder::Activity,
            _ => SessionOrder::Updated,
        },
        offset,
        limit: Some(limit),
        ..SessionFilter::default()
    }
}

/// What a session has where it says nothing itself.
pub(super) fn defaults(cx: &Cx) -> Value {
    let defaults = cx.app.sessions.defaults();
    json!({
        "modelProvider": defaults.model_provider,
        "model": defaults.model,
        "contextTokens": defaults.context_tokens,
        "thinkingLevels": [{"id": "off", "label": "off"}],
        "thinkingOptions": ["off"],
        "thinkingDefault": defaults.thinking,
        "modelSelectionTarget": "session",
    })
}

/// Protocol 4 answers with a first list where the parameters say which.
async fn subscribe(cx: Cx, params: ListParams) -> Result<Subscribed, MethodError> {
    let subscribed = cx.app.hub.subscribe(cx.caller.conn, Topic::Sessions).await;
    let list = if params == ListParams::default() {
        None
    } else {
        Some(page(&cx, params).await?)
    };
    Ok(Subscribed { subscribed, list })
}

#[derive(Serialize)]
struct Subscribed {
    subscribed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FollowParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    include_approvals: bool,
}

/// The messages of one session, its tools where the client can show them, and its approvals where it asks.
async fn follow(cx: Cx, params: FollowParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    if params.include_approvals {
        cx.require(MethodScope::Approvals)?;
    }
    let (hub, conn) = (&cx.app.hub, cx.caller.conn);
    let mut topics = vec![Topic::Session(name.key.clone())];
    if cx.caller.has_cap("tool-events") {
        topics.push(Topic::SessionTools(name.key.clone()));
    }
    if params.include_approvals {
        topics.push(Topic::SessionApprovals(name.key.clone()));
    }
    // At once, and before anything is waited for: where the end of it comes right behind, it ends all of it.
    let subscribed = hub.subscribe_all(conn, topics).await;
    let mut answer = json!({"subscribed": subscribed, "key": name.key});
    if params.include_approvals {
        answer["approvalReplay"] = replay(&cx, &name.key).await?;
    }
    Ok(answer)
}

async fn replay(cx: &Cx, key: &str) -> Result<Value, MethodError> {
    let mut waiting = cx.app.approvals.pending().await?;
    waiting.retain(|record| record.session.as_deref() == Some(key));
    let own = cx.seen(waiting).await?;
    let approvals: Vec<Value> = own.iter().map(wire::snapshot).collect();
    Ok(json!({
        "sessionKey": key,
        "updatedAtMs": cx.now_ms(),
        "approvals": approvals,
        "truncated": false,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
}

/// Of protocol 3; later clients end the connection.
async fn unsubscribe(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    cx.app.hub.unsubscribe(cx.caller.conn, Topic::Sessions);
    Ok(json!({"subscribed": false}))
}

async fn unfollow(cx: Cx, params: KeyParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    let (hub, conn) = (&cx.app.hub, cx.caller.conn);
    for topic in [
        Topic::Session(name.key.clone()),
        Topic::SessionTools(name.key.clone()),
        Topic::SessionApprovals(name.key.clone()),
    ] {
        hub.unsubscribe(conn, topic);
    }
    Ok(json!({"subscribed": false, "key": name.key}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeParams {
    key: String,
}

async fn describe(cx: Cx, params: DescribeParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let name = sessions.name(&params.key, None);
    let row = sessions.store.session(&name.key).await?;
    Ok(json!({"session": row.map(|row| sessions.wire(&row))}))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResolveParams {
    key: Option<String>,
    session_id: Option<String>,
    label: Option<String>,
    agent_id: Option<String>,
    spawned_by: Option<String>,
    allow_missing: bool,
}

/// Finds one session by key, id or label.
async fn resolve(cx: Cx, params: ResolveParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let store = &sessions.store;
    let named = [&params.key, &params.session_id, &params.label];
    if named.iter().filter(|name| name.is_some()).count() != 1 {
        return Err(MethodError::invalid(
            "exactly one of key, sessionId and label is required",
        ));
    }
    let spawned_by = params.spawned_by.as_deref();
    let spawned_by = spawned_by.map(|key| sessions.name(key, None).key);
    let found: Vec<SessionRow> = if let Some(key) = &params.key {
        let name = sessions.name(key, params.agent_id.as_deref());
        store.session(&name.key).await?.into_iter().collect()
    } else if let Some(id) = &params.session_id {
        store.session_by_id(id).await?.into_iter().collect()
    } else {
        let filter = SessionFilter {
            label: params.label.clone(),
            agent: params.agent_id.clone(),
            spawned_by: spawned_by.clone(),
            limit: Some(10),
            ..SessionFilter::default()
        };
        store.sessions(&filter).await?.rows
    };
    let found: Vec<SessionRow> = found
        .into_iter()
        .filter(|row| spawned_by.is_none() || row.spawned_by == spawned_by)
        .collect();
    let candidate = |row: &SessionRow| {
        let mut value = json!({"key": row.key, "agentId": row.agent});
        if let Some(name) = &row.display_name {
            value["displayName"] = json!(name);
        }
        value
    };
    match found.as_slice() {
        [row] => {
            let mut value = candidate(row);
            value["ok"] = json!(true);
            Ok(value)
        }
        [] if params.allow_missing => Ok(json!({"ok": false})),
        [] => Err(MethodError::invalid("no session matches")),
        several => {
            let candidates: Vec<Value> = several.iter().map(candidate).collect();
            Ok(json!({"ok": false, "candidates": candidates}))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SearchParams {
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_keys: Option<Vec<String>>,
    query: String,
    #[serde(default)]
    limit: Option<u32>,
}

async fn search(cx: Cx, params: SearchParams) -> Result<Value, MethodError> {
    let limit = params.limit.unwrap_or(20).clamp(1, 100);
    let keys: Vec<Option<String>> = match params.session_keys {
        None => vec![None],
        Some(keys) => keys
            .iter()
            .take(64)
            .map(|key| Some(cx.app.sessions.name(key, None).key))
            .collect(),
    };
    let mut hits = Vec::new();
    for key in keys {
        let search = EntrySearch {
            text: params.query.clone(),
            key,
            agent: params.agent_id.clone(),
            limit: limit.saturating_add(1),
        };
        hits.extend(cx.app.sessions.store.entries_search(&search).await?);
    }
    hits.retain(|hit| hit.role == "user" || hit.role == "assistant");
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    let truncated = hits.len() > limit as usize;
    hits.truncate(limit as usize);
    let results: Vec<Value> = hits
        .iter()
        .map(|hit| {
            json!({
                "sessionKey": hit.key, "sessionId": hit.session_id, "messageId": hit.id,
                "role": hit.role, "timestamp": hit.at, "snippet": hit.excerpt, "score": hit.score,
            })
        })
        .collect();
    Ok(json!({"results": results, "truncated": truncated}))
}
