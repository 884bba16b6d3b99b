//! Redirections: what they read and write, and where a command's input then comes from.

use super::super::judge::{Held, Input, Judge, Output};
use super::super::scope::{Flow, Scope, pieces_of, word_of};
use super::super::syntax::{FileMode, Redirect, RedirectKind};
use crate::effect::{EffectKind, Target};
use crate::place::{self, Access};
use crate::programs::Stdin;
use crate::word::{Piece, Word};

/// What redirections do to a command.
#[derive(Debug, Clone, Default)]
pub(super) struct Redirected {
    pub(super) input: Option<Input>,
    /// The file that its output goes to.
    output: Option<(Word, bool)>,
}

/// Why the begin of a file is not known that the line adds to.
pub(super) const WAS_THERE: &str = "what was there";

impl Judge<'_> {
    pub(super) fn redirects(&mut self, redirects: &[Redirect], scope: &mut Scope) -> Redirected {
        let mut all = Redirected::default();
        for redirect in redirects {
            self.step();
            let outer = self.enter(redirect.at);
            self.redirect(redirect, scope, &mut all);
            self.span = outer;
        }
        all
    }

    fn redirect(&mut self, redirect: &Redirect, scope: &mut Scope, all: &mut Redirected) {
        let stdin = redirect.fd.is_none_or(|fd| fd == 0);
        match &redirect.kind {
            RedirectKind::Empty if stdin => {
                all.input = Some(Input {
                    from: Stdin::Text(Word::Known(String::new())),
                    flow: Flow::default(),
                });
            }
            RedirectKind::Empty => {}
            RedirectKind::Text(word) => {
                let outer = self.take_flow();
                let word = self.expand_one(word, scope);
                let flow = self.take_flow();
                self.flow = outer.with(flow);
                let mut pieces = pieces_of(&word);
                pieces.push(Piece::Text("\n".to_owned()));
                let text = word_of(pieces);
                match redirect.fd {
                    None | Some(0) => {
                        all.input = Some(Input {
                            from: Stdin::Text(text),
                            flow,
                        });
                    }
                    Some(fd) => self.open_as(format!("/dev/fd/{fd}"), Held { text, flow }),
                }
            }
            RedirectKind::Duplicate { output, word } => {
                let word = self.expand_one(word, scope);
                self.duplicate(*output, redirect.fd, &word, scope, all);
            }
            RedirectKind::File(mode, word) => {
                let word = self.expand_one(word, scope);
                self.file(*mode, redirect.fd, word, scope, all);
            }
        }
    }

    fn duplicate(
        &mut self,
        output: bool,
        fd: Option<u32>,
        word: &Word,
        scope: &Scope,
        all: &mut Redirected,
    ) {
        match word.known() {
            Some("-") => {}
            Some(text)
                if text
                    .trim_end_matches('-')
                    .bytes()
                    .all(|b| b.is_ascii_digit()) =>
            {
                let from = text.trim_end_matches('-');
                if !output && fd.is_none_or(|fd| fd == 0) && from != "0" {
                    let path = Word::Known(format!("/dev/fd/{from}"));
                    all.input = Some(match self.held(&path, scope) {
                        Some(_) => self.input_from(path, Flow::default(), scope),
                        None => Input {
                            from: Stdin::Pipe,
                            flow: Flow::default(),
                        },
                    });
                }
            }
            // `>& file` writes both outputs to the file.
            Some(_) if output && fd.is_none() => {
                self.file(FileMode::Both, None, word.clone(), scope, all);
            }
            _ => self.ask(
                "descriptor",
                "Which descriptor it uses is only known when it runs.",
            ),
        }
    }

    fn file(
        &mut self,
        mode: FileMode,
        fd: Option<u32>,
        word: Word,
        scope: &Scope,
        all: &mut Redirected,
    ) {
        let to_output = fd.is_none_or(|fd| fd == 1);
        match mode {
            FileMode::Read | FileMode::ReadWrite => {
                let flow = self.reads(&word, scope);
                if mode == FileMode::ReadWrite {
                    self.touch(&word, Access::Write, scope);
                }
                match fd {
                    None | Some(0) => all.input = Some(self.input_from(word, flow, scope)),
                    Some(fd) => {
                        let held = self.held(&word, scope).unwrap_or(Held {
                            text: Word::Unknown("a file".to_owned()),
                            flow,
                        });
                        self.open_as(format!("/dev/fd/{fd}"), held);
                    }
                }
            }
            FileMode::Append | FileMode::BothAppend => {
                self.touch(&word, Access::Append, scope);
                if to_output || mode == FileMode::BothAppend {
                    all.output = Some((word, true));
                }
            }
            FileMode::Write | FileMode::Clobber | FileMode::Both => {
                self.touch(&word, Access::Write, scope);
                if to_output || mode == FileMode::Both {
                    all.output = Some((word, false));
                }
            }
        }
    }

    fn input_from(&mut self, word: Word, flow: Flow, scope: &Scope) -> Input {
        if word.known() == Some("/dev/null") {
            return Input {
                from: Stdin::Text(Word::Known(String::new())),
                flow,
            };
        }
        match self.held(&word, scope) {
            Some(held) if held.text.known().is_some() => Input {
                from: Stdin::Text(held.text),
                flow: flow.with(held.flow),
            },
            Some(held) => {
                let names = held.flow.names;
                let all = flow.with(held.flow);
                Input {
                    from: Stdin::Pipe,
                    flow: Flow { names, ..all },
                }
            }
            None => Input {
                from: Stdin::File(word),
                flow,
            },
        }
    }

    /// What a descriptor reads, by the name that it has as a file. Which number the shell gives to a substitution is
    /// not known, so that what was opened before may be what is read.
    pub(in crate::shell) fn open_as(&mut self, path: String, mut held: Held) {
        if let Some(before) = self.files.get(&path)
            && before.text != held.text
        {
            held.text = Word::Unknown("a descriptor".to_owned());
            held.flow.join(before.flow);
        }
        self.files.insert(path, held);
    }

    /// Touches a place in each folder that the shell may be in.
    pub(super) fn touch(&mut self, word: &Word, access: Access, scope: &Scope) -> Flow {
        let mut flow = Flow::default();
        for folder in &scope.folders {
            self.step();
            let touch = self.as_left(|world| place::touch(word, access, folder.as_deref(), world));
            let mut effect = touch.effect;
            effect.span = effect.span.or(self.span);
            if effect.secret {
                flow.secret = true;
                if let Target::Path(path) | Target::Below(path) = &effect.target {
                    self.taint.secrets.insert(path.clone());
                }
            }
            if let (EffectKind::Read, Target::Path(path)) = (effect.kind, &effect.target) {
                flow.network |= self.taint.fetched.contains(path);
                if self.taint.carrying.contains(path) {
                    flow.secret = true;
                    self.taint.secrets.insert(path.clone());
                }
            }
            if matches!(
                effect.kind,
                EffectKind::Write | EffectKind::Append | EffectKind::Create
            ) && let Target::Path(path) = &effect.target
            {
                self.note_written(path.clone());
            }
            self.report.effect(effect);
            for finding in touch.findings {
                self.finding(finding);
            }
        }
        flow
    }

    pub(in crate::shell) fn reads(&mut self, word: &Word, scope: &Scope) -> Flow {
        if word
            .known()
            .is_some_and(|path| path.starts_with("/dev/fd/"))
        {
            return Flow::default();
        }
        self.touch(word, Access::Read, scope)
    }

    /// What the line itself wrote to a file.
    pub(in crate::shell) fn held(&mut self, word: &Word, scope: &Scope) -> Option<Held> {
        let path = self.absolute(word.known()?, scope)?;
        self.files.get(&path).cloned()
    }

    pub(super) fn absolute(&self, path: &str, scope: &Scope) -> Option<String> {
        let path = place::normalise(path, scope.folder())?;
        Some(match path.strip_prefix("/proc/self/fd/") {
            Some(fd) => format!("/dev/fd/{fd}"),
            None => path,
        })
    }

    /// Lets an output go where redirections send it, and what reads it judge it.
    pub(super) fn written(
        &mut self,
        redirected: Redirected,
        output: Output,
        scope: &mut Scope,
    ) -> Output {
        for reader in std::mem::take(&mut self.readers) {
            let mut inner = scope.clone();
            self.script(&reader, &mut inner, &Input::output(&output));
        }
        let Some((word, append)) = redirected.output else {
            return output;
        };
        if word.prefix().starts_with("/dev/tcp/") || word.prefix().starts_with("/dev/udp/") {
            self.sent_by_redirection(output.flow);
        }
        let device = word.prefix().starts_with("/dev/") && !word.prefix().starts_with("/dev/shm/");
        if output.flow.endless && !device {
            self.fills_disk();
        }
        if let Some(path) = word.known()
            && path != "/dev/null"
            && !path.starts_with("/dev/fd/")
            && let Some(path) = self.absolute(path, scope)
        {
            self.hold(path, &output, append);
        }
        Output {
            pieces: Vec::new(),
            flow: Flow::default(),
        }
    }

    /// `> /dev/tcp/HOST/PORT`
    fn sent_by_redirection(&mut self, flow: Flow) {
        if flow.secret {
            self.deny(
                "secret-to-network",
                "It sends what authenticates someone over the network.",
            );
        } else if flow.environment {
            self.deny(
                "environment-to-network",
                "It sends the environment over the network.",
            );
        }
    }

    fn hold(&mut self, path: String, output: &Output, append: bool) {
        let mut held = Held {
            text: output.word(),
            flow: output.flow,
        };
        if append {
            let before = self.files.get(&path);
            let mut pieces = match before {
                Some(before) => pieces_of(&before.text),
                None => vec![Piece::Unknown(WAS_THERE.to_owned())],
            };
            pieces.extend(pieces_of(&held.text));
            held.text = word_of(pieces);
            if let Some(before) = before {
                held.flow.join(before.flow);
            }
        }
        if held.flow.network || held.flow.decoded {
            self.taint.fetched.insert(path.clone());
        }
        if held.flow.secret {
            self.taint.secrets.insert(path.clone());
            self.taint.carrying.insert(path.clone());
        }
        self.taint.written.insert(path.clone());
        self.files.insert(path, held);
    }

    pub(super) fn note_written(&mut self, path: String) {
        if !path.starts_with("/dev/") {
            self.taint.written.insert(path);
        }
    }
}
