//! `gatehouse credentials …`: secrets that agents use by name. None of them is ever an argument: other programs of a
//! machine can read those.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Target;

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct CredentialsArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) action: CredentialsAction,
}

#[derive(Subcommand)]
pub(crate) enum CredentialsAction {
    /// Which there are, for what, and how they stand; never their values
    List,
    /// Keep a secret under a name, in place of one that has it
    Set(SetArgs),
    /// Give one a new value
    Rotate {
        name: String,
        /// How long the former value stays usable, such as `2h`; at once over when left out
        #[arg(long, value_parser = span)]
        grace: Option<u64>,
        #[command(flatten)]
        secret: SecretFrom,
    },
    /// Let one end now, or in a while
    Expire {
        name: String,
        /// In this time, such as `7d`
        #[arg(long = "in", value_name = "TIME", value_parser = span)]
        within: Option<u64>,
    },
    /// Forget one
    Delete { name: String },
    /// Put another master key in place of the one that seals them all
    RotateMasterKey,
}

#[derive(Args)]
pub(crate) struct SetArgs {
    /// A letter, then letters, digits, `_` and `-`
    pub(crate) name: String,
    #[arg(long = "type", value_enum, default_value = "api-key")]
    pub(crate) kind: Kind,
    /// A host that it may be sent to, such as `api.example.com`; may be given more than once
    #[arg(long = "host", value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    /// A tool that may use it, such as `exec`; may be given more than once
    #[arg(long = "tool", value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
    /// End it in this time, such as `90d`
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) expires_in: Option<u64>,
    /// End it after so many uses
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_uses: Option<u64>,
    #[command(flatten)]
    pub(crate) secret: SecretFrom,
}

#[derive(Args)]
pub(crate) struct SecretFrom {
    /// A file with the secret; otherwise it is read from stdin, or asked for without showing it
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    ApiKey,
    OauthToken,
    Password,
    Certificate,
    SshKey,
    ServiceAccount,
}

impl Kind {
    /// Its word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::OauthToken => "oauth_token",
            Self::Password => "password",
            Self::Certificate => "certificate",
            Self::SshKey => "ssh_key",
            Self::ServiceAccount => "service_account",
        }
    }

    /// Whether its last line break is a part of it, as programs that read keys want it.
    pub(crate) fn has_lines(self) -> bool {
        matches!(self, Self::Certificate | Self::SshKey)
    }
}

/// Milliseconds out of `90d`, `12h`, `30m`, `45s`.
pub(super) fn span(text: &str) -> Result<u64, String> {
    let wrong = || "a time is a number with s, m, h or d behind it, such as 90d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ms = count.checked_mul(seconds * 1_000).filter(|ms| *ms > 0);
    ms.ok_or_else(wrong)
}

/// The longest time that an answer to an approval can hold, in minutes: a day.
const LONGEST_ANSWER: u64 = 24 * 60;

/// Whole minutes out of `30m` or `2h`. A gateway counts an answer's time in them, and nobody allows more than they said.
pub(super) fn minutes(text: &str) -> Result<u64, String> {
    let wrong = || "an answer holds for whole minutes, up to 24h, such as 30m or 2h".to_owned();
    let ms = span(text).map_err(|_| wrong())?;
    let minutes = ms / 60_000;
    let fits = ms.is_multiple_of(60_000) && minutes <= LONGEST_ANSWER;
    fits.then_some(minutes).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::{minutes, span};

    #[test]
    fn an_answer_holds_for_as_long_as_was_said_and_no_longer() {
        assert_eq!((minutes("30m"), minutes("24h")), (Ok(30), Ok(1_440)));
        assert_eq!((minutes("120s"), minutes("1d")), (Ok(2), Ok(1_440)));
        // The gateway would make a minute of it, and refuse the others only after the approval was looked up.
        for wrong in ["1s", "90s", "1441m", "2d", "99999999999d", "0m", "soon"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(span("90d"), Ok(7_776_000_000));
        assert_eq!(span("45s"), Ok(45_000));
        for wrong in [
            "",
            "d",
            "90",
            "-1d",
            "1.5h",
            "0s",
            "1y",
            "99999999999999999d",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
