//! The time of day, passed in so that tests can stop it. Waiting is tokio's business, not this file's.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since the Unix epoch.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// This computer's clock.
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
        })
    }

    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }
}

impl gatehouse_agent::Clock for Clock {
    fn now_ms(&self) -> u64 {
        Self::now_ms(self)
    }
}
