//! Approvals as the gateway has them, in shapes that stay the same whatever gateway and family they come from.

use gatehouse_protocol::methods::{
    ApprovalFamily, ApprovalGet, ApprovalIdParams, ExecApprovalList, PluginApprovalList,
    SystemApprovalList,
};
use gatehouse_protocol::model::approval::{
    ApprovalKind, ApprovalRecord, ApprovalResolved, ApprovalStatus, Decision, ExecApproval,
    PluginApproval, SystemApproval,
};
use gatehouse_protocol::{Listed, NoParams, own};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

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
    fn add(&mut self, answer: &Value) {
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

/// What waits now.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The oldest first.
    pub(super) waiting: Vec<Waiting>,
    /// How many wait besides that have not even an id that can be read.
    pub(super) unreadable: usize,
}

impl Found {
    /// What cannot be shown must not look as if it were not there.
    pub(super) fn unreadable(&self) -> Option<Failure> {
        let count = self.unreadable;
        (count > 0).then(|| {
            Failure::new(
                FailureKind::General,
                "badAnswer",
                format!("{count} of the approvals that wait cannot be read"),
            )
            .next("`gatehouse call exec.approval.list` shows them as they are")
        })
    }

    fn take<T: Into<Waiting>>(&mut self, list: Listed<T>) {
        self.unreadable += list.unreadable.len();
        self.waiting.extend(list.items.into_iter().map(Into::into));
    }
}

/// Everything that waits now, of all families.
pub(super) async fn waiting(link: &Link) -> Result<Found, Failure> {
    let mut found = Found::default();
    found.take(link.read::<ExecApprovalList>(NoParams {}).await?);
    if link.offers::<PluginApprovalList>() {
        found.take(link.read::<PluginApprovalList>(NoParams {}).await?);
    }
    if link.offers::<SystemApprovalList>() {
        found.take(link.read::<SystemApprovalList>(NoParams {}).await?);
    }
    found.waiting.sort_by_key(|approval| approval.created_at_ms);
    Ok(found)
}

/// The record of an approval, where the gateway keeps one.
pub(super) async fn record(link: &Link, id: &str) -> Result<Option<ApprovalRecord>, Failure> {
    if !link.offers::<ApprovalGet>() {
        return Ok(None);
    }
    let params = ApprovalIdParams { id: id.to_owned() };
    match link.read::<ApprovalGet>(params).await {
        Ok(found) => Ok(Some(found.approval)),
        Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// How it ended, with the name of who answered and what was answered where the gateway is ours and tells.
pub(super) async fn ending(link: &Link, record: ApprovalRecord) -> Recorded {
    let mut recorded = Recorded::from(record);
    if recorded.is_pending() || !link.offers::<own::ApprovalsGet>() {
        return recorded;
    }
    let told = link
        .read::<own::ApprovalsGet>(json!({"id": recorded.id}))
        .await;
    // What is known without it stands.
    if let Ok(told) = told {
        recorded.add(&told["answer"]);
    }
    recorded
}

/// The family that a record belongs to; the gateway has to be told when it is decided.
pub(super) fn family_of(record: &ApprovalRecord) -> Option<ApprovalFamily> {
    match record.presentation.as_ref()?.kind.as_ref()? {
        ApprovalKind::Exec => Some(ApprovalFamily::Exec),
        ApprovalKind::Plugin => Some(ApprovalFamily::Plugin),
        ApprovalKind::SystemAgent => Some(ApprovalFamily::SystemAgent),
        ApprovalKind::Other(_) => None,
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

    #[test]
    fn one_that_cannot_be_read_hides_no_other() {
        let list =
            json!([{"request": {"command": "lost"}}, {"id": "b", "request": {"command": "make"}}]);
        let mut found = Found::default();
        found.take::<ExecApproval>(serde_json::from_value(list).unwrap());
        assert_eq!(found.waiting[0].id, "b");
        assert!(found.unreadable().is_some());
    }
}
