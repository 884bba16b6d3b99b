//! The one who owns the policy while the gateway runs: `policy.json5` and `roles.cedar` in the state folder, read
//! again when they change. What is wrong refuses a change as a whole, and the last good policy stays in force, also
//! over a restart.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gatehouse_audit::{Actor, Draft};
use gatehouse_policy::Policy;
use gatehouse_policy::decide::DEFAULT_DOCUMENT;
use gatehouse_policy::rules::{Preset, Problem};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Mutex, watch};

use crate::clock::Clock;
use crate::config::watch_file;
use crate::private;

const DOCUMENT: &str = "policy.json5";
const ROLES: &str = "roles.cedar";

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

#[derive(Default, Serialize, Deserialize)]
struct Texts {
    document: String,
    roles: Option<String>,
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
        let (policy, problems) = match load(&texts(folder)) {
            Ok(policy) => {
                let warnings = policy.warnings().to_vec();
                (policy, warnings)
            }
            Err(problems) => {
                tracing::error!("the policy file has mistakes; the last good policy holds");
                (last_good(&*store).await, problems)
            }
        };
        let (current, _) = watch::channel(PolicyState {
            policy: Arc::new(policy),
            problems,
            changed_at: now,
        });
        let before = kept(&*store)
            .await
            .map(|policy| policy.version().to_owned());
        let desk = Self(Arc::new(Desk {
            folder: folder.to_owned(),
            store,
            clock,
            current,
            changing: Mutex::new(()),
        }));
        if let Some(before) = before {
            desk.record(&before, "while the gateway did not run").await;
        }
        desk.remember().await;
        desk
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

    /// Follows the files until it is dropped.
    pub(crate) async fn follow(self) {
        let (_document, mut document) = watch_file(&self.0.folder.join(DOCUMENT));
        let (_roles, mut roles) = watch_file(&self.0.folder.join(ROLES));
        loop {
            let touched = tokio::select! {
                touched = document.recv() => touched,
                touched = roles.recv() => touched,
            };
            if touched.is_none() {
                return;
            }
            tokio::time::sleep(SETTLES).await;
            self.read_again().await;
        }
    }

    async fn read_again(&self) {
        let _one = self.0.changing.lock().await;
        match load(&texts(&self.0.folder)) {
            Ok(policy) => {
                let before = self.current().policy;
                self.put(policy).await;
                self.record(before.version(), "in its file").await;
            }
            Err(problems) => {
                tracing::error!("the policy file has mistakes; the last good policy stays");
                self.0
                    .current
                    .send_modify(|state| state.problems = problems);
            }
        }
    }

    /// Changes the policy, if it is still the one of this hash.
    pub async fn edit(
        &self,
        base_hash: &str,
        edit: PolicyEdit,
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
        let folder = self.0.folder.clone();
        let written = tokio::task::spawn_blocking(move || {
            write(&folder, ROLES, &roles)?;
            write(&folder, DOCUMENT, &document)
        });
        written
            .await
            .map_err(|_| io::Error::other("the task that writes ended"))??;
        self.put(policy).await;
        Ok(self.current())
    }

    async fn put(&self, policy: Policy) {
        let same = self.current().policy.hash() == policy.hash();
        let now = i64::try_from(self.0.clock.now_ms()).unwrap_or(i64::MAX);
        self.0.current.send_modify(|state| {
            state.problems = policy.warnings().to_vec();
            if !same {
                tracing::info!(version = policy.version(), "the policy changed");
                state.policy = Arc::new(policy);
                state.changed_at = now;
            }
        });
        if !same {
            self.remember().await;
        }
    }

    async fn remember(&self) {
        let policy = self.current().policy;
        let texts = Texts {
            document: policy.document().to_owned(),
            roles: Some(policy.roles().to_owned()),
        };
        let json = serde_json::to_string(&texts).unwrap_or_default();
        if let Err(error) = self.0.store.setting_put(LAST_GOOD, &json).await {
            tracing::warn!(%error, "the policy in force could not be kept for a restart");
        }
    }
}

fn load(texts: &io::Result<Texts>) -> Result<Policy, Vec<Problem>> {
    match texts {
        Ok(texts) => Policy::load(&texts.document, texts.roles.as_deref()),
        Err(error) => {
            tracing::error!(%error, "the policy file cannot be read");
            Err(Vec::new())
        }
    }
}

async fn last_good(store: &dyn GatewayStore) -> Policy {
    let kept = kept(store).await;
    kept.unwrap_or_else(|| Policy::of(Preset::Strict))
}

async fn kept(store: &dyn GatewayStore) -> Option<Policy> {
    let json = store.setting(LAST_GOOD).await.ok().flatten()?;
    let texts: Texts = serde_json::from_str(&json).ok()?;
    load(&Ok(texts)).ok()
}

