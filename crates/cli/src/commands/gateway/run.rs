//! `gateway run`: flags over environment over configuration, then the gateway, then wait for a signal.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatehouse_control::Reach;
use gatehouse_gateway::audit::StateKey;
use gatehouse_gateway::config::{
    AuthMode, Bind, ConfigError, Flags, Prepared, SecretFlag, prepare,
};
use gatehouse_gateway::{Gateway, RunRecord, RunningGateway, StartError, StartOptions, StateLock};
use gatehouse_vault::{Redactor, process};
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;

use crate::args::{AuthKind, BindTo, RunArgs};
use crate::commands::Context;
use crate::dial::{secret_file, secret_text};
use crate::failure::{Failure, FailureKind};
use crate::output::Output;
use crate::server::{keys, log, page, secret, signalled, state_dir};

pub(super) async fn run(context: &mut Context<'_>, args: RunArgs) -> Result<(), Failure> {
    let folder = state_dir(&args.state, context.environment)?;
    let lock = StateLock::take(&folder).map_err(|error| failed(&error))?;
    let redactor = Redactor::new();
    let env = context.environment.variables().clone();
    for name in ["GATEWAY_TOKEN", "GATEWAY_PASSWORD"] {
        for prefix in ["OPENCLAW", "GATEHOUSE"] {
            let value = context.environment.get(&format!("{prefix}_{name}"));
            value.inspect(|value| redactor.learn(&gatehouse_vault::Secret::new(*value)));
        }
    }
    allow_many_connections();
    if let Err(error) = process::close_to_other_programs() {
        tracing::warn!(%error, "other programs of this person can read the gateway's memory");
    }
    fit_together(&args)?;
    let flags = flags(&args, &redactor)?;
    if let Some(SecretFlag::Text(token)) = &flags.token
        && token.expose().chars().count() < SHORT
    {
        context.output.note(
            "the token is short enough to be guessed; without one a long one is made and kept",
        );
    }
    let mut prepared = prepare(&folder, &flags, &env).map_err(misconfigured)?;
    for note in &prepared.notes {
        context.output.note(note);
    }
    // Its hash is on the disk by now, so it is told however the start goes: nobody could ask for it again.
    let made = keep_new_token(context.output, &mut prepared, &folder, &redactor).await;
    let started = start(
        context,
        &args,
        prepared,
        Place {
            folder,
            lock,
            redactor,
        },
    )
    .await;
    let told = tell_new_token(context, made, started.is_ok());
    let (gateway, log) = started?;
    told?;
    tokio::spawn(log.follow(gateway.app().config.watch()));
    tokio::spawn(give_back_after_start());
    let reason = signalled().await?;
    context.output.note(&format!(
        "{reason}: letting the work end; once more ends at once"
    ));
    tokio::spawn(end_at_once());
    gateway.stop(reason).await;
    Ok(())
}

/// Where a gateway is to run, and what it is not to say.
struct Place {
    folder: PathBuf,
    lock: StateLock,
    redactor: Redactor,
}

/// Starts it, and says where it listens.
async fn start(
    context: &mut Context<'_>,
    args: &RunArgs,
    prepared: Prepared,
    place: Place,
) -> Result<(RunningGateway, log::Log), Failure> {
    let Place {
        folder,
        lock,
        redactor,
    } = place;
    let env = context.environment.variables().clone();
    let wanted = &prepared.reading.config.logging;
    let log = log::start(context.environment, &redactor, &folder, wanted)?;
    let said = &prepared.reading.config.gateway;
    let (has_page, secure) = (said.control_ui.enabled, said.tls.enabled);
    let page_folder = said.control_ui.root.clone();
    let keys = keys::shelf(args, &folder, &redactor, context.output).await?;
    let mut options = StartOptions::prepared(prepared, env, folder);
    options.log_file = Some(log.file.clone());
    options.state_lock = Some(lock);
    let vault = secret::audit_vault(&options.state_dir, &redactor).await?;
    options.tls_vault = vault.clone();
    options.audit_key = Some(Arc::new(StateKey::new(&options.state_dir, vault)));
    options.keys = Some(keys);
    options.redactor = redactor;
    options.own_files = keys::files(args);
    let reach = Arc::new(OnceLock::new());
    if has_page {
        options.web = page::web(&options.state_dir, page_folder, reach.clone(), secure);
    }
    gatehouse_gateway::adopt_orphans();
    let gateway = Gateway::start(options).await;
    let gateway = gateway.map_err(|error| failed(&error))?;
    // Empty until here, so this cannot fail.
    let _ = reach.set(Reach {
        url: gateway.record().url.clone(),
        pin: gateway.tls_fingerprint().map(str::to_owned),
    });
    announce(context, gateway.record())?;
    Ok((gateway, log))
}

