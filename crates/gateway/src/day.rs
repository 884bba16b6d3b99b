//! The day of a time: what usage is counted by. It is noted in UTC, and can be asked for by another calendar.

use gatehouse_store::gateway::ClockChange;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Where days begin and end.
#[derive(Debug, Clone)]
pub(crate) enum Calendar {
    Utc,
    Zone(TimeZone),
}

impl Calendar {
    /// Of a time zone such as `Europe/Berlin`; none where there is no such zone.
    pub(crate) fn named(zone: &str) -> Option<Self> {
        TimeZone::get(zone.trim()).ok().map(Self::Zone)
    }

    /// Of clocks that are always so far from UTC, as in `UTC+5:30`; from UTC-12:00 to UTC+14:00, as published.
    pub(crate) fn offset(written: &str) -> Option<Self> {
        let signed = written.trim().strip_prefix("UTC")?;
        let (sign, rest) = match signed.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, signed.strip_prefix('+')?),
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_written = (1..=2).contains(&hours.len()) && minutes.len() == 2;
        if !is_written || !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let ahead = sign * (hours * 60 + minutes);
        let fits = minutes < 60 && (-720..=840).contains(&ahead);
        let offset = fits.then(|| Offset::from_seconds(ahead * 60).ok())??;
        Some(Self::Zone(TimeZone::fixed(offset)))
    }

    /// `YYYY-MM-DD` of milliseconds since 1970.
    pub(crate) fn day(&self, ms: i64) -> String {
        match self {
            Self::Utc => utc(ms),
            Self::Zone(zone) => utc(ms.saturating_add(ahead_ms(zone, ms))),
        }
    }

    /// What its clocks show from 1970 until shortly after `now`; nothing for UTC.
    pub(crate) fn clocks(&self, now: i64) -> Vec<ClockChange> {
        let Self::Zone(zone) = self else {
            return Vec::new();
        };
        let first = ClockChange {
            since: 0,
            ahead_ms: ahead_ms(zone, 0),
        };
        let until = now.saturating_add(2 * DAY_MS);
        let changes = zone
            .following(Timestamp::UNIX_EPOCH)
            .map(|change| ClockChange {
                since: change.timestamp().as_millisecond(),
                ahead_ms: in_ms(change.offset()),
            });
        let changes = changes.take_while(|change| change.since <= until);
        std::iter::once(first).chain(changes).collect()
    }
}

const DAY_MS: i64 = 86_400_000;

fn ahead_ms(zone: &TimeZone, ms: i64) -> i64 {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    in_ms(zone.to_offset(time))
}

fn in_ms(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000
}

/// `YYYY-MM-DD` of milliseconds since 1970.
pub(crate) fn utc(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02}")
}

/// From days since 1970 to a date of the Gregorian calendar; Howard Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The day so many days before another.
pub(crate) fn before(date: &str, days: i64) -> String {
    let (year, month, day) = civil(number(date).unwrap_or_default() - days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970 of `YYYY-MM-DD`; none for what is no such day.
pub(crate) fn number(date: &str) -> Option<i64> {
    let digits = |text: &str, count: usize| {
        let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<i64>().ok())?
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let number = days(year, month, day);
    (parts.next().is_none() && civil(number) == (year, month, day)).then_some(number)
}

/// The inverse of [`civil`]: Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Calendar, number, utc};

    /// 2026-11-21, 23:30 in UTC.
    const LATE: i64 = 1_795_303_800_000;

    #[test]
    fn a_day_is_that_of_the_calendar() {
        for (calendar, day) in [
            (Some(Calendar::Utc), "2026-11-21"),
            (Calendar::offset("UTC+1"), "2026-11-22"),
            (Calendar::offset("UTC+0:30"), "2026-11-22"),
            (Calendar::offset("UTC+0:29"), "2026-11-21"),
            (Calendar::offset("UTC-12"), "2026-11-21"),
            (Calendar::named("Asia/Tokyo"), "2026-11-22"),
        ] {
            let calendar = calendar.expect("there is such a calendar");
            assert_eq!(calendar.day(LATE), day, "{calendar:?}");
        }
    }

    #[test]
    fn what_is_no_offset_is_refused() {
        for text in [
            "",
            "UTC",
            "UTC5",
            "+5",
            "UTC+",
            "UTC+15",
            "UTC-12:30",
            "UTC+5:60",
            "UTC+5:3",
            "UTC+123",
            "UTC++5",
            "UTC+-5",
            "utc+5",
        ] {
            assert!(Calendar::offset(text).is_none(), "{text}");
        }
    }

    #[test]
    fn clocks_are_put_forward_and_back_as_their_zone_does() {
        const HOUR: i64 = 3_600_000;
        assert!(Calendar::Utc.clocks(LATE).is_empty());
        let fixed = Calendar::offset("UTC-5").expect("it is one").clocks(LATE);
        assert_eq!(fixed.len(), 1);
        assert_eq!((fixed[0].since, fixed[0].ahead_ms), (0, -5 * HOUR));
        let berlin = Calendar::named("Europe/Berlin")
            .expect("it is one")
            .clocks(LATE);
        let last: Vec<_> = berlin
            .iter()
            .rev()
            .take(2)
            .map(|c| (c.since, c.ahead_ms))
            .collect();
        // 2026-10-25 and 2026-03-29, each at 01:00 in UTC.
        let (autumn, spring) = (1_792_890_000_000, 1_774_746_000_000);
        assert_eq!(last, [(autumn, HOUR), (spring, 2 * HOUR)]);
    }

    #[test]
    fn a_time_has_the_day_that_it_is_in_utc() {
        for (ms, day) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400_000, "2000-02-29"),
            (1_795_262_400_000, "2026-11-21"),
            (1_798_761_599_999, "2026-12-31"),
        ] {
            assert_eq!(utc(ms), day, "{ms}");
            assert_eq!(number(day), Some(ms.div_euclid(86_400_000)), "{day}");
        }
    }

    #[test]
    fn what_is_no_day_has_no_number() {
        for text in [
            "",
            "abc",
            "2026-13-01",
            "2025-02-29",
            "2026-1-01",
            "2026-01-01-1",
            "+026-01-01",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
