//! Times as people read them: how long ago, how long still.

/// `12s`, `5m`, `3h`, `2d`.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long ago; nothing when it is not known. A clock that is behind the gateway's says `0s`.
pub(crate) fn ago(at_ms: Option<u64>, now_ms: u64) -> String {
    at_ms.map_or_else(String::new, |at| span(now_ms.saturating_sub(at)))
}

/// A moment in UTC, to the second, as `2026-11-21 16:02:07`.
pub(crate) fn moment(at_ms: u64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
    time::OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_one_unit() {
        for (ms, text) in [
            (0, "0s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (7_200_000, "2h"),
            (172_800_000, "2d"),
        ] {
            assert_eq!(span(ms), text);
        }
    }

    #[test]
    fn a_moment_is_in_utc() {
        assert_eq!(moment(1_795_255_849_279), "2026-11-21 10:10:49");
        assert_eq!(moment(0), "1970-01-01 00:00:00");
    }
}
