//! The time of day, passed in so that tests can stop it. Waiting is tokio's business, not this file's.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Tells the time in milliseconds since the Unix epoch, and what the clock on the wall then shows.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> u64 + Send + Sync>,
    ahead: Arc<dyn Fn(i64) -> i32 + Send + Sync>,
}

impl Clock {
    /// A clock on UTC.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            ahead: Arc::new(|_| 0),
        }
    }

    /// The same clock where the wall clock is ahead of UTC by so many minutes at a time.
    #[must_use]
    pub fn ahead_by(mut self, ahead: impl Fn(i64) -> i32 + Send + Sync + 'static) -> Self {
        self.ahead = Arc::new(ahead);
        self
    }

    /// This computer's clock, in this computer's time zone.
    pub fn system() -> Self {
        let clock = Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
        });
        clock.ahead_by(|unix_ms| ahead_in(&TimeZone::system(), unix_ms))
    }

    pub fn now_ms(&self) -> u64 {
        (self.now)()
    }

    /// How far the clock on the wall is ahead of UTC at a time, in minutes.
    pub fn ahead_minutes(&self, unix_ms: i64) -> i32 {
        (self.ahead)(unix_ms)
    }
}

fn ahead_in(zone: &TimeZone, unix_ms: i64) -> i32 {
    let at = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    zone.to_offset(at).seconds() / 60
}

impl gatehouse_agent::Clock for Clock {
    fn now_ms(&self) -> u64 {
        Self::now_ms(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_follows_its_zone_through_summer_time() {
        // POSIX TZ, so that no database of zones is needed: Europe/Berlin's rule.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (day, minutes) in [("2026-01-15", 60), ("2026-07-15", 120)] {
            let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
            assert_eq!(ahead_in(&zone, at.as_millisecond()), minutes, "{day}");
        }
    }
}
