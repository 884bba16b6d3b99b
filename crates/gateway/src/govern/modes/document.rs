//! The approvals document (`exec.approvals.get` and `.set`): defaults and agents with their strictness, and
//! the allow-list. The list's entries are rows of the store, so that one can be added with an answer; the
//! rest is one setting. Together they are the published file, under one hash.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gatehouse_audit::Draft;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AllowEntry, AllowListChange, GatewayStore, GrantRecord, Witness};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::allow_list::ALLOW_ALWAYS;
use super::exec_policy::{Ask, ExecPolicy, ExecWishes, Security};
use crate::hex::hex;
use crate::sessions::{Kept, Lineages, Weight};

/// Where the document without its entries is kept.
const SETTING: &str = "exec.approvals";

/// Every agent's.
const EVERY_AGENT: &str = "*";

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error("exec approvals changed since they were read; re-run exec.approvals.get and retry")]
    Changed,
    #[error("exec approvals base hash required; re-run exec.approvals.get and retry")]
    NoBaseHash,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The published file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalsDocument {
    pub version: Version,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<Value>,
    #[serde(default)]
    pub defaults: Strictness,
    #[serde(default)]
    pub agents: BTreeMap<String, AgentApprovals>,
}

/// The only version there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Strictness {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_fallback: Option<Security>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_allow_skills: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AgentApprovals {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_fallback: Option<Security>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_allow_skills: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowlist: Vec<DocumentEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_tools: Option<Value>,
}

/// An entry as the file shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arg_pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_command: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_resolved_path: Option<String>,
}

/// How many sessions' wishes are kept until something is written.
const KEPT: usize = 1_024;

/// What the document and a session wish, where the allow-list has nothing for the agent.
struct Wishes(Vec<ExecWishes>);

impl Weight for Wishes {
    fn bytes(&self) -> usize {
        self.0.len() * size_of::<ExecWishes>()
    }
}

/// Gives the exec modes that hold for a call: a change holds from the next call on.
#[derive(Clone)]
pub struct ExecModes {
    store: Arc<dyn GatewayStore>,
    lineages: Lineages,
    kept: Arc<Kept<Wishes>>,
    configured: Arc<dyn Fn() -> ExecWishes + Send + Sync>,
    home: Option<PathBuf>,
}

impl ExecModes {
    pub fn new(
        store: Arc<dyn GatewayStore>,
        configured: impl Fn() -> ExecWishes + Send + Sync + 'static,
        home: Option<PathBuf>,
    ) -> Self {
        Self {
            lineages: Lineages::new(store.clone()),
            store,
            kept: Arc::new(Kept::at_most(KEPT)),
            configured: Arc::new(configured),
            home,
        }
    }

    /// What holds for an agent in a session at `now`, where it follows the words of `told_by`.
    pub async fn of(
        &self,
        agent: &str,
        session: &str,
        told_by: &[String],
        now: i64,
    ) -> Result<ExecPolicy, StoreError> {
        let question = format!("{agent}\0{session}\0{}", told_by.join("\0"));
        // Told before it is read: what is written meanwhile makes what is kept stale, never new.
        let revision = self.store.revision();
        if let Some(kept) = self.kept.get(&question, revision) {
            return Ok(self.strictest(&kept.0, Vec::new()));
        }
        let sessions = std::iter::once(session).chain(told_by.iter().map(String::as_str));
        let wishes = self.wishes(agent, sessions).await?;
        let rules = self.store.allow_entries(Some(agent), now).await?;
        // Entries hold for a time, and a change is not all that ends one.
        if rules.is_empty() {
            let kept = Arc::new(Wishes(wishes.clone()));
            self.kept.put(question, revision, &kept);
        }
        Ok(self.strictest(&wishes, rules))
    }

