//! The handshake, health, presence, and what there is to choose from.

use serde::Serialize;
use serde_json::Value;

use crate::connect::ConnectParams;
use crate::lenient::Listed;
use crate::method::{NoParams, methods};
use crate::model::catalog::{AgentIdentity, AgentList, CommandList, ModelList};
use crate::model::presence::PresenceEntry;

methods! {
    /// The handshake. Its answer is read with `HelloOk::read`, which takes the tokens out.
    Connect = "connect", Admin, V3, ConnectParams => Value;
    Health = "health", Read, V3, NoParams => Value;
    SystemPresence = "system-presence", Read, V3, NoParams => Listed<PresenceEntry>;
    ModelsList = "models.list", Read, V3, ModelsListParams => ModelList, newer ["agentId"];
    AgentsList = "agents.list", Read, V3, NoParams => AgentList;
    AgentIdentityGet = "agent.identity.get", Read, V3, AgentIdentityParams => AgentIdentity;
    CommandsList = "commands.list", Read, V3, CommandsListParams => CommandList, newer ["sessionKey"];
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
