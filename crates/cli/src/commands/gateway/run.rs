//! `gateway run`: flags over environment over configuration, then the gateway, then wait for a signal.

use std::path::Path;

use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::config::{AuthMode, Bind, Config};
use gatehouse_gateway::{Clock, Gateway, Limits, RunningGateway, StartError, StartOptions};
use gatehouse_protocol::Secret;
use gatehouse_vault::Redactor;
use serde_json::json;

use crate::args::{AuthKind, BindTo, RunArgs};
use crate::commands::Context;
use crate::dial::secret_file;
use crate::environment::{Environment, now_ms};
use crate::failure::{Failure, FailureKind};
use crate::server::record::{RunRecord, StateLock};
use crate::server::secret::{self, OwnToken};
use crate::server::{log, state_dir};

pub(super) async fn run(context: &mut Context<'_>, args: RunArgs) -> Result<(), Failure> {
    let redactor = Redactor::new();
    log::start(context.environment, &redactor, context.output.is_json());
    let folder = state_dir(&args.state, context.environment)?;
    let mut lock = StateLock::take(&folder)?;
    let config = configuration(&args, &folder, context.environment)?;
    let mode = config.gateway.auth.mode;
    let auth = authentication(context, &args, mode, &folder, &redactor).await?;
    let gateway = Gateway::start(StartOptions {
        config,
        auth,
        state_dir: folder,
        clock: Clock::system(),
        limits: Limits::default(),
    });
    let gateway = gateway.await.map_err(|error| failed(&error))?;
    let record = RunRecord {
        pid: std::process::id(),
        url: url_of(&gateway),
        started_at_ms: now_ms(),
        fingerprint: None,
    };
    lock.write(&record)?;
    announce(context, &record)?;
    let reason = signalled().await?;
    context.output.note(&format!(
        "{reason}: letting the work end; once more ends at once"
    ));
    tokio::spawn(end_at_once());
    gateway.stop(reason).await;
    Ok(())
}

fn announce(context: &mut Context<'_>, record: &RunRecord) -> Result<(), Failure> {
    if context.output.is_json() {
        return context
            .output
            .value_line(&json!({ "event": "listening", "gateway": record }));
    }
    context.output.line(&format!("listening at {}", record.url))
}

/// The address for clients of this machine.
fn url_of(gateway: &RunningGateway) -> String {
    let mut address = gateway.local_addr();
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("ws://{address}")
}

fn configuration(
    args: &RunArgs,
    _folder: &Path,
    environment: &Environment,
) -> Result<Config, Failure> {
    let mut config = Config::default();
    let gateway = &mut config.gateway;
    let port = environment.get("OPENCLAW_GATEWAY_PORT").map(str::parse);
    if let Some(port) = port {
        gateway.port = port.map_err(|_| {
            Failure::configuration("OPENCLAW_GATEWAY_PORT is no port")
                .next("it is a number up to 65535")
        })?;
    }
    if let Some(port) = args.port {
        gateway.port = port;
    }
    match args.bind {
        Some(BindTo::Loopback) => gateway.bind = Bind::Loopback,
        Some(BindTo::Lan) => gateway.bind = Bind::Lan,
        Some(BindTo::Address(address)) => gateway.bind = Bind::Address(address),
        None => {}
    }
    let has_password = args.password.is_some() || args.password_file.is_some();
    gateway.auth.mode = match args.auth {
        Some(AuthKind::None) => AuthMode::None,
        Some(AuthKind::Token) => AuthMode::Token,
        Some(AuthKind::Password) => AuthMode::Password,
        Some(AuthKind::TrustedProxy) => AuthMode::TrustedProxy,
        None if has_password => AuthMode::Password,
        None => gateway.auth.mode,
    };
    Ok(config)
}

