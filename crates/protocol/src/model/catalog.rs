//! What a gateway has to choose from: models, agents, commands.

use serde_json::Value;

use crate::lenient::{Listed, wire};

wire! {
    /// `models.list`.
    pub struct ModelList {
        #[serde(default)]
        pub models: Listed<ModelChoice>,
    }

    pub struct ModelChoice {
        pub id: String,
        pub name: Option<String>,
        pub provider: Option<String>,
        pub alias: Option<String>,
        pub available: Option<bool>,
        pub unavailable_reason: Option<String>,
        pub context_window: Option<u64>,
        pub reasoning: Option<bool>,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub thinking_levels: Vec<ThinkingLevel>,
        /// `text`, `image`, …: what can be attached.
        pub input: Vec<String>,
    }

    pub struct ThinkingLevel {
        pub id: String,
        pub label: Option<String>,
    }

    /// `agents.list`.
    pub struct AgentList {
        pub default_id: Option<String>,
        pub main_key: Option<String>,
        pub scope: Option<String>,
        #[serde(default)]
        pub agents: Listed<AgentSummary>,
    }

    pub struct AgentSummary {
        pub id: String,
        pub name: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub identity: Option<AgentIdentity>,
        pub workspace: Option<String>,
        pub model: Option<Value>,
    }

    /// `agent.identity.get`, and the identity inside of `agents.list`.
    pub struct AgentIdentity {
        pub agent_id: Option<String>,
        pub name: Option<String>,
        pub theme: Option<String>,
        pub emoji: Option<String>,
        pub avatar: Option<String>,
        pub avatar_url: Option<String>,
        pub avatar_status: Option<String>,
    }

    /// `commands.list`.
    pub struct CommandList {
        #[serde(default)]
        pub commands: Listed<CommandEntry>,
    }

    /// A slash command.
    pub struct CommandEntry {
        pub name: String,
        pub native_name: Option<String>,
        pub text_aliases: Vec<String>,
        pub description: Option<String>,
        pub category: Option<String>,
        pub source: Option<String>,
        pub accepts_args: bool,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub args: Vec<CommandArg>,
    }

    pub struct CommandArg {
        pub name: String,
        pub description: Option<String>,
        #[serde(rename = "type")]
        pub kind: Option<String>,
        pub required: bool,
        pub choices: Option<Value>,
    }
}
