//! Python, JavaScript, Perl, Ruby, PHP, Lua and AppleScript, told apart only where they differ.

mod files;
mod hidden;
mod modules;

use super::Language;
use super::tokens::{Token, cut};
use super::words::{
    DECODES, DELETES, DELETES_ALL, ENVIRONMENT, EVALS, EXEC, NETWORK, OPENS, READS, RUNS, SIGNALS,
    WRITES, is_call, is_danger, is_module,
};
use crate::effect::{EffectKind, Target, Zone};
use crate::place::Access;
use crate::programs::network::{Use, url};
use crate::programs::reader::Reader;
use crate::verdict::Verdict;
use crate::word::Word;

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
    /// Something is deleted that is only known when it runs; true where it is all below it.
    deletes_unknown: Option<bool>,
    /// The home folder is looked up.
    home: bool,
    /// A command of a text fetches something.
    fetches: bool,
    /// The texts of the code, of which one may be what is run or deleted.
    texts: Vec<String>,
}

pub(super) fn read(reader: &mut Reader<'_>, text: &str, language: Language) {
    if language == Language::AppleScript {
        return apple(reader, text);
    }
    let mut seen = Seen::default();
    walk(reader, text, language, &mut seen, 0);
    hidden::judge(reader, &seen);
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
    let Some(tokens) = cut(text, language) else {
        return reader.ask("inline-code", "Its code could not be read.");
    };
    let mut walker = Walker {
        reader,
        language,
        seen,
        depth,
        tokens: &tokens,
        bound: Vec::new(),
    };
    walker.bind();
    walker.all();
}

struct Walker<'a, 'w> {
    reader: &'a mut Reader<'w>,
    language: Language,
    seen: &'a mut Seen,
    depth: u32,
    tokens: &'a [Token],
    /// Functions that the code defines.
    bound: Vec<String>,
}

