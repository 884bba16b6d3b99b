//! What the audit says of tool calls: the intent, which must be written before anything runs, and the outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatehouse_agent::govern::{Effect, FileEffect};
use gatehouse_agent::{Action, ToolOutcome};
use gatehouse_audit::{Actor, Draft};
use gatehouse_policy::Verdict;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{GatewayStore, GrantRecord};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::govern::approvals::shown::one_line;
use crate::govern::judge::{Judged, kept_arguments as kept};

/// The kinds of these records.
pub(in crate::govern) const INTENT: &str = "tool.intent";
pub(in crate::govern) const OUTCOME: &str = "tool.outcome";

/// Where an intent says what it counts as, for rules with a rate.
pub(in crate::govern) const COUNTED: &str = "counted";

/// The code of a call that could not be judged.
const MEANINGLESS: &str = "unresolved";

/// The longest name of a tool that is recorded, in characters: one that there is not can be anything.
const LONGEST_NAME: usize = 128;

/// Writes the records of tool calls.
#[derive(Clone)]
pub(super) struct Recorder {
    pub(super) store: Arc<dyn GatewayStore>,
    pub(super) clock: Clock,
    /// The intents whose outcome is not known yet, by call; locked for a look at a time.
    open: Arc<Mutex<HashMap<String, Opened>>>,
}

/// By what a call runs that nobody was asked about just now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Leave {
    /// The policy's verdict, or the answer that the outcome names.
    #[default]
    Policy,
    /// What a person granted before, by id.
    Grants(Vec<String>),
    /// An entry of the allow-list.
    Entry(String),
    /// The mode's fallback: nobody was there to ask.
    Fallback,
}

impl Leave {
    pub(super) fn of_rule(rule: Option<String>) -> Self {
        rule.map_or(Self::Policy, Self::Entry)
    }

    fn say(&self, detail: &mut Value) {
        match self {
            Self::Policy => {}
            Self::Grants(ids) => detail["grants"] = json!(ids),
            Self::Entry(id) => detail["allowListEntry"] = json!(id),
            Self::Fallback => detail["fallback"] = json!(true),
        }
    }
}

/// An intent that was written.
#[derive(Debug, Clone, Default)]
struct Opened {
    seq: u64,
    /// What the call was about then: a person may have put another command in place since the run asked.
    what: Option<String>,
    digest: Option<String>,
    approval: Option<String>,
    leave: Leave,
}

impl Recorder {
    pub(super) fn new(store: Arc<dyn GatewayStore>, clock: Clock) -> Self {
        Self {
            store,
            clock,
            open: Arc::default(),
        }
    }

    /// Writes what is about to be decided. Without it nothing may run. Takes what the record alone is for.
    pub(super) async fn intent(
        &self,
        action: &Action,
        judged: &mut Judged,
    ) -> Result<(), StoreError> {
        let past = judged.past.take();
        let decision = &judged.decision;
        let draft = Draft {
            verdict: Some(word(judged.verdict).to_owned()),
            rules: decision.rules.iter().map(|hit| hit.id.clone()).collect(),
            policy_version: Some(decision.policy_version.clone()),
            detail: Some(detail(judged)),
            request: Some(past),
            ..self.draft(INTENT, action)
        };
        let appended = self.store.audit_append(vec![draft]).await?;
        let seq = appended.first().map(|appended| appended.seq);
        if let Some(seq) = seq {
            let opened = Opened {
                seq,
                what: Some(what(action)),
                ..Opened::default()
            };
            self.lock().insert(key(action), opened);
        }
        Ok(())
    }

    /// Writes that a person put another command in place of the one that was going to be run.
    pub(super) async fn replaced(&self, action: &Action) -> Result<(), StoreError> {
        let opened = self.close(action);
        let draft = Draft {
            outcome: Some("edited".to_owned()),
            intent: (opened.seq > 0).then_some(opened.seq),
            ..self.draft(OUTCOME, action)
        };
        self.store.audit_append(vec![draft]).await.map(drop)
    }

