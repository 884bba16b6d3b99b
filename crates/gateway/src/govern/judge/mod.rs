//! What the policy says of an action: the analysis of its command or of the places it touches, the rules, and who
//! may do what, as one answer.

mod asked;

use std::path::Path;
use std::sync::Arc;

use asked::{Asked, judged};
use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::vetting::{Outcome, join};
use gatehouse_policy::decide::{Act, RuleHit, ToolUse};
use gatehouse_policy::rules::RateKey;
use gatehouse_policy::{
    Command, Decision, Dialect, Effect as PolicyEffect, EffectKind, Finding, NoFiles, Plan, Taint,
    Target, Verdict,
};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::{Value, json};

use super::policy_desk::PolicyDesk;
use super::rates::Rates;
use crate::clock::Clock;
use crate::world::{Seen, Surroundings};

/// What was decided of an action.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// Whether the verdict holds; else it is only recorded.
    pub(super) enforced: bool,
    pub(super) dangerous: bool,
    pub(super) findings: Vec<Finding>,
    pub(super) effects: Vec<PolicyEffect>,
    pub(super) commands: Vec<Command>,
    pub(super) plan: Option<Plan>,
    /// The rules that are about it.
    pub(super) hits: Vec<RuleHit>,
    pub(super) approvers: u32,
    pub(super) timeout_ms: u64,
    pub(super) policy_version: String,
    pub(super) taint: Taint,
    /// All of it, for a second opinion.
    pub(super) decision: Option<Arc<Decision>>,
    /// What was seen of the machine for it.
    pub(super) seen: Seen,
    /// What to count when it runs.
    pub(super) counted: Vec<RateKey>,
    /// As clients are shown it.
    pub(super) view: Value,
    /// As it can be judged again by another policy.
    pub(super) past: Value,
}

/// Judges actions. Its calls read files: make them off the async threads.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) policy: PolicyDesk,
    pub(super) rates: Arc<Rates>,
    pub(super) clock: Clock,
    rights: RightsOf,
}

/// What an agent is trusted with, by its id, as it is configured now.
pub(crate) type RightsOf = Arc<dyn Fn(&str) -> AgentRights + Send + Sync>;

/// Whose action it is, for one that nobody has taken yet.
#[derive(Debug, Clone)]
pub(crate) struct Doer {
    pub(crate) agent: String,
    pub(crate) session: String,
    /// Where the session's words come from.
    pub(crate) channel: Option<String>,
}

/// What the session of an action is known for.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionFacts {
    pub(super) channel: Option<String>,
    pub(super) taint: Taint,
}

impl Judged {
    /// The sentence for the agent: the strictest reasons, first those that a person wrote.
    pub(super) fn reason(&self) -> String {
        let rules = self.hits.iter().filter(|hit| hit.verdict == self.verdict);
        let findings = self.findings.iter().filter(|f| f.verdict == self.verdict);
        let mut texts: Vec<&str> = Vec::new();
        for text in rules
            .map(|hit| hit.text.as_str())
            .chain(findings.map(|finding| finding.text.as_str()))
        {
            if texts.len() < 3 && !texts.contains(&text) {
                texts.push(text);
            }
        }
        if texts.is_empty() {
            return "the policy does not allow it".to_owned();
        }
        format!("the policy does not allow it: {}", texts.join("; "))
    }

    /// With what a model advises, which can only make it stricter.
    pub(super) fn advised(self, outcome: &Outcome) -> Self {
        let Some(decision) = &self.decision else {
            return self;
        };
        let decision = join((**decision).clone(), outcome);
        let mut past = self.past;
        past["verdict"] = json!(decision.would);
        Self {
            taint: self.taint,
            seen: self.seen,
            ..judged(decision, past)
        }
    }

    /// Whether there is a command that cannot be run, as it could not be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.plan == Some(Plan::Nothing)
    }
}

impl Judge {
    pub(crate) fn new(
        surroundings: Surroundings,
        policy: PolicyDesk,
        clock: Clock,
        rights: RightsOf,
    ) -> Self {
        Self {
            surroundings: Arc::new(surroundings),
            policy,
            rates: Arc::default(),
            clock,
            rights,
        }
    }

    /// Counts what was let through before this process began.
    pub(crate) async fn count_the_past(&self, store: &dyn GatewayStore) -> Result<(), StoreError> {
        let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        let policy = self.policy.current().policy;
        self.rates.restore(store, &policy, now).await
    }

    /// Judges a tool call by what is known now. It is counted by whoever lets it run.
    pub(super) fn judge(&self, action: &Action, session: SessionFacts) -> Judged {
        let SessionFacts { channel, taint } = session;
        let doer = Doer {
            agent: action.agent_id.clone(),
            session: action.session_key.clone(),
            channel,
        };
        let asked = Asked {
            judge: self,
            policy: self.policy.current().policy,
            doer: &doer,
            tool: &action.tool,
            arguments: &action.arguments,
            workspace: &action.workspace,
            taint: &taint,
        };
        match &action.effect {
            Effect::Exec(exec) => asked.command(&exec.command, &exec.cwd),
            Effect::Files { paths } => asked.files(paths),
            Effect::Fetch { url } => asked.fetch(url),
            Effect::Process {
                action,
                session,
                input: Some(input),
            } => asked.fed(action, session, input),
            Effect::Process {
                action, session, ..
            } => {
                let act = Act::Process {
                    action,
                    id: session,
                    fed: None,
                };
                let past = json!({"kind": "process", "action": action, "id": session});
                asked.decided(act, &[], past)
            }
            Effect::Session { action, target } => asked.session(action, target),
            Effect::None => {
                let act = Act::Tool(ToolUse {
                    server: None,
                    reads_only: true,
                });
                let past = json!({"kind": "tool", "server": null, "readsOnly": true});
                asked.decided(act, &[], past)
            }
        }
    }

    /// The commands of a recorded action, read again; files are not what they were, and not looked at.
    pub(crate) fn commands(&self, past: &Value) -> Option<Vec<Command>> {
        let command = past["act"]["command"].as_str()?;
        let cwd = Path::new(past["act"]["cwd"].as_str()?);
        let workspace = Path::new(past["workspace"].as_str()?);
        let surroundings = &self.surroundings;
        let world = gatehouse_policy::World {
            files: &NoFiles,
            ..surroundings.world(Dialect::Posix, cwd, workspace, &Taint::default())
        };
        Some(gatehouse_policy::shell::analyse(command, &world).commands)
    }

    /// Judges a command that nobody runs, to show what would become of it.
    pub(crate) fn check(
        &self,
        doer: &Doer,
        command: &str,
        cwd: &Path,
        workspace: &Path,
        taint: &Taint,
    ) -> Value {
        let asked = Asked {
            judge: self,
            policy: self.policy.current().policy,
            doer,
            tool: "exec",
            arguments: &json!({"command": command}),
            workspace,
            taint,
        };
        asked.command(command, cwd).view
    }
}

/// Scripts that an action runs, by what was found of it.
pub(super) fn scripts(judged: &Judged) -> impl Iterator<Item = &str> {
    judged
        .effects
        .iter()
        .filter_map(|effect| match &effect.target {
            Target::Path(path) if effect.kind == EffectKind::Execute => Some(path.as_str()),
            _ => None,
        })
}
