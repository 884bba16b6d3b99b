//! Python, JavaScript, Perl, Ruby, PHP, Lua and AppleScript, told apart only where they differ.

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

/// What was seen in the code as a whole.
#[derive(Default)]
struct Seen {
    runs: bool,
    evals: bool,
    decodes: bool,
    network: bool,
    forks: bool,
    loops: bool,
}

pub(super) fn read(reader: &mut Reader<'_>, text: &str, language: Language) {
    if language == Language::AppleScript {
        return apple(reader, text);
    }
    let mut seen = Seen::default();
    walk(reader, text, language, &mut seen, 0);
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
            if let (true, Some(name)) = (defines, self.name(at + 1)) {
                if !is_danger(name) {
                    let name = name.to_owned();
                    self.bound.push(name);
                }
            }
            // `f = lambda …`, `f = x => …`
            if self.sign(at + 1) == '=' && self.name(at + 2) == Some("lambda") {
                if let Some(name) = self.name(at).map(str::to_owned) {
                    self.bound.push(name);
                }
            }
        }
    }

    fn all(&mut self) {
        for at in 0..self.tokens.len() {
            match &self.tokens[at] {
                Token::Name(name) => self.named(at, &name.clone()),
                Token::Command(text) => {
                    self.seen.runs = true;
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
        if RUNS.contains(&name) && (called || attribute)
            || EXEC.contains(&name) && (called || attribute)
        {
            return self.runs(at, name);
        }
        if name == "child_process" || name == "subprocess" {
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

    /// `import x`, `from x import y`, `require("x")`, `use X`.
    fn brings_in(&mut self, at: usize, name: &str) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.name(at));
        match (self.language, name) {
            (Language::Python, "import" | "from") => true,
            (Language::Python, _)
                if matches!(before, Some("import")) && !self.after_from(at)
                    || matches!(before, Some("from")) =>
            {
                let module = name.to_owned();
                self.module(&module, at);
                true
            }
            (Language::Python, _) if self.sign(at.wrapping_sub(1)) == ',' && self.imports(at) => {
                let module = name.to_owned();
                self.module(&module, at);
                true
            }
            (Language::Node, "require" | "import")
            | (Language::Ruby, "require" | "require_relative")
            | (Language::Php, "require" | "include")
            | (Language::Lua, "require") => {
                let text = self.tokens[at + 1..]
                    .iter()
                    .take(2)
                    .find_map(|token| match token {
                        Token::Text(text) => Some(text.clone()),
                        _ => None,
                    });
                match text {
                    Some(module) => self.module(module.trim_start_matches("node:"), at),
                    None => self.reader.ask("inline-code", "Its code loads more code."),
                }
                true
            }
            (Language::Perl, "use" | "require" | "no") => {
                if let Some(module) = self.name(at + 1).map(str::to_owned) {
                    self.module(&module, at);
                }
                true
            }
            (Language::Perl, _) if matches!(before, Some("use" | "require" | "no")) => true,
            _ => false,
        }
    }

    fn after_from(&self, at: usize) -> bool {
        self.tokens[..at]
            .iter()
            .rev()
            .take(6)
            .any(|token| matches!(token, Token::Name(name) if name == "from"))
    }

    /// Whether a comma stands in a list of modules.
    fn imports(&self, at: usize) -> bool {
        for token in self.tokens[..at].iter().rev().take(24) {
            match token {
                Token::Name(name) if name == "import" => return true,
                Token::Name(_) | Token::Sign(',' | '.') => {}
                _ => return false,
            }
        }
        false
    }

    fn module(&mut self, module: &str, at: usize) {
        match module {
            "os" | "shutil" | "pathlib" | "glob" | "tempfile" | "fs" | "fs/promises"
            | "fileutils" | "FileUtils" | "File::Path" | "File::Copy" | "File::Find"
            | "File::Basename" | "Cwd" | "fileinput" | "tmpdir" | "pathname" | "find" | "url" => {}
            "subprocess" | "child_process" | "commands" | "open3" | "IPC::Open3" | "shelljs"
            | "execa" | "pty" | "pexpect" | "sh" => {
                self.reader
                    .ask("code-command", "Its code may run a command.");
            }
            module
                if NETWORK.contains(&module)
                    || module.starts_with("http")
                    || module.starts_with("net/")
                    || module.starts_with("open-uri")
                    || module.starts_with("LWP")
                    || module.starts_with("IO::Socket")
                    || module.starts_with("socket") =>
            {
                self.seen.network = true;
            }
            module if is_module(module) || module.parse::<f64>().is_ok() => {}
            module if module.starts_with("./") || module.starts_with("../") => {
                let path = Word::from(module);
                self.reader.touch(&path, Access::Execute);
            }
            module => {
                let text = format!("Its code loads {module}, which is not known to be harmless.");
                let local = self.language == Language::Python || self.language == Language::Node;
                let own = local
                    && self
                        .reader
                        .world
                        .files
                        .resolve(&format!("{}/{module}", self.reader.world.workspace))
                        .is_some();
                if !own {
                    self.reader.find(Verdict::Ask, "inline-code", text);
                }
            }
        }
        let _ = at;
    }

    /// `process.argv` and what only tells is harmless, the rest is not.
    fn process(&mut self, at: usize) {
        match self.name(at + 2) {
            Some(
                "argv" | "version" | "versions" | "platform" | "arch" | "cwd" | "exit" | "stdout"
                | "stderr" | "stdin" | "uptime" | "memoryUsage" | "hrtime" | "nextTick"
                | "exitCode" | "pid" | "ppid" | "title" | "release" | "features" | "execPath"
                | "cpuUsage",
            ) => {}
            Some("env") => {}
            _ => self.seen.evals = true,
        }
    }

    /// The texts among the arguments of a call; whether there are arguments that are no texts.
    fn arguments(&self, at: usize) -> (Vec<String>, bool) {
        let mut texts = Vec::new();
        let mut others = false;
        let mut depth = 0;
        for (n, token) in self.tokens[at + 1..].iter().enumerate() {
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => {
                    depth -= 1;
                    if depth <= 0 {
                        break;
                    }
                }
                Token::Sign(';') if depth <= 0 => break,
                Token::Sign('\n') => break,
                Token::Text(text) => texts.push(text.clone()),
                Token::Template(..) | Token::Code(_) => others = true,
                Token::Name(name)
                    if !matches!(
                        name.as_str(),
                        "shell"
                            | "True"
                            | "False"
                            | "true"
                            | "false"
                            | "check"
                            | "capture_output"
                            | "text"
                            | "recursive"
                            | "force"
                            | "ignore_errors"
                            | "encoding"
                            | "stdio"
                            | "stdout"
                            | "stderr"
                            | "PIPE"
                            | "None"
                            | "null"
                            | "mode"
                            | "exist_ok"
                            | "parents"
                            | "missing_ok"
                            | "universal_newlines"
                            | "json"
                            | "load"
                            | "read"
                    ) =>
                {
                    others = true
                }
                _ => {}
            }
            if depth == 0 && n > 0 && !self.perl_like() {
                break;
            }
        }
        (texts, others)
    }

    fn runs(&mut self, at: usize, name: &str) {
        if name == "fork" {
            self.seen.forks = true;
            return self
                .reader
                .ask("code-command", "Its code starts processes.");
        }
        if name == "exec"
            && self.language == Language::Python
            && !(at > 0 && self.sign(at - 1) == '.')
        {
            self.seen.evals = true;
            let (texts, _) = self.arguments(at);
            for text in texts {
                walk(self.reader, &text, self.language, self.seen, self.depth + 1);
            }
            return;
        }
        if name == "exec"
            && self.language == Language::Node
            && at > 0
            && self.sign(at - 1) == '.'
            && matches!(self.tokens.get(at.wrapping_sub(2)), Some(Token::Text(_)))
        {
            // A pattern is matched: `/x/.exec(y)`.
            return;
        }
        self.seen.runs = true;
        self.reader.effect(
            EffectKind::Execute,
            Target::Named(name.to_owned()),
            Zone::Unknown,
            "runs a command from its code",
        );
        let (texts, others) = self.arguments(at);
        if texts.is_empty() || others {
            self.reader.ask(
                "code-command",
                "Its code runs a command that is only known when it runs.",
            );
        } else {
            self.reader.ask("code-command", "Its code runs a command.");
        }
        if texts.is_empty() {
            return;
        }
        if texts.len() == 1 || texts[0].contains(' ') {
            self.reader.shell(Word::from(texts[0].as_str()));
        }
        if texts.len() > 1 {
            let argv: Vec<Word> = texts.iter().map(|text| Word::from(text.as_str())).collect();
            self.reader.run(&argv);
        }
    }

    /// Words that only name something here: `net` as a variable, `http` in a text.
    fn plain_word(&self, at: usize, name: &str) -> bool {
        let attribute = at > 0 && self.sign(at - 1) == '.';
        let called = self.sign(at + 1) == '(';
        let used = self.sign(at + 1) == '.' || called;
        match name {
            "connect" | "listen" | "mail" | "fetch" | "urlopen" | "dup2" | "createServer" => {
                !called
            }
            "got" | "net" | "dns" | "tls" | "http" | "https" | "Net" | "Socket" | "socket"
            | "requests" | "asyncio" => !used && !attribute,
            _ => false,
        }
    }

    /// `json.load(…)` is no loading of code; `do` of Lua and Ruby is a block.
    fn harmless_load(&self, at: usize, name: &str) -> bool {
        let module = at.checked_sub(2).and_then(|at| self.name(at));
        let attribute = at > 0 && self.sign(at - 1) == '.';
        match name {
            "load" => {
                attribute
                    && matches!(
                        module,
                        Some("json" | "tomllib" | "csv" | "JSON" | "toml" | "tomli" | "ast")
                    )
            }
            "compile" => attribute && matches!(module, Some("re")),
            "do" => self.language != Language::Perl || self.sign(at + 1) == '{',
            "debug" => attribute,
            "assert" | "code" | "vars" | "method" | "vm" | "binding" | "send" | "shelve"
            | "modules" => {
                self.sign(at + 1) != '('
                    && !(attribute && name == "modules")
                    && self.sign(at + 1) != '.'
            }
            "process" => self.language != Language::Node,
            "constructor" => false,
            _ => false,
        }
    }

    /// Opening, reading, writing, deleting: where the path is a text it is judged, elsewhere it is asked about.
    fn files(&mut self, at: usize, name: &str, called: bool, attribute: bool) -> bool {
        let ours = called || attribute;
        let access = if DELETES_ALL.contains(&name) && ours {
            Access::DeleteAll
        } else if DELETES.contains(&name) && ours {
            Access::Delete
        } else if WRITES.contains(&name) && ours {
            Access::Write
        } else if OPENS.contains(&name) && called {
            self.mode(at)
        } else if READS.contains(&name)
            && ours
            && !matches!(
                name,
                "file" | "foreach" | "entries" | "children" | "glob" | "walk" | "readlines"
            )
        {
            Access::Read
        } else {
            return false;
        };
        let list_method = matches!(
            name,
            "remove" | "move" | "touch" | "truncate" | "link" | "cp" | "mv" | "rm" | "rename"
        );
        let (texts, others) = self.arguments(at);
        let texts: Vec<&String> = texts
            .iter()
            .filter(|text| {
                !matches!(
                    text.as_str(),
                    "r" | "w"
                        | "a"
                        | "rb"
                        | "wb"
                        | "ab"
                        | "r+"
                        | "w+"
                        | "x"
                        | "rt"
                        | "wt"
                        | "utf8"
                        | "utf-8"
                        | "UTF-8"
                        | "<"
                        | ">"
                        | ">>"
                        | "ascii"
                        | "latin-1"
                )
            })
            .collect();
        if texts.is_empty() && list_method && !others {
            return true;
        }
        let path_of_object = attribute && texts.is_empty();
        let object = self.path_before(at);
        match (&object, texts.first()) {
            (Some(path), _) if attribute => {
                let word = Word::from(path.as_str());
                self.reader.touch(&word, access);
            }
            (_, Some(path))
                if !others || texts.len() > 1 || matches!(access, Access::Read | Access::Write) =>
            {
                let pipe = path.trim_start().starts_with('|')
                    || path.trim_end().ends_with('|')
                    || path.trim() == "-|"
                    || path.trim() == "|-";
                if pipe && self.perl_like() {
                    self.seen.runs = true;
                    self.reader.ask("code-command", "Its code opens a command.");
                    let command = texts
                        .iter()
                        .map(|text| text.trim_matches(['|', '-', ' ']))
                        .collect::<Vec<_>>()
                        .join(" ");
                    self.reader.shell(Word::Known(command));
                    return true;
                }
                // `>file` and `<file` of Perl.
                let plain = path.trim_start_matches(['<', '>', '+', ' ']);
                let access = if path.starts_with('>') {
                    Access::Write
                } else {
                    access
                };
                let paths: Vec<String> = std::iter::once(plain.to_owned())
                    .chain(texts.iter().skip(1).map(|text| (*text).clone()))
                    .take(2)
                    .collect();
                let several = !matches!(access, Access::Read)
                    && matches!(
                        name,
                        "copyfile"
                            | "copy2"
                            | "copytree"
                            | "move"
                            | "rename"
                            | "renameSync"
                            | "copyFileSync"
                            | "cp"
                            | "cpSync"
                            | "cp_r"
                            | "symlink"
                            | "symlinkSync"
                            | "mv"
                            | "link"
                    );
                for path in paths.iter().take(if several { 2 } else { 1 }) {
                    let word = Word::from(path.as_str());
                    if several {
                        self.reader.touch(&word, Access::Read);
                    }
                    self.reader.touch(&word, access);
                }
                if others && access != Access::Read {
                    self.reader.ask(
                        "code-files",
                        "Its code changes files that are only known when it runs.",
                    );
                }
            }
            _ if path_of_object && access == Access::Read => {}
            _ => {
                let text = if access == Access::Read {
                    "Its code reads files that are only known when it runs."
                } else {
                    "Its code changes files that are only known when it runs."
                };
                self.reader.ask("code-files", text);
            }
        }
        true
    }

    /// `Path("x").unlink()`: the text in the parentheses before.
    fn path_before(&self, at: usize) -> Option<String> {
        if at < 3 || self.sign(at - 1) != '.' || self.sign(at - 2) != ')' {
            return None;
        }
        match &self.tokens[at - 3] {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether a file is opened to be read: the mode is the second text.
    fn mode(&self, at: usize) -> Access {
        if self.name(at) == Some("Path") {
            return Access::List;
        }
        let (texts, _) = self.arguments(at);
        let writes = texts.iter().any(|text| {
            matches!(text.as_str(), ">" | ">>" | "+<" | "+>" | "x" | "w" | "a")
                || text.len() <= 4
                    && text.chars().all(|c| "wax+btr".contains(c))
                    && text.contains(['w', 'a', 'x', '+'])
        });
        if writes
            || texts
                .first()
                .is_some_and(|text| text.starts_with('>') || text.starts_with("+<"))
        {
            Access::Write
        } else {
            Access::Read
        }
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
