//! What a gateway answers to a good `connect`. Device tokens in it are taken out while reading, so that
//! a `HelloOk` can be shared and printed without carrying a secret.

use serde::Deserialize;
use serde_json::Value;

use crate::device::DeviceToken;
use crate::lenient::{Extra, wire};
use crate::method::Method;
use crate::model::presence::PresenceEntry;
use crate::scope::Scope;
use crate::version::ProtocolVersion;

/// A finished handshake.
#[derive(Debug, Clone, PartialEq)]
pub struct HelloOk {
    pub protocol: ProtocolVersion,
    pub server: ServerInfo,
    pub features: Features,
    pub snapshot: Snapshot,
    pub auth: GrantedAuth,
    pub policy: Policy,
}

/// The device tokens that came with a handshake.
#[derive(Clone, Default)]
pub struct IssuedTokens {
    /// For the role of this connection.
    pub primary: Option<DeviceToken>,
    /// Further ones of a setup-code bootstrap, for other roles.
    pub handoff: Vec<DeviceToken>,
}

wire! {
    pub struct ServerInfo {
        pub version: Option<String>,
        pub build_id: Option<String>,
        /// Changes when the gateway restarts.
        pub boot_id: Option<String>,
        pub conn_id: Option<String>,
    }

    pub struct Features {
        pub methods: Vec<String>,
        pub events: Vec<String>,
        pub capabilities: Vec<String>,
    }

    /// The state of the gateway at the moment of the handshake.
    pub struct Snapshot {
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub presence: Vec<PresenceEntry>,
        pub health: Option<Value>,
        pub uptime_ms: Option<u64>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub session_defaults: Option<SessionDefaults>,
        pub auth_mode: Option<String>,
        pub config_path: Option<String>,
        pub state_dir: Option<String>,
    }

    pub struct SessionDefaults {
        pub default_agent_id: Option<String>,
        pub main_key: Option<String>,
        pub main_session_key: Option<String>,
        pub model_configured: Option<bool>,
    }

    /// Limits that this connection has to keep.
    pub struct Policy {
        /// Largest frame, in bytes, in both directions.
        pub max_payload: Option<u64>,
        /// What the gateway buffers for this client before it drops events or closes.
        pub max_buffered_bytes: Option<u64>,
        pub tick_interval_ms: Option<u64>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub attachments: Option<AttachmentPolicy>,
    }

    /// Decoded sizes, in bytes. Older gateways do not say.
    pub struct AttachmentPolicy {
        pub max_bytes: Option<u64>,
        pub max_image_bytes: Option<u64>,
    }
}

/// What this connection is allowed to do, as the gateway enforces it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GrantedAuth {
    pub method: Option<String>,
    pub role: Option<String>,
    pub scopes: Vec<Scope>,
}

impl Policy {
    /// Before a gateway says otherwise: the defaults of the reference client
    /// ("Client constants" of the protocol's versioning page).
    pub const DEFAULT_MAX_PAYLOAD: u64 = 25 * 1024 * 1024;
    pub const DEFAULT_TICK_INTERVAL_MS: u64 = 30_000;
    /// What gateways of both versions advertise.
    pub const DEFAULT_MAX_BUFFERED_BYTES: u64 = 50 * 1024 * 1024;

    pub fn max_payload(&self) -> u64 {
        self.max_payload
            .filter(|bytes| *bytes > 0)
            .unwrap_or(Self::DEFAULT_MAX_PAYLOAD)
    }

    pub fn max_buffered_bytes(&self) -> u64 {
        let limit = self.max_buffered_bytes.filter(|bytes| *bytes > 0);
        limit.unwrap_or(Self::DEFAULT_MAX_BUFFERED_BYTES)
    }

    pub fn tick_interval_ms(&self) -> u64 {
        self.tick_interval_ms
            .filter(|ms| *ms > 0)
            .unwrap_or(Self::DEFAULT_TICK_INTERVAL_MS)
    }
}

/// Why a `hello-ok` could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    #[error("the answer to connect is not a hello-ok")]
    NotAHello,
    #[error("the gateway speaks protocol {0}")]
    Protocol(u64),
}

impl HelloOk {
    /// Reads a hello and takes the issued tokens out of it.
    pub fn read(payload: Value) -> Result<(Self, IssuedTokens), HelloError> {
        let Value::Object(mut hello) = payload else {
            return Err(HelloError::NotAHello);
        };
        if hello.get("type").and_then(Value::as_str) != Some("hello-ok") {
            return Err(HelloError::NotAHello);
        }
        let number = hello
            .get("protocol")
            .and_then(Value::as_u64)
            .ok_or(HelloError::NotAHello)?;
        let protocol = ProtocolVersion(u32::try_from(number).unwrap_or(u32::MAX));
        if !protocol.is_supported() {
            return Err(HelloError::Protocol(number));
        }
        let (auth, tokens) = read_auth(hello.remove("auth"));
        let hello = Self {
            protocol,
            server: part(&mut hello, "server"),
            features: part(&mut hello, "features"),
            snapshot: part(&mut hello, "snapshot"),
            auth,
            policy: part(&mut hello, "policy"),
        };
        Ok((hello, tokens))
    }

