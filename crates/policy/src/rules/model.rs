//! A rule, read and compiled.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use specta::Type;

use super::command::CommandPattern;
use super::path::PathPattern;
use super::pattern::Pattern;
use super::time::Window;
use super::url::UrlPattern;
use crate::effect::{EffectKind, Zone};
use crate::verdict::Verdict;

/// Where a policy begins, before its rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// What is proven harmless runs, what is catastrophic does not, the rest asks.
    #[default]
    Guarded,
    /// As guarded, and every change asks that is not surely the workspace's; nothing leaves this machine.
    Strict,
    /// Nothing is held up; what would have been decided is said.
    Observe,
}

pub(crate) const PRESETS: [(&str, Preset); 3] = [
    ("guarded", Preset::Guarded),
    ("strict", Preset::Strict),
    ("observe", Preset::Observe),
];

/// Whether a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enabled {
    Yes,
    No,
    /// It is held against every action and reported, and changes nothing.
    Shadow,
}

impl Serialize for Enabled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes => serializer.serialize_bool(true),
            Self::No => serializer.serialize_bool(false),
            Self::Shadow => serializer.serialize_str("shadow"),
        }
    }
}

/// What an approval takes that a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Seconds until the question counts as denied.
    pub timeout_seconds: u32,
    /// How many people have to say yes.
    pub approvers: u8,
}

impl Default for Approval {
    /// Ten minutes, one person.
    fn default() -> Self {
        Self {
            timeout_seconds: 600,
            approvers: 1,
        }
    }
}

impl Approval {
    /// The stricter of two: the shorter time, the more people.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            timeout_seconds: self.timeout_seconds.min(other.timeout_seconds),
            approvers: self.approvers.max(other.approvers),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: Enabled,
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<String>,
    /// Orders the explanation, the highest first, and nothing else.
    pub(crate) priority: i64,
    pub(crate) when: Conditions,
    pub(crate) approval: Option<Approval>,
    /// In words, for lists.
    pub(crate) words: String,
    /// Where it stands in the document.
    pub(crate) path: String,
}

impl Rule {
    /// What a person is told when it matches.
    pub(crate) fn text(&self) -> &str {
        let own = self.reason.as_deref().or(self.description.as_deref());
        own.unwrap_or(&self.words)
    }
}

/// All that are there must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    pub(crate) tools: Option<Vec<Pattern>>,
    pub(crate) commands: Option<Vec<CommandPattern>>,
    pub(crate) not_commands: Option<Vec<CommandPattern>>,
    pub(crate) arguments: Vec<ArgumentTest>,
    pub(crate) paths: Option<Vec<PathPattern>>,
    pub(crate) hosts: Option<Vec<Pattern>>,
    pub(crate) urls: Option<Vec<UrlPattern>>,
    pub(crate) agents: Option<Vec<Pattern>>,
    pub(crate) sessions: Option<Vec<Pattern>>,
    pub(crate) channels: Option<Vec<Pattern>>,
    pub(crate) time: Option<Window>,
    pub(crate) effects: Option<Vec<EffectTest>>,
    pub(crate) rate: Option<Rate>,
}

impl Conditions {
    /// Whether two URLs of one origin can differ to them: `urls`, or a test of the argument that holds the URL.
    pub(crate) fn tells_urls_apart(&self) -> bool {
        let of_the_url = |test: &ArgumentTest| matches!(test.pointer.as_str(), "" | "/url");
        self.urls.is_some() || self.arguments.iter().any(of_the_url)
    }
}

/// A test of one argument of a tool call.
#[derive(Debug, Clone)]
pub(crate) struct ArgumentTest {
    /// A JSON pointer (RFC 6901).
    pub(crate) pointer: String,
    pub(crate) tests: Vec<ValueTest>,
}

#[derive(Debug, Clone)]
pub(crate) enum ValueTest {
    Equal(Value),
    /// One of them.
    Matches(Vec<Pattern>),
    AtLeast(f64),
    AtMost(f64),
}

/// One kind of effect, anywhere or in some zones.
#[derive(Debug, Clone, Default)]
pub(crate) struct EffectTest {
    /// Empty: any kind.
    pub(crate) kinds: Vec<EffectKind>,
    /// Empty: anywhere.
    pub(crate) zones: Vec<Zone>,
    pub(crate) secret: Option<bool>,
}

/// How often something may happen before the rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) limit: u64,
    pub(crate) window_ms: u64,
    pub(crate) by: RateBy,
}

/// A model that is asked for a second opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vetting {
    /// `provider/model`.
    pub model: String,
    /// No answer within it is no answer.
    pub timeout_ms: u64,
}

impl Vetting {
    /// Long enough for a small model, short enough for a person who waits.
    pub(crate) const USUAL_SECONDS: i64 = 10;
}

/// Whose actions are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RateBy {
    Agent,
    Session,
    Everyone,
}

pub(crate) const RATE_BY: [(&str, RateBy); 3] = [
    ("agent", RateBy::Agent),
    ("session", RateBy::Session),
    ("everyone", RateBy::Everyone),
];

/// Which actions are counted: those that a rule with a rate is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateKey {
    pub rule: String,
    pub by: RateBy,
    /// The agent or the session; empty for everyone.
    pub subject: String,
    pub window_ms: u64,
}

/// How often something happened, passed in. Whoever counts adds one for each key of [`crate::Decision::rates`] when
/// the action is let through.
pub trait Counts {
    /// How many actions of the key lie within its window, this one not counted.
    fn count(&self, key: &RateKey) -> u64;
}

/// Nothing happened yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCounts;

impl Counts for NoCounts {
    fn count(&self, _: &RateKey) -> u64 {
        0
    }
}

pub(crate) const EFFECT_KINDS: [(&str, EffectKind); 15] = [
    ("read", EffectKind::Read),
    ("list", EffectKind::List),
    ("write", EffectKind::Write),
    ("append", EffectKind::Append),
    ("create", EffectKind::Create),
    ("delete", EffectKind::Delete),
    ("permission", EffectKind::Permission),
    ("execute", EffectKind::Execute),
    ("network", EffectKind::Network),
    ("system", EffectKind::System),
    ("signal", EffectKind::Signal),
    ("privilege", EffectKind::Privilege),
    ("remote", EffectKind::Remote),
    ("environment", EffectKind::Environment),
    // As people say it; `EFFECT_KINDS` is looked up in order, so the name above is the one that is shown.
    ("exec", EffectKind::Execute),
];

pub(crate) const ZONES: [(&str, Zone); 8] = [
    ("workspace", Zone::Workspace),
    ("tmp", Zone::Tmp),
    ("home", Zone::Home),
    ("system", Zone::System),
    ("protected", Zone::Protected),
    ("device", Zone::Device),
    ("elsewhere", Zone::Elsewhere),
    ("unknown", Zone::Unknown),
];
