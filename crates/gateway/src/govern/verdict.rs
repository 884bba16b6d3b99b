//! What the policy says of an action: the analysis of its command, the rules, and who may do what, as one answer.

use std::path::Path;

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_policy::{Command, Effect as PolicyEffect, Finding, Plan, Taint, Verdict};
use serde_json::{Value, json};

use super::world::{DiskFiles, Surroundings};

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
    /// As clients are shown it.
    pub(super) view: Value,
}

impl Judged {
    /// The sentence for the agent: the strictest reasons.
    pub(super) fn reason(&self) -> String {
        let strictest = self.findings.iter().filter(|f| f.verdict == self.verdict);
        let texts: Vec<&str> = strictest.map(|finding| finding.text.as_str()).take(3).collect();
        if texts.is_empty() {
            return "the policy does not allow it".to_owned();
        }
        format!("the policy does not allow it: {}", texts.join("; "))
    }
}

/// Judges actions.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) surroundings: Surroundings,
}

impl Judge {
    pub(super) fn judge(&self, action: &Action, taint: Taint) -> Judged {
        match &action.effect {
            Effect::Exec(exec) => self.command(&exec.command, &exec.cwd, &action.workspace, taint),
            _ => Judged::plain(taint),
        }
    }

    pub(super) fn command(
        &self,
        command: &str,
        cwd: &Path,
        workspace: &Path,
        taint: Taint,
    ) -> Judged {
        let world = self.surroundings.world(cwd, workspace, taint, &DiskFiles);
        let analysis = gatehouse_policy::shell::analyse(command, &world);
        Judged {
            verdict: analysis.verdict,
            enforced: true,
            dangerous: false,
            view: json!({
                "verdict": analysis.verdict,
                "dangerous": false,
                "findings": analysis.findings,
                "effects": analysis.effects,
                "commands": analysis.commands,
                "plan": analysis.plan,
                "rules": [],
                "policyVersion": "0",
            }),
            findings: analysis.findings,
            effects: analysis.effects,
            commands: analysis.commands,
            plan: Some(match analysis.plan {
                Plan::Nothing => Plan::Shell { text: command.to_owned() },
                plan => plan,
            }),
            rules: Vec::new(),
            approvers: 1,
            timeout_ms: 600_000,
            policy_version: "0".to_owned(),
            taint: analysis.taint,
        }
    }
}

impl Judged {
    fn plain(taint: Taint) -> Self {
        Self {
            verdict: Verdict::Allow,
            enforced: true,
            dangerous: false,
            findings: Vec::new(),
            effects: Vec::new(),
            commands: Vec::new(),
            plan: None,
            rules: Vec::new(),
            approvers: 1,
            timeout_ms: 600_000,
            policy_version: "0".to_owned(),
            taint,
            view: Value::Null,
        }
    }
}
