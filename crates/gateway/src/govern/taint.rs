//! What was done before that matters for what is done next. Kept in the store, so that a restart forgets none of it.
//!
//! A file that was written or fetched is the same file in every session, so that all of them know of it. What
//! authenticates someone is known to the session that read it, and to those that heard from that one since.

mod kept;

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
    pub(super) async fn add(&self, session: &str, more: &Taint) -> Result<(), StoreError> {
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
    pub(super) async fn overheard(&self, action: &Action) -> Result<(), StoreError> {
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
        self.lock().insert(name.to_owned(), after);
        self.store.setting_put(name, &json).await
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

#[cfg(test)]
mod tests {
    use gatehouse_store::gateway::SqliteGatewayStore;

    use super::*;

    async fn taints() -> (Taints, Arc<dyn GatewayStore>) {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(store);
        (Taints::new(store.clone(), Clock::new(|| 7_000)), store)
    }

    fn secret(path: &str) -> Taint {
        Taint {
            secrets: [path.to_owned()].into(),
            ..Taint::default()
        }
    }

    async fn secrets_of(taints: &Taints, session: &str) -> Vec<String> {
        let taint = taints.of(session).await.unwrap();
        taint.secrets.into_iter().collect()
    }

    #[tokio::test]
    async fn what_a_session_did_is_known_after_a_restart() {
        let (taints, store) = taints().await;
        let unpacked = Below {
            fetched: true,
            since: None,
        };
        let written = Taint {
            written: ["/ws/run.sh".to_owned()].into(),
            below: [("/ws/o/".to_owned(), unpacked)].into(),
            ..Taint::default()
        };
        taints.add("s", &secret("/home/dev/.ssh/id")).await.unwrap();
        taints.add("s", &written).await.unwrap();
        let after = Taints::new(store, Clock::new(|| 9_000));
        let after = after.of("s").await.unwrap();
        assert_eq!(after.secrets, secret("/home/dev/.ssh/id").secrets);
        assert_eq!(after.written, written.written);
        let since = after.below["/ws/o/"].since;
        assert_eq!(since, Some(7_000), "it counts from when it was unpacked");
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_read_is_taken_for_the_worst_and_told() {
        let (taints, store) = taints().await;
        for name in [&name("s"), FILES] {
            store
                .setting_put(name, "{\"secrets\": 7, \"below\": 7}")
                .await
                .unwrap();
        }
        let taint = taints.of("s").await.unwrap();
        assert!(taint.secrets.contains(UNKNOWN), "{taint:?}");
        let any = taint.below["/"];
        assert_eq!(
            (any.fetched, any.since),
            (false, Some(0)),
            "all may be written"
        );
        assert!(secrets_of(&taints, "other").await.is_empty());
        let rows = store.audit_rows(0, 9).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(told, ["taint.unreadable"; 2]);
    }

    #[tokio::test]
    async fn a_file_that_one_session_wrote_is_known_to_all_and_what_it_read_is_not() {
        let (taints, _) = taints().await;
        let mut did = secret("/ws/.env");
        did.written.insert("/ws/evil.py".to_owned());
        did.fetched.insert("/ws/x.sh".to_owned());
        taints.add("parent", &did).await.unwrap();
        let other = taints.of("other").await.unwrap();
        assert_eq!(
            (&other.written, &other.fetched),
            (&did.written, &did.fetched)
        );
        assert!(other.secrets.is_empty(), "it heard nothing of it");
    }

    #[tokio::test]
    async fn what_a_sub_agent_reads_counts_for_those_that_began_it_and_what_they_read_for_it() {
        let (taints, _) = taints().await;
        taints.add("top", &secret("/ws/.env")).await.unwrap();
        taints.begins("top", "child").await.unwrap();
        taints.begins("child", "grandchild").await.unwrap();
        taints.add("grandchild", &secret("/ws/key")).await.unwrap();
        for session in ["top", "child", "grandchild"] {
            assert_eq!(secrets_of(&taints, session).await, ["/ws/.env", "/ws/key"]);
        }
        assert!(secrets_of(&taints, "another").await.is_empty());
    }

    fn paths(count: usize) -> BTreeSet<String> {
        (0..count)
            .map(|at| format!("/ws/{}/{at}", at % 7))
            .collect()
    }

    #[tokio::test]
    async fn a_file_too_many_that_was_written_counts_with_all_that_changes_in_its_folder() {
        let (taints, store) = taints().await;
        let mut did = Taint {
            written: paths(kept::MOST_FILES),
            ..Taint::default()
        };
        taints.add("s", &did).await.unwrap();
        assert!(taints.of("s").await.unwrap().below.is_empty(), "none yet");
        did.written = ["/ws/new/evil.py".to_owned()].into();
        taints.add("s", &did).await.unwrap();
        let after = Taints::new(store, Clock::new(|| 9_000));
        let other = after.of("other").await.unwrap();
        assert_eq!(other.written.len(), kept::MOST_FILES, "and no more");
        let new = other.below["/ws/new/"];
        assert_eq!((new.fetched, new.since), (false, Some(7_000)));
        assert!(other.secrets.is_empty(), "nobody read anything");
    }

    #[tokio::test]
    async fn a_file_too_many_that_came_from_elsewhere_or_holds_a_secret_taints_every_session() {
        let fetched = |files| Taint {
            fetched: files,
            ..Taint::default()
        };
        let carrying = |files| Taint {
            carrying: files,
            ..Taint::default()
        };
        let kinds: [fn(BTreeSet<String>) -> Taint; 2] = [fetched, carrying];
        for taint in kinds {
            let (taints, _) = taints().await;
            taints
                .add("s", &taint(paths(kept::MOST_FILES)))
                .await
                .unwrap();
            assert!(!taints.may_tell("s", "other").await.unwrap());
            taints
                .add("s", &taint(["/new".to_owned()].into()))
                .await
                .unwrap();
            assert_eq!(secrets_of(&taints, "other").await, [MORE]);
            assert!(taints.may_tell("s", "other").await.unwrap());
            let kept = taints.of("s").await.unwrap();
            assert!(kept.fetched.len().max(kept.carrying.len()) <= kept::MOST_FILES);
        }
    }

    #[tokio::test]
    async fn a_secret_too_many_is_one_that_nobody_else_has_heard_of() {
        let (taints, _) = taints().await;
        let all = Taint {
            secrets: paths(kept::MOST_SECRETS),
            ..Taint::default()
        };
        for session in ["s", "t"] {
            taints.add(session, &all).await.unwrap();
        }
        assert!(!taints.may_tell("s", "t").await.unwrap());
        for session in ["s", "t"] {
            taints.add(session, &secret("/another")).await.unwrap();
        }
        assert!(taints.may_tell("s", "t").await.unwrap());
        assert_eq!(secrets_of(&taints, "s").await.len(), kept::MOST_SECRETS + 1);
    }

    #[tokio::test]
    async fn a_beginning_too_many_stands_for_all_paths() {
        let (taints, _) = taints().await;
        let below = |at: usize| (format!("/ws/{at}/"), Below::default());
        let all = Taint {
            below: (0..=kept::MOST_BELOW).map(below).collect(),
            ..Taint::default()
        };
        taints.add("s", &all).await.unwrap();
        let known = taints.of("s").await.unwrap().below;
        assert_eq!(known.len(), kept::MOST_BELOW + 1);
        assert_eq!(known["/"].since, Some(7_000));
    }

    #[tokio::test]
    async fn who_is_told_something_knows_what_was_read_until_then() {
        let (taints, _) = taints().await;
        taints.add("s", &secret("/ws/.env")).await.unwrap();
        taints.hears("t", "s").await.unwrap();
        taints.add("s", &secret("/ws/later")).await.unwrap();
        assert_eq!(secrets_of(&taints, "t").await, ["/ws/.env"]);
    }
}
