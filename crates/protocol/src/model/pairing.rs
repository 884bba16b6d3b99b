//! Devices and nodes that want in, and those that are in.

use serde::de::{Deserialize, Deserializer};

use crate::lenient::{Extra, Listed, wire};
use crate::secret::Secret;

wire! {
    /// A device that asks to be paired.
    pub struct DevicePairRequest {
        pub request_id: String,
        pub device_id: Option<String>,
        pub public_key: Option<String>,
        /// Claimed by the device; untrusted text, like all that follow.
        pub display_name: Option<String>,
        pub platform: Option<String>,
        pub device_family: Option<String>,
        pub client_id: Option<String>,
        pub client_mode: Option<String>,
        pub browser_origin: Option<String>,
        pub role: Option<String>,
        pub roles: Vec<String>,
        pub scopes: Vec<String>,
        pub remote_ip: Option<String>,
        pub is_repair: bool,
        pub ts: Option<u64>,
    }

    /// A device that is paired. Its tokens are never part of this.
    pub struct PairedDevice {
        pub device_id: String,
        pub display_name: Option<String>,
        pub label: Option<String>,
        pub platform: Option<String>,
        pub client_id: Option<String>,
        pub role: Option<String>,
        pub roles: Vec<String>,
        pub scopes: Vec<String>,
        pub remote_ip: Option<String>,
        pub connected: Option<bool>,
        pub created_at_ms: Option<u64>,
        pub approved_at_ms: Option<u64>,
    }

    /// `device.pair.list`.
    pub struct DevicePairList {
        #[serde(default)]
        pub pending: Listed<DevicePairRequest>,
        #[serde(default)]
        pub paired: Listed<PairedDevice>,
    }

    /// A node whose capabilities wait for approval.
    pub struct NodePairRequest {
        pub request_id: String,
        pub node_id: Option<String>,
        pub display_name: Option<String>,
        pub platform: Option<String>,
        pub version: Option<String>,
        pub device_family: Option<String>,
        pub model_identifier: Option<String>,
        pub caps: Vec<String>,
        /// What it wants to be able to run; decides which scopes an approval takes.
        pub commands: Vec<String>,
        pub remote_ip: Option<String>,
        pub is_repair: bool,
        pub ts: Option<u64>,
    }

    pub struct PairedNode {
        pub node_id: String,
        pub display_name: Option<String>,
        pub platform: Option<String>,
        pub caps: Vec<String>,
        pub commands: Vec<String>,
        pub approved_at_ms: Option<u64>,
    }

    /// `node.pair.list`.
    pub struct NodePairList {
        #[serde(default)]
        pub pending: Listed<NodePairRequest>,
        #[serde(default)]
        pub paired: Listed<PairedNode>,
    }

    /// `device.pair.resolved` and `node.pair.resolved`. A node that was removed comes with an empty request id.
    pub struct PairResolved {
        pub request_id: Option<String>,
        pub device_id: Option<String>,
        pub node_id: Option<String>,
        /// `approved`, `rejected`, `removed`, `expired`, …
        pub decision: Option<String>,
        pub ts: Option<u64>,
    }

    /// The answer to approving or rejecting.
    pub struct PairReply {
        pub request_id: Option<String>,
        pub device_id: Option<String>,
        pub node_id: Option<String>,
    }

    /// `device.token.revoke`, and `device.token.rotate` without its token.
    pub struct TokenReply {
        pub device_id: Option<String>,
        pub role: Option<String>,
        pub scopes: Vec<String>,
        pub rotated_at_ms: Option<u64>,
        pub revoked_at_ms: Option<u64>,
        pub token_delivery: Option<String>,
    }
}

/// `device.token.rotate`. The new token comes only to the device that rotates its own.
#[derive(Clone)]
pub struct TokenRotated {
    pub reply: TokenReply,
    pub token: Option<Secret>,
}

impl<'de> Deserialize<'de> for TokenRotated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Extra::deserialize(deserializer)?;
        let token = match fields.remove("token") {
            Some(serde_json::Value::String(text)) => Secret::new(text),
            _ => None,
        };
        let reply = serde_json::from_value(fields.into()).map_err(serde::de::Error::custom)?;
        Ok(Self { reply, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_token_is_in_its_secret_and_nowhere_else() {
        let text =
            r#"{"deviceId":"d","role":"operator","token":"tok-1","tokenDelivery":"in-band"}"#;
        let rotated: TokenRotated = serde_json::from_str(text).unwrap();
        assert_eq!(rotated.token.unwrap().expose(), "tok-1");
        assert!(!format!("{:?}", rotated.reply).contains("tok-1"));
    }
}
