//! What is started while the first window comes up, in order: the log, the vault, the cache, the fleet, the notices.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gatehouse_protocol::{ClientId, ClientInfo, ClientMode};
use gatehouse_store::SqliteCache;
use gatehouse_vault::{Redactor, SecretVault, SystemVault};
use tauri::{AppHandle, Manager};
use tracing::info;
use uuid::Uuid;

use super::desk::Desk;
use super::failure::{self, StartError};
use super::life::Life;
use super::logging;
use super::notices::{self, Notifier, router};
use super::own_gateway;
use super::surfaces::AppSurfaces;
use gatehouse_fleet::{Clock, Environment, Fleet, FleetOptions};

type Started<T = ()> = Result<T, StartError>;

/// Starts the log in the app's log folder. What the redactor learns is kept out of it.
///
/// # Errors
/// When there is no such folder, or it cannot be written.
pub(crate) fn logging(app: &AppHandle, redactor: Redactor) -> Started {
    let folder = app.path().app_log_dir()?;
    private_folder(&folder).map_err(failure::folder(&folder))?;
    logging::start(&folder, redactor).map_err(|source| StartError::Log {
        folder: folder.clone(),
        source: Box::new(source),
    })?;
    info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

/// Starts the fleet and the notices, and joins them.
///
/// # Errors
/// When the app's folders cannot be made, or what was kept cannot be read.
pub(crate) async fn fleet_and_notices(
    app: &AppHandle,
    redactor: Redactor,
    started: Instant,
) -> Started {
    let vault = vault(app, redactor.clone())?;
    let fleet = fleet(app, vault.clone()).await?;
    let life = app.state::<Life>();
    let shown = app.path().app_data_dir()?.join("notices.json");
    let Notifier { notices, events } =
        notices::start(shown, &life.tracker, life.cancel.child_token());
    app.manage(Desk::new(started, notices.support(), &fleet));
    app.manage(fleet.clone());
    own_gateway::start(app, fleet.clone(), redactor, vault);
    let surfaces = Arc::new(AppSurfaces::new(app.clone()));
    let notifier = Notifier { notices, events };
    let cancel = life.cancel.child_token();
    life.tracker
        .spawn(router::route(notifier, surfaces, fleet.notices(), cancel));
    Ok(())
}

/// One for the fleet and for this computer's gateway.
fn vault(app: &AppHandle, redactor: Redactor) -> Started<Arc<dyn SecretVault>> {
    let data_dir = app.path().app_data_dir()?;
    private_folder(&data_dir).map_err(failure::folder(&data_dir))?;
    let vault = SystemVault::open(&data_dir, redactor);
    Ok(Arc::new(vault.map_err(|source| StartError::Vault {
        folder: data_dir,
        source,
    })?))
}

async fn fleet(app: &AppHandle, vault: Arc<dyn SecretVault>) -> Started<Fleet> {
    let data_dir = app.path().app_data_dir()?;
    let clock = Clock::system();
    let cache = SqliteCache::open(&data_dir, clock.now()).await;
    let cache = cache.map_err(|source| StartError::Store {
        folder: data_dir.clone(),
        source,
    })?;
    let options = FleetOptions {
        data_dir,
        cache: Arc::new(cache),
        vault,
        environment: environment(app),
        clock,
        client: client(),
    };
    let started = Fleet::start(options).await;
    started.map_err(|source| StartError::Fleet { source })
}

/// What the process was started with, read once and passed on.
fn environment(app: &AppHandle) -> Environment {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    Environment {
        variables: std::env::vars_os().filter_map(text).collect(),
        home: app.path().home_dir().ok(),
    }
}

/// How gateways know this app, and whom they name as the one who answered.
fn client() -> ClientInfo {
    let computer = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let computer = computer.or_else(|| std::env::var("COMPUTERNAME").ok());
    let display_name = match computer.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => format!("Gatehouse on {name}"),
        _ => "Gatehouse".to_owned(),
    };
    ClientInfo {
        id: ClientId::GatewayClient,
        mode: ClientMode::Ui,
        display_name: Some(display_name),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        device_family: Some("desktop".to_owned()),
        instance_id: Some(Uuid::new_v4().to_string()),
    }
}

/// Makes a folder that only its owner can read, where it is missing.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
