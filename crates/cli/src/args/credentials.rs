//! `gatehouse credentials …`: secrets that agents use by name. None of them is ever an argument: other programs of a
//! machine can read those.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Target;
use super::number::{LARGEST, whole};
use super::time::span;

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
        #[arg(long, allow_hyphen_values = true, value_parser = span)]
        grace: Option<u64>,
        #[command(flatten)]
        secret: SecretFrom,
    },
    /// Let one end now, or in a while
    Expire {
        name: String,
        /// In this time, such as `7d`
        #[arg(long = "in", value_name = "TIME", allow_hyphen_values = true, value_parser = span)]
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
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = span)]
    pub(crate) expires_in: Option<u64>,
    /// End it after so many uses
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = whole::<u64>(1, LARGEST))]
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
