//! When a rule holds: days of the week and hours, as the clock on the wall shows them where the gateway runs.

/// A moment, passed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub unix_ms: i64,
    /// How far the wall clock is ahead of UTC, in minutes.
    pub offset_minutes: i32,
}

const MINUTES_OF_DAY: i64 = 24 * 60;

/// The days as a document writes them, Monday first.
pub(crate) const DAYS: [(&str, u8); 7] = [
    ("mon", 0),
    ("tue", 1),
    ("wed", 2),
    ("thu", 3),
    ("fri", 4),
    ("sat", 5),
    ("sun", 6),
];

impl Moment {
    /// The day of the week, Monday being 0, and the minute of the day.
    fn on_the_wall(self) -> (u8, u16) {
        let minutes = self.unix_ms.div_euclid(60_000) + i64::from(self.offset_minutes);
        // The first of January 1970 was a Thursday.
        let day = (minutes.div_euclid(MINUTES_OF_DAY) + 3).rem_euclid(7);
        let minute = minutes.rem_euclid(MINUTES_OF_DAY);
        (
            u8::try_from(day).unwrap_or_default(),
            u16::try_from(minute).unwrap_or_default(),
        )
    }
}

/// A part of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// Empty: every day. A window that passes midnight belongs to the day it begins on.
    pub(crate) days: Vec<u8>,
    /// Minutes of the day, the end exclusive. The same twice: all day.
    pub(crate) from: u16,
    pub(crate) to: u16,
}

impl Window {
    pub(crate) fn holds(&self, now: Moment) -> bool {
        let (day, minute) = now.on_the_wall();
        let yesterday = (day + 6) % 7;
        let on = |day: u8| self.days.is_empty() || self.days.contains(&day);
        if self.from == self.to {
            return on(day);
        }
        if self.from < self.to {
            return on(day) && (self.from..self.to).contains(&minute);
        }
        (on(day) && minute >= self.from) || (on(yesterday) && minute < self.to)
    }
}

/// Reads `07:30`; `24:00` is the end of the day.
pub(crate) fn read_clock(text: &str) -> Result<u16, String> {
    let wrong = || "is a time such as 07:30".to_owned();
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse::<u16>().map_err(|_| wrong())
        }
        _ => Err(wrong()),
    };
    match (number(hours)?, number(minutes)?) {
        (24, 0) => Ok(0),
        (hour @ 0..=23, minute @ 0..=59) => Ok(hour * 60 + minute),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 was a Friday.
    fn friday(hour: i64, minute: i64) -> Moment {
        Moment {
            unix_ms: 1_795_132_800_000 + (hour * 60 + minute) * 60_000,
            offset_minutes: 0,
        }
    }

    fn window(days: &[u8], from: &str, to: &str) -> Window {
        Window {
            days: days.to_vec(),
            from: read_clock(from).unwrap(),
            to: read_clock(to).unwrap(),
        }
    }

    #[test]
    fn a_window_that_passes_midnight_belongs_to_the_day_it_begins_on() {
        let night = window(&[4], "22:00", "06:00");
        assert!(night.holds(friday(23, 0)));
        assert!(night.holds(friday(24 + 5, 59)), "saturday morning");
        assert!(!night.holds(friday(24 + 6, 0)));
        assert!(!night.holds(friday(5, 0)), "friday morning is thursday's");
    }

    #[test]
    fn hours_are_those_of_the_wall_clock() {
        let office = window(&[0, 1, 2, 3, 4], "09:00", "17:00");
        let at = |offset_minutes| Moment {
            offset_minutes,
            ..friday(16, 30)
        };
        assert!(office.holds(at(0)));
        assert!(!office.holds(at(60)));
        assert!(office.holds(at(-300)));
        assert!(
            !office.holds(Moment {
                offset_minutes: 600,
                ..friday(23, 0)
            }),
            "saturday there"
        );
    }

    #[test]
    fn a_time_is_hours_and_minutes() {
        assert_eq!(read_clock("24:00"), Ok(0));
        assert_eq!(read_clock("7:05"), Ok(425));
        for wrong in ["7", "25:00", "12:60", "-1:00", "12:+5", ""] {
            assert!(read_clock(wrong).is_err(), "{wrong}");
        }
    }
}
