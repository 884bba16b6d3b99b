//! One file for each command. A command asks, and hands what it learned to `output`.

mod approvals;
mod call;
mod connect;
mod doctor;
mod gateway;
mod logs;
mod mock;
mod policy;
mod send;
mod sessions;
mod shell;
mod spawn;
mod status;

use crate::args::{Command, Target};
use crate::dial::{Dial, Link};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;

/// What every command works with.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: &'a mut Output,
}

impl Context<'_> {
    pub(crate) fn dial(&self, target: Target) -> Result<Dial, Failure> {
        Dial::new(target, self.environment, self.output)
    }

    /// As `dial`, for a target that no person typed.
    pub(crate) fn dial_quietly(&self, target: Target) -> Result<Dial, Failure> {
        Dial::new(target, self.environment, &Output::quiet())
    }

    /// Connects to the gateway that the options name.
    pub(crate) async fn link(&self, target: Target) -> Result<Link, Failure> {
        self.dial(target)?.connect(self.environment).await
    }
}

/// Runs a command.
pub(crate) async fn run(
    command: Command,
    environment: &Environment,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut context = Context {
        environment,
        output,
    };
    let context = &mut context;
    match command {
        Command::Gateway(args) => gateway::run(context, args.action).await,
        Command::Connect(args) => connect::run(context, args).await,
        Command::Status(target) => status::run(context, target).await,
        Command::Sessions(args) => sessions::run(context, args).await,
        Command::Spawn(args) => spawn::run(context, args).await,
        Command::Send(args) => send::run(context, args).await,
        Command::Approvals(args) => approvals::run(context, args).await,
        Command::Policy(args) => policy::run(context, args).await,
        Command::Call(args) => call::run(context, args).await,
        Command::Logs(args) => logs::run(context, args).await,
        Command::Doctor(target) => doctor::run(context, target).await,
        Command::Completions { shell } => shell::completions(context, shell),
        Command::Man { folder } => shell::man(context, &folder),
    }
}
