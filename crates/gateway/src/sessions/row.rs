//! A session's row on the wire: `SessionRow` of the published schema. What the gateway knows by itself comes
//! from the columns; what a client once patched and only clients read (icon, colour, …) from `extra`.

use gatehouse_agent::provider::Thinking;
use gatehouse_store::gateway::{SessionRow, SessionStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{SessionDefaults, SessionName};

/// What a session has of its own, beside its agent's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Overrides {
    /// `provider/model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_security: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_ask: Option<String>,
    /// Others that a client set and that change nothing here; given back as they were.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Overrides {
    pub fn of(row: &SessionRow) -> Self {
        // Written by ourselves; were it damaged, a session without overrides is what is left.
        serde_json::from_str(&row.overrides).unwrap_or_default()
    }

    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("overrides have only string keys")
    }

    /// Provider and model, where there is a model.
    fn model_parts(&self) -> Option<(&str, &str)> {
        self.model.as_deref()?.split_once('/')
    }
}

/// The row as clients see it at `now`.
pub fn row(row: &SessionRow, defaults: &SessionDefaults, now: i64) -> Map<String, Value> {
    let mut wire: Map<String, Value> = serde_json::from_str(&row.extra).unwrap_or_default();
    let overrides = Overrides::of(row);
    identity(&mut wire, row);
    times(&mut wire, row, now);
    run(&mut wire, row);
    model(&mut wire, row, &overrides, defaults);
    wire.extend(overrides.others);
    for (name, value) in [
        ("label", &row.label),
        ("displayName", &row.display_name),
        ("category", &row.group),
        ("lastMessagePreview", &row.preview),
        ("spawnedBy", &row.spawned_by),
        ("parentSessionKey", &row.parent),
        ("execSecurity", &overrides.exec_security),
        ("execAsk", &overrides.exec_ask),
    ] {
        if let Some(value) = value {
            wire.insert(name.to_owned(), json!(value));
        }
    }
    wire
}

/// Whether nothing may be said in a session; what a client set and the row keeps among its own.
pub fn sends_are_denied(row: &SessionRow) -> bool {
    let extra: Map<String, Value> = serde_json::from_str(&row.extra).unwrap_or_default();
    extra.get("sendPolicy").and_then(Value::as_str) == Some("deny")
}

fn identity(wire: &mut Map<String, Value>, row: &SessionRow) {
    let name = SessionName {
        key: row.key.clone(),
        agent: row.agent.clone(),
    };
    let class = name.classification();
    put(
        wire,
        json!({
            "key": row.key,
            "sessionId": row.session_id,
            "agentId": row.agent,
            "kind": row.kind,
            "classification": class,
            "isMain": name.is_main(),
            "isBackground": matches!(class, "subagent" | "cron" | "hook"),
            "visibility": "shared",
            "sharingRole": "admin",
            "archived": row.archived_at.is_some(),
            "pinned": row.pinned_at.is_some(),
        }),
    );
    if row.depth > 0 {
        wire.insert("spawnDepth".into(), json!(row.depth));
    }
}

fn times(wire: &mut Map<String, Value>, row: &SessionRow, now: i64) {
    let unread = match (row.activity_at, row.read_at) {
        (Some(activity), Some(read)) => activity > read,
        (Some(_), None) => true,
        (None, _) => false,
    };
    put(
        wire,
        json!({
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "unread": unread,
            "snapshotAt": now,
        }),
    );
    for (name, at) in [
        ("lastActivityAt", row.activity_at),
        ("lastInteractionAt", row.activity_at),
        ("lastReadAt", row.read_at),
        ("archivedAt", row.archived_at),
        ("pinnedAt", row.pinned_at),
        ("startedAt", row.started_at),
        ("endedAt", row.ended_at),
    ] {
        if let Some(at) = at {
            wire.insert(name.to_owned(), json!(at));
        }
    }
    if let (Some(started), Some(ended)) = (row.started_at, row.ended_at) {
        wire.insert("runtimeMs".into(), json!((ended - started).max(0)));
    }
}

fn run(wire: &mut Map<String, Value>, row: &SessionRow) {
    let running = row.status == SessionStatus::Running;
    let active: Vec<&String> = row.last_run.iter().filter(|_| running).collect();
    put(
        wire,
        json!({
            "hasActiveRun": running,
            "activeRunIds": active,
            "abortedLastRun": row.status == SessionStatus::Killed,
        }),
    );
    if let Some(status) = status(row.status) {
        wire.insert("status".into(), json!(status));
    }
    if row.status == SessionStatus::Interrupted {
        let why = "the gateway stopped while it ran";
        wire.insert("lastRunError".into(), json!(why));
    }
    if let Some(run) = &row.last_run {
        wire.insert("lastRunId".into(), json!(run));
    }
}

/// The published words. A run that the gateway's end cut off has failed.
fn status(status: SessionStatus) -> Option<&'static str> {
    match status {
        SessionStatus::Idle => None,
        SessionStatus::Running => Some("running"),
        SessionStatus::Done => Some("done"),
        SessionStatus::Failed | SessionStatus::Interrupted => Some("failed"),
        SessionStatus::Killed => Some("killed"),
        SessionStatus::Timeout => Some("timeout"),
    }
}

fn model(
    wire: &mut Map<String, Value>,
    row: &SessionRow,
    overrides: &Overrides,
    defaults: &SessionDefaults,
) {
    let own = overrides.model_parts();
    let (provider, model) = own.unwrap_or((&defaults.model_provider, &defaults.model));
    put(
        wire,
        json!({
            "modelProvider": provider,
            "model": model,
            "modelOverrideSource": own.map(|_| "user"),
            "contextTokens": defaults.context_tokens,
            "inputTokens": row.usage.input,
            "outputTokens": row.usage.output,
            "totalTokens": row.usage.context,
            "totalTokensFresh": true,
            "thinkingLevels": Thinking::WORDS.map(|level| json!({"id": level, "label": level})),
            "thinkingOptions": Thinking::WORDS,
            "thinkingDefault": defaults.thinking,
        }),
    );
    if let Some(level) = &overrides.thinking_level {
        wire.insert("thinkingLevel".into(), json!(level));
    }
    if let Some(cost) = row.usage.cost_usd {
        wire.insert("estimatedCostUsd".into(), json!(cost));
    }
}

fn put(wire: &mut Map<String, Value>, fields: Value) {
    if let Value::Object(fields) = fields {
        wire.extend(fields);
    }
}
