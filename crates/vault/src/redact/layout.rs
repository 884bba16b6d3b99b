//! The layouts in which programs show bytes to people, as `xxd`, `hexdump -C` and `od -tx1` do: an address, the digits in
//! groups, and often the same once more as characters. Only the digits are what was shown.

/// The digits of an address; fewer are a number in some text.
const SHORTEST_ADDRESS: u8 = 4;
const LONGEST_ADDRESS: u8 = 16;

/// Tells the digits from what stands beside them, byte by byte.
#[derive(Clone, Copy, Default)]
pub(super) struct Layout(State);

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    LineStart,
    /// So many digits so far.
    Address(u8),
    Digits {
        style: Style,
        /// How many spaces there were since the last digit; none before the first one.
        gap: Option<u8>,
    },
    /// The characters, up to the end of the line.
    Characters,
    /// A line that is none of a dump.
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `00000000: 6768 705f  gh p_`: two spaces end the digits.
    Colon,
    /// `00000000  67 68 70 5f  |ghp_|`: what is no digit ends them.
    Space,
}

/// What a byte is to whoever looks for what was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Read,
    Beside,
    LineEnd,
    /// The line is none of a dump, so that what came before has ended.
    Foreign,
}

impl Layout {
    pub(super) fn take(&mut self, byte: u8) -> Part {
        if byte == b'\n' {
            self.0 = State::LineStart;
            return Part::LineEnd;
        }
        let (state, part) = self.0.next(byte);
        self.0 = state;
        part
    }
}

impl State {
    fn next(self, byte: u8) -> (Self, Part) {
        let is_digit = byte.is_ascii_hexdigit();
        match self {
            Self::LineStart if byte == b' ' => (self, Part::Beside),
            Self::LineStart if is_digit => (Self::Address(1), Part::Beside),
            Self::Address(count) if is_digit && count < LONGEST_ADDRESS => {
                (Self::Address(count + 1), Part::Beside)
            }
            Self::Address(count) if count >= SHORTEST_ADDRESS && matches!(byte, b':' | b' ') => {
                let style = if byte == b':' {
                    Style::Colon
                } else {
                    Style::Space
                };
                (Self::Digits { style, gap: None }, Part::Beside)
            }
            Self::Digits { style, .. } if is_digit => (
                Self::Digits {
                    style,
                    gap: Some(0),
                },
                Part::Read,
            ),
            Self::Digits { style, gap } if byte == b' ' => {
                let gap = gap.map(|gap| gap.saturating_add(1));
                let ended = style == Style::Colon && gap.is_some_and(|gap| gap > 1);
                let next = Self::Digits { style, gap };
                (if ended { Self::Characters } else { next }, Part::Beside)
            }
            Self::Digits { .. } | Self::Characters => (Self::Characters, Part::Beside),
            Self::Other => (Self::Other, Part::Beside),
            Self::LineStart | Self::Address(_) => (Self::Other, Part::Foreign),
        }
    }
}

/// Tells what stands in the columns of `od -c` from the address before it. There every character was shown.
#[derive(Clone, Copy, Default)]
pub(super) enum Columns {
    #[default]
    LineStart,
    /// So many digits so far.
    Address(u8),
    Cells,
    /// A line that is none of a dump.
    Other,
}

impl Columns {
    pub(super) fn take(&mut self, byte: u8) -> Part {
        let is_digit = byte.is_ascii_hexdigit();
        let (next, part) = match *self {
            _ if byte == b'\n' => (Self::LineStart, Part::LineEnd),
            Self::LineStart if byte == b' ' => (Self::LineStart, Part::Beside),
            Self::LineStart if is_digit => (Self::Address(1), Part::Beside),
            Self::Address(count) if is_digit && count < LONGEST_ADDRESS => {
                (Self::Address(count + 1), Part::Beside)
            }
            Self::Address(count) if count >= SHORTEST_ADDRESS && byte == b' ' => {
                (Self::Cells, Part::Beside)
            }
            Self::Cells if byte == b' ' => (Self::Cells, Part::Beside),
            Self::Cells => (Self::Cells, Part::Read),
            Self::Other => (Self::Other, Part::Beside),
            Self::LineStart | Self::Address(_) => (Self::Other, Part::Foreign),
        };
        *self = next;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> String {
        let mut layout = Layout::default();
        let kept = text.bytes().filter(|byte| layout.take(*byte) == Part::Read);
        kept.map(char::from).collect()
    }

    #[test]
    fn the_digits_of_a_dump_are_told_from_addresses_and_characters() {
        for (text, wanted) in [
            ("00000000: 6768 705f 0a       ab p_.\n", "6768705f0a"),
            ("00000000: 67 68 70  abc\n00000003: 5f  d\n", "6768705f"),
            (
                "00000000  67 68 70 5f 30 31 32 33  34 0a  |ghp_01234a|\n0000000a\n",
                "6768705f30313233340a",
            ),
            ("0000000 67 68 70\n0000003\n", "676870"),
            ("a face of 67 68 70\n", ""),
        ] {
            assert_eq!(digits(text), wanted, "{text}");
        }
    }
}
