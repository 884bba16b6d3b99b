//! Which past actions another policy would have decided otherwise.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use specta::Type;

use super::decision::Decision;
use super::fed::{Fed, feed};
use super::given::{KnownCredential, read_call};
use super::pipeline::decide;
use super::policy::Policy;
use super::request::{
    Act, Context, CredentialUse, Fetch, Judged, Request, SessionAccess, SessionUse, ToolUse,
};
use crate::analysis::Analysis;
use crate::authz::AgentRights;
use crate::effect::Effect;
use crate::place::HostClass;
use crate::rules::{Counts, Moment, RateKey, Teller};
use crate::verdict::{Finding, Verdict};
use crate::world::{Dialect, NoFiles, Taint, World};

/// An action as the record keeps it: enough to decide about it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastAction {
    /// Its number in the record, as a text in the answer: it may be larger than a page's numbers.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub agent_id: String,
    pub session_key: String,
    /// The sessions that began it.
    #[serde(default)]
    pub above: Vec<String>,
    /// The sessions whose words it followed.
    #[serde(default)]
    pub told_by: Vec<Teller>,
    #[serde(default)]
    pub channel: Option<String>,
    pub tool: String,
    #[serde(default)]
    pub arguments: Value,
    #[serde(default)]
    pub workspace: String,
    #[serde(default)]
    pub home: String,
    /// The agent's rights then; today's default where they were not kept.
    #[serde(default)]
    pub rights: AgentRights,
    /// What was known of the credentials that it named; none where nobody looked.
    #[serde(default)]
    pub credentials: Option<Vec<KnownCredential>>,
    /// How far the clock on the wall was ahead of UTC then, in minutes.
    #[serde(default)]
    pub offset_minutes: i32,
    /// What was decided; used where there is no current policy to compare with.
    #[serde(default)]
    pub verdict: Verdict,
    pub act: PastAct,
}

/// What the action came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum PastAct {
    Command {
        command: String,
        cwd: String,
    },
    Files {
        effects: Vec<Effect>,
        #[serde(default)]
        findings: Vec<Finding>,
    },
    Fetch {
        url: String,
        host: String,
        class: HostClass,
    },
    Tool {
        server: Option<String>,
        #[serde(default)]
        reads_only: bool,
    },
    Process {
        action: String,
        id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fed: Option<PastInput>,
    },
    Session {
        access: SessionAccess,
        target: String,
        #[serde(default)]
        agent_id: String,
    },
    Credential {
        name: String,
        credential_type: String,
        host: Option<String>,
        bound: bool,
    },
}

/// What was typed into a program that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastInput {
    /// What the program was started as, and where.
    pub command: String,
    pub cwd: String,
    pub data: String,
}

/// An action that would be decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Flip {
    #[specta(type = f64)]
    pub seq: u64,
    #[specta(type = f64)]
    pub at: i64,
    pub agent_id: String,
    pub session_key: String,
    /// The command, or the tool and what it touches.
    pub what: String,
    pub was: Verdict,
    pub would: Verdict,
    /// The first reason.
    pub why: String,
}

/// What a simulation found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    pub examined: u32,
    pub flips: Vec<Flip>,
    /// How many flipped from what to what: `allow->ask`.
    pub counts: BTreeMap<String, u32>,
}

/// Decides past actions again, in their order, with both policies; without a current one, what was decided then is
/// what `candidate` is compared with. Files are not looked at again: they are not what they were.
pub fn simulate<'r>(
    records: impl IntoIterator<Item = &'r PastAction>,
    candidate: &Policy,
    current: Option<&Policy>,
) -> Simulation {
    let mut simulation = Simulation::default();
    let (then, now) = (Tally::default(), Tally::default());
    let mut taints: HashMap<String, Taint> = HashMap::new();
    for past in records {
        simulation.examined += 1;
        let taint = taints.entry(past.session_key.clone()).or_default();
        let read = past.read(taint);
        let was = current.map_or(past.verdict, |current| {
            past.decide(current, &then, taint, &read).would
        });
        let decision = past.decide(candidate, &now, taint, &read);
        *taint = decision.taint.clone();
        if decision.would != was {
            let key = format!("{}->{}", word(was), word(decision.would));
            *simulation.counts.entry(key).or_default() += 1;
            simulation.flips.push(past.flip(was, &decision));
        }
    }
    simulation
}

impl PastAction {
    fn read(&self, taint: &Taint) -> Reread {
        match &self.act {
            PastAct::Command { command, cwd } => {
                let world = self.world(cwd, taint);
                Reread::Command(Box::new(read_call(command, &self.arguments, &world)))
            }
            PastAct::Process { fed: Some(fed), .. } => {
                let world = self.world(&fed.cwd, taint);
                Reread::Fed(Box::new(feed(&fed.command, &fed.data, &world)))
            }
            _ => Reread::Nothing,
        }
    }

