//! The handshake, health, presence, and what there is to choose from.

use serde::Serialize;
use serde_json::Value;

use crate::connect::ConnectParams;
use crate::lenient::{Listed, wire};
use crate::method::{NoParams, methods};
use crate::model::catalog::{AgentIdentity, AgentList, CommandList, ModelList};
use crate::model::presence::PresenceEntry;

methods! {
    /// The handshake. Its answer is read with `HelloOk::read`, which takes the tokens out.
    Connect = "connect", Admin, V3, ConnectParams => Value;
    Health = "health", Read, V3, NoParams => Value;
    /// How the gateway is doing, in a shape that differs between versions.
    Status = "status", Read, V3, NoParams => Value;
    /// The configuration file. Only what is wrong with it is read.
    ConfigGet = "config.get", Read, V3, NoParams => Value;
    /// The end of the log file, or what came since a cursor.
    LogsTail = "logs.tail", Read, V3, LogsTailParams => LogsTailed;
    SystemPresence = "system-presence", Read, V3, NoParams => Listed<PresenceEntry>;
    ModelsList = "models.list", Read, V3, ModelsListParams => ModelList, newer ["agentId"];
    AgentsList = "agents.list", Read, V3, NoParams => AgentList;
    AgentIdentityGet = "agent.identity.get", Read, V3, AgentIdentityParams => AgentIdentity;
    CommandsList = "commands.list", Read, V3, CommandsListParams => CommandList, newer ["sessionKey"];
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsTailParams {
    /// The `cursor` of an earlier answer: only what came since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// Lines; 1 to 5000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// 1 to 1,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u32>,
}

wire! {
    /// `logs.tail`.
    pub struct LogsTailed {
        pub file: Option<String>,
        pub cursor: Option<u64>,
        /// Bytes.
        pub size: Option<u64>,
        pub lines: Vec<String>,
        /// The beginning of what was asked for was left out.
        pub truncated: bool,
        /// The cursor was not of this file: it was rotated or cut.
        pub reset: bool,
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelsListParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentIdentityParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandsListParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_args: Option<bool>,
}
