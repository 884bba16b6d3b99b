//! The words that the table of programs is written in: a program, its options, what each of its arguments is.
//!
//! A table holds data; what data cannot say is a function beside it (`also`).

use super::options::Parsed;
use super::reader::Reader;
use crate::effect::EffectKind;
use crate::place::Access;
use crate::verdict::Verdict;

use super::Io;
use super::code::Language;

/// One program, or one sub-command of a program.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    /// Its names, separated by blanks.
    pub(crate) names: &'static str,
    pub(crate) grammar: Grammar,
    pub(crate) options: &'static [Opt],
    /// Options that other programs of its kind share.
    pub(crate) shared: &'static [Opt],
    pub(crate) operands: Operands,
    /// Whether an option that is not in the table asks: its options can write or run.
    pub(crate) strict: bool,
    pub(crate) says: Option<Says>,
    pub(crate) io: Io,
    pub(crate) also: Option<fn(&Parsed, &mut Reader<'_>)>,
    pub(crate) subs: &'static [Program],
    /// Whether a sub-command that is not in the table is harmless.
    pub(crate) open: bool,
}

/// What using it means, whatever its arguments.
#[derive(Clone, Copy)]
pub(crate) struct Says {
    pub(crate) verdict: Verdict,
    pub(crate) kind: EffectKind,
    pub(crate) code: &'static str,
    /// A phrase that goes on from "It": "installs packages".
    pub(crate) text: &'static str,
}

/// How options are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// `getopt_long`: clusters, abbreviations, options anywhere before `--`.
    Gnu,
    /// The same, but the first operand ends the options: what follows is someone else's.
    Stops,
    /// One dash before whole words: `-name value`, `-out=file`.
    Single,
    /// The same, and the first operand ends them.
    SingleStops,
    /// Everything is an operand.
    Plain,
    /// The first word is a cluster, with or without a dash: `tar xf`.
    Tar,
    /// `if=FILE of=FILE`.
    Equals,
}

#[derive(Clone, Copy)]
pub(crate) struct Opt {
    /// Its spellings, separated by blanks.
    pub(crate) names: &'static str,
    pub(crate) takes: Takes,
    pub(crate) act: Act,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// Only when it is joined to the option.
    Joined,
    /// A value, and what follows is no option any more: `python -c CODE …`.
    Last,
    /// All that follows, which is another program's, as behind `--`.
    Rest,
}

/// What an argument is, and so what it does.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Text, a number, a pattern: nothing is done to what it names.
    Nothing,
    Path(Access),
    Host,
    /// A line for a shell.
    Shell,
    /// A program's name or path.
    Program,
    /// A file that is run, by an interpreter or as it is.
    Script,
    Code(Language),
    /// A file of code.
    CodeFile(Language),
    Ask(&'static str, &'static str),
    Deny(&'static str, &'static str),
}

/// What the arguments that are not options are.
#[derive(Clone, Copy)]
pub(crate) enum Operands {
    Each(Act),
    /// The first, and the others.
    First(Act, Act),
    /// The first unless one of these options is given, and the others: `grep PATTERN FILE`, `grep -e PATTERN FILE`.
    FirstUnless(&'static str, Act, Act),
    /// All but the last, and the last.
    Last(Act, Act),
    /// A command, after so many operands of its own.
    Command(usize),
}

pub(crate) const READ: Act = Act::Path(Access::Read);
pub(crate) const READ_ALL: Act = Act::Path(Access::ReadAll);
pub(crate) const LIST: Act = Act::Path(Access::List);
pub(crate) const WRITE: Act = Act::Path(Access::Write);
pub(crate) const APPEND: Act = Act::Path(Access::Append);
pub(crate) const CREATE: Act = Act::Path(Access::Create);
pub(crate) const DELETE: Act = Act::Path(Access::Delete);
pub(crate) const TEXT: Act = Act::Nothing;

pub(crate) const NO_IO: Io = Io {
    emits_secret: false,
    emits_network: false,
    decodes: false,
    sends_input: false,
    runs_input: false,
    passes_input: false,
    prints_arguments: false,
    names_files: false,
    names_all: false,
    names_secrets: false,
    names_critical: false,
};
pub(crate) const PASSES: Io = Io {
    passes_input: true,
    ..NO_IO
};
pub(crate) const PRINTS: Io = Io {
    prints_arguments: true,
    ..NO_IO
};
/// What it reads and what it is told are in what it writes: filters that take values as arguments.
pub(crate) const FILTERS: Io = Io {
    passes_input: true,
    prints_arguments: true,
    ..NO_IO
};
pub(crate) const DECODES: Io = Io {
    decodes: true,
    passes_input: true,
    ..NO_IO
};
pub(crate) const NETWORK: Io = Io {
    emits_network: true,
    sends_input: true,
    ..NO_IO
};
pub(crate) const FETCHES: Io = Io {
    emits_network: true,
    ..NO_IO
};
pub(crate) const SENDS: Io = Io {
    sends_input: true,
    ..NO_IO
};
pub(crate) const RUNS: Io = Io {
    runs_input: true,
    ..NO_IO
};
pub(crate) const SECRET: Io = Io {
    emits_secret: true,
    ..NO_IO
};
pub(crate) const NAMES: Io = Io {
    names_files: true,
    ..NO_IO
};

/// Options without a value and without an effect.
pub(crate) const fn flags(names: &'static str) -> Opt {
    Opt {
        names,
        takes: Takes::Nothing,
        act: Act::Nothing,
    }
}

/// Options without a value that do something.
pub(crate) const fn flag(names: &'static str, act: Act) -> Opt {
    Opt {
        names,
        takes: Takes::Nothing,
        act,
    }
}

/// Options with a value.
pub(crate) const fn value(names: &'static str, act: Act) -> Opt {
    Opt {
        names,
        takes: Takes::Value,
        act,
    }
}

/// Options with a value that must be joined.
pub(crate) const fn joined(names: &'static str, act: Act) -> Opt {
    Opt {
        names,
        takes: Takes::Joined,
        act,
    }
}

/// Options behind which everything is another program's.
pub(crate) const fn rest(names: &'static str) -> Opt {
    Opt {
        names,
        takes: Takes::Rest,
        act: TEXT,
    }
}

/// Options with a value, behind which everything is an operand.
pub(crate) const fn last(names: &'static str, act: Act) -> Opt {
    Opt {
        names,
        takes: Takes::Last,
        act,
    }
}

/// A program that reads its operands as text, until more is said of it.
pub(crate) const fn program(names: &'static str) -> Program {
    Program {
        names,
        grammar: Grammar::Gnu,
        options: &[],
        shared: &[],
        operands: Operands::Each(Act::Nothing),
        strict: false,
        says: None,
        io: NO_IO,
        also: None,
        subs: &[],
        open: false,
    }
}

impl Program {
    pub(crate) const fn options(mut self, options: &'static [Opt]) -> Self {
        self.options = options;
        self
    }

