//! What is wrong with a policy, said so that it can be put right: where, what, and what was probably meant.

use serde::Serialize;
use specta::Type;

/// Whether a document with it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can be used; it may not do what was meant.
    Warning,
    /// It is refused, all of it.
    Error,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub severity: Severity,
    /// `rules[2].match.command`; `roles` for the text in Cedar; empty for the document as a whole.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl Problem {
    /// That a file as a whole cannot be used.
    pub fn of_file(name: &str, message: String) -> Self {
        Self {
            severity: Severity::Error,
            path: name.to_owned(),
            line: 1,
            column: 1,
            message,
            suggestion: None,
        }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}:{}: {severity}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " (did you mean {suggestion}?)"),
            None => Ok(()),
        }
    }
}

/// Longer than any word that is known.
const LONGEST: usize = 64;

/// The known word that is nearest, when it is near enough to be a slip: a third of its letters added, taken away, changed
/// or swapped with the next.
pub fn nearest<'a>(known: impl IntoIterator<Item = &'a str>, typed: &str) -> Option<String> {
    let folded: String = typed
        .chars()
        .take(LONGEST)
        .collect::<String>()
        .to_lowercase();
    let (distance, word) = known
        .into_iter()
        .map(|word| (strsim::osa_distance(&word.to_lowercase(), &folded), word))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count().max(3) / 3).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let known = ["command", "tool", "verdict", "notCommand"];
        for (typed, meant) in [
            ("comand", Some("command")),
            ("commnad", Some("command")),
            ("Verdict", Some("verdict")),
            ("notcommand", Some("notCommand")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(known, typed).as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn a_problem_reads_as_a_compiler_says_it() {
        let problem = Problem {
            severity: Severity::Error,
            path: "rules[0].verdit".to_owned(),
            line: 3,
            column: 5,
            message: "is not a key of a rule".to_owned(),
            suggestion: Some("verdict".to_owned()),
        };
        assert_eq!(
            problem.to_string(),
            "3:5: error: rules[0].verdit: is not a key of a rule (did you mean verdict?)"
        );
    }
}
