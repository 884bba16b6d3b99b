//! The time of day, passed in so that tests can stop it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::inbox::EpochMs;

/// Tells the time in milliseconds since the Unix epoch.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> EpochMs + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> EpochMs + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// This computer's clock.
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            EpochMs::try_from(since.as_millis()).unwrap_or(EpochMs::MAX)
        })
    }

    pub fn now(&self) -> EpochMs {
        (self.0)()
    }
}
