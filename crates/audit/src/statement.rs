//! What records say of the log itself. Verifying goes by it, so that it is written and read here alone.

use std::fmt;

/// What is said of records of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// They were dropped when their time was over.
    Sealed { first: u64, last: u64 },
    /// Nobody can say whether the gateway wrote them.
    Unproven { first: u64, last: u64 },
    /// They were those of a log before this one, and all of them are gone.
    Former { records: u64 },
}

const SEALED: &str = "audit.sealed";
const UNPROVEN: &str = "audit.unproven";

/// How the words begin, and how they go on after the numbers.
const RECORDS: &str = "records ";
const ARE_SEALED: &str = " were sealed away";
const ARE_UNPROVEN: &str = " are not proven";
const FORMER: &str = "an earlier log of ";
const IS_GONE: &str = " signed records is gone";

impl Statement {
    /// The kind of the record that says it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Sealed { .. } => SEALED,
            Self::Unproven { .. } | Self::Former { .. } => UNPROVEN,
        }
    }

    /// Reads it from a record; none where the record speaks of something else.
    pub fn read(kind: &str, what: &str) -> Option<Self> {
        match kind {
            SEALED => {
                let (first, last, rest) = range(what)?;
                (rest == ARE_SEALED).then_some(Self::Sealed { first, last })
            }
            UNPROVEN => match range(what) {
                Some((first, last, rest)) if rest.starts_with(ARE_UNPROVEN) => {
                    Some(Self::Unproven { first, last })
                }
                _ => {
                    let (records, rest) = number(what.strip_prefix(FORMER)?)?;
                    rest.starts_with(IS_GONE)
                        .then_some(Self::Former { records })
                }
            },
            _ => None,
        }
    }
}

/// `records FIRST to LAST`, and what stands behind it.
fn range(what: &str) -> Option<(u64, u64, &str)> {
    let (first, rest) = number(what.strip_prefix(RECORDS)?)?;
    let (last, rest) = number(rest.strip_prefix(" to ")?)?;
    Some((first, last, rest))
}

fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sealed { first, last } => write!(f, "{RECORDS}{first} to {last}{ARE_SEALED}"),
            Self::Unproven { first, last } => write!(
                f,
                "{RECORDS}{first} to {last}{ARE_UNPROVEN}: the computer went down before their end was kept outside of the log, the key was not to be had when they came, or somebody else wrote them"
            ),
            Self::Former { records } => write!(
                f,
                "{FORMER}{records}{IS_GONE}: the whole state folder was taken away, and this log begins anew"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        for said in [
            Statement::Sealed { first: 1, last: 16 },
            Statement::Unproven {
                first: 11,
                last: 12,
            },
            Statement::Former { records: 94 },
        ] {
            let what = said.to_string();
            assert_eq!(Statement::read(said.kind(), &what), Some(said));
            assert_eq!(Statement::read("config.changed", &what), None);
            assert_eq!(Statement::read(said.kind(), &format!("x{what}")), None);
        }
    }

    #[test]
    fn the_words_of_earlier_logs_are_understood() {
        let what = "records 3 to 9 are not proven: the computer went down before their end was kept outside of the log, or the key was not to be had when they came";
        let said = Statement::read("audit.unproven", what);
        assert_eq!(said, Some(Statement::Unproven { first: 3, last: 9 }));
        let said = Statement::read("audit.sealed", "records 1 to 8 were sealed away");
        assert_eq!(said, Some(Statement::Sealed { first: 1, last: 8 }));
    }
}
