//! A simple command: its assignments, its words, its redirections; then what it is.

use super::super::expand::keys::member;
use super::super::judge::{Guess, Input, Judge, Output};
use super::super::report::Report;
use super::super::scope::{Flow, Guessed, Keys, Scope, Value};
use super::super::syntax::{AssignedValue, Assignment, Command, Part, Simple};
use crate::plan::Spawn;
use crate::verdict::Verdict;
use crate::word::Word;

impl Judge<'_> {
    pub(super) fn simple(
        &mut self,
        simple: &Simple,
        command: &Command,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        let before = scope.clone();
        let outer = std::mem::take(&mut self.guessed);
        let output = self.once(simple, command, scope, input);
        let guessed = std::mem::replace(&mut self.guessed, outer);
        if guessed.any() && self.guess == Guess::Unknown {
            self.guess_again(simple, command, before, input);
        }
        // Within an assignment or a function, who asked wants to know too.
        self.guessed.empty |= guessed.empty;
        self.guessed.default |= guessed.default;
        output
    }

    /// Once more with variables that nobody set taken for empty, as they will be in a clean environment. Only the
    /// worst counts of it, unless a default that is written in the line took their place.
    fn guess_again(&mut self, simple: &Simple, command: &Command, mut scope: Scope, input: &Input) {
        let report = std::mem::take(&mut self.report);
        let (taint, files) = (self.taint.clone(), self.files.clone());
        let flow = self.flow;
        self.guess = Guess::Empty;
        self.guessed = Guessed::default();
        self.once(simple, command, &mut scope, input);
        let guessed = self.guessed;
        self.guess = Guess::Unknown;
        self.flow = flow;
        (self.taint, self.files) = (taint, files);
        let guess: Report = std::mem::replace(&mut self.report, report);
        for mut finding in guess.findings {
            let worst = matches!(finding.code.as_str(), "delete-root" | "delete-home");
            if finding.verdict == Verdict::Deny && (worst || !guessed.empty) {
                if worst && guessed.empty {
                    finding.text = format!(
                        "{} That is so when a variable in it is empty.",
                        finding.text
                    );
                }
                self.report.finding(finding);
            }
        }
    }

    fn once(
        &mut self,
        simple: &Simple,
        command: &Command,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        let outer = self.take_flow();
        let (argv, flows) = self.words_of(simple, scope);
        let flow = self.take_flow();
        let (values, assigned) = self.values(&simple.assignments, scope);
        let redirected = self.redirects(&command.redirects, scope);
        self.flow = Flow::default();
        if scope.traced && (flow.credential || assigned.credential) {
            self.deny(
                "print-credential",
                "The shell prints each command that it runs, and a credential of the environment with it.",
            );
        }
        let input = redirected.input.clone().unwrap_or_else(|| input.clone());
        let output = if argv.is_empty() {
            self.assign_all(&simple.assignments, values, scope);
            Output {
                pieces: Vec::new(),
                flow: flow.with(assigned),
            }
        } else {
            self.note_spawn(&argv, simple, command, &values, scope);
            // The assignments hold for the command, and are looked at as such.
            let mut inner = scope.clone();
            for (assignment, value) in simple.assignments.iter().zip(&values) {
                for word in &value.words {
                    self.check_exported(&assignment.name, word, scope);
                }
            }
            if simple.assignments.is_empty() {
                self.word_flows = flows;
                let output = self.dispatch(argv, scope, &input, flow);
                self.arrays(simple, scope);
                output
            } else {
                self.assign_all(&simple.assignments, values, &mut inner);
                self.word_flows = flows;
                let output = self.dispatch(argv, &mut inner, &input, flow.with(handed(assigned)));
                // What the shell itself changes stays; the variables are again what they were.
                for assignment in &simple.assignments {
                    let before = scope.variables.get(&assignment.name).cloned();
                    let variables = std::rc::Rc::make_mut(&mut inner.variables);
                    match before {
                        Some(before) => variables.insert(assignment.name.clone(), before),
                        None => variables.remove(&assignment.name),
                    };
                }
                *scope = inner;
                self.arrays(simple, scope);
                output
            }
        };
        self.flow = outer.with(self.flow);
        self.written(redirected, output, scope)
    }

    /// The words of a command and where each comes from; their places are noted.
    fn words_of(&mut self, simple: &Simple, scope: &mut Scope) -> (Vec<Word>, Vec<Flow>) {
        let mut places = Vec::new();
        let mut argv = Vec::with_capacity(simple.words.len());
        let mut flows = Vec::with_capacity(simple.words.len());
        for (n, word) in simple.words.iter().enumerate() {
            let before = self.take_flow();
            let words = self.expand(word, scope);
            flows.resize(flows.len() + words.len(), self.flow);
            self.flow.join(before);
            if n == 0 {
                self.confusable(&words);
                // Which program it is was decoded, or came from elsewhere.
                self.run_from(self.flow);
            } else if let (true, Some(at)) = (self.placed, word.at.0) {
                let known = words.iter().filter_map(Word::known);
                places.extend(known.map(|text| (text.to_owned(), at)));
            }
            argv.extend(words);
        }
        self.words = places;
        (argv, flows)
    }

    fn values(&mut self, assignments: &[Assignment], scope: &mut Scope) -> (Vec<Value>, Flow) {
        let mut values = Vec::with_capacity(assignments.len());
        let mut all = Flow::default();
        let mut scope = scope.clone();
        for assignment in assignments {
            let mut value = self.value_of(assignment, &mut scope);
            if let Some(index) = &assignment.index {
                let array = self.variable(&assignment.name, &scope);
                let name = self.subscript(&array, index, &mut scope);
                let texts = array.has_texts();
                value.keys = Some(Keys {
                    texts,
                    names: vec![name],
                });
            }
            all.join(value.flow);
            // What comes after it in the line sees it.
            if assignment.index.is_none() && !assignment.append {
                scope.set(&assignment.name, value.clone());
            }
            values.push(value);
        }
        (values, all)
    }

    fn value_of(&mut self, assignment: &Assignment, scope: &mut Scope) -> Value {
        self.take_flow();
        let mut value = match &assignment.value {
            AssignedValue::Array(words) => {
                let array = scope.variables.get(&assignment.name).cloned();
                let texts = array.as_ref().is_some_and(Value::has_texts);
                let array = array.unwrap_or_else(|| Value::unknown(""));
                let mut all = Vec::new();
                let mut names = Vec::new();
                let mut keyed = texts;
                for word in words {
                    match member(word) {
                        Some((key, value)) => {
                            keyed = true;
                            names.push(self.subscript(&array, &key, scope));
                            all.push(self.expand_one(&value, scope));
                        }
                        None => all.extend(self.expand(word, scope)),
                    }
                    names.resize(all.len(), None);
                }
                Value {
                    words: all,
                    array: true,
                    keys: keyed.then_some(Keys { texts, names }),
                    flow: Flow::default(),
                    guess: None,
                }
            }
            AssignedValue::Scalar(word) => {
                let outer = std::mem::take(&mut self.guessed);
                let mut value = Value::scalar(self.expand_one(word, scope));
                let guessed = std::mem::replace(&mut self.guessed, outer);
                if guessed.any() && self.guess == Guess::Unknown {
                    let report = std::mem::take(&mut self.report);
                    self.guess = Guess::Empty;
                    let outer = std::mem::take(&mut self.guessed);
                    let word = self.expand_one(word, &mut scope.clone());
                    self.guessed = outer;
                    self.guess = Guess::Unknown;
                    self.report = report;
                    value.guess = Some((word, guessed));
                }
                value
            }
        };
        value.flow = self.take_flow();
        value
    }

    /// `declare x=(a b)`: what the command declared is what stands there.
    fn arrays(&mut self, simple: &Simple, scope: &mut Scope) {
        for word in &simple.words {
            if let [Part::Array(array)] = word.parts.as_slice() {
                let array = std::slice::from_ref(&**array);
                let (values, _) = self.values(array, scope);
                self.assign_all(array, values, scope);
            }
        }
    }

    fn assign_all(&mut self, assignments: &[Assignment], values: Vec<Value>, scope: &mut Scope) {
        for (assignment, mut value) in assignments.iter().zip(values) {
            let name = assignment.name.as_str();
            for word in &value.words {
                self.check_assignment(name, word, scope);
            }
            if assignment.index.is_some() {
                let before = self.variable(name, scope);
                value.array = true;
                value.guess = None;
                scope.set(name, appended(before, value));
                continue;
            }
            if assignment.append {
                let before = self.variable(name, scope);
                let known = |value: &Value| value.words.iter().all(|word| word.known().is_some());
                let were_known = known(&before) && known(&value);
                value = appended(before, value);
                if were_known && !known(&value) {
                    self.ask("too-long", "A text in it grows longer than is looked at.");
                }
            }
            scope.set(name, value);
        }
    }

    /// Notes what the command comes to, should it be spawned without a shell.
    fn note_spawn(
        &mut self,
        argv: &[Word],
        simple: &Simple,
        command: &Command,
        values: &[Value],
        scope: &Scope,
    ) {
        let (true, Some(at)) = (self.placed, command.at.0) else {
            return;
        };
        let known: Option<Vec<String>> = argv
            .iter()
            .map(|word| word.known().map(str::to_owned))
            .collect();
        let assignments: Option<Vec<(String, String)>> = simple
            .assignments
            .iter()
            .zip(values)
            .map(|(assignment, value)| match value.words.as_slice() {
                [Word::Known(text)] if !assignment.append && assignment.index.is_none() => {
                    Some((assignment.name.clone(), text.clone()))
                }
                _ => None,
            })
            .collect();
        self.changed = self.report.changes();
        let plain = known
            .as_ref()
            .and_then(|argv| argv.first())
            .is_some_and(|name| {
                // A path is looked for when it starts: what the line made until then is not there yet.
                let is_made_first = self.changed && name.contains('/');
                let is_of_the_shell = super::builtin::is_builtin(name)
                    || scope.functions.contains_key(name)
                    || scope.aliases.contains_key(name);
                !is_made_first && !is_of_the_shell
            });
        let spawn = match (known, assignments) {
            (Some(argv), Some(assignments)) if plain => Some(Spawn { argv, assignments }),
            _ => None,
        };
        self.report.spawn(at, spawn);
    }
}

