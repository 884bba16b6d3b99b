//! Patterns of commands. Each is held against one resolved sub-command, never against the line.
//!
//! How a pattern is read depends on what it is for, and errs on the strict side: where it makes a decision stricter
//! it matches every command that begins with its words, by whatever path the program is called, and an unknown word
//! may be what it names; where it makes one more open it matches that command as it stands and nothing else.

use regex::Regex;
use regex_syntax::hir::literal::Extractor;

use super::pattern::{Case, Pattern, compile, expression};
use crate::analysis::Command;

/// What the analysis writes for what it does not know.
const UNKNOWN: char = '…';
/// More words than a pattern of a person has.
const MOST_WORDS: usize = 64;

/// Whether something matches. `Maybe` where it depends on what is only known when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Matched {
    No,
    Maybe,
    Yes,
}

impl From<bool> for Matched {
    fn from(matched: bool) -> Self {
        if matched { Self::Yes } else { Self::No }
    }
}

/// How a pattern is held against a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// For what makes a decision stricter.
    Loose,
    /// For what makes one more open: this command, all of it, known in every word.
    Tight,
}

#[derive(Debug, Clone)]
pub(crate) enum CommandPattern {
    Words(Vec<WordPattern>),
    Expression {
        regex: Regex,
        /// What a match begins with: one of these; empty where that is not known.
        beginnings: Vec<String>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum WordPattern {
    One(Pattern),
    /// `**`: any number of words.
    Rest,
}

impl CommandPattern {
    /// Reads `git push **` or `^git (push|fetch)( .*)?$`.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if let Some(inner) = expression(text)? {
            let Pattern::Expression(regex) = compile(inner, Case::Sensitive)? else {
                return Err("is not a regular expression".to_owned());
            };
            let beginnings = beginnings(inner);
            return Ok(Self::Expression { regex, beginnings });
        }
        Self::words(&split(text)?)
    }

    /// Reads a list of words, which needs no quotes.
    pub(crate) fn words(words: &[String]) -> Result<Self, String> {
        if words.is_empty() || words.len() > MOST_WORDS {
            return Err(format!("a command has from one to {MOST_WORDS} words"));
        }
        let word = |word: &String| match word.as_str() {
            "**" => Ok(WordPattern::Rest),
            word => Pattern::glob(word, None, Case::Sensitive).map(WordPattern::One),
        };
        words
            .iter()
            .map(word)
            .collect::<Result<_, _>>()
            .map(Self::Words)
    }

    /// Whether it names one command and nothing else.
    pub(crate) fn is_exact(&self) -> bool {
        match self {
            Self::Expression { .. } => false,
            Self::Words(words) => words.iter().all(|word| match word {
                WordPattern::One(pattern) => pattern.is_literal(),
                WordPattern::Rest => false,
            }),
        }
    }

    pub(crate) fn matches(&self, command: &Command, reading: Reading) -> Matched {
        match self {
            Self::Words(words) => in_words(words, command, reading),
            Self::Expression { regex, beginnings } => in_text(regex, beginnings, command, reading),
        }
    }
}

fn in_words(words: &[WordPattern], command: &Command, reading: Reading) -> Matched {
    if reading == Reading::Tight && !command.exact {
        return Matched::No;
    }
    // What may follow each place in the pattern, when the command is read up to its end; then word by word backwards.
    let at_end = |index: usize| {
        words[index..]
            .iter()
            .all(|word| matches!(word, WordPattern::Rest))
    };
    let mut after: Vec<Matched> = (0..=words.len())
        .map(|index| at_end(index).into())
        .collect();
    for (index, word) in command.argv.iter().enumerate().rev() {
        let mut here = vec![Matched::from(reading == Reading::Loose); words.len() + 1];
        for (place, pattern) in words.iter().enumerate().rev() {
            here[place] = match pattern {
                WordPattern::Rest => here[place + 1].max(after[place]),
                WordPattern::One(pattern) if !command.exact && word.contains(UNKNOWN) => {
                    possible(pattern, word)
                }
                WordPattern::One(pattern) if one(pattern, word, index, reading) => after[place + 1],
                WordPattern::One(_) => Matched::No,
            };
        }
        after = here;
    }
    after[0]
}

fn one(pattern: &Pattern, word: &str, index: usize, reading: Reading) -> bool {
    pattern.matches(word)
        || (index == 0 && reading == Reading::Loose && pattern.matches(program(word)))
}

/// An unknown word may become any number of words; only what it surely begins with rules a literal out.
fn possible(pattern: &Pattern, word: &str) -> Matched {
    let known = word.split(UNKNOWN).next().unwrap_or_default();
    match pattern {
        Pattern::Literal(literal, _) if !literal.starts_with(known) => Matched::No,
        _ => Matched::Maybe,
    }
}

