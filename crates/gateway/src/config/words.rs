//! Texts of the configuration that mean something: an address, a duration, a time of day, a time zone.

use std::time::Duration;

use gatehouse_agent::heartbeat::ActiveHours;
use jiff::tz;
use url::Url;

use super::shape::Word;

pub(super) const ADDRESS: Word = Word {
    fits: is_address,
    expected: "an address such as https://api.example.org/v1",
};

pub(super) const DURATION: Word = Word {
    fits: |text| text.trim().is_empty() || duration(text).is_some(),
    expected: "a duration such as 30m, 1h30m or 90s",
};

pub(super) const TIME: Word = Word {
    fits: |text| ActiveHours::new(text, text, None).is_some(),
    expected: "a time of day such as 08:00",
};

pub(super) const ZONE: Word = Word {
    fits: is_zone,
    expected: "a time zone such as Europe/Berlin",
};

/// The time zone of active hours can also be the one that is said elsewhere.
pub(super) const ZONE_OR_WORD: Word = Word {
    fits: |text| matches!(text, "user" | "local") || is_zone(text),
    expected: "user, local, or a time zone such as Europe/Berlin",
};

fn is_address(text: &str) -> bool {
    // An empty one is none, which is told where one is needed.
    text.trim().is_empty()
        || Url::parse(text.trim())
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// On a machine without a table of zones, nobody can tell.
fn is_zone(text: &str) -> bool {
    tz::TimeZone::get(text).is_ok() || tz::db().available().next().is_none()
}

/// `30m`, `1h30m`, `1.5h`, `500ms`; a bare number is minutes. As published.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = text.to_ascii_lowercase();
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, after) = rest.split_at(number.unwrap_or(rest.len()));
        let unit = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(unit.unwrap_or(after.len()));
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let part = number.parse::<f64>().ok()? * seconds;
        sum = sum.checked_add(Duration::try_from_secs_f64(part).ok()?)?;
        rest = after.to_owned();
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_published() {
        for (text, millis) in [
            ("30m", 1_800_000),
            ("30", 1_800_000),
            ("1h30m", 5_400_000),
            ("1h 30", 5_400_000),
            ("1.5H", 5_400_000),
            ("90s", 90_000),
            ("500ms", 500),
            ("0m", 0),
            ("2d", 172_800_000),
        ] {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "abc",
            "m",
            "1x",
            "-5m",
            "1.2.3h",
            "99999999999999999999d",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_and_zones_are_told_from_other_texts() {
        for text in ["https://api.example.org/v1", "http://127.0.0.1:11434", ""] {
            assert!(is_address(text), "{text}");
        }
        for text in ["nope", "ftp://x", "localhost:11434", "https://"] {
            assert!(!is_address(text), "{text}");
        }
        assert!(is_zone("Europe/Berlin") && is_zone("UTC"));
        assert_eq!(is_zone("Mars"), tz::db().available().next().is_none());
    }
}