async fn authentication(
    context: &mut Context<'_>,
    args: &RunArgs,
    mode: AuthMode,
    folder: &Path,
    redactor: &Redactor,
) -> Result<AuthSettings, Failure> {
    let environment = context.environment;
    match mode {
        AuthMode::None => Ok(AuthSettings::None),
        AuthMode::Token => {
            let name = "OPENCLAW_GATEWAY_TOKEN";
            let given = given(&args.token, args.token_file.as_deref(), name, environment)?;
            let shared = match given {
                Some(token) => taken(&token, redactor),
                None => own_token(context, folder, redactor).await?,
            };
            Ok(AuthSettings::Token(shared))
        }
        AuthMode::Password => {
            let name = "OPENCLAW_GATEWAY_PASSWORD";
            let given = given(&args.password, args.password_file.as_deref(), name, environment)?;
            let password = given.ok_or_else(|| {
                Failure::configuration("password authentication needs a password")
                    .next("give it with --password-file or OPENCLAW_GATEWAY_PASSWORD")
            })?;
            Ok(AuthSettings::Password(taken(&password, redactor)))
        }
        AuthMode::TrustedProxy => Err(Failure::configuration(
            "trusted-proxy authentication needs gateway.auth.trustedProxy and gateway.trustedProxies in the configuration",
        )
        .next("give the configuration with --config")),
    }
}

/// A secret from a flag, a file or the environment, in this order.
fn given(
    flag: &Option<String>,
    file: Option<&Path>,
    variable: &str,
    environment: &Environment,
) -> Result<Option<Secret>, Failure> {
    if let Some(text) = flag {
        let secret = Secret::new(text);
        return match secret {
            Some(secret) => Ok(Some(secret)),
            None => Err(Failure::configuration("an empty secret is no secret")),
        };
    }
    match file {
        Some(path) => secret_file(path).map(Some),
        None => Ok(environment.get(variable).and_then(Secret::new)),
    }
}

fn taken(secret: &Secret, redactor: &Redactor) -> SharedSecret {
    redactor.learn(&gatehouse_vault::Secret::new(secret.expose()));
    SharedSecret::of(secret.expose())
}

/// The token that was made here before, or a new one.
async fn own_token(
    context: &mut Context<'_>,
    folder: &Path,
    redactor: &Redactor,
) -> Result<SharedSecret, Failure> {
    match secret::find(folder, redactor).await? {
        OwnToken::Kept(token) => return Ok(SharedSecret::of(token.expose())),
        OwnToken::HashOnly(hash) => return Ok(hash),
        OwnToken::None => {}
    }
    let made = secret::make(folder, redactor).await?;
    if made.shown_once {
        context
            .output
            .note("there is no keychain: this token is shown once, and only its hash is kept");
        // Not through the log, which would take it out.
        context.output.note(made.secret.expose());
    } else {
        context
            .output
            .note("a token was made and is in the keychain: `gatehouse gateway token` shows it");
    }
    Ok(SharedSecret::of(made.secret.expose()))
}

fn failed(error: &StartError) -> Failure {
    let kind = match error.exit_code() {
        78 => FailureKind::Configuration,
        _ => FailureKind::General,
    };
    let failure = Failure::new(kind, "notStarted", error.to_string());
    match error {
        StartError::Bind { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
            failure.next("something listens there already; choose another port with --port")
        }
        StartError::Config(_) => failure.next("mend the configuration and start again"),
        _ => failure,
    }
}

/// Waits until somebody wants it to end, and says how they said so.
#[cfg(unix)]
async fn signalled() -> Result<&'static str, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok("interrupted")
        }
        _ = terminate.recv() => Ok("asked to end"),
        _ = hang_up.recv() => Ok("the terminal went away"),
    }
}

#[cfg(not(unix))]
async fn signalled() -> Result<&'static str, Failure> {
    tokio::signal::ctrl_c().await?;
    Ok("interrupted")
}

/// Whoever asks twice does not want to wait.
async fn end_at_once() {
    if signalled().await.is_ok() {
        std::process::exit(130);
    }
}
