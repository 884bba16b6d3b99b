//! What changes a session: create, spawn, reset, delete, fork. Changes of its fields are in `session_patch`.

use std::time::Duration;

use futures_util::future::join_all;
use gatehouse_agent::Budget;
use gatehouse_agent::provider::{ModelRef, Thinking};
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{SessionFilter, SessionRow};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::chat::{Attachment, content, submitted};
use super::expected::may_send;
use super::grants::ended;
use super::not_here::no_revisions;
use super::session_patch::one_of;
use crate::once::once;
use crate::router::{Cx, MethodError, MethodTable};
use crate::runs::Input;
use crate::sessions::{Change, Overrides, SessionName};

/// How long a run is waited for that was stopped. One that takes longer finds its session gone, and writes nothing.
const LAST_WORD: Duration = Duration::from_secs(5);

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.create", MethodScope::Dynamic, create);
    table.operator("gatehouse.sessions.spawn", MethodScope::Write, spawn);
    table.operator("sessions.reset", MethodScope::Admin, reset);
    table.operator("sessions.delete", MethodScope::Dynamic, delete);
    table.operator("sessions.fork", MethodScope::Write, fork);
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateParams {
    key: Option<String>,
    idempotency_key: Option<String>,
    agent_id: Option<String>,
    label: Option<String>,
    display_name: Option<String>,
    category: Option<String>,
    model: Option<String>,
    thinking_level: Option<String>,
    parent_session_key: Option<String>,
    task: Option<String>,
    message: Option<String>,
    attachments: Vec<Attachment>,
}

impl CreateParams {
    /// What makes one session another than the next.
    fn input(&self) -> Value {
        let text = self.message.as_ref().or(self.task.as_ref());
        json!([
            self.key,
            self.agent_id,
            self.label,
            self.model,
            text,
            self.attachments
        ])
    }
}

async fn create(cx: Cx, params: CreateParams) -> Result<Value, MethodError> {
    cx.require(MethodScope::Write)?;
    let key = params.idempotency_key.clone();
    let input = params.input();
    once(&cx.app, "sessions.create", key.as_deref(), &input, || {
        created(&cx, params, Budget::default())
    })
    .await
}

/// `gatehouse.sessions.spawn`, a method of our own: a task in a session of its own, with a limit of what it may cost,
/// for which the published `sessions.create` has no field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpawnParams {
    task: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    budget: BudgetParams,
    #[serde(default)]
    idempotency_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BudgetParams {
    /// US dollars.
    usd: Option<f64>,
    /// Read and written.
    tokens: Option<u64>,
}

async fn spawn(cx: Cx, params: SpawnParams) -> Result<Value, MethodError> {
    if params
        .budget
        .usd
        .is_some_and(|usd| !usd.is_finite() || usd <= 0.0)
    {
        return Err(MethodError::invalid("a budget in dollars is more than 0"));
    }
    let key = params.idempotency_key.clone();
    let budget = Budget::new(params.budget.usd, params.budget.tokens);
    let params = CreateParams {
        agent_id: params.agent_id,
        model: params.model,
        label: params.label,
        task: Some(params.task),
        ..CreateParams::default()
    };
    let input = params.input();
    once(
        &cx.app,
        "gatehouse.sessions.spawn",
        key.as_deref(),
        &input,
        || created(&cx, params, budget),
    )
    .await
}

async fn created(cx: &Cx, params: CreateParams, budget: Budget) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let wanted = match &params.key {
        Some(key) => key.clone(),
        None => format!("dashboard:{}", Uuid::new_v4()),
    };
    let name = sessions.name(&wanted, params.agent_id.as_deref());
    cx.app.runs.known_agent(&name).await?;
    let label = free_label(cx, params.label.as_deref(), &name.key).await?;
    let parent = match &params.parent_session_key {
        Some(key) => Some(known_parent(cx, key).await?),
        None => None,
    };
    let model = known_model(cx, params.model.as_deref())?;
    let level = params.thinking_level.as_deref();
    one_of("thinkingLevel", level, &Thinking::WORDS)?;
    // Looked at before the session is there: what cannot be said leaves no empty session behind.
    let first = match params.message.or(params.task) {
        Some(text) => Some(content(text, params.attachments)?),
        None => None,
    };
    let mut row = sessions.new_row(&name, "operator");
    let overrides = Overrides {
        model,
        thinking_level: params.thinking_level.clone(),
        ..Overrides::default()
    };
    row.label = params.label.clone();
    row.display_name = params.display_name.clone();
    row.group = params.category.clone();
    row.parent = parent;
    row.overrides = overrides.json();
    let row = match sessions.store.session_create(row.clone()).await? {
        None => row,
        Some(there) if params.label.is_some() && there.label != params.label => {
            return Err(MethodError::invalid(format!(
                "session {} is there already, with another label; sessions.patch changes it",
                there.key
            )));
        }
        Some(there) => there,
    };
    drop(label);
    sessions.publish(&row, &Change::Reason("create"));
    let mut answer = json!({
        "ok": true,
        "key": row.key,
        "sessionId": row.session_id,
        "entry": sessions.wire(&row),
        "runStarted": false,
    });
    if let Some(first) = first {
        may_send(cx, &name).await?;
        let mut input = Input::text(name, Uuid::new_v4().to_string(), "");
        input.content = first;
        input.budget = budget;
        let run = submitted(cx, input).await?;
        answer["runStarted"] = json!(true);
        answer["runId"] = run["runId"].clone();
    }
    Ok(answer)
}

