//! How often what happened, for rules with a rate. Counted in memory; a restart counts again what the record says was
//! let through.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatehouse_audit::{Draft, NOT_RUN, Record};
use gatehouse_policy::Policy;
use gatehouse_policy::rules::{Counts, RateKey};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditFilter, AuditRow, GatewayStore};

use crate::govern::governor::records::{COUNTED, INTENT, OUTCOME};

/// The most times that are kept of one key: no rule counts further.
const MOST: usize = 1_000_000;

/// Records that are read at once.
const PAGE: u32 = 1_000;

/// What was let through, and when; and what is about to be.
#[derive(Default)]
pub(crate) struct Rates(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    times: HashMap<RateKey, VecDeque<i64>>,
    /// By place: what was judged and has not run yet.
    held: HashMap<u64, Vec<RateKey>>,
    next: u64,
}

/// The place of one action among those that are counted, from when it is judged until it runs, so that of two that are
/// judged at once the later one finds the earlier one counted. It is handed back when it is dropped.
pub(in crate::govern) struct Place {
    rates: Arc<Rates>,
    id: u64,
}

/// The counts as they are at a time. Nobody else counts meanwhile.
pub(super) struct RatesAt<'a> {
    counted: MutexGuard<'a, Counted>,
    place: Option<u64>,
    now: i64,
}

/// The counts, to look at.
pub(super) struct Looked<'a>(&'a Counted, Option<u64>, i64);

impl Place {
    /// Lets go of what it holds, as while a person is asked: what is counted is what runs.
    pub(in crate::govern) fn release(&self) {
        self.rates.lock().held.remove(&self.id);
    }

    /// Counts what it holds as let through.
    pub(in crate::govern) fn keep(&self, now: i64) {
        let mut counted = self.rates.lock();
        let keys = counted.held.remove(&self.id).unwrap_or_default();
        counted.add(&keys, now);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.release();
    }
}

impl Rates {
    /// A place that holds nothing yet.
    pub(in crate::govern) fn place(self: &Arc<Self>) -> Arc<Place> {
        let mut counted = self.lock();
        counted.next += 1;
        let id = counted.next;
        drop(counted);
        Arc::new(Place {
            rates: Arc::clone(self),
            id,
        })
    }

    /// The counts for an action, without what its own place holds.
    pub(super) fn at(&self, now: i64, place: Option<&Place>) -> RatesAt<'_> {
        RatesAt {
            counted: self.lock(),
            place: place.map(|place| place.id),
            now,
        }
    }

    /// Whoever panicked left whole counts.
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what was let through before this process began, as far back as a rule of the policy counts.
    pub(crate) async fn restore(
        &self,
        store: &dyn GatewayStore,
        policy: &Policy,
        now: i64,
    ) -> Result<(), StoreError> {
        let Some(window_ms) = policy.counts_over_ms() else {
            return Ok(());
        };
        let mut filter = AuditFilter {
            kinds: vec![INTENT.to_owned(), OUTCOME.to_owned()],
            since: Some(now.saturating_sub_unsigned(window_ms)),
            limit: PAGE,
            ..AuditFilter::default()
        };
        let mut past = Past::default();
        loop {
            let page = store.audit_list(&filter).await?;
            page.rows.iter().for_each(|row| past.read(row));
            filter.before = page.rows.last().map(|row| row.seq);
            if !page.more || filter.before.is_none() {
                break;
            }
        }
        for (at, keys) in past.counted.iter().rev() {
            self.lock().add(keys, *at);
        }
        Ok(())
    }
}

impl Counted {
    /// Counts one more of each key.
    fn add(&mut self, keys: &[RateKey], now: i64) {
        for key in keys {
            let since = now.saturating_sub_unsigned(key.window_ms);
            let times = self.times.entry(key.clone()).or_default();
            times.push_back(now);
            while times.front().is_some_and(|at| *at <= since) || times.len() > MOST {
                times.pop_front();
            }
        }
    }
}

impl RatesAt<'_> {
    pub(super) fn counts(&self) -> Looked<'_> {
        Looked(&self.counted, self.place, self.now)
    }

    /// Holds what an action counts as until it has run or not, under the same lock as it was judged.
    pub(super) fn hold(mut self, keys: &[RateKey]) {
        let Some(place) = self.place else { return };
        self.counted.held.remove(&place);
        if !keys.is_empty() {
            self.counted.held.insert(place, keys.to_vec());
        }
    }
}

/// Records, from the latest on: what came of an intent is read before it.
#[derive(Default)]
struct Past {
    /// Intents of which nothing ran.
    undone: HashSet<u64>,
    counted: Vec<(i64, Vec<RateKey>)>,
}

