//! Our own syntax tree of a command line: what was judged, and what is written out again to be run.
//!
//! It is a normal form. Adjacent quoted text is joined, here-documents are here-strings, backquotes are `$(…)`,
//! so that a tree, written out and read again, is the same tree. Places in the text never count when two trees
//! are compared.

use crate::verdict::Span;

/// Where something stands in the command as it came in. All places are equal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At(pub(super) Option<Span>);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

/// A list of commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Join, Pipeline)>,
    pub(super) background: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub(super) timed: Timed,
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timed {
    No,
    Yes,
    /// `time -p`.
    Posix,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) kind: Kind,
    pub(super) redirects: Vec<Redirect>,
    pub(super) at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Simple(Simple),
    Subshell(Script),
    Group(Script),
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Script,
    },
    ArithFor {
        parts: [Word; 3],
        body: Script,
    },
    Case {
        word: Word,
        arms: Vec<Arm>,
    },
    If {
        arms: Vec<(Script, Script)>,
        otherwise: Option<Script>,
    },
    While {
        until: bool,
        condition: Script,
        body: Script,
    },
    Arith(Word),
    Test(Test),
    Function {
        name: String,
        body: Box<Command>,
    },
    Coproc {
        name: Option<String>,
        body: Box<Command>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) assignments: Vec<Assignment>,
    /// The program first; may be empty.
    pub(super) words: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arm {
    pub(super) patterns: Vec<Word>,
    pub(super) body: Option<Script>,
    pub(super) then: Then,
}

/// What follows an arm of `case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Leave,
    Fall,
    Test,
}

/// `[[ … ]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Group(Box<Test>),
    Unary(&'static str, Word),
    Binary(&'static str, Word, Word),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) index: Option<Vec<Part>>,
    pub(super) append: bool,
    pub(super) value: AssignedValue,
    pub(super) at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AssignedValue {
    Scalar(Word),
    Array(Vec<Word>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    pub(super) fd: Option<u32>,
    pub(super) kind: RedirectKind,
    pub(super) at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RedirectKind {
    File(FileMode, Word),
    /// `<&` and `>&`.
    Duplicate {
        output: bool,
        word: Word,
    },
    /// A here-string, or a here-document written as one. A newline follows the text.
    Text(Word),
    /// A here-document with nothing in it.
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileMode {
    Read,
    Write,
    Clobber,
    Append,
    ReadWrite,
    /// `&>`.
    Both,
    /// `&>>`.
    BothAppend,
}

/// A word before expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) at: At,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Unquoted text; inside of double quotes, text.
    Text(String),
    /// Text that was quoted, by whatever means.
    Quoted(String),
    /// An unquoted `*`, `?` or `[…]`.
    Glob(String),
    /// `~`, `~user`, `~+`.
    Tilde(String),
    Double(Vec<Part>),
    Param(Box<Param>),
    Command(Script),
    Arith(Vec<Part>),
    Process {
        input: bool,
        script: Script,
    },
    Brace(Vec<Vec<Part>>),
    /// `{1..9}`, as it was written.
    Range(String),
    /// What a variable is declared as: `declare x=(a b)`.
    Array(Box<Assignment>),
}

/// `$x` and `${x…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) index: Option<Vec<Part>>,
    pub(super) indirect: bool,
    pub(super) length: bool,
    pub(super) op: Op,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    None,
    /// `-`, `=`, `?` or `+`, with a colon or without.
    Default {
        kind: char,
        colon: bool,
        word: Vec<Part>,
    },
    Substring {
        offset: Vec<Part>,
        length: Option<Vec<Part>>,
    },
    /// `#`, `##`, `%`, `%%`.
    Remove {
        kind: &'static str,
        pattern: Vec<Part>,
    },
    /// `/`, `//`, `/#`, `/%`.
    Replace {
        kind: &'static str,
        pattern: Vec<Part>,
        with: Option<Vec<Part>>,
    },
    /// `^`, `^^`, `,`, `,,`.
    Case {
        kind: &'static str,
        pattern: Vec<Part>,
    },
    /// `@Q` and its like.
    Transform(char),
    /// `${!x*}` and `${!x@}`: names that begin so.
    Names(char),
}
