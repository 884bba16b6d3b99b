//! Text that cannot be read as a whole: asked about, and denied where a catastrophe shows in a part of it.

use super::judge::{Input, Judge};
use super::parser::Unread;
use super::prescan;
use super::report::Report;
use super::scope::Scope;
use crate::programs::foreign;
use crate::verdict::Verdict;

/// More parts than this are not looked at.
const MOST_PARTS: usize = 64;
/// From so many lines back it is read up to there.
const MOST_BEGINNINGS: usize = 16;
/// Only so much of a text is looked at in parts.
const MOST_TEXT: usize = 8 * 1024;

/// From so many places on a text is read as another shell's.
const MOST_FOREIGN: usize = 16;
const SEPARATORS: [char; 9] = [';', '&', '|', '\n', '(', ')', '{', '}', '`'];

const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "for", "case", "esac",
    "in", "!", "{", "}", "time", "function", "select",
];

impl Judge<'_> {
    /// Asks about a text that is not read, and looks at its parts.
    pub(super) fn unreadable(&mut self, text: &str, why: &Unread) {
        self.ask(
            "unreadable",
            &format!(
                "It cannot be read as a command: {}.",
                why.0.trim_end_matches('.')
            ),
        );
        // A line that goes on is one line.
        let begin: String = text.chars().take(MOST_TEXT).collect();
        let begin = begin.replace("\\\n", "");
        self.parts_of(&begin);
        self.foreign_parts(&begin);
    }

    /// It may be meant for another shell, as a whole or from some place on.
    fn foreign_parts(&mut self, text: &str) {
        let inner = text
            .match_indices(SEPARATORS)
            .map(|(at, found)| at + found.len());
        let starts = std::iter::once(0).chain(inner).take(MOST_FOREIGN);
        let texts = starts.map(|start| text[start..].trim_start());
        for finding in foreign::denied(texts, self.world) {
            self.finding(finding);
        }
    }

    fn parts_of(&mut self, text: &str) {
        let outer = std::mem::take(&mut self.report);
        let placed = std::mem::replace(&mut self.placed, false);
        // What runs before the shell comes to the part that it cannot read.
        let ends = text.match_indices('\n').rev().take(MOST_BEGINNINGS);
        let mut beginnings = ends.map(|(end, _)| &text[..end]);
        beginnings.any(|beginning| self.readable_part(beginning));
        // Then what may be whole lists and pipelines, then every command by itself.
        let lists = text.split(['\n', ';']);
        let lists = lists.flat_map(|part| part.split("&&").flat_map(|part| part.split("||")));
        let lists = lists.take(MOST_PARTS);
        for part in lists.chain(text.split(SEPARATORS).take(MOST_PARTS)) {
            let words: Vec<&str> = part
                .split_ascii_whitespace()
                .skip_while(|word| KEYWORDS.contains(word))
                .collect();
            self.readable_part(&words.join(" "));
        }
        self.placed = placed;
        let parts: Report = std::mem::replace(&mut self.report, outer);
        for finding in parts.findings {
            if finding.verdict == Verdict::Deny {
                self.finding(finding);
            }
        }
    }

    /// Judges a part by itself. False where it cannot be read either.
    fn readable_part(&mut self, part: &str) -> bool {
        if part.trim().is_empty() || prescan::scan(part).is_err() {
            return false;
        }
        let script = self
            .parse(part)
            .or_else(|_| self.parse(&part.replace(['"', '\''], "")));
        let Ok(script) = script else {
            return false;
        };
        let mut scope = Scope::new(self.world);
        self.script(&script, &mut scope, &Input::inherited());
        true
    }
}