    fn close(&self, action: &Action) -> Opened {
        self.lock().remove(&key(action)).unwrap_or_default()
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Opened>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes by what a call came to run.
    pub(super) fn allowed(
        &self,
        action: &Action,
        digest: String,
        approval: Option<String>,
        leave: Leave,
    ) {
        if let Some(opened) = self.lock().get_mut(&key(action)) {
            opened.digest = Some(digest);
            opened.approval = approval;
            opened.leave = leave;
        }
    }

    /// What is written when a call runs by a grant, with its use. The outcome names the grant too.
    pub(super) fn by_grant(&self, action: &Action, grant: &GrantRecord) -> Draft {
        let seq = self.lock().get(&key(action)).map(|opened| opened.seq);
        let mut detail = crate::govern::approvals::wire::terms(grant);
        detail["intentSeq"] = json!(seq);
        Draft {
            resource: Some(grant.id.clone()),
            detail: Some(detail),
            ..self.draft("grant.used", action)
        }
    }

    /// Writes what came of it.
    pub(super) async fn outcome(&self, action: &Action, outcome: &ToolOutcome) {
        let opened = self.close(action);
        let what = opened.what.unwrap_or_else(|| what(action));
        let (word, mut detail) = match outcome {
            ToolOutcome::Ran(output) => {
                let word = if output.is_error { "error" } else { "ok" };
                let details = output.details.as_ref();
                let field = |name: &str| details.and_then(|details| details.get(name)).cloned();
                let mut detail =
                    json!({"exitCode": field("exitCode"), "durationMs": field("durationMs")});
                // Where a page was read that sent on, and where one sends on to that was not read.
                for name in ["finalUrl", "redirect"] {
                    if let Some(url) =
                        field(name).filter(|_| matches!(action.effect, Effect::Fetch { .. }))
                    {
                        detail[name] = url;
                    }
                }
                (word, detail)
            }
            ToolOutcome::Denied { reason, code } => {
                ("denied", json!({"reason": reason, "code": code}))
            }
            ToolOutcome::Changed => ("changed", Value::Null),
            ToolOutcome::Aborted => ("aborted", Value::Null),
        };
        // One that did not run after all had leave to.
        opened.leave.say(&mut detail);
        let draft = Draft {
            outcome: Some(word.to_owned()),
            what: Some(what),
            detail: (!detail.is_null()).then_some(detail),
            intent: (opened.seq > 0).then_some(opened.seq),
            request_digest: opened.digest,
            approval_id: opened.approval,
            ..self.draft(OUTCOME, action)
        };
        if let Err(error) = self.store.audit_append(vec![draft]).await {
            tracing::error!(%error, tool = %action.tool, "an outcome could not be recorded");
        }
    }

    /// Writes that a call meant nothing that could be judged. It does not run, recorded or not.
    pub(super) async fn meaningless(&self, action: &Action, why: &str) {
        let tool: String = action.tool.chars().take(LONGEST_NAME).collect();
        let draft = |kind| Draft {
            action: Some(tool.clone()),
            what: Some(format!("{tool}: {why}")),
            ..self.draft(kind, action)
        };
        let intent = Draft {
            verdict: Some(word(Verdict::Deny).to_owned()),
            detail: Some(
                json!({"reason": why, "code": MEANINGLESS, "arguments": kept(&action.arguments)}),
            ),
            ..draft(INTENT)
        };
        let written = async {
            let appended = self.store.audit_append(vec![intent]).await?;
            let outcome = Draft {
                outcome: Some("denied".to_owned()),
                intent: appended.first().map(|appended| appended.seq),
                detail: Some(json!({"reason": why, "code": MEANINGLESS})),
                ..draft(OUTCOME)
            };
            self.store.audit_append(vec![outcome]).await
        };
        if let Err(error) = written.await {
            tracing::error!(%error, tool, "a call that means nothing could not be recorded");
        }
    }

    fn draft(&self, kind: &str, action: &Action) -> Draft {
        Draft {
            ts: i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX),
            kind: kind.to_owned(),
            actor: Actor::agent(&action.agent_id),
            agent: Some(action.agent_id.clone()),
            session: Some(action.session_key.clone()),
            run: Some(action.run_id.clone()),
            action: Some(action.tool.clone()),
            what: Some(what(action)),
            trace: Some(action.tool_call_id.clone()),
            ..Draft::default()
        }
    }
}

/// Why it was judged so, and what would run.
fn detail(judged: &Judged) -> Value {
    let decision = &judged.decision;
    let mut detail = json!({
        "findings": decision.findings,
        "effects": decision.effects,
        "plan": decision.plan,
        "enforced": judged.enforced,
    });
    if !decision.rates.is_empty() {
        detail[COUNTED] = json!(decision.rates);
    }
    detail
}

fn key(action: &Action) -> String {
    format!("{}\0{}", action.run_id, action.tool_call_id)
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}

