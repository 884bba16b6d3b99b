//! Commands of the shell that change its variables and where it is.

use std::rc::Rc;

use super::super::expand::shifted;
use super::super::judge::{Input, Judge};
use super::super::scope::{Flow, Keys, Positional, Scope, Value, pieces_of, word_of};
use crate::programs::Stdin;
use crate::word::{Piece, Word};

impl Judge<'_> {
    /// Follows what a command changes in the shell.
    pub(super) fn changing(
        &mut self,
        name: &str,
        args: &[Word],
        scope: &mut Scope,
        flow: Flow,
        input: &Input,
    ) {
        match name {
            "cd" | "chdir" => self.change_folder(args, scope),
            "pushd" => self.push_folder(args, scope),
            "popd" => self.pop_folder(args, scope),
            "export" | "declare" | "typeset" | "local" | "readonly" => {
                self.declare(name, args, scope, flow);
            }
            "set" => self.set_positional(args, scope, flow),
            "shift" => shift(args, scope),
            "unset" => {
                for word in args {
                    self.name_of_variable(word, scope);
                    if let Some(name) = word.known() {
                        scope.unset(name);
                        Rc::make_mut(&mut scope.functions).remove(name);
                    }
                }
            }
            "read" | "getopts" => self.read_into(name, args, scope, input),
            "let" => {
                for word in args {
                    self.calculated(word, scope);
                    forget_names(word, scope);
                }
            }
            "printf" => self.printf_into(args, scope),
            "wait" => self.wait_into(args, scope, input),
            "test" | "[" => self.test_names(args, scope),
            "shopt" => self.options(args),
            _ => {}
        }
    }

    fn declare(&mut self, name: &str, args: &[Word], scope: &mut Scope, flow: Flow) {
        let (mut refers, mut by_text) = (false, false);
        let (mut lower, mut upper) = (false, false);
        let flows = self.flows_of(args, flow);
        for (word, flow) in args.iter().zip(flows) {
            if let Some(option) = word.known().filter(|text| text.starts_with(['-', '+'])) {
                if option.contains('n') && matches!(name, "declare" | "typeset" | "local") {
                    self.ask("name-reference", "A variable stands for another.");
                    refers = true;
                }
                if option.contains('f') && name == "export" {
                    self.ask(
                        "export-function",
                        "It hands a function to every shell that comes after.",
                    );
                }
                lower |= name != "export" && option.starts_with('-') && option.contains('l');
                upper |= name != "export" && option.starts_with('-') && option.contains('u');
                by_text |= option.starts_with('-') && option.contains('A');
                if option.contains('i') {
                    self.ask(
                        "arithmetic-unknown",
                        "A variable is calculated whenever it is set.",
                    );
                }
                continue;
            }
            let Some((name, value)) = split(word) else {
                if let Some(name) = word.known().filter(|_| by_text) {
                    self.declare_by_text(name, scope);
                }
                if word.known().is_none() {
                    self.ask(
                        "unknown-variable",
                        "Which variable it sets is only known when it runs.",
                    );
                }
                continue;
            };
            if name.contains('[') {
                self.name_of_variable(&Word::Known(name.clone()), scope);
            }
            if by_text {
                self.declare_by_text(&name, scope);
                continue;
            }
            if let Some(other) = value.known().filter(|_| refers) {
                if super::super::expand::is_name(other) {
                    scope.refer(&name, other);
                }
                continue;
            }
            let mut value = match value.known() {
                Some(text) if lower => Value::scalar(Word::Known(text.to_lowercase())),
                Some(text) if upper => Value::scalar(Word::Known(text.to_uppercase())),
                _ => Value::scalar(value),
            };
            value.flow = flow;
            scope.set(&name, value);
        }
    }

    /// `declare -A name`: what it holds is set behind it.
    fn declare_by_text(&mut self, name: &str, scope: &mut Scope) {
        if scope.variables.get(name).is_some_and(Value::has_texts) {
            return;
        }
        let keys = Keys {
            texts: true,
            names: Vec::new(),
        };
        let value = Value {
            words: Vec::new(),
            array: true,
            keys: Some(keys),
            ..Value::unknown("")
        };
        scope.set(name, value);
    }

    fn set_positional(&mut self, args: &[Word], scope: &mut Scope, flow: Flow) {
        let mut rest = args;
        while let Some((first, after)) = rest.split_first() {
            match first.known() {
                Some("--") => {
                    scope.positional = Positional::new(after.to_vec(), self.flows_of(after, flow));
                    return;
                }
                Some(text) if text.starts_with(['-', '+']) && text.len() > 1 => {
                    let named = text.ends_with('o').then(|| after.first()).flatten();
                    if text.contains('x') || named.and_then(Word::known) == Some("xtrace") {
                        scope.traced = text.starts_with('-');
                    }
                    rest = &after[usize::from(named.is_some())..];
                }
                _ => {
                    scope.positional = Positional::new(rest.to_vec(), self.flows_of(rest, flow));
                    return;
                }
            }
        }
    }

    /// Where the last words of the command at hand come from: each for itself, as far as that was noted.
    pub(super) fn flows_of(&self, words: &[Word], all: Flow) -> Vec<Flow> {
        let own = self
            .word_flows
            .len()
            .checked_sub(words.len())
            .map(|at| &self.word_flows[at..]);
        match own {
            Some(own) if !all.credential || own.iter().any(|flow| flow.credential) => own.to_vec(),
            _ => vec![all; words.len()],
        }
    }

    fn read_into(&mut self, name: &str, args: &[Word], scope: &mut Scope, input: &Input) {
        let line = only_line(input).filter(|_| name == "read");
        let mut names = Vec::new();
        let mut words = args.iter();
        let mut any = false;
        while let Some(word) = words.next() {
            match word.known() {
                Some("-d" | "-n" | "-N" | "-p" | "-t" | "-u" | "-i") => {
                    words.next();
                }
                Some(text) if text.starts_with('-') => {}
                Some(text) if super::super::expand::is_name(text) => {
                    any = true;
                    names.push(text.to_owned());
                    let value = match self.a_name(name, input) {
                        Some(word) => Value::scalar(word),
                        None => Value::unknown(&format!("${text}")),
                    };
                    let flow = read_from(input);
                    scope.set(text, Value { flow, ..value });
                    if matches!(text, "PATH" | "IFS" | "BASH_ENV" | "PROMPT_COMMAND") {
                        self.ask(
                            "unknown-variable",
                            "It reads a variable that decides what runs.",
                        );
                    }
                }
                _ => self.name_of_variable(word, scope),
            }
        }
        if !any {
            let flow = read_from(input);
            scope.set(
                "REPLY",
                Value {
                    flow,
                    ..Value::unknown("$REPLY")
                },
            );
            names.push("REPLY".to_owned());
        }
        let list = args
            .iter()
            .filter_map(Word::known)
            .any(|text| text.starts_with('-') && text.contains('a'));
        if let Some(line) = line {
            set_fields(&line, &names, list, input.flow, scope);
        }
    }

    /// `find src -type f | while read f`: of names of files, of harmless ones or of all of a home, each line is one.
    fn a_name(&self, command: &str, input: &Input) -> Option<Word> {
        let flow = input.flow;
        let names = flow.names || flow.names_secrets || (flow.critical && flow.everything);
        if command != "read" || !names || !matches!(input.from, Stdin::Pipe) {
            return None;
        }
        let secrets = format!("{}/.ssh/", crate::place::trimmed(&self.world.home));
        Some(super::arguments::unknown(flow, &secrets))
    }

    /// `wait -p NAME` sets a variable.
    fn wait_into(&mut self, args: &[Word], scope: &mut Scope, input: &Input) {
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let text = word.prefix();
            let Some(at) = text.find('p').filter(|_| text.starts_with('-')) else {
                continue;
            };
            let name = match crate::programs::without(word, at + 1) {
                Word::Known(rest) if rest.is_empty() => words.next().cloned(),
                rest => Some(rest),
            };
            if let Some(name) = name {
                self.read_into("wait", &[name], scope, input);
            }
        }
    }

    fn printf_into(&mut self, args: &[Word], scope: &mut Scope) {
        if let [Word::Known(option), target, rest @ ..] = args
            && option == "-v"
        {
            self.name_of_variable(target, scope);
            if let Some(name) = target.known() {
                let text = super::output::printed(rest);
                let value = text.map_or_else(
                    || Value::unknown("printf"),
                    |t| Value::scalar(Word::Known(t)),
                );
                self.check_assignment(name, &value.words[0], scope);
                scope.set(name, value);
            }
        }
    }

    /// `test -v name` reads a subscript; numbers are compared without being calculated.
    fn test_names(&mut self, args: &[Word], scope: &mut Scope) {
        for pair in args.windows(2) {
            if matches!(pair[0].known(), Some("-v" | "-R")) {
                self.name_of_variable(&pair[1], scope);
            }
        }
    }

    fn options(&mut self, args: &[Word]) {
        let harmless = |text: &str| {
            matches!(
                text,
                "-s" | "-u"
                    | "-q"
                    | "-p"
                    | "nullglob"
                    | "globstar"
                    | "dotglob"
                    | "failglob"
                    | "nocaseglob"
                    | "lastpipe"
                    | "inherit_errexit"
                    | "nocasematch"
                    | "checkwinsize"
            )
        };
        if !args.iter().all(|word| word.known().is_some_and(harmless)) {
            self.ask("shell-state", "It changes how the shell reads commands.");
        }
    }
}

