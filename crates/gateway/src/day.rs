//! The day of a time, in UTC: what usage is counted by.

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
    use super::{number, utc};

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