    /// Those of the document, of each session, and of those that began it: a sub-agent is held to what its session is.
    async fn wishes<'s>(
        &self,
        agent: &str,
        sessions: impl Iterator<Item = &'s str>,
    ) -> Result<Vec<ExecWishes>, StoreError> {
        let document = self.stored().await?;
        let of_agent = |name: &str| document.agents.get(name).map(AgentApprovals::wishes);
        let of_document = [
            Some(document.defaults.wishes()),
            of_agent(EVERY_AGENT),
            of_agent(agent),
        ];
        let mut all: Vec<ExecWishes> = of_document.into_iter().flatten().collect();
        for session in sessions {
            let above = self.lineages.of(session).await?.above;
            for key in std::iter::once(session).chain(above.iter().map(String::as_str)) {
                let row = self.store.session(key).await?;
                all.extend(row.map(|row| session_wishes(&row.overrides)));
            }
        }
        Ok(all)
    }

    fn strictest(&self, wishes: &[ExecWishes], rules: Vec<AllowEntry>) -> ExecPolicy {
        ExecPolicy::strictest((self.configured)(), wishes, rules, self.home.clone())
    }

    /// What the configuration says by itself, for `resolvedDefaults`.
    pub async fn defaults(&self) -> Result<ExecPolicy, StoreError> {
        let document = self.stored().await?;
        Ok(self.strictest(&[document.defaults.wishes()], Vec::new()))
    }

    /// The whole document at `now` with its hash, and whether one was ever written.
    pub async fn document(
        &self,
        now: i64,
    ) -> Result<(ApprovalsDocument, String, bool), StoreError> {
        let Rows { entries, setting } = self.rows(now).await?;
        let exists = !entries.is_empty() || setting.is_some();
        let document = whole(setting.as_deref(), entries);
        let hash = hash(&document);
        Ok((document, hash, exists))
    }

    async fn rows(&self, now: i64) -> Result<Rows, StoreError> {
        Ok(Rows {
            entries: self.store.allow_entries(None, now).await?,
            setting: self.store.setting(SETTING).await?,
        })
    }

    /// Replaces the document, if it is still the one of this hash, in one step with what the audit says of it (with
    /// the documents before and after) and of each grant whose entry is left out: that one goes too.
    pub async fn replace(
        &self,
        mut document: ApprovalsDocument,
        base_hash: Option<&str>,
        now: i64,
        (mut audit, ended): (Draft, Witness<GrantRecord>),
    ) -> Result<(), DocumentError> {
        let was = self.rows(now).await?;
        let exists = !was.entries.is_empty() || was.setting.is_some();
        let before = whole(was.setting.as_deref(), was.entries.clone());
        match base_hash {
            Some(base) if base != hash(&before) => return Err(DocumentError::Changed),
            None if exists => return Err(DocumentError::NoBaseHash),
            _ => {}
        }
        let detail = audit.detail.get_or_insert_with(|| json!({}));
        detail["before"] = json!(before);
        detail["after"] = json!(document);
        let mut entries = Vec::new();
        for (name, agent) in &mut document.agents {
            let own = std::mem::take(&mut agent.allowlist).into_iter();
            entries.extend(own.map(|entry| entry.into_row(name, now)));
        }
        let json = serde_json::to_string(&document).expect("a document has only string keys");
        let change = AllowListChange {
            entries,
            setting: Some((SETTING.to_owned(), json)),
            // The store looks again where it writes: another change, or an answer that adds an entry, may have come
            // since the rows were read.
            only_from: Some((was.entries, was.setting)),
        };
        let replaced = self
            .store
            .allow_entries_replace(change, now, Some(audit), Some(ended));
        match replaced.await? {
            true => Ok(()),
            false => Err(DocumentError::Changed),
        }
    }

    async fn stored(&self) -> Result<ApprovalsDocument, StoreError> {
        let setting = self.store.setting(SETTING).await?;
        Ok(parsed(setting.as_deref()))
    }
}

/// What the document is made of, as the store has it.
struct Rows {
    entries: Vec<AllowEntry>,
    setting: Option<String>,
}

fn whole(setting: Option<&str>, entries: Vec<AllowEntry>) -> ApprovalsDocument {
    let mut document = parsed(setting);
    for entry in entries {
        let agent = document.agents.entry(entry.agent.clone()).or_default();
        agent.allowlist.push(entry.into());
    }
    document
}

fn parsed(setting: Option<&str>) -> ApprovalsDocument {
    let Some(json) = setting else {
        return ApprovalsDocument::default();
    };
    // What cannot be read must not open anything: the strictest there is takes its place.
    serde_json::from_str(json).unwrap_or_else(|error| {
        tracing::error!(%error, "the approvals document cannot be read; commands are denied");
        ApprovalsDocument {
            defaults: Strictness {
                security: Some(Security::Deny),
                ..Strictness::default()
            },
            ..ApprovalsDocument::default()
        }
    })
}

fn hash(document: &ApprovalsDocument) -> String {
    let json = serde_json::to_vec(document).expect("a document has only string keys");
    hex(Sha256::digest(json))
}

/// A session's own wishes, `execSecurity` and `execAsk`.
fn session_wishes(overrides: &str) -> ExecWishes {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Overrides {
        exec_security: Option<Security>,
        exec_ask: Option<Ask>,
    }
    let own: Overrides = serde_json::from_str(overrides).unwrap_or_default();
    ExecWishes {
        security: own.exec_security,
        ask: own.exec_ask,
        ..ExecWishes::default()
    }
}

impl Strictness {
    fn wishes(&self) -> ExecWishes {
        ExecWishes {
            mode: None,
            security: self.security,
            ask: self.ask,
            ask_fallback: self.ask_fallback,
        }
    }
}

impl AgentApprovals {
    fn wishes(&self) -> ExecWishes {
        ExecWishes {
            mode: None,
            security: self.security,
            ask: self.ask,
            ask_fallback: self.ask_fallback,
        }
    }
}

impl From<AllowEntry> for DocumentEntry {
    fn from(row: AllowEntry) -> Self {
        Self {
            id: Some(row.id),
            pattern: row.pattern,
            source: row.source,
            command_text: row.command,
            arg_pattern: row.arg_pattern,
            last_used_at: row.last_used_at.map(|at| at as f64),
            last_used_command: row.last_command,
            last_resolved_path: row.last_resolved,
        }
    }
}

impl DocumentEntry {
    fn into_row(self, agent: &str, now: i64) -> AllowEntry {
        AllowEntry {
            id: self.id.unwrap_or_else(|| Uuid::new_v4().to_string()),
            agent: agent.to_owned(),
            pattern: self.pattern,
            arg_pattern: self.arg_pattern,
            source: self.source.filter(|source| source == ALLOW_ALWAYS),
            command: self.command_text,
            added_at: now,
            last_used_at: self.last_used_at.map(|at| at as i64),
            last_command: self.last_used_command,
            last_resolved: self.last_resolved_path,
        }
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "version {other} is not known"
            ))),
        }
    }
}
