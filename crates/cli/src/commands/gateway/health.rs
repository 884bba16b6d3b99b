//! `gateway health`: asks a gateway how it is. Where no address is given it is the one whose state is in the folder, as
//! for the other commands about a gateway of one's own.

use std::path::PathBuf;

use gatehouse_gateway::RunRecord;
use gatehouse_protocol::NoParams;
use gatehouse_protocol::methods::Health;
use gatehouse_vault::Redactor;

use super::not_running;
use crate::args::{HealthArgs, StateDir, Target};
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};
use crate::server::secret::{self, OwnToken};
use crate::server::state_dir;
use crate::server::theirs::running_in;

pub(super) async fn run(context: &mut Context<'_>, args: HealthArgs) -> Result<(), Failure> {
    let link = match found(context, &args)? {
        Some(found) => link_of(context, found, args.target).await?,
        None => context.link(args.target).await?,
    };
    let health = link.read::<Health>(NoParams {}).await;
    link.close().await;
    let health = health?;
    if context.output.is_json() {
        return context.output.value(&health);
    }
    let is_well = health["ok"] != false;
    context.output.line(if is_well {
        "ok"
    } else {
        "not well; --json says more"
    })?;
    if is_well {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::General,
        "notWell",
        "the gateway says that it is not well",
    ))
}

/// A gateway that runs in a folder.
struct Found {
    folder: PathBuf,
    record: RunRecord,
    /// Nobody named the folder on the command line, so that a secret of the environment is this gateway's.
    is_usual: bool,
}

/// The gateway of the folder that is meant; none where an address is.
fn found(context: &Context<'_>, args: &HealthArgs) -> Result<Option<Found>, Failure> {
    let environment = context.environment;
    let is_usual = args.state_dir.is_none();
    let has_address =
        args.target.url.is_some() || environment.get("OPENCLAW_GATEWAY_URL").is_some();
    if is_usual && has_address {
        return Ok(None);
    }
    let given = StateDir {
        state_dir: args.state_dir.clone(),
    };
    let is_named = !is_usual || environment.get("GATEHOUSE_STATE_DIR").is_some();
    let folder = match state_dir(&given, environment) {
        Err(_) if !is_named => return Ok(None),
        folder => folder?,
    };
    match running_in(&folder)? {
        Some(record) => Ok(Some(Found {
            folder,
            record,
            is_usual,
        })),
        None if is_named => Err(not_running(&folder)),
        // The usual address may be another's.
        None => Ok(None),
    }
}

/// Connects to it: at its address, with its certificate, and with its own token where no other secret was given.
async fn link_of(context: &Context<'_>, found: Found, target: Target) -> Result<Link, Failure> {
    let target = Target {
        url: Some(found.record.url),
        pin: target.pin.or(found.record.fingerprint),
        ..target
    };
    let mut dial = context.dial(target)?;
    if dial.secrets.is_empty()
        && let OwnToken::Kept(token) = secret::find(&found.folder, &Redactor::new()).await?
    {
        dial.secrets.token = gatehouse_protocol::Secret::new(token.expose());
        dial.kept_back = false;
    }
    if dial.secrets.is_empty() && found.is_usual {
        dial.take_own_secrets(context.environment);
    }
    dial.connect(context.environment).await
}
