//! The time of day, passed in so that tests can stop it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::inbox::EpochMs;

/// Of what ends sooner than this the second is told.
const TO_THE_SECOND: EpochMs = 2 * 60_000;

/// Tells the time in milliseconds since the Unix epoch.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> EpochMs + Send + Sync>,
    /// Asked each time: a computer that travels is soon in another one.
    zone: fn() -> TimeZone,
}

impl Clock {
    /// One that is in no zone.
    pub fn new(now: impl Fn() -> EpochMs + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            zone: || TimeZone::UTC,
        }
    }

    /// This computer's clock.
    pub fn system() -> Self {
        let now = || {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            EpochMs::try_from(since.as_millis()).unwrap_or(EpochMs::MAX)
        };
        Self {
            zone: TimeZone::system,
            ..Self::new(now)
        }
    }

    pub fn now(&self) -> EpochMs {
        (self.now)()
    }

    /// A time to come as this computer's clock will show it, for a text that stays as it is while time goes on. None for
    /// one that is past, or further away than calendars go.
    pub(crate) fn shows(&self, at: EpochMs) -> Option<String> {
        let now = self.now();
        let zone = (self.zone)();
        let there = |ms| Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(zone.clone()));
        let (today, day): (Zoned, Zoned) = (there(now)?, there(at)?);
        let left = at.saturating_sub(now);
        if left <= 0 {
            return None;
        }
        let format = if today.date() != day.date() {
            "%-d %b, %H:%M"
        } else if left < TO_THE_SECOND {
            "%H:%M:%S"
        } else {
            "%H:%M"
        };
        Some(day.strftime(format).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: EpochMs = 60_000;

    #[test]
    fn a_time_to_come_is_told_as_a_clock_shows_it_and_another_day_by_its_date() {
        let noon = 12 * 60 * MINUTE;
        let clock = Clock::new(move || noon);
        for (minutes, shown) in [
            (30, Some("12:30")),
            (1, Some("12:01:00")),
            (12 * 60 + 5, Some("2 Jan, 00:05")),
            (0, None),
            (-1, None),
        ] {
            let at = noon + minutes * MINUTE;
            assert_eq!(clock.shows(at).as_deref(), shown, "in {minutes} min");
        }
        assert_eq!(clock.shows(EpochMs::MAX), None);
    }
}
