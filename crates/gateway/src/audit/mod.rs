//! The audit of this gateway: what happened is redacted, put into the store's hash chain, and signed from time
//! to time by a key that is not in the store.
//!
//! [`AuditLog`] is what the other parts call. Whoever is about to do something writes an *intent* and does it
//! only if that was written; what came of it is the *outcome*, which names its intent. An intent without an
//! outcome is one whose process did not live to tell: the next start says so. Everything else is an *event*.

mod export;
mod keeper;
mod key;
mod recover;
mod redact;
mod refusals;
mod seal;
mod tail;
mod verify;
mod view;

use std::sync::Arc;

use gatehouse_audit::note::Verifier;
use gatehouse_audit::verify::{Broken, Report};
use gatehouse_audit::{Actor, Draft, Hash, Statement, kinds};
use gatehouse_store::gateway::{Appended, GatewayStore, Scrub, Witness};
use gatehouse_store::{Millis, StoreError};
use serde_json::json;

use crate::clock::Clock;
use crate::config::ConfigPlace;
use crate::router::Caller;

pub use export::{
    ExportFormat, ExportPage, export_end, export_page, export_proven_end, export_start,
};
pub use keeper::{CHECKPOINT_EVERY, CHECKPOINT_WITHIN, Keeping};
pub use key::{AuditKey, AuditKeyError, KeptBreak, KeptHead, StateKey};
pub use redact::Redact;
pub use refusals::MOST_A_MINUTE;
pub(crate) use refusals::Refusals;
pub use tail::TailFile;
pub use verify::{Evidence, verify};
pub use view::{AuditView, report_json};

/// An intent's number, to name in its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    pub seq: u64,
}

/// A handle to the audit.
#[derive(Clone)]
pub struct AuditLog {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    keeping: Keeping,
}

/// What stands before the store: everything that is recorded, by whoever, goes through it. It takes secrets
/// out, and counts for the next checkpoint.
pub struct Gate {
    commands: keeper::Commands,
    waiting: keeper::Waiting,
    counter: keeper::Counter,
}

impl Gate {
    /// The gate, and what the store has to be given of it.
    pub fn new(secrets: Arc<dyn Redact>) -> (Self, Scrub) {
        let (commands, waiting) = keeper::channel();
        let counter = keeper::Counter::default();
        let (counted, due) = (counter.clone(), commands.clone());
        let scrub = move |draft: Draft| {
            // A filter by group would not find it.
            debug_assert!(
                kinds::is_known(&draft.kind),
                "{} is in no group",
                draft.kind
            );
            counted.count(&due);
            redact::redacted(draft, &*secrets)
        };
        let gate = Self {
            commands,
            waiting,
            counter,
        };
        (gate, Arc::new(scrub))
    }
}

impl AuditLog {
    /// Takes the log up where it was left, in a store that the gate stands before. Gives the handle, and what
    /// signs checkpoints until the log is stopped; spawn it. Without the key nothing is signed, and the log says
    /// so.
    pub async fn start(
        store: Arc<dyn GatewayStore>,
        clock: Clock,
        gate: Gate,
        key: Arc<dyn AuditKey>,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), StoreError> {
        let (keeping, found, task) =
            Keeping::start(store.clone(), clock.clone(), gate, key).await?;
        let log = Self {
            store,
            clock,
            keeping,
        };
        let say = async |kind: &str, what: String| {
            log.event(Draft {
                kind: kind.to_owned(),
                actor: Actor::gateway(),
                what: Some(what),
                ..Draft::default()
            })
            .await
        };
        for found in found.breaks {
            tracing::error!(%found, "the audit is not as it was left");
            say("audit.broken", found).await?;
        }
        for found in found.unproven {
            tracing::warn!(%found, "not all of the audit is proven");
            say(found.kind(), found.to_string()).await?;
        }
        recover::open_intents(&log).await?;
        Ok((log, task))
    }

    /// Records that something is about to be done. If this fails, it must not be done.
    pub async fn intent(&self, draft: Draft) -> Result<Intent, StoreError> {
        let kind = named(&draft.kind, "tool.intent");
        let appended = self.append(Draft { kind, ..draft }).await?;
        Ok(Intent { seq: appended.seq })
    }

    /// Records what came of it.
    pub async fn outcome(&self, intent: Intent, draft: Draft) -> Result<(), StoreError> {
        let draft = Draft {
            kind: named(&draft.kind, "tool.outcome"),
            intent: Some(intent.seq),
            ..draft
        };
        self.append(draft).await.map(drop)
    }

    /// Records something that is neither, and gives its number.
    pub async fn event(&self, draft: Draft) -> Result<u64, StoreError> {
        self.append(draft).await.map(|appended| appended.seq)
    }

    /// Records what has happened already and cannot be refused any more; a failure goes to the log.
    pub async fn note(&self, draft: Draft) {
        let kind = draft.kind.clone();
        if let Err(error) = self.append(draft).await {
            tracing::error!(%error, kind, "an event could not be recorded in the audit");
        }
    }

    /// That a credential was put into an action: by its name, never its value.
    pub async fn credential_used(
        &self,
        name: &str,
        used_by: Draft,
        target: &str,
    ) -> Result<u64, StoreError> {
        let draft = Draft {
            kind: "credential.used".to_owned(),
            action: Some(name.to_owned()),
            resource: Some(target.to_owned()),
            what: Some(format!("credential {name} for {target}")),
            ..used_by
        };
        self.event(draft).await
    }

