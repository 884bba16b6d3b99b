//! Policy: read, checked, changed, tried; and standing permissions.

use gatehouse_policy::{Effect, Finding, Plan, Verdict};
use gatehouse_protocol::methods as m;
use gatehouse_protocol::model::catalog::AgentSummary;
use gatehouse_protocol::{NoParams, own};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::read::{Fields, verdict};
use super::reason;
use crate::analysis::said;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::untrusted::{Policy, escape, one_line};
use crate::view::{
    AgentView, CheckCommand, DecisionView, FlipCount, FlipView, GatewayId, GrantView, PastCommand,
    PolicyProblem, PolicyView, Preset, ReadCommand, RuleHit, RuleState, RuleView, SetPolicy,
    SimulatePolicy, SimulationView,
};

/// Past actions that a simulation looks at.
const SIMULATED: u32 = 1_000;

impl Fleet {
    pub async fn policy_get(&self, gateway: GatewayId) -> Result<PolicyView, FleetError> {
        let answer = self
            .ask_governed::<own::PolicyGet>(&gateway, NoParams {})
            .await?;
        Ok(policy(&answer))
    }

    /// What is wrong with a document, without taking it.
    pub async fn policy_validate(
        &self,
        gateway: GatewayId,
        document: String,
        roles: Option<String>,
    ) -> Result<Vec<PolicyProblem>, FleetError> {
        let params = json!({"document": document, "roles": roles});
        let answer = self
            .ask_governed::<own::PolicyValidate>(&gateway, params)
            .await?;
        Ok(problems(Fields(&answer)))
    }

    /// Takes a change, and answers what is in force then.
    pub async fn policy_set(&self, input: SetPolicy) -> Result<PolicyView, FleetError> {
        let params = json!({
            "baseHash": input.base_hash,
            "document": input.document,
            "roles": input.roles,
            "preset": input.preset,
        });
        let answer = self
            .ask_governed::<own::PolicySet>(&input.gateway, params)
            .await;
        answer.map(|answer| policy(&answer)).map_err(|error| {
            if reason(&error) == Some("POLICY_CHANGED") {
                return FleetError::PolicyMoved;
            }
            if has_problems(&error) {
                return FleetError::PolicyInvalid;
            }
            error
        })
    }

    /// What the policy in force says of a command. Runs nothing.
    pub async fn policy_check(&self, input: CheckCommand) -> Result<DecisionView, FleetError> {
        let params = json!({
            "command": input.command,
            "cwd": input.cwd,
            "agentId": input.agent,
        });
        let answer = self
            .ask_governed::<own::PolicyCheck>(&input.gateway, params)
            .await?;
        Ok(decision(&input.command, &answer))
    }

    /// Which past actions would get another answer.
    pub async fn policy_simulate(
        &self,
        input: SimulatePolicy,
    ) -> Result<SimulationView, FleetError> {
        let params = json!({
            "document": input.document,
            "since": whole(input.since),
            "limit": SIMULATED,
        });
        let answer = self
            .ask_governed::<own::PolicySimulate>(&input.gateway, params)
            .await;
        match answer {
            Ok(answer) => Ok(simulation(Fields(&answer))),
            Err(error) if has_problems(&error) => Err(FleetError::PolicyInvalid),
            Err(error) => Err(error),
        }
    }

    pub async fn grants_list(&self, gateway: GatewayId) -> Result<Vec<GrantView>, FleetError> {
        let answer = self
            .ask_governed::<own::GrantsList>(&gateway, NoParams {})
            .await?;
        Ok(Fields(&answer).list("grants").map(grant).collect())
    }

    /// Past actions that a pattern would have matched.
    pub async fn grants_preview(
        &self,
        gateway: GatewayId,
        pattern: String,
        agent: Option<String>,
    ) -> Result<Vec<PastCommand>, FleetError> {
        let params = json!({"pattern": pattern, "agentId": agent});
        let answer = self
            .ask_governed::<own::GrantsPreview>(&gateway, params)
            .await?;
        let past = |fields: Fields<'_>| PastCommand {
            seq: fields.number("seq").unwrap_or_default(),
            at: fields.number("at").unwrap_or_default(),
            command: fields.text("command"),
        };
        Ok(Fields(&answer).list("matches").map(past).collect())
    }

    /// Takes a standing permission back. False where it had ended.
    pub async fn grant_revoke(&self, gateway: GatewayId, id: String) -> Result<bool, FleetError> {
        let answer = self
            .ask_governed::<own::GrantsRevoke>(&gateway, json!({"id": id}))
            .await?;
        Ok(Fields(&answer).flag("revoked"))
    }

    pub async fn agents_list(&self, gateway: GatewayId) -> Result<Vec<AgentView>, FleetError> {
        let asker = self.asker(&gateway).await?;
        let listed = asker
            .connection
            .request::<m::AgentsList>(NoParams {})
            .await?;
        let usual = listed.default_id.unwrap_or_default();
        let agents = listed.agents.items.iter();
        Ok(agents.map(|agent| agent_view(agent, &usual)).collect())
    }
}

