//! What each session did before that matters for what it does next. Kept in the store, so that a restart forgets
//! none of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use gatehouse_policy::Taint;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;
use serde::{Deserialize, Serialize};

/// The sessions' taints.
#[derive(Clone)]
pub(crate) struct Taints {
    store: Arc<dyn GatewayStore>,
    /// Those that were read; locked for a look at a time.
    known: Arc<Mutex<HashMap<String, Taint>>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    secrets: BTreeSet<String>,
    #[serde(default)]
    written: BTreeSet<String>,
    #[serde(default)]
    fetched: BTreeSet<String>,
}

impl Taints {
    pub(crate) fn new(store: Arc<dyn GatewayStore>) -> Self {
        Self {
            store,
            known: Arc::default(),
        }
    }

    pub(crate) async fn of(&self, session: &str) -> Result<Taint, StoreError> {
        if let Some(known) = self.look(session) {
            return Ok(known);
        }
        let json = self.store.setting(&name(session)).await?;
        // What cannot be read was written by another version; its session begins anew.
        let kept: Kept = json
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default();
        let taint = Taint {
            secrets: kept.secrets,
            written: kept.written,
            fetched: kept.fetched,
        };
        self.note(session, taint.clone());
        Ok(taint)
    }

    /// Adds to what a session did. Before the action runs, so that none that follows misses it.
    pub(super) async fn add(&self, session: &str, more: &Taint) -> Result<(), StoreError> {
        let before = self.of(session).await?;
        let mut taint = before.clone();
        taint.secrets.extend(more.secrets.iter().cloned());
        taint.written.extend(more.written.iter().cloned());
        taint.fetched.extend(more.fetched.iter().cloned());
        if taint == before {
            return Ok(());
        }
        self.note(session, taint.clone());
        let kept = Kept {
            secrets: taint.secrets,
            written: taint.written,
            fetched: taint.fetched,
        };
        let json = serde_json::to_string(&kept).unwrap_or_default();
        self.store.setting_put(&name(session), &json).await
    }

    fn look(&self, session: &str) -> Option<Taint> {
        self.known.lock().ok()?.get(session).cloned()
    }

    fn note(&self, session: &str, taint: Taint) {
        if let Ok(mut known) = self.known.lock() {
            known.insert(session.to_owned(), taint);
        }
    }
}

fn name(session: &str) -> String {
    format!("taint/{session}")
}

#[cfg(test)]
mod tests {
    use gatehouse_store::gateway::SqliteGatewayStore;

    use super::*;

    #[tokio::test]
    async fn what_a_session_did_is_known_after_a_restart_and_to_no_other_session() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(store);
        let secret = Taint {
            secrets: ["/home/dev/.ssh/id".to_owned()].into(),
            ..Taint::default()
        };
        let written = Taint {
            written: ["/ws/run.sh".to_owned()].into(),
            ..Taint::default()
        };
        let taints = Taints::new(store.clone());
        taints.add("s", &secret).await.unwrap();
        taints.add("s", &written).await.unwrap();
        let after = Taints::new(store).of("s").await.unwrap();
        assert_eq!(
            (after.secrets, after.written),
            (secret.secrets, written.written)
        );
        assert_eq!(taints.of("t").await.unwrap(), Taint::default());
    }
}
