//! The value of a name.

use super::super::judge::{Guess, Judge};
use super::super::scope::{Flow, Guessed, Scope, Value};
use crate::programs::{GATEWAY_PROCESS, is_credential};
use crate::word::Word;

impl Judge<'_> {
    /// The value of a variable; no words where it is not set, or not known to be.
    pub(in crate::shell) fn variable(&mut self, name: &str, scope: &Scope) -> Value {
        let name = scope.referred(name);
        if let Some(value) = scope.variables.get(name) {
            return self.guessed_value(value);
        }
        let known = |text: &str| Value::scalar(Word::Known(text.to_owned()));
        let folder = scope.folder();
        match name {
            "HOME" => known(&self.world.home),
            "PWD" => folder.map_or_else(|| Value::unknown("$PWD"), known),
            "OLDPWD" => match &scope.previous {
                Some(folder) => known(folder),
                None => Value::unknown("$OLDPWD"),
            },
            "USER" | "LOGNAME" => known(&self.world.user),
            "TMPDIR" => match self.world.tmp.first() {
                Some(tmp) => known(tmp),
                None => Value::unknown("$TMPDIR"),
            },
            "IFS" => known(" \t\n"),
            "BASH_SUBSHELL" | "SHLVL" | "UID" | "EUID" | "RANDOM" | "SRANDOM" | "SECONDS"
            | "LINENO" | "EPOCHSECONDS" => Value::unknown(crate::word::NUMBER),
            "OPTIND" | "BASHPID" | "EPOCHREALTIME" | "HOSTNAME" | "BASH" | "BASH_VERSION"
            | "MACHTYPE" | "OSTYPE" | "HOSTTYPE" | "PATH" | "REPLY" | "COLUMNS" | "LINES" | "_"
            | "BASH_COMMAND" | "PIPESTATUS" | "BASH_REMATCH" | "SHELL" | "LANG" => {
                Value::unknown(&format!("${name}"))
            }
            // What starts the shell is what governs the agent.
            "PPID" => Value::unknown(GATEWAY_PROCESS),
            _ => self.environment(name),
        }
    }

    fn guessed_value(&mut self, value: &Value) -> Value {
        if let (Some((word, guessed)), Guess::Empty) = (&value.guess, self.guess) {
            self.guessed.empty |= guessed.empty;
            self.guessed.default |= guessed.default;
            let mut value = value.clone();
            value.words = vec![word.clone()];
            return value;
        }
        if let Some((_, guessed)) = &value.guess {
            self.guessed.empty |= guessed.empty;
            self.guessed.default |= guessed.default;
        }
        value.clone()
    }

    fn environment(&self, name: &str) -> Value {
        let mut value = match self.world.variables.get(name) {
            Some(text) => Value::scalar(Word::Known(text.clone())),
            None => Value {
                words: Vec::new(),
                array: false,
                keys: None,
                flow: Flow::default(),
                guess: None,
            },
        };
        value.flow.environment = is_credential(name);
        value.flow.credential = value.flow.environment;
        value
    }

    /// Remembers that something was taken for granted.
    pub(super) fn note(&mut self, guessed: Guessed) {
        self.guessed.empty |= guessed.empty;
        self.guessed.default |= guessed.default;
    }
}