/// Of a secret, in characters: fewer can be guessed by someone who has time.
const SHORT: usize = 16;

/// Each connection is an open file, and the usual soft limit of 1,024 is a terminal's, not a server's.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// A start is over by then, with what it does behind its own back.
const SETTLED: Duration = Duration::from_secs(2);

/// Gives back what the start touched of the program's code, which is most of what a gateway that waits would keep in
/// memory. What it needs again is mapped again as it is used.
async fn give_back_after_start() {
    tokio::time::sleep(SETTLED).await;
    match tokio::task::spawn_blocking(gatehouse_resident::give_back).await {
        Ok(Ok(bytes)) => tracing::debug!(bytes, "idle code was given back"),
        Ok(Err(error)) => tracing::warn!(%error, "idle code could not be given back"),
        // It is ending.
        Err(_) => {}
    }
}

fn announce(context: &mut Context<'_>, record: &RunRecord) -> Result<(), Failure> {
    if context.output.is_json() {
        return context
            .output
            .value_line(&json!({ "event": "listening", "gateway": record }));
    }
    context
        .output
        .line(&format!("listening at {}", record.url))?;
    match &record.fingerprint {
        Some(pin) => context.output.line(&format!("certificate {pin}")),
        None => Ok(()),
    }
}

/// A secret that the way of signing in would not look at was given for nothing.
fn fit_together(args: &RunArgs) -> Result<(), Failure> {
    let token = args.token.is_some() || args.token_file.is_some();
    let password = args.password.is_some() || args.password_file.is_some();
    let idle = match args.auth {
        Some(AuthKind::Token) => password.then_some("--password"),
        Some(AuthKind::Password) => token.then_some("--token"),
        Some(AuthKind::None) if password => Some("--password"),
        Some(AuthKind::None) => token.then_some("--token"),
        Some(AuthKind::TrustedProxy) | None => None,
    };
    match idle {
        None => Ok(()),
        Some(option) => Err(
            Failure::usage(format!("{option} means nothing with this --auth"))
                .next("leave one of the two out"),
        ),
    }
}

fn flags(args: &RunArgs, redactor: &Redactor) -> Result<Flags, Failure> {
    Ok(Flags {
        config: args.config.clone(),
        port: args.port,
        bind: args.bind.map(|bind| match bind {
            BindTo::Loopback => Bind::Loopback,
            BindTo::Lan => Bind::Lan,
            BindTo::Address(address) => Bind::Address(address),
        }),
        auth: args.auth.map(|auth| match auth {
            AuthKind::None => AuthMode::None,
            AuthKind::Token => AuthMode::Token,
            AuthKind::Password => AuthMode::Password,
            AuthKind::TrustedProxy => AuthMode::TrustedProxy,
        }),
        token: given(&args.token, args.token_file.as_deref(), redactor)?,
        password: given(&args.password, args.password_file.as_deref(), redactor)?,
        tls_cert: args.tls_cert.clone(),
        tls_key: args.tls_key.clone(),
        tls_self_signed: args.tls_self_signed,
        kept_token: None,
    })
}

