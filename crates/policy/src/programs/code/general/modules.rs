//! What code brings in.

use super::{Access, Language, Token, Walker};
use crate::place::normalise;
use crate::programs::Load;
use crate::programs::code::words::{NETWORK, is_module};
use crate::programs::reader::Reader;
use crate::verdict::Verdict;
use crate::word::Word;

impl Walker<'_, '_> {
    /// `import x`, `from x import y`, `require("x")`, `use X`.
    pub(super) fn brings_in(&mut self, at: usize, name: &str) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.name(at));
        match (self.language, name) {
            (Language::Python, "import" | "from") => true,
            (Language::Python, _)
                if matches!(before, Some("import")) && !self.after_from(at)
                    || matches!(before, Some("from")) =>
            {
                let module = name.to_owned();
                self.module(&module);
                true
            }
            // `from datetime import date, timedelta`
            (Language::Python, _)
                if self.source.before(at) == ','
                    && self.imports(at)
                    && self.imports_from_harmless(at) =>
            {
                true
            }
            (Language::Python, _) if self.source.before(at) == ',' && self.imports(at) => {
                let module = name.to_owned();
                self.module(&module);
                true
            }
            (Language::Node, "import") if self.sign(at + 1) != '(' => {
                match self.imported(at) {
                    Some(module) => self.module(module.trim_start_matches("node:")),
                    None => self.reader.ask("inline-code", "Its code loads more code."),
                }
                true
            }
            (Language::Node, "require" | "import")
            | (Language::Ruby, "require" | "require_relative")
            | (Language::Php, "require" | "include")
            | (Language::Lua, "require") => {
                let text = self.source.tokens()[at + 1..]
                    .iter()
                    .take(2)
                    .find_map(|token| match token {
                        Token::Text(text) => Some(text.clone()),
                        _ => None,
                    });
                match text {
                    Some(module) => self.module(module.trim_start_matches("node:")),
                    None => self.reader.ask("inline-code", "Its code loads more code."),
                }
                true
            }
            (Language::Perl, "use" | "require" | "no") => {
                if let Some(module) = self.name(at + 1).map(str::to_owned) {
                    self.module(&module);
                } else if let Some(path) = self.source.text(at + 1) {
                    let path = path.to_owned();
                    loads(self.reader, &path, self.language);
                    self.reader
                        .touch(&Word::from(path.as_str()), Access::Execute);
                    self.reader.ask("inline-code", "Its code loads more code.");
                } else if name == "require"
                    && !matches!(self.source.get(at + 1), Some(Token::Number(_)))
                {
                    self.reader.ask("inline-code", "Its code loads more code.");
                }
                true
            }
            (Language::Perl, _) if matches!(before, Some("use" | "require" | "no")) => true,
            _ => false,
        }
    }

    /// The module of `import "x"` and `import {a, b as c} from "x"`.
    fn imported(&self, at: usize) -> Option<String> {
        const MOST: usize = 64;
        let from = (at + 1..at + MOST).find(|&at| self.name(at) == Some("from"));
        self.source
            .text(at + 1)
            .or_else(|| self.source.text(from? + 1))
            .map(str::to_owned)
    }

    pub(super) fn after_from(&self, at: usize) -> bool {
        self.source.tokens()[..at]
            .iter()
            .rev()
            .take(6)
            .any(|token| matches!(token, Token::Name(name) if name == "from"))
    }

    /// Whether the list of names at this place is one of what a module has that reaches nothing.
    fn imports_from_harmless(&self, at: usize) -> bool {
        let import = (at.saturating_sub(24)..at)
            .rev()
            .find(|&at| self.name(at) == Some("import"));
        let Some(module) = import.and_then(|at| at.checked_sub(2)) else {
            return false;
        };
        self.name(module) == Some("from")
            && self
                .name(module + 1)
                .is_some_and(|name| is_module(name) && name != "os.path")
    }

    /// Whether a comma stands in a list of modules.
    pub(super) fn imports(&self, at: usize) -> bool {
        for (at, token) in self.source.tokens()[..at].iter().enumerate().rev().take(24) {
            match token {
                Token::Name(name) if name == "import" => return true,
                // What begins a line goes on with no list of the line before.
                Token::Name(_) if self.source.begins_line(at) => return false,
                Token::Name(_) | Token::Sign(',' | '.') => {}
                _ => return false,
            }
        }
        false
    }

    pub(super) fn module(&mut self, module: &str) {
        loads(self.reader, module, self.language);
        if module.contains("://") {
            self.seen.evals = true;
            self.seen.fetches = true;
        }
        match module {
            "os" | "shutil" | "pathlib" | "glob" | "tempfile" | "fs" | "fs/promises"
            | "fileutils" | "FileUtils" | "File::Path" | "File::Copy" | "File::Find"
            | "File::Basename" | "Cwd" | "fileinput" | "tmpdir" | "pathname" | "find" | "url" => {}
            "subprocess" | "child_process" | "commands" | "open3" | "IPC::Open3" | "shelljs"
            | "execa" | "pty" | "pexpect" | "sh" => {
                self.seen.runs_unknown = true;
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
    }

    /// `process.argv` and what only tells is harmless, the rest is not.
    pub(super) fn process(&mut self, at: usize) {
        match self.name(at + 2) {
            Some(
                "argv" | "version" | "versions" | "platform" | "arch" | "cwd" | "exit" | "stdout"
                | "stderr" | "stdin" | "uptime" | "memoryUsage" | "hrtime" | "nextTick"
                | "exitCode" | "pid" | "ppid" | "title" | "release" | "features" | "execPath"
                | "cpuUsage",
            ) => {}
            Some("env") => self.credential(at),
            _ => self.seen.evals = true,
        }
    }

    /// Words that only name something here: `net` as a variable, `http` in a text.
    pub(super) fn plain_word(&self, at: usize, name: &str) -> bool {
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
    pub(super) fn harmless_load(&self, at: usize, name: &str) -> bool {
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
            // Elsewhere it is what a connection does.
            "send" if self.language != Language::Ruby => true,
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
}

/// Notes where a module lies if it is a file of the folder, which may be one that was just written.
pub(in crate::programs) fn loads(reader: &mut Reader<'_>, module: &str, language: Language) {
    let path = match language {
        // What is within a module comes with it.
        Language::Python => module.split('.').next().unwrap_or(module).to_owned(),
        Language::Lua => module.replace('.', "/"),
        _ => module.to_owned(),
    };
    let module = path.as_str();
    let known = is_module(module) || NETWORK.contains(&module) || ALWAYS_THERE.contains(&module);
    let beside = normalise(&path, reader.cwd());
    let packages = (language == Language::Node && !path.starts_with(['.', '/']))
        .then(|| normalise(&format!("node_modules/{path}"), reader.cwd()));
    let stems = beside.into_iter().chain(packages.flatten());
    let loads = stems.map(|stem| Load { stem, known });
    reader.out.loads.extend(loads);
}

/// Modules that come with their language and that nothing more is said of here.
#[rustfmt::skip]
const ALWAYS_THERE: &[&str] = &[
    "os", "shutil", "pathlib", "glob", "tempfile", "fs", "fileutils", "FileUtils", "Cwd", "fileinput", "tmpdir",
    "pathname", "find", "url", "subprocess", "child_process", "commands", "open3", "pty",
];
