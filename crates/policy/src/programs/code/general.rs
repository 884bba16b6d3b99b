//! Python, JavaScript, Perl, Ruby, PHP, Lua and AppleScript, told apart only where they differ.

mod apple;
mod arguments;
mod bound;
mod calls;
mod constants;
mod deeds;
mod dynamic;
mod files;
mod hidden;
mod modules;
mod names;
mod opened;
mod source;
mod statements;
mod values;

use super::Language;
use super::tokens::Token;
use crate::effect::{EffectKind, Target, Zone};
use crate::place::Access;
use crate::programs::network::{Use, url};
use crate::programs::reader::Reader;
use crate::word::Word;
use bound::Bound;
use source::Source;
use values::{Known, Values};

pub(in crate::programs) use modules::loads;

/// What was seen in the code as a whole.
#[derive(Default)]
struct Seen {
    runs: bool,
    evals: bool,
    decodes: bool,
    network: bool,
    forks: bool,
    loops: bool,
    /// A command is run that is only known when it runs.
    runs_unknown: bool,
    /// A file is read or changed that is only known when it runs.
    reads_unknown: bool,
    writes_unknown: bool,
    /// Something is deleted that is only known when it runs; true where it is all below it.
    deletes_unknown: Option<bool>,
    /// It packs files into an archive.
    packs: bool,
    /// The home folder is looked up.
    home: bool,
    /// A command of a text fetches something.
    fetches: bool,
    /// It looks at what it is called with.
    arguments: bool,
    /// It looks at the environment.
    environment: bool,
    /// It names a port of the gateway.
    own_port: bool,
    /// Folders whose files are listed.
    listed: Vec<Word>,
    /// The texts of the code, of which one may be what is run or deleted.
    texts: Vec<String>,
}

pub(super) fn read(reader: &mut Reader<'_>, text: &str, language: Language) {
    if language == Language::AppleScript {
        return apple::read(reader, text);
    }
    let mut seen = Seen::default();
    walk(reader, text, language, &mut seen, 0);
    hidden::judge(reader, &seen);
    arguments::note(reader, &seen);
    together(reader, &seen);
}

fn is_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "0.0.0.0" | "")
}

/// What is worse together than apart.
fn together(reader: &mut Reader<'_>, seen: &Seen) {
    if seen.evals && seen.fetches {
        reader.deny("download-run", "It runs what it downloads.");
    }
    if seen.decodes && (seen.evals || seen.runs) {
        reader.deny(
            "decode-run",
            "It decodes a text and runs it, and nobody saw what it is.",
        );
    }
    if seen.network && (seen.runs || seen.evals) {
        reader.deny(
            "network-run",
            "It joins another machine to commands of this one.",
        );
    }
    if seen.forks && seen.loops {
        reader.deny("fork-bomb", "It starts processes without end.");
    }
    if seen.network && seen.own_port && seen.texts.iter().any(|text| is_this_machine(text)) {
        reader.deny(
            "own-gateway",
            "Its code speaks to the gateway that this agent is governed by.",
        );
    }
    if seen.network && seen.environment {
        reader.deny(
            "environment-to-network",
            "Its code reads the environment and speaks to another machine.",
        );
    }
    if seen.network {
        reader.out.io.emits_network = true;
        reader.out.io.sends_input = true;
        reader.effect(
            EffectKind::Network,
            Target::Unknown,
            Zone::Unknown,
            "speaks to another machine from its code",
        );
        reader.ask("code-network", "Its code speaks to another machine.");
    }
    if seen.evals {
        reader.ask("inline-code", "Its code runs code that it makes.");
    }
}

/// Texts within texts are read too, a few levels deep.
const DEEPEST: u32 = 4;

fn walk(reader: &mut Reader<'_>, text: &str, language: Language, seen: &mut Seen, depth: u32) {
    if depth > DEEPEST {
        return reader.ask("inline-code", "Its code is nested deeper than is looked.");
    }
    let Some(source) = Source::read(text, language) else {
        return reader.ask("inline-code", "Its code could not be read.");
    };
    let bound = Bound::of(&source);
    for known in &constants::each_round(&source, &reader.world.home) {
        let mut walker = Walker {
            reader,
            language,
            seen,
            depth,
            source: &source,
            known,
            bound: &bound,
        };
        walker.all();
    }
}

struct Walker<'a, 'w> {
    reader: &'a mut Reader<'w>,
    language: Language,
    seen: &'a mut Seen,
    depth: u32,
    source: &'a Source,
    known: &'a Known,
    bound: &'a Bound,
}

impl<'a> Walker<'a, '_> {
    fn name(&self, at: usize) -> Option<&'a str> {
        self.source.name(at)
    }

    fn sign(&self, at: usize) -> char {
        self.source.sign(at)
    }

    fn values(&self) -> Values<'a> {
        Values::new(self.source, self.known, &self.reader.world.home)
    }

    fn all(&mut self) {
        for (at, token) in self.source.tokens().iter().enumerate() {
            match token {
                Token::Name(name) => self.named(at, name),
                Token::Command(text) => self.command(text),
                // `run(`rm x`)` of Julia
                Token::Code(code) if self.is_run_by_its_call(at) => self.command(code),
                Token::Code(code) => self.code(code),
                // `$`rm x`` of Bun, zx and execa
                Token::Template(text, _)
                    if self.language == Language::Node && self.is_run_by_a_sign(at) =>
                {
                    self.command(text);
                }
                Token::Template(text, _) if self.language == Language::Perl => self.code(text),
                Token::Template(_, codes) => codes.iter().for_each(|code| self.code(code)),
                Token::Text(text) => {
                    self.text(text);
                    self.callback(at, text);
                }
                Token::Sign(sign) => self.signed(at, *sign),
                Token::Number(number) => {
                    let own = |port: u16| self.reader.world.own_ports.contains(&port);
                    self.seen.own_port |= number.parse().is_ok_and(own);
                }
            }
        }
    }

    fn is_run_by_its_call(&self, at: usize) -> bool {
        self.language == Language::Other
            && self.source.before(at) == '('
            && at > 1
            && matches!(
                self.name(at - 2),
                Some("run" | "read" | "readchomp" | "pipeline" | "success")
            )
    }

    fn is_run_by_a_sign(&self, at: usize) -> bool {
        at > 0 && (self.name(at - 1) == Some("$") || self.sign(at - 1) == '$')
    }

    fn code(&mut self, code: &str) {
        walk(self.reader, code, self.language, self.seen, self.depth + 1);
    }

    fn command(&mut self, text: &str) {
        self.seen.runs = true;
        self.seen.fetches |= ["curl ", "wget ", "nc "]
            .iter()
            .any(|program| text.contains(program));
        self.reader.ask("code-command", "Its code runs a command.");
        self.reader.shell(Word::from(text));
    }

    fn text(&mut self, text: &str) {
        self.seen.text(text);
        if text.contains("://")
            && !text.contains(' ')
            && !text.starts_with("http://www.w3.org")
            && self.seen.network
        {
            url(self.reader, &Word::from(text), Use::Send);
        }
    }

    fn perl_like(&self) -> bool {
        matches!(
            self.language,
            Language::Perl | Language::Ruby | Language::Php
        )
    }
}
