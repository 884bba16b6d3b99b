//! A program: what the table says of it, in each folder that the shell may be in.

use unicode_security::skeleton;

use super::super::expand::NUMBER;
use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope};
use crate::effect::Target;
use crate::programs::{self, Invocation, Reading, Stdin};
use crate::verdict::{Finding, Span, Verdict};
use crate::word::{Piece, Word};

/// Programs that are called as what many others are told to do: `acme project init`, `service halt`.
const DEEDS: &[&str] = &["init", "halt", "reboot", "shutdown", "poweroff"];

/// Words of a program that nobody knows before the command that it may run.
const MOST_BEFORE: usize = 8;

impl Judge<'_> {
    /// Runs a program. `flow` is what its words carry.
    pub(super) fn external(
        &mut self,
        argv: &[Word],
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        self.report.command(argv, self.span, self.reach);
        let mut output: Option<Output> = None;
        for folder in scope.folders.clone() {
            if !self.step() {
                return Output::unknown(flow);
            }
            let mut next = self.program(argv, folder, scope, input, flow);
            if let Some(before) = output {
                next.flow.join(before.flow);
            }
            output = Some(next);
        }
        output.unwrap_or_default()
    }

    fn program(
        &mut self,
        argv: &[Word],
        folder: Option<String>,
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let invocation = Invocation {
            argv: argv.to_vec(),
            cwd: folder,
            stdin: input.from.clone(),
        };
        let reading = self.as_left(|world| programs::read(&invocation, world));
        if !reading.known {
            self.unknown_program(argv, flow);
            self.perhaps_a_wrapper(argv, scope, input, flow);
            self.given_a_secret(argv, scope);
        }
        self.look_around(argv, &invocation, reading.known);
        self.kept_file(argv, scope, input, flow);
        self.built_from(argv, invocation.cwd.as_deref(), scope);
        self.note_links(argv, &invocation);
        for finding in &reading.findings {
            let finding = finding.clone();
            self.placed_finding(finding);
        }
        for effect in &reading.effects {
            let mut effect = effect.clone();
            effect.span = effect
                .span
                .or_else(|| self.place_of(&effect.text))
                .or(self.span);
            self.report.effect(effect);
        }
        let read = self.note_effects(&reading.effects);
        let read = read.with(self.included(argv, &reading, input, scope));
        self.flows(&reading, argv, input, flow, read);
        self.credentials(&reading, argv, input, flow);
        if let Some(instead) = &reading.instead {
            self.note_instead(argv, instead);
        }
        let text = self.output_text(argv, input, scope);
        let endless = self.endless(argv, &reading, input);
        let mut emitted = Self::emitted(&reading, input.flow, flow, read).going_on(endless);
        emitted.everything &= !super::output::chooses(argv);
        emitted.kept = self.passes_what_was_kept(&reading, input, &invocation);
        emitted.turned |= text.is_none() && super::output::turns(argv, &reading, &input.from);
        // Whatever a program is that nobody knows, what it is given an address for may come from there.
        emitted.network |= !reading.known && argv.iter().any(is_address);
        let copied = self.copied(argv, &reading, input);
        self.note_writes(&reading, emitted, &copied);
        self.note_leaves(&invocation, &reading, input, emitted);
        self.loaded(&reading.loads);
        let ran = self.run_all(reading.runs, scope, input, flow);
        let mut all = emitted.with(ran.flow);
        (all.names, all.kept) = (emitted.names, emitted.kept);
        all.everything = emitted.everything;
        let mut output = Self::output_of(text, all);
        if matches!(output.pieces.as_slice(), [Piece::Unknown(_)]) && super::output::is_number(argv)
        {
            output.pieces = vec![Piece::Unknown(NUMBER.to_owned())];
        }
        if let Some(pieces) = super::parts::of_a_path(argv) {
            output.pieces = pieces;
        }
        if super::revisions::is_revision(argv) {
            output.pieces = vec![Piece::Unknown(programs::REVISION.to_owned())];
        }
        if scope.variables.get("TMPDIR").is_none()
            && let Some(tmp) = self.world.tmp.first()
            && let Some(pieces) = super::output::temporary(argv, tmp)
        {
            output.pieces = pieces;
        }
        if programs::finds_the_gateway(argv, &self.world.own_ports) {
            output.pieces = vec![Piece::Unknown(programs::GATEWAY_PROCESS.to_owned())];
        }
        output
    }

    /// Looks where the folder leads that it runs in, and the words of a program that the table does not read.
    fn look_around(&self, argv: &[Word], invocation: &Invocation, known: bool) {
        let folder = invocation.cwd.as_deref();
        if let Some(folder) = folder.filter(|folder| *folder != self.world.cwd) {
            self.world.files.resolve(folder);
        }
        let by_path = argv.first().and_then(Word::known);
        if !known || by_path.is_some_and(|program| program.contains('/')) {
            for word in argv.iter().skip(1) {
                crate::place::look(word, folder, self.world);
            }
        }
    }

    fn unknown_program(&mut self, argv: &[Word], flow: Flow) {
        self.report.builds = true;
        match argv.first() {
            Some(Word::Known(name)) => {
                let text = format!("The program {name} is not known.");
                self.ask("unknown-program", &text);
            }
            _ => {
                if !matches!(argv.first(), Some(Word::Partial(_))) {
                    self.run_from(flow);
                }
                self.ask(
                    "unknown-command",
                    "Which program it runs is only known when it runs.",
                );
            }
        }
    }

    /// A program that nobody knows may run what its words say. It is asked about already; what would be denied is.
    fn perhaps_a_wrapper(&mut self, argv: &[Word], scope: &Scope, input: &Input, flow: Flow) {
        // `=rm` is where zsh finds `rm`.
        let name = argv
            .first()
            .and_then(Word::known)
            .and_then(|name| name.strip_prefix('='));
        if let Some(name) = name.filter(|name| programs::is_known(name)) {
            let mut words = vec![Word::from(name)];
            words.extend_from_slice(&argv[1..]);
            self.denied_aside(scope, |judge, inner| {
                judge.unshadowed(words, inner, input, flow);
            });
        }
        let begins = (1..argv.len().min(MOST_BEFORE)).filter(|at| {
            let name = argv[*at].known().unwrap_or_default();
            programs::is_known(name) && !DEEDS.contains(&name)
        });
        for at in begins {
            self.denied_aside(scope, |judge, inner| {
                judge.unshadowed(argv[at..].to_vec(), inner, input, flow);
            });
        }
        for line in lines_after_options(argv) {
            self.denied_aside(scope, |judge, inner| {
                judge.text(line, inner, input);
            });
        }
    }

    /// A program that nobody knows reads what it is given; a key that it is to log in with is what keys are for.
    fn given_a_secret(&mut self, argv: &[Word], scope: &Scope) {
        let logs_in = |option: &Word| {
            let option = option.prefix();
            let names = ["key", "identity", "cert", "config", "credential"];
            option == "-i"
                || option.starts_with("--") && names.iter().any(|name| option.contains(name))
        };
        for pair in argv.windows(2).filter(|pair| !logs_in(&pair[0])) {
            let Some(path) = pair[1].known().filter(|text| text.contains('/')) else {
                continue;
            };
            let place = crate::place::locate(path, scope.folder(), self.world);
            if place.is_some_and(|place| place.secret == Some(Verdict::Deny)) {
                let text = format!(
                    "A program that is not known is given {path}, which authenticates someone."
                );
                self.deny("read-secret", &text);
            }
        }
    }

    /// Judges what may run, and keeps nothing of it but what it is denied for.
    pub(super) fn denied_aside(
        &mut self,
        scope: &Scope,
        judge: impl FnOnce(&mut Self, &mut Scope),
    ) {
        let found = self.aside(scope, judge).unwrap_or_default().into_iter();
        for finding in found.filter(|finding| finding.verdict == Verdict::Deny) {
            self.report.finding(finding);
        }
    }

    /// What is found of what may run; nothing else of it is kept. None where no more is looked at.
    pub(super) fn aside(
        &mut self,
        scope: &Scope,
        judge: impl FnOnce(&mut Self, &mut Scope),
    ) -> Option<Vec<Finding>> {
        if !self.step() || self.run >= super::super::judge::DEEPEST_RUN {
            return None;
        }
        self.run += 1;
        let report = std::mem::take(&mut self.report);
        let (taint, files, own) = (self.taint.clone(), self.files.clone(), self.flow);
        let mut inner = scope.clone();
        inner.functions = Default::default();
        inner.aliases = Default::default();
        judge(self, &mut inner);
        (self.taint, self.files, self.flow) = (taint, files, own);
        let aside = std::mem::replace(&mut self.report, report);
        self.run -= 1;
        Some(aside.findings)
    }

    /// A program that the line itself, or the session before, wrote.
    fn kept_file(&mut self, argv: &[Word], scope: &mut Scope, input: &Input, flow: Flow) {
        let Some(name) = argv.first().and_then(Word::known) else {
            return;
        };
        if !name.contains('/') {
            return;
        }
        if let Some(path) = self.absolute(name, scope)
            && (self.files.contains_key(&path)
                || self.taint.written.contains(&path)
                || self.taint.fetched.contains(&path))
        {
            // A copy of a program, or a link to it, does what the program does.
            if let Some(program) = self.links.get(&path).cloned() {
                let mut words = vec![Word::Known(program)];
                words.extend_from_slice(&argv[1..]);
                self.denied_aside(scope, |judge, inner| {
                    judge.unshadowed(words, inner, input, flow);
                });
            }
            let mut inner = scope.clone();
            inner.called(Word::from(name), argv[1..].to_vec(), flow);
            self.run_file(&Word::Known(path), &mut inner, input);
        }
    }

    fn note_instead(&mut self, argv: &[Word], instead: &[Word]) {
        let (true, Some(span), 0) = (self.placed, self.span, self.run) else {
            return;
        };
        let words: Option<Vec<String>> = instead
            .iter()
            .map(|word| word.known().map(str::to_owned))
            .collect();
        let key = (span.start, span.end);
        if let (Some(words), Some(Some(spawn))) = (&words, self.report.spawns.get_mut(&key))
            && spawn.argv.first() == words.first()
        {
            spawn.argv.clone_from(words);
        }
        // In text, words can be put in after the program; where more differs it is left as it is.
        let tail = argv.len().saturating_sub(1);
        if instead.len() > argv.len()
            && instead.first() == argv.first()
            && instead.ends_with(&argv[1..])
        {
            let added: Option<Vec<String>> = instead[1..instead.len() - tail]
                .iter()
                .map(|word| word.known().map(str::to_owned))
                .collect();
            if let Some(added) = added {
                self.report.insertion(span, added);
            }
        }
    }

    /// What a program writes to its output, where that is known.
    fn output_text(&mut self, argv: &[Word], input: &Input, scope: &Scope) -> Option<String> {
        let text = match &input.from {
            Stdin::Text(word) => word.known(),
            Stdin::Inherited | Stdin::File(_) | Stdin::Pipe => None,
        };
        if argv.first().and_then(Word::known) == Some("pwd") {
            return scope.folder().map(|folder| format!("{folder}\n"));
        }
        if let [Word::Known(name), file] = argv
            && name == "cat"
            && let Some(held) = self.held(file, scope)
        {
            return held.text.known().map(str::to_owned);
        }
        // Other paths may lead elsewhere than their words say.
        if let Some(path) = super::output::resolves(argv)
            && let Some(path) = self.absolute(path, scope)
            && crate::place::is_critical(&path, self.world)
        {
            return Some(format!("{path}\n"));
        }
        super::output::known(argv, text)
    }

    /// What a program that copies leaves in the file that it writes: what it read, where that is known.
    fn copied(&self, argv: &[Word], reading: &Reading, input: &Input) -> Word {
        let unknown = || Word::Unknown("a file".to_owned());
        match argv.first().and_then(Word::known) {
            Some("tee") => match &input.from {
                Stdin::Text(word) => word.clone(),
                _ => unknown(),
            },
            // What was built of the workspace's own sources is as good as they are.
            Some("gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "rustc" | "ld" | "go")
                if !self.takes_written(reading) =>
            {
                Word::Known(String::new())
            }
            Some("cp" | "mv" | "install" | "ln") => {
                let read = reading
                    .effects
                    .iter()
                    .find_map(|effect| match &effect.target {
                        Target::Path(path) => self.files.get(path),
                        _ => None,
                    });
                read.map_or_else(unknown, |held| held.text.clone())
            }
            Some("touch" | "chmod" | "mkdir") => {
                let held = reading
                    .effects
                    .iter()
                    .find_map(|effect| match &effect.target {
                        Target::Path(path) => self.files.get(path),
                        _ => None,
                    });
                held.map_or_else(|| Word::Known(String::new()), |held| held.text.clone())
            }
            _ => unknown(),
        }
    }

    /// Puts a finding where the word stands that it is about, as far as that can be told.
    fn placed_finding(&mut self, mut finding: Finding) {
        finding.span = finding
            .span
            .or_else(|| self.place_of(&finding.text))
            .or(self.span);
        self.report.finding(finding);
    }

    /// The place of the longest word that a sentence names.
    fn place_of(&self, text: &str) -> Option<Span> {
        if !self.placed {
            return None;
        }
        let named = self.words.iter().filter(|(word, _)| {
            let word = word.trim_start_matches("./").trim_end_matches('/');
            word.len() > 1 && text.contains(word)
        });
        named
            .max_by_key(|(word, _)| word.len())
            .map(|(_, span)| *span)
    }

    /// A command word in letters that look like others.
    pub(super) fn confusable(&mut self, words: &[Word]) {
        let Some(Word::Known(name)) = words.first() else {
            return;
        };
        if name.is_ascii() {
            return;
        }
        let plain: String = skeleton(name).collect();
        let text = if plain != *name && plain.is_ascii() {
            format!("The program is written in letters that look like {plain} and is another.")
        } else {
            "The name of the program is not written in plain letters.".to_owned()
        };
        self.ask("confusable", &text);
    }
}

fn is_address(word: &Word) -> bool {
    ["http://", "https://", "ftp://"]
        .iter()
        .any(|scheme| word.prefix().starts_with(scheme))
}

/// Lines behind options that many programs take a command by: `-e 'a b'`, `--command 'a b'`.
fn lines_after_options(argv: &[Word]) -> impl Iterator<Item = &str> {
    const RUN: &[&str] = &[
        "-c",
        "-e",
        "-x",
        "--command",
        "--cmd",
        "--exec",
        "--execute",
        "--run",
        "--",
    ];
    argv.windows(2).filter_map(|pair| {
        let option = pair[0].known()?;
        let line = pair[1].known()?;
        (RUN.contains(&option) && line.contains(' ')).then_some(line)
    })
}
