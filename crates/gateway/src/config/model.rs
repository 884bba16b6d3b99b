//! The configuration as types. Names and defaults are those of the published gateway where both have a thing.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    pub gateway: GatewayConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayConfig {
    pub port: u16,
    pub bind: Bind,
    pub auth: AuthConfig,
    pub control_ui: ControlUiConfig,
    /// Networks of proxies whose headers are believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
}

/// Where to listen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bind {
    #[default]
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

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthConfig {
    pub mode: AuthMode,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControlUiConfig {
    pub allowed_origins: Vec<String>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            port: 18789,
            bind: Bind::default(),
            auth: AuthConfig::default(),
            control_ui: ControlUiConfig::default(),
            trusted_proxies: Vec::new(),
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