/// The key of a session that another one belongs to.
async fn known_parent(cx: &Cx, key: &str) -> Result<String, MethodError> {
    let sessions = &cx.app.sessions;
    let name = sessions.name(key, None);
    match name.is_main() || sessions.store.session(&name.key).await?.is_some() {
        true => Ok(name.key),
        false => Err(MethodError::invalid(format!(
            "unknown parent session: {key}"
        ))),
    }
}

/// A model that a session is given, by its whole name: one that runs can ask. Without its provider it is the one model
/// of that name.
pub(super) fn known_model(cx: &Cx, name: Option<&str>) -> Result<Option<String>, MethodError> {
    let Some(name) = name.map(str::trim) else {
        return Ok(None);
    };
    let models = cx.app.models.current();
    if let Some(whole) = ModelRef::parse(name).filter(|whole| models.find(whole).is_some()) {
        return Ok(Some(whole.to_string()));
    }
    let named = models.list().map(|model| &model.name);
    let named: Vec<&ModelRef> = named.filter(|model| model.model == name).collect();
    match named.as_slice() {
        [] => Err(MethodError::invalid(format!(
            "unknown model {name}; models.list has those that there are"
        ))),
        [one] => Ok(Some(one.to_string())),
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(MethodError::invalid(format!(
                "several providers have the model {name}: say which, as {}",
                names.join(" or ")
            )))
        }
    }
}

