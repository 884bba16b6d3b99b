//! How often what happened, for rules with a rate. Counted in memory; a restart counts again what the record says was
//! let through.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use gatehouse_audit::Record;
use gatehouse_policy::Policy;
use gatehouse_policy::rules::{Counts, RateKey};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditFilter, AuditRow, GatewayStore};

use super::records::{COUNTED, INTENT, OUTCOME};

/// The most times that are kept of one key: no rule counts further.
const MOST: usize = 1_000_000;

/// Records that are read at once.
const PAGE: u32 = 1_000;

/// What was let through, and when.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<RateKey, VecDeque<i64>>>);

/// The counts as they are at a time.
pub(super) struct RatesAt<'a> {
    rates: &'a Rates,
    now: i64,
}

impl Rates {
    pub(super) fn at(&self, now: i64) -> RatesAt<'_> {
        RatesAt { rates: self, now }
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
            self.add(keys, *at);
        }
        Ok(())
    }

    /// Counts one more of each key.
    pub(super) fn add(&self, keys: &[RateKey], now: i64) {
        // Whoever panicked left whole counts.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let since = now.saturating_sub_unsigned(key.window_ms);
            let times = all.entry(key.clone()).or_default();
            times.push_back(now);
            while times.front().is_some_and(|at| *at <= since) || times.len() > MOST {
                times.pop_front();
            }
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
            let ran = !matches!(record.draft.outcome.as_deref(), Some("denied" | "edited"));
            if let (Some(intent), false) = (row.intent, ran) {
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

impl Counts for RatesAt<'_> {
    fn count(&self, key: &RateKey) -> u64 {
        let since = self.now.saturating_sub_unsigned(key.window_ms);
        let all = &self.rates.0;
        let all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let times = all.get(key).into_iter().flatten();
        times.filter(|at| **at > since).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gatehouse_audit::Draft;
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

    #[tokio::test]
    async fn after_a_restart_what_ran_is_counted_and_what_did_not_is_not() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let store: Arc<dyn GatewayStore> = Arc::new(store);
        let drafts = vec![
            intent(10_000, "allow"), // Too long ago.
            intent(90_000, "allow"),
            intent(95_000, "ask"),
            intent(96_000, "deny"),
            intent(97_000, "allow"),
            outcome(3, "denied"),
            outcome(5, "ok"),
        ];
        store.audit_append(drafts).await.unwrap();
        let rule = "{rules: [{id: 'r', verdict: 'ask', match: {rate: {limit: 2, per: 'minute'}}}]}";
        let policy = Policy::load(rule, None).unwrap();
        let rates = Rates::default();
        rates.restore(&*store, &policy, 100_000).await.unwrap();
        assert_eq!(rates.at(100_000).count(&key()), 2);
        let uncounted = Rates::default();
        let without = Policy::default();
        uncounted.restore(&*store, &without, 100_000).await.unwrap();
        assert_eq!(uncounted.at(100_000).count(&key()), 0, "no rule counts");
    }
}
