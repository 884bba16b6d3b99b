//! What a gateway is started with.

use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_vault::credentials::KeyShelf;
use gatehouse_vault::{Redactor, SecretVault};
use zeroize::Zeroizing;

use crate::audit::AuditKey;
use crate::auth::AuthSettings;
use crate::clock::Clock;
use crate::config::{Config, ConfigPlace, Env, Prepared, Reading};
use crate::limits::Limits;
use crate::running::StateLock;
use crate::tailscale::Tailscale;
use crate::web::WebParts;

/// What a gateway is started with. Paths, clock and limits come from outside.
pub struct StartOptions {
    pub config: Config,
    pub auth: AuthSettings,
    /// The file behind the configuration; without one it does not change.
    pub file: Option<ConfigFile>,
    /// Where everything that is kept is kept.
    pub state_dir: PathBuf,
    pub clock: Clock,
    pub limits: Limits,
    /// What is served beside the gateway's own.
    pub web: WebParts,
    /// What `logs.tail` reads.
    pub log_file: Option<PathBuf>,
    /// The hold on the state folder, where the caller has it already.
    pub state_lock: Option<StateLock>,
    /// The program that the gateway is a part of, where it has no process of its own.
    pub within: Option<String>,
    /// Where the key is that signs the audit; files beside the state, if nothing else is given.
    pub audit_key: Option<Arc<dyn AuditKey>>,
    /// Where the master key of credentials is kept; without it there are no credentials.
    pub keys: Option<Arc<dyn KeyShelf>>,
    /// Learns every secret that passes. The log has to go through the same one.
    pub redactor: Redactor,
    /// Where the key of a certificate is kept that is made here; a file beside it, if it is no keychain.
    pub tls_vault: Option<Arc<dyn SecretVault>>,
    /// Whoever Tailscale Serve names is confirmed by its daemon.
    pub tailscale: Tailscale,
    /// Files outside of the state folder that agents must not reach, such as one with the master key.
    pub own_files: Vec<PathBuf>,
}

/// A configuration file, as it was read.
pub struct ConfigFile {
    pub place: ConfigPlace,
    pub env: Env,
    pub text: Option<Zeroizing<String>>,
    pub reading: Reading,
    /// What was brought up to date in it before this start.
    pub migrated: Vec<String>,
}

impl StartOptions {
    /// A gateway with this configuration and everything else as usual.
    pub fn new(config: Config, auth: AuthSettings, state_dir: PathBuf) -> Self {
        Self {
            config,
            auth,
            file: None,
            state_dir,
            clock: Clock::system(),
            limits: Limits::default(),
            web: WebParts::default(),
            log_file: None,
            state_lock: None,
            within: None,
            audit_key: None,
            keys: None,
            redactor: Redactor::new(),
            tls_vault: None,
            tailscale: Tailscale::default(),
            own_files: Vec::new(),
        }
    }

    /// From what `config::prepare` found.
    pub fn prepared(prepared: Prepared, env: Env, state_dir: PathBuf) -> Self {
        let config = prepared.reading.config.clone();
        let file = ConfigFile {
            place: prepared.place,
            env,
            text: prepared.text,
            reading: prepared.reading,
            migrated: prepared.migrated,
        };
        Self {
            file: Some(file),
            ..Self::new(config, prepared.auth, state_dir)
        }
    }
}
