//! The definition of the command line. Help, completions and man pages come from here and from nowhere else.

mod approvals;
mod audit;
mod before;
mod credentials;
mod gateway;
mod number;
mod policy;
mod target;
mod time;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use number::whole;

pub(crate) use approvals::{AllowArgs, ApprovalsAction, ApprovalsArgs, GrantsAction, Named};
pub(crate) use audit::{AuditAction, AuditArgs, AuditFilters, Format};
pub(crate) use credentials::{CredentialsAction, CredentialsArgs, SecretFrom, SetArgs};
pub(crate) use gateway::{
    AuthKind, BindTo, GatewayAction, GatewayArgs, HealthArgs, RunArgs, StateDir, TokenArgs,
};
pub(crate) use policy::{On, PolicyAction, PolicyArgs, ShellKind};
pub(crate) use target::{DeviceChoice, Target};
pub(crate) use time::When;

/// Run AI agents behind a gateway, and decide what they may do, from a terminal.
#[derive(Parser)]
#[command(
    name = "gatehouse",
    version,
    arg_required_else_help = true,
    after_help = "Exit status: 0 done, 1 failed, 2 usage, 3 refused by the gateway, 4 not reachable, \
        5 not let in, 6 an audit that is not all proven, 78 configuration, 130 a gateway ended by a second Ctrl-C.",
    mut_args(before::of_this_place)
)]
pub(crate) struct Cli {
    /// Answer in JSON, for scripts; errors too, on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// As commands that ask a gateway take it; here it stands before the command.
    #[command(flatten)]
    before: Target,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a gateway of your own, and look after it
    Gateway(GatewayArgs),
    /// Connect and say who answers; where no gateway was named and the usual one is not there, the mock answers
    Connect(ConnectArgs),
    /// How a gateway is doing
    Status(Target),
    /// List, read, search and stop sessions
    Sessions(SessionsArgs),
    /// Give an agent a task in a session of its own
    Spawn(SpawnArgs),
    /// Say something in a session and read the answer as it comes
    Send(SendArgs),
    /// See what waits for a decision, and decide
    Approvals(ApprovalsArgs),
    /// Try what a policy makes of commands, check one, and simulate a change
    Policy(PolicyArgs),
    /// Read, check and export what the gateway recorded
    Audit(AuditArgs),
    /// Keep secrets that agents use by name and never see
    Credentials(CredentialsArgs),
    /// Call any method of the gateway
    Call(CallArgs),
    /// The gateway's log
    Logs(LogsArgs),
    /// Find out why a gateway cannot be reached, step by step
    Doctor(Target),
    /// Print completions for a shell
    Completions { shell: Shell },
    /// Write the man pages into a folder
    Man { folder: PathBuf },
}

#[derive(Args)]
pub(crate) struct ConnectArgs {
    /// The host, instead of a whole address; its port is 18789 unless --port says another
    #[arg(long, conflicts_with = "url")]
    pub(crate) host: Option<String>,
    /// The port on that host, or on this machine
    #[arg(long, conflicts_with = "url", allow_negative_numbers = true, value_parser = whole::<u16>(1, 65_535))]
    pub(crate) port: Option<u16>,
    /// Never the mock; a gateway that was named (--url, --host, --port, OPENCLAW_GATEWAY_URL) is never replaced by it
    #[arg(long, conflicts_with = "mock")]
    pub(crate) real: bool,
    /// A gateway in this process whose model is a script and whose tools touch nothing; what stdin says is
    /// said to it, line by line
    #[arg(long, conflicts_with_all = ["url", "host", "port"])]
    pub(crate) mock: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct SessionsArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) action: SessionsAction,
}

#[derive(Subcommand)]
pub(crate) enum SessionsAction {
    /// All sessions, the latest first
    List {
        /// Only those that are at work now
        #[arg(long)]
        active: bool,
        /// Only those of this kind, as the KIND column has it
        #[arg(long, value_enum)]
        kind: Option<SessionKind>,
    },
    /// What was said in a session
    History {
        key: String,
        /// How many messages, counted from the end; 1 to 1000
        #[arg(long, default_value_t = 50, allow_negative_numbers = true, value_parser = whole::<u32>(1, 1_000))]
        limit: u32,
    },
    /// Stop what a session is doing; the session stays
    Kill { key: String },
    /// Find a text in what was said
    Search {
        text: String,
        /// At most this many hits; 1 to 25
        #[arg(long, default_value_t = 20, allow_negative_numbers = true, value_parser = whole::<u32>(1, 25))]
        limit: u32,
    },
}

/// The kinds of sessions that gateways tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionKind {
    /// The main session of each agent.
    Main,
    Direct,
    Group,
    Global,
    Unknown,
}

impl SessionKind {
    /// Whether a session is one: the main one by its key, the others by what the gateway says of it.
    pub(crate) fn is_of(self, key: &str, kind: Option<&str>) -> bool {
        match self {
            Self::Main => {
                let parts: Vec<&str> = key.split(':').collect();
                matches!(parts.as_slice(), ["main"] | ["agent", _, "main"])
            }
            Self::Direct => kind == Some("direct"),
            Self::Group => kind == Some("group"),
            Self::Global => kind == Some("global"),
            Self::Unknown => kind == Some("unknown"),
        }
    }
}

#[derive(Args)]
pub(crate) struct SpawnArgs {
    /// What is to be done
    #[arg(long)]
    pub(crate) task: String,
    /// The model, as `provider/model`, or its name alone where one provider has it; otherwise the agent's own
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Stop when it has cost this much, with all that it starts; by the costs of the gateway's configuration
    #[arg(long, value_name = "USD", allow_negative_numbers = true, value_parser = dollars)]
    pub(crate) budget: Option<f64>,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct SendArgs {
    /// The session's key; `main` is the main one
    #[arg(long)]
    pub(crate) session: String,
    /// The message; `-` reads it from stdin
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct CallArgs {
    /// The method's name, such as `sessions.list`
    pub(crate) method: String,
    /// Its parameters as JSON; `-` reads them from stdin
    pub(crate) params: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args)]
pub(crate) struct LogsArgs {
    /// Go on with what is written from now on
    #[arg(long)]
    pub(crate) follow: bool,
    /// How many lines, counted from the end; 1 to 5000
    #[arg(long, default_value_t = 200, allow_negative_numbers = true, value_parser = whole::<u32>(1, 5_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) target: Target,
}

fn dollars(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount > 0.0 => Ok(amount),
        _ => Err("an amount is a positive number of US dollars".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_the_connection_may_stand_before_or_after_the_action() {
        for line in [
            "gatehouse sessions --url ws://127.0.0.1:1 list",
            "gatehouse sessions list --url ws://127.0.0.1:1 --json",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let Command::Sessions(sessions) = cli.command else {
                panic!("{line}")
            };
            assert_eq!(sessions.target.url.as_deref(), Some("ws://127.0.0.1:1"));
        }
    }

    #[test]
    fn a_budget_is_a_positive_amount() {
        assert_eq!(dollars("$2.50"), Ok(2.5));
        for wrong in ["0", "-1", "NaN", "inf", "two"] {
            assert!(dollars(wrong).is_err(), "{wrong}");
        }
    }
}
