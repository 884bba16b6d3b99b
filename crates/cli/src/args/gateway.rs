//! `gatehouse gateway …`: a gateway of one's own. A flag stands above the environment, that above the configuration.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Target;
use super::number::whole;

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct GatewayArgs {
    #[command(subcommand)]
    pub(crate) action: GatewayAction,
}

#[derive(Subcommand)]
pub(crate) enum GatewayAction {
    /// Run a gateway until interrupted
    Run(Box<RunArgs>),
    /// Whether a gateway runs in this state folder
    Status(StateDir),
    /// Show the token of the gateway that keeps its state here
    Token(TokenArgs),
    /// Ask a gateway how it is
    Health(HealthArgs),
    /// End the gateway that runs in this state folder; its work has ten seconds to finish
    Stop(StateDir),
}

#[derive(Args, Clone)]
pub(crate) struct StateDir {
    /// Where the gateway keeps everything [env: GATEHOUSE_STATE_DIR] [default: ~/.gatehouse]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    pub(crate) state: StateDir,
    /// Make a new one; a running gateway takes it at its next start
    #[arg(long)]
    pub(crate) new: bool,
}

#[derive(Args)]
pub(crate) struct HealthArgs {
    /// The gateway that runs in this state folder, instead of an address
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    pub(crate) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
}

impl GatewayArgs {
    /// An address and a folder.
    pub(super) fn names_two_gateways(&self) -> bool {
        match &self.action {
            GatewayAction::Health(args) => args.state_dir.is_some() && args.target.url.is_some(),
            _ => false,
        }
    }
}

#[derive(Args)]
pub(crate) struct RunArgs {
    /// The port to listen on, 0 for any that is free [env: GATEHOUSE_GATEWAY_PORT] [default: 18789]
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u16>(0, 65_535))]
    pub(crate) port: Option<u16>,
    /// `loopback`, `lan` or an address [env: GATEHOUSE_GATEWAY_BIND] [default: loopback]
    #[arg(long, value_parser = bind)]
    pub(crate) bind: Option<BindTo>,
    /// How clients show that they may come in [default: token]
    #[arg(long, value_enum)]
    pub(crate) auth: Option<AuthKind>,
    /// The token; other programs of this machine can see it [env: GATEHOUSE_GATEWAY_TOKEN]
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) token: Option<String>,
    /// A file with the token; `-` reads it from stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The password; other programs of this machine can see it [env: GATEHOUSE_GATEWAY_PASSWORD]
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) password: Option<String>,
    /// A file with the password; `-` reads it from stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Keep the master key of the credentials in this file, which has to be its owner's alone; for machines
    /// without a keychain. Whoever can read it can read every credential
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "credential_passphrase_file"
    )]
    pub(crate) credential_key_file: Option<PathBuf>,
    /// Keep it in a file that is encrypted with the passphrase in this one; `-` reads it from stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) credential_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateDir,
    /// The configuration, JSON5 [default: gatehouse.json in the state folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve TLS with a certificate made here; its fingerprint is printed
    #[arg(long, conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindTo {
    Loopback,
    Lan,
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthKind {
    /// Anyone on this machine; not for any other address
    None,
    Token,
    Password,
    /// A proxy in front says who it is, as the configuration has it
    TrustedProxy,
}

fn bind(text: &str) -> Result<BindTo, String> {
    match text {
        "loopback" => Ok(BindTo::Loopback),
        "lan" => Ok(BindTo::Lan),
        address => address
            .parse()
            .map(BindTo::Address)
            .map_err(|_| "neither loopback, nor lan, nor an address".to_owned()),
    }
}
