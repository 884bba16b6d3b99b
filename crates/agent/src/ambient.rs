//! Time and randomness, passed in so that a test can hold both still.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since the epoch.
    fn now_ms(&self) -> u64;
}

/// Makes ids and jitter.
pub trait Randomness: Send + Sync {
    /// An id that was never given before.
    fn id(&self) -> String;
    /// At least 0 and below 1.
    fn fraction(&self) -> f64;
}

/// The system's clock.
pub struct SystemClock;

/// The system's random numbers.
pub struct SystemRandomness;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock set before 1970 reads as the epoch.
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}

impl Randomness for SystemRandomness {
    fn id(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    fn fraction(&self) -> f64 {
        // 53 bits are what a float holds exactly.
        let bits = (uuid::Uuid::new_v4().as_u128() & ((1 << 53) - 1)) as u64;
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// Waits for a moment, for ever when there is none.
pub(crate) async fn at(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
