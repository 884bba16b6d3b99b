//! What the store keeps about a device and about a request to pair one, beside its own columns: the JSON that
//! only this crate reads.

use gatehouse_store::gateway::{DeviceRecord, PairingRecord};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a device came to be paired: by a person, by a code that one made, or by itself.
pub(super) const VIA_OPERATOR: &str = "operator";
pub(super) const VIA_SETUP_CODE: &str = "setup-code";
pub(super) const VIA_NOBODY: &str = "silent";

/// What a paired device may do, and what it said about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceFacts {
    pub roles: Vec<String>,
    pub scopes: Vec<String>,
    pub platform: Option<String>,
    pub device_family: Option<String>,
    pub client_id: Option<String>,
    pub client_mode: Option<String>,
    pub remote_ip: Option<String>,
    /// Given by a person; the device's own name is a column.
    pub label: Option<String>,
    /// `silent`, `operator` or `setup-code`. What a person said once stays said.
    pub approved_via: Option<String>,
    pub created_at_ms: u64,
    /// What the tokens of each role are derived with; a new one makes the old token worthless.
    pub token_salts: BTreeMap<String, String>,
}

impl DeviceFacts {
    pub fn of(record: &DeviceRecord) -> Self {
        serde_json::from_str(&record.json).unwrap_or_default()
    }

    /// Whether a person let the device in.
    pub fn is_vouched(&self) -> bool {
        let via = self.approved_via.as_deref();
        matches!(via, Some(VIA_OPERATOR | VIA_SETUP_CODE))
    }

    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }
}

/// A request to be paired, as it is shown. The field names are those of `DevicePairRequestedEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairingFacts {
    pub request_id: String,
    pub device_id: String,
    pub public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    pub role: String,
    pub roles: Vec<String>,
    pub scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    pub silent: bool,
    pub is_repair: bool,
    pub ts: u64,
}

impl PairingFacts {
    pub fn of(record: &PairingRecord) -> Option<Self> {
        serde_json::from_str(&record.json).ok()
    }
}
