//! Scripts of other languages that the line itself wrote: `echo … > x.py; python3 x.py`.

use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope};
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
