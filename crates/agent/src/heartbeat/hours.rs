//! The hours of a day in which heartbeats come; OpenClaw's `activeHours`.

use jiff::{Timestamp, tz::TimeZone};

/// From one minute of the day on, until another; over midnight where the end is before the start. Equal ones are no
/// time at all, as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveHours {
    start: u16,
    end: u16,
    /// An IANA name; the machine's own zone when none, or where there is no such zone.
    zone: Option<String>,
}

impl ActiveHours {
    /// From `08:00` and `22:00`; `24:00` is the end of the day. None where one of them is no time.
    pub fn new(start: &str, end: &str, zone: Option<String>) -> Option<Self> {
        Some(Self {
            start: minute(start)?,
            end: minute(end)?,
            zone,
        })
    }

    /// Whether a time, in milliseconds since 1970, is in them.
    pub fn include(&self, now_ms: u64) -> bool {
        let now = i64::try_from(now_ms).ok();
        let Some(now) = now.and_then(|now| Timestamp::from_millisecond(now).ok()) else {
            return false;
        };
        let named = self.zone.as_deref().map(TimeZone::get);
        let zone = named.and_then(Result::ok).unwrap_or_else(TimeZone::system);
        let time = now.to_zoned(zone).time();
        let minute = u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute()));
        self.has(minute.unwrap_or_default())
    }

    fn has(&self, minute: u16) -> bool {
        match self.start <= self.end {
            true => (self.start..self.end).contains(&minute),
            false => minute >= self.start || minute < self.end,
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let is_time = minute < 60 && (hour < 24 || (hour, minute) == (24, 0));
    is_time.then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, 23:30 in UTC.
    const LATE: u64 = 1_795_303_800_000;

    fn hours(start: &str, end: &str, zone: &str) -> ActiveHours {
        ActiveHours::new(start, end, Some(zone.to_owned())).unwrap()
    }

    #[test]
    fn a_time_is_looked_at_in_the_zone_that_was_named() {
        for (start, end, zone, expected) in [
            ("08:00", "22:00", "UTC", false),
            ("08:00", "24:00", "UTC", true),
            ("08:00", "22:00", "America/New_York", true),
            ("22:00", "06:00", "UTC", true),
            ("22:00", "06:00", "America/New_York", false),
            ("08:00", "08:00", "UTC", false),
        ] {
            let hours = hours(start, end, zone);
            assert_eq!(hours.include(LATE), expected, "{start} to {end} in {zone}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for wrong in ["8", "24:01", "12:60", "noon", ""] {
            assert_eq!(ActiveHours::new(wrong, "10:00", None), None, "{wrong}");
        }
    }
}
