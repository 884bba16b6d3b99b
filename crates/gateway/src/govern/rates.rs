//! How often what happened, for rules with a rate. In memory: a restart begins to count anew.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use gatehouse_policy::rules::{Counts, RateKey};

/// The most times that are kept of one key: no rule counts further.
const MOST: usize = 10_000;

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

    /// Counts one more of each key.
    pub(super) fn add(&self, keys: &[RateKey], now: i64) {
        let Ok(mut all) = self.0.lock() else {
            return;
        };
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

impl Counts for RatesAt<'_> {
    fn count(&self, key: &RateKey) -> u64 {
        let since = self.now.saturating_sub_unsigned(key.window_ms);
        let Ok(all) = self.rates.0.lock() else {
            // Not known: no rate allows that many.
            return u64::MAX;
        };
        let times = all.get(key).into_iter().flatten();
        times.filter(|at| **at > since).count() as u64
    }
}
