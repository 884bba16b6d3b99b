//! What the policy says of an action: the analysis of its command or of the places it touches, the rules, and who
//! may do what, as one answer.

use std::path::Path;
use std::sync::Arc;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, FileAccess, FileEffect};
use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::vetting::{Outcome, join};
use gatehouse_policy::decide::{
    Act, Context, Fetch, Judged as Touched, Request, SessionAccess, SessionUse, ToolUse,
};
use gatehouse_policy::place::{self, Access};
use gatehouse_policy::rules::{Moment, RateKey};
use gatehouse_policy::{
    Command, Decision, DecisionView, Dialect, Effect as PolicyEffect, EffectKind, Finding, NoFiles,
    Plan, Policy, Taint, Target, Verdict, Word, decide,
};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::{Value, json};

use super::policy_desk::PolicyDesk;
use super::rates::Rates;
use crate::clock::Clock;
use crate::world::{Seen, SeenFiles, Surroundings};

/// Variables that a call may set without a question: they change how something looks or is logged.
const HARMLESS_VARIABLES: &[&str] = &[
    "LANG",
    "LC_ALL",
    "TZ",
    "TERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "COLUMNS",
    "LINES",
    "NODE_ENV",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "DEBUG",
    "PORT",
    "HOST",
];

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
    pub(super) rules: Vec<String>,
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
    pub(super) desk: PolicyDesk,
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
    /// The sentence for the agent: the strictest reasons.
    pub(super) fn reason(&self) -> String {
        let strictest = self.findings.iter().filter(|f| f.verdict == self.verdict);
        let texts = strictest.map(|finding| finding.text.as_str());
        let texts: Vec<&str> = texts.take(3).collect();
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
        desk: PolicyDesk,
        clock: Clock,
        rights: RightsOf,
    ) -> Self {
        Self {
            surroundings: Arc::new(surroundings),
            desk,
            rates: Arc::default(),
            clock,
            rights,
        }
    }

    /// Counts what was let through before this process began.
    pub(crate) async fn count_the_past(&self, store: &dyn GatewayStore) -> Result<(), StoreError> {
        let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        let policy = self.desk.current().policy;
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
            policy: self.desk.current().policy,
            doer: &doer,
            tool: &action.tool,
            arguments: &action.arguments,
            workspace: &action.workspace,
            taint: &taint,
        };
        match &action.effect {
            Effect::Exec(exec) => {
                let own = exec.env_names.iter();
                let odd: Vec<&str> = own
                    .map(String::as_str)
                    .filter(|name| !HARMLESS_VARIABLES.contains(name))
                    .collect();
                asked.command(&exec.command, &exec.cwd, &odd)
            }
            Effect::Files { paths } => asked.files(paths),
            Effect::Fetch { url } => asked.fetch(url),
            Effect::Process { action, session } => {
                let act = Act::Process {
                    action,
                    id: session,
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
            policy: self.desk.current().policy,
            doer,
            tool: "exec",
            arguments: &json!({"command": command}),
            workspace,
            taint,
        };
        asked.command(command, cwd, &[]).view
    }
}

/// One question to the policy.
struct Asked<'a> {
    judge: &'a Judge,
    policy: Arc<Policy>,
    doer: &'a Doer,
    tool: &'a str,
    arguments: &'a Value,
    workspace: &'a Path,
    taint: &'a Taint,
}

