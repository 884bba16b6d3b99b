//! The rules by which this app answers for a person, on gateways that keep no policy of their own.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{GatewayId, ItemKey, Millis};

/// Rules by which this app answers for a person, on gateways that keep no policy of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AutoAnswerView {
    /// None of them answers.
    pub paused: bool,
    pub rules: Vec<AutoRuleView>,
    /// What they answered lately, the newest first.
    pub answered: Vec<AutoAnswered>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AutoRuleView {
    pub rule: AutoRule,
    pub uses: u32,
    pub last_used_at: Option<Millis>,
    /// Why it answers nothing, where it cannot be read.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AutoRule {
    /// Empty for a new one.
    pub id: String,
    pub enabled: bool,
    /// None means every gateway that keeps no policy.
    pub gateway: Option<GatewayId>,
    /// None means every agent. `*` stands for anything.
    pub agent: Option<String>,
    /// Matched on each command that would run, past wrappers; all have to match to allow, one is enough to deny.
    pub command: String,
    pub answer: AutoAnswer,
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AutoAnswer {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AutoAnswered {
    pub at: Millis,
    pub rule: String,
    pub gateway: GatewayId,
    pub gateway_name: String,
    pub item: ItemKey,
    pub subject: String,
    pub agent: Option<String>,
    pub answer: AutoAnswer,
}