/// What a line that is known gives to each name: the last gets what is left, or a list gets all.
fn set_fields(line: &str, names: &[String], list: bool, flow: Flow, scope: &mut Scope) {
    let separators = match scope
        .variables
        .get("IFS")
        .map(|value| value.words.as_slice())
    {
        Some([Word::Known(text)]) => text.clone(),
        Some(_) => return,
        None => " \t\n".to_owned(),
    };
    let blank = |c: char| c.is_whitespace() && separators.contains(c);
    let mut rest = line.trim_matches(blank);
    let most = if list { usize::MAX } else { names.len() };
    let mut fields = Vec::new();
    while fields.len() + 1 < most && !rest.is_empty() {
        let end = rest.find(|c| separators.contains(c)).unwrap_or(rest.len());
        fields.push(Word::from(&rest[..end]));
        rest = rest[end..].trim_start_matches(blank);
        // Of what is no blank, one stands between two fields.
        let other = rest.chars().next().filter(|c| separators.contains(*c));
        rest = other.map_or(rest, |c| rest[c.len_utf8()..].trim_start_matches(blank));
    }
    if !list {
        fields.push(Word::from(rest));
    }
    if let (true, [name]) = (list, names) {
        let value = Value {
            words: fields,
            array: true,
            flow,
            ..Value::unknown("")
        };
        return scope.set(name, value);
    }
    fields.resize(names.len(), Word::Known(String::new()));
    for (name, word) in names.iter().zip(fields) {
        let value = Value::scalar(word);
        scope.set(name, Value { flow, ..value });
    }
}

