//! What lies between once and always: our own answers to approvals, and the grants that come of them.

use gatehouse_audit::Draft;
use gatehouse_policy::shell::is_words_alone;
use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{AuditFilter, GrantKind, GrantRecord, Witness};
use serde::Deserialize;
use serde_json::{Value, json};

use super::approvals::{LONGEST_COMMAND, refused};
use crate::audit::done_by;
use crate::govern::{AnswerError, Answered, Choice, GrantPattern, wire};
use crate::router::{Cx, MethodError, MethodTable, NoParams};

/// Past actions that a preview looks through.
const LOOKED_AT: u32 = 1_000;

/// The most that a preview shows.
const SHOWN: usize = 200;

/// What is found of a call that is more than the words of its line: variables, another folder, what a word stands for.
const BESIDE: [&str; 7] = [
    "env-credential",
    "env-harmless",
    "env-set",
    "env-unseen",
    "other-folder",
    "word-credential",
    "write-run",
];

/// The longest reason that reaches an agent, in bytes.
const LONGEST_REASON: usize = 2_000;

/// The most approvals of one batch.
const MOST_OF_BATCH: usize = 100;

pub(super) fn register(table: &mut MethodTable) {
    let scope = MethodScope::Approvals;
    table.operator("gatehouse.approvals.get", scope, get);
    table.operator("gatehouse.approvals.resolve", scope, resolve);
    table.operator("gatehouse.approvals.resolveBatch", scope, resolve_batch);
    table.operator("gatehouse.approvals.revoke", scope, revoke_approval);
    table.operator("gatehouse.grants.list", MethodScope::Read, list);
    table.operator("gatehouse.grants.preview", MethodScope::Read, preview);
    table.operator("gatehouse.grants.revoke", MethodScope::Admin, revoke);
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResolveParams {
    id: String,
    decision: Word,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    minutes: Option<u32>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    until: Option<i64>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    edited_command: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Once,
    Session,
    For,
    Always,
    Deny,
}

impl ResolveParams {
    /// A parameter that means nothing beside the decision was meant for another one.
    fn check(&self) -> Result<(), MethodError> {
        let decision = self.decision;
        for (name, is_given, fits) in [
            ("minutes", self.minutes.is_some(), decision == Word::For),
            ("pattern", self.pattern.is_some(), decision == Word::Always),
            ("until", self.until.is_some(), decision == Word::Always),
            ("reason", self.reason.is_some(), decision == Word::Deny),
            (
                "editedCommand",
                self.edited_command.is_some(),
                decision == Word::Once,
            ),
        ] {
            if is_given && !fits {
                let text = format!("{name} means nothing with this decision");
                return Err(MethodError::invalid(text));
            }
        }
        Ok(())
    }

    fn choice(&self) -> Result<Choice, MethodError> {
        Ok(match self.decision {
            Word::Once => Choice::Once,
            Word::Session => Choice::Session,
            Word::For => Choice::For {
                minutes: self
                    .minutes
                    .ok_or_else(|| MethodError::invalid("minutes is required"))?,
            },
            Word::Always => Choice::Always {
                pattern: self.pattern.clone(),
                until: self.until,
            },
            Word::Deny => Choice::Deny {
                reason: reason(self.reason.as_deref())?,
            },
        })
    }
}

fn reason(text: Option<&str>) -> Result<Option<String>, MethodError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.len() > LONGEST_REASON) {
        return Err(MethodError::invalid("the reason is too long"));
    }
    Ok(text.map(str::to_owned))
}

/// A question with who answered it and how, which the published answer leaves out.
async fn get(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    let record = cx.app.store.approval(&params.id).await?;
    let record = record.ok_or_else(|| refused(AnswerError::Unknown))?;
    cx.may_see(&record).await?;
    Ok(json!({"approval": wire::snapshot(&record), "answer": wire::answer(&record)}))
}

/// First answer wins; a later one is shown the record that stands.
async fn resolve(cx: Cx, params: ResolveParams) -> Result<Value, MethodError> {
    params.check()?;
    let (approvals, resolver) = (&cx.app.approvals, cx.decider(&params.id).await?);
    let answered = match params.edited_command.as_deref().map(str::trim) {
        Some("") => return Err(MethodError::invalid("editedCommand is empty")),
        Some(command) => {
            if params.digest.is_some() {
                let text = "an edit makes a new request, so it takes no digest";
                return Err(MethodError::invalid(text));
            }
            if command.len() > LONGEST_COMMAND {
                return Err(MethodError::invalid("editedCommand is too long"));
            }
            cx.app.governor.edit(&params.id, command, &resolver).await
        }
        None => {
            let digest = params.digest.as_deref();
            let choice = params.choice()?;
            approvals
                .choose(&params.id, digest, &choice, &resolver)
                .await
        }
    };
    told(answered)
}

