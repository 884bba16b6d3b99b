//! A question to a person, before it is recorded; and the words it can be answered with.

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, ExecEffect};
use gatehouse_store::gateway::AllowEntry;
use serde_json::{Map, Value, json};

use super::answers::GrantBasis;
use super::shown::{Shown, shown};
use super::wire;
use crate::govern::governor::course::Question as Asking;
use crate::govern::grants;
use crate::govern::judge::Judged;
use crate::govern::look::Look;
use crate::govern::modes::allow_list;
use crate::govern::modes::exec_policy::ExecPolicy;

/// An answer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    AllowOnce,
    AllowAlways,
    Deny,
}

impl Decision {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "allow-once" => Some(Self::AllowOnce),
            "allow-always" => Some(Self::AllowAlways),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::AllowOnce => "allow-once",
            Self::AllowAlways => "allow-always",
            Self::Deny => "deny",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The asker's own id; one is made where there is none.
    pub id: Option<String>,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub run: Option<String>,
    /// Of exactly what will run.
    pub digest: String,
    /// The `request` of the published events, with `allowedDecisions`.
    pub request: Map<String, Value>,
    /// How long it can be answered, in milliseconds.
    pub timeout_ms: u64,
    /// What an answer "always" adds to the allow-list; none where that is not offered.
    pub always: Option<AllowEntry>,
    /// What grants are made of; none where the asker is another client.
    pub(crate) grants: Option<GrantBasis>,
    /// The principal who asks.
    pub requester: Option<String>,
    /// Which person that is, where it is one.
    pub requester_person: Option<String>,
    /// How many people must say yes.
    pub approvers: u32,
    /// Whether the gateway itself runs what is allowed.
    pub bound: bool,
}

impl Question {
    /// The question about a run's action.
    pub(in crate::govern) fn about(
        action: &Action,
        judged: &Judged,
        look: &Look,
        asking: Asking,
        policy: &ExecPolicy,
        digest: String,
    ) -> Self {
        let exec = match &action.effect {
            Effect::Exec(exec) => Some(exec),
            _ => None,
        };
        let always = exec
            .filter(|_| asking.may_be_always)
            .and_then(|exec| entry(action, exec));
        let allowed = match always {
            Some(_) => json!(["allow-once", "allow-always", "deny"]),
            None => json!(["allow-once", "deny"]),
        };
        // The shell that a line of several commands is given to is none that it names.
        let program = exec.and_then(|exec| exec.program.as_deref());
        let Shown { text, is_cut } = shown(action);
        let mut request = object(json!({
            "command": &text,
            "commandArgv": exec.map(|exec| &exec.argv),
            "cwd": exec.map_or(&action.workspace, |exec| &exec.cwd),
            "resolvedPath": program,
            "envKeys": exec.map(|exec| exec.env_names.clone()).unwrap_or_default(),
            "host": "gateway",
            "nodeId": null,
            "security": policy.security,
            "ask": policy.ask,
            "agentId": action.agent_id,
            "sessionKey": action.session_key,
            "sessionId": null,
            "runId": action.run_id,
            "toolCallId": action.tool_call_id,
            "warningText": beside(judged),
            "allowedDecisions": allowed,
            "analysis": judged.view(),
            wire::CHOICES: choices(judged, asking, exec.is_some(), is_cut),
        }));
        if exec.is_none() {
            request.insert(wire::TOOL.into(), json!(action.tool));
        }
        if is_cut {
            // Nobody has seen it whole, so it is looked at and allowed by itself.
            request["analysis"]["dangerous"] = json!(true);
        }
        if always.is_none() {
            request.insert("unavailableDecisions".into(), json!(["allow-always"]));
        }
        Self {
            id: None,
            agent: Some(action.agent_id.clone()),
            session: Some(action.session_key.clone()),
            run: Some(action.run_id.clone()),
            digest,
            request,
            timeout_ms: judged.timeout_ms,
            always,
            grants: Some(GrantBasis {
                session_digest: look.binding.session_digest(),
                agent_digest: look.binding.agent_digest(),
                text,
                cwd: exec.map(|exec| exec.cwd.display().to_string()),
                may_be_pattern: grants::may_be_pattern(action, judged),
                answers: grants::asking(judged),
            }),
            requester: Some(format!("agent:{}", action.agent_id)),
            requester_person: None,
            approvers: judged.approvers,
            bound: true,
        }
    }

    /// Whether the question offers an answer.
    pub fn offers(&self, decision: Decision) -> bool {
        offers(&self.request, decision)
    }
}

/// What speaks of the call as a whole and of no place in its command: its variables, its headers, what is typed. Every
/// client shows it, also one that knows nothing of the analysis.
fn beside(judged: &Judged) -> Option<String> {
    let whole = judged
        .decision
        .findings
        .iter()
        .filter(|found| found.span.is_none());
    let mut texts: Vec<&str> = Vec::new();
    for found in whole {
        if !texts.contains(&found.text.as_str()) {
            texts.push(&found.text);
        }
    }
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The gateway's own words that a question takes. What is dangerous, or takes two, is allowed one by one; a mode that
/// always asks is not to be answered ahead.
fn choices(judged: &Judged, asking: Asking, is_command: bool, is_cut: bool) -> Vec<&'static str> {
    let mut choices = vec!["once"];
    let one_by_one = judged.dangerous || is_cut || judged.approvers > 1;
    if asking.may_be_granted && !one_by_one {
        choices.extend(["session", "for", "always"]);
    }
    if is_command {
        choices.push("edit");
    }
    choices.push("deny");
    choices
}

/// Whether a recorded request offers an answer.
pub(super) fn offers(request: &Map<String, Value>, decision: Decision) -> bool {
    let allowed = request.get("allowedDecisions").and_then(Value::as_array);
    allowed.is_some_and(|all| all.iter().any(|word| word == decision.word()))
}

fn entry(action: &Action, exec: &ExecEffect) -> Option<AllowEntry> {
    let (pattern, arguments) = allow_list::exact(exec)?;
    Some(AllowEntry {
        agent: action.agent_id.clone(),
        pattern,
        arg_pattern: Some(arguments),
        source: Some(allow_list::ALLOW_ALWAYS.to_owned()),
        last_resolved: exec.program.as_ref().map(|path| path.display().to_string()),
        ..AllowEntry::default()
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
