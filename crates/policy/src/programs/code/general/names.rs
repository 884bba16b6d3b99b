//! A name in the code, and what it means that it stands there.

use super::arguments::is_arguments;
use super::{Language, Token, Walker, hidden};
use crate::programs::code::words::{
    DECODES, ENVIRONMENT, EVALS, EXEC, NETWORK, RUNS, SIGNALS, TABLES, is_call, is_deed, is_keyword,
};
use crate::verdict::Verdict;

#[rustfmt::skip]
const ELSEWHERE: &[&str] = &[
    "cmd", "callCommand", "callProcess", "readProcess", "readProcessWithExitCode", "rawSystem", "createProcess", "program", "execCmd",
    "execShellCmd", "execCmdEx", "execProcess", "process", "open_port", "system2", "shelltool", "getProcessOutput",
];

impl Walker<'_, '_> {
    pub(super) fn named(&mut self, at: usize, name: &str) {
        let bound = self.bound;
        let name = bound.original(name);
        // `CORE::system`, `File::Copy::copy`
        let name = match name.rsplit_once("::") {
            Some((_, last)) if is_deed(last) => last,
            _ => name,
        };
        let attribute = self.source.is_attribute(at);
        let called = self.is_called(at, name, attribute);
        self.seen.loops |= matches!(name, "while" | "for" | "loop" | "until");
        self.seen.home |= hidden::is_home(name);
        self.seen.arguments |= is_arguments(name);
        if self.brings_in(at, name) || self.is_key(at, attribute) {
            return;
        }
        if self.calls_a_variable(at, name) || self.gives_arguments(at, name) {
            return;
        }
        if self.reaches(at, name, called, attribute) || self.files(at, name, called, attribute) {
            return;
        }
        self.strange(name, called);
    }

    /// A key is only a name: `{"a": run}` has one that is not, `{run: 1}` has one that is.
    fn is_key(&self, at: usize, attribute: bool) -> bool {
        self.language == Language::Node
            && self.sign(at + 1) == ':'
            && !attribute
            && matches!(self.source.before(at), '{' | ',')
    }

    fn is_called(&self, at: usize, name: &str, attribute: bool) -> bool {
        let next = self.source.get(at + 1);
        if self.sign(at + 1) == '(' {
            return true;
        }
        let same_line = !self.source.begins_line(at + 1);
        let given = matches!(
            next,
            Some(Token::Text(_) | Token::Template(..) | Token::Name(_))
        );
        match self.language {
            Language::Perl | Language::Php if given => true,
            Language::Ruby if given && same_line => true,
            Language::Lua | Language::Other => matches!(next, Some(Token::Text(_))),
            Language::Node => {
                matches!(next, Some(Token::Template(..))) && same_line && is_deed(name)
            }
            Language::Perl | Language::Ruby => {
                is_deed(name) && !attribute && !self.is_only_named(at, name)
            }
            _ => false,
        }
    }

    /// Whether a name in Perl or Ruby is a key, a symbol, a variable or defined here, and not a call.
    fn is_only_named(&self, at: usize, name: &str) -> bool {
        let source = self.source;
        let before = at.checked_sub(1).and_then(|at| source.name(at));
        if matches!(before, Some("sub" | "def" | "package" | "alias")) {
            return true;
        }
        let key = source.before(at) == '{'
            && source.sign(at + 1) == '}'
            && at > 1
            && (matches!(source.sign(at - 2), '>' | ']' | '}')
                || source
                    .name(at - 2)
                    .is_some_and(|name| name.starts_with(['$', '@', '%'])));
        let assigned = source.sign(at + 1) == '=' && !matches!(source.sign(at + 2), '=' | '~');
        let pair =
            source.sign(at + 1) == ':' && source.sign(at + 2) != ':' && source.before(at) != '?';
        let symbol =
            source.before(at) == ':' && at > 1 && !matches!(source.sign(at - 2), '&' | ':');
        key || assigned
            || self.language == Language::Ruby && (pair || symbol || self.bound.is_variable(name))
    }

    /// Names that run a command in a language without a table of its own: Erlang, Elixir, Haskell, Lisp, Nim.
    fn runs_elsewhere(&self, name: &str) -> bool {
        self.language == Language::Other && ELSEWHERE.contains(&name)
    }

    /// What a name reaches beyond the program, files left out.
    fn reaches(&mut self, at: usize, name: &str, called: bool, attribute: bool) -> bool {
        if self.database(at, name) {
            return true;
        }
        if DECODES.contains(&name) || name == "Buffer" {
            self.seen.decodes = true;
        } else if self.language == Language::Node && name == "process" {
            self.process(at);
        } else if (called || attribute)
            && (RUNS.contains(&name)
                || EXEC.contains(&name)
                || self.runs_elsewhere(name)
                || name == "Command" && self.module_before(at) == Some("Deno"))
        {
            self.runs(at, name);
        } else if matches!(name, "make_archive" | "tarfile" | "zipfile") {
            // What is packed is named by a text somewhere.
            self.seen.packs = true;
            return false;
        } else if TABLES.contains(&name) && self.names_an_address(at) {
            self.seen.fetches = true;
        } else if matches!(name, "child_process" | "subprocess") {
            self.seen.runs_unknown = true;
            self.reader
                .ask("code-command", "Its code may run a command.");
        } else if NETWORK.contains(&name) && !self.plain_word(at, name) {
            self.seen.network = true;
        } else if EVALS.contains(&name) {
            let evals = !self.harmless_load(at, name);
            self.seen.evals |= evals;
            self.seen.fetches |= evals && self.names_an_address(at);
        } else if ENVIRONMENT.contains(&name) {
            self.reader.out.io.emits_secret = true;
            self.seen.environment |= self.is_whole(at);
            self.credential(at);
            self.reader.ask(
                "print-environment",
                "Its code reads variables, credentials among them.",
            );
        } else if SIGNALS.contains(&name) && (called || attribute) {
            self.signals(at);
        } else {
            return false;
        }
        true
    }

    /// `dict(os.environ)`, `ENV.to_h`: the environment as a whole, not one variable of it.
    fn is_whole(&self, at: usize) -> bool {
        let next = (self.sign(at + 1), self.name(at + 2));
        match next {
            (')' | ',', _) => true,
            ('.', Some(method)) => matches!(
                method,
                "items" | "copy" | "values" | "to_h" | "to_hash" | "inspect" | "to_json" | "to_a"
            ),
            _ => false,
        }
    }

    /// A call that is not known to be harmless, and names that reach into the language itself.
    fn strange(&mut self, name: &str, called: bool) {
        let plain = [
            "__name__",
            "__main__",
            "__file__",
            "__version__",
            "__doc__",
            "__init__",
            "__len__",
        ];
        let keyword = name.starts_with(['$', '@', '%']) || is_keyword(name);
        if called && !is_call(name) && !self.bound.is_function(name) && !keyword {
            let text = format!("Its code calls {name}, which is not known to be harmless.");
            self.reader.find(Verdict::Ask, "inline-code", text);
            // It may read what it is given.
            self.seen.reads_unknown = true;
        } else if name.starts_with("__") && name.ends_with("__") && !plain.contains(&name) {
            self.seen.evals = true;
        }
    }
}
