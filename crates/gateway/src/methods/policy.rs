//! The policy: read, validated, changed, tried on a command, and held against what happened before.

use std::path::PathBuf;

use gatehouse_audit::Draft;
use gatehouse_policy::Policy;
use gatehouse_policy::decide::{PastAction, simulate as simulated};
use gatehouse_policy::rules::{Preset, Problem};
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{AuditFilter, AuditPage};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::audit::done_by;
use crate::govern::{Doer, PolicyEdit, PolicyEditError, PolicyState};
use crate::router::{Cx, MethodError, MethodTable, NoParams};
use crate::sessions::lineage_of;

/// Past actions that a simulation looks at, unless it says fewer. What flips of them goes into one answer.
const MOST_SIMULATED: u32 = 10_000;

/// The longest document that is read.
const LONGEST: usize = 1 << 20;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("gatehouse.policy.get", MethodScope::Read, get);
    table.operator("gatehouse.policy.validate", MethodScope::Read, validate);
    table.operator("gatehouse.policy.set", MethodScope::Admin, set);
    table.operator("gatehouse.policy.check", MethodScope::Read, check);
    table.operator("gatehouse.policy.simulate", MethodScope::Read, simulate);
}

async fn get(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    Ok(view(&cx.app.policy.current()))
}

fn view(state: &PolicyState) -> Value {
    let policy = &state.policy;
    json!({
        "version": policy.version(),
        "preset": policy.preset(),
        "document": policy.document(),
        "hash": policy.hash(),
        "problems": state.problems,
        "rules": policy.rules(),
        "roles": policy.roles(),
        "changedAt": state.changed_at,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidateParams {
    document: String,
    #[serde(default)]
    roles: Option<String>,
}

async fn validate(_: Cx, params: ValidateParams) -> Result<Value, MethodError> {
    within_bounds(&[Some(&params.document), params.roles.as_deref()])?;
    let problems = blocking(move || Policy::validate(&params.document, params.roles.as_deref()));
    Ok(json!({"problems": problems.await?}))
}

fn within_bounds(texts: &[Option<&str>]) -> Result<(), MethodError> {
    if texts.iter().flatten().any(|text| text.len() > LONGEST) {
        return Err(MethodError::invalid("the document is too long"));
    }
    Ok(())
}

/// Work that takes long enough to hold up others.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, MethodError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(MethodError::internal)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetParams {
    base_hash: String,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    roles: Option<String>,
    #[serde(default)]
    preset: Option<PresetWord>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PresetWord {
    Guarded,
    Strict,
    Observe,
}

impl From<PresetWord> for Preset {
    fn from(word: PresetWord) -> Self {
        match word {
            PresetWord::Guarded => Self::Guarded,
            PresetWord::Strict => Self::Strict,
            PresetWord::Observe => Self::Observe,
        }
    }
}

async fn set(cx: Cx, params: SetParams) -> Result<Value, MethodError> {
    within_bounds(&[params.document.as_deref(), params.roles.as_deref()])?;
    let edit = PolicyEdit {
        document: params.document,
        roles: params.roles,
        preset: params.preset.map(Preset::from),
    };
    let say = |before: &Policy, after: &Policy| {
        let (from, to) = (before.version(), after.version());
        Draft {
            policy_version: Some(to.to_owned()),
            detail: Some(json!({
                "before": from, "preset": after.preset(), "hash": after.hash(),
                "client": cx.caller.label(),
            })),
            ..done_by(
                &cx.caller,
                "policy.changed",
                format!("the policy was changed from {from} to {to}"),
            )
        }
    };
    let edited = cx.app.policy.edit(&params.base_hash, edit, say).await;
    let state = edited.map_err(|error| match error {
        PolicyEditError::Mistakes(problems) => mistakes(&problems),
        PolicyEditError::Changed => MethodError::invalid(error.to_string())
            .with_details(json!({"reason": "POLICY_CHANGED"})),
        PolicyEditError::NoPreset => MethodError::invalid(error.to_string()),
        PolicyEditError::Io(error) => MethodError::internal(error),
        PolicyEditError::Store(error) => error.into(),
    })?;
    Ok(view(&state))
}

fn mistakes(problems: &[Problem]) -> MethodError {
    MethodError::invalid("the policy has mistakes").with_details(json!({"problems": problems}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CheckParams {
    command: String,
    #[serde(default)]
    cwd: Option<PathBuf>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_key: Option<String>,
}

async fn check(cx: Cx, params: CheckParams) -> Result<Value, MethodError> {
    let defaults = cx.app.sessions.defaults();
    let agent = params.agent_id.unwrap_or(defaults.agent_id);
    let agents = &cx.app.agents;
    // What one that there is not yet may do can be asked, too.
    let workspace = match agents.find(&agent).await? {
        Some(found) => agents.folder(&found),
        None => agents.workspace(&agent),
    };
    let session = params.session_key.unwrap_or_default();
    let taint = cx.app.taints.of(&session).await?;
    let lineage = lineage_of(&*cx.app.store, &session).await?;
    let credentials = cx.app.credentials.known("exec", None).await;
    let credentials = credentials.map_err(MethodError::internal)?;
    let judge = cx.app.judge.clone();
    blocking(move || {
        let cwd = params
            .cwd
            .map_or_else(|| workspace.clone(), |cwd| workspace.join(cwd));
        let doer = Doer {
            agent,
            session,
            lineage,
            told_by: Vec::new(),
        };
        judge.check(
            &doer,
            &params.command,
            &cwd,
            &workspace,
            &taint,
            &credentials,
        )
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SimulateParams {
    document: Option<String>,
    since: Option<i64>,
    limit: Option<u32>,
}

/// What the recorded actions would have come to under another document; without one, under the one in force.
async fn simulate(cx: Cx, params: SimulateParams) -> Result<Value, MethodError> {
    within_bounds(&[params.document.as_deref()])?;
    let limit = params.limit.unwrap_or(MOST_SIMULATED);
    let page = intents(&cx, params.since, limit.clamp(1, MOST_SIMULATED)).await?;
    let current = cx.app.policy.current().policy;
    blocking(move || {
        let candidate = match &params.document {
            Some(document) => {
                let loaded = Policy::load(document, Some(current.roles()));
                Some(loaded.map_err(|problems| mistakes(&problems))?)
            }
            None => None,
        };
        // The record is read from its end; actions are decided from its beginning.
        let past: Vec<PastAction> = page.rows.iter().rev().filter_map(past).collect();
        let simulation = match &candidate {
            Some(candidate) => simulated(&past, candidate, Some(&current)),
            None => simulated(&past, &current, None),
        };
        let mut answer = serde_json::to_value(simulation).map_err(MethodError::internal)?;
        answer["more"] = json!(page.more);
        Ok(answer)
    })
    .await?
}

/// The latest `limit` actions that were recorded since then, the latest first, and whether there are older ones.
async fn intents(cx: &Cx, since: Option<i64>, limit: u32) -> Result<AuditPage, MethodError> {
    let mut found = AuditPage::default();
    loop {
        let looked_at = u32::try_from(found.rows.len()).unwrap_or(u32::MAX);
        let filter = AuditFilter {
            kinds: vec!["tool.intent".to_owned()],
            before: found.rows.last().map(|row| row.seq),
            since,
            limit: limit.saturating_sub(looked_at),
            ..AuditFilter::default()
        };
        if filter.limit == 0 {
            return Ok(found);
        }
        let page = cx.app.store.audit_list(&filter).await?;
        found.more = page.more;
        found.rows.extend(page.rows);
        if !found.more {
            return Ok(found);
        }
    }
}

fn past(row: &gatehouse_store::gateway::AuditRow) -> Option<PastAction> {
    let mut record: Value = serde_json::from_str(&row.bytes).ok()?;
    let mut past = record.get_mut("request")?.take();
    past["seq"] = json!(row.seq);
    serde_json::from_value(past).ok()
}
