//! What a run may cost, together with the runs that it starts: sub-agents, and what wakes its session later, spend
//! from the same purse.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::run::Run;
use crate::{
    journal::ModelCall,
    message::Usage,
    provider::{Purpose, ResolvedModel},
};

/// A limit and what was spent of it. Clones share what was spent. A run that went over ends with an error before
/// its next model call.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    usd: Option<f64>,
    tokens: Option<u64>,
    spent: Arc<Mutex<Spent>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    usd: f64,
    tokens: u64,
}

impl Budget {
    /// US dollars, and tokens in and out, over all model calls. None is no limit.
    pub fn new(usd: Option<f64>, tokens: Option<u64>) -> Self {
        Self {
            usd,
            tokens,
            spent: Arc::default(),
        }
    }

    /// Whether it can only be kept with models whose price is known.
    pub fn is_in_dollars(&self) -> bool {
        self.usd.is_some()
    }

    /// Its limits: US dollars, and tokens.
    pub fn limits(&self) -> (Option<f64>, Option<u64>) {
        (self.usd, self.tokens)
    }

    /// Whether there is any limit.
    pub fn is_limited(&self) -> bool {
        self.usd.is_some() || self.tokens.is_some()
    }

    pub(crate) fn spend(&self, usage: &Usage) {
        let mut spent = self.spent();
        spent.usd += usage.cost.total;
        spent.tokens = spent.tokens.saturating_add(usage.total_tokens);
    }

    /// What was spent of which limit, where nothing is left.
    pub(crate) fn used_up(&self) -> Option<String> {
        let spent = *self.spent();
        if let Some(usd) = self.usd
            && spent.usd >= usd
        {
            return Some(format!("${:.4} of ${usd:.4}", spent.usd));
        }
        let tokens = self.tokens.filter(|tokens| spent.tokens >= *tokens)?;
        Some(format!("{} of {tokens} tokens", spent.tokens))
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Adds a model call to what the run has cost.
    pub(super) async fn charge(&mut self, model: &ResolvedModel, purpose: Purpose, usage: &Usage) {
        if *usage == Usage::default() {
            return;
        }
        self.usage.add(usage);
        self.request.budget.spend(usage);
        let call = ModelCall {
            session_key: &self.request.session_key,
            run_id: self.emitter.run_id(),
            model: &model.info.name,
            purpose,
            usage,
            at_ms: self.shared.clock.now_ms(),
        };
        self.shared.journal.charge(&call).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_spend_from_the_same_purse() {
        let budget = Budget::new(Some(1.0), None);
        let mut usage = Usage::default();
        usage.cost.total = 0.6;
        budget.clone().spend(&usage);
        assert_eq!(budget.used_up(), None);
        budget.clone().spend(&usage);
        let told = budget.used_up().unwrap();
        assert_eq!(told, "$1.2000 of $1.0000");
    }

    #[test]
    fn without_a_limit_nothing_is_used_up() {
        let budget = Budget::default();
        let usage = Usage {
            total_tokens: u64::MAX,
            ..Usage::default()
        };
        budget.spend(&usage);
        assert_eq!(budget.used_up(), None);
    }
}
