//! What the shell itself does with a command: which of them change what comes after.

use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Positional, Scope, shown};
use crate::word::Word;

const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "time",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// Calls deeper than this are not followed.
const DEEPEST_CALL: usize = 8;

impl Judge<'_> {
    /// Runs a command: a function, something of the shell, or a program.
    pub(super) fn dispatch(
        &mut self,
        argv: Vec<Word>,
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let Some(name) = argv.first().and_then(Word::known).map(str::to_owned) else {
            return self.external(&argv, scope, input, flow);
        };
        if let Some(text) = scope.aliases.get(&name).cloned() {
            self.aliased(&name, &text, &argv, scope, input);
        }
        if let Some(function) = scope.functions.get(&name).cloned() {
            let mut output = self.call(&name, &function.bodies, &argv[1..], scope, input, flow);
            if function.perhaps {
                output.append(self.unshadowed(argv, scope, input, flow));
            }
            return output;
        }
        self.unshadowed(argv, scope, input, flow)
    }

    /// The same without functions and aliases.
    pub(super) fn unshadowed(
        &mut self,
        argv: Vec<Word>,
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let name = argv.first().and_then(Word::known).unwrap_or_default();
        let args = &argv[1..];
        match name {
            "eval" | "." | "source" | "trap" | "command" | "builtin" | "exec" | "alias"
            | "unalias" | "bind" | "enable" | "complete" | "mapfile" | "readarray" => {
                self.report.command(&argv, self.span, self.reach);
                self.running(name, args, scope, input, flow)
            }
            _ => {
                self.changing(name, args, scope, flow, input);
                self.external(&argv, scope, input, flow)
            }
        }
    }

    fn aliased(&mut self, name: &str, text: &str, argv: &[Word], scope: &Scope, input: &Input) {
        if self.calls.iter().any(|call| call == name) {
            return;
        }
        let mut line = text.to_owned();
        for word in &argv[1..] {
            line.push(' ');
            line.push_str(&super::super::emit::quoted(&shown(word)));
        }
        self.calls.push(name.to_owned());
        let mut inner = scope.clone();
        self.text(&line, &mut inner, input);
        self.calls.pop();
    }

    fn call(
        &mut self,
        name: &str,
        bodies: &[std::rc::Rc<super::super::syntax::Command>],
        args: &[Word],
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        if self.calls.iter().any(|call| call == name) {
            if self.multiplied > 0 {
                self.deny(
                    "fork-bomb",
                    "It is a function that starts itself over and over.",
                );
            } else {
                self.ask("recursion", "It is a function that calls itself.");
            }
            return Output::unknown(flow);
        }
        if self.calls.len() >= DEEPEST_CALL {
            self.ask(
                "too-nested",
                "Functions call functions deeper than is looked.",
            );
            return Output::unknown(flow);
        }
        self.calls.push(name.to_owned());
        let given = Positional::new(args.to_vec(), self.flows_of(args, flow));
        let outer = std::mem::replace(&mut scope.positional, given);
        let before = scope.clone();
        let mut output = Output::default();
        for (n, body) in bodies.iter().enumerate() {
            let mut inner = if n == 0 {
                scope.clone()
            } else {
                before.clone()
            };
            // Names of arguments carry where they come from.
            self.flow.join(flow);
            output.append(self.command(body, &mut inner, input));
            if n == 0 {
                *scope = inner;
            } else {
                scope.join(&inner);
            }
        }
        scope.positional = outer;
        self.calls.pop();
        output.flow.join(flow);
        output
    }

    /// What was to run at the end, by the variables and the folder as they are then.
    pub(in crate::shell) fn at_the_end(&mut self, scope: &Scope) {
        let mut inner = scope.clone();
        for text in inner.take_traps() {
            self.run_text(&text, Flow::default(), &mut inner, &Input::inherited());
        }
    }

    /// What of the shell runs something.
    fn running(
        &mut self,
        name: &str,
        args: &[Word],
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        match name {
            "eval" => {
                let args = without_dashes(args);
                if args.is_empty() {
                    return Output::default();
                }
                let text = joined(args);
                self.run_text(&text, flow, scope, input)
            }
            "." | "source" => self.source(without_dashes(args), scope, input, flow),
            "trap" => {
                if let [text, _, ..] = without_dashes(args)
                    && !matches!(text.known(), Some("-" | ""))
                {
                    let mut inner = scope.clone();
                    self.run_text(text, flow, &mut inner, &Input::inherited());
                    scope.trap(text.clone());
                }
                Output::default()
            }
            "command" | "builtin" | "exec" => self.prefixed(name, args, scope, input, flow),
            "alias" => self.alias(args, scope),
            "unalias" => Output::default(),
            "mapfile" | "readarray" => {
                self.mapfile(args, scope, input);
                Output::default()
            }
            "enable" => {
                let argv: Vec<Word> = std::iter::once(Word::from(name))
                    .chain(args.iter().cloned())
                    .collect();
                self.external(&argv, scope, input, flow)
            }
            // `bind -x`, `complete -C`: what they name runs later.
            _ => {
                self.ask("shell-state", "It changes what the shell itself does.");
                Output::default()
            }
        }
    }

    fn prefixed(
        &mut self,
        name: &str,
        args: &[Word],
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let mut rest = args;
        while let Some((first, after)) = rest.split_first() {
            match (name, first.known()) {
                (_, Some("--")) => {
                    rest = after;
                    break;
                }
                ("command", Some("-v" | "-V" | "-pv" | "-pV")) => {
                    return Output::unknown(Flow::default());
                }
                ("command", Some("-p")) | ("exec", Some("-c" | "-l" | "-cl" | "-lc")) => {
                    rest = after
                }
                ("exec", Some(text)) if text.starts_with('-') => {
                    if text.contains('a') {
                        self.ask("other-name", "It runs a program under another name.");
                    }
                    rest = after
                        .get(usize::from(text.ends_with('a'))..)
                        .unwrap_or_default();
                }
                _ => break,
            }
        }
        if rest.is_empty() {
            return Output::default();
        }
        self.unshadowed(rest.to_vec(), scope, input, flow)
    }

    fn alias(&mut self, args: &[Word], scope: &mut Scope) -> Output {
        for word in args {
            match word.known().and_then(|text| text.split_once('=')) {
                Some((name, text)) => {
                    std::rc::Rc::make_mut(&mut scope.aliases)
                        .insert(name.to_owned(), text.to_owned());
                    let mut inner = scope.clone();
                    self.ask("shell-state", "It changes what a later command means.");
                    self.text(text, &mut inner, &Input::inherited());
                }
                None if word.known().is_some() => {}
                None => self.ask("shell-state", "It changes what a later command means."),
            }
        }
        Output::default()
    }

    /// `mapfile -C command`.
    fn mapfile(&mut self, args: &[Word], scope: &mut Scope, input: &Input) {
        let mut name = "MAPFILE".to_owned();
        let mut words = args.iter();
        while let Some(word) = words.next() {
            match word.known() {
                Some("-C") => {
                    if let Some(text) = words.next() {
                        let mut inner = scope.clone();
                        self.run_text(text, Flow::default(), &mut inner, &Input::inherited());
                    }
                }
                Some("-d" | "-n" | "-O" | "-s" | "-u" | "-c") => {
                    words.next();
                }
                Some(text) if !text.starts_with('-') => name = text.to_owned(),
                Some("-t") => {}
                _ => self.ask("unknown-option", "An option of mapfile is not known."),
            }
        }
        self.name_of_variable(&Word::Known(name.clone()), scope);
        if let Some(words) = lines_of(args, input) {
            let value = super::super::scope::Value {
                words,
                array: true,
                flow: input.flow,
                ..super::super::scope::Value::unknown("")
            };
            return scope.set(&name, value);
        }
        let mut value = match super::state::only_line(input) {
            Some(line) => super::super::scope::Value::scalar(Word::Known(line)),
            None => super::super::scope::Value::unknown("its input"),
        };
        value.flow = input.flow;
        value.array = true;
        scope.set(&name, value);
    }
}

/// `mapfile -t name` of a text that is known: a word for each line.
fn lines_of(args: &[Word], input: &Input) -> Option<Vec<Word>> {
    const MOST: usize = 256;
    let ([Word::Known(option)] | [Word::Known(option), _]) = args else {
        return None;
    };
    let crate::programs::Stdin::Text(Word::Known(text)) = &input.from else {
        return None;
    };
    let few = option == "-t" && text.lines().take(MOST + 1).count() <= MOST;
    few.then(|| text.lines().map(Word::from).collect())
}

pub(super) fn without_dashes(args: &[Word]) -> &[Word] {
    match args.first().and_then(Word::known) {
        Some("--") => &args[1..],
        _ => args,
    }
}

/// Words with blanks between them, as one word.
pub(super) fn joined(words: &[Word]) -> Word {
    let mut pieces = Vec::new();
    for (n, word) in words.iter().enumerate() {
        if n > 0 {
            pieces.push(crate::word::Piece::Text(" ".to_owned()));
        }
        pieces.extend(super::super::scope::pieces_of(word));
    }
    super::super::scope::word_of(pieces)
}
