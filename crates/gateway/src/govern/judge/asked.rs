//! One question to the policy: what is known of its command, its places or its address, then rules and roles over it.

use std::path::Path;
use std::sync::Arc;

use gatehouse_agent::govern::{FileAccess, FileEffect, ProcessInput};
use gatehouse_policy::decide::{
    Act, Context, Fetch, Judged as Touched, KnownCredential, PastInput, Request, SessionAccess,
    SessionUse, feed, read_call,
};
use gatehouse_policy::place::{self, Access};
use gatehouse_policy::rules::{Counts, Moment, NoCounts};
use gatehouse_policy::{Decision, Dialect, Finding, Policy, Taint, Verdict, Word, decide};
use serde_json::{Value, json};

use super::by_name;
use super::rates::{Place, RatesAt};
use super::{Doer, Judge, Judged};
use crate::world::{Seen, SeenFiles};

/// One question to the policy.
pub(super) struct Asked<'a> {
    pub(super) judge: &'a Judge,
    pub(super) policy: Arc<Policy>,
    pub(super) doer: &'a Doer,
    pub(super) tool: &'a str,
    pub(super) arguments: &'a Value,
    pub(super) workspace: &'a Path,
    pub(super) taint: &'a Taint,
    /// What is known of the credentials that the call names.
    pub(super) credentials: Option<&'a [KnownCredential]>,
    /// Where what it counts as is held; none where nothing will run.
    pub(super) place: Option<&'a Place>,
}

