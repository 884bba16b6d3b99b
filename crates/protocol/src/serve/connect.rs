//! The parameters of `connect` as a gateway reads them: claims, to be checked. Names of clients are kept as
//! text, because an official client of any kind may come; whether a name is in the closed set is a question here.
//! Secrets are taken into their own type while reading, so that the rest can be printed.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::device::DeviceProof;
use crate::secret::Secret;

/// Every client that the published schema knows (`ConnectParams.client.id`).
pub const CLIENT_IDS: &[&str] = &[
    "webchat-ui",
    "openclaw-control-ui",
    "openclaw-browser-copilot",
    "openclaw-tui",
    "webchat",
    "cli",
    "gateway-client",
    "openclaw-macos",
    "openclaw-linux",
    "openclaw-ios",
    "openclaw-watchos",
    "openclaw-android",
    "node-host",
    "openclaw-worker",
    "test",
    "fingerprint",
    "openclaw-probe",
];

/// Every mode that the published schema knows (`ConnectParams.client.mode`).
pub const CLIENT_MODES: &[&str] = &[
    "webchat", "cli", "ui", "backend", "node", "worker", "probe", "test",
];

/// What a client says about itself. No `Debug`: `auth` holds secrets.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectRequest {
    pub min_protocol: u32,
    pub max_protocol: u32,
    pub client: ClientClaims,
    #[serde(default)]
    pub caps: Vec<String>,
    #[serde(default)]
    pub commands: Option<Vec<String>>,
    #[serde(default)]
    pub computer_use: Option<Value>,
    #[serde(default)]
    pub worker_runs: Option<Value>,
    #[serde(default)]
    pub permissions: Option<Value>,
    #[serde(default)]
    pub path_env: Option<String>,
    /// `operator` when absent.
    #[serde(default)]
    pub role: Option<String>,
    /// Absent is another thing than empty.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    #[serde(default)]
    pub device: Option<DeviceProof>,
    #[serde(default)]
    pub auth: PresentedAuth,
    #[serde(default)]
    pub locale: Option<String>,
    #[serde(default)]
    pub user_agent: Option<String>,
}

/// The client, by its own account; untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientClaims {
    pub id: String,
    #[serde(default)]
    pub display_name: Option<String>,
    pub version: String,
    #[serde(default)]
    pub build_id: Option<String>,
    pub platform: String,
    #[serde(default)]
    pub device_family: Option<String>,
    #[serde(default)]
    pub model_identifier: Option<String>,
    #[serde(default)]
    pub time_zone: Option<String>,
    pub mode: String,
    #[serde(default)]
    pub instance_id: Option<String>,
}

/// The credentials that a connect presents.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresentedAuth {
    #[serde(default, deserialize_with = "secret")]
    pub token: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub bootstrap_token: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub device_token: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub approval_runtime_token: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub agent_runtime_identity_token: Option<Secret>,
}

impl PresentedAuth {
    /// What the device proof is bound to, in the order in which the reference client chooses.
    pub fn signed_secret(&self) -> Option<&Secret> {
        let first = self.token.as_ref().or(self.device_token.as_ref());
        first.or(self.bootstrap_token.as_ref())
    }
}

impl ConnectRequest {
    /// The first claim that breaks the published shape, as a path and what it must be.
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let client = &self.client;
        if self.min_protocol < 1 || self.max_protocol < 1 {
            return Some(("/minProtocol", "must be >= 1"));
        }
        if !CLIENT_IDS.contains(&client.id.as_str()) {
            return Some(("/client/id", "must be equal to one of the allowed values"));
        }
        if !CLIENT_MODES.contains(&client.mode.as_str()) {
            return Some(("/client/mode", "must be equal to one of the allowed values"));
        }
        if client.version.is_empty() || client.platform.is_empty() {
            return Some(("/client", "must NOT have fewer than 1 characters"));
        }
        None
    }

    /// The role it asks for.
    pub fn role(&self) -> &str {
        self.role.as_deref().unwrap_or("operator")
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(Secret::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({"minProtocol": 3, "maxProtocol": 4, "role": "operator", "scopes": ["operator.read"],
            "client": {"id": "cli", "mode": "cli", "version": "1", "platform": "linux"},
            "auth": {"token": " t "}})
    }

    #[test]
    fn a_connect_is_read_and_its_secret_is_trimmed() {
        let read: ConnectRequest = serde_json::from_value(sample()).unwrap();
        assert_eq!(read.fault(), None);
        assert_eq!(read.auth.signed_secret().unwrap().expose(), "t");
    }

    #[test]
    fn a_client_outside_the_closed_set_is_a_fault() {
        let mut value = sample();
        value["client"]["id"] = json!("mine");
        let read: ConnectRequest = serde_json::from_value(value).unwrap();
        assert_eq!(read.fault().unwrap().0, "/client/id");
    }

    #[test]
    fn an_unknown_field_is_refused_as_the_schema_has_it() {
        let mut value = sample();
        value["surprise"] = json!(1);
        assert!(serde_json::from_value::<ConnectRequest>(value).is_err());
    }
}
