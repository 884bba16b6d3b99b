//! How long to wait before a failed call is made again.

use std::time::Duration;

use super::ProviderError;

/// Exponential, with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Calls in all, the first included.
    pub attempts: u32,
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            attempts: 3,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
        }
    }
}

impl Backoff {
    /// The wait after the failure of call number `attempt` (from 1), or none when it is not worth another.
    /// `fraction` is random, from 0 to 1: waits of many clients spread out.
    pub fn after(&self, attempt: u32, error: &ProviderError, fraction: f64) -> Option<Duration> {
        if attempt >= self.attempts || !error.is_transient() {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << (attempt - 1).min(16));
        let own = doubled.min(self.longest).mul_f64(0.5 + fraction / 2.0);
        match error {
            // It knows best; but a run does not wait for longer than this.
            ProviderError::Busy {
                retry_after: Some(asked),
                ..
            } if *asked > self.longest => None,
            ProviderError::Busy {
                retry_after: Some(asked),
                ..
            } => Some(own.max(*asked)),
            _ => Some(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(retry_after: Option<u64>) -> ProviderError {
        ProviderError::Busy {
            status: 429,
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_double_and_spread() {
        let backoff = Backoff::default();
        let wait = |attempt, fraction| backoff.after(attempt, &busy(None), fraction);
        assert_eq!(wait(1, 0.0), Some(Duration::from_millis(250)));
        assert_eq!(wait(1, 1.0), Some(Duration::from_millis(500)));
        assert_eq!(wait(2, 1.0), Some(Duration::from_secs(1)));
        assert_eq!(wait(3, 1.0), None, "three calls are enough");
    }

    #[test]
    fn a_provider_that_says_how_long_is_believed_within_bounds() {
        let backoff = Backoff::default();
        let wait = |seconds| backoff.after(1, &busy(Some(seconds)), 0.0);
        assert_eq!(wait(5), Some(Duration::from_secs(5)));
        assert_eq!(wait(3600), None, "another model is the better answer");
    }

    #[test]
    fn a_refusal_is_not_tried_again() {
        let error = ProviderError::Refused("no".into());
        assert_eq!(Backoff::default().after(1, &error, 0.0), None);
    }
}
