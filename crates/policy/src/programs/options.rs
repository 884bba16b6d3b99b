//! Arguments told apart: options, their values, operands. As `getopt_long` does it, abbreviations included.

use super::begins_unknown;
use super::table::{Grammar, Opt, Program, Takes, has_name};
use crate::word::{Piece, Word};

/// The arguments of a command.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) found: Vec<Found>,
    /// Each entry of the table that was found, once.
    kinds: Vec<&'static Opt>,
    pub(crate) operands: Vec<Word>,
    /// Options that the table does not have.
    pub(crate) strange: Vec<String>,
    /// How many operands stand before `--`.
    pub(crate) dashes: Option<usize>,
    /// Whether an operand could turn out to be an option.
    pub(crate) vague: bool,
    /// Whether an operand begins with a pattern, which may match a file that is named like an option.
    pub(crate) open: bool,
}

pub(crate) struct Found {
    pub(crate) option: &'static Opt,
    pub(crate) value: Option<Word>,
}

impl Parsed {
    /// Whether an option is given, by one of its spellings. Options that are asked after stand in an entry of their
    /// own, for all spellings of an entry are taken for one.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.kinds.iter().any(|option| option.is(name))
    }

    pub(crate) fn any(&self, names: &str) -> bool {
        !self.kinds.is_empty() && names.split(' ').any(|name| self.has(name))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Word> {
        self.found
            .iter()
            .rev()
            .find(|found| found.option.is(name))?
            .value
            .as_ref()
    }

    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Word> {
        self.found
            .iter()
            .filter_map(|found| Some((found.option, found.value.as_ref()?)))
            .filter_map(move |(option, value)| option.is(name).then_some(value))
    }

    /// The text of an operand, when it is known.
    pub(crate) fn operand(&self, at: usize) -> Option<&str> {
        self.operands.get(at)?.known()
    }
}

/// The word without what it surely begins with.
pub(crate) fn without(word: &Word, count: usize) -> Word {
    match word {
        Word::Known(text) => Word::Known(text.get(count..).unwrap_or("").to_owned()),
        Word::Partial(pieces) => {
            let mut pieces = pieces.clone();
            if let Some(Piece::Text(text)) = pieces.first_mut() {
                *text = text.get(count..).unwrap_or("").to_owned();
                if text.is_empty() {
                    pieces.remove(0);
                }
            }
            match pieces.as_slice() {
                [] => Word::Known(String::new()),
                [Piece::Text(text)] => Word::Known(text.clone()),
                [Piece::Unknown(why)] => Word::Unknown(why.clone()),
                _ => Word::Partial(pieces),
            }
        }
        Word::Unknown(why) => Word::Unknown(why.clone()),
    }
}

pub(crate) fn parse(args: &[Word], program: &Program) -> Parsed {
    let mut parser = Parser {
        options: program.options,
        shared: program.shared,
        grammar: program.grammar,
        args,
        at: 0,
        parsed: Parsed::default(),
    };
    parser.run();
    parser.parsed
}

struct Parser<'a> {
    options: &'static [Opt],
    shared: &'static [Opt],
    grammar: Grammar,
    args: &'a [Word],
    at: usize,
    parsed: Parsed,
}

