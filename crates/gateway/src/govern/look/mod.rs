//! A look at what an action needs to run: everything opened and hashed, and the binding of it. Made before the
//! question and again before the run.

pub(in crate::govern) mod binding;
pub(in crate::govern) mod wanted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, ExecEffect};
use gatehouse_agent::launch::{Digests, Launch, LaunchRequest};
use gatehouse_agent::tools::exec::CleanEnvironment;
use gatehouse_policy::{Effect as Reaches, Plan, Target, WorldFiles};

use crate::clock::Clock;
use crate::govern::judge::running;
use crate::govern::judge::{Judged, scripts};
use crate::world::{MachineFiles, hash_of};
use binding::Binding;

/// Looks at what actions need.
#[derive(Clone)]
pub(super) struct Looker {
    pub(super) environment: CleanEnvironment,
    pub(super) digests: Arc<Digests>,
    pub(super) clock: Clock,
}

/// What was seen.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) binding: Binding,
    /// For a command.
    pub(super) launch: Option<Launch>,
}

impl Look {
    fn of_action(action: &Action, judged: &Judged) -> Self {
        Self {
            binding: Binding::of_action(action, &judged.decision.policy_version),
            launch: None,
        }
    }

    fn of_launch(action: &Action, launch: Launch, judged: &Judged) -> Self {
        Self {
            binding: Binding::of_launch(action, &launch, judged),
            launch: Some(launch),
        }
    }
}

impl Looker {
    /// Opens what a judged action needs. An error is a sentence for the agent.
    pub(super) async fn look(&self, action: &Action, judged: &Judged) -> Result<Look, String> {
        let Effect::Exec(exec) = &action.effect else {
            return Ok(Look::of_action(action, judged));
        };
        let (looker, request) = (self.clone(), self.request(action, exec, judged));
        let read = judged.seen.read.clone();
        let opened = tokio::task::spawn_blocking(move || looker.open(request, &read));
        match opened.await {
            Ok(opened) => Ok(Look::of_launch(action, opened?, judged)),
            Err(_) => Err("what the command needs could not be looked at".to_owned()),
        }
    }

    /// The same for who is off the async threads already.
    pub(super) fn look_here(&self, action: &Action, judged: &Judged) -> Result<Look, String> {
        let Effect::Exec(exec) = &action.effect else {
            return Ok(Look::of_action(action, judged));
        };
        let opened = self.open(self.request(action, exec, judged), &judged.seen.read)?;
        Ok(Look::of_launch(action, opened, judged))
    }

    fn open(
        &self,
        request: LaunchRequest,
        read: &BTreeMap<String, String>,
    ) -> Result<Launch, String> {
        let launch = Launch::open(request, &self.digests, self.clock.now_ms());
        let launch = launch.map_err(|error| error.to_string())?;
        is_what_was_judged(&launch, read)?;
        Ok(launch)
    }

    fn request(&self, action: &Action, exec: &ExecEffect, judged: &Judged) -> LaunchRequest {
        let decision = &judged.decision;
        let exact = decision.commands.iter().filter(|command| command.exact);
        let scripts = scripts(judged).map(PathBuf::from);
        LaunchRequest {
            plan: decision.plan.clone().unwrap_or(Plan::Nothing),
            cwd: exec.cwd.clone(),
            environment: self.environment.with(&action.arguments),
            commands: exact.map(|command| command.argv.clone()).collect(),
            scripts: scripts.collect(),
            changes: changes(&decision.effects),
        }
    }
}

/// What a command changes by itself.
fn changes(effects: &[Reaches]) -> Vec<PathBuf> {
    let changes = effects.iter().filter(|effect| running::is_change(effect));
    let paths = changes.filter_map(|effect| match &effect.target {
        Target::Path(path) | Target::Below(path) => Some(PathBuf::from(path)),
        _ => None,
    });
    paths.collect()
}

/// Whether what was opened, and what else was read to judge it, is what was read.
fn is_what_was_judged(launch: &Launch, read: &BTreeMap<String, String>) -> Result<(), String> {
    for (path, judged) in read {
        let opened = launch.sha256_of(Path::new(path)).map(str::to_owned);
        let now = opened.or_else(|| MachineFiles.text(path).map(|text| hash_of(&text)));
        if now.as_ref() != Some(judged) {
            return Err(format!(
                "{path} changed while the command was looked at, so it did not run"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use gatehouse_agent::launch::Environment;
    use gatehouse_policy::Pipeline;

    use super::*;

    #[test]
    fn a_script_that_is_another_than_the_one_that_was_judged_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let script = folder.join("x.sh");
        std::fs::write(&script, "echo good").unwrap();
        let judged = |text: &str| {
            let path = script.to_string_lossy().into_owned();
            BTreeMap::from([(path, hash_of(text))])
        };
        let plan = Plan::Direct {
            lists: Vec::<Pipeline>::new(),
        };
        for scripts in [vec![script.clone()], Vec::new()] {
            let request = LaunchRequest {
                plan: plan.clone(),
                cwd: folder.clone(),
                environment: Environment::default(),
                commands: Vec::new(),
                scripts,
                changes: Vec::new(),
            };
            let launch = Launch::open(request, &Digests::default(), 0).unwrap();
            assert!(is_what_was_judged(&launch, &judged("echo good")).is_ok());
            let swapped = is_what_was_judged(&launch, &judged("echo harmless"));
            assert!(swapped.unwrap_err().contains("x.sh changed"));
        }
    }
}
