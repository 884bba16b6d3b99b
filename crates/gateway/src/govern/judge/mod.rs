//! What the policy says of an action: the analysis of its command or of the places it touches, the rules, and who
//! may do what, as one answer.

mod asked;
mod by_name;
pub(in crate::govern) mod rates;
pub(in crate::govern) mod running;
pub(in crate::govern) mod taint;
pub(in crate::govern) mod vetter;

use std::path::Path;
use std::sync::Arc;

pub(super) use asked::kept as kept_arguments;
use asked::{Asked, judged};
use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::vetting::{Outcome, join};
use gatehouse_policy::decide::{Act, KnownCredential, ToolUse};
use gatehouse_policy::{
    Command, Decision, DecisionView, Dialect, EffectKind, NoFiles, Plan, Taint, Target, Teller,
    Verdict,
};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::govern::policy_desk::PolicyDesk;
use crate::sessions::Lineage;
use crate::world::{Seen, Surroundings};
use rates::{Place, Rates};
use running::Runs;

/// What was decided of an action.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// Whether the verdict holds; else it is only recorded.
    pub(super) enforced: bool,
    pub(super) dangerous: bool,
    pub(super) approvers: u32,
    pub(super) timeout_ms: u64,
    /// All of it, but for the taint.
    pub(super) decision: Arc<Decision>,
    pub(super) taint: Taint,
    /// What was seen of the machine for it.
    pub(super) seen: Seen,
    /// As it can be judged again by another policy.
    pub(super) past: Value,
}

/// Judges actions. Its calls read files: make them off the async threads.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) policy: PolicyDesk,
    pub(super) rates: Arc<Rates>,
    pub(super) running: Arc<Runs>,
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
    pub(crate) lineage: Lineage,
    /// The sessions whose words it follows.
    pub(crate) told_by: Vec<Teller>,
}

/// What the session of an action is known for.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionFacts {
    pub(super) lineage: Lineage,
    pub(super) told_by: Vec<Teller>,
    pub(super) taint: Taint,
}

impl Judged {
    /// The sentence for the agent: the strictest reasons, first those that a person wrote.
    pub(super) fn reason(&self) -> String {
        let decision = &self.decision;
        let rules = decision.rules.iter();
        let rules = rules.filter(|hit| hit.verdict == self.verdict);
        let findings = decision.findings.iter();
        let findings = findings.filter(|finding| finding.verdict == self.verdict);
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
        let decision = join(Arc::unwrap_or_clone(self.decision), outcome);
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
        self.decision.plan == Some(Plan::Nothing)
    }

    /// As clients are shown it. Made when it is: most of what is judged is shown to nobody.
    pub(super) fn view(&self) -> Value {
        serde_json::to_value(DecisionView::from(&*self.decision)).unwrap_or_default()
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
            running: Arc::default(),
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

    /// Judges a tool call by what is known now, also of the credentials that it names. What it counts as is held in its
    /// place.
    pub(super) fn judge(
        &self,
        action: &Action,
        session: SessionFacts,
        credentials: Option<&[KnownCredential]>,
        place: &Place,
    ) -> Judged {
        let SessionFacts {
            lineage,
            told_by,
            taint,
        } = session;
        let doer = Doer {
            agent: action.agent_id.clone(),
            session: action.session_key.clone(),
            lineage,
            told_by,
        };
        let asked = Asked {
            judge: self,
            policy: self.policy.current().policy,
            doer: &doer,
            tool: &action.tool,
            arguments: &action.arguments,
            workspace: &action.workspace,
            taint: &taint,
            credentials,
            place: Some(place),
        };
        match &action.effect {
            Effect::Exec(exec) => asked.command(&exec.command, &exec.cwd),
            Effect::Files { paths } => asked.files(paths),
            Effect::Fetch { url } => asked.fetch(url),
            Effect::Process {
                action,
                session,
                input: Some(input),
                ..
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
    pub(crate) fn commands(&self, past: &Value) -> Option<(Vec<Command>, Plan)> {
        let command = past["act"]["command"].as_str()?;
        let cwd = Path::new(past["act"]["cwd"].as_str()?);
        let workspace = Path::new(past["workspace"].as_str()?);
        let surroundings = &self.surroundings;
        let world = gatehouse_policy::World {
            files: &NoFiles,
            ..surroundings.world(Dialect::Posix, cwd, workspace, &Taint::default())
        };
        let analysis = gatehouse_policy::shell::analyse(command, &world);
        Some((analysis.commands, analysis.plan))
    }

    /// Judges a command that nobody runs, to show what would become of it.
    pub(crate) fn check(
        &self,
        doer: &Doer,
        command: &str,
        cwd: &Path,
        workspace: &Path,
        taint: &Taint,
        credentials: &[KnownCredential],
    ) -> Value {
        let asked = Asked {
            judge: self,
            policy: self.policy.current().policy,
            doer,
            tool: "exec",
            arguments: &json!({"command": command}),
            workspace,
            taint,
            credentials: Some(credentials),
            place: None,
        };
        asked.command(command, cwd).view()
    }
}

/// Scripts that an action runs, by what was found of it.
pub(super) fn scripts(judged: &Judged) -> impl Iterator<Item = &str> {
    judged
        .decision
        .effects
        .iter()
        .filter_map(|effect| match &effect.target {
            Target::Path(path) if effect.kind == EffectKind::Execute => Some(path.as_str()),
            _ => None,
        })
}