impl Parser<'_> {
    fn run(&mut self) {
        if self.grammar == Grammar::Plain {
            self.parsed.operands.extend_from_slice(self.args);
            return;
        }
        if self.grammar == Grammar::Equals {
            return self.equals();
        }
        if self.grammar == Grammar::Tar {
            self.tar();
        }
        while self.at < self.args.len() {
            let word = &self.args[self.at];
            self.at += 1;
            if word.known() == Some("--") {
                return self.rest();
            }
            let begin = word.prefix();
            let minus = begin.len() > 1 && begin.starts_with('-');
            if minus && matches!(self.grammar, Grammar::Single | Grammar::SingleStops) {
                self.single(word);
            } else if begin.starts_with("--") {
                self.long(word);
            } else if minus || (begin == "-" && word.known().is_none()) {
                self.cluster(word, 1);
            } else {
                self.parsed.vague |= begins_unknown(word);
                self.parsed.open |= begin.is_empty() && word.known().is_none();
                self.parsed.operands.push(word.clone());
                if matches!(self.grammar, Grammar::Stops | Grammar::SingleStops) {
                    self.parsed
                        .operands
                        .extend_from_slice(&self.args[self.at..]);
                    return;
                }
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &'static Opt> + use<> {
        self.options.iter().chain(self.shared)
    }

    fn exact(&self, name: &str) -> Option<&'static Opt> {
        self.all().find(|option| option.is(name))
    }

    fn strange(&mut self, text: &str) {
        self.parsed.strange.push(text.to_owned());
    }

    fn next_value(&mut self) -> Option<Word> {
        let value = self.args.get(self.at).cloned();
        // What looks like a long option is read as one as well: of one letter, some versions of a program take a
        // value and others do not.
        let option = value
            .as_ref()
            .is_some_and(|word| word.prefix().len() > 2 && word.prefix().starts_with("--"));
        self.at += usize::from(value.is_some() && !option);
        value
    }

    /// The rest of a word or the next one, whatever that looks like; all that follows is an operand.
    fn last_value(&mut self, joined: Option<Word>) -> Option<Word> {
        let value = joined.or_else(|| {
            self.at += 1;
            self.args.get(self.at - 1).cloned()
        });
        let rest = self.args.get(self.at..).unwrap_or_default();
        self.parsed.operands.extend_from_slice(rest);
        self.at = self.args.len();
        value
    }

    fn push(&mut self, option: &'static Opt, value: Option<Word>) {
        let known = |one: &&'static Opt| std::ptr::eq(*one, option);
        if !self.parsed.kinds.iter().any(known) {
            self.parsed.kinds.push(option);
        }
        self.parsed.found.push(Found { option, value });
    }

    fn long(&mut self, word: &Word) {
        let begin = word.prefix();
        let (name, value) = match begin.find('=') {
            Some(at) => (&begin[..at], Some(without(word, at + 1))),
            None if word.known().is_none() => {
                self.parsed.vague = true;
                return self.strange(begin);
            }
            None => (begin, None),
        };
        let mut matching: Vec<&'static Opt> = self.exact(name).into_iter().collect();
        if matching.is_empty() {
            matching = self
                .all()
                .filter(|option| abbreviates(option, name))
                .collect();
        }
        if matching.is_empty() {
            return self.strange(name);
        }
        // An abbreviation of several is refused by the program; each is judged all the same. Where they do not agree
        // on a value, the word behind it is judged as an operand, which hides nothing.
        let takes = matching.iter().all(|option| option.takes == Takes::Value);
        let value = match value {
            None if takes => self.next_value(),
            value => value,
        };
        for option in matching {
            self.push(option, value.clone());
        }
    }

    fn single(&mut self, word: &Word) {
        let begin = word.prefix();
        let double = begin
            .strip_prefix('-')
            .filter(|rest| rest.starts_with('-'))
            .unwrap_or(begin);
        let (name, value) = match double.find('=') {
            Some(at) => (
                &double[..at],
                Some(without(word, begin.len() - double.len() + at + 1)),
            ),
            None if word.known().is_none() => {
                self.parsed.vague = true;
                return self.strange(begin);
            }
            None => (double, None),
        };
        let Some(option) = self.exact(begin).or_else(|| self.exact(name)) else {
            return self.strange(name);
        };
        if option.takes == Takes::Rest {
            self.rest();
        }
        let value = match value {
            None if option.takes == Takes::Value => self.next_value(),
            value => value,
        };
        self.push(option, value);
    }

    /// What follows is no option any more.
    fn rest(&mut self) {
        self.parsed.dashes = Some(self.parsed.operands.len());
        let rest = self.args.get(self.at..).unwrap_or_default();
        self.parsed.operands.extend_from_slice(rest);
        self.at = self.args.len();
    }

    /// `-xvf FILE`, `-ofile`, `-20`.
    fn cluster(&mut self, word: &Word, from: usize) {
        let begin = word.prefix();
        let letters = begin.char_indices().skip(from);
        for (at, letter) in letters {
            let mut name = [0; 8];
            name[0] = b'-';
            let end = 1 + letter.encode_utf8(&mut name[1..]).len();
            let name = std::str::from_utf8(&name[..end]).unwrap_or("-");
            let Some(option) = self.exact(name) else {
                if letter.is_ascii_digit() {
                    continue;
                }
                if at == 1 && self.whole_word(word) {
                    return;
                }
                let name = name.to_owned();
                self.strange(&name);
                continue;
            };
            let after = at + letter.len_utf8();
            let rest = after < begin.len() || word.known().is_none();
            let value = match option.takes {
                Takes::Nothing | Takes::Rest => None,
                Takes::Value if !rest => self.next_value(),
                Takes::Joined if !rest => None,
                Takes::Value | Takes::Joined => Some(without(word, after)),
                Takes::Last => self.last_value(rest.then(|| without(word, after))),
            };
            let ends = option.takes != Takes::Nothing;
            self.push(option, value);
            if ends {
                return;
            }
        }
        if word.known().is_none() {
            self.parsed.vague = true;
        }
    }

    /// Some take whole words after one dash beside letters: `-version`, `-delete`.
    fn whole_word(&mut self, word: &Word) -> bool {
        let begin = word.prefix();
        let name = begin.split('=').next().unwrap_or(begin);
        let Some(option) = self.exact(name).filter(|_| name.len() > 2) else {
            return false;
        };
        let value = match begin.find('=') {
            Some(at) => Some(without(word, at + 1)),
            None if option.takes == Takes::Value => self.next_value(),
            None => None,
        };
        self.push(option, value);
        true
    }

    /// Old style: letters first, their values after, in order.
    fn tar(&mut self) {
        let Some(first) = self.args.first().and_then(Word::known) else {
            return;
        };
        if first.starts_with('-') || first.is_empty() {
            return;
        }
        self.at = 1;
        for letter in first.chars() {
            let name = format!("-{letter}");
            match self.exact(&name) {
                Some(option) => {
                    let value = if option.takes == Takes::Value {
                        self.next_value()
                    } else {
                        None
                    };
                    self.push(option, value);
                }
                None => self.strange(&name),
            }
        }
    }

    fn equals(&mut self) {
        for word in self.args {
            let begin = word.prefix();
            let Some(at) = begin.find('=') else {
                if begin.starts_with('-') && begin.len() > 1 {
                    match self.exact(begin) {
                        Some(option) => self.push(option, None),
                        None => self.strange(begin),
                    }
                } else {
                    self.parsed.vague |= word.known().is_none();
                    self.parsed.operands.push(word.clone());
                }
                continue;
            };
            match self.exact(&begin[..at]) {
                Some(option) => self.push(option, Some(without(word, at + 1))),
                None => self.strange(&begin[..at]),
            }
        }
    }
}

fn abbreviates(option: &Opt, name: &str) -> bool {
    name.len() > 2
        && option
            .names
            .split(' ')
            .any(|one| one.starts_with("--") && one.starts_with(name))
        && !has_name(option.names, "--")
}