/// What a request sends beside its address.
fn headers(action: &Action) -> String {
    let headers = action.arguments.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten();
    let texts = headers.filter_map(|(name, value)| Some(format!("{name}: {}", value.as_str()?)));
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        return String::new();
    }
    format!(" with {}", texts.join(", "))
}

/// Files that the one line names; a question and the effects in the record name all.
const MOST_NAMED: usize = 5;

/// A file's path, from the workspace where it lies there.
pub(in crate::govern) fn shown_path(action: &Action, file: &FileEffect) -> String {
    let path = file.path.strip_prefix(&action.workspace);
    one_line(&path.unwrap_or(&file.path).display().to_string())
}

/// One line for a person: what the call is about.
pub(in crate::govern) fn what(action: &Action) -> String {
    match &action.effect {
        Effect::Exec(exec) => exec.command.clone(),
        Effect::Files { paths } => {
            let shown = paths.iter().map(|file| shown_path(action, file));
            let mut shown: Vec<String> = shown.take(MOST_NAMED).collect();
            if paths.len() > MOST_NAMED {
                shown.push(format!("and {} more", paths.len() - MOST_NAMED));
            }
            format!("{} {}", action.tool, shown.join(" "))
        }
        Effect::Fetch { url } => format!("{} {url}{}", action.tool, headers(action)),
        Effect::Process {
            action: done,
            session,
            input: Some(input),
            ..
        } => {
            // Written out, so that keys and ends of lines can be seen.
            let (tool, data, command) = (&action.tool, &input.data, &input.command);
            format!("{tool} {done} {session}: {data:?} into {command}")
        }
        Effect::Process {
            action: done,
            session,
            ..
        } => format!("{} {done} {session}", action.tool),
        Effect::Session {
            action: done,
            target,
        } => format!("{} {done} {}", action.tool, one_line(target)),
        Effect::None => action.tool.clone(),
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_agent::tools::ToolOutput;
    use gatehouse_store::gateway::SqliteGatewayStore;

    use super::*;
    use crate::govern::governor::course::tests::{command, judged};

    #[tokio::test]
    async fn an_outcome_names_its_intent_also_after_somebody_panicked() {
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let recorder = Recorder::new(store.clone(), Clock::new(|| 1));
        let open = recorder.open.clone();
        let panicked = std::thread::spawn(move || {
            let _held = open.lock();
            panic!("while it was held");
        });
        assert!(panicked.join().is_err());
        let action = command();
        let mut judged = judged(Verdict::Allow);
        recorder.intent(&action, &mut judged).await.unwrap();
        let approval = Some("approval".to_owned());
        recorder.allowed(&action, "digest".to_owned(), approval, Leave::Policy);
        let ran = ToolOutcome::Ran(ToolOutput::text("done"));
        recorder.outcome(&action, &ran).await;
        let rows = store.audit_rows(0, 10).await.unwrap();
        let outcome: Value = serde_json::from_str(&rows[1].bytes).unwrap();
        assert_eq!(outcome["intent"], 1, "{outcome}");
        assert_eq!(outcome["approval_id"], "approval", "{outcome}");
    }

    #[tokio::test]
    async fn an_outcome_says_by_whose_leave_it_ran_where_nobody_was_asked() {
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let recorder = Recorder::new(store.clone(), Clock::new(|| 1));
        let (action, mut judged) = (command(), judged(Verdict::Ask));
        for (leave, outcome, wanted) in [
            (
                Leave::Grants(vec!["one".to_owned(), "two".to_owned()]),
                ToolOutcome::Ran(ToolOutput::text("done")),
                json!({"grants": ["one", "two"], "exitCode": null, "durationMs": null}),
            ),
            (
                Leave::Entry("listed".to_owned()),
                ToolOutcome::Aborted,
                json!({"allowListEntry": "listed"}),
            ),
            (
                Leave::Fallback,
                ToolOutcome::Changed,
                json!({"fallback": true}),
            ),
        ] {
            recorder.intent(&action, &mut judged).await.unwrap();
            recorder.allowed(&action, "digest".to_owned(), None, leave);
            recorder.outcome(&action, &outcome).await;
            let rows = store.audit_rows(0, 100).await.unwrap();
            let last: Value = serde_json::from_str(&rows.last().unwrap().bytes).unwrap();
            assert_eq!(last["detail"], wanted, "{last}");
        }
    }
}
