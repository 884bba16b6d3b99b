//! Patterns of the rules that answer for other gateways, word by word as those of the policy's rules: `*` in a word stands
//! for any of its letters, `**` for any number of words. Their words are read from a text alone, so that nothing in them
//! is known to be unknown, and there are no expressions.

/// More words than a person writes.
const MOST_WORDS: usize = 64;

/// The pattern of a rule that answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AnswerPattern<'a> {
    words: Vec<&'a str>,
}

impl<'a> AnswerPattern<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, &'static str> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(program) = words.first() else {
            return Err("a pattern names a command");
        };
        if program.chars().all(|letter| letter == '*') {
            return Err("a pattern names a program: it cannot begin with a star alone");
        }
        if words.len() > MOST_WORDS {
            return Err("a pattern has too many words");
        }
        Ok(Self { words })
    }

    /// It is exactly this command, by this name.
    pub(super) fn is(&self, argv: &[String]) -> bool {
        matches(&self.words, argv)
    }

    /// It is this command, by whatever path its program is called, or begins with it.
    pub(super) fn names(&self, argv: &[String]) -> bool {
        let Some((program, rest)) = argv.split_first() else {
            return false;
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        let (first, words) = (self.words[0], &self.words[1..]);
        (glob(first, program) || glob(first, name)) && begins(words, rest)
    }
}

fn matches(words: &[&str], argv: &[String]) -> bool {
    let mut reach = reach(words, argv);
    reach.pop().unwrap_or(false)
}

/// The pattern is used up somewhere in the command.
fn begins(words: &[&str], argv: &[String]) -> bool {
    (0..=argv.len()).any(|end| matches(words, &argv[..end]))
}

/// For each number of words of the pattern's beginning, whether it matches the whole of `argv`.
fn reach(words: &[&str], argv: &[String]) -> Vec<bool> {
    let mut here = vec![false; words.len() + 1];
    here[0] = true;
    for (index, word) in words.iter().enumerate() {
        here[index + 1] = here[index] && *word == "**";
    }
    for given in argv {
        let mut next = vec![false; words.len() + 1];
        for (index, word) in words.iter().enumerate() {
            next[index + 1] = if *word == "**" {
                here[index + 1] || next[index]
            } else {
                here[index] && glob(word, given)
            };
        }
        here = next;
    }
    here
}

/// Whether a word matches, with `*` for any number of letters.
pub(super) fn glob(pattern: &str, word: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = word.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(pattern: &str, command: &str, is: bool, names: bool) {
        let read = AnswerPattern::read(pattern).unwrap();
        let argv = argv(command);
        assert_eq!(
            (read.is(&argv), read.names(&argv)),
            (is, names),
            "{pattern} on {command}"
        );
    }

    #[test]
    fn a_star_is_a_word_and_two_are_any_number() {
        check("npm test **", "npm test", true, true);
        check("npm test **", "npm test -- --grep x", true, true);
        check("npm *", "npm test", true, true);
        check("npm *", "npm run x", false, true);
        check(
            "git push ** --force **",
            "git push origin main --force",
            true,
            true,
        );
        check(
            "git push ** --force **",
            "git push origin main",
            false,
            false,
        );
        check(
            "git push --force*",
            "git push --force-with-lease",
            true,
            true,
        );
    }

    #[test]
    fn a_path_to_the_program_escapes_no_refusal_and_gains_no_allowance() {
        check("rm **", "/bin/rm -rf x", false, true);
        check("rm", "rm -rf x", false, true);
    }

    #[test]
    fn a_pattern_names_a_program() {
        assert!(AnswerPattern::read("  ").is_err());
        assert!(AnswerPattern::read("** --force").is_err());
        assert!(AnswerPattern::read("* x").is_err());
    }

    #[test]
    fn stars_within_a_word_match_around_what_is_given() {
        assert!(glob("*.log", "a.log") && glob("a*c*e", "abcde") && glob("*", ""));
        assert!(!glob("a*a", "a") && !glob("ab", "abc") && !glob("*b", "abc"));
    }
}