fn in_text(regex: &Regex, beginnings: &[String], command: &Command, reading: Reading) -> Matched {
    if reading == Reading::Tight && !command.exact {
        return Matched::No;
    }
    let text = command.argv.join(" ");
    if regex.is_match(&text) {
        return Matched::Yes;
    }
    if reading == Reading::Tight {
        return Matched::No;
    }
    let called = called(&text, command);
    if called != text && regex.is_match(&called) {
        return Matched::Yes;
    }
    if command.exact {
        return Matched::No;
    }
    let known = called.split(UNKNOWN).next().unwrap_or_default();
    let may_begin = |with: &String| with.starts_with(known) || known.starts_with(with.as_str());
    let possible = beginnings.is_empty() || beginnings.iter().any(may_begin);
    if possible {
        Matched::Maybe
    } else {
        Matched::No
    }
}

/// The text with the program by its name instead of by its path.
fn called(text: &str, command: &Command) -> String {
    let first = command.argv.first().map_or("", String::as_str);
    format!("{}{}", program(first), &text[first.len()..])
}

/// The name of a program that is called by a path.
fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn beginnings(inner: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(inner) else {
        return Vec::new();
    };
    let found = Extractor::new().extract(&hir);
    let literals = found.literals().unwrap_or_default();
    literals
        .iter()
        .filter_map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok())
        .collect()
}

/// Takes words apart at spaces; quotes hold one together. Backslashes are the pattern's own.
fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if quote.is_some() {
        return Err("has a quote that is not closed".to_owned());
    }
    if begun {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Reach;

    fn command(line: &str) -> Command {
        Command {
            argv: line.split(' ').map(str::to_owned).collect(),
            exact: !line.contains(UNKNOWN),
            span: None,
            reach: Reach::Direct,
        }
    }

    #[track_caller]
    fn check(pattern: &str, line: &str, loose: Matched, tight: Matched) {
        let pattern = CommandPattern::read(pattern).unwrap();
        let command = command(line);
        let found = [Reading::Loose, Reading::Tight].map(|how| pattern.matches(&command, how));
        assert_eq!(found, [loose, tight], "{line}");
    }

    #[test]
    fn strict_patterns_match_what_begins_with_them_and_open_ones_the_whole() {
        use Matched::{No, Yes};
        check("git push", "git push", Yes, Yes);
        check("git push", "git push --force", Yes, No);
        check("git push", "/usr/bin/git push", Yes, No);
        check("git push", "git pushy", No, No);
        check("git ** push", "git -C /x push", Yes, Yes);
        check("git ** push", "git push", Yes, Yes);
        check("git *", "git status", Yes, Yes);
        check("git *", "git", No, No);
        check("git **", "git", Yes, Yes);
        check("echo 'a b'", "echo a b", No, No);
    }

    #[test]
    fn an_unknown_word_may_be_what_a_strict_pattern_names() {
        use Matched::{Maybe, No, Yes};
        check("git push --force", "git push …", Maybe, No);
        check("git push --force", "git … --force", Maybe, No);
        check("git push --force", "git log …", No, No);
        check("git push --force", "git push --f…", Maybe, No);
        check("git push --force", "git push --all…", No, No);
        check("rm **", "rm …", Yes, No);
        check("rm", "…", Maybe, No);
    }

    #[test]
    fn a_regular_expression_is_held_against_the_joined_words() {
        use Matched::{Maybe, No, Yes};
        check("^curl .*evil.*$", "curl https://evil.test", Yes, Yes);
        check("^curl .*evil.*$", "/usr/bin/curl evil", Yes, No);
        check("^curl .*evil.*$", "curl …", Maybe, No);
        check("^curl .*evil.*$", "ls …", No, No);
        check("^.*evil$", "ls …", Maybe, No);
    }

    #[test]
    fn a_word_with_a_space_is_written_in_quotes_or_as_a_list() {
        let quoted = CommandPattern::read("git commit -m 'a b'").unwrap();
        let words = ["git", "commit", "-m", "a b"].map(str::to_owned);
        let listed = CommandPattern::words(&words).unwrap();
        let command = Command {
            argv: words.to_vec(),
            ..command("")
        };
        assert_eq!(quoted.matches(&command, Reading::Tight), Matched::Yes);
        assert_eq!(listed.matches(&command, Reading::Tight), Matched::Yes);
        assert!(CommandPattern::read("git 'a").is_err());
        assert!(CommandPattern::read("  ").is_err());
    }
}
