//! What happens when the configuration changes while the gateway runs: the rules of the gate follow it, clients
//! hear of it, and what needs a restart is said.

use std::path::Path;
use std::sync::Arc;

use gatehouse_audit::{Actor, Draft};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::auth::{AuthSettings, FailureLimits, GateRules};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigDesk, ConfigHandle, Reload, Reloaded};
use crate::health::HealthMonitor;
use crate::options::ConfigFile;
use crate::router::Caller;

/// Starts the owner of the configuration. `effective` is what the command line and the environment made of it.
pub(crate) fn start(
    file: ConfigFile,
    effective: &Config,
    store: &Arc<dyn GatewayStore>,
    hub: &Hub,
    health: &HealthMonitor,
    clock: &Clock,
    tasks: &TaskTracker,
) -> ConfigHandle {
    let watches = effective.gateway.reload.mode != "off";
    let place = file.place.clone();
    let told_path = file.place.write_to.clone();
    let (hub, health, clock) = (hub.clone(), health.clone(), clock.clone());
    let started_at_ms = clock.now_ms();
    let mut reading = file.reading;
    reading.config = effective.clone();
    health.set_section(
        "configReload",
        status(if watches { "active" } else { "disabled" }),
    );
    // No bound: a word for each change of one file.
    let (seen, to_record) = tokio::sync::mpsc::unbounded_channel();
    let (first, path_to_record) = (seen.clone(), told_path.clone());
    let tell = move |reloaded: Reloaded| {
        // Whoever records ends after this does.
        let _ = match &reloaded {
            Reloaded::Applied(_, hash) => seen.send(Seen::of(hash, None)),
            Reloaded::Reread(changes, hash) => {
                let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
                let what = format!("the configuration file was changed at {}", paths.join(", "));
                let draft = by_hand(what, &told_path, clock.now_ms());
                seen.send(Seen::of(hash, Some(draft)))
            }
            Reloaded::Refused(_) => Ok(()),
        };
        match reloaded {
            Reloaded::Applied(changes, hash) | Reloaded::Reread(changes, hash) => {
                for change in &changes {
                    let now = change.reload == Reload::Hot;
                    tracing::info!(
                        path = change.path,
                        takes_effect_now = now,
                        "the configuration changed"
                    );
                }
                health.set_section("configReload", status("active"));
                let payload = json!({"path": told_path, "hash": hash, "ts": clock.now_ms()});
                if let Some(event) = Event::new(EventKind::CONFIG_CHANGED, &payload) {
                    hub.publish(event, Audience::Everyone, Delivery::DropIfSlow);
                }
            }
            Reloaded::Refused(error) => {
                tracing::error!(%error, "the configuration file was changed to something unusable; the last good one stays in force");
                health.set_section("configReload", status("invalid"));
            }
        }
    };
    let (handle, desk) = ConfigDesk::start(file.place, file.env, file.text, reading, tell);
    let what = "the configuration file was changed while the gateway did not run".to_owned();
    let meanwhile = by_hand(what, &path_to_record, started_at_ms);
    let _ = first.send(Seen::of(&desk.hash(), Some(meanwhile)));
    drop(first);
    tasks.spawn(record(store.clone(), to_record));
    let (watch, touched) = if watches {
        config::watch_place(&place)
    } else {
        (None, tokio::sync::mpsc::channel(1).1)
    };
    tasks.spawn(async move {
        let _watch = watch;
        desk.run(touched).await;
    });
    handle
}

/// A change that no call made: who wrote to the file is not known.
fn by_hand(what: String, path: &Path, now_ms: u64) -> Draft {
    Draft {
        ts: i64::try_from(now_ms).unwrap_or(i64::MAX),
        kind: "config.changed".to_owned(),
        actor: Actor::new("file", "gatehouse.json"),
        what: Some(what),
        resource: Some(path.display().to_string()),
        ..Draft::default()
    }
}

/// The setting that has the hash of the file as it was last seen.
const SEEN: &str = "config.seen";

/// The file as it is now, and what is recorded where it is another one than before. A call records what it changed.
struct Seen {
    hash: String,
    draft: Option<Draft>,
}

impl Seen {
    fn of(hash: &str, draft: Option<Draft>) -> Self {
        Self {
            hash: hash.to_owned(),
            draft,
        }
    }
}

/// Records each change and remembers what was seen, so that a change is noticed at the next start too: one that was made
/// while the gateway did not run, and one that a process did not live to record.
async fn record(store: Arc<dyn GatewayStore>, mut seen: UnboundedReceiver<Seen>) {
    while let Some(Seen { hash, draft }) = seen.recv().await {
        if let Err(error) = record_one(&*store, hash, draft).await {
            tracing::error!(%error, "a change of the configuration could not be recorded");
        }
    }
}

async fn record_one(
    store: &dyn GatewayStore,
    hash: String,
    draft: Option<Draft>,
) -> Result<(), StoreError> {
    let seen = json!(hash).to_string();
    let before = store.setting(SEEN).await?;
    if before.as_ref() == Some(&seen) {
        return Ok(());
    }
    if let (true, Some(draft)) = (before.is_some(), draft) {
        store.audit_append(vec![draft]).await?;
    }
    store.setting_put(SEEN, &seen).await
}

fn status(word: &str) -> serde_json::Value {
    json!({"hotReloadStatus": word})
}

/// The rules of the gate, and a task that keeps them in step. How clients authenticate needs a restart; whom a proxy may
/// name does not, and whoever may not be named any more is shown out.
pub(crate) fn gate_rules(
    config: &ConfigHandle,
    settings: AuthSettings,
    hub: &Hub,
    tasks: &TaskTracker,
) -> watch::Receiver<Arc<GateRules>> {
    let mut configs = config.watch();
    let first = rules(&config.current(), settings.clone());
    let (sender, receiver) = watch::channel(Arc::new(first));
    let hub = hub.clone();
    tasks.spawn(async move {
        while configs.changed().await.is_ok() {
            let config = configs.borrow_and_update().clone();
            let rules = Arc::new(rules(&config, settings.clone()));
            sender.send_replace(Arc::clone(&rules));
            let code = gatehouse_protocol::close::ACCESS_REMOVED;
            let is_out = move |caller: &Caller| !rules.still_allow(caller);
            hub.close_where(is_out, code, "no longer let in");
        }
    });
    receiver
}

fn rules(config: &Config, settings: AuthSettings) -> GateRules {
    let gateway = &config.gateway;
    let settings = match (settings, gateway.auth.trusted_proxy.rules()) {
        (AuthSettings::TrustedProxy { local, .. }, Some(rules)) => AuthSettings::TrustedProxy {
            rules,
            proxies: gateway.trusted_proxies.clone(),
            local,
        },
        (settings, _) => settings,
    };
    let limit = &gateway.auth.rate_limit;
    GateRules {
        settings,
        allowed_origins: gateway.control_ui.allowed_origins.clone(),
        failure_limits: FailureLimits {
            max_attempts: limit.max_attempts.max(1),
            window_ms: limit.window_ms,
            lockout_ms: limit.lockout_ms,
            exempt_loopback: limit.exempt_loopback,
        },
        auto_approve_local: gateway.nodes.pairing.auto_approve_local,
        allow_tailscale: gateway.auth.allow_tailscale,
        identity_scopes: gateway.auth.identity_scopes.clone(),
    }
}
