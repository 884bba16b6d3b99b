//! What was done before that matters for what is done next. Kept in the store, so that a restart forgets none of it.
//!
//! A file that was written or fetched is the same file in every session, so that all of them know of it. What
//! authenticates someone is known to the session that read it, and to those that heard from that one since.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_audit::{Actor, Draft};
use gatehouse_policy::{Below, Taint};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;

use self::kept::{Kept, KeptBelow, MORE};
use crate::clock::Clock;

/// Where the store keeps what holds for all sessions.
const FILES: &str = "taint-of-files";

/// What a session may have read of which the record cannot be read.
const UNKNOWN: &str = "what is not known any more";

/// The sessions' taints.
#[derive(Clone)]
pub(crate) struct Taints {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    /// Those that were read, by their names in the store; locked for a look at a time.
    known: Arc<Mutex<HashMap<String, Kept>>>,
    /// Held from a look to what is written of it, as several sessions add to the same.
    adding: Arc<tokio::sync::Mutex<()>>,
}

impl Taints {
    pub(crate) fn new(store: Arc<dyn GatewayStore>, clock: Clock) -> Self {
        Self {
            store,
            clock,
            known: Arc::default(),
            adding: Arc::default(),
        }
    }

    pub(crate) async fn of(&self, session: &str) -> Result<Taint, StoreError> {
        let files = self.kept(FILES).await?;
        // Another version kept files with their sessions.
        let own = self.kept(&name(session)).await?;
        let below = files.below.into_iter().map(|(begin, below)| {
            let (fetched, since) = (below.fetched, Some(below.since));
            (begin, Below { fetched, since })
        });
        Ok(Taint {
            secrets: self.secrets(session).await?,
            written: &files.written | &own.written,
            fetched: &files.fetched | &own.fetched,
            carrying: files.carrying,
            below: below.collect(),
        })
    }

    /// Adds to what a session did. Before the action runs, so that none that follows misses it.
    pub(in crate::govern) async fn add(
        &self,
        session: &str,
        more: &Taint,
    ) -> Result<(), StoreError> {
        if *more == Taint::default() {
            return Ok(());
        }
        let _adding = self.adding.lock().await;
        let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        self.change(&name(session), |own| {
            more.secrets.iter().for_each(|secret| own.read(secret));
        })
        .await?;
        self.change(FILES, |files| {
            more.written.iter().for_each(|path| files.wrote(path, now));
            more.fetched
                .iter()
                .for_each(|path| files.fetched(path, now));
            more.carrying.iter().for_each(|path| files.carries(path));
            for (begin, below) in &more.below {
                let (fetched, since) = (below.fetched, below.since.unwrap_or(now));
                files.lies_below(begin, KeptBelow { fetched, since });
            }
        })
        .await
    }

    /// A session was told something by another, which may hold all that the other read.
    pub(crate) async fn hears(&self, session: &str, from: &str) -> Result<(), StoreError> {
        let _adding = self.adding.lock().await;
        let secrets = self.secrets(from).await?;
        self.change(&name(session), |own| {
            secrets.iter().for_each(|secret| own.read(secret));
        })
        .await
    }

    /// Two sessions that use one process hear of each other: by what it says, and by what is typed into it.
    pub(in crate::govern) async fn overheard(&self, action: &Action) -> Result<(), StoreError> {
        let Effect::Process {
            of: Some(of),
            input,
            ..
        } = &action.effect
        else {
            return Ok(());
        };
        self.hears(&action.session_key, of).await?;
        if input.is_some() {
            self.hears(of, &action.session_key).await?;
        }
        Ok(())
    }

    /// Whether one session may tell of a secret that another has not heard of.
    pub(crate) async fn may_tell(&self, from: &str, to: &str) -> Result<bool, StoreError> {
        let told = self.secrets(from).await?;
        // Two that are not told apart may be two others.
        Ok(told.contains(MORE) || !told.is_subset(&self.secrets(to).await?))
    }

    /// A session has begun another, whose answers come to it from now on.
    pub(crate) async fn begins(&self, session: &str, child: &str) -> Result<(), StoreError> {
        self.hears(child, session).await?;
        let _adding = self.adding.lock().await;
        self.change(&name(session), |own| {
            own.heard.insert(child.to_owned());
        })
        .await
    }

    /// What a session read, and those whose answers come to it; with what counts for all sessions.
    async fn secrets(&self, session: &str) -> Result<BTreeSet<String>, StoreError> {
        let mut secrets = self.kept(FILES).await?.secrets;
        let mut seen = BTreeSet::from([session.to_owned()]);
        let mut open = vec![session.to_owned()];
        while let Some(next) = open.pop() {
            let kept = self.kept(&name(&next)).await?;
            secrets.extend(kept.secrets);
            open.extend(
                kept.heard
                    .into_iter()
                    .filter(|one| seen.insert(one.clone())),
            );
        }
        Ok(secrets)
    }

    async fn kept(&self, name: &str) -> Result<Kept, StoreError> {
        if let Some(known) = self.look(name) {
            return Ok(known);
        }
        let json = self.store.setting(name).await?;
        let kept = match json.map(|json| serde_json::from_str(&json)) {
            None => Kept::default(),
            Some(Ok(kept)) => kept,
            Some(Err(error)) => self.unreadable(name, &error).await?,
        };
        // What was added while it was read holds.
        Ok(self.lock().entry(name.to_owned()).or_insert(kept).clone())
    }

    /// What stands for a record that is damaged, or that another version wrote: nobody knows what was done, so that it
    /// may have been anything.
    async fn unreadable(&self, name: &str, error: &serde_json::Error) -> Result<Kept, StoreError> {
        tracing::error!(%error, name, "what was read and written before cannot be told any more");
        let draft = Draft {
            ts: i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX),
            kind: "taint.unreadable".to_owned(),
            actor: Actor::gateway(),
            resource: Some(name.to_owned()),
            what: Some(format!("the record {name} cannot be read")),
            ..Draft::default()
        };
        self.store.audit_append(vec![draft]).await?;
        let mut kept = Kept::default();
        if name == FILES {
            let (fetched, since) = (false, 0);
            let any = KeptBelow { fetched, since };
            kept.below.insert("/".to_owned(), any);
        } else {
            kept.secrets.insert(UNKNOWN.to_owned());
        }
        Ok(kept)
    }

    async fn change(&self, name: &str, change: impl FnOnce(&mut Kept)) -> Result<(), StoreError> {
        let before = self.kept(name).await?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(());
        }
        let json = serde_json::to_string(&after).unwrap_or_default();
        // Known when it is kept and not before: what could not be written is new when it is tried again.
        self.store.setting_put(name, &json).await?;
        self.lock().insert(name.to_owned(), after);
        Ok(())
    }

    fn look(&self, name: &str) -> Option<Kept> {
        self.lock().get(name).cloned()
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(session: &str) -> String {
    format!("taint/{session}")
}
