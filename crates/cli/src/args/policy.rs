//! `gatehouse policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Target;
use super::number::whole;
use super::time::{When, when};

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) action: PolicyAction,
}

#[derive(Subcommand)]
pub(crate) enum PolicyAction {
    /// What a policy makes of a command, without running it and without a gateway
    Check {
        #[command(flatten)]
        on: On,
        /// A file with a command on each line, as `{"command": …, "verdict": …}`; `-` reads stdin. Without --cwd they are
        /// judged in a workspace that is the same on every machine
        #[arg(long, value_name = "FILE")]
        corpus: Option<PathBuf>,
        /// One argument is a command line; several are the words of one command
        #[arg(
            last = true,
            value_name = "COMMAND",
            required_unless_present = "corpus",
            conflicts_with = "corpus"
        )]
        command: Vec<String>,
    },
    /// Why, in sentences, and what would run
    Explain {
        #[command(flatten)]
        on: On,
        /// One argument is a command line; several are the words of one command
        #[arg(last = true, value_name = "COMMAND", required = true)]
        command: Vec<String>,
    },
    /// Read a policy and run the examples of its rules; fails where something is wrong
    Test {
        /// The document, JSON5; `-` reads stdin
        file: PathBuf,
        /// Roles in Cedar, instead of those that come with it
        #[arg(long, value_name = "FILE")]
        roles: Option<PathBuf>,
    },
    /// Which past actions of a gateway another policy would have decided otherwise
    Simulate {
        /// From when on: `24h`, `7d`, a day such as 2026-11-20, or a time such as 2026-11-20T08:00:00Z
        #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = when)]
        since: When,
        /// The other policy, JSON5; without it, what holds now is compared with what was decided then
        #[arg(long, value_name = "FILE")]
        document: Option<PathBuf>,
        /// At most this many actions, the latest; 1 to 10000 [default: 10000]
        #[arg(long, allow_negative_numbers = true, value_parser = whole::<u32>(1, 10_000))]
        limit: Option<u32>,
    },
}

/// What a command is judged by, and where it would run.
#[derive(Args, Clone)]
pub(crate) struct On {
    /// The folder it would run in, which is the workspace as well [default: this one]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cwd: Option<PathBuf>,
    /// The policy, JSON5 [default: guarded, without rules]
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// Roles in Cedar, instead of those that come with it
    #[arg(long, value_name = "FILE")]
    pub(crate) roles: Option<PathBuf>,
    /// Which shell would read it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) dialect: ShellKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShellKind {
    #[default]
    Posix,
    Powershell,
    Cmd,
}
