//! From tree to canonical text. What is written here is what runs, so it says nothing that the tree does not say:
//! each quoted text in single quotes, each expansion in braces, no blanks, comments or continuations of the original.

mod word;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::syntax::{
    AssignedValue, Assignment, Command, FileMode, Item, Join, Kind, Pipeline, Redirect,
    RedirectKind, Script, Simple, Test, Then, Timed, Word,
};

/// Words to be put in after the program of a command, by the place of the command in the original.
pub(super) type Insertions = BTreeMap<(u32, u32), Vec<String>>;

/// Writes a script.
pub(super) fn script(script: &Script, insertions: &Insertions) -> String {
    let mut out = Out {
        text: String::new(),
        insertions,
    };
    out.script(script);
    out.text
}

/// One text as one word.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.contains('=') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

struct Out<'a> {
    text: String,
    insertions: &'a Insertions,
}

impl Out<'_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn script(&mut self, script: &Script) {
        let last = script.items.len().saturating_sub(1);
        for (n, item) in script.items.iter().enumerate() {
            self.item(item);
            match (item.background, n == last) {
                (true, true) => self.put(" &"),
                (true, false) => self.put(" & "),
                (false, true) => {}
                (false, false) => self.put("; "),
            }
        }
    }

    /// A script with what ends it before a closing word.
    fn closed(&mut self, script: &Script) {
        self.put(" ");
        self.script(script);
        let background = script.items.last().is_some_and(|i| i.background);
        self.put(if background { " " } else { "; " });
    }

    fn item(&mut self, item: &Item) {
        self.pipeline(&item.first);
        for (join, pipeline) in &item.rest {
            self.put(match join {
                Join::And => " && ",
                Join::Or => " || ",
            });
            self.pipeline(pipeline);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let mut words: Vec<&str> = match pipeline.timed {
            Timed::No => vec![],
            Timed::Yes => vec!["time"],
            Timed::Posix => vec!["time", "-p"],
        };
        if pipeline.negated {
            words.push("!");
        }
        self.put(&words.join(" "));
        for (n, command) in pipeline.commands.iter().enumerate() {
            if n > 0 {
                self.put(" | ");
            } else if !words.is_empty() {
                self.put(" ");
            }
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        let start = self.text.len();
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, command),
            Kind::Subshell(script) => {
                self.put("( ");
                self.script(script);
                self.put(" )");
            }
            Kind::Group(script) => self.braces(script),
            Kind::Arith(expression) => {
                self.put("((");
                self.parts(&expression.parts, word::Context::Arith);
                self.put("))");
            }
            Kind::Test(test) => {
                self.put("[[ ");
                self.test(test);
                self.put(" ]]");
            }
            Kind::Function { name, body } => {
                self.put(name);
                self.put(" () ");
                self.command(body);
            }
            Kind::Coproc { name, body } => {
                self.put("coproc ");
                if let Some(name) = name {
                    self.put(name);
                    self.put(" ");
                }
                self.command(body);
            }
            _ => self.compound(&command.kind),
        }
        for redirect in &command.redirects {
            if self.text.len() > start {
                self.put(" ");
            }
            self.redirect(redirect);
        }
    }

    fn compound(&mut self, kind: &Kind) {
        match kind {
            Kind::For { name, words, body } => {
                self.put("for ");
                self.put(name);
                if let Some(words) = words {
                    self.put(" in");
                    self.words(words);
                }
                self.put("; do");
                self.closed(body);
                self.put("done");
            }
            Kind::ArithFor { parts, body } => {
                self.put("for ((");
                for (n, part) in parts.iter().enumerate() {
                    self.put(if n > 0 { "; " } else { "" });
                    self.parts(&part.parts, word::Context::Arith);
                }
                self.put(")); do");
                self.closed(body);
                self.put("done");
            }
            Kind::Case { word, arms } => {
                self.put("case ");
                self.word(word);
                self.put(" in ");
                for arm in arms {
                    self.put("(");
                    for (n, pattern) in arm.patterns.iter().enumerate() {
                        self.put(if n > 0 { "|" } else { "" });
                        self.word(pattern);
                    }
                    self.put(") ");
                    if let Some(body) = &arm.body {
                        self.script(body);
                        self.put(" ");
                    }
                    self.put(match arm.then {
                        Then::Leave => ";; ",
                        Then::Fall => ";& ",
                        Then::Test => ";;& ",
                    });
                }
                self.put("esac");
            }
            Kind::If { arms, otherwise } => self.branches(arms, otherwise.as_ref()),
            Kind::While {
                until,
                condition,
                body,
            } => {
                self.put(if *until { "until" } else { "while" });
                self.closed(condition);
                self.put("do");
                self.closed(body);
                self.put("done");
            }
            _ => {}
        }
    }

    fn branches(&mut self, arms: &[(Script, Script)], otherwise: Option<&Script>) {
        for (n, (condition, body)) in arms.iter().enumerate() {
            self.put(if n > 0 { "elif" } else { "if" });
            self.closed(condition);
            self.put("then");
            self.closed(body);
        }
        if let Some(otherwise) = otherwise {
            self.put("else");
            self.closed(otherwise);
        }
        self.put("fi");
    }

    fn braces(&mut self, script: &Script) {
        self.put("{");
        self.closed(script);
        self.put("}");
    }

    fn simple(&mut self, simple: &Simple, command: &Command) {
        let mut separator = "";
        for assignment in &simple.assignments {
            self.put(separator);
            self.assignment(assignment);
            separator = " ";
        }
        let key = command.at.0.map(|span| (span.start, span.end));
        let insertion = key.and_then(|key| self.insertions.get(&key));
        for (n, word) in simple.words.iter().enumerate() {
            self.put(separator);
            self.word(word);
            separator = " ";
            if n == 0 {
                for word in insertion.into_iter().flatten() {
                    self.put(" ");
                    self.put(&quoted(word));
                }
            }
        }
    }

    pub(super) fn assignment(&mut self, assignment: &Assignment) {
        self.put(&assignment.name);
        if let Some(index) = &assignment.index {
            self.put("[");
            self.parts(index, word::Context::Arith);
            self.put("]");
        }
        self.put(if assignment.append { "+=" } else { "=" });
        match &assignment.value {
            AssignedValue::Scalar(word) => self.word(word),
            AssignedValue::Array(words) => {
                self.put("(");
                for (n, word) in words.iter().enumerate() {
                    self.put(if n > 0 { " " } else { "" });
                    self.word(word);
                }
                self.put(")");
            }
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        if let Some(fd) = redirect.fd {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{fd}");
        }
        match &redirect.kind {
            RedirectKind::File(mode, word) => {
                self.put(match mode {
                    FileMode::Read => "< ",
                    FileMode::Write => "> ",
                    FileMode::Clobber => ">| ",
                    FileMode::Append => ">> ",
                    FileMode::ReadWrite => "<> ",
                    FileMode::Both => "&> ",
                    FileMode::BothAppend => "&>> ",
                });
                self.word(word);
            }
            RedirectKind::Duplicate { output, word } => {
                self.put(if *output { ">&" } else { "<&" });
                self.word(word);
            }
            RedirectKind::Text(word) => {
                self.put("<<< ");
                self.word(word);
            }
            RedirectKind::Empty => self.put("< /dev/null"),
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::And(a, b) => self.joined(a, " && ", b),
            Test::Or(a, b) => self.joined(a, " || ", b),
            Test::Not(inner) => {
                self.put("! ");
                self.test(inner);
            }
            Test::Group(inner) => {
                self.put("( ");
                self.test(inner);
                self.put(" )");
            }
            Test::Unary(operator, word) => {
                self.put(operator);
                self.put(" ");
                self.word(word);
            }
            Test::Binary(operator, a, b) => {
                self.word(a);
                self.put(" ");
                self.put(operator);
                self.put(" ");
                self.word(b);
            }
        }
    }

    fn joined(&mut self, a: &Test, operator: &str, b: &Test) {
        self.test(a);
        self.put(operator);
        self.test(b);
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.put(" ");
            self.word(word);
        }
    }

    fn word(&mut self, word: &Word) {
        self.parts(&word.parts, word::Context::Plain);
    }
}
