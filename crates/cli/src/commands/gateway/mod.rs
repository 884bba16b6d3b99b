//! `gateway`: run one, and look after the one that runs.

mod health;
mod run;

use std::time::Duration;

use gatehouse_gateway::config::{AuthMode, ConfigPlace, Flags, read};
use gatehouse_gateway::make_state_folder;
use gatehouse_vault::Redactor;
use serde_json::json;

use super::Context;
use crate::args::{GatewayAction, StateDir, TokenArgs};
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::output::age;
use crate::server::secret::{self, OwnToken};
use crate::server::theirs::{self, may_look, running_in};
use crate::server::{state_dir, unusable};

/// Longer than a gateway gives its work to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &mut Context<'_>, action: GatewayAction) -> Result<(), Failure> {
    match action {
        GatewayAction::Run(args) => run::run(context, *args).await,
        GatewayAction::Status(state) => status(context, &state),
        GatewayAction::Token(args) => token(context, args).await,
        GatewayAction::Health(args) => health::run(context, args).await,
        GatewayAction::Stop(state) => stop(context, &state).await,
    }
}

fn status(context: &mut Context<'_>, state: &StateDir) -> Result<(), Failure> {
    let folder = state_dir(state, context.environment)?;
    let found = running_in(&folder)?;
    if context.output.is_json() {
        context.output.value(&json!({
            "running": found.is_some(), "stateDir": folder, "gateway": found,
        }))?;
    }
    let Some(found) = found else {
        return Err(not_running(&folder));
    };
    if context.output.is_json() {
        return Ok(());
    }
    let since = age::span(now_ms().saturating_sub(found.started_at_ms));
    context.output.line(&format!(
        "running at {} since {since}, process {}",
        found.url, found.pid
    ))?;
    if let Some(fingerprint) = &found.fingerprint {
        context.output.line(&format!("certificate {fingerprint}"))?;
    }
    Ok(())
}

fn not_running(folder: &std::path::Path) -> Failure {
    let words = format!("no gateway runs in {}", folder.display());
    Failure::new(FailureKind::Unreachable, "notRunning", words)
        .next("`gatehouse gateway run` starts one; --state-dir names another folder")
}

async fn token(context: &mut Context<'_>, args: TokenArgs) -> Result<(), Failure> {
    let folder = state_dir(&args.state, context.environment)?;
    let redactor = Redactor::new();
    may_look(&folder)?;
    if args.new {
        if !folder.exists() {
            let folder = folder.display();
            context.output.note(&format!(
                "{folder} was not there and is made; no gateway has run in it"
            ));
        }
        make_state_folder(&folder).map_err(|error| unusable(&folder, &error))?;
        if takes_no_token(&folder, context) {
            context.output.note(
                "the configuration there lets clients in without a token: this one is for `--auth token`",
            );
        }
        let made = secret::make(&folder, &redactor).await?;
        if running_in(&folder)?.is_some() {
            context
                .output
                .note("the gateway that runs there takes it from its next start on");
        }
        if made.shown_once {
            context
                .output
                .note("there is no keychain: this is shown once, and only its hash is kept");
        }
        return show(context, made.secret.expose());
    }
    match secret::find(&folder, &redactor).await? {
        OwnToken::Kept(token) => show(context, token.expose()),
        // The keychain that was asked is this user's.
        OwnToken::HashOnly if theirs::owner(&folder).is_some() => Err(theirs::kept_back(&folder)),
        OwnToken::HashOnly => Err(Failure::configuration(
            "only the hash of the token is kept, because there was no keychain when it was made",
        )
        .next("`gatehouse gateway token --new` makes another one and shows it once")),
        OwnToken::None => Err(Failure::configuration(format!(
            "no token was made in {} yet",
            folder.display()
        ))
        .next("`gatehouse gateway run` makes one, or `gatehouse gateway token --new`")),
    }
}

/// The configuration of the folder says another way of signing in. One that cannot be read says so at the start.
fn takes_no_token(folder: &std::path::Path, context: &Context<'_>) -> bool {
    let flags = Flags::default();
    let environment = context.environment.variables();
    let path = ConfigPlace::find(flags.config.as_deref(), folder).read_from;
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mode = read(&text, &path, environment).map(|reading| reading.config.gateway.auth.mode);
    mode.is_ok_and(|mode| mode != AuthMode::Token)
}

/// The one command whose answer is a secret, because that is what was asked for.
fn show(context: &mut Context<'_>, token: &str) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.value(&json!({ "token": token }));
    }
    context.output.line(token)
}

async fn stop(context: &mut Context<'_>, state: &StateDir) -> Result<(), Failure> {
    let folder = state_dir(state, context.environment)?;
    let Some(found) = running_in(&folder)? else {
        return Err(not_running(&folder));
    };
    if let Some(program) = &found.within {
        return Err(Failure::new(
            FailureKind::General,
            "within",
            format!("the gateway runs within {program}, which would end with it"),
        )
        .next("switch it off there, under Settings, Gateways"));
    }
    ask_to_end(found.pid)?;
    let until = tokio::time::Instant::now() + STOP_LIMIT;
    while running_in(&folder)?.is_some_and(|now| now.pid == found.pid) {
        if tokio::time::Instant::now() > until {
            return Err(Failure::new(
                FailureKind::General,
                "stillRunning",
                format!("process {} was asked to end and still runs", found.pid),
            )
            .next("see its log for what it waits for"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if context.output.is_json() {
        return context.output.value(&json!({ "stopped": found }));
    }
    context.output.line("stopped")
}

#[cfg(unix)]
fn ask_to_end(pid: u32) -> Result<(), Failure> {
    let number = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    let pid = number.ok_or_else(|| Failure::configuration("the record names no process"))?;
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)
        .map_err(|error| match error {
            rustix::io::Errno::PERM => Failure::new(
                FailureKind::General,
                "notYours",
                format!("process {} is another user's", pid.as_raw_nonzero()),
            )
            .next("end it as the user who started it, or as root: `sudo gatehouse gateway stop --state-dir …`"),
            error => std::io::Error::from(error).into(),
        })
}

#[cfg(not(unix))]
fn ask_to_end(_pid: u32) -> Result<(), Failure> {
    Err(Failure::new(
        FailureKind::General,
        "notSupported",
        "a gateway cannot be ended from here on this system",
    )
    .next("press Ctrl-C where it runs"))
}
