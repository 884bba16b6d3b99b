//! Approvals in shapes that stay the same whatever gateway and family they come from.

use gatehouse_protocol::methods::ApprovalFamily;
use gatehouse_protocol::model::approval::{
    ApprovalRecord, ApprovalResolved, ApprovalStatus, Decision, ExecApproval, PluginApproval,
    SystemApproval,
};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Waiting {
    pub(super) id: String,
    #[serde(serialize_with = "family_name")]
    pub(super) kind: ApprovalFamily,
    /// The command, or what the plugin or the system agent wants to do.
    pub(super) request: String,
    /// The gateway has not said that as a command is said: nobody can judge it, so that it can only be denied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unreadable: bool,
    pub(super) warning: Option<String>,
    pub(super) cwd: Option<String>,
    pub(super) host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node_id: Option<String>,
    /// The variables that the call sets, by name: no gateway tells their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) env_keys: Vec<String>,
    pub(super) agent_id: Option<String>,
    pub(super) session_key: Option<String>,
    pub(super) created_at_ms: Option<u64>,
    pub(super) expires_at_ms: Option<u64>,
    /// What may be answered; nothing when the gateway does not say.
    pub(super) decisions: Option<Vec<Decision>>,
    /// Of a question that takes more than one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) people: Option<People>,
    /// Why it is asked and what it would do, as a gateway of ours says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) analysis: Option<Value>,
    /// Our own gateway's answers that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) choices: Option<Vec<String>>,
    /// Of exactly what would run, as our own gateway says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<String>,
    /// The call of an agent that asks.
    #[serde(skip)]
    pub(super) call: Option<Call>,
}

/// Which call of which run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    run: String,
    id: String,
}

/// How many people have said yes, of how many who have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct People {
    pub(super) allowed: u64,
    pub(super) needed: u64,
}

/// How an approval ended, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recorded {
    pub(super) id: String,
    pub(super) status: Option<ApprovalStatus>,
    pub(super) decision: Option<Decision>,
    pub(super) reason: Option<String>,
    pub(super) decided_by: Option<String>,
    /// Our own gateway's word for the answer: `once`, `session`, `for`, `always`, `edit`, `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) choice: Option<String>,
    /// The command that was put in the place of the one that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edited: Option<String>,
    pub(super) at_ms: Option<u64>,
}

impl Waiting {
    /// Whether it offers a decision. A gateway that does not say takes once and deny.
    pub(super) fn offers(&self, decision: &Decision) -> bool {
        match &self.decisions {
            Some(offered) => offered.contains(decision),
            None => *decision != Decision::AllowAlways,
        }
    }

    /// Whether it takes one of our own gateway's answers. A question of another client names none.
    pub(super) fn takes(&self, choice: &str) -> bool {
        let mut choices = self.choices.iter().flatten();
        choices.any(|offered| offered == choice)
    }

    /// Nobody is offered to allow what cannot be read.
    fn only_refusable_where_unreadable(mut self) -> Self {
        if self.unreadable {
            self.decisions = Some(vec![Decision::Deny]);
        }
        self
    }
}

impl Recorded {
    /// Whether the gateway still waits for an answer.
    pub(super) fn is_pending(&self) -> bool {
        self.status == Some(ApprovalStatus::Pending)
    }

    /// What our own gateway says beyond the published record.
    pub(super) fn add(&mut self, answer: &Value) {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        self.decided_by = text("by").or(self.decided_by.take());
        self.choice = text("choice");
        self.edited = text("edited");
        self.reason = text("reason").or(self.reason.take());
    }

    /// Gone, and the gateway keeps no record.
    pub(super) fn unknown(id: String, status: Option<ApprovalStatus>) -> Self {
        Self {
            id,
            status,
            decision: None,
            reason: None,
            decided_by: None,
            choice: None,
            edited: None,
            at_ms: None,
        }
    }
}

impl From<ExecApproval> for Waiting {
    fn from(approval: ExecApproval) -> Self {
        let request = approval.request;
        let told = request.told();
        let needed = request.approvers.filter(|needed| *needed > 1);
        Self {
            id: approval.id,
            kind: ApprovalFamily::Exec,
            request: told.text,
            unreadable: !told.plainly,
            warning: request.warning_text,
            cwd: request.cwd,
            host: request.host,
            node_id: request.node_id,
            env_keys: request.env_keys,
            agent_id: request.agent_id,
            session_key: request.session_key,
            created_at_ms: approval.created_at_ms,
            expires_at_ms: approval.expires_at_ms,
            decisions: request.allowed_decisions.map(|mut offered| {
                offered.retain(|decision| !request.unavailable_decisions.contains(decision));
                offered
            }),
            people: needed.map(|needed| People {
                allowed: request.approved_by.unwrap_or(0),
                needed,
            }),
            analysis: request.extra.get("analysis").cloned(),
            choices: request.extra.get("choices").and_then(words),
            digest: request.extra.get("digest").and_then(text),
            call: call(request.run_id, request.tool_call_id),
        }
        .only_refusable_where_unreadable()
    }
}

