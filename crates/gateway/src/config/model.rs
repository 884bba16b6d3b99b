//! The configuration as types. Names and defaults are those of the published gateway where both have a thing.
//! What is not typed here is in [`Config::raw`], resolved and checked, for whoever owns that section.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::auth::IdentityRules;
use crate::home;

/// All of it. No `Debug`: it may hold keys of providers.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    pub gateway: GatewayConfig,
    pub logging: LoggingConfig,
    /// Every section as it was read, with references to the environment resolved.
    #[serde(skip)]
    pub raw: Value,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// One section or value by its dotted path, such as `agents.defaults`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.')
            .try_fold(&self.raw, |value, name| value.get(name))
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayConfig {
    pub port: u16,
    pub bind: Bind,
    pub auth: AuthConfig,
    pub tls: TlsConfig,
    pub control_ui: ControlUiConfig,
    pub tools: HttpToolsConfig,
    pub nodes: NodesConfig,
    pub reload: ReloadConfig,
    /// Networks of proxies whose headers are believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub handshake_timeout_ms: Option<u64>,
    pub audit: AuditConfig,
}

/// How long the audit is kept.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuditConfig {
    /// In days. None keeps all of it.
    pub keep_days: Option<u32>,
}

/// Where to listen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bind {
    #[default]
    #[serde(alias = "auto")]
    Loopback,
    /// Every address of this machine.
    Lan,
    #[serde(untagged)]
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthMode {
    None,
    #[default]
    Token,
    Password,
    TrustedProxy,
}

/// Without the shared secret, which is taken out while reading.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthConfig {
    pub mode: AuthMode,
    pub token_hash: Option<String>,
    pub password_hash: Option<String>,
    pub allow_tailscale: bool,
    pub rate_limit: RateLimitConfig,
    pub identity_scopes: BTreeMap<String, Vec<String>>,
    pub trusted_proxy: TrustedProxyConfig,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimitConfig {
    pub max_attempts: usize,
    pub window_ms: u64,
    pub lockout_ms: u64,
    pub exempt_loopback: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrustedProxyConfig {
    pub user_header: Option<String>,
    pub required_headers: Vec<String>,
    pub allow_users: Vec<String>,
    pub allow_loopback: bool,
}

impl TrustedProxyConfig {
    /// How the proxy tells who it is; none where no header is named.
    pub(crate) fn rules(&self) -> Option<IdentityRules> {
        Some(IdentityRules {
            user_header: self.user_header.clone()?,
            required_headers: self.required_headers.clone(),
            allow_users: self.allow_users.clone(),
            allow_loopback: self.allow_loopback,
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsConfig {
    pub enabled: bool,
    pub auto_generate: Option<bool>,
    #[serde(deserialize_with = "home::path")]
    pub cert_path: Option<std::path::PathBuf>,
    #[serde(deserialize_with = "home::path")]
    pub key_path: Option<std::path::PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControlUiConfig {
    pub enabled: bool,
    #[serde(deserialize_with = "home::path")]
    pub root: Option<std::path::PathBuf>,
    pub allowed_origins: Vec<String>,
}

/// Which tools `POST /tools/invoke` offers beside its own list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpToolsConfig {
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodesConfig {
    pub pairing: PairingConfig,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PairingConfig {
    pub auto_approve_local: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReloadConfig {
    /// `off`, or anything else for on: what needs a restart is told, never done.
    pub mode: String,
    pub debounce_ms: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoggingConfig {
    pub level: Option<String>,
    #[serde(deserialize_with = "home::path")]
    pub file: Option<std::path::PathBuf>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            port: 18789,
            bind: Bind::default(),
            auth: AuthConfig::default(),
            tls: TlsConfig::default(),
            control_ui: ControlUiConfig::default(),
            tools: HttpToolsConfig::default(),
            nodes: NodesConfig::default(),
            reload: ReloadConfig::default(),
            trusted_proxies: Vec::new(),
            handshake_timeout_ms: None,
            audit: AuditConfig::default(),
        }
    }
}

impl Default for RateLimitConfig {
    fn default() -> Self {
        let limits = crate::auth::FailureLimits::default();
        Self {
            max_attempts: limits.max_attempts,
            window_ms: limits.window_ms,
            lockout_ms: limits.lockout_ms,
            exempt_loopback: limits.exempt_loopback,
        }
    }
}

impl Default for ControlUiConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            root: None,
            allowed_origins: Vec::new(),
        }
    }
}

impl Default for PairingConfig {
    fn default() -> Self {
        Self {
            auto_approve_local: true,
        }
    }
}

impl Default for ReloadConfig {
    fn default() -> Self {
        Self {
            mode: "hybrid".to_owned(),
            debounce_ms: 300,
        }
    }
}

impl Bind {
    pub fn address(self) -> IpAddr {
        match self {
            Self::Loopback => IpAddr::from([127, 0, 0, 1]),
            Self::Lan => IpAddr::from([0, 0, 0, 0]),
            Self::Address(address) => address,
        }
    }
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ipnet::IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| {
        super::check::network(text).ok_or_else(|| serde::de::Error::custom("no network"))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_path_of_the_configuration_can_begin_with_the_home_folder() {
        let config: Config = serde_json::from_value(json!({
            "gateway": {
                "tls": {"certPath": "~/c.pem", "keyPath": "~/k.pem"},
                "controlUi": {"root": "~/page"},
            },
            "logging": {"file": "~/gateway.log"},
        }))
        .unwrap();
        let home = std::env::home_dir().unwrap();
        let gateway = config.gateway;
        for (path, name) in [
            (gateway.tls.cert_path, "c.pem"),
            (gateway.tls.key_path, "k.pem"),
            (gateway.control_ui.root, "page"),
            (config.logging.file, "gateway.log"),
        ] {
            assert_eq!(path, Some(home.join(name)));
        }
    }
}