fn told(answered: Result<Answered, AnswerError>) -> Result<Value, MethodError> {
    match answered {
        Ok(answered) => Ok(json!({
            "applied": true,
            "counted": matches!(answered, Answered::Counted(_)),
            "approval": wire::snapshot(answered.record()),
            "answer": wire::answer(answered.record()),
        })),
        Err(AnswerError::Settled(record)) => Ok(json!({
            "applied": false, "counted": false, "approval": wire::snapshot(&record),
            "answer": wire::answer(&record),
        })),
        Err(AnswerError::Again(record)) => Ok(json!({
            "applied": false, "counted": false, "reason": "already counted",
            "approval": wire::snapshot(&record),
        })),
        Err(other) => Err(refused(other)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BatchParams {
    items: Vec<BatchItem>,
    decision: BatchWord,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchItem {
    id: String,
    digest: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BatchWord {
    Once,
    Deny,
}

/// Each by its own digest, each taken by itself: one that changed or was answered holds up no other.
async fn resolve_batch(cx: Cx, params: BatchParams) -> Result<Value, MethodError> {
    if params.items.len() > MOST_OF_BATCH {
        let text = format!("a batch holds at most {MOST_OF_BATCH} approvals");
        return Err(MethodError::invalid(text));
    }
    let choice = match params.decision {
        BatchWord::Once => Choice::Once,
        BatchWord::Deny => Choice::Deny {
            reason: reason(params.reason.as_deref())?,
        },
    };
    let mut results = Vec::with_capacity(params.items.len());
    for item in &params.items {
        let mut result = match answer_one(&cx, item, &choice).await {
            Ok(result) => result,
            Err(error) => json!({
                "applied": false,
                "error": {"message": error.message, "details": error.details},
            }),
        };
        result["id"] = json!(item.id);
        results.push(result);
    }
    Ok(json!({"results": results}))
}

async fn answer_one(cx: &Cx, item: &BatchItem, choice: &Choice) -> Result<Value, MethodError> {
    let resolver = cx.decider(&item.id).await?;
    let approvals = &cx.app.approvals;
    told(
        approvals
            .choose_of_many(&item.id, &item.digest, choice, &resolver)
            .await,
    )
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdParams {
    id: String,
}

/// Takes a yes back that was not used yet.
async fn revoke_approval(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    let resolver = cx.decider(&params.id).await?;
    let revoked = cx.app.approvals.revoke(&params.id, &resolver).await?;
    Ok(json!({"revoked": revoked}))
}

async fn list(cx: Cx, _: NoParams) -> Result<Value, MethodError> {
    let grants = cx.app.store.grants(None, cx.app.approvals.now()).await?;
    let grants: Vec<Value> = grants.iter().map(view).collect();
    Ok(json!({"grants": grants}))
}

fn view(grant: &GrantRecord) -> Value {
    let kind = match grant.kind {
        GrantKind::Exact => "exact",
        GrantKind::Pattern => "pattern",
    };
    json!({
        "id": grant.id,
        "kind": kind,
        "text": grant.text,
        "agentId": grant.agent,
        "sessionKey": grant.session,
        "cwd": grant.cwd,
        "createdAt": grant.created_at,
        "createdBy": grant.created_by,
        "expiresAt": grant.expires_at,
        "uses": grant.uses,
        "lastUsedAt": grant.last_used_at,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PreviewParams {
    pattern: String,
    #[serde(default)]
    agent_id: Option<String>,
}

/// The past commands that a pattern would have allowed. Those that asked for what no pattern answers are not among them.
async fn preview(cx: Cx, params: PreviewParams) -> Result<Value, MethodError> {
    let pattern = GrantPattern::parse(&params.pattern)
        .map_err(|error| MethodError::invalid(error.to_string()))?;
    let filter = AuditFilter {
        kinds: vec!["tool.intent".to_owned()],
        agent: params.agent_id,
        limit: LOOKED_AT,
        ..AuditFilter::default()
    };
    let page = cx.app.store.audit_list(&filter).await?;
    let judge = cx.app.judge.clone();
    let matches = tokio::task::spawn_blocking(move || {
        let rows = page.rows.into_iter().filter_map(|row| {
            let record: Value = serde_json::from_str(&row.bytes).ok()?;
            let request = record.get("request")?;
            let command = request["act"]["command"].as_str()?.to_owned();
            let (commands, plan) = judge.commands(request)?;
            let found = record["detail"]["findings"].as_array();
            let mut codes = found
                .into_iter()
                .flatten()
                .filter_map(|one| one["code"].as_str());
            // No pattern would have answered these, whatever the line says.
            let beside = codes.any(|code| BESIDE.contains(&code));
            let all = !commands.is_empty()
                && !beside
                && is_words_alone(&plan)
                && commands
                    .iter()
                    .all(|one| one.exact && pattern.matches(&one.argv));
            all.then(|| json!({"seq": row.seq, "at": row.at, "command": command}))
        });
        rows.take(SHOWN).collect::<Vec<_>>()
    });
    let matches = matches.await.map_err(MethodError::internal)?;
    Ok(json!({"matches": matches}))
}

/// What the audit says of each grant that ends because what it was given for has, `why` being that.
pub(super) fn ended(cx: &Cx, why: &str) -> Witness<GrantRecord> {
    let (caller, why) = (cx.caller.clone(), why.to_owned());
    cx.app.audit.witness(move |grant: &GrantRecord| {
        let what = format!("the grant {} was revoked: {why}", grant.id);
        let mut draft = done_by(&caller, "grant.revoked", what);
        let detail = draft.detail.get_or_insert_with(|| json!({}));
        detail["grant"] = wire::terms(grant);
        Draft {
            resource: Some(grant.id.clone()),
            agent: Some(grant.agent.clone()),
            session: grant.session.clone(),
            ..draft
        }
    })
}

async fn revoke(cx: Cx, params: IdParams) -> Result<Value, MethodError> {
    let now = cx.app.approvals.now();
    let what = format!("the grant {} was revoked", params.id);
    let draft = Draft {
        ts: now,
        resource: Some(params.id.clone()),
        ..done_by(&cx.caller, "grant.revoked", what)
    };
    let store = &cx.app.store;
    let revoked = store.grant_revoke(&params.id, now, Some(draft)).await?;
    Ok(json!({"revoked": revoked}))
}