/// A secret from a flag or a file.
fn given(
    flag: &Option<String>,
    file: Option<&Path>,
    redactor: &Redactor,
) -> Result<Option<SecretFlag>, Failure> {
    let secret = match (flag, file) {
        (Some(text), _) => secret_text(text)?,
        (None, Some(path)) => secret_file(path)?,
        (None, None) => return Ok(None),
    };
    redactor.learn(&gatehouse_vault::Secret::new(secret.expose()));
    Ok(Some(SecretFlag::Text(secret)))
}

/// A token that was just made.
enum NewToken {
    InKeychain,
    /// To be shown, this once.
    Nowhere(gatehouse_vault::Secret),
}

/// A token that was just made goes into the keychain, where there is one.
async fn keep_new_token(
    output: &Output,
    prepared: &mut Prepared,
    folder: &Path,
    redactor: &Redactor,
) -> Option<NewToken> {
    let token = prepared.generated_token.take()?;
    let token = gatehouse_vault::Secret::new(token.expose());
    redactor.learn(&token);
    let kept = secret::keep(folder, redactor, &token).await;
    let is_kept = kept.unwrap_or_else(|failure| {
        output.note(&format!(
            "the token could not be put into the keychain: {}",
            failure.message
        ));
        false
    });
    Some(match is_kept {
        true => NewToken::InKeychain,
        false => NewToken::Nowhere(token),
    })
}

/// In JSON a line of its own with a name. Never through the log, which would take it out.
fn tell_new_token(
    context: &mut Context<'_>,
    token: Option<NewToken>,
    runs: bool,
) -> Result<(), Failure> {
    let output = &mut *context.output;
    let later = match runs {
        true => "",
        false => "; it is the one of the next start, too",
    };
    match token {
        None => Ok(()),
        Some(NewToken::InKeychain) => {
            output.note(
                "a token was made and is in the keychain: `gatehouse gateway token` shows it",
            );
            Ok(())
        }
        Some(NewToken::Nowhere(token)) if output.is_json() => output.value_line(&json!({
            "event": "tokenMade", "token": token.expose(), "shownOnce": true,
        })),
        Some(NewToken::Nowhere(token)) => {
            output.note(&format!(
                "there is no keychain: this token is shown once, and only its hash is kept{later}"
            ));
            output.note(token.expose());
            Ok(())
        }
    }
}

fn misconfigured(error: ConfigError) -> Failure {
    let words = gatehouse_protocol::untrusted::escape(
        &error.to_string(),
        gatehouse_protocol::untrusted::Policy::Command,
    );
    Failure::configuration(words.text).next("mend the configuration and start again")
}

fn failed(error: &StartError) -> Failure {
    let kind = match error.exit_code() {
        78 => FailureKind::Configuration,
        _ => FailureKind::General,
    };
    let failure = Failure::new(kind, "notStarted", error.to_string());
    match error {
        StartError::StateInUse { .. } => Failure::new(kind, "alreadyRunning", error.to_string())
            .next("`gatehouse gateway status` shows it; --state-dir names another folder"),
        StartError::State { .. } => failure.next("name another folder with --state-dir"),
        StartError::Bind { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
            failure.next("something listens there already; choose another port with --port")
        }
        StartError::Bind { source, .. }
            if source.kind() == std::io::ErrorKind::AddrNotAvailable =>
        {
            failure.next("--bind takes loopback, lan, or an address that this machine has")
        }
        StartError::Bind { source, .. }
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            failure.next("ports below 1024 are for root: choose another with --port")
        }
        StartError::Config(_) => failure.next("mend the configuration and start again"),
        StartError::Unsafe(_) => {
            failure.next("`--auth token` makes a token; `--bind loopback` keeps others out")
        }
        StartError::Tls(_) => failure.next(
            "name a certificate and its key, PEM, with --tls-cert and --tls-key; --tls-self-signed makes both",
        ),
        _ => failure,
    }
}

/// Whoever asks twice does not want to wait.
async fn end_at_once() {
    if signalled().await.is_ok() {
        std::process::exit(130);
    }
}
