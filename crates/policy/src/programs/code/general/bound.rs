//! Names that the code itself gives a meaning: functions that it defines, variables, modules under another name.

use super::Language;
use super::source::Source;
use crate::programs::code::words::{is_call, is_danger, is_deed};

#[derive(Default)]
pub(super) struct Bound {
    functions: Vec<String>,
    variables: Vec<String>,
    /// Other names of the module of the operating system in Python.
    system: Vec<String>,
    /// The module of a database in Python, and other names of it.
    databases: Vec<String>,
    /// Other names, in Python, of what does something: `from os import system as f`, `f = os.system`.
    renamed: Vec<(String, String)>,
    /// Ruby's paths, of which methods read, write and delete.
    paths: bool,
}

impl Bound {
    pub(super) fn of(source: &Source) -> Self {
        let mut bound = Self::default();
        for at in 0..source.len() {
            if let Some(name) = source.name(at) {
                bound.see(source, at, name);
            }
        }
        let Self {
            functions,
            variables,
            ..
        } = &mut bound;
        functions.retain(|name| !(name.starts_with('$') && variables.contains(name)));
        bound
    }

    fn see(&mut self, source: &Source, at: usize, name: &str) {
        self.paths |= name == "Pathname" && source.language == Language::Ruby;
        let next = source.name(at + 1);
        if name == "sqlite3" && source.language == Language::Python && at > 0 {
            self.databases.push(name.to_owned());
            if let (Some("as"), Some(other)) = (next, source.name(at + 2)) {
                self.databases.push(other.to_owned());
            }
        }
        let defines = matches!(
            name,
            "def" | "function" | "sub" | "class" | "const" | "let" | "var" | "fn"
        );
        if let (true, Some(next)) = (defines, next.filter(|next| !is_danger(next))) {
            self.functions.push(next.to_owned());
        }
        if let (Language::Python, "as", Some(next)) = (source.language, name, next)
            && at > 0
            && matches!(source.name(at - 1), Some("os" | "posix"))
        {
            self.system.push(next.to_owned());
        }
        self.rename(source, at, name);
        let assigned =
            source.sign(at + 1) == '=' && !matches!(source.sign(at + 2), '=' | '>' | '~');
        match source.name(at + 2) {
            // `f = lambda …`, `$f = sub …`
            Some("lambda" | "sub" | "function" | "fn" | "static") if assigned => {
                self.functions.push(name.to_owned());
            }
            Some("os") if assigned => self.system.push(name.to_owned()),
            _ if assigned => self.variables.push(name.to_owned()),
            // `|name, other|` of a block
            _ if source.language == Language::Ruby
                && matches!(source.before(at), '|' | ',')
                && matches!(source.sign(at + 1), '|' | ',') =>
            {
                self.variables.push(name.to_owned());
            }
            _ => {}
        }
    }

    fn rename(&mut self, source: &Source, at: usize, name: &str) {
        if source.language != Language::Python {
            return;
        }
        let pair = match (name, source.sign(at + 1)) {
            ("as", _) if at > 0 => source.name(at + 1).zip(source.name(at - 1)),
            (_, '=') if source.sign(at + 3) == '.' && source.sign(at + 5) != '(' => {
                Some(name).zip(source.name(at + 4))
            }
            _ => None,
        };
        if let Some((other, meant)) = pair.filter(|(_, meant)| is_deed(meant) || is_call(meant)) {
            self.renamed.push((other.to_owned(), meant.to_owned()));
        }
    }

    /// The name that another one stands for.
    pub(super) fn original<'b>(&'b self, name: &'b str) -> &'b str {
        let found = self.renamed.iter().find(|(other, _)| other == name);
        found.map_or(name, |(_, meant)| meant.as_str())
    }

    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.iter().any(|own| own == name)
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|own| own == name)
    }

    pub(super) fn has_database(&self) -> bool {
        !self.databases.is_empty()
    }

    pub(super) fn is_database(&self, name: &str) -> bool {
        self.databases.iter().any(|own| own == name)
    }

    pub(super) fn has_paths(&self) -> bool {
        self.paths
    }

    pub(super) fn is_system(&self, name: &str) -> bool {
        name == "os" || name == "posix" || self.system.iter().any(|own| own == name)
    }
}
