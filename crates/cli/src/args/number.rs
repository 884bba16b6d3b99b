//! Numbers as people type them. What is no number, or none of the range, is told with the range.

/// Takes a whole number of a range. Options that use it allow a sign, so that `-1` is told to be out of the range and
/// not taken for an option.
pub(super) fn whole<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.trim().parse::<u64>().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("it takes a whole number from {least} to {most}"))
    }
}

/// The largest number that every JSON reader keeps exactly: 2^53 - 1 (RFC 8259, section 6).
pub(super) const LARGEST: u64 = 9_007_199_254_740_991;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;

    #[test]
    fn a_number_out_of_its_range_is_told_the_range() {
        for (line, range) in [
            ("sessions history main --limit", "from 1 to 1000"),
            ("sessions search text --limit", "from 1 to 25"),
            ("logs --limit", "from 1 to 5000"),
            ("audit list --limit", "from 1 to 500"),
            ("audit list --before", "from 1 to 9007199254740991"),
            ("policy simulate --since 1d --limit", "from 1 to 10000"),
            (
                "credentials set name --max-uses",
                "from 1 to 9007199254740991",
            ),
            ("gateway run --port", "from 0 to 65535"),
            ("connect --port", "from 1 to 65535"),
            ("status --timeout", "from 1 to 86400"),
        ] {
            for wrong in ["-1", "1.5", "many", "99999999999999999999"] {
                let line = format!("gatehouse {line} {wrong}");
                let refused = Cli::try_parse_from(line.split(' ')).err();
                let words = refused.map(|error| error.to_string()).unwrap_or_default();
                assert!(words.contains(range), "{line}: {words}");
            }
        }
        let budget = "gatehouse spawn --task x --budget -1".split(' ');
        let words = Cli::try_parse_from(budget).err().unwrap().to_string();
        assert!(words.contains("a positive number of US dollars"), "{words}");
    }

    #[test]
    fn a_time_below_zero_is_told_what_a_time_is() {
        for line in [
            "approvals allow a --for -30m",
            "approvals allow a --always --until -7d",
            "audit seal --older-than -1d",
            "credentials set name --expires-in -1d",
            "policy simulate --since -1d",
        ] {
            let line = format!("gatehouse {line}");
            let words = Cli::try_parse_from(line.split(' '))
                .err()
                .unwrap()
                .to_string();
            assert!(
                words.contains("such as") || words.contains("looks like"),
                "{line}: {words}"
            );
        }
    }
}
