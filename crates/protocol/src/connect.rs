//! What a client says in its `connect`: who it is, what it can, what it wants, and its credentials.
//! Strict: closed sets where the gateway has closed sets. Which credential to present is the client's decision.
//!
//! `ConnectAuth` holds secrets, so neither it nor `ConnectParams` has `Debug`.

use serde::{Serialize, Serializer};

use crate::device::DeviceProof;
use crate::scope::{Role, Scope};
use crate::secret::Secret;
use crate::version::ProtocolVersion;

/// A program that gateways know by name. A closed set: `client-info` of the protocol package.
/// Gatehouse has no name of its own there and is a `gateway-client` in `ui` mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientId {
    /// Any client that is not one of OpenClaw's own.
    GatewayClient,
    /// Used by tests and by the command line of the reference.
    Cli,
    /// A short-lived look at a gateway.
    Probe,
}

/// The kind of program. A closed set as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientMode {
    Ui,
    Cli,
    Backend,
    /// Only to trade a setup code in.
    Node,
    Probe,
}

impl ClientId {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GatewayClient => "gateway-client",
            Self::Cli => "cli",
            Self::Probe => "openclaw-probe",
        }
    }
}

impl ClientMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ui => "ui",
            Self::Cli => "cli",
            Self::Backend => "backend",
            Self::Node => "node",
            Self::Probe => "probe",
        }
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for ClientMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// This program, as a gateway shows it to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientInfo {
    pub id: ClientId,
    pub mode: ClientMode,
    /// Shown as the one who answered an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    pub version: String,
    /// `linux`, `macos`, `windows`. Part of the device proof.
    pub platform: String,
    /// Part of the device proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_family: Option<String>,
    /// Tells two running copies on one device apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// What this client can show. Without them a gateway silently sends less, or denies an unattended request at once.
pub mod caps {
    /// Structured tool events of a run.
    pub const TOOL_EVENTS: &str = "tool-events";
    /// Approvals of every kind.
    pub const APPROVALS: &str = "approvals";
    pub const EXEC_APPROVALS: &str = "exec-approvals";
    pub const PLUGIN_APPROVALS: &str = "plugin-approvals";

    /// All that this application does show, and nothing that it does not.
    pub const OFFERED: [&str; 4] = [TOOL_EVENTS, APPROVALS, EXEC_APPROVALS, PLUGIN_APPROVALS];
    /// Of a client that looks something up and leaves: a request would wait for it, and nobody would see it.
    pub const PASSING: [&str; 1] = [TOOL_EVENTS];
}

/// Credentials of a connect. Absent fields are left out.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectAuth {
    #[serde(
        serialize_with = "Secret::to_wire",
        skip_serializing_if = "Option::is_none"
    )]
    pub token: Option<Secret>,
    #[serde(
        serialize_with = "Secret::to_wire",
        skip_serializing_if = "Option::is_none"
    )]
    pub bootstrap_token: Option<Secret>,
    #[serde(
        serialize_with = "Secret::to_wire",
        skip_serializing_if = "Option::is_none"
    )]
    pub device_token: Option<Secret>,
    #[serde(
        serialize_with = "Secret::to_wire",
        skip_serializing_if = "Option::is_none"
    )]
    pub password: Option<Secret>,
}

impl ConnectAuth {
    pub fn is_empty(&self) -> bool {
        self.token.is_none()
            && self.bootstrap_token.is_none()
            && self.device_token.is_none()
            && self.password.is_none()
    }

    /// The secret that the device proof is bound to.
    pub fn signed_secret(&self) -> Option<&Secret> {
        self.token.as_ref().or(self.bootstrap_token.as_ref())
    }
}

/// The parameters of `connect`.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectParams {
    pub min_protocol: ProtocolVersion,
    pub max_protocol: ProtocolVersion,
    pub client: ClientInfo,
    pub caps: Vec<String>,
    pub role: Role,
    pub scopes: Vec<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceProof>,
    #[serde(skip_serializing_if = "ConnectAuth::is_empty")]
    pub auth: ConnectAuth,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}
