//! The connection options before the command, `gatehouse --url … status`: they go to the command as if they stood
//! behind it. A command that asks no gateway refuses them.

use clap::Arg;

use super::{Cli, Command, GatewayAction, Target};
use crate::failure::Failure;

/// These options are no options of every command: each has its own.
pub(super) fn of_this_place(arg: Arg) -> Arg {
    let is_everywhere = arg.get_id() == "json";
    arg.global(is_everywhere)
}

impl Cli {
    /// The command with all that was said.
    pub(crate) fn placed(self) -> Result<Command, Failure> {
        let Self {
            before,
            mut command,
            ..
        } = self;
        if before.is_empty() {
            return Ok(command);
        }
        let Some(target) = command.target() else {
            return Err(Failure::usage(
                "this command asks no gateway, so it takes no connection options",
            )
            .next("`--help` behind the command has its options"));
        };
        *target = std::mem::take(target).behind(before);
        if target.has_a_secret_twice() {
            return Err(Failure::usage(
                "a secret is given straight or by a file, not both",
            ));
        }
        match &command {
            Command::Connect(args)
                if args.target.url.is_some()
                    && (args.mock || args.host.is_some() || args.port.is_some()) =>
            {
                Err(Failure::usage(
                    "--url cannot be used with --host, --port or --mock",
                ))
            }
            Command::Gateway(args) if args.names_two_gateways() => {
                Err(Failure::usage("--url cannot be used with --state-dir"))
            }
            _ => Ok(command),
        }
    }
}

impl Command {
    /// Which gateway it asks, where it asks one.
    fn target(&mut self) -> Option<&mut Target> {
        match self {
            Self::Connect(args) => Some(&mut args.target),
            Self::Status(target) | Self::Doctor(target) => Some(target),
            Self::Sessions(args) => Some(&mut args.target),
            Self::Spawn(args) => Some(&mut args.target),
            Self::Send(args) => Some(&mut args.target),
            Self::Approvals(args) => Some(&mut args.target),
            Self::Policy(args) => Some(&mut args.target),
            Self::Audit(args) => Some(&mut args.target),
            Self::Credentials(args) => Some(&mut args.target),
            Self::Call(args) => Some(&mut args.target),
            Self::Logs(args) => Some(&mut args.target),
            Self::Gateway(args) => match &mut args.action {
                GatewayAction::Health(args) => Some(&mut args.target),
                _ => None,
            },
            Self::Completions { .. } | Self::Man { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn target(line: &str) -> Target {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let mut command = cli.placed().unwrap_or_else(|_| panic!("{line}"));
        std::mem::take(command.target().unwrap())
    }

    #[test]
    fn options_before_the_command_are_as_good_as_behind_it() {
        for line in [
            "gatehouse --url ws://a --token t --timeout 5 status",
            "gatehouse --url ws://a --token t sessions --timeout 5 list",
            "gatehouse --url ws://b --token t approvals list --url ws://a --timeout 5",
            "gatehouse --json --url ws://a --timeout 5 doctor --token t",
            "gatehouse --url ws://a --timeout 5 gateway health --token t",
        ] {
            let target = target(line);
            assert_eq!(target.url.as_deref(), Some("ws://a"), "{line}");
            assert_eq!(target.token.as_deref(), Some("t"), "{line}");
            assert_eq!(target.token_file, None, "{line}");
            assert_eq!(target.timeout, Some(5), "{line}");
        }
    }

    #[test]
    fn a_command_that_asks_no_gateway_takes_none_of_them() {
        for line in [
            "gatehouse --url ws://a completions bash",
            "gatehouse --token t gateway run",
            "gatehouse --url ws://a gateway status",
            "gatehouse --url ws://a connect --host b",
            "gatehouse --token-file f status --token t",
            "gatehouse --url ws://a gateway health --state-dir b",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert!(cli.placed().is_err(), "{line}");
        }
        for line in [
            "gatehouse completions bash --url ws://a",
            "gatehouse gateway run --url ws://a",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