    fn world(&self, cwd: &str, taint: &Taint) -> World<'static> {
        World {
            dialect: Dialect::Posix,
            cwd: cwd.to_owned(),
            workspace: self.workspace.clone(),
            home: self.home.clone(),
            user: String::new(),
            tmp: vec!["/tmp".to_owned()],
            variables: BTreeMap::new(),
            protected: Vec::new(),
            own_ports: Vec::new(),
            ignore_case: false,
            taint: taint.clone(),
            files: &NoFiles,
        }
    }

    fn decide(&self, policy: &Policy, tally: &Tally, taint: &Taint, read: &Reread) -> Decision {
        let context = Context {
            now: Moment {
                unix_ms: self.at,
                offset_minutes: self.offset_minutes,
            },
            above: &self.above,
            told_by: &self.told_by,
            credentials: self.credentials.as_deref(),
            counts: &Until { tally, at: self.at },
            ..Context::new(&self.home, &self.workspace, &self.rights, taint)
        };
        let request = Request {
            agent_id: &self.agent_id,
            session_key: &self.session_key,
            channel: self.channel.as_deref(),
            tool: &self.tool,
            arguments: &self.arguments,
            act: self.act.as_act(read),
        };
        let decision = decide(&request, policy, &context);
        if decision.would != Verdict::Deny {
            tally.add(&decision.rates, self.at);
        }
        decision
    }

    fn flip(&self, was: Verdict, decision: &Decision) -> Flip {
        let why = super::explain(decision);
        Flip {
            seq: self.seq,
            at: self.at,
            agent_id: self.agent_id.clone(),
            session_key: self.session_key.clone(),
            what: self.what(),
            was,
            would: decision.would,
            // The headline only says the verdict again.
            why: why.get(1).or(why.first()).cloned().unwrap_or_default(),
        }
    }

    fn what(&self) -> String {
        match &self.act {
            PastAct::Command { command, .. } => command.clone(),
            PastAct::Files { effects, .. } => {
                let texts: Vec<_> = effects.iter().map(|effect| effect.text.as_str()).collect();
                format!("{}: {}", self.tool, texts.join(", "))
            }
            PastAct::Fetch { url, .. } => format!("{}: {url}", self.tool),
            PastAct::Tool { server, .. } => match server {
                Some(server) => format!("{} of {server}", self.tool),
                None => self.tool.clone(),
            },
            PastAct::Process { fed: Some(fed), .. } => {
                format!("{}: {:?} into {}", self.tool, fed.data, fed.command)
            }
            PastAct::Process { action, id, .. } => format!("{}: {action} {id}", self.tool),
            PastAct::Session { target, .. } => format!("{}: {target}", self.tool),
            PastAct::Credential { name, .. } => format!("credential {name}"),
        }
    }
}

/// What an action does, read again.
enum Reread {
    Command(Box<Analysis>),
    Fed(Box<Fed>),
    Nothing,
}

impl PastAct {
    fn as_act<'a>(&'a self, read: &'a Reread) -> Act<'a> {
        match (self, read) {
            (Self::Command { .. }, Reread::Command(analysis)) => Act::Command(analysis),
            (Self::Command { command, .. }, _) => Act::Process {
                action: "run",
                id: command,
                fed: None,
            },
            (Self::Files { effects, findings }, _) => Act::Files(Judged { effects, findings }),
            (Self::Fetch { url, host, class }, _) => Act::Fetch(Fetch {
                url,
                host,
                class: *class,
                findings: &[],
            }),
            (Self::Tool { server, reads_only }, _) => Act::Tool(ToolUse {
                server: server.as_deref(),
                reads_only: *reads_only,
            }),
            (Self::Process { action, id, .. }, read) => Act::Process {
                action,
                id,
                fed: match read {
                    Reread::Fed(fed) => Some(fed),
                    _ => None,
                },
            },
            (
                Self::Session {
                    access,
                    target,
                    agent_id,
                },
                _,
            ) => Act::Session(SessionUse {
                access: *access,
                target,
                agent_id,
            }),
            (
                Self::Credential {
                    name,
                    credential_type,
                    host,
                    bound,
                },
                _,
            ) => Act::Credential(CredentialUse {
                name,
                kind: credential_type,
                host: host.as_deref(),
                bound: *bound,
            }),
        }
    }
}

/// When things happened, for rules with a rate.
#[derive(Debug, Default)]
struct Tally(RefCell<HashMap<RateKey, Vec<i64>>>);

impl Tally {
    fn add(&self, keys: &[RateKey], at: i64) {
        let mut all = self.0.borrow_mut();
        for key in keys {
            all.entry(key.clone()).or_default().push(at);
        }
    }
}

struct Until<'a> {
    tally: &'a Tally,
    at: i64,
}

impl Counts for Until<'_> {
    fn count(&self, key: &RateKey) -> u64 {
        let window = i64::try_from(key.window_ms).unwrap_or(i64::MAX);
        let from = self.at.saturating_sub(window);
        let all = self.tally.0.borrow();
        let times = all.get(key).map_or(&[] as &[i64], Vec::as_slice);
        // They were added in order.
        (times.len() - times.partition_point(|at| *at <= from)) as u64
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
