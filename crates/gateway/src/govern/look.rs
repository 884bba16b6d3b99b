//! A look at what an action needs to run: everything opened and hashed, and the binding of it. Made before the
//! question and again before the run.

use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, ExecEffect};
use gatehouse_agent::launch::{Digests, Launch, LaunchRequest};
use gatehouse_agent::tools::exec::ExecOptions;
use gatehouse_policy::Plan;

use super::binding::Binding;
use super::verdict::{Judged, scripts};
use crate::clock::Clock;

/// Looks at what actions need.
#[derive(Clone)]
pub(super) struct Looker {
    pub(super) options: ExecOptions,
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

impl Looker {
    /// Opens what a judged action needs. An error is a sentence for the agent.
    pub(super) async fn look(&self, action: &Action, judged: &Judged) -> Result<Look, String> {
        let Effect::Exec(exec) = &action.effect else {
            return Ok(Look {
                binding: Binding::of_action(action, &judged.policy_version),
                launch: None,
            });
        };
        let request = self.request(action, exec, judged);
        let (digests, now) = (self.digests.clone(), self.clock.now_ms());
        let opened = tokio::task::spawn_blocking(move || Launch::open(request, &digests, now));
        let launch = match opened.await {
            Ok(Ok(launch)) => launch,
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err("what the command needs could not be looked at".to_owned()),
        };
        Ok(Look {
            binding: Binding::of_launch(action, &launch, &judged.policy_version),
            launch: Some(launch),
        })
    }

    fn request(&self, action: &Action, exec: &ExecEffect, judged: &Judged) -> LaunchRequest {
        let exact = judged.commands.iter().filter(|command| command.exact);
        let scripts = scripts(judged).map(PathBuf::from);
        LaunchRequest {
            plan: judged.plan.clone().unwrap_or(Plan::Nothing),
            cwd: exec.cwd.clone(),
            environment: self.options.clean_environment(&action.arguments),
            commands: exact.map(|command| command.argv.clone()).collect(),
            scripts: scripts.collect(),
        }
    }
}