fn agent_view(agent: &AgentSummary, usual: &str) -> AgentView {
    let short = |text: &String| one_line(text, 200);
    let named = agent.identity.as_ref().and_then(|own| own.name.as_ref());
    // A gateway names a model by its name, or by an object with the one it prefers.
    let model = agent.model.as_ref().and_then(|model| {
        let primary = model.get("primary").or(Some(model));
        primary.and_then(Value::as_str).map(str::to_owned)
    });
    AgentView {
        id: one_line(&agent.id, 200),
        name: agent.name.as_ref().or(named).map(short),
        usual: agent.id == usual,
        model: model.as_ref().map(short),
        workspace: agent.workspace.as_ref().map(short),
    }
}

fn has_problems(error: &FleetError) -> bool {
    use gatehouse_client::RequestError;
    match error {
        FleetError::Request(RequestError::Gateway(refusal)) => {
            refusal.details.get("problems").is_some()
        }
        _ => false,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a time in whole milliseconds"
)]
fn whole(millis: f64) -> i64 {
    millis as i64
}

fn policy(answer: &Value) -> PolicyView {
    let fields = Fields(answer);
    PolicyView {
        version: fields.word("version"),
        preset: match fields.word("preset").as_str() {
            "guarded" => Some(Preset::Guarded),
            "strict" => Some(Preset::Strict),
            "observe" => Some(Preset::Observe),
            _ => None,
        },
        document: fields.raw("document"),
        hash: fields.raw("hash"),
        problems: problems(fields),
        rules: fields.list("rules").map(rule).collect(),
        roles: fields.raw("roles"),
        changed_at: fields.number("changedAt"),
    }
}

fn problems(fields: Fields<'_>) -> Vec<PolicyProblem> {
    let problem = |fields: Fields<'_>| PolicyProblem {
        error: fields.word("severity") != "warning",
        path: fields.word("path"),
        line: fields.count("line"),
        column: fields.count("column"),
        message: fields.word("message"),
        suggestion: fields.line("suggestion"),
    };
    fields.list("problems").map(problem).collect()
}

fn rule(fields: Fields<'_>) -> RuleView {
    RuleView {
        id: fields.word("id"),
        state: match fields.value("enabled") {
            Some(Value::Bool(false)) => RuleState::Off,
            Some(Value::String(_)) => RuleState::Shadow,
            _ => RuleState::On,
        },
        verdict: fields.verdict("verdict").unwrap_or(Verdict::Ask),
        text: fields.text("text"),
        problems: problems(fields),
    }
}

/// What cannot be read is not shown as harmless: the verdict is then to deny.
fn decision(command: &str, answer: &Value) -> DecisionView {
    let fields = Fields(answer);
    let (findings, effects) = said(
        command,
        &items::<Finding>(fields, "findings"),
        &items::<Effect>(fields, "effects"),
    );
    let hit = |fields: Fields<'_>| RuleHit {
        id: fields.word("id"),
        verdict: fields.verdict("verdict").unwrap_or(Verdict::Deny),
        text: fields.text("text"),
    };
    let cut = fields.list("findings").count() > findings.len()
        || fields.list("effects").count() > effects.len();
    DecisionView {
        verdict: fields.verdict("verdict").unwrap_or(Verdict::Deny),
        dangerous: fields.flag("dangerous"),
        command: escape(command, Policy::Command).text,
        findings,
        effects,
        commands: fields.list("commands").map(ran).collect(),
        plan: fields.value("plan").and_then(plan),
        rules: fields.list("rules").map(hit).collect(),
        policy_version: fields.line("policyVersion"),
        cut,
    }
}

fn items<T: DeserializeOwned>(fields: Fields<'_>, name: &str) -> Vec<T> {
    let read = |fields: Fields<'_>| serde_json::from_value(fields.0.clone()).ok();
    fields.list(name).filter_map(read).collect()
}

fn ran(fields: Fields<'_>) -> ReadCommand {
    ReadCommand {
        argv: fields.lines("argv"),
        exact: fields.flag("exact"),
        indirect: fields.word("reach") != "direct",
    }
}

/// What would run, as a person reads it.
fn plan(plan: &Value) -> Option<String> {
    let text = match serde_json::from_value(plan.clone()).ok()? {
        Plan::Nothing => return None,
        Plan::Shell { text } => text,
        Plan::Direct { lists } => {
            let mut text = String::new();
            for list in &lists {
                use gatehouse_policy::Stage;
                if !text.is_empty() {
                    text.push_str(match list.when {
                        Stage::Always => "; ",
                        Stage::OnSuccess => " && ",
                        Stage::OnFailure => " || ",
                    });
                }
                if list.negated {
                    text.push_str("! ");
                }
                let spawns = list.spawns.iter().map(|spawn| {
                    let set = spawn.assignments.iter().map(|(n, v)| format!("{n}={v}"));
                    let words = set.chain(spawn.argv.iter().map(|word| quoted(word)));
                    words.collect::<Vec<_>>().join(" ")
                });
                text.push_str(&spawns.collect::<Vec<_>>().join(" | "));
            }
            text
        }
    };
    Some(escape(&text, Policy::Command).text)
}

