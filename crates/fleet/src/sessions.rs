//! Sessions as the list shows them: a gateway's row, what it does now, and how an event changes it. Pure.

use gatehouse_protocol::model::session::{SessionRow, SessionStatus, SessionsChanged};
use serde_json::Value;

use crate::exec_mode;
use crate::untrusted::one_line;
use crate::view::{GatewayId, SessionActivity, SessionRef, SessionView};

const TITLE: usize = 200;
const PREVIEW: usize = 300;

/// What a session does, as its row has it; that it waits for approval only the inbox knows.
pub(crate) fn activity(row: &SessionRow, waits: bool) -> SessionActivity {
    if waits {
        return SessionActivity::WaitingForApproval;
    }
    if is_running(row) {
        return SessionActivity::Running;
    }
    match row.status {
        Some(SessionStatus::Failed | SessionStatus::Timeout) => SessionActivity::Failed,
        Some(SessionStatus::Aborted | SessionStatus::Killed) => SessionActivity::Aborted,
        _ => SessionActivity::Idle,
    }
}

/// Whether a run is in flight. What the row says of runs counts before its status, which may be of the last one.
pub(crate) fn is_running(row: &SessionRow) -> bool {
    match (row.has_active_run, &row.status) {
        (Some(active), _) => active,
        (None, Some(SessionStatus::Running | SessionStatus::Queued)) => true,
        _ => false,
    }
}

/// One line of the list.
pub(crate) fn view(
    gateway: &GatewayId,
    row: &SessionRow,
    waits: bool,
    cached: bool,
) -> SessionView {
    let names = [
        &row.label,
        &row.display_name,
        &row.derived_title,
        &row.auto_label,
        &row.subject,
    ];
    let title = names
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty());
    let short = |text: &Option<String>| text.as_ref().map(|t| one_line(t, TITLE));
    SessionView {
        session: SessionRef {
            gateway: gateway.clone(),
            key: row.key.clone(),
        },
        title: title.map_or_else(|| of_key(&row.key), |title| one_line(title, TITLE)),
        agent: short(&row.agent_id).or_else(|| agent_of(&row.key)),
        kind: short(&row.kind),
        channel: short(&row.channel),
        model: short(&row.model),
        exec_mode: exec_mode::of(row),
        activity: activity(row, waits),
        unread: row.unread.unwrap_or(false),
        pinned: row.pinned.unwrap_or(false),
        archived: row.archived.unwrap_or(false),
        updated_at: row.last_activity_at.max(row.updated_at).map(number),
        preview: row
            .last_message_preview
            .as_ref()
            .map(|p| one_line(p, PREVIEW)),
        total_tokens: row.total_tokens.map(number),
        context_tokens: row.context_tokens.map(number),
        cost_usd: row.estimated_cost_usd,
        cached,
    }
}

/// Session keys of an agent are `agent:<id>:…`.
fn agent_of(key: &str) -> Option<String> {
    let agent = key.strip_prefix("agent:")?.split(':').next()?;
    Some(one_line(agent, TITLE))
}

/// What a session is called that nothing names: an agent's own conversation, or its key without the agent.
fn of_key(key: &str) -> String {
    let rest = key
        .strip_prefix("agent:")
        .and_then(|key| key.split_once(':'));
    match rest {
        Some((_, "main")) => "Main session".to_owned(),
        Some((_, rest)) => one_line(rest, TITLE),
        None => one_line(key, TITLE),
    }
}

/// What an event makes of a row.
pub(crate) enum Changed {
    Row(Box<SessionRow>),
    Gone,
    /// The event does not say enough: list again.
    Unclear,
}

/// The row after an event. Newer gateways send it whole; older ones its fields beside the event's own.
pub(crate) fn after(before: Option<&SessionRow>, event: &SessionsChanged) -> Changed {
    let Some(key) = &event.session_key else {
        return Changed::Unclear;
    };
    if matches!(
        event.reason.as_deref(),
        Some("delete" | "deleted" | "remove" | "removed")
    ) {
        return Changed::Gone;
    }
    let mut row = match &event.session {
        Some(row) => row.clone(),
        None => match merged(before, key, event) {
            Some(row) => row,
            None => return Changed::Unclear,
        },
    };
    if event.has_active_run.is_some() {
        row.has_active_run = event.has_active_run;
    }
    match event.phase.as_deref() {
        Some("start") => row.has_active_run = Some(true),
        Some("end" | "error") => row.has_active_run = Some(event.has_active_run.unwrap_or(false)),
        _ => {}
    }
    Changed::Row(Box::new(row))
}

fn merged(before: Option<&SessionRow>, key: &str, event: &SessionsChanged) -> Option<SessionRow> {
    if event.extra.is_empty() && before.is_none() {
        return None;
    }
    let mut fields = match before.map(serde_json::to_value) {
        Some(Ok(Value::Object(fields))) => fields,
        _ => serde_json::Map::new(),
    };
    for (name, value) in &event.extra {
        fields.insert(name.clone(), value.clone());
    }
    fields.insert("key".to_owned(), Value::String(key.to_owned()));
    serde_json::from_value(Value::Object(fields)).ok()
}

#[expect(clippy::cast_precision_loss, reason = "times and counts below 2^53")]
fn number(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn row(value: Value) -> SessionRow {
        from_value(value).unwrap()
    }

    #[track_caller]
    fn check(value: Value, waits: bool, expected: SessionActivity) {
        assert_eq!(activity(&row(value), waits), expected);
    }

    #[test]
    fn activity_is_what_the_session_does_now() {
        check(
            json!({"key": "a", "status": "running"}),
            false,
            SessionActivity::Running,
        );
        check(
            json!({"key": "a", "status": "running", "hasActiveRun": false}),
            false,
            SessionActivity::Idle,
        );
        check(
            json!({"key": "a", "status": "failed"}),
            false,
            SessionActivity::Failed,
        );
        check(
            json!({"key": "a", "status": "killed"}),
            false,
            SessionActivity::Aborted,
        );
        check(
            json!({"key": "a", "status": "running"}),
            true,
            SessionActivity::WaitingForApproval,
        );
    }

    #[test]
    fn a_title_is_the_first_name_that_says_something() {
        let view = view(
            &GatewayId("g".into()),
            &row(
                json!({"key": "agent:main:x", "label": " ", "derivedTitle": "Fix\nthe \u{202e}build"}),
            ),
            false,
            false,
        );
        assert_eq!(view.title, "Fix the ⟨U+202E⟩build");
        assert_eq!(view.agent.as_deref(), Some("main"));
    }

    #[test]
    fn an_older_gateways_event_changes_the_fields_that_it_names() {
        let before = row(json!({"key": "a", "label": "Old", "model": "m"}));
        let event: SessionsChanged =
            from_value(json!({"sessionKey": "a", "reason": "patch", "label": "New"})).unwrap();
        let Changed::Row(after) = after(Some(&before), &event) else {
            panic!("a row")
        };
        assert_eq!(
            (after.label.as_deref(), after.model.as_deref()),
            (Some("New"), Some("m"))
        );
    }

    #[test]
    fn an_event_without_a_session_means_list_again() {
        let event: SessionsChanged = from_value(json!({"reason": "cleanup"})).unwrap();
        assert!(matches!(after(None, &event), Changed::Unclear));
    }
}