/// A label names one session. Nobody else is given one while what this gives is held: until the label is written.
pub(super) async fn free_label(
    cx: &Cx,
    label: Option<&str>,
    key: &str,
) -> Result<Option<OwnedMutexGuard<()>>, MethodError> {
    let Some(label) = label else {
        return Ok(None);
    };
    let alone = cx.app.sessions.labels.clone().lock_owned().await;
    let filter = SessionFilter {
        label: Some(label.to_owned()),
        limit: Some(2),
        ..SessionFilter::default()
    };
    let list = cx.app.sessions.store.sessions(&filter).await?;
    match list.rows.iter().any(|row| row.key != key) {
        true => Err(MethodError::invalid(format!(
            "label already in use: {label}"
        ))),
        false => Ok(Some(alone)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResetParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
}

async fn reset(cx: Cx, params: ResetParams) -> Result<Value, MethodError> {
    let name = cx
        .app
        .sessions
        .name(&params.key, params.agent_id.as_deref());
    let row = reset_session(&cx, &name).await?;
    Ok(json!({"ok": true, "key": row.key, "entry": cx.app.sessions.wire(&row)}))
}

/// Ends what runs, and begins the session anew.
pub(super) async fn reset_session(cx: &Cx, name: &SessionName) -> Result<SessionRow, MethodError> {
    let sessions = &cx.app.sessions;
    stop(cx, name).await;
    ensured(cx, name).await?;
    let id = Uuid::new_v4().to_string();
    let ended = Some(ended(cx, &format!("the session {} was reset", name.key)));
    let now = sessions.now();
    let reset = sessions.store.session_reset(&name.key, &id, now, ended);
    let row = reset.await?.ok_or_else(|| unknown(name))?;
    sessions.publish(&row, &Change::Reason("reset"));
    Ok(row)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    expected_session_id: Option<String>,
    #[serde(default)]
    archived_only: bool,
    /// When it last changed, as the caller saw it.
    #[serde(default)]
    expected_session_updated_at: Option<f64>,
    #[serde(default)]
    expected_lifecycle_revision: Option<String>,
    #[serde(default)]
    delete_transcript: Option<bool>,
}

impl DeleteParams {
    /// Refuses what would be done otherwise than it was asked for.
    fn check(&self) -> Result<(), MethodError> {
        if self.expected_lifecycle_revision.is_some() {
            return Err(no_revisions());
        }
        match self.delete_transcript {
            Some(false) => Err(MethodError::invalid(
                "deleteTranscript: false is not available on this gateway: archived keeps a session's words",
            )),
            _ => Ok(()),
        }
    }

    fn saw(&self, row: &SessionRow) -> bool {
        self.expected_session_updated_at
            .is_none_or(|at| at >= row.updated_at as f64)
    }
}

async fn delete(cx: Cx, params: DeleteParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    // What a person has put away may go with less than what is still on the list.
    cx.require(match params.archived_only {
        true => MethodScope::Write,
        false => MethodScope::Admin,
    })?;
    let name = sessions.name(&params.key, params.agent_id.as_deref());
    if name.is_main() {
        return Err(MethodError::invalid(format!(
            "Cannot delete the main session ({}).",
            name.key
        )));
    }
    params.check()?;
    expect(&cx, &name, params.expected_session_id.as_deref()).await?;
    let row = sessions.store.session(&name.key).await?;
    if row.as_ref().is_some_and(|row| !params.saw(row)) {
        return Err(changed_since());
    }
    if params.archived_only && row.is_some_and(|row| row.archived_at.is_none()) {
        return Err(MethodError::invalid("the session is not archived"));
    }
    stop(&cx, &name).await;
    let ended = Some(ended(&cx, &format!("the session {} was deleted", name.key)));
    let only = params.expected_session_id.as_deref();
    let deleted = sessions
        .store
        .session_delete(&name.key, only, sessions.now(), ended)
        .await?;
    if deleted {
        sessions.gone(&name.key, &name.agent);
    } else {
        // It may have become another while its run was waited for.
        expect(&cx, &name, only).await?;
    }
    Ok(json!({"ok": true, "key": name.key, "deleted": deleted, "archived": []}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForkParams {
    session_key: String,
    #[serde(default)]
    agent_id: Option<String>,
    entry_id: String,
}

/// A new session with what was said up to before an entry of the person's, whose text is to be edited; or
/// up to and with any other entry.
async fn fork(cx: Cx, params: ForkParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let name = sessions.name(&params.session_key, params.agent_id.as_deref());
    let entry = sessions.store.entry(&name.key, &params.entry_id).await?;
    let entry = entry.ok_or_else(|| MethodError::invalid("entry not found"))?;
    let of_person = entry.role == "user";
    let through = match of_person {
        true => {
            let page = sessions
                .store
                .entries_page(&name.key, Some(entry.seq), 1)
                .await?;
            page.entries.first().map(|before| before.id.clone())
        }
        false => Some(entry.id.clone()),
    };
    let fork = sessions.name(&format!("fork:{}", Uuid::new_v4()), Some(&name.agent));
    let mut row = sessions.new_row(&fork, "operator");
    row.parent = Some(name.key.clone());
    if let Some(from) = sessions.store.session(&name.key).await? {
        row.overrides = from.overrides;
    }
    // It holds what was said, with what tools brought back.
    cx.app.taints.hears(&row.key, &name.key).await?;
    let made = match (of_person, through) {
        // There is nothing before the first message.
        (true, None) => sessions
            .store
            .session_create(row.clone())
            .await?
            .is_none()
            .then_some(row),
        (_, through) => {
            let forked = sessions
                .store
                .session_fork(&name.key, through.as_deref(), row);
            forked.await?
        }
    };
    let row = made.ok_or_else(|| MethodError::invalid("the session could not be forked"))?;
    sessions.publish(&row, &Change::Reason("fork"));
    let mut answer = json!({"sessionKey": row.key});
    if of_person {
        let message: Option<gatehouse_agent::Message> = serde_json::from_str(&entry.json).ok();
        answer["editorText"] = json!(message.map(|message| message.text()).unwrap_or_default());
    }
    Ok(answer)
}

/// Refuses where the session is not the one that the caller saw.
pub(super) async fn expect(
    cx: &Cx,
    name: &SessionName,
    id: Option<&str>,
) -> Result<(), MethodError> {
    let Some(id) = id else {
        return Ok(());
    };
    let row = cx.app.sessions.store.session(&name.key).await?;
    match row.is_some_and(|row| row.session_id == id) {
        true => Ok(()),
        false => Err(changed_since()),
    }
}

pub(super) fn changed_since() -> MethodError {
    MethodError::invalid("the session has changed since it was read")
}

/// Stops what runs in a session, and waits until it has written its last word.
async fn stop(cx: &Cx, name: &SessionName) {
    let engine = &cx.app.runs.engine;
    // One that was stopped a moment ago may still be at it.
    let active = engine.active(&name.key).await.map(|run| run.run_id);
    let hit = engine.abort(&name.key, None).await;
    let all = hit.iter().chain(&active);
    join_all(all.map(|run| engine.wait(run, LAST_WORD))).await;
}

/// The session of that name, made for an agent that there is.
pub(super) async fn ensured(cx: &Cx, name: &SessionName) -> Result<(), MethodError> {
    let sessions = &cx.app.sessions;
    if sessions.store.session(&name.key).await?.is_none() {
        cx.app.runs.known_agent(name).await?;
        sessions.ensure(name, "operator").await?;
    }
    Ok(())
}

pub(super) fn unknown(name: &SessionName) -> MethodError {
    MethodError::invalid(format!("session not found: {}", name.key))
}
