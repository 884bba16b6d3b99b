//! What a test may choose about a gateway, and the configuration file that follows from it.

use serde_json::{Value, json};

use super::RealGateway;
use crate::model::MODEL_ID;

/// Which published gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `openclaw` 2026.9.6.
    V4,
    /// `openclaw` 2026.4.25.
    V3,
}

/// The secret that clients share with the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    Token,
    Password,
}

/// When the agent's commands wait for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecPolicy {
    /// Unless the command is on the allowlist. `allow-always` is offered.
    #[default]
    AskOnMiss,
    /// Every time. `allow-always` is not offered.
    AskAlways,
    /// Never.
    Full,
}

/// What happens to a device that the gateway has not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// From the same machine it is taken in without a question. The gateways' own default.
    #[default]
    Silent,
    /// An operator approves it first. Only v4 can be told so on the loopback interface.
    Required,
}

/// What a test chooses. `Default` is what most want.
#[derive(Clone, Debug, Default)]
pub struct GatewayOptions {
    pub auth: Auth,
    pub exec: ExecPolicy,
    pub pairing: Pairing,
    /// Serve `wss://` with a certificate made for this run.
    pub tls: bool,
    /// Merged over the configuration (RFC 7396), for what only one test needs.
    pub overrides: Value,
}

impl Version {
    pub(super) fn entry(self) -> &'static str {
        match self {
            Self::V4 => "openclaw/openclaw.mjs",
            Self::V3 => "openclaw-v3/openclaw.mjs",
        }
    }

    /// The protocol it speaks.
    pub fn protocol(self) -> u32 {
        match self {
            Self::V4 => 4,
            Self::V3 => 3,
        }
    }
}

impl GatewayOptions {
    /// Recognisable in a dump, and long enough that finding it anywhere is no coincidence.
    pub(super) fn secret(&self) -> String {
        let kind = match self.auth {
            Auth::Token => "token",
            Auth::Password => "password",
        };
        format!("test-{kind}-{:016x}{:016x}", random(), random())
    }
}

/// Enough for a secret that lives for one test on one machine.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

/// The whole of `openclaw.json`.
pub(super) fn configuration(gateway: &RealGateway) -> Value {
    let mut config = json!({
        "gateway": gateway_section(gateway),
        "plugins": { "enabled": false },
        "logging": { "file": gateway.folder().join("gateway.file.log") },
        "models": { "providers": { "scripted": provider(gateway) } },
        "agents": { "defaults": {
            "workspace": gateway.workspace(),
            "skipBootstrap": true,
            "model": { "primary": format!("scripted/{MODEL_ID}") },
        } },
        "tools": { "exec": exec_section(gateway.options.exec) },
    });
    merge(&mut config, &gateway.options.overrides);
    config
}

fn gateway_section(gateway: &RealGateway) -> Value {
    let auth = match gateway.options.auth {
        Auth::Token => json!({ "mode": "token", "token": gateway.secret }),
        Auth::Password => json!({ "mode": "password", "password": gateway.secret }),
    };
    let mut section = json!({
        "mode": "local", "port": gateway.port, "bind": "loopback", "auth": auth,
        "controlUi": { "enabled": false },
    });
    if gateway.options.pairing == Pairing::Required {
        section["nodes"] = json!({ "pairing": { "autoApproveLocal": false } });
    }
    if let Some(certificate) = &gateway.certificate {
        section["tls"] = json!({
            "enabled": true, "autoGenerate": false,
            "certPath": certificate.certificate_path(), "keyPath": certificate.key_path(),
        });
    }
    section
}

fn provider(gateway: &RealGateway) -> Value {
    json!({
        "baseUrl": gateway.model.base_url(), "apiKey": "none", "api": "openai-completions",
        "models": [{
            "id": MODEL_ID, "name": "Scripted", "contextWindow": 128_000, "maxTokens": 8192,
            "input": ["text", "image"], "reasoning": false,
            "cost": { "input": 1, "output": 2, "cacheRead": 0, "cacheWrite": 0 },
        }],
    })
}

fn exec_section(policy: ExecPolicy) -> Value {
    match policy {
        ExecPolicy::AskOnMiss => {
            json!({ "host": "gateway", "security": "allowlist", "ask": "on-miss" })
        }
        ExecPolicy::AskAlways => {
            json!({ "host": "gateway", "security": "allowlist", "ask": "always" })
        }
        ExecPolicy::Full => json!({ "host": "gateway", "security": "full", "ask": "off" }),
    }
}

/// JSON merge patch: objects are merged, null removes, anything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.as_object_mut().map(|object| object.remove(key));
            }
            Value::Object(_) if target[key].is_object() => merge(&mut target[key], value),
            value => target[key] = value.clone(),
        }
    }
}
