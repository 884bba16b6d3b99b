//! The one who owns the policy while the gateway runs: `policy.json5` and `roles.cedar` in the state folder, read
//! again when they change. What is wrong refuses a change as a whole, a file that is empty or gone too, and the last
//! good policy stays in force, also over a restart.

mod files;
mod preset;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gatehouse_audit::{Actor, Draft};
use gatehouse_policy::Policy;
use gatehouse_policy::rules::{Preset, Problem};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde_json::json;
use tokio::sync::{Mutex, watch};

use crate::clock::Clock;
use crate::config::watch_files;
use files::{DOCUMENT, Kept, ROLES, Texts};
use preset::with_preset;

/// Where the last good one is kept.
const LAST_GOOD: &str = "policy.last-good";

/// An editor writes in steps; after the first one is told, the rest follows within this.
const SETTLES: Duration = Duration::from_millis(100);

/// The policy in force, and what is wrong with what is on the disk.
#[derive(Debug, Clone)]
pub struct PolicyState {
    pub policy: Arc<Policy>,
    /// Of the file, where it is not the one in force; else its warnings.
    pub problems: Vec<Problem>,
    pub changed_at: i64,
}

/// What a client wants to change. What is left out stays.
#[derive(Debug, Clone, Default)]
pub struct PolicyEdit {
    pub document: Option<String>,
    pub roles: Option<String>,
    pub preset: Option<Preset>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum PolicyEditError {
    #[error("the policy changed since it was read; read it again and retry")]
    Changed,
    #[error("the document says its preset in a way that only an editor can change")]
    NoPreset,
    #[error("the policy has mistakes")]
    Mistakes(Vec<Problem>),
    #[error("the policy could not be written: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle to the policy.
#[derive(Clone)]
pub struct PolicyDesk(Arc<Desk>);

struct Desk {
    folder: PathBuf,
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    current: watch::Sender<PolicyState>,
    /// One change at a time: a reading of the files or an edit.
    changing: Mutex<()>,
}

impl PolicyDesk {
    /// Reads the policy. Where the file is not good the last good one holds, and without one the strictest preset.
    pub(crate) async fn open(folder: &Path, store: Arc<dyn GatewayStore>, clock: Clock) -> Self {
        let now = i64::try_from(clock.now_ms()).unwrap_or(i64::MAX);
        let kept = kept(&*store).await;
        let texts = files::read(folder, kept.as_ref());
        let before = kept.and_then(|kept| kept.load().ok());
        let version = before.as_ref().map(|policy| policy.version().to_owned());
        let (policy, problems, good) = match texts.and_then(|texts| Ok((texts.load()?, texts))) {
            Ok((policy, texts)) => {
                let warnings = policy.warnings().to_vec();
                (policy, warnings, Some(texts))
            }
            Err(problems) => {
                let last_good = before.unwrap_or_else(|| Policy::of(Preset::Strict));
                (last_good, problems, None)
            }
        };
        let (current, _) = watch::channel(PolicyState {
            policy: Arc::new(policy),
            problems,
            changed_at: now,
        });
        let desk = Self(Arc::new(Desk {
            folder: folder.to_owned(),
            store,
            clock,
            current,
            changing: Mutex::new(()),
        }));
        if let Some(version) = version {
            desk.record(&version, "while the gateway did not run").await;
        }
        match good {
            Some(texts) => desk.remember(&texts).await,
            None => desk.refused().await,
        }
        desk
    }

    /// Says and records that what is on the disk is not what holds, and why.
    async fn refused(&self) {
        let state = self.current();
        let told: Vec<String> = state.problems.iter().map(ToString::to_string).collect();
        for problem in &told {
            tracing::error!("the policy: {problem}");
        }
        let version = state.policy.version();
        tracing::error!(
            version,
            "the policy on the disk is refused; the last good one stays"
        );
        let draft = Draft {
            ts: self.now(),
            kind: "policy.refused".to_owned(),
            actor: Actor::new("file", DOCUMENT),
            what: Some(format!(
                "the policy on the disk was refused, and {version} stays: {}",
                told.first().map_or("it has mistakes", String::as_str)
            )),
            policy_version: Some(version.to_owned()),
            detail: Some(json!({"problems": state.problems})),
            ..Draft::default()
        };
        if let Err(error) = self.0.store.audit_append(vec![draft]).await {
            tracing::error!(%error, "a policy that was refused could not be recorded");
        }
    }

    /// Records a change that no call made: who wrote to the file is not known.
    async fn record(&self, before: &str, when: &str) {
        let state = self.current();
        let version = state.policy.version();
        if before == version {
            return;
        }
        let draft = Draft {
            ts: state.changed_at,
            kind: "policy.changed".to_owned(),
            actor: Actor::new("file", DOCUMENT),
            what: Some(format!(
                "the policy was changed from {before} to {version} {when}"
            )),
            policy_version: Some(version.to_owned()),
            detail: Some(json!({
                "before": before, "preset": state.policy.preset(), "hash": state.policy.hash(),
            })),
            ..Draft::default()
        };
        if let Err(error) = self.0.store.audit_append(vec![draft]).await {
            tracing::error!(%error, "a change of the policy could not be recorded");
        }
    }

    /// What holds now.
    pub fn current(&self) -> PolicyState {
        self.0.current.borrow().clone()
    }

    /// The policy that holds now.
    pub(crate) fn in_force(&self) -> Arc<Policy> {
        self.0.current.borrow().policy.clone()
    }

    /// Follows the files until it is dropped.
    pub(crate) async fn follow(self) {
        let (_watch, mut touched) = watch_files(&self.0.folder, &[DOCUMENT, ROLES]);
        while touched.recv().await.is_some() {
            tokio::time::sleep(SETTLES).await;
            self.read_again().await;
        }
    }

    async fn read_again(&self) {
        let _one = self.0.changing.lock().await;
        let kept = kept(&*self.0.store).await;
        let texts = files::read(&self.0.folder, kept.as_ref());
        match texts.and_then(|texts| Ok((texts.load()?, texts))) {
            Ok((policy, texts)) => {
                let before = self.current().policy;
                self.put(policy, &texts).await;
                self.record(before.version(), "in its file").await;
            }
            Err(problems) => {
                // An editor touches a file more than once for one change.
                if self.current().problems == problems {
                    return;
                }
                let current = &self.0.current;
                current.send_modify(|state| state.problems = problems);
                self.refused().await;
            }
        }
    }

    /// Changes the policy, if it is still the one of this hash. What `say` says of the former one and the new one is
    /// recorded first: a change that cannot be recorded is not made.
    pub async fn edit(
        &self,
        base_hash: &str,
        edit: PolicyEdit,
        say: impl FnOnce(&Policy, &Policy) -> Draft + Send,
    ) -> Result<PolicyState, PolicyEditError> {
        let _one = self.0.changing.lock().await;
        let before = self.current().policy;
        if before.hash() != base_hash {
            return Err(PolicyEditError::Changed);
        }
        let mut document = edit
            .document
            .unwrap_or_else(|| before.document().to_owned());
        if let Some(preset) = edit.preset {
            document = with_preset(&document, preset);
        }
        let roles = edit.roles.unwrap_or_else(|| before.roles().to_owned());
        let policy = Policy::load(&document, Some(&roles)).map_err(PolicyEditError::Mistakes)?;
        let texts = Texts {
            document: Some(document),
            roles: Some(roles),
        };
        let draft = Draft {
            ts: self.now(),
            ..say(&before, &policy)
        };
        self.0.store.audit_append(vec![draft]).await?;
        let folder = self.0.folder.clone();
        let written = tokio::task::spawn_blocking(move || texts.write(&folder).map(|()| texts));
        let written = written
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the task that writes ended")));
        match written {
            Ok(texts) => {
                self.put(policy, &texts).await;
                Ok(self.current())
            }
            Err(error) => {
                self.not_written(&policy, &error).await;
                Err(error.into())
            }
        }
    }

    /// Records that a change which was recorded was not made.
    async fn not_written(&self, wanted: &Policy, error: &io::Error) {
        let version = self.current().policy.version().to_owned();
        let draft = Draft {
            ts: self.now(),
            kind: "policy.refused".to_owned(),
            actor: Actor::gateway(),
            what: Some(format!(
                "the policy {} could not be written, and {version} stays: {error}",
                wanted.version()
            )),
            policy_version: Some(version),
            ..Draft::default()
        };
        if let Err(error) = self.0.store.audit_append(vec![draft]).await {
            tracing::error!(%error, "a policy that was not written could not be recorded");
        }
    }

    async fn put(&self, policy: Policy, texts: &Texts) {
        let same = self.current().policy.hash() == policy.hash();
        let now = self.now();
        self.0.current.send_modify(|state| {
            state.problems = policy.warnings().to_vec();
            if !same {
                tracing::info!(version = policy.version(), "the policy changed");
                state.policy = Arc::new(policy);
                state.changed_at = now;
            }
        });
        self.remember(texts).await;
    }

    /// Keeps what holds, and which of it stood in files.
    async fn remember(&self, texts: &Texts) {
        let kept = Kept::of(&self.current().policy, texts);
        let json = serde_json::to_string(&kept).unwrap_or_default();
        if let Err(error) = self.0.store.setting_put(LAST_GOOD, &json).await {
            tracing::warn!(%error, "the policy in force could not be kept for a restart");
        }
    }

    fn now(&self) -> i64 {
        i64::try_from(self.0.clock.now_ms()).unwrap_or(i64::MAX)
    }
}

async fn kept(store: &dyn GatewayStore) -> Option<Kept> {
    let json = store.setting(LAST_GOOD).await.ok().flatten()?;
    serde_json::from_str(&json).ok()
}

#[cfg(test)]
mod tests;
