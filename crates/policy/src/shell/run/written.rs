//! Scripts of other languages that the line itself wrote: `echo … > x.py; python3 x.py`.

use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope};
use crate::programs::{begins_unknown, code};
use crate::verdict::Verdict;
use crate::word::Word;

/// What runs a script of a kind, with the code as an argument.
const BY_KIND: &[(&str, &str, &str)] = &[
    ("py", "python3", "-c"),
    ("js", "node", "-e"),
    ("mjs", "node", "-e"),
    ("cjs", "node", "-e"),
    ("ts", "node", "-e"),
    ("rb", "ruby", "-e"),
    ("pl", "perl", "-e"),
    ("php", "php", "-r"),
    ("lua", "lua", "-e"),
];

impl Judge<'_> {
    /// The command that does what a script does, where the line wrote it and its text is known.
    pub(super) fn as_code(&self, path: &Word, scope: &Scope) -> Option<Vec<Word>> {
        let path = self.absolute(path.known()?, scope)?;
        let held = self.files.get(&path)?;
        if held.flow.network || held.flow.decoded {
            return None;
        }
        let text = held.text.known()?;
        let (_, kind) = path.rsplit_once('.')?;
        let (_, program, option) = BY_KIND.iter().find(|(name, ..)| *name == kind)?;
        let text = match text.strip_prefix("#!") {
            Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
            None => text,
        };
        let words = [program, option, text];
        Some(words.into_iter().map(Word::from).collect())
    }

    /// The same, where nothing is found in it: neither in the folder at hand, nor in that of the script, where it looks for
    /// modules.
    pub(super) fn as_harmless_code(
        &mut self,
        path: &Word,
        args: &[Word],
        scope: &Scope,
        input: &Input,
        flow: Flow,
    ) -> Option<Vec<Word>> {
        let mut argv = self.as_code(path, scope)?;
        let path = self.absolute(path.known()?, scope)?;
        let held = self.files.get(&path)?;
        let text = held.text.known()?;
        let (_, kind) = path.rsplit_once('.')?;
        let body = text.strip_prefix("#!").map_or(text, |rest| {
            rest.split_once('\n').map_or("", |(_, body)| body)
        });
        if held.flow.turned || !is_read_as_it_stands(text) || !code::hides_nothing(body, kind) {
            return None;
        }
        // All that follows the code of Python is the code's own.
        let option = |word: &Word| word.prefix().starts_with('-') || begins_unknown(word);
        if argv.first().and_then(Word::known) != Some("python3") && args.iter().any(option) {
            return None;
        }
        argv.extend_from_slice(args);
        let mut beside = scope.clone();
        beside.folders = vec![path.rsplit_once('/').map(|(folder, _)| folder.to_owned())];
        for place in [scope, &beside] {
            let found = self.aside(place, |judge, inner| {
                judge.unshadowed(argv.clone(), inner, input, flow);
            })?;
            if found.iter().any(|finding| finding.verdict > Verdict::Allow) {
                return None;
            }
        }
        Some(argv)
    }

    /// Denies a script for what its code does with what it is called with.
    pub(super) fn denied_with(
        &mut self,
        path: &Word,
        args: &[Word],
        scope: &Scope,
        input: &Input,
        flow: Flow,
    ) {
        if let Some(mut argv) = self.as_code(path, scope).filter(|_| !args.is_empty()) {
            argv.extend_from_slice(args);
            self.denied_aside(scope, |judge, inner| {
                judge.unshadowed(argv, inner, input, flow);
            });
        }
    }

    /// Asks about such a script, and denies it for what its code is denied for.
    pub(super) fn run_code(
        &mut self,
        argv: Vec<Word>,
        scope: &Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        self.ask("write-run", "It runs a file that was just written.");
        self.denied_aside(scope, |judge, inner| {
            judge.unshadowed(argv, inner, input, flow);
        });
        Output::unknown(flow)
    }
}

/// Whether an interpreter reads a file as its text is read here: no line says how it is spelled or with which options it
/// is run, and no sign ends a line for one of them alone.
fn is_read_as_it_stands(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    let plain = match first.strip_prefix("#!") {
        Some(line) => match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["/usr/bin/env", program] => !program.contains('='),
            [_] => true,
            _ => false,
        },
        None => true,
    };
    let coded = |line: &str| line.contains("coding");
    let breaks = ['\r', '\0', '\u{85}', '\u{2028}', '\u{2029}'];
    plain && !coded(first) && !coded(second) && !text.contains(breaks)
}