/// What is assigned for a command is seen by it, and is none of its words.
fn handed(assigned: Flow) -> Flow {
    Flow {
        credential: false,
        ..assigned
    }
}

/// The keys of what is put behind others: those that were only counted before are numbers.
fn joined_keys(
    before: Option<Keys>,
    count: usize,
    more: Option<Keys>,
    added: usize,
) -> Option<Keys> {
    if before.is_none() && more.is_none() {
        return None;
    }
    let mut keys = before.unwrap_or_else(|| Keys {
        texts: false,
        names: (0..count).map(|at| Some(at.to_string())).collect(),
    });
    let added = more.map_or_else(|| vec![None; added], |more| more.names);
    keys.names.extend(added);
    Some(keys)
}

/// A longer array is not followed.
const MOST_ELEMENTS: usize = 1024;

/// `x+=y`.
fn appended(before: Value, more: Value) -> Value {
    let flow = before.flow.with(more.flow);
    let mut words = before.words;
    if before.array || more.array {
        let mut keys = joined_keys(before.keys, words.len(), more.keys, more.words.len());
        words.extend(more.words);
        if words.len() > MOST_ELEMENTS {
            words = vec![Word::Unknown("a long list".to_owned())];
            keys = keys.map(|keys| Keys {
                names: vec![None],
                ..keys
            });
        }
        return Value {
            words,
            array: true,
            keys,
            flow,
            guess: None,
        };
    }
    let mut whole = Output::default();
    for word in words.iter().chain(&more.words) {
        whole.append(Output {
            pieces: super::super::scope::pieces_of(word),
            flow: Flow::default(),
        });
    }
    Value {
        flow,
        ..Value::scalar(whole.word())
    }
}
