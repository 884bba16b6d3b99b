//! What a shell knows while it runs a line: variables, functions, aliases, the folder it is in.
//!
//! Cheap to copy, since each subshell and each stage of a pipeline works on a copy.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::expand::NUMBER;
use super::syntax::Command;
use crate::word::{Piece, Word};
use crate::world::World;

/// Where what a command emits comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// A file that authenticates someone.
    pub(super) secret: bool,
    /// The environment, or a variable that is named like a credential.
    pub(super) environment: bool,
    /// The value of a variable that is named like a credential.
    pub(super) credential: bool,
    /// The environment as a whole.
    pub(super) whole_environment: bool,
    pub(super) network: bool,
    /// Decoded, decompressed or turned around, so that nobody saw it.
    pub(super) decoded: bool,
    /// Made by a program of what stands in the line, in a way that was not followed.
    pub(super) turned: bool,
    /// Names of harmless files, and nothing else.
    pub(super) names: bool,
    /// The names of all that is there.
    pub(super) everything: bool,
    /// Lines of files of the workspace that were there before, and nothing else.
    pub(super) kept: bool,
    /// Names of files that authenticate someone.
    pub(super) names_secrets: bool,
    /// Names of files of the whole system or of a home.
    pub(super) critical: bool,
    /// It has no end.
    pub(super) endless: bool,
}

impl Flow {
    pub(super) fn join(&mut self, other: Self) {
        self.secret |= other.secret;
        self.environment |= other.environment;
        self.credential |= other.credential;
        self.whole_environment |= other.whole_environment;
        self.network |= other.network;
        self.decoded |= other.decoded;
        self.turned |= other.turned;
        self.names &= other.names;
        self.kept &= other.kept;
        self.names_secrets |= other.names_secrets;
        self.critical |= other.critical;
        self.everything |= other.everything;
        self.endless |= other.endless;
    }

    /// What stands for names of files: one somewhere below, of a name that nothing else has, where not all are meant.
    pub(super) fn some_names(self) -> Word {
        let name = if self.everything { "*" } else { "…" };
        Word::Partial(vec![
            Piece::Text("./".to_owned()),
            Piece::Pattern(name.to_owned()),
        ])
    }

    pub(super) fn with(mut self, other: Self) -> Self {
        self.join(other);
        self
    }
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// One word for a scalar.
    pub(super) words: Vec<Word>,
    pub(super) array: bool,
    /// Of an array whose elements were set by keys.
    pub(super) keys: Option<Keys>,
    pub(super) flow: Flow,
    /// What it is when variables that are not known are taken for empty.
    pub(super) guess: Option<(Word, Guessed)>,
}

/// By what the elements of an array are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// They are texts; otherwise numbers.
    pub(super) texts: bool,
    /// One for each element, in the order in which they were set; none where it is not known.
    pub(super) names: Vec<Option<String>>,
}

/// `$1` and those after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Positional {
    /// None where they are not known.
    pub(super) words: Option<Rc<Vec<Word>>>,
    /// Where each of them comes from.
    pub(super) flows: Rc<Vec<Flow>>,
}

impl Positional {
    pub(super) fn new(words: Vec<Word>, flows: Vec<Flow>) -> Self {
        Self {
            words: Some(Rc::new(words)),
            flows: Rc::new(flows),
        }
    }

    /// Where any of them may come from.
    pub(super) fn flow(&self) -> Flow {
        let all = self.flows.iter();
        all.fold(Flow::default(), |all, flow| all.with(*flow))
    }

    /// What may hold when they are these or others.
    fn join(&mut self, other: &Self) {
        if self.words != other.words {
            self.words = None;
        }
        if self.flows != other.flows {
            self.flows = Rc::new(vec![self.flow().with(other.flow())]);
        }
    }
}

/// What was taken for granted while expanding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Guessed {
    /// A variable is empty.
    pub(super) empty: bool,
    /// A variable is not set, so that its default holds.
    pub(super) default: bool,
}

impl Guessed {
    pub(super) fn any(self) -> bool {
        self.empty || self.default
    }
}

impl Value {
    pub(super) fn scalar(word: Word) -> Self {
        Self {
            words: vec![word],
            array: false,
            keys: None,
            flow: Flow::default(),
            guess: None,
        }
    }

