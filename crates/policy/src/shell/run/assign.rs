//! Assignments, judged as the table judges them.

use super::super::judge::Judge;
use super::super::scope::{Scope, pieces_of, word_of};
use crate::programs::{self, Invocation, Stdin};
use crate::word::{Piece, Word};

/// Names that are not exported and yet decide what the shell does.
const OF_THE_SHELL: &[&str] = &[
    "PATH",
    "IFS",
    "CDPATH",
    "GLOBIGNORE",
    "HISTFILE",
    "HISTSIZE",
    "HISTFILESIZE",
    "HISTCONTROL",
    "HISTIGNORE",
    "PROMPT_COMMAND",
    "PS4",
    "PS0",
    "PS1",
    "BASH_ENV",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "HOME",
    "FPATH",
];

/// What bash calculates whenever it is set.
const INTEGERS: &[&str] = &[
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "OPTIND",
    "OPTERR",
    "LINENO",
    "EPOCHSECONDS",
];

impl Judge<'_> {
    /// A variable that a command gets: any name that decides what runs counts.
    pub(super) fn check_exported(&mut self, name: &str, value: &Word, scope: &Scope) {
        let mut pieces = vec![Piece::Text(format!("{name}="))];
        pieces.extend(pieces_of(value));
        let invocation = Invocation {
            argv: vec![Word::from("export"), word_of(pieces)],
            cwd: scope.folder().map(str::to_owned),
            stdin: Stdin::Inherited,
        };
        let reading = programs::read(&invocation, self.world);
        for finding in reading.findings {
            self.finding(finding);
        }
        self.run_all(
            reading.runs,
            scope,
            &super::super::judge::Input::inherited(),
            Default::default(),
        );
    }

    fn set_to_a_number(&mut self, value: &Word, scope: &Scope) {
        let scope = &mut scope.clone();
        if value.known().is_some_and(|text| text.contains('[')) {
            self.calculated(value, scope);
        } else {
            self.arithmetic_text(value, scope, 1);
        }
    }

    /// A variable of the shell. What is not exported is seen by the shell alone, unless the environment has one of
    /// that name; names in capitals may be such.
    pub(super) fn check_assignment(&mut self, name: &str, value: &Word, scope: &Scope) {
        if INTEGERS.contains(&name) {
            self.set_to_a_number(value, scope);
        }
        let capital = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        if OF_THE_SHELL.contains(&name) || (capital && name.len() > 2) {
            self.check_exported(name, value, scope);
        }
    }
}
