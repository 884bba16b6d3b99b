//! Credentials of the environment: who may be handed one, and who would show it.

use super::super::judge::{Input, Judge};
use super::super::scope::Flow;
use super::flows::reaches_out;
use crate::place;
use crate::programs::{Reading, Runs};
use crate::word::Word;

/// They look at what they are given, or keep it, and show nothing of it.
#[rustfmt::skip]
const KEEP: &[&str] = &[
    ":", "true", "false", "test", "[", "export", "declare", "typeset", "local", "readonly", "integer", "float", "set",
    "shift", "unset", "read", "mapfile", "readarray", "getopts", "let", "return", "exit", "wc", "cd", "wait", "sleep",
];

/// Options that say what is sent: `curl -d`, `wget --post-data`.
#[rustfmt::skip]
const BODIES: &[&str] = &[
    "-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--data-urlencode", "--json", "-F", "--form",
    "--form-string", "--post-data", "--body-data",
];

impl Judge<'_> {
    /// Judges a credential among the words or in the input of a command.
    pub(super) fn credentials(
        &mut self,
        reading: &Reading,
        argv: &[Word],
        input: &Input,
        words: Flow,
    ) {
        let shown = reading.io.prints_arguments && words.environment;
        if shown || reading.io.passes_input && input.flow.credential {
            return self.deny(
                "print-credential",
                "It prints a credential of the environment.",
            );
        }
        let name = argv.first().and_then(Word::known).unwrap_or_default();
        // What it runs in turn is judged for itself, where it is a command.
        let hands_on = |run: &Runs| !matches!(run, Runs::File { .. } | Runs::Code { .. });
        let quiet = KEEP.contains(&place::name(name)) || reading.runs.iter().any(hands_on);
        let given = words.credential || input.flow.credential;
        if given && !quiet && !reaches_out(reading) {
            self.ask(
                "print-credential",
                "It hands a credential of the environment to a program that may show it.",
            );
        }
    }

    /// Whether a credential is what a command sends, and not what lets it in.
    pub(super) fn sends_a_credential(&self, argv: &[Word], words: Flow) -> bool {
        let flows = self.flows_of(argv, words);
        let credential = |at: usize| flows.get(at).is_some_and(|flow| flow.credential);
        let is_body = |word: &Word| word.known().is_some_and(|text| BODIES.contains(&text));
        let joined = |word: &Word| {
            let text = word.prefix();
            let long = text.split_once('=').map_or(text, |(name, _)| name);
            BODIES.iter().any(|body| match body.len() {
                2 => text.len() > 2 && text.starts_with(body),
                _ => text.len() > long.len() && long == *body,
            })
        };
        let apart = |at: usize| at > 0 && is_body(&argv[at - 1]);
        let words = argv.iter().enumerate().skip(1);
        let bodies = words.filter(|(at, word)| apart(*at) || joined(word));
        bodies.into_iter().any(|(at, _)| credential(at))
    }
}