    /// What is said of the change of an approval or a grant, for the store to write in the change's own transaction.
    pub fn witness<R: 'static>(
        &self,
        say: impl Fn(&R) -> Draft + Send + Sync + 'static,
    ) -> Witness<R> {
        let clock = self.clock.clone();
        Witness::new(move |record| timed(say(record), &clock))
    }

    /// With the time that it is now, for the store to write in one step with what it tells of.
    pub fn dated(&self, draft: Draft) -> Draft {
        timed(draft, &self.clock)
    }

    async fn append(&self, draft: Draft) -> Result<Appended, StoreError> {
        let draft = timed(draft, &self.clock);
        let appended = self.store.audit_append(vec![draft]).await?;
        let appended = appended.first().copied();
        appended.ok_or_else(|| StoreError::Failed("the store appended nothing".to_owned()))
    }

    /// How many records there are, and their root.
    pub async fn head(&self) -> (u64, Hash) {
        self.keeping.head().await
    }

    /// Signs what there is now. Gives how many records that is; none where there is no key.
    pub async fn checkpoint(&self) -> Option<u64> {
        self.keeping.checkpoint().await
    }

    /// Records what was brought up to date in the configuration before the start, and says so in the log.
    pub(crate) async fn migrated(&self, changes: &[String], place: &ConfigPlace) {
        if changes.is_empty() {
            return;
        }
        for change in changes {
            tracing::info!(change, "the configuration was brought up to date");
        }
        let migrated = Draft {
            kind: "config.changed".to_owned(),
            actor: Actor::gateway(),
            what: Some(format!(
                "the configuration was brought up to date: {}",
                changes.join("; ")
            )),
            resource: Some(place.write_to.display().to_string()),
            ..Draft::default()
        };
        self.note(migrated).await;
    }

    /// Records that the gateway stops, and signs the last of it.
    pub(crate) async fn stopped(&self, reason: &str) {
        let stopped = Draft {
            kind: "gateway.stopped".to_owned(),
            actor: Actor::gateway(),
            what: Some(reason.to_owned()),
            ..Draft::default()
        };
        self.note(stopped).await;
        self.checkpoint().await;
        self.keeping.stop();
    }

    /// The public half of the key.
    pub fn verifier(&self) -> Option<&Verifier> {
        self.keeping.verifier()
    }

    /// Verifies everything there is, against the checkpoints and the head kept outside.
    pub async fn verify(&self) -> Result<Report, StoreError> {
        let evidence = Evidence {
            key: self.verifier().cloned(),
            head: self.keeping.kept().await,
            tail: self.keeping.tail(),
        };
        verify(self.store.clone(), evidence).await
    }

    /// Drops what was signed before a time, and gives how many records that were. Nothing is dropped of a log that
    /// is broken: it is evidence. `by` says who wanted it, and is recorded first.
    pub async fn seal(&self, before: Millis, by: Draft) -> Result<Result<u64, Broken>, StoreError> {
        if let Some(broken) = self.verify().await?.broken {
            return Ok(Err(broken));
        }
        let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        let segment = seal::segment(&*self.store, before, now).await?;
        // Without the key nothing proves that it was the gateway who dropped them.
        let (Some(segment), Some(signer)) = (segment, self.keeping.signer()) else {
            return Ok(Ok(0));
        };
        let segment = segment
            .signed(signer)
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let (first, last) = (segment.first, segment.last);
        let dropped = last + 1 - first;
        let said = Statement::Sealed { first, last };
        self.event(Draft {
            kind: said.kind().to_owned(),
            what: Some(said.to_string()),
            ..by
        })
        .await?;
        self.store.audit_seal(segment).await?;
        Ok(Ok(dropped))
    }

    /// A page of an export; `after` is what the page before gave as the next.
    pub async fn export(
        &self,
        format: ExportFormat,
        after: Option<u64>,
        limit: u32,
    ) -> Result<ExportPage, StoreError> {
        let mut text = String::new();
        if after.is_none() {
            self.checkpoint().await;
            text = export_start(&*self.store, format, self.verifier()).await?;
        }
        // Read once: one that is signed meanwhile counts records that are not in what was exported.
        let last = self.store.audit_checkpoint_latest().await?;
        // Without a key nothing is signed, and everything is exported as it is.
        let until = last.as_ref().map_or(u64::MAX, |checkpoint| checkpoint.size);
        let mut page = export_page(&*self.store, format, after.unwrap_or(0), until, limit).await?;
        page.text.insert_str(0, &text);
        if page.next.is_none() {
            let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
            let end = export_end(format, last.as_ref(), self.keeping.signer(), now);
            page.text.push_str(&end?);
        }
        Ok(page)
    }
}

fn timed(draft: Draft, clock: &Clock) -> Draft {
    let ts = i64::try_from(clock.now_ms()).unwrap_or(i64::MAX);
    Draft { ts, ..draft }
}

fn named(kind: &str, otherwise: &str) -> String {
    if kind.is_empty() { otherwise } else { kind }.to_owned()
}

/// Who acts on a connection.
pub fn actor(caller: &Caller) -> Actor {
    let id = caller.device_id.as_deref().or(caller.user.as_deref());
    Actor::new(caller.role.as_str(), id.unwrap_or_else(|| caller.label()))
}

/// Something that a client did to the gateway itself.
pub fn done_by(caller: &Caller, kind: &str, what: String) -> Draft {
    Draft {
        kind: kind.to_owned(),
        actor: actor(caller),
        what: Some(what),
        trace: Some(caller.conn.0.to_string()),
        detail: Some(json!({"client": caller.label(), "address": caller.address.to_string()})),
        ..Draft::default()
    }
}