    pub(super) fn unknown(why: &str) -> Self {
        Self::scalar(Word::Unknown(why.to_owned()))
    }

    /// Whether it is an array whose keys are texts.
    pub(super) fn has_texts(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.texts)
    }
}

/// The bodies that a name may stand for, more than one where it depends on what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) bodies: Vec<Rc<Command>>,
    /// The name may not be a function at all.
    pub(super) perhaps: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) variables: Rc<BTreeMap<String, Value>>,
    /// Names that stand for others: `declare -n name=other`.
    references: Rc<BTreeMap<String, String>>,
    pub(super) functions: Rc<BTreeMap<String, Function>>,
    pub(super) aliases: Rc<BTreeMap<String, String>>,
    pub(super) positional: Positional,
    /// Commands are written to the error output before they run, their words with them: `set -x`.
    pub(super) traced: bool,
    /// What `$0` is.
    pub(super) zero: Word,
    /// Where the shell may be. More than one where a change of folder may have failed.
    pub(super) folders: Vec<Option<String>>,
    pub(super) stack: Vec<Option<String>>,
    pub(super) previous: Option<String>,
    /// What runs when the shell ends.
    traps: Rc<Vec<Word>>,
}

/// The shell that a line is given to, by the name that it goes by.
const SHELL: &str = "bash";

/// Names that stand for names are followed so far.
const MOST_REFERENCES: usize = 8;

/// More folders than this, and none of them is known.
const MOST_FOLDERS: usize = 4;

impl Scope {
    pub(super) fn new(world: &World<'_>) -> Self {
        Self {
            variables: Rc::default(),
            references: Rc::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            positional: Positional::new(Vec::new(), Vec::new()),
            traced: false,
            zero: Word::from(SHELL),
            folders: vec![Some(world.cwd.clone())],
            stack: Vec::new(),
            previous: None,
            traps: Rc::default(),
        }
    }

    /// Keeps what runs at the end, where that depends on what comes before it.
    pub(super) fn trap(&mut self, text: Word) {
        if text
            .known()
            .is_none_or(|text| text.contains('$') || text.contains("rm "))
        {
            Rc::make_mut(&mut self.traps).push(text);
        }
    }

    pub(super) fn take_traps(&mut self) -> Vec<Word> {
        Rc::unwrap_or_clone(std::mem::take(&mut self.traps))
    }

    pub(super) fn folder(&self) -> Option<&str> {
        match self.folders.as_slice() {
            [one] => one.as_deref(),
            _ => None,
        }
    }

    /// From here on a name stands for another.
    pub(super) fn refer(&mut self, name: &str, other: &str) {
        Rc::make_mut(&mut self.references).insert(name.to_owned(), other.to_owned());
    }