impl Walker<'_, '_> {
    fn name(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at)? {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    fn sign(&self, at: usize) -> char {
        match self.tokens.get(at) {
            Some(Token::Sign(sign)) => *sign,
            _ => '\0',
        }
    }

    /// Functions that are defined in the code itself may be called.
    fn bind(&mut self) {
        for at in 0..self.tokens.len() {
            let defines = matches!(
                self.name(at),
                Some("def" | "function" | "sub" | "class" | "const" | "let" | "var" | "fn")
            );
            if let (true, Some(name)) = (defines, self.name(at + 1))
                && !is_danger(name)
            {
                let name = name.to_owned();
                self.bound.push(name);
            }
            // `f = lambda …`, `f = x => …`
            if self.sign(at + 1) == '='
                && self.name(at + 2) == Some("lambda")
                && let Some(name) = self.name(at).map(str::to_owned)
            {
                self.bound.push(name);
            }
        }
    }

    fn all(&mut self) {
        for at in 0..self.tokens.len() {
            match &self.tokens[at] {
                Token::Name(name) => self.named(at, &name.clone()),
                Token::Command(text) => {
                    self.seen.runs = true;
                    self.seen.fetches |= ["curl ", "wget ", "nc "]
                        .iter()
                        .any(|program| text.contains(program));
                    self.reader.ask("code-command", "Its code runs a command.");
                    self.reader.shell(Word::from(text.as_str()));
                }
                Token::Code(text) | Token::Template(text, _) if self.language == Language::Perl => {
                    walk(self.reader, text, self.language, self.seen, self.depth + 1);
                }
                Token::Code(text) => {
                    walk(self.reader, text, self.language, self.seen, self.depth + 1)
                }
                Token::Template(_, codes) => {
                    for code in codes {
                        walk(self.reader, code, self.language, self.seen, self.depth + 1);
                    }
                }
                Token::Text(text) => self.text(text),
                // What is called has no name of its own: `x["system"](…)`, `(…)(…)`.
                Token::Sign('(')
                    if at > 0
                        && matches!(self.tokens[at - 1], Token::Sign(']' | ')'))
                        && self.language != Language::Perl =>
                {
                    self.reader
                        .ask("inline-code", "Its code calls something that is not named.");
                }
                Token::Sign('<')
                    if self.language == Language::Perl
                        && matches!(self.name(at + 1), Some(name) if !matches!(name, "STDIN" | "ARGV" | "DATA" | "$fh" | "$_"))
                        && self.sign(at + 2) == '>' =>
                {
                    self.reader.ask(
                        "inline-code",
                        "Its code reads from something that is not plain.",
                    );
                }
                _ => {}
            }
        }
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

    fn named(&mut self, at: usize, name: &str) {
        let called = self.sign(at + 1) == '('
            || self.perl_like()
                && matches!(
                    self.tokens.get(at + 1),
                    Some(Token::Text(_) | Token::Template(..) | Token::Name(_))
                );
        let attribute = at > 0 && matches!(self.sign(at - 1), '.')
            || at > 1 && self.sign(at - 1) == '>' && self.sign(at - 2) == '-'
            || at > 1 && self.sign(at - 1) == ':' && self.sign(at - 2) == ':';
        self.seen.loops |= matches!(name, "while" | "for" | "loop" | "until");
        self.seen.home |= hidden::is_home(name);
        if self.brings_in(at, name) {
            return;
        }
        // A key or a keyword argument is only a name: `{"a": run}` is not one, `run=1` is.
        let key = matches!(self.sign(at + 1), ':')
            && self.language == Language::Node
            && !attribute
            && at > 0
            && matches!(self.sign(at - 1), '{' | ',');
        if key {
            return;
        }
        if DECODES.contains(&name) || name == "Buffer" {
            self.seen.decodes = true;
            return;
        }
        if self.language == Language::Node && matches!((name, attribute), ("process", _)) {
            return self.process(at);
        }
        if (called || attribute) && (RUNS.contains(&name) || EXEC.contains(&name)) {
            return self.runs(at, name);
        }
        if name == "child_process" || name == "subprocess" {
            self.seen.runs_unknown = true;
            return self
                .reader
                .ask("code-command", "Its code may run a command.");
        }
        if NETWORK.contains(&name) && !self.plain_word(at, name) {
            self.seen.network = true;
            return;
        }
        if EVALS.contains(&name) {
            self.seen.evals |= !self.harmless_load(at, name);
            return;
        }
        if ENVIRONMENT.contains(&name) {
            self.reader.out.io.emits_secret = true;
            self.credential(at);
            return self.reader.ask(
                "print-environment",
                "Its code reads variables, credentials among them.",
            );
        }
        if SIGNALS.contains(&name) && (called || attribute) {
            return self.reader.ask("signal", "Its code signals processes.");
        }
        if self.files(at, name, called, attribute) {
            return;
        }
        if called
            && !is_call(name, self.language)
            && !self.bound.iter().any(|own| own == name)
            && !self.keyword(name)
        {
            let text = format!("Its code calls {name}, which is not known to be harmless.");
            self.reader.find(Verdict::Ask, "inline-code", text);
        } else if name.starts_with("__")
            && name.ends_with("__")
            && !matches!(
                name,
                "__name__"
                    | "__main__"
                    | "__file__"
                    | "__version__"
                    | "__doc__"
                    | "__init__"
                    | "__len__"
            )
        {
            self.seen.evals = true;
        }
    }

    fn perl_like(&self) -> bool {
        matches!(
            self.language,
            Language::Perl | Language::Ruby | Language::Php
        )
    }

    fn keyword(&self, name: &str) -> bool {
        name.starts_with(['$', '@', '%'])
            || matches!(
                name,
                "if" | "elsif"
                    | "unless"
                    | "while"
                    | "until"
                    | "for"
                    | "foreach"
                    | "and"
                    | "or"
                    | "not"
                    | "return"
                    | "my"
                    | "our"
                    | "local"
                    | "print"
                    | "use"
                    | "no"
                    | "BEGIN"
                    | "END"
                    | "x"
                    | "eq"
                    | "ne"
                    | "lt"
                    | "gt"
                    | "le"
                    | "ge"
                    | "cmp"
                    | "last"
                    | "sub"
                    | "in"
                    | "do"
                    | "end"
                    | "then"
                    | "case"
                    | "when"
                    | "puts"
                    | "echo"
                    | "STDIN"
                    | "STDERR"
                    | "STDOUT"
                    | "ARGV"
                    | "else"
                    | "begin"
                    | "rescue"
                    | "each"
                    | "new"
                    | "undef"
                    | "shift"
                    | "warn"
                    | "nil"
                    | "true"
                    | "false"
                    | "qw"
                    | "keys"
                    | "values"
                    | "map"
                    | "sort"
                    | "reverse"
                    | "chomp"
                    | "exit"
                    | "is"
                    | "import"
                    | "require"
                    | "lambda"
                    | "yield"
                    | "await"
                    | "function"
                    | "const"
                    | "let"
                    | "var"
                    | "typeof"
                    | "del"
                    | "pass"
                    | "raise"
                    | "except"
                    | "with"
                    | "as"
                    | "def"
                    | "class"
                    | "catch"
                    | "switch"
                    | "split"
                    | "join"
            )
    }
}

/// AppleScript drives other programs: it asks, and what it hands to a shell is judged.
fn apple(reader: &mut Reader<'_>, text: &str) {
    reader.ask(
        "inline-code",
        "It runs AppleScript, which drives other programs.",
    );
    let lower = text.to_lowercase();
    let mut rest = text;
    while let Some(at) = rest.to_lowercase().find("do shell script") {
        let Some(after) = rest.get(at + 15..) else {
            break;
        };
        let begin = after.find('"').map_or(after.len(), |at| at + 1);
        let body = &after[begin.min(after.len())..];
        let end = body
            .char_indices()
            .find(|(at, c)| *c == '"' && (*at == 0 || body.as_bytes()[at - 1] != b'\\'))
            .map_or(body.len(), |(at, _)| at);
        reader.shell(Word::Known(super::tokens::unescaped(&body[..end])));
        rest = &body[end..];
    }
    if lower.contains("administrator privileges")
        || lower.contains("keystroke")
        || lower.contains("key code")
        || lower.contains("password")
        || lower.contains("hidden answer")
        || lower.contains("login item")
    {
        reader.deny(
            "drives-desktop",
            "It acts as a person does, or asks a person for a password.",
        );
    }
}
