//! One record: what somebody wants to say, what the chain adds to it, and the bytes that are hashed.
//!
//! The bytes are RFC 8785 canonical JSON. They are made in two steps, so that the one task that writes has
//! little to do: [`Draft::prepare`] does the costly part anywhere, [`Prepared::seal`] puts in the number and
//! the former record's hash.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::hash::{Hash, leaf_hash};

/// The version of the record's format, in its field `v`.
pub const VERSION: u32 = 1;

/// The outcome of an action whose process did not live to tell one.
pub const UNKNOWN_OUTCOME: &str = "unknown_outcome";

/// The outcome of an intent that a question still held back when its process ended.
pub const NOT_RUN: &str = "not_run";

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `agent`, `operator`, `node` or `gateway`.
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

impl Actor {
    pub fn new(kind: &str, id: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            id: id.to_owned(),
        }
    }

    /// The gateway itself.
    pub fn gateway() -> Self {
        Self::new("gateway", "gateway")
    }

    /// An agent's run.
    pub fn agent(id: &str) -> Self {
        Self::new("agent", id)
    }
}

/// What is going to be recorded. Secrets are out of it already: what is hashed cannot be taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Milliseconds since 1970 in UTC.
    pub ts: i64,
    /// Such as `tool.intent`, `tool.outcome`, `approval.resolved`, `login.accepted`.
    pub kind: String,
    pub actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The tool or method, such as `exec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// One line for a person, such as the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// What it was done to: a path, a host, a setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `allow`, `ask` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The rules that spoke.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
    /// The binding digest of the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_digest: Option<String>,
    /// What was asked for, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// What came of it in a word, such as `ok`, `error`, `denied`, `not_run`, `unknown_outcome`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// More of the verdict or outcome, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The number of the record that this one is the outcome of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<String>,
    /// What ties records of one request together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// A record as it stands in the log.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Record {
    pub v: u32,
    /// From 1, without a gap.
    pub seq: u64,
    /// The hash of the record before, in hexadecimal.
    pub prev: String,
    #[serde(flatten)]
    pub draft: Draft,
}

/// A draft in canonical JSON, but for its number and the hash of the record before.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Without its request and its detail, which only the bytes hold.
    draft: Draft,
    /// The members before `prev`, between `prev` and `seq`, and after `seq`, without braces.
    parts: [String; 3],
}

/// A record with its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    pub seq: u64,
    /// What is hashed, stored and exported.
    pub bytes: String,
    pub leaf: Hash,
}

impl Draft {
    /// What a search looks through: the line for a person, and what it was done to.
    pub fn search_text(&self) -> String {
        search_text(self.what.as_deref(), self.resource.as_deref())
    }

    /// Writes the canonical JSON, but for what only the chain knows.
    pub fn prepare(mut self) -> Prepared {
        let (detail, request) = (self.detail.take(), self.request.take());
        let mut before = Members::default();
        before.text("action", self.action.as_deref());
        before.actor(&self.actor);
        before.text("agent", self.agent.as_deref());
        before.text("approval_id", self.approval_id.as_deref());
        before.value("detail", detail);
        before.value("intent", self.intent.map(Value::from));
        before.text("kind", Some(&self.kind));
        before.text("outcome", self.outcome.as_deref());
        before.text("policy_version", self.policy_version.as_deref());
        let mut between = Members::default();
        between.value("request", request);
        between.text("request_digest", self.request_digest.as_deref());
        between.text("resource", self.resource.as_deref());
        between.texts("rules", &self.rules);
        between.text("run", self.run.as_deref());
        let mut after = Members::default();
        after.text("session", self.session.as_deref());
        after.text("trace", self.trace.as_deref());
        after.value("ts", Some(self.ts.into()));
        after.value("v", Some(VERSION.into()));
        after.text("verdict", self.verdict.as_deref());
        after.text("what", self.what.as_deref());
        Prepared {
            parts: [before, between, after].map(Members::written),
            draft: self,
        }
    }
}

/// The members of a canonical object without its braces, written in their order: what they are called is ASCII, whose
/// order by bytes is that by UTF-16, so that the object can be written in parts.
#[derive(Default)]
struct Members(Vec<u8>);

impl Members {
    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        canonical::write_text(name, &mut self.0);
        self.0.push(b':');
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.name(name);
            canonical::write_text(text, &mut self.0);
        }
    }

    /// None where there are none.
    fn texts(&mut self, name: &str, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        self.name(name);
        for (n, text) in texts.iter().enumerate() {
            self.0.push(if n == 0 { b'[' } else { b',' });
            canonical::write_text(text, &mut self.0);
        }
        self.0.push(b']');
    }

    fn value(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.name(name);
            canonical::write(&value, &mut self.0).expect("a JSON value can be said in JSON");
        }
    }

    fn actor(&mut self, actor: &Actor) {
        self.name("actor");
        let mut members = Self::default();
        members.text("id", Some(&actor.id));
        members.text("type", Some(&actor.kind));
        self.0.push(b'{');
        self.0.extend(members.0);
        self.0.push(b'}');
    }

    fn written(self) -> String {
        String::from_utf8(self.0).expect("JSON of texts is a text")
    }
}

impl Prepared {
    /// What was prepared, without its request and its detail.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Puts the record into its place after the one whose leaf is `prev`.
    pub fn seal(&self, seq: u64, prev: Hash) -> Sealed {
        let [before, between, after] = &self.parts;
        let comma = if between.is_empty() { "" } else { "," };
        let bytes =
            format!("{{{before},\"prev\":\"{prev}\",{between}{comma}\"seq\":{seq},{after}}}");
        Sealed {
            seq,
            leaf: leaf_hash(bytes.as_bytes()),
            bytes,
        }
    }
}

impl Record {
    /// Reads a record's bytes.
    pub fn read(bytes: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(bytes)
    }
}

pub(crate) fn search_text(what: Option<&str>, resource: Option<&str>) -> String {
    match (what, resource) {
        (Some(what), Some(resource)) if what != resource => format!("{what}\n{resource}"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}