fn shift(args: &[Word], scope: &mut Scope) {
    let count = match args.first() {
        None => Some(1),
        Some(word) => word.known().and_then(|text| text.parse::<usize>().ok()),
    };
    match count {
        Some(count) => scope.positional = shifted(&scope.positional, count),
        None => scope.positional.words = None,
    }
}

/// What a line that is read carries of the input; which files it names is for those who take names.
fn read_from(input: &Input) -> Flow {
    Flow {
        names: false,
        everything: false,
        names_secrets: false,
        critical: false,
        endless: false,
        ..input.flow
    }
}

/// What `let` may have set is not known after it.
fn forget_names(word: &Word, scope: &mut Scope) {
    let text = word.known().unwrap_or_default();
    let name = super::super::lex::identifier(text);
    if !name.is_empty() {
        scope.set(name, Value::scalar(Word::Known("0".to_owned())));
    }
}

/// `name=value`.
fn split(word: &Word) -> Option<(String, Word)> {
    let prefix = word.prefix();
    let at = prefix.find('=')?;
    let name = prefix[..at].trim_end_matches('+').to_owned();
    let mut pieces = pieces_of(word);
    match pieces.first_mut() {
        Some(Piece::Text(text)) => *text = text[at + 1..].to_owned(),
        _ => return None,
    }
    Some((name, word_of(pieces)))
}

/// The text of an input that is known and of one line.
pub(super) fn only_line(input: &Input) -> Option<String> {
    let Stdin::Text(Word::Known(text)) = &input.from else {
        return None;
    };
    let mut lines = text.lines();
    let line = lines.next()?.to_owned();
    lines.next().is_none().then_some(line)
}
