//! What is kept beside: answers to idempotency keys, usage and cost, agents, settings.

use async_trait::async_trait;
use gatehouse_audit::Draft;

use super::{GrantRecord, TokenUsage, Witness};
use crate::{Millis, Result};

/// What is known of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: the caller is the first and is going to answer.
    First,
    /// Another caller was first and has not answered yet.
    Pending,
    /// It was answered with this JSON.
    Answered(String),
}

/// What one call of a model, or one run, used.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRecord {
    pub at: Millis,
    /// `YYYY-MM-DD`, in the caller's time zone.
    pub day: String,
    pub session: String,
    pub agent: String,
    pub run: String,
    pub provider: String,
    pub model: String,
    pub tokens: TokenUsage,
}

/// What a sum of usage is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageBy {
    Day,
    Session,
    /// `provider/model`.
    Model,
    Agent,
    /// One sum.
    All,
}

/// Which usage to sum.
#[derive(Clone, Debug, Default)]
pub struct UsageQuery {
    /// The first day, inclusive.
    pub from: Option<String>,
    /// The last day, inclusive.
    pub to: Option<String>,
    pub session: Option<String>,
    pub agent: Option<String>,
    /// Where days begin and end; in UTC where there is none.
    pub clocks: Vec<ClockChange>,
}

/// From when on clocks are ahead of UTC by so much. In a list, the earliest is first and holds before itself, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    pub since: Millis,
    pub ahead_ms: i64,
}

/// A sum of usage.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageTotal {
    /// The day, session, model or agent; empty for [`UsageBy::All`].
    pub group: String,
    pub calls: u64,
    /// How many of the calls had no known price and are not in the cost.
    pub unpriced: u64,
    pub tokens: TokenUsage,
}

/// An agent that was made by a client, beside those of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRecord {
    pub id: String,
    pub name: Option<String>,
    pub created_at: Millis,
    pub json: String,
}

#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Asks for the right to answer a key until `expires_at`. A claim that has expired at `now` is as none.
    async fn answer_claim(&self, key: &str, now: Millis, expires_at: Millis) -> Result<Claim>;
    /// Keeps the answer to a key.
    async fn answer_put(&self, key: &str, json: &str, expires_at: Millis) -> Result<()>;
    /// Gives a claim back that is not going to be answered.
    async fn answer_release(&self, key: &str) -> Result<()>;
    /// Forgets what has expired at `now`. Claims that a former process left without an answer are given back
    /// when the store is opened.
    async fn answers_expire(&self, now: Millis) -> Result<u64>;

    async fn usage_add(&self, usage: UsageRecord) -> Result<()>;
    async fn usage_totals(&self, query: &UsageQuery, by: UsageBy) -> Result<Vec<UsageTotal>>;
    /// The single records of a session, the latest first.
    async fn usage_records(&self, session: &str, limit: u32) -> Result<Vec<UsageRecord>>;

    /// In the order they were made.
    async fn agents(&self) -> Result<Vec<AgentRecord>>;
    /// Adds an agent or changes it, and writes `audit` in the same step.
    async fn agent_put(&self, agent: AgentRecord, audit: Option<Draft>) -> Result<()>;
    /// Removes an agent with all that was granted to it, its part of the allow-list included, so that none that is
    /// made under its id later inherits it. `audit` is written in the same step, and `ended` of each grant.
    async fn agent_remove(
        &self,
        id: &str,
        at: Millis,
        audit: Option<Draft>,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool>;

    async fn setting(&self, name: &str) -> Result<Option<String>>;
    async fn setting_put(&self, name: &str, json: &str) -> Result<()>;
    /// Says whether there was one.
    async fn setting_remove(&self, name: &str) -> Result<bool>;
}