impl Asked<'_> {
    fn world(&self, cwd: &Path) -> gatehouse_policy::World<'static> {
        let surroundings = &self.judge.surroundings;
        surroundings.world(Dialect::Posix, cwd, self.workspace, self.taint)
    }

    pub(super) fn command(&self, command: &str, cwd: &Path) -> Judged {
        let seen = SeenFiles::default();
        let world = gatehouse_policy::World {
            files: &seen,
            ..self.world(cwd)
        };
        let analysis = read_call(command, self.arguments, &world);
        let past = json!({"kind": "command", "command": command, "cwd": cwd});
        let mut facts: Vec<Finding> = Vec::new();
        // It is no reason to ask by itself, and one more where something else asks: whoever wrote a rule for these
        // words had the workspace in mind.
        if analysis.verdict == Verdict::Ask && !is_within(cwd, self.workspace) {
            facts.push(other_folder(cwd));
        }
        facts.extend(self.judge.running.under(&analysis.effects));
        facts.extend(by_name::written(
            &analysis.commands,
            &analysis.effects,
            &self.judge.surroundings.search,
            cwd,
            self.taint,
        ));
        let mut judged = self.decided(Act::Command(&analysis), &facts, past);
        judged.taint.join(&analysis.taint);
        judged.seen = seen.seen();
        judged
    }

    /// What is typed into a program that runs.
    pub(super) fn fed(&self, action: &str, session: &str, input: &ProcessInput) -> Judged {
        let seen = SeenFiles::default();
        let world = gatehouse_policy::World {
            files: &seen,
            ..self.world(&input.cwd)
        };
        let fed = feed(&input.command, &input.data, &world);
        let act = Act::Process {
            action,
            id: session,
            fed: Some(&fed),
        };
        let typed = PastInput {
            command: input.command.clone(),
            cwd: input.cwd.to_string_lossy().into_owned(),
            data: input.data.clone(),
        };
        let past = json!({"kind": "process", "action": action, "id": session, "fed": typed});
        self.decided(act, &[], past)
    }

    pub(super) fn files(&self, paths: &[FileEffect]) -> Judged {
        let world = self.world(self.workspace);
        let (mut effects, mut findings) = (Vec::new(), Vec::new());
        for file in paths {
            let word = Word::Known(file.path.to_string_lossy().into_owned());
            let touch = place::touch(&word, access(file), None, &world);
            effects.push(touch.effect);
            findings.extend(touch.findings);
        }
        let facts = Vec::from_iter(self.judge.running.under(&effects));
        let touched = Touched {
            effects: &effects,
            findings: &findings,
        };
        let past = json!({"kind": "files", "effects": effects, "findings": findings});
        self.decided(Act::Files(touched), &facts, past)
    }

    pub(super) fn fetch(&self, url: &str) -> Judged {
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

    pub(super) fn session(&self, action: &str, target: &str) -> Judged {
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

    /// The counts, where a rule counts: nobody else is judged meanwhile. Without such a rule nobody has to wait.
    fn counting(&self, now: i64) -> Option<RatesAt<'_>> {
        if self.policy.counts_over_ms().is_some() {
            return Some(self.judge.rates.at(now, self.place));
        }
        // What another policy had it hold.
        if let Some(place) = self.place {
            place.release();
        }
        None
    }

    pub(super) fn decided(&self, act: Act<'_>, facts: &[Finding], act_json: Value) -> Judged {
        let now = i64::try_from(self.judge.clock.now_ms()).unwrap_or(i64::MAX);
        let rights = (self.judge.rights)(&self.doer.agent);
        let offset_minutes = self.judge.clock.ahead_minutes(now);
        let lineage = &self.doer.lineage;
        let channel = lineage.channel.as_deref();
        let workspace = self.workspace.to_string_lossy();
        let home = &self.judge.surroundings.home;
        let counting = self.counting(now);
        let counted = counting.as_ref().map(RatesAt::counts);
        let counts: &dyn Counts = match &counted {
            Some(counted) => counted,
            None => &NoCounts,
        };
        let context = Context {
            now: Moment {
                unix_ms: now,
                offset_minutes,
            },
            counts,
            facts,
            above: &lineage.above,
            told_by: &self.doer.told_by,
            credentials: self.credentials,
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
        // Of those that it names none is left out: one that is not known does not exist.
        let credentials = (!decision.credentials.is_empty()).then_some(self.credentials);
        if let Some(counting) = counting {
            counting.hold(&decision.rates);
        }
        let past = json!({
            "at": now, "agentId": self.doer.agent, "sessionKey": self.doer.session,
            "tool": self.tool, "workspace": workspace, "home": home,
            "verdict": decision.would, "act": act_json, "channel": channel, "rights": rights,
            "offsetMinutes": offset_minutes, "above": lineage.above, "toldBy": self.doer.told_by,
            "arguments": kept(self.arguments), "credentials": credentials.flatten(),
        });
        judged(decision, past)
    }
}

/// The arguments, where they are short: a record is not a second copy of what a tool writes.
pub(in super::super) fn kept(arguments: &Value) -> Value {
    const MOST: usize = 4 * 1024;
    let length = arguments.to_string().len();
    if length <= MOST {
        return arguments.clone();
    }
    Value::Null
}

pub(super) fn judged(mut decision: Decision, past: Value) -> Judged {
    let timeout = u64::from(decision.approval.timeout_seconds);
    Judged {
        verdict: decision.would,
        enforced: decision.enforced,
        dangerous: decision.dangerous,
        approvers: u32::from(decision.approval.approvers),
        timeout_ms: timeout * 1_000,
        taint: std::mem::take(&mut decision.taint),
        decision: Arc::new(decision),
        seen: Seen::default(),
        past,
    }
}

fn access(file: &FileEffect) -> Access {
    match file.access {
        FileAccess::Read => Access::Read,
        FileAccess::Search => Access::Search,
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

/// Whether a folder lies in the workspace, links resolved.
fn is_within(cwd: &Path, workspace: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(cwd).starts_with(real(workspace))
}

fn other_folder(cwd: &Path) -> Finding {
    Finding {
        verdict: Verdict::Ask,
        code: "other-folder".to_owned(),
        span: None,
        text: format!(
            "runs in {}, which is outside of the workspace",
            cwd.display()
        ),
    }
}