    /// Whether this gateway has a method, as far as it says. An old gateway that advertises nothing
    /// is taken at its protocol version.
    pub fn offers<M: Method>(&self) -> bool {
        if self.features.methods.is_empty() {
            return M::SINCE <= self.protocol;
        }
        self.features.methods.iter().any(|method| method == M::NAME)
    }

    /// Whether this connection's scopes allow a method.
    pub fn allows<M: Method>(&self) -> bool {
        M::SCOPE.allowed_by(&self.auth.scopes)
    }
}

/// One part of the hello; a part that cannot be read counts as empty.
fn part<T: for<'de> Deserialize<'de>>(hello: &mut Extra, name: &str) -> T {
    let value = hello.remove(name).unwrap_or_default();
    serde_json::from_value(value).unwrap_or_else(|_| {
        serde_json::from_value(Value::Object(Extra::new()))
            .expect("every field of a hello part has a default")
    })
}

fn read_auth(auth: Option<Value>) -> (GrantedAuth, IssuedTokens) {
    let Some(Value::Object(mut auth)) = auth else {
        return Default::default();
    };
    let granted = granted(&auth);
    let issued_for = |auth: &mut Extra| {
        let own = self::granted(auth);
        let scopes: Vec<String> = own.scopes.iter().map(|s| s.as_str().to_owned()).collect();
        DeviceToken::take(auth, own.role.as_deref().unwrap_or("operator"), &scopes)
    };
    let primary = issued_for(&mut auth);
    let handoff = match auth.remove("deviceTokens") {
        Some(Value::Array(entries)) => entries
            .into_iter()
            .filter_map(|entry| match entry {
                Value::Object(mut entry) => issued_for(&mut entry),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    (granted, IssuedTokens { primary, handoff })
}

fn granted(auth: &Extra) -> GrantedAuth {
    let text = |name: &str| auth.get(name).and_then(crate::lenient::text_of);
    let scopes = match auth.get("scopes") {
        Some(Value::Array(scopes)) => scopes
            .iter()
            .filter_map(Value::as_str)
            .map(Scope::from)
            .collect(),
        _ => Vec::new(),
    };
    GrantedAuth {
        method: text("method"),
        role: text("role"),
        scopes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hello() -> Value {
        json!({
            "type": "hello-ok", "protocol": 4,
            "server": {"version": "2026.9.6", "connId": "c"},
            "features": {"methods": ["health"], "events": []},
            "snapshot": {"presence": [], "uptimeMs": 5},
            "auth": {"role": "operator", "scopes": ["operator.read", "operator.new"],
                "deviceToken": "tok-primary", "issuedAtMs": 9,
                "deviceTokens": [{"deviceToken": "tok-node", "role": "node", "scopes": []}]},
            "policy": {"maxPayload": 1000, "tickIntervalMs": "15000"}
        })
    }

    #[test]
    fn tokens_are_taken_out_and_are_nowhere_in_what_is_left() {
        let (hello, tokens) = HelloOk::read(hello()).unwrap();
        assert_eq!(tokens.primary.unwrap().token.expose(), "tok-primary");
        assert_eq!(tokens.handoff[0].role, "node");
        assert!(!format!("{hello:?}").contains("tok-"));
    }

    #[test]
    fn policy_falls_back_to_the_reference_defaults() {
        let mut value = hello();
        value["policy"] = json!("nonsense");
        let (hello, _) = HelloOk::read(value).unwrap();
        assert_eq!(hello.policy.max_payload(), 26_214_400);
        assert_eq!(hello.policy.tick_interval_ms(), 30_000);
    }

    #[test]
    fn numbers_in_the_policy_may_be_strings() {
        assert_eq!(
            HelloOk::read(hello()).unwrap().0.policy.tick_interval_ms(),
            15_000
        );
    }

    #[test]
    fn another_protocol_or_another_payload_is_refused() {
        let mut value = hello();
        value["protocol"] = json!(5);
        assert_eq!(HelloOk::read(value).err(), Some(HelloError::Protocol(5)));
        assert_eq!(
            HelloOk::read(json!({"type": "hi"})).err(),
            Some(HelloError::NotAHello)
        );
    }
}
