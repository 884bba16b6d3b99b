//! From the words of the tree to the words that a command gets: what is known of them, what is not.

mod arith;
mod braces;
mod fields;
pub(super) mod keys;
mod param;
mod pattern;
mod positional;
mod variable;

use self::fields::Fields;
use super::judge::{Input, Judge, Output};
use super::scope::{Flow, Scope, word_of};
use super::syntax::{FileMode, Kind, Part, RedirectKind, Script, Word as Written};
use crate::word::{Piece, Word};

pub(super) use self::arith::NUMBER;
pub(super) use self::param::is_name;
pub(super) use self::pattern::{matches_word, remove_from, without_last};
pub(super) use self::positional::shifted;

/// What is known of an output of which the text is not.
const KINDS: [&str; 3] = [
    NUMBER,
    crate::programs::GATEWAY_PROCESS,
    crate::programs::REVISION,
];

/// More words than this from one are not followed.
const MOST_WORDS: usize = 1024;

impl Judge<'_> {
    /// All the words that one word becomes.
    pub(super) fn expand(&mut self, word: &Written, scope: &mut Scope) -> Vec<Word> {
        if !self.step() {
            return vec![Word::Unknown("too much".to_owned())];
        }
        if let [Part::Text(text) | Part::Quoted(text)] = word.parts.as_slice() {
            return vec![Word::Known(text.clone())];
        }
        let Some(variants) = braces::expand(&word.parts) else {
            self.ask("too-many-words", "Its braces become too many words.");
            return vec![Word::Unknown("braces".to_owned())];
        };
        let mut all = Vec::new();
        for parts in variants {
            let mut fields = Fields::new(self.separators(scope));
            for part in parts.iter() {
                self.part(part, false, scope, &mut fields);
            }
            self.not_too_long(&fields);
            all.extend(fields.finish());
        }
        self.charge(all.len());
        if all.len() > MOST_WORDS {
            self.ask(
                "too-many-words",
                "It has too many words to be looked through.",
            );
            return vec![Word::Unknown("too much".to_owned())];
        }
        all
    }

    /// One word, whatever it holds: the value of an assignment, the target of a redirection.
    pub(super) fn expand_one(&mut self, word: &Written, scope: &mut Scope) -> Word {
        self.parts_as_one(&word.parts, scope)
    }

    pub(super) fn parts_as_one(&mut self, parts: &[Part], scope: &mut Scope) -> Word {
        match parts {
            [] => return Word::Known(String::new()),
            [Part::Text(text) | Part::Quoted(text)] => return Word::Known(text.clone()),
            _ => {}
        }
        self.step();
        let mut fields = Fields::new(String::new());
        fields.open();
        for part in parts {
            match part {
                Part::Glob(text) => fields.pattern(text),
                // Neither braces nor words are split here.
                Part::Brace(_) | Part::Range(_) => fields.unknown("braces"),
                Part::Tilde(_) => self.part(part, false, scope, &mut fields),
                _ => self.part(part, true, scope, &mut fields),
            }
        }
        self.not_too_long(&fields);
        word_of(fields.joined())
    }

    /// A value that is doubled again and again fills the memory of the shell that really holds it.
    fn not_too_long(&mut self, fields: &Fields) {
        if fields.is_too_long() {
            self.ask("too-long", "A text in it grows longer than is looked at.");
        }
    }

    fn part(&mut self, part: &Part, quoted: bool, scope: &mut Scope, fields: &mut Fields) {
        match part {
            Part::Text(text) if !quoted && text.starts_with("~/") && fields.begins_anew() => {
                // After a split a tilde is text for the shell; whoever wrote it so meant the home folder, and
                // a `~` beside it is no better.
                let home = self.tilde("", scope);
                fields.word(&home);
                fields.text(&text[1..]);
            }
            Part::Text(text) | Part::Quoted(text) => fields.text(text),
            Part::Glob(pattern) => fields.pattern(pattern),
            Part::Tilde(user) => {
                let home = self.tilde(user, scope);
                fields.word(&home);
            }
            Part::Double(parts) => {
                let only_all = matches!(parts.as_slice(), [Part::Param(p)] if p.name == "@");
                if !only_all {
                    fields.open();
                }
                for part in parts {
                    self.part(part, true, scope, fields);
                }
            }
            Part::Param(param) => self.param(param, quoted, scope, fields),
            Part::Command(script) => {
                let (word, names) = self.substitute(script, scope);
                match names {
                    Some(names) if fields.is_empty() || quoted && fields.holds_nothing() => {
                        fields.word(&names);
                    }
                    _ => fields.push(&word, quoted),
                }
            }
            Part::Arith(parts) => {
                let word = self.arithmetic(parts, scope);
                fields.push(&word, quoted);
            }
            Part::Process { input, script } => {
                let word = self.process(*input, script, scope);
                fields.word(&word);
            }
            // The command that declares it sees its name; what it holds is set behind it.
            Part::Array(array) => {
                fields.text(&format!("{}=", array.name));
                fields.unknown("an array");
            }
            // Taken apart before.
            Part::Brace(_) | Part::Range(_) => fields.unknown("braces"),
        }
    }

    fn tilde(&mut self, user: &str, scope: &mut Scope) -> Word {
        match user {
            "" => match self.variable("HOME", scope).words.first() {
                Some(word) => word.clone(),
                None => Word::Unknown("~".to_owned()),
            },
            "+" => match scope.folder() {
                Some(folder) => Word::Known(folder.to_owned()),
                None => Word::Unknown("~+".to_owned()),
            },
            "-" => match &scope.previous {
                Some(folder) => Word::Known(folder.clone()),
                None => Word::Unknown("~-".to_owned()),
            },
            user if user == self.world.user => Word::Known(self.world.home.clone()),
            "root" => Word::from("/root"),
            user => Word::Known(format!("/home/{user}")),
        }
    }

    /// The output of a substitution, without the newlines that it ends with; what stands for its words, where they
    /// are names of files of which nothing else is known.
    fn substitute(&mut self, script: &Script, scope: &Scope) -> (Word, Option<Word>) {
        if !self.descend() {
            self.ascend();
            return (Word::Unknown("too much".to_owned()), None);
        }
        let outer = std::mem::take(&mut self.flow);
        let output = match self.read_file(script, scope) {
            Some(output) => output,
            None => {
                let mut inner = scope.clone();
                self.script(script, &mut inner, &Input::inherited())
            }
        };
        self.flow = outer.with(output.flow);
        self.ascend();
        let dashed = |path: &String| crate::place::name(path).starts_with('-');
        let names = output.flow.names && !self.taint.written.iter().any(dashed);
        let word = match output.word() {
            Word::Known(text) => {
                return (Word::Known(text.trim_end_matches('\n').to_owned()), None);
            }
            Word::Unknown(why) if KINDS.contains(&why.as_str()) => Word::Unknown(why),
            Word::Unknown(_) => Word::Unknown("the output of a command".to_owned()),
            Word::Partial(mut pieces) => {
                if let Some(Piece::Text(last)) = pieces.last_mut() {
                    *last = last.trim_end_matches('\n').to_owned();
                }
                word_of(pieces)
            }
        };
        let named = match word {
            Word::Unknown(_) if names => Some(output.flow.some_names()),
            Word::Unknown(_) if output.flow.names_secrets => {
                let home = crate::place::trimmed(&self.world.home);
                Some(Word::Partial(vec![
                    Piece::Text(format!("{home}/.ssh/")),
                    Piece::Pattern("*".to_owned()),
                ]))
            }
            _ => None,
        };
        (word, named)
    }

    /// `$(< file)`.
    fn read_file(&mut self, script: &Script, scope: &Scope) -> Option<Output> {
        let [item] = script.items.as_slice() else {
            return None;
        };
        let [command] = item.first.commands.as_slice() else {
            return None;
        };
        let (Kind::Simple(simple), [redirect]) = (&command.kind, command.redirects.as_slice())
        else {
            return None;
        };
        let RedirectKind::File(FileMode::Read, word) = &redirect.kind else {
            return None;
        };
        if !simple.words.is_empty() || !simple.assignments.is_empty() || !item.rest.is_empty() {
            return None;
        }
        let mut inner = scope.clone();
        let word = self.expand_one(word, &mut inner);
        let flow = self.reads(&word, &inner);
        Some(match self.held(&word, &inner) {
            Some(held) => Output {
                pieces: super::scope::pieces_of(&held.text),
                flow: flow.with(held.flow),
            },
            None => Output::unknown(flow),
        })
    }

    fn process(&mut self, input: bool, script: &Script, scope: &Scope) -> Word {
        self.descriptors += 1;
        let path = format!("/dev/fd/{}", 63_u32.saturating_sub(self.descriptors % 32));
        if !input {
            self.readers.push(script.clone());
            return Word::Known(path);
        }
        if !self.descend() {
            self.ascend();
            return Word::Known(path);
        }
        let outer = std::mem::take(&mut self.flow);
        let mut inner = scope.clone();
        let output = self.script(script, &mut inner, &Input::inherited());
        self.flow = outer.with(output.flow);
        self.ascend();
        let held = super::judge::Held {
            text: output.word(),
            flow: output.flow,
        };
        self.open_as(path.clone(), held);
        Word::Known(path)
    }

    fn separators(&mut self, scope: &mut Scope) -> String {
        match scope.variables.get("IFS").map(|value| value.words.first()) {
            None => " \t\n".to_owned(),
            Some(Some(Word::Known(text))) => text.clone(),
            Some(_) => {
                self.ask("unknown-separator", "How words are split is not known.");
                " \t\n".to_owned()
            }
        }
    }

    /// Takes what the words at hand carry, and begins anew.
    pub(super) fn take_flow(&mut self) -> Flow {
        std::mem::take(&mut self.flow)
    }
}
