//! Patterns of grants: words of which some may be anything. `cargo test *` matches `cargo test` with any words
//! after it; a `*` inside a word stands for any part of that word, and never for a space or a `/`. `\*` is a star, and
//! nothing else means more than itself.
//!
//! A pattern is held against the resolved words of every command of a line, never against its text: what a shell
//! could make of it is the analysis' business. It is narrower than a pattern of a rule, which somebody thinks about: it is
//! typed as an answer, and never crosses a folder.

use globset::{GlobBuilder, GlobMatcher};

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("the pattern is empty")]
    Empty,
    #[error("the first word of a pattern names the program, so it cannot hold a *")]
    AnyProgram,
    #[error("the pattern names a program alone; say `{0} *` to allow it with any words")]
    Bare(String),
    #[error("{0} is not a pattern")]
    Malformed(String),
}

/// A pattern, read.
#[derive(Debug, Clone)]
pub(crate) struct GrantPattern {
    words: Vec<Word>,
    /// Whether more words may follow.
    open: bool,
}

#[derive(Debug, Clone)]
struct Word {
    matcher: GlobMatcher,
    /// Whether the pattern itself names a folder above.
    leads_up: bool,
}

impl Word {
    /// A star stands for no `..`, which would lead out of the folder that the pattern names.
    fn matches(&self, word: &str) -> bool {
        (self.leads_up || !leads_up(word)) && self.matcher.is_match(word)
    }
}

fn leads_up(word: &str) -> bool {
    word.split('/').any(|part| part == "..")
}

/// A word as a glob in which nothing but `*` is special; several in a row are one, as `**` would cross folders.
fn only_stars(word: &str) -> String {
    let mut glob = String::with_capacity(word.len());
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'*') => {
                chars.next();
                glob.push_str("\\*");
            }
            '*' if glob.ends_with('*') && !glob.ends_with("\\*") => {}
            '?' | '[' | ']' | '{' | '}' | '\\' => glob.extend(['\\', c]),
            c => glob.push(c),
        }
    }
    glob
}

impl GrantPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let Some(program) = words.first().copied() else {
            return Err(PatternError::Empty);
        };
        if program.contains('*') {
            return Err(PatternError::AnyProgram);
        }
        let open = words.last() == Some(&"*");
        if open {
            words.pop();
        } else if words.len() == 1 {
            return Err(PatternError::Bare(program.to_owned()));
        }
        let matchers = words.iter().map(|word| {
            let glob = GlobBuilder::new(&only_stars(word))
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            glob.map(|glob| Word {
                matcher: glob.compile_matcher(),
                leads_up: leads_up(word),
            })
            .map_err(|_| PatternError::Malformed((*word).to_owned()))
        });
        Ok(Self {
            words: matchers.collect::<Result<_, _>>()?,
            open,
        })
    }

    /// Whether it matches the words of one command.
    pub(crate) fn matches(&self, argv: &[String]) -> bool {
        let long_enough = if self.open {
            argv.len() >= self.words.len()
        } else {
            argv.len() == self.words.len()
        };
        long_enough
            && self
                .words
                .iter()
                .zip(argv)
                .all(|(pattern, word)| pattern.matches(word))
    }

    /// Whether it matches a command that is plain words. For a preview; what runs is matched by its words.
    pub(crate) fn matches_text(&self, command: &str) -> bool {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        self.matches(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_word_by_word() {
        for (pattern, command, wanted) in [
            ("cargo test *", "cargo test", true),
            ("cargo test *", "cargo test -p store", true),
            ("cargo test *", "cargo build", false),
            ("cargo test", "cargo test -p store", false),
            ("git push origin *", "git push other", false),
            ("rm build/*", "rm build/a", true),
            ("rm build/*", "rm build/a/b", false),
            ("rm build/*", "rm build/a b", false),
            ("npm run lint:*", "npm run lint:css", true),
            ("rm build/**", "rm build/a", true),
            ("rm build/**", "rm build/a/b", false),
            ("cat ** x", "cat a/b x", false),
            ("rm build/*", "rm build/..", false),
            ("rm build/*", "rm build/...", true),
            ("rm build/*/../x", "rm build/a/../x", true),
            ("curl http://a/b?c=*", "curl http://a/b?c=d", true),
            ("curl http://a/b?c=*", "curl http://a/bXc=d", false),
            ("ls [ab]", "ls [ab]", true),
            ("ls [ab]", "ls a", false),
            ("ls {a,b}", "ls {a,b}", true),
            ("ls {a,b}", "ls a", false),
            ("ls a?", "ls ab", false),
            (r"ls \*", "ls *", true),
            (r"ls \*", "ls a", false),
            (r"ls \**", "ls *a", true),
            (r"grep a\d *", r"grep a\d x", true),
            ("[ -f *", "[ -f x", true),
        ] {
            let parsed = GrantPattern::parse(pattern).unwrap();
            assert_eq!(
                parsed.matches_text(command),
                wanted,
                "{pattern} on {command}"
            );
        }
    }

    #[test]
    fn a_pattern_names_its_program_and_says_what_follows() {
        for text in ["", "*", "* -rf", "r* x", "rm"] {
            assert!(GrantPattern::parse(text).is_err(), "{text}");
        }
    }
}