impl Past {
    fn read(&mut self, row: &AuditRow) {
        let Ok(record) = Record::read(&row.bytes) else {
            return;
        };
        if row.kind == OUTCOME {
            if let (Some(intent), false) = (row.intent, was_let_through(&record.draft)) {
                self.undone.insert(intent);
            }
            return;
        }
        let counted = record.draft.detail.as_ref();
        let counted = counted.and_then(|detail| detail.get(COUNTED)).cloned();
        let keys = counted.and_then(|keys| serde_json::from_value::<Vec<RateKey>>(keys).ok());
        if let Some(keys) = keys
            && row.verdict.as_deref() != Some("deny")
            && !self.undone.contains(&row.seq)
        {
            self.counted.push((row.at, keys));
        }
    }
}

/// Whether an outcome is of a call that had its place kept: that was stopped or had changed only once it could run has
/// the digest of what was cleared.
fn was_let_through(outcome: &Draft) -> bool {
    match outcome.outcome.as_deref() {
        Some("denied" | "edited" | NOT_RUN) => false,
        Some("aborted" | "changed") => outcome.request_digest.is_some(),
        _ => true,
    }
}

impl Counts for Looked<'_> {
    fn count(&self, key: &RateKey) -> u64 {
        let Self(counted, own, now) = self;
        let since = now.saturating_sub_unsigned(key.window_ms);
        let times = counted.times.get(key).into_iter().flatten();
        let others = counted.held.iter().filter(|(id, _)| Some(**id) != *own);
        let held = others.filter(|(_, keys)| keys.contains(key));
        (times.filter(|at| **at > since).count() + held.count()) as u64
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_policy::rules::RateBy;
    use gatehouse_store::gateway::SqliteGatewayStore;
    use serde_json::json;

    use super::*;

    fn key() -> RateKey {
        RateKey {
            rule: "r".to_owned(),
            by: RateBy::Agent,
            subject: "main".to_owned(),
            window_ms: 60_000,
        }
    }

    fn intent(ts: i64, verdict: &str) -> Draft {
        Draft {
            ts,
            kind: INTENT.to_owned(),
            verdict: Some(verdict.to_owned()),
            detail: Some(json!({ COUNTED: [key()] })),
            ..Draft::default()
        }
    }

    fn outcome(intent: u64, word: &str) -> Draft {
        Draft {
            ts: 100_000,
            kind: OUTCOME.to_owned(),
            intent: Some(intent),
            outcome: Some(word.to_owned()),
            ..Draft::default()
        }
    }

    #[test]
    fn of_those_that_are_judged_at_once_each_finds_the_others_counted() {
        let rates: Arc<Rates> = Arc::default();
        let judge = |place: &Place| {
            let at = rates.at(1_000, Some(place));
            let before = at.counts().count(&key());
            at.hold(&[key()]);
            before
        };
        let (first, second, third) = (rates.place(), rates.place(), rates.place());
        assert_eq!((judge(&first), judge(&second), judge(&third)), (0, 1, 2));
        assert_eq!(judge(&first), 2, "its own place is not counted against it");
        first.keep(1_000);
        drop(second);
        third.release();
        let count = |now| rates.at(now, None).counts().count(&key());
        assert_eq!(count(1_000), 1, "what did not run is handed back");
        assert_eq!(count(100_000), 0);
    }

    #[tokio::test]
    async fn after_a_restart_what_ran_is_counted_and_what_did_not_is_not() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(store);
        let mut drafts = vec![
            intent(10_000, "allow"), // Too long ago.
            intent(90_000, "allow"),
            intent(95_000, "ask"),
            intent(96_000, "deny"),
            intent(97_000, "allow"),
            outcome(3, "denied"),
            outcome(5, "ok"),
        ];
        // Stopped, changed or ended before they were let through: none of them counts.
        let unrun = ["aborted", "changed", NOT_RUN];
        let first = drafts.len() as u64 + 1;
        for (n, word) in unrun.into_iter().enumerate() {
            drafts.push(intent(98_000, "allow"));
            drafts.push(outcome(first + 2 * n as u64, word));
        }
        store.audit_append(drafts).await.unwrap();
        let rule = "{rules: [{id: 'r', verdict: 'ask', match: {rate: {limit: 2, per: 'minute'}}}]}";
        let policy = Policy::load(rule, None).unwrap();
        let rates = Rates::default();
        rates.restore(&*store, &policy, 100_000).await.unwrap();
        assert_eq!(rates.at(100_000, None).counts().count(&key()), 2);
        let uncounted = Rates::default();
        let without = Policy::default();
        uncounted.restore(&*store, &without, 100_000).await.unwrap();
        assert_eq!(
            uncounted.at(100_000, None).counts().count(&key()),
            0,
            "no rule counts"
        );
    }
}
