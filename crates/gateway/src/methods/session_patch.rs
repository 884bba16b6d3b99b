//! `sessions.patch` and `sessions.patchMany`. Each field can be left, set, or cleared with `null`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatehouse_agent::provider::Thinking;
use gatehouse_audit::Draft;
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{SessionRow, SessionWitness};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::expected::field;
use super::not_here::{NOT_WHEN_CHANGED, no_revisions, refuse};
use super::session_write::{changed_since, ensured, expect, free_label, known_model, unknown};
use crate::audit::done_by;
use crate::router::{Cx, MethodError, MethodTable, asks_for_something, one_agent};
use crate::sessions::{Change, Overrides, SessionName};

pub(super) fn register(table: &mut MethodTable) {
    table.operator("sessions.patch", MethodScope::Dynamic, patch);
    table.operator("sessions.patchMany", MethodScope::Dynamic, patch_many);
}

/// A change of one field: none to leave it, `Some(None)` to clear it.
type Field<T> = Option<Option<T>>;

/// The kind of the audit's record of a change of what governs commands.
const GOVERNED: &str = "session.governed";

/// The published limit of a label.
const LABEL: usize = 512;

/// Fields that clients read back, kept with the row as they are. Those that are not for the eye alone: `sendPolicy`, which
/// is asked before anything is said in the session.
const KEPT: &[&str] = &[
    "icon",
    "color",
    "boardFace",
    "statusNote",
    "attention",
    "fastMode",
    "verboseLevel",
    "traceLevel",
    "reasoningLevel",
    "responseUsage",
    "sendPolicy",
    "groupActivation",
    "contextWindow",
];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Patch {
    #[serde(deserialize_with = "field")]
    label: Field<String>,
    #[serde(deserialize_with = "field")]
    display_name: Field<String>,
    #[serde(deserialize_with = "field")]
    category: Field<String>,
    #[serde(deserialize_with = "field")]
    model: Field<String>,
    #[serde(deserialize_with = "field")]
    thinking_level: Field<String>,
    #[serde(deserialize_with = "field")]
    exec_security: Field<String>,
    #[serde(deserialize_with = "field")]
    exec_ask: Field<String>,
    archived: Option<bool>,
    pinned: Option<bool>,
    unread: Option<bool>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Patch {
    /// Refuses what cannot be.
    fn check(&self) -> Result<(), MethodError> {
        if let Some(Some(label)) = &self.label
            && (label.trim().is_empty() || label.chars().count() > LABEL)
        {
            return Err(MethodError::invalid("a label has 1 to 512 characters"));
        }
        for (name, value, words) in [
            (
                "execSecurity",
                &self.exec_security,
                &["deny", "allowlist", "full"][..],
            ),
            ("execAsk", &self.exec_ask, &["off", "on-miss", "always"]),
            ("thinkingLevel", &self.thinking_level, &Thinking::WORDS),
        ] {
            let word = value.as_ref().and_then(Option::as_deref);
            one_of(name, word, words)?;
        }
        let revision = self.others.get("expectedLifecycleRevision");
        if revision.is_some_and(asks_for_something) {
            return Err(no_revisions());
        }
        refuse(NOT_WHEN_CHANGED, &self.others)
    }

    /// Whether it touches what governs commands.
    fn needs_admin(&self) -> bool {
        self.exec_security.is_some() || self.exec_ask.is_some()
    }

    /// Whether all that it says is that somebody read it, which is no news of the session.
    fn only_reads(&self) -> bool {
        let Self {
            label: None,
            display_name: None,
            category: None,
            model: None,
            thinking_level: None,
            exec_security: None,
            exec_ask: None,
            archived: None,
            pinned: None,
            unread: Some(_),
            others,
        } = self
        else {
            return false;
        };
        others.is_empty()
    }

    fn new_label(&self) -> Option<&str> {
        self.label.as_ref()?.as_deref()
    }

    fn apply(self, row: &mut SessionRow, now: i64) {
        let is_news = !self.only_reads();
        let mut overrides = Overrides::of(row);
        set(&mut row.label, self.label);
        set(&mut row.display_name, self.display_name);
        set(&mut row.group, self.category);
        set(&mut overrides.model, self.model);
        set(&mut overrides.thinking_level, self.thinking_level);
        set(&mut overrides.exec_security, self.exec_security);
        set(&mut overrides.exec_ask, self.exec_ask);
        row.overrides = overrides.json();
        if let Some(archived) = self.archived {
            row.archived_at = archived.then_some(now);
        }
        if let Some(pinned) = self.pinned {
            row.pinned_at = pinned.then_some(now);
        }
        if let Some(unread) = self.unread {
            row.read_at = (!unread).then_some(now);
        }
        row.extra = kept(&row.extra, self.others);
        if is_news {
            row.updated_at = row.updated_at.max(now);
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PatchParams {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    expected_session_id: Option<String>,
    #[serde(flatten)]
    patch: Patch,
}

async fn patch(cx: Cx, mut params: PatchParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let name = sessions.name(&params.key, params.agent_id.as_deref());
    may_patch(&cx, &mut params.patch)?;
    expect(&cx, &name, params.expected_session_id.as_deref()).await?;
    // The main session can be patched before anything was said in it.
    ensured(&cx, &name).await?;
    let row = patched(&cx, &name, params.patch, params.expected_session_id).await?;
    let wire = sessions.wire(&row);
    Ok(json!({
        "ok": true,
        "path": cx.app.state_dir.join("gateway.sqlite3"),
        "key": row.key,
        "resolved": {"modelProvider": wire.get("modelProvider"), "model": wire.get("model")},
        "entry": wire,
    }))
}

fn may_patch(cx: &Cx, patch: &mut Patch) -> Result<(), MethodError> {
    cx.require(match patch.needs_admin() {
        true => MethodScope::Admin,
        false => MethodScope::Write,
    })?;
    if let Some(Some(model)) = &patch.model {
        patch.model = Some(known_model(cx, Some(model))?);
    }
    patch.check()
}

/// Changes a session that is there, and where its id is given, only the one of that id.
async fn patched(
    cx: &Cx,
    name: &SessionName,
    patch: Patch,
    only: Option<String>,
) -> Result<SessionRow, MethodError> {
    let sessions = &cx.app.sessions;
    let _label = free_label(cx, patch.new_label(), &name.key).await?;
    let now = sessions.now();
    // Looked at where it is changed: it may be another one since it was looked at before.
    let is_another = Arc::new(AtomicBool::new(false));
    let another = Arc::clone(&is_another);
    let change = Box::new(move |row: &mut SessionRow| {
        if only.is_some_and(|id| id != row.session_id) {
            another.store(true, Ordering::Relaxed);
        } else {
            patch.apply(row, now);
        }
    });
    let said = said(cx, name);
    let row = sessions
        .store
        .session_change_recorded(&name.key, change, said)
        .await?;
    let row = row.ok_or_else(|| unknown(name))?;
    if is_another.load(Ordering::Relaxed) {
        return Err(changed_since());
    }
    sessions.publish(&row, &Change::Reason("patch"));
    Ok(row)
}

/// What the audit says where the change is one of what governs the session's commands.
fn said(cx: &Cx, name: &SessionName) -> SessionWitness {
    let what = format!(
        "what governs the commands of the session {} was changed",
        name.key
    );
    let draft = Draft {
        resource: Some(name.key.clone()),
        agent: Some(name.agent.clone()),
        session: Some(name.key.clone()),
        ..done_by(&cx.caller, GOVERNED, what)
    };
    let mut draft = cx.app.audit.dated(draft);
    Box::new(move |before, after| {
        let (before, after) = (governs(before), governs(after));
        if before == after {
            return None;
        }
        let detail = draft.detail.get_or_insert_with(|| json!({}));
        detail["before"] = before;
        detail["after"] = after;
        Some(draft)
    })
}

fn governs(row: &SessionRow) -> Value {
    let overrides = Overrides::of(row);
    json!({"execSecurity": overrides.exec_security, "execAsk": overrides.exec_ask})
}

/// The most sessions of one request; the published number.
const MOST_TARGETS: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PatchManyParams {
    targets: Vec<Target>,
    patch: Patch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Target {
    key: String,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    expected_session_id: Option<String>,
    #[serde(default)]
    expected_lifecycle_revision: Option<String>,
}

/// The same change to each of several sessions. One that cannot be changed keeps none of the others from it.
async fn patch_many(cx: Cx, mut params: PatchManyParams) -> Result<Value, MethodError> {
    if params.targets.is_empty() || params.targets.len() > MOST_TARGETS {
        let reason = "at /targets: must have 1 to 100 items";
        return Err(MethodError::params("sessions.patchMany", reason));
    }
    may_patch(&cx, &mut params.patch)?;
    let mut outcomes = Vec::new();
    for target in params.targets {
        let sessions = &cx.app.sessions;
        let name = sessions.name(&target.key, target.agent_id.as_deref());
        let done = patch_one(&cx, &name, &target, params.patch.clone()).await;
        let mut outcome = json!({"key": target.key, "agentId": name.agent});
        match done {
            Ok(_) => outcome["ok"] = json!(true),
            Err(error) => {
                outcome["ok"] = json!(false);
                outcome["error"] = error_of(&error);
            }
        }
        outcomes.push(outcome);
    }
    Ok(json!({"outcomes": outcomes}))
}

async fn patch_one(
    cx: &Cx,
    name: &SessionName,
    target: &Target,
    patch: Patch,
) -> Result<SessionRow, MethodError> {
    if let Some(agent) = &target.agent_id {
        one_agent(&target.key, agent)?;
    }
    if target.expected_lifecycle_revision.is_some() {
        return Err(no_revisions());
    }
    expect(cx, name, target.expected_session_id.as_deref()).await?;
    patched(cx, name, patch, target.expected_session_id.clone()).await
}

/// Refuses a word that is none of those that there are.
pub(super) fn one_of(name: &str, word: Option<&str>, words: &[&str]) -> Result<(), MethodError> {
    match word {
        Some(word) if !words.contains(&word) => Err(MethodError::invalid(format!(
            "{name} must be one of {}",
            words.join(", ")
        ))),
        _ => Ok(()),
    }
}

fn error_of(error: &MethodError) -> Value {
    let mut shape = json!({"code": error.code.as_str(), "message": error.message});
    if error.retryable {
        shape["retryable"] = json!(true);
    }
    shape
}

/// The row's own extra fields with those that were sent.
fn kept(extra: &str, sent: Map<String, Value>) -> String {
    let mut extra: Map<String, Value> = serde_json::from_str(extra).unwrap_or_default();
    for (name, value) in sent {
        if !KEPT.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::Null => extra.remove(&name),
            value => extra.insert(name, value),
        };
    }
    Value::Object(extra).to_string()
}

fn set<T>(place: &mut Option<T>, change: Field<T>) {
    if let Some(value) = change {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(row: &SessionRow, patch: Value) -> SessionRow {
        let patch: Patch = serde_json::from_value(patch).unwrap();
        let mut row = row.clone();
        patch.apply(&mut row, 77);
        row
    }

    #[test]
    fn a_session_that_was_read_has_not_changed_by_it() {
        let row = patched(&SessionRow::default(), json!({"unread": false}));
        assert_eq!((row.read_at, row.updated_at), (Some(77), 0));
        let row = patched(
            &SessionRow::default(),
            json!({"unread": false, "pinned": true}),
        );
        assert_eq!(row.updated_at, 77);
    }

    #[test]
    fn a_field_is_left_set_or_cleared() {
        let row = SessionRow {
            label: Some("old".to_owned()),
            overrides: r#"{"model":"a/b"}"#.to_owned(),
            extra: r#"{"icon":"x"}"#.to_owned(),
            ..SessionRow::default()
        };
        let same = patched(&row, json!({}));
        assert_eq!(
            (same.label.as_deref(), same.extra.as_str()),
            (Some("old"), r#"{"icon":"x"}"#)
        );
        let set = patched(
            &row,
            json!({"label": "new", "model": null, "icon": null, "color": "red", "pinned": true}),
        );
        assert_eq!(set.label.as_deref(), Some("new"));
        assert_eq!(set.overrides, "{}");
        assert_eq!(set.extra, r#"{"color":"red"}"#);
        assert_eq!(set.pinned_at, Some(77));
        assert_eq!(patched(&row, json!({"label": null})).label, None);
    }

    #[test]
    fn every_published_field_is_kept_changes_something_or_is_refused() {
        let shapes: Value = serde_json::from_str(include_str!("../router/shapes.json")).unwrap();
        let published = shapes["sessions.patch"]["properties"].as_object().unwrap();
        let around = [
            "key",
            "agentId",
            "expectedSessionId",
            "expectedLifecycleRevision",
        ];
        for name in published.keys().map(String::as_str) {
            let patch: Patch = serde_json::from_value(json!({ name: null })).unwrap();
            let is_read = !patch.others.contains_key(name);
            let is_known =
                around.contains(&name) || KEPT.contains(&name) || NOT_WHEN_CHANGED.contains(&name);
            assert!(is_read || is_known, "{name} is passed over in silence");
        }
    }

    #[test]
    fn what_widens_a_session_is_refused_and_what_governs_it_needs_an_admin() {
        let read = |patch: Value| serde_json::from_value::<Patch>(patch).unwrap();
        for wrong in [
            json!({"permissionMode": "full"}),
            json!({"elevatedLevel": "on"}),
            json!({"execSecurity": "everything"}),
            json!({"execAsk": "never"}),
            json!({"label": " "}),
            json!({"thinkingLevel": "bogus"}),
        ] {
            assert!(read(wrong.clone()).check().is_err(), "{wrong}");
        }
        let governs = read(json!({"execAsk": "always"}));
        assert!(governs.check().is_ok() && governs.needs_admin());
        assert!(!read(json!({"label": "a"})).needs_admin());
        for level in [json!("minimal"), json!("high"), Value::Null] {
            let patch = read(json!({ "thinkingLevel": level }));
            assert!(patch.check().is_ok(), "{level}");
        }
    }
}
