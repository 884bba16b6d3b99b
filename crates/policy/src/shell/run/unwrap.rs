//! What a command runs in turn: other commands, scripts, its input, files. Each is judged as if it stood in the line.

use super::super::judge::{DEEPEST_RUN, Input, Judge, Output};
use super::super::scope::{Flow, Positional, Scope, pieces_of};
use crate::analysis::Reach;
use crate::programs::{A_LINE, More, Runs, Stdin, code, foreign};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};
use crate::world::Dialect;

/// Stands in a script for a part that is not known.
const HOLE: &str = "${__unknown__}";

impl Judge<'_> {
    pub(in crate::shell) fn run_all(
        &mut self,
        runs: Vec<Runs>,
        scope: &Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let mut output = Output::default();
        for run in runs {
            if !self.deeper() {
                break;
            }
            let outer = std::mem::replace(&mut self.placed, false);
            output.append(self.run_one(run, scope, input, flow));
            self.placed = outer;
            self.run -= 1;
        }
        output
    }

    fn deeper(&mut self) -> bool {
        if self.run >= DEEPEST_RUN {
            self.ask("too-nested", "Commands run commands deeper than is looked.");
            return false;
        }
        self.run += 1;
        self.step()
    }

    /// A command that another one runs, here or elsewhere.
    fn run_one(&mut self, run: Runs, scope: &Scope, input: &Input, flow: Flow) -> Output {
        // Another process: it has the variables, and neither functions nor aliases.
        let mut inner = scope.clone();
        inner.functions = Default::default();
        inner.aliases = Default::default();
        let reach = self.reach;
        if self.reach == Reach::Direct {
            self.reach = Reach::Wrapped;
        }
        let (here, first) = (self.world, self.report.effects.len());
        let away = is_elsewhere(&run);
        if away {
            self.leave();
            inner.folders = vec![None];
        }
        let output = match run {
            Runs::Code { path, args } => {
                match self.as_harmless_code(&path, &args, &inner, input, flow) {
                    Some(argv) => self.unshadowed(argv, &mut inner, input, flow),
                    None => {
                        self.denied_with(&path, &args, &inner, input, flow);
                        let run = Runs::File {
                            path,
                            dialect: None,
                            args: Vec::new(),
                        };
                        self.run_one(run, scope, input, flow)
                    }
                }
            }
            Runs::Command {
                argv, more, cwd, ..
            } => {
                if let Some(cwd) = cwd {
                    self.change_folder(&[cwd], &mut inner);
                }
                self.run_command(argv, more, &mut inner, input, flow)
            }
            Runs::Script {
                text,
                dialect: Dialect::Posix,
                args,
                ..
            } => {
                inner.called(args.zero, args.words, flow);
                self.run_text(&text, flow, &mut inner, input)
            }
            Runs::Script { text, dialect, .. } => self.run_foreign(&text, dialect, &inner),
            Runs::Input { dialect, args } => {
                inner.called(args.zero, args.words, flow);
                self.run_input(dialect, &mut inner, input)
            }
            Runs::File {
                path,
                dialect,
                args,
            } => {
                inner.called(path.clone(), args, flow);
                if dialect.is_none() {
                    self.not_just_written(&path, &inner);
                    self.main_of(&path, &inner);
                } else {
                    self.by_its_first_line(&path, &inner);
                }
                match self.as_code(&path, &inner).filter(|_| dialect.is_none()) {
                    Some(argv) => self.run_code(argv, &inner, input, flow),
                    None => self.run_file(&path, &mut inner, input),
                }
            }
        };
        self.world = here;
        if away {
            self.report.place_elsewhere(first);
        }
        self.reach = reach;
        output
    }

    fn run_command(
        &mut self,
        argv: Vec<Word>,
        more: Option<More>,
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        if let Some(more) = more {
            return self.run_with_more(&argv, &more, scope, input, flow);
        }
        let flow = if argv.iter().any(holds_a_line) {
            flow.with(input.flow)
        } else {
            flow
        };
        self.unshadowed(argv, scope, input, flow)
    }

    /// Runs a text as a script. What is not known of it is taken for a variable that nobody knows.
    pub(super) fn run_text(
        &mut self,
        text: &Word,
        flow: Flow,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        self.run_from(flow);
        let placed = std::mem::replace(&mut self.placed, false);
        let output = match text {
            Word::Known(text) => self.text(text, scope, input),
            Word::Unknown(_) => {
                self.ask("unknown-script", "What it runs is only known when it runs.");
                Output::unknown(flow)
            }
            Word::Partial(_) => {
                self.ask(
                    "unknown-script",
                    "A part of what it runs is only known when it runs.",
                );
                let whole: String = pieces_of(text)
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) | Piece::Pattern(text) => text.as_str(),
                        Piece::Unknown(_) => HOLE,
                    })
                    .collect();
                self.text(&whole, scope, input)
            }
        };
        self.placed = placed;
        output
    }

    /// Runs a known text.
    pub(in crate::shell) fn text(
        &mut self,
        text: &str,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        if !self.deeper() {
            self.run = self.run.saturating_sub(1);
            return Output::unknown(input.flow);
        }
        let placed = std::mem::replace(&mut self.placed, false);
        let output = match self.parse(text) {
            Ok(script) => self.script(&script, scope, input),
            Err(why) => {
                self.unreadable(text, &why);
                Output::unknown(input.flow)
            }
        };
        self.placed = placed;
        self.run -= 1;
        output
    }

    fn run_foreign(&mut self, text: &Word, dialect: Dialect, scope: &Scope) -> Output {
        let Some(text) = text.known() else {
            self.ask("unknown-script", "What it runs is only known when it runs.");
            return Output::unknown(Flow::default());
        };
        let reading = foreign::read(text, dialect, self.world);
        for finding in reading.findings {
            self.finding(finding);
        }
        for effect in reading.effects {
            self.report.effect(effect);
        }
        self.run_all(reading.runs, scope, &Input::inherited(), Flow::default());
        Output::unknown(Flow::default())
    }

    fn run_input(&mut self, dialect: Dialect, scope: &mut Scope, input: &Input) -> Output {
        let from = self.run_from(input.flow);
        match (&input.from, dialect) {
            (Stdin::Text(word), Dialect::Posix) => {
                let word = word.clone();
                let own = Input {
                    from: Stdin::Inherited,
                    flow: Flow::default(),
                };
                self.run_text(&word, Flow::default(), scope, &own)
            }
            (Stdin::Text(word), dialect) => {
                let word = word.clone();
                self.run_foreign(&word, dialect, scope)
            }
            (Stdin::File(path), _) => {
                let path = path.clone();
                self.run_file(&path, scope, input)
            }
            (Stdin::Pipe, _) if from == Verdict::Allow => {
                self.ask("unknown-script", "It runs what another command writes.");
                Output::unknown(input.flow)
            }
            (Stdin::Inherited, _) => {
                self.ask(
                    "unknown-script",
                    "It is a shell that runs what it is told later.",
                );
                Output::unknown(input.flow)
            }
            _ => Output::unknown(input.flow),
        }
    }

    /// Runs a file: what the line itself wrote there, what the session wrote, what is known of its text.
    pub(super) fn run_file(&mut self, path: &Word, scope: &mut Scope, input: &Input) -> Output {
        let Some(known) = path.known() else {
            self.ask(
                "unknown-script",
                "Which file it runs is only known when it runs.",
            );
            return Output::unknown(input.flow);
        };
        let Some(path) = self.absolute(known, scope) else {
            self.ask(
                "unknown-script",
                "Which file it runs is only known when it runs.",
            );
            return Output::unknown(input.flow);
        };
        if code::is_input(&Word::Known(path.clone())) {
            self.ask("code-input", "It runs code that it is given.");
            return self.run_input(Dialect::Posix, scope, input);
        }
        self.step();
        self.found_when_it_starts();
        let origin = self.origin(&path);
        let mut flow = Flow {
            network: origin.fetched,
            ..Flow::default()
        };
        let held = self.files.get(&path);
        let held = held
            .or_else(|| self.files.get(origin.led.as_ref()?))
            .cloned();
        if let Some(held) = &held {
            flow.join(held.flow);
        }
        if self.run_from(flow) == Verdict::Deny {
            return Output::unknown(flow);
        }
        let reach = std::mem::replace(&mut self.reach, Reach::File);
        let output = match held.map(|held| held.text) {
            Some(text @ (Word::Known(_) | Word::Partial(_))) => {
                self.run_script_text(&text, scope, input)
            }
            Some(Word::Unknown(_)) => {
                self.ask("write-run", "It runs a file that was just written.");
                Output::unknown(flow)
            }
            None if origin.fresh => {
                self.ask("write-run", "It runs a file that was just written.");
                Output::unknown(flow)
            }
            None => self.run_kept(&path, origin.written, scope, input),
        };
        self.reach = reach;
        output
    }

    /// A script of which the line itself may have made another by the time it is run. A plan without a shell runs what
    /// was opened before the line began.
    fn found_when_it_starts(&mut self) {
        if let (true, Some(at)) = (self.changed, self.span) {
            self.report.spawn(at, None);
        }
    }

    /// A file of another language than a shell's, which the line itself wrote, is only read as far as a shell's is.
    fn not_just_written(&mut self, path: &Word, scope: &Scope) {
        let held = self.held(path, scope);
        if held.is_some_and(|held| {
            held.text
                .known()
                .is_some_and(|text| !text.trim().is_empty())
        }) {
            self.ask(
                "write-run",
                "It runs a file that was just written, in a language that is not read here.",
            );
            if let Some(path) = path.known().and_then(|path| self.absolute(path, scope)) {
                self.recipes(&path, scope);
            }
        }
    }

    fn run_kept(&mut self, path: &str, written: bool, scope: &mut Scope, input: &Input) -> Output {
        if path.starts_with("/dev/fd/") {
            self.ask(
                "unknown-script",
                "What it runs comes from a descriptor that is not known.",
            );
        }
        let text = self.world.files.text(path);
        match text {
            Some(text) if is_shell(path, &text) => {
                self.run_script_text(&Word::Known(text), scope, input)
            }
            _ => {
                if written {
                    self.ask(
                        "write-run",
                        "It runs a file that was written before in this session.",
                    );
                }
                Output::unknown(Flow::default())
            }
        }
    }

    /// The text of a file that is run: a script for a shell, or for something that is not read here.
    fn run_script_text(&mut self, text: &Word, scope: &mut Scope, input: &Input) -> Output {
        let begins = text.prefix();
        if let Some(rest) = begins.strip_prefix("#!") {
            let line = rest.lines().next().unwrap_or_default();
            let shell = ["sh", "bash", "zsh", "dash", "ksh"]
                .iter()
                .any(|name| line.split(['/', ' ']).any(|word| word == *name));
            if !shell {
                self.ask(
                    "write-run",
                    "It runs a file that was just written, in a language that is not read here.",
                );
                return Output::unknown(Flow::default());
            }
        }
        self.run_text(text, Flow::default(), scope, input)
    }

    /// `. file`: in the shell itself.
    pub(super) fn source(
        &mut self,
        args: &[Word],
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let Some((path, rest)) = args.split_first() else {
            return Output::default();
        };
        self.run_from(flow);
        self.ask("source-file", "It runs a file in the shell itself.");
        let outer = scope.positional.clone();
        if !rest.is_empty() {
            scope.positional = Positional::new(rest.to_vec(), vec![flow; rest.len()]);
        }
        let output = if code::is_input(path) {
            self.run_input(Dialect::Posix, scope, input)
        } else {
            let touched = self.touch(path, crate::place::Access::Read, scope);
            self.flow.join(touched);
            self.run_file(path, scope, input)
        };
        if !rest.is_empty() {
            scope.positional = outer;
        }
        output
    }
}

/// Whether a line of the input is put into a word (`xargs -I{}`).
pub(super) fn holds_a_line(word: &Word) -> bool {
    match word {
        Word::Unknown(why) => why == A_LINE,
        Word::Partial(pieces) => pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Unknown(why) if why == A_LINE)),
        Word::Known(_) => false,
    }
}

fn is_elsewhere(run: &Runs) -> bool {
    match run {
        Runs::Command { elsewhere, .. } | Runs::Script { elsewhere, .. } => *elsewhere,
        Runs::Input { .. } | Runs::File { .. } | Runs::Code { .. } => false,
    }
}

fn is_shell(path: &str, text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    match line.strip_prefix("#!") {
        Some(line) => ["sh", "bash", "dash", "ksh", "zsh"]
            .iter()
            .any(|name| line.split(['/', ' ']).any(|word| word == *name)),
        None => path.ends_with(".sh") || path.ends_with(".bash"),
    }
}
