//! Files that name commands, where the line itself wrote them: `printf … > Makefile && make`.
//!
//! That they run is asked about anyway. Here is only looked for what would be denied.

use super::super::judge::{Input, Judge};
use super::super::scope::{Flow, Scope};
use crate::place;
use crate::word::Word;

/// More lines of a file are not looked at.
const MOST_LINES: usize = 128;

/// Files of another language than a shell's, by their names.
const IN_RUBY: &[&str] = &["Rakefile", "rakefile", "Thorfile"];

impl Judge<'_> {
    /// Denies what a command in the file would be denied for.
    pub(super) fn recipes(&mut self, path: &str, scope: &Scope) {
        let held = self.files.get(path).and_then(|held| held.text.known());
        let Some(text) = held.map(str::to_owned) else {
            return;
        };
        let named = place::name(path);
        let code = if IN_RUBY.contains(&named) || named.ends_with(".rake") {
            Some(["ruby", "-e", &text].map(Word::from).to_vec())
        } else {
            self.as_code(&Word::from(path), scope)
        };
        if let Some(argv) = code {
            return self.denied_aside(scope, |judge, inner| {
                judge.unshadowed(argv, inner, &Input::inherited(), Flow::default());
            });
        }
        // make runs these as it reads the file.
        let read = text.split("$(shell ").skip(1).take(MOST_LINES);
        let read = read.filter_map(|rest| rest.lines().next()?.rsplit_once(')'));
        for (line, _) in read {
            self.denied_aside(scope, |judge, inner| {
                judge.text(line, inner, &Input::inherited());
            });
        }
        for line in text.lines().take(MOST_LINES).filter_map(command_of) {
            self.denied_aside(scope, |judge, inner| {
                judge.text(&line, inner, &Input::inherited());
            });
        }
    }
}

/// The command that a line holds: what is indented, what stands behind `target:;`, an entry of a list.
fn command_of(line: &str) -> Option<String> {
    let indented = line.starts_with([' ', '\t']);
    let rest = match line.split_once(':') {
        Some((_, rest)) if rest.trim_start().starts_with(';') && !indented => {
            rest.trim_start().trim_start_matches(';')
        }
        _ if indented => line,
        _ => return None,
    };
    let rest = rest.trim().trim_start_matches(['@', '-', '+', ' ']);
    let rest = ["cmd:", "sh:"]
        .iter()
        .find_map(|key| rest.strip_prefix(key))
        .unwrap_or(rest);
    let rest = rest.trim().trim_matches(['"', '\'']);
    let shell = rest.replace("$(HOME)", "$HOME").replace("$$", "$");
    (!shell.is_empty()).then_some(shell)
}