    /// The variable that a name stands for.
    pub(super) fn referred<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        if self.references.is_empty() {
            return name;
        }
        for _ in 0..MOST_REFERENCES {
            match self.references.get(name) {
                Some(other) => name = other,
                None => break,
            }
        }
        name
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        let name = self.referred(name).to_owned();
        if name == "BASH_ARGV0" {
            self.zero = match value.words.as_slice() {
                [word] => word.clone(),
                _ => Word::Unknown("$0".to_owned()),
            };
        }
        Rc::make_mut(&mut self.variables).insert(name, value);
    }

    /// Begins a script that is called so.
    pub(super) fn called(&mut self, zero: Word, mut words: Vec<Word>, flow: Flow) {
        // What is not known may become several words, of which this is the first.
        if words.is_empty() && zero.known().is_none() {
            words.push(zero.clone());
        }
        self.zero = zero;
        let flows = vec![flow; words.len()];
        self.positional = Positional::new(words, flows);
    }

    pub(super) fn unset(&mut self, name: &str) {
        let empty = Value::scalar(Word::Known(String::new()));
        Rc::make_mut(&mut self.variables).insert(name.to_owned(), empty);
    }

    pub(super) fn define(&mut self, name: &str, body: Rc<Command>) {
        let function = Function {
            bodies: vec![body],
            perhaps: false,
        };
        Rc::make_mut(&mut self.functions).insert(name.to_owned(), function);
    }

    /// What may hold when some commands may have run and may not.
    pub(super) fn join(&mut self, other: &Self) {
        if !Rc::ptr_eq(&self.variables, &other.variables) {
            self.join_variables(other);
        }
        if !Rc::ptr_eq(&self.references, &other.references) {
            let references = Rc::make_mut(&mut self.references);
            for (name, to) in other.references.iter() {
                references.entry(name.clone()).or_insert_with(|| to.clone());
            }
        }
        if !Rc::ptr_eq(&self.functions, &other.functions) {
            self.join_functions(other);
        }
        self.positional.join(&other.positional);
        self.traced |= other.traced;
        if self.zero != other.zero {
            self.zero = Word::Unknown("$0".to_owned());
        }
        if !Rc::ptr_eq(&self.aliases, &other.aliases) {
            let aliases = Rc::make_mut(&mut self.aliases);
            for (name, text) in other.aliases.iter() {
                aliases.entry(name.clone()).or_insert_with(|| text.clone());
            }
        }
        for folder in &other.folders {
            self.add_folder(folder.clone());
        }
    }

    pub(super) fn add_folder(&mut self, folder: Option<String>) {
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
        }
        if self.folders.len() > MOST_FOLDERS {
            self.folders = vec![None];
        }
    }

    fn join_variables(&mut self, other: &Self) {
        let names: Vec<String> = self
            .variables
            .keys()
            .chain(other.variables.keys())
            .filter(|name| self.variables.get(*name) != other.variables.get(*name))
            .cloned()
            .collect();
        for name in names {
            let flow = [self.variables.get(&name), other.variables.get(&name)]
                .into_iter()
                .flatten()
                .fold(Flow::default(), |flow, value| flow.with(value.flow));
            // A number that grows is a number still.
            let both = [self.variables.get(&name), other.variables.get(&name)];
            let why = if both.iter().all(|value| value.is_some_and(is_number)) {
                NUMBER.to_owned()
            } else {
                format!("${name}")
            };
            let mut value = Value::unknown(&why);
            value.flow = flow;
            if both.iter().all(|value| value.is_some_and(Value::has_texts)) {
                value.array = true;
                value.keys = Some(Keys {
                    texts: true,
                    names: vec![None],
                });
            }
            self.set(&name, value);
        }
    }

    fn join_functions(&mut self, other: &Self) {
        let functions = Rc::make_mut(&mut self.functions);
        for (name, function) in functions.iter_mut() {
            if !other.functions.contains_key(name) {
                function.perhaps = true;
            }
        }
        for (name, theirs) in other.functions.iter() {
            match functions.get_mut(name) {
                None => {
                    let mut theirs = theirs.clone();
                    theirs.perhaps = true;
                    functions.insert(name.clone(), theirs);
                }
                Some(ours) => {
                    ours.perhaps |= theirs.perhaps;
                    for body in &theirs.bodies {
                        if !ours.bodies.contains(body) {
                            ours.bodies.push(body.clone());
                        }
                    }
                }
            }
        }
    }
}

fn is_number(value: &Value) -> bool {
    match value.words.as_slice() {
        [Word::Known(text)] => text.parse::<i64>().is_ok(),
        [Word::Unknown(why)] => why == NUMBER,
        _ => false,
    }
}

/// A word of pieces, in its plainest form.
pub(super) fn word_of(pieces: Vec<Piece>) -> Word {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, Piece::Text(text)) if text.is_empty() => {}
            (_, piece) => merged.push(piece),
        }
    }
    if merged.len() > 1 {
        return Word::Partial(merged);
    }
    match merged.pop() {
        None => Word::Known(String::new()),
        Some(Piece::Text(text)) => Word::Known(text),
        Some(Piece::Unknown(why)) => Word::Unknown(why),
        Some(pattern) => Word::Partial(vec![pattern]),
    }
}

/// The pieces of a word.
pub(super) fn pieces_of(word: &Word) -> Vec<Piece> {
    match word {
        Word::Known(text) => vec![Piece::Text(text.clone())],
        Word::Partial(pieces) => pieces.clone(),
        Word::Unknown(why) => vec![Piece::Unknown(why.clone())],
    }
}

/// How a word is shown: unknown parts as `…`.
pub(super) fn shown(word: &Word) -> String {
    match word {
        Word::Known(text) => text.clone(),
        Word::Unknown(_) => "…".to_owned(),
        Word::Partial(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Pattern(text) => text.as_str(),
                Piece::Unknown(_) => "…",
            })
            .collect(),
    }
}
