//! A program: what the table says of it, in each folder that the shell may be in.

use unicode_security::skeleton;

use super::super::expand::NUMBER;
use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope};
use crate::effect::Target;
use crate::place;
use crate::programs::{self, Invocation, Reading, Stdin};
use crate::verdict::{Finding, Span};
use crate::word::{Piece, Word};
use crate::world::{World, WorldFiles};

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
        let reading = self.read(&invocation);
        if !reading.known {
            self.unknown_program(argv, flow);
        }
        self.look_around(argv, &invocation, reading.known);
        self.kept_file(argv, scope, input);
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
        self.flows(&reading, input, flow, read);
        if let Some(instead) = &reading.instead {
            self.note_instead(argv, instead);
        }
        let text = self.output_text(argv, input, scope);
        let emitted = Self::emitted(&reading, input.flow, flow, read);
        let copied = self.copied(argv, &reading, input);
        self.note_writes(&reading, emitted, &copied);
        let ran = self.run_all(reading.runs, scope, input, flow);
        let mut all = emitted.with(ran.flow);
        all.names = emitted.names;
        let mut output = Self::output_of(text, all);
        if matches!(output.pieces.as_slice(), [Piece::Unknown(_)]) && super::output::is_number(argv)
        {
            output.pieces = vec![Piece::Unknown(NUMBER.to_owned())];
        }
        if programs::finds_the_gateway(argv) {
            output.pieces = vec![Piece::Unknown(programs::GATEWAY_PROCESS.to_owned())];
        }
        output
    }

    /// Asks the table, with the links that the line itself made.
    fn read(&self, invocation: &Invocation) -> Reading {
        if self.links.is_empty() {
            return programs::read(invocation, self.world);
        }
        let files = Linked {
            links: &self.links,
            world: self.world,
        };
        let world = World {
            dialect: self.world.dialect,
            cwd: self.world.cwd.clone(),
            workspace: self.world.workspace.clone(),
            home: self.world.home.clone(),
            user: self.world.user.clone(),
            tmp: self.world.tmp.clone(),
            variables: self.world.variables.clone(),
            protected: self.world.protected.clone(),
            own_ports: self.world.own_ports.clone(),
            ignore_case: self.world.ignore_case,
            taint: self.world.taint.clone(),
            files: &files,
        };
        programs::read(invocation, &world)
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
                place::look(word, folder, self.world);
            }
        }
    }

    fn unknown_program(&mut self, argv: &[Word], flow: Flow) {
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

    /// A program that the line itself, or the session before, wrote.
    fn kept_file(&mut self, argv: &[Word], scope: &mut Scope, input: &Input) {
        let Some(name) = argv.first().and_then(Word::known) else {
            return;
        };
        if !name.contains('/') {
            return;
        }
        if let Some(path) = self.absolute(name, scope)
            && self.is_below_a_download(&path)
        {
            self.deny(
                "download-run",
                "It runs what was unpacked from the network a moment ago.",
            );
        }
        if let Some(path) = self.absolute(name, scope)
            && (self.files.contains_key(&path)
                || self.taint.written.contains(&path)
                || self.taint.fetched.contains(&path))
        {
            self.run_file(&Word::Known(path), scope, input, &argv[1..]);
        }
    }

    /// Whether the line itself unpacked something from the network into a folder above.
    fn is_below_a_download(&self, path: &str) -> bool {
        let mut above = path.rsplit_once('/').map(|(above, _)| above);
        while let Some(folder) = above {
            if self.files.get(folder).is_some_and(|held| held.flow.network) {
                return true;
            }
            above = folder.rsplit_once('/').map(|(above, _)| above);
        }
        false
    }

    /// `ln -s`: what later words of the line go through.
    fn note_links(&mut self, argv: &[Word], invocation: &Invocation) {
        let words: Option<Vec<&str>> = argv.iter().map(Word::known).collect();
        let Some((&"ln" | &"gln", args)) = words.as_deref().and_then(<[&str]>::split_first) else {
            return;
        };
        let symbolic = args.iter().any(|a| {
            *a == "--symbolic" || (a.starts_with('-') && !a.starts_with("--") && a.contains('s'))
        });
        let names: Vec<&&str> = args.iter().filter(|a| !a.starts_with('-')).collect();
        let (true, [target, link]) = (symbolic, names.as_slice()) else {
            return;
        };
        let folder = invocation.cwd.as_deref();
        let Some(link) = place::normalise(link, folder) else {
            return;
        };
        let beside = link.rsplit_once('/').map(|(folder, _)| folder);
        let beside = beside.map(|folder| if folder.is_empty() { "/" } else { folder });
        if let Some(target) = place::normalise(target, beside) {
            self.links.insert(link, target);
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
            Some("gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "rustc" | "ld") => {
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

/// The machine with links that are not there yet.
struct Linked<'a> {
    links: &'a std::collections::BTreeMap<String, String>,
    world: &'a World<'a>,
}

impl WorldFiles for Linked<'_> {
    fn resolve(&self, path: &str) -> Option<String> {
        for (link, target) in self.links {
            if let Some(rest) = path.strip_prefix(link.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return place::normalise(&format!("{target}{rest}"), None);
            }
        }
        self.world.files.resolve(path)
    }

    fn text(&self, path: &str) -> Option<String> {
        self.world.files.text(path)
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        self.world.files.is_dir(path)
    }

    fn matching(&self, pattern: &str) -> Option<Vec<String>> {
        self.world.files.matching(pattern)
    }
}
