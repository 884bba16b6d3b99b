//! A first look at the raw text, before any parser sees it: what is never part of an honest command, and what would
//! be too much for a parser.
//!
//! One pass over the characters, no grammar. The counts are bounds on what a parser can be made to do, so quotes
//! are not looked at: a quoted parenthesis counts as one.

/// Longer is not read.
pub(super) const MOST_TEXT: usize = 64 * 1024;
/// Parentheses and braces, and words that open, may stand this deep in one another.
const DEEPEST: usize = 64;
/// `((` may be arithmetic or two subshells. A parser that tries both tries twice for each parenthesis below.
const DEEPEST_DOUBLE: usize = 12;
const MOST_WORDS: usize = 4096;
const MOST_DESCRIPTOR_DIGITS: usize = 4;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    TooLong,
    /// What it shows and what it does differ: a character that is not seen, or that turns the line around.
    Invisible(char),
    TooNested,
    TooManyWords,
    Descriptor,
}

impl Fault {
    pub(super) fn says(self) -> String {
        match self {
            Self::TooLong => "It is longer than what can be looked through.".to_owned(),
            Self::Invisible(c) => format!(
                "It holds the character U+{:04X}, which is not seen or is read otherwise than it looks.",
                c as u32
            ),
            Self::TooNested => "Too much in it is nested.".to_owned(),
            Self::TooManyWords => "It has too many words to be looked through.".to_owned(),
            Self::Descriptor => "It names a file descriptor that cannot be.".to_owned(),
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Invisible(_) => "invisible-character",
            Self::TooNested => "too-nested",
            Self::TooManyWords => "too-many-words",
            Self::Descriptor => "descriptor",
        }
    }
}

/// Looks through the text; how deep it nests where nothing is wrong.
pub(super) fn scan(text: &str) -> Result<usize, Fault> {
    if text.len() > MOST_TEXT {
        return Err(Fault::TooLong);
    }
    if let Some(c) = text.chars().find(|c| is_unseen(*c)) {
        return Err(Fault::Invisible(c));
    }
    let nesting = nesting(text)?;
    if text.split_ascii_whitespace().count() > MOST_WORDS {
        return Err(Fault::TooManyWords);
    }
    descriptors(text)?;
    Ok(nesting)
}

/// The text without what is invisible.
pub(super) fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).collect()
}

/// Whether a character is not seen, or is read otherwise than it looks.
pub(super) fn is_unseen(c: char) -> bool {
    if (' '..='~').contains(&c) || matches!(c, '\t' | '\n') {
        return false;
    }
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{1680}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn nesting(text: &str) -> Result<usize, Fault> {
    let mut count = Nesting::default();
    for byte in text.bytes() {
        count.step(byte);
    }
    let words = opened(text);
    if count.deepest + words > DEEPEST
        || count.below_double > DEEPEST_DOUBLE
        || count.ticks > 2 * DEEPEST
    {
        return Err(Fault::TooNested);
    }
    Ok(count.deepest + words + count.ticks / 2)
}

#[derive(Default)]
struct Nesting {
    depth: usize,
    deepest: usize,
    /// Parentheses that open, one after the other.
    run: usize,
    /// How deep the outermost `((` stands that is not closed.
    double: Option<usize>,
    /// The most that is nested below one.
    below_double: usize,
    ticks: usize,
}

impl Nesting {
    fn step(&mut self, byte: u8) {
        match byte {
            b'(' => {
                self.run += 1;
                self.depth += 1;
                if self.run >= 2 && self.double.is_none() {
                    self.double = Some(self.depth - 2);
                }
            }
            b'{' => {
                self.run = 0;
                self.depth += 1;
            }
            b')' | b'}' => {
                self.run = 0;
                self.depth = self.depth.saturating_sub(1);
                if self.double.is_some_and(|at| self.depth <= at) {
                    self.double = None;
                }
            }
            b'`' => {
                self.run = 0;
                self.ticks += 1;
            }
            b' ' | b'\t' | b'\n' => {}
            _ => self.run = 0,
        }
        self.deepest = self.deepest.max(self.depth);
        if let Some(at) = self.double {
            self.below_double = self.below_double.max(self.depth.saturating_sub(at));
        }
    }
}

/// How deep words that open a command can stand in one another.
fn opened(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for word in text.split(|c: char| c.is_ascii_whitespace() || ";&|()`".contains(c)) {
        match word {
            "if" | "for" | "while" | "until" | "case" | "select" | "[[" | "coproc" => depth += 1,
            "fi" | "done" | "esac" | "]]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    // The words occur in other text too (`for` in a message), hence closed only by their own: halve the weight of a
    // few, keep that of many.
    if deepest > DEEPEST {
        deepest
    } else {
        deepest / 2
    }
}

/// A number that a redirection follows at once.
fn descriptors(text: &str) -> Result<(), Fault> {
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'<' | b'>' if digits > MOST_DESCRIPTOR_DIGITS => return Err(Fault::Descriptor),
            _ => digits = 0,
        }
    }
    Ok(())
}
