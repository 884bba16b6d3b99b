//! Times as people type them: a span (`90d`, `30m`), or a moment.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// The longest time that an answer to an approval can hold, in minutes: a day.
const LONGEST_ANSWER: u64 = 24 * 60;

/// Milliseconds out of `90d`, `12h`, `30m`, `45s`.
pub(super) fn span(text: &str) -> Result<u64, String> {
    let wrong = || "a time is a number with s, m, h or d behind it, such as 90d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ms = count.checked_mul(seconds * 1_000).filter(|ms| *ms > 0);
    ms.ok_or_else(wrong)
}

/// Whole minutes out of `30m` or `2h`. A gateway counts an answer's time in them, and nobody allows more than they said.
pub(super) fn minutes(text: &str) -> Result<u64, String> {
    let wrong = || "an answer holds for whole minutes, up to 24h, such as 30m or 2h".to_owned();
    let ms = span(text).map_err(|_| wrong())?;
    let minutes = ms / 60_000;
    let fits = ms.is_multiple_of(60_000) && minutes <= LONGEST_ANSWER;
    fits.then_some(minutes).ok_or_else(wrong)
}

/// When something begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// So far from now, in milliseconds.
    Away(u64),
    /// A day, by its first millisecond since 1970.
    Day(u64),
    /// A moment, in milliseconds since 1970.
    At(u64),
}

impl When {
    /// Since when, for something that goes on until now: a day from its beginning.
    pub(crate) fn begin(self, now: u64) -> u64 {
        match self {
            Self::Away(ms) => now.saturating_sub(ms),
            Self::Day(at) | Self::At(at) => at,
        }
    }

    /// Until when, for something that goes on from now: a day to its end.
    pub(crate) fn end(self, now: u64) -> u64 {
        match self {
            Self::Away(ms) => now.saturating_add(ms),
            Self::Day(at) => at.saturating_add(DAY_MS),
            Self::At(at) => at,
        }
    }
}

/// A span, a day, or a moment; days and moments are of UTC unless the moment says where.
pub(super) fn when(text: &str) -> Result<When, String> {
    if let Ok(ms) = span(text) {
        return Ok(When::Away(ms));
    }
    let wrong = || "a time looks like 24h, 7d, 2026-11-20 or 2026-11-20T08:00:00Z".to_owned();
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return since_1970(day.midnight().assume_utc())
            .map(When::Day)
            .ok_or_else(wrong);
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    since_1970(moment).map(When::At).ok_or_else(wrong)
}

fn since_1970(moment: OffsetDateTime) -> Option<u64> {
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_as_long_as_was_said_and_no_longer() {
        assert_eq!((minutes("30m"), minutes("24h")), (Ok(30), Ok(1_440)));
        assert_eq!((minutes("120s"), minutes("1d")), (Ok(2), Ok(1_440)));
        // The gateway would make a minute of it, and refuse the others only after the approval was looked up.
        for wrong in ["1s", "90s", "1441m", "2d", "99999999999d", "0m", "soon"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        assert_eq!(span("90d"), Ok(7_776_000_000));
        assert_eq!(span("45s"), Ok(45_000));
        for wrong in [
            "",
            "d",
            "90",
            "-1d",
            "1.5h",
            "0s",
            "1y",
            "99999999999999999d",
        ] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_a_span_a_day_or_a_moment() {
        let now = 1_795_132_800_000;
        let read = |text: &str| when(text).unwrap();
        assert_eq!(read("24h").begin(now), now - DAY_MS);
        assert_eq!(read("2d").end(now), now + 2 * DAY_MS);
        assert_eq!(read("2026-11-20T00:00:00Z").begin(0), now);
        assert_eq!(read("2026-11-20T01:00:00+01:00").end(0), now);
        assert_eq!(read("2026-11-20").begin(0), now);
        assert_eq!(read("2026-11-20").end(0), now + DAY_MS, "with all of it");
        for wrong in [
            "",
            "yesterday",
            "h",
            "-1h",
            "5",
            "1.5d",
            "é",
            "2026-02-30",
            "1969-01-01",
        ] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }
}
