//! What is gathered while a command is read: effects, findings, what it runs.

use super::options::{Parsed, parse};
use super::table::{Act, Operands, Program, Says};
use super::{Args, Invocation, More, Reading, Runs, code, lookup, network};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::place::{Access, Among, touch_among};
use crate::verdict::{Finding, Verdict};
use crate::word::{Piece, Word};
use crate::world::{Dialect, World};

pub(crate) struct Reader<'a> {
    pub(crate) invocation: &'a Invocation,
    pub(crate) world: &'a World<'a>,
    pub(crate) out: Reading,
    /// The code that was read runs a command that its arguments may name.
    pub(crate) code_runs_arguments: bool,
    /// What it does to files that its arguments may name.
    pub(crate) code_changes_arguments: Vec<Access>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(invocation: &'a Invocation, world: &'a World<'a>) -> Self {
        Self {
            invocation,
            world,
            out: Reading::default(),
            code_runs_arguments: false,
            code_changes_arguments: Vec::new(),
        }
    }

    pub(crate) fn cwd(&self) -> Option<&'a str> {
        self.invocation.cwd.as_deref()
    }

    /// Reads arguments by a program of the table.
    pub(crate) fn by(&mut self, program: &'static Program, args: &[Word]) {
        self.out.known = true;
        let parsed = parse(args, program);
        self.join_io(program.io);
        if let Some(says) = &program.says {
            self.says(says, program);
        }
        if program.strict {
            self.strict(&parsed, program);
        }
        for found in &parsed.found {
            match &found.value {
                Some(value) => self.act(found.option.act, value),
                None => self.bare(found.option.act),
            }
        }
        if program.subs.is_empty() {
            self.operands(&program.operands, &parsed);
        } else {
            self.sub(program, &parsed);
        }
        if let Some(also) = program.also {
            also(&parsed, self);
        }
    }

    fn strict(&mut self, parsed: &Parsed, program: &'static Program) {
        for name in &parsed.strange {
            let text = format!(
                "{} has no option {name} that is known to be harmless.",
                self.called(program)
            );
            self.find(Verdict::Ask, "unknown-option", text);
        }
        if parsed.vague {
            let text = format!(
                "An argument of {} is not known and may be an option.",
                self.called(program)
            );
            self.find(Verdict::Ask, "unknown-argument", text);
        }
    }

    fn sub(&mut self, program: &'static Program, parsed: &Parsed) {
        let Some(first) = parsed.operands.first() else {
            return;
        };
        let Some(name) = first.known() else {
            return self.ask(
                "unknown-subcommand",
                "What it is told to do is only known when it runs.",
            );
        };
        if let Some(sub) = program.subs.iter().find(|sub| sub.is(name)) {
            self.by(sub, &parsed.operands[1..]);
        } else if !program.open && name != "help" {
            let text = format!("{} {name} is not known.", self.called(program));
            self.find(Verdict::Ask, "unknown-subcommand", text);
        }
    }

    fn operands(&mut self, operands: &Operands, parsed: &Parsed) {
        let words = &parsed.operands;
        match *operands {
            Operands::Each(act) => words.iter().for_each(|word| self.act(act, word)),
            Operands::First(first, rest) => self.first(first, rest, words),
            Operands::FirstUnless(names, first, rest) => {
                let first = if parsed.any(names) { rest } else { first };
                self.first(first, rest, words);
            }
            Operands::Last(rest, last) => {
                let Some((end, before)) = words.split_last() else {
                    return;
                };
                before.iter().for_each(|word| self.act(rest, word));
                self.act(last, end);
            }
            Operands::Command(skip) => {
                if words.len() > skip {
                    self.run(&words[skip..]);
                }
            }
        }
    }

    fn first(&mut self, first: Act, rest: Act, words: &[Word]) {
        let Some((begin, after)) = words.split_first() else {
            return;
        };
        self.act(first, begin);
        after.iter().for_each(|word| self.act(rest, word));
    }

    fn says(&mut self, says: &Says, program: &'static Program) {
        let what = shown(&self.invocation.argv);
        let zone = if says.kind == EffectKind::Remote {
            Zone::Elsewhere
        } else {
            Zone::System
        };
        self.effect(says.kind, Target::Named(what), zone, says.text);
        if says.verdict > Verdict::Allow {
            let text = format!("{} {}.", self.called(program), says.text);
            self.find(says.verdict, says.code, text);
        }
    }

    /// A program or sub-command as it stands in the command (`terraform plan`): many share an entry.
    fn called(&self, program: &'static Program) -> String {
        let names = || {
            let words = self.invocation.argv.iter();
            words.map(|word| crate::place::name(word.prefix()))
        };
        let own = names().position(|name| !name.is_empty() && program.is(name));
        match (names().next(), own.and_then(|at| names().nth(at))) {
            (Some(first), Some(sub)) if own != Some(0) => format!("{first} {sub}"),
            (_, Some(name)) => name.to_owned(),
            _ => first_name(program).to_owned(),
        }
    }

    /// An option that has no value.
    fn bare(&mut self, act: Act) {
        match act {
            Act::Ask(code, text) => self.ask(code, text),
            Act::Deny(code, text) => self.deny(code, text),
            _ => {}
        }
    }

    pub(crate) fn act(&mut self, act: Act, word: &Word) {
        match act {
            Act::Nothing => {}
            // A dash is the command's own input or output.
            Act::Path(_) if word.known() == Some("-") => {}
            Act::Script if code::is_input(word) => code::strange_input(self),
            Act::CodeFile(language) if code::is_input(word) => code::input(self, language),
            Act::Path(Access::Read | Access::ReadAll) if self.fetches(word) => {
                self.out.io.emits_network = true;
                network::url(self, word, network::Use::Get);
            }
            Act::Path(access) => {
                self.touch(word, access);
            }
            Act::Host => network::host(self, word),
            Act::Shell => self.shell(word.clone()),
            Act::Program => self.run(std::slice::from_ref(word)),
            Act::CodeFile(language @ (code::Language::Awk | code::Language::Sed)) => {
                code::file(self, word, language);
            }
            Act::Script | Act::CodeFile(_) => self.file(word),
            Act::Code(language) => code::read(self, word, language),
            Act::Ask(code, text) => self.ask(code, text),
            Act::Deny(code, text) => self.deny(code, text),
        }
    }

    /// Whether what is read is an address: many programs that read files read those as well.
    fn fetches(&self, word: &Word) -> bool {
        /// What stands among their files may be the value of a variable of the filter.
        const LOCAL: &[&str] = &["jq", "gojq", "jaq"];
        let name = self.invocation.argv[0].prefix();
        let scheme = word.prefix().split_once("://").map(|(scheme, _)| scheme);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        scheme.is_some_and(|scheme| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain)
        }) && !LOCAL.contains(&crate::place::name(name))
    }

    /// Touches a path; its effect and findings are kept. Whether it holds a secret.
    pub(crate) fn touch(&mut self, word: &Word, access: Access) -> bool {
        self.touch_among(word, access, &Among::default())
    }

    /// Reads what lies below a folder, or some of it.
    pub(crate) fn read_among(&mut self, word: &Word, among: &Among) {
        if word.known() != Some("-") {
            self.touch_among(word, Access::ReadAll, among);
        }
    }

    fn touch_among(&mut self, word: &Word, access: Access, among: &Among) -> bool {
        let touched = touch_among(word, access, among, self.cwd(), self.world);
        let secret = touched.effect.secret || !touched.below.is_empty();
        self.out.io.emits_secret |= secret;
        self.out.effects.push(touched.effect);
        self.out.effects.extend(touched.below);
        self.out.findings.extend(touched.findings);
        secret
    }

    pub(crate) fn effect(
        &mut self,
        kind: EffectKind,
        target: Target,
        zone: Zone,
        text: impl Into<String>,
    ) {
        self.out.effects.push(Effect {
            kind,
            target,
            zone,
            secret: false,
            span: None,
            text: text.into(),
        });
    }

    pub(crate) fn find(&mut self, verdict: Verdict, code: &str, text: impl Into<String>) {
        self.out.findings.push(Finding {
            verdict,
            code: code.to_owned(),
            span: None,
            text: text.into(),
        });
    }

    pub(crate) fn ask(&mut self, code: &str, text: &str) {
        self.find(Verdict::Ask, code, text);
    }

    pub(crate) fn deny(&mut self, code: &str, text: &str) {
        self.find(Verdict::Deny, code, text);
    }

    /// Runs a line of a shell.
    pub(crate) fn shell(&mut self, text: Word) {
        self.script(text, Dialect::Posix, false);
    }

    /// As `shell`, called with arguments.
    pub(crate) fn shell_with(&mut self, text: Word, args: Args) {
        self.out.runs.push(Runs::Script {
            text,
            dialect: Dialect::Posix,
            elsewhere: false,
            args,
        });
    }

    pub(crate) fn script(&mut self, text: Word, dialect: Dialect, elsewhere: bool) {
        self.out.runs.push(Runs::Script {
            text,
            dialect,
            elsewhere,
            args: Args::default(),
        });
    }

    /// Runs a command without a shell.
    pub(crate) fn run(&mut self, argv: &[Word]) {
        self.command(argv, false, None, false);
    }

    pub(crate) fn command(
        &mut self,
        argv: &[Word],
        more: bool,
        cwd: Option<Word>,
        elsewhere: bool,
    ) {
        if argv.is_empty() {
            return;
        }
        self.out.runs.push(Runs::Command {
            argv: argv.to_vec(),
            more: more.then(More::default),
            cwd,
            elsewhere,
        });
    }

    /// Runs a command with what is read as more arguments.
    pub(crate) fn command_with(&mut self, argv: &[Word], more: More) {
        self.out.runs.push(Runs::Command {
            argv: argv.to_vec(),
            more: Some(more),
            cwd: None,
            elsewhere: false,
        });
    }

    /// Runs a file by a program that is no shell.
    pub(crate) fn file(&mut self, word: &Word) {
        if code::is_input(word) && word.known() != Some("-") {
            return code::strange_input(self);
        }
        self.touch(word, Access::Execute);
        self.out.runs.push(Runs::File {
            path: word.clone(),
            dialect: None,
            args: Vec::new(),
        });
    }

    /// Runs a file by an interpreter, called with arguments.
    pub(crate) fn file_with(&mut self, word: &Word, args: &[Word]) {
        super::areas::outward(word, args, self);
        let runs = self.out.runs.len();
        self.file(word);
        if let Some(Runs::File { path, .. }) = self.out.runs.get(runs) {
            let path = path.clone();
            let args = args.to_vec();
            self.out.runs[runs] = Runs::Code { path, args };
        }
        if let Some(program) = word.known().and_then(super::own_program) {
            self.by(program, args);
        }
    }

    /// Runs a file as a script of a shell, or as what it is.
    pub(crate) fn script_file(&mut self, word: &Word, args: &[Word]) {
        super::areas::outward(word, args, self);
        self.touch(word, Access::Execute);
        self.out.runs.push(Runs::File {
            path: word.clone(),
            dialect: Some(Dialect::Posix),
            args: args.to_vec(),
        });
    }

    pub(crate) fn join_io(&mut self, io: super::Io) {
        let own = &mut self.out.io;
        own.emits_secret |= io.emits_secret;
        own.emits_network |= io.emits_network;
        own.decodes |= io.decodes;
        own.sends_input |= io.sends_input;
        own.runs_input |= io.runs_input;
        own.passes_input |= io.passes_input;
        own.prints_arguments |= io.prints_arguments;
        own.names_files |= io.names_files;
        own.names_all |= io.names_all;
    }

    /// Reads the same arguments as another program would.
    pub(crate) fn again(&mut self, name: &str, args: &[Word]) {
        match lookup::find(name) {
            Some(program) => self.by(program, args),
            None => self.out.known = false,
        }
    }
}

pub(crate) fn first_name(program: &Program) -> &'static str {
    program.names.split(' ').next().unwrap_or("")
}

/// Words as a person reads them; what is not known is `…`.
pub(crate) fn shown(words: &[Word]) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&shown_word(word));
    }
    out
}

pub(crate) fn shown_word(word: &Word) -> String {
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