impl Asked<'_> {
    fn world(&self, cwd: &Path) -> gatehouse_policy::World<'static> {
        let surroundings = &self.judge.surroundings;
        surroundings.world(Dialect::Posix, cwd, self.workspace, self.taint)
    }

    fn command(&self, command: &str, cwd: &Path, variables: &[&str]) -> Judged {
        let seen = SeenFiles::default();
        let world = gatehouse_policy::World {
            files: &seen,
            ..self.world(cwd)
        };
        let analysis = gatehouse_policy::shell::analyse(command, &world);
        let past = json!({"kind": "command", "command": command, "cwd": cwd});
        let facts: Vec<Finding> = variables.iter().map(|name| set_variable(name)).collect();
        let mut judged = self.decided(Act::Command(&analysis), &facts, past);
        judged.taint.join(&analysis.taint);
        judged.seen = seen.seen();
        judged
    }

    fn files(&self, paths: &[FileEffect]) -> Judged {
        let world = self.world(self.workspace);
        let (mut effects, mut findings) = (Vec::new(), Vec::new());
        for file in paths {
            let word = Word::Known(file.path.to_string_lossy().into_owned());
            let touch = place::touch(&word, access(file), None, &world);
            effects.push(touch.effect);
            findings.extend(touch.findings);
        }
        let touched = Touched {
            effects: &effects,
            findings: &findings,
        };
        let past = json!({"kind": "files", "effects": effects, "findings": findings});
        self.decided(Act::Files(touched), &[], past)
    }

    fn fetch(&self, url: &str) -> Judged {
        let there = place::destination(url, &self.world(self.workspace));
        let class = there.class;
        let findings: Vec<Finding> = there.own.then(own_gateway).into_iter().collect();
        let act = Act::Fetch(Fetch {
            url,
            host: &there.host,
            class,
            findings: &findings,
        });
        let past = json!({"kind": "fetch", "url": url, "host": there.host, "class": class});
        self.decided(act, &[], past)
    }

    fn session(&self, action: &str, target: &str) -> Judged {
        let access = match action {
            "list" => SessionAccess::List,
            "history" | "status" => SessionAccess::Read,
            "spawn" => SessionAccess::Create,
            _ => SessionAccess::Write,
        };
        let agent_id = match access {
            SessionAccess::Create => target,
            // Keys are `agent:<agent>:<rest>`.
            _ => target.split(':').nth(1).unwrap_or_default(),
        };
        let act = Act::Session(SessionUse {
            access,
            target,
            agent_id,
        });
        let past =
            json!({"kind": "session", "access": access, "target": target, "agentId": agent_id});
        self.decided(act, &[], past)
    }

    fn decided(&self, act: Act<'_>, facts: &[Finding], act_json: Value) -> Judged {
        let now = i64::try_from(self.judge.clock.now_ms()).unwrap_or(i64::MAX);
        let rights = (self.judge.rights)(&self.doer.agent);
        let offset_minutes = self.judge.clock.ahead_minutes(now);
        let channel = self.doer.channel.as_deref();
        let workspace = self.workspace.to_string_lossy();
        let home = &self.judge.surroundings.home;
        let counting = self.judge.rates.at(now);
        let context = Context {
            now: Moment {
                unix_ms: now,
                offset_minutes,
            },
            counts: &counting,
            facts,
            ..Context::new(home, &workspace, &rights, self.taint)
        };
        let request = Request {
            agent_id: &self.doer.agent,
            session_key: &self.doer.session,
            channel,
            tool: self.tool,
            arguments: self.arguments,
            act,
        };
        let decision = decide(&request, &self.policy, &context);
        let past = json!({
            "at": now, "agentId": self.doer.agent, "sessionKey": self.doer.session,
            "tool": self.tool, "workspace": workspace, "home": home,
            "verdict": decision.would, "act": act_json, "channel": channel, "rights": rights,
            "offsetMinutes": offset_minutes, "arguments": kept(self.arguments),
        });
        judged(decision, past)
    }
}

/// The arguments, where they are short: a record is not a second copy of what a tool writes.
fn kept(arguments: &Value) -> Value {
    const MOST: usize = 4 * 1024;
    let length = arguments.to_string().len();
    if length <= MOST {
        return arguments.clone();
    }
    Value::Null
}

fn judged(decision: Decision, past: Value) -> Judged {
    let view = serde_json::to_value(DecisionView::from(&decision)).unwrap_or_default();
    let timeout = u64::from(decision.approval.timeout_seconds);
    let kept = decision.clone();
    Judged {
        verdict: decision.would,
        enforced: decision.enforced,
        dangerous: decision.dangerous,
        rules: decision.rules.iter().map(|hit| hit.id.clone()).collect(),
        approvers: u32::from(decision.approval.approvers),
        timeout_ms: timeout * 1_000,
        findings: decision.findings,
        effects: decision.effects,
        commands: decision.commands,
        plan: decision.plan,
        policy_version: decision.policy_version,
        taint: decision.taint,
        decision: Some(Arc::new(kept)),
        seen: Seen::default(),
        counted: decision.rates,
        view,
        past,
    }
}

fn access(file: &FileEffect) -> Access {
    match file.access {
        FileAccess::Read => Access::Read,
        FileAccess::Write => Access::Write,
        FileAccess::Delete => Access::Delete,
        FileAccess::List => Access::List,
    }
}

fn own_gateway() -> Finding {
    Finding {
        verdict: Verdict::Deny,
        code: "own-gateway".to_owned(),
        span: None,
        text: "connects to the gateway that governs this agent".to_owned(),
    }
}

fn set_variable(name: &str) -> Finding {
    Finding {
        verdict: Verdict::Ask,
        code: "env-set".to_owned(),
        span: None,
        text: format!("runs with the variable {name} set by the call"),
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