/// A word as a shell would take it, to be read.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:@%+,~^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn simulation(fields: Fields<'_>) -> SimulationView {
    let flip = |fields: Fields<'_>| {
        Some(FlipView {
            seq: fields.number("seq")?,
            at: fields.number("at").unwrap_or_default(),
            agent: fields.line("agentId"),
            session: fields.line("sessionKey"),
            what: fields.text("what"),
            was: fields.verdict("was")?,
            would: fields.verdict("would")?,
            why: fields.word("why"),
        })
    };
    let counts = fields.value("counts").and_then(Value::as_object);
    let count = |(change, count): (&String, &Value)| {
        let (was, would) = change.split_once("->")?;
        Some(FlipCount {
            was: verdict(was)?,
            would: verdict(would)?,
            count: u32::try_from(count.as_u64()?).ok()?,
        })
    };
    SimulationView {
        examined: fields.count("examined"),
        more: fields.flag("more"),
        flips: fields.list("flips").filter_map(flip).collect(),
        counts: counts.into_iter().flatten().filter_map(count).collect(),
    }
}

fn grant(fields: Fields<'_>) -> GrantView {
    GrantView {
        id: fields.raw("id"),
        pattern: fields.word("kind") == "pattern",
        text: fields.text("text"),
        agent: fields.line("agentId"),
        session: fields.line("sessionKey"),
        cwd: fields.line("cwd"),
        created_at: fields.number("createdAt").unwrap_or_default(),
        created_by: fields.line("createdBy"),
        expires_at: fields.number("expiresAt"),
        uses: fields.count("uses"),
        last_used_at: fields.number("lastUsedAt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_read_with_its_places_in_the_shown_command() {
        let answer = json!({
            "verdict": "deny", "dangerous": true,
            "findings": [{"verdict": "deny", "code": "x", "span": {"start": 3, "end": 5}, "text": "no"}],
            "effects": [{"kind": "delete", "target": {"type": "path", "value": "/x"}, "zone": "system",
                "secret": false, "span": null, "text": "deletes"}],
            "commands": [{"argv": ["rm", "x"], "exact": true, "span": null, "reach": "wrapped"}],
            "plan": {"kind": "direct", "lists": [
                {"when": "always", "negated": false, "spawns": [{"argv": ["rm", "a b"], "assignments": []}]},
            ]},
            "rules": [{"id": "r", "verdict": "deny", "text": "never"}],
            "policyVersion": 12,
        });
        let view = decision("é rm", &answer);
        let span = view.findings[0].span.unwrap();
        assert_eq!((span.start, span.end), (2, 4));
        assert_eq!(view.plan.as_deref(), Some("rm 'a b'"));
        assert_eq!(view.policy_version.as_deref(), Some("12"));
        assert!(view.commands[0].indirect);
        assert!(!view.cut);
    }

    #[test]
    fn a_decision_says_that_there_is_more_of_it_than_is_listed() {
        let one = json!({"verdict": "ask", "code": "x", "span": null, "text": "why"});
        let many = vec![one; 600];
        let view = decision("ls", &json!({"verdict": "ask", "findings": many}));
        assert!(
            view.cut && view.findings.len() < 600,
            "{}",
            view.findings.len()
        );
        // What cannot be read is not listed either.
        let strange = json!({"verdict": "ask", "effects": [{"kind": "of a later version"}]});
        assert!(decision("ls", &strange).cut);
    }

    #[test]
    fn an_answer_that_cannot_be_read_allows_nothing() {
        let view = decision("ls", &json!({}));
        assert_eq!((view.verdict, view.plan), (Verdict::Deny, None));
    }

    #[test]
    fn a_rule_in_the_shadow_and_one_that_is_off_are_told_apart() {
        let policy = policy(&json!({"rules": [
            {"id": "a", "enabled": true, "verdict": "allow", "text": ""},
            {"id": "b", "enabled": false, "verdict": "deny", "text": ""},
            {"id": "c", "enabled": "shadow", "verdict": "ask", "text": ""},
        ]}));
        let states: Vec<_> = policy.rules.iter().map(|rule| rule.state).collect();
        assert_eq!(states, [RuleState::On, RuleState::Off, RuleState::Shadow]);
    }

    #[test]
    fn what_flipped_is_counted_by_what_it_became() {
        let view = simulation(Fields(&json!({
            "examined": 3,
            "more": true,
            "flips": [{"seq": "7", "at": 1, "what": "ls", "was": "allow", "would": "ask", "why": "r"}],
            "counts": {"allow->ask": 1, "nonsense": 2},
        })));
        assert_eq!((view.examined, view.flips[0].seq), (3, 7.0));
        assert!(view.more);
        assert_eq!(view.counts.len(), 1);
    }
}