impl From<PluginApproval> for Waiting {
    fn from(approval: PluginApproval) -> Self {
        let request = approval.request;
        Self {
            id: approval.id,
            kind: ApprovalFamily::Plugin,
            unreadable: blank(request.title.as_deref()),
            request: sentence([request.title, request.description, request.detail]),
            warning: None,
            cwd: None,
            host: request.plugin_id,
            node_id: None,
            env_keys: Vec::new(),
            agent_id: request.agent_id,
            session_key: request.session_key,
            created_at_ms: approval.created_at_ms,
            expires_at_ms: approval.expires_at_ms,
            decisions: request.allowed_decisions,
            people: None,
            analysis: None,
            choices: None,
            digest: None,
            call: None,
        }
        .only_refusable_where_unreadable()
    }
}

impl From<SystemApproval> for Waiting {
    fn from(approval: SystemApproval) -> Self {
        let request = approval.request;
        Self {
            id: approval.id,
            kind: ApprovalFamily::SystemAgent,
            unreadable: blank(request.title.as_deref()),
            request: sentence([request.title, request.description, None]),
            warning: None,
            cwd: None,
            host: None,
            node_id: None,
            env_keys: Vec::new(),
            agent_id: request.agent_id,
            session_key: request.session_key,
            created_at_ms: approval.created_at_ms,
            expires_at_ms: approval.expires_at_ms,
            decisions: request.allowed_decisions,
            people: None,
            analysis: None,
            choices: None,
            digest: None,
            call: None,
        }
        .only_refusable_where_unreadable()
    }
}

impl From<ApprovalRecord> for Recorded {
    fn from(record: ApprovalRecord) -> Self {
        let by = record.resolver.map(|by| {
            let parts = [by.kind, by.id];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        Self {
            id: record.id,
            status: record.status,
            decision: record.decision,
            reason: record.reason.map(|reason| reason.as_str().to_owned()),
            decided_by: by.filter(|by| !by.is_empty()),
            choice: None,
            edited: None,
            at_ms: record.resolved_at_ms,
        }
    }
}

impl From<ApprovalResolved> for Recorded {
    fn from(resolved: ApprovalResolved) -> Self {
        let status = match (&resolved.terminal_status, &resolved.decision) {
            (Some(status), _) => Some(status.clone()),
            (None, Some(Decision::AllowOnce | Decision::AllowAlways)) => {
                Some(ApprovalStatus::Allowed)
            }
            (None, Some(Decision::Deny)) => Some(ApprovalStatus::Denied),
            (None, _) => None,
        };
        Self {
            id: resolved.id,
            status,
            decision: resolved.decision,
            reason: None,
            decided_by: resolved.resolved_by,
            choice: None,
            edited: None,
            at_ms: resolved.ts,
        }
    }
}

pub(super) fn name_of(family: ApprovalFamily) -> &'static str {
    match family {
        ApprovalFamily::Exec => "exec",
        ApprovalFamily::Plugin => "plugin",
        ApprovalFamily::SystemAgent => "system-agent",
    }
}

fn family_name<S: Serializer>(family: &ApprovalFamily, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name_of(*family))
}

fn words(list: &Value) -> Option<Vec<String>> {
    let words = list.as_array()?.iter().filter_map(Value::as_str);
    Some(words.map(str::to_owned).collect())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn call(run: Option<String>, id: Option<String>) -> Option<Call> {
    Some(Call { run: run?, id: id? })
}

fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn sentence(parts: [Option<String>; 3]) -> String {
    let told = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty());
    told.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(request: Value) -> Waiting {
        let approval: ExecApproval =
            serde_json::from_value(json!({"id": "a", "request": request})).unwrap();
        approval.into()
    }

    #[test]
    fn what_a_gateway_does_not_say_plainly_can_only_be_denied() {
        let offered = json!(["allow-once", "allow-always", "deny"]);
        for command in [
            json!(["rm", "-rf", "/"]),
            json!({"a": 1}),
            json!(" "),
            Value::Null,
        ] {
            let waiting = asked(json!({"command": command, "allowedDecisions": offered}));
            assert!(waiting.unreadable, "{command}");
            assert!(waiting.offers(&Decision::Deny), "{command}");
            assert!(!waiting.offers(&Decision::AllowOnce), "{command}");
            assert!(!waiting.offers(&Decision::AllowAlways), "{command}");
        }
        let plain = asked(json!({"command": "make", "allowedDecisions": offered}));
        assert!(plain.offers(&Decision::AllowOnce) && !plain.unreadable);
        let of_a_node = asked(json!({"systemRunPlan": {"argv": ["ls", "a b"]}}));
        assert_eq!(of_a_node.request, "ls 'a b'");
        assert!(!of_a_node.unreadable);
    }

    #[test]
    fn what_a_call_sets_and_where_it_runs_is_told() {
        let waiting = asked(
            json!({"command": "npm test", "envKeys": ["CI", "NODE_OPTIONS"],
            "host": "node", "nodeId": "phone"}),
        );
        let told = serde_json::to_value(&waiting).unwrap();
        assert_eq!(told["envKeys"], json!(["CI", "NODE_OPTIONS"]));
        assert_eq!(told["nodeId"], "phone");
        let plain = serde_json::to_value(asked(json!({"command": "npm test"}))).unwrap();
        assert_eq!(plain.get("envKeys"), None);
    }
}