    pub(crate) const fn shared(mut self, options: &'static [Opt]) -> Self {
        self.shared = options;
        self
    }

    pub(crate) const fn each(mut self, act: Act) -> Self {
        self.operands = Operands::Each(act);
        self
    }

    pub(crate) const fn operands(mut self, operands: Operands) -> Self {
        self.operands = operands;
        self
    }

    pub(crate) const fn grammar(mut self, grammar: Grammar) -> Self {
        self.grammar = grammar;
        self
    }

    /// Options that the table does not have ask.
    pub(crate) const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    pub(crate) const fn io(mut self, io: Io) -> Self {
        self.io = io;
        self
    }

    pub(crate) const fn also(mut self, also: fn(&Parsed, &mut Reader<'_>)) -> Self {
        self.also = Some(also);
        self
    }

    pub(crate) const fn says(
        mut self,
        verdict: Verdict,
        kind: EffectKind,
        code: &'static str,
        text: &'static str,
    ) -> Self {
        self.says = Some(Says {
            verdict,
            kind,
            code,
            text,
        });
        self
    }

    pub(crate) const fn asks(
        self,
        kind: EffectKind,
        code: &'static str,
        text: &'static str,
    ) -> Self {
        self.says(Verdict::Ask, kind, code, text)
    }

    pub(crate) const fn denies(
        self,
        kind: EffectKind,
        code: &'static str,
        text: &'static str,
    ) -> Self {
        self.says(Verdict::Deny, kind, code, text)
    }

    /// The first operand is a sub-command.
    pub(crate) const fn subs(mut self, subs: &'static [Program]) -> Self {
        self.subs = subs;
        self.grammar = Grammar::Stops;
        self
    }

    /// Sub-commands that the table does not have are harmless.
    pub(crate) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        has_name(self.names, name)
    }
}

impl Opt {
    pub(crate) fn is(&self, name: &str) -> bool {
        has_name(self.names, name)
    }
}

/// Whether a list of names, separated by blanks, has one. Asked for each option of each command, of lists so short
/// that bytes compared one by one are faster than a search for blanks.
pub(crate) fn has_name(names: &str, name: &str) -> bool {
    let (mut rest, name) = (names.as_bytes(), name.as_bytes());
    loop {
        if let Some(after) = rest.strip_prefix(name)
            && after.first().is_none_or(|byte| *byte == b' ')
        {
            return true;
        }
        let Some(blank) = rest.iter().position(|byte| *byte == b' ') else {
            return false;
        };
        rest = &rest[blank + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::has_name;

    #[test]
    fn a_name_is_found_whole_and_nowhere_within_another() {
        let names = "-o --output --output-dir";
        for name in ["-o", "--output", "--output-dir"] {
            assert!(has_name(names, name), "{name}");
        }
        for name in [
            "",
            "-",
            "--out",
            "--output-",
            "output",
            "--output-dirs",
            "-o --output-",
        ] {
            assert!(!has_name(names, name), "{name}");
        }
    }
}