fn texts(folder: &Path) -> io::Result<Texts> {
    let read = |name: &str| match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok(Texts {
        document: read(DOCUMENT)?.unwrap_or_else(|| DEFAULT_DOCUMENT.to_owned()),
        roles: read(ROLES)?,
    })
}

/// In one step, so that a reader sees the old text or the new one; for their owner alone.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let next = folder.join(format!(".{name}.next"));
    // One that a crash left behind keeps its mode.
    let _ = std::fs::remove_file(&next);
    private::write(&next, text.as_bytes())?;
    std::fs::rename(next, folder.join(name))
}

/// The document with another preset, and all else as it was written.
fn with_preset(document: &str, preset: Preset) -> String {
    let word = match preset {
        Preset::Guarded => "guarded",
        Preset::Strict => "strict",
        Preset::Observe => "observe",
    };
    let known = regex::Regex::new(r#"([{,\n]\s*["']?preset["']?\s*:\s*)["'][a-z]*["']"#)
        .expect("the pattern was tested");
    if known.is_match(document) {
        let put = format!("${{1}}\"{word}\"");
        return known.replacen(document, 1, put.as_str()).into_owned();
    }
    document.replacen('{', &format!("{{\n  preset: \"{word}\","), 1)
}

#[cfg(test)]
mod tests {
    use gatehouse_store::gateway::SqliteGatewayStore;

    use super::*;

    async fn desk(folder: &Path) -> PolicyDesk {
        let store = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        PolicyDesk::open(folder, store, Clock::new(|| 1)).await
    }

    #[tokio::test]
    async fn a_preset_is_changed_and_the_rest_stays_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path()).await;
        let before = desk.current().policy;
        let edit = PolicyEdit {
            preset: Some(Preset::Strict),
            ..PolicyEdit::default()
        };
        let after = desk.edit(before.hash(), edit.clone()).await.unwrap().policy;
        assert_eq!(after.preset(), Preset::Strict);
        let wanted = before.document().replace("\"guarded\"", "\"strict\"");
        assert_eq!(after.document(), wanted);
        let text = std::fs::read_to_string(folder.path().join(DOCUMENT)).unwrap();
        assert_eq!(text, wanted);
        #[cfg(unix)]
        for name in [DOCUMENT, ROLES] {
            use std::os::unix::fs::PermissionsExt;
            let mode = folder.path().join(name).metadata().unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
        let stale = desk.edit(before.hash(), edit).await;
        assert!(matches!(stale, Err(PolicyEditError::Changed)), "{stale:?}");
    }

    #[tokio::test]
    async fn a_broken_file_leaves_the_last_good_policy_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
        let observe = "{ preset: \"observe\" }";
        std::fs::write(folder.path().join(DOCUMENT), observe).unwrap();
        assert_eq!(open().await.current().policy.preset(), Preset::Observe);
        std::fs::write(folder.path().join(DOCUMENT), "{ preset: \"nonsense\" }").unwrap();
        let again = open().await.current();
        assert_eq!(again.policy.preset(), Preset::Observe);
        assert!(!again.problems.is_empty());
        let elsewhere = desk(folder.path()).await;
        assert_eq!(
            elsewhere.current().policy.preset(),
            Preset::Strict,
            "nothing was ever good"
        );
    }

    #[tokio::test]
    async fn a_change_that_no_call_made_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(SqliteGatewayStore::in_memory().await.unwrap());
        let open = || PolicyDesk::open(folder.path(), store.clone(), Clock::new(|| 1));
        let write = |text: &str| std::fs::write(folder.path().join(DOCUMENT), text).unwrap();
        let told = || async {
            let rows = store.audit_rows(0, 10).await.unwrap();
            rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>()
        };
        open().await;
        assert!(told().await.is_empty(), "the first policy is no change");
        open().await;
        assert!(told().await.is_empty(), "nor is the same one");
        write("{ preset: \"strict\" }");
        let desk = open().await;
        write("{ preset: \"observe\" }");
        desk.read_again().await;
        let told = told().await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].contains("while the gateway did not run"),
            "{told:?}"
        );
        assert!(told[1].contains("in its file"), "{told:?}");
    }

    #[tokio::test]
    async fn a_file_that_changes_holds_from_the_next_action_on() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(folder.path()).await;
        let following = tokio::spawn(desk.clone().follow());
        let mut changed = desk.0.current.subscribe();
        let write =
            || std::fs::write(folder.path().join(DOCUMENT), "{ preset: \"strict\" }").unwrap();
        write();
        // The watch begins when the task first runs; what was written before it is written again.
        loop {
            let waiting = changed.wait_for(|state| state.policy.preset() == Preset::Strict);
            if tokio::time::timeout(Duration::from_secs(1), waiting)
                .await
                .is_ok()
            {
                break;
            }
            write();
        }
        following.abort();
    }
}
