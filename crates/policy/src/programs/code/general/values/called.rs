//! Attributes, indices and calls within an expression: which of them come to a text.

use super::{Argument, Language, Value, Values, Word, concat, join, pattern, text, unknown};

/// Texts with another between each two.
fn between_all(parts: Vec<Word>, between: &Word) -> Word {
    let mut all = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !all.is_empty() {
            all.push(between.clone());
        }
        all.push(part);
    }
    concat(all)
}

impl Values<'_> {
    /// What a chain comes to at its end: some attributes are values.
    pub(super) fn end(&self, value: Value) -> Value {
        match value {
            Value::Method { name, .. } if matches!(name.as_str(), "homedir") => text(self.home),
            Value::Name { of, name } if name == "pwd" && of == "Dir" => text("."),
            Value::Name { name, .. } if name == "__dirname" => text("."),
            Value::Name { of, name } if name == "home" && of == "Dir" => text(self.home),
            Value::Method { of, name } if is_same(&name) => *of,
            value => value,
        }
    }

    pub(super) fn attribute(&self, value: Value, at: usize) -> Value {
        let name = self.source.name(at).unwrap_or_default().to_owned();
        match value {
            Value::Name { name: of, .. } if is_environment(&of) && is_home(&name) => {
                text(self.home)
            }
            Value::Name { name: of, .. } => Value::Name { of, name },
            value => Value::Method {
                of: Box::new(value),
                name,
            },
        }
    }

    pub(super) fn index(&self, value: &Value, (from, to): (usize, usize)) -> Value {
        let key = self.source.text(from).or_else(|| self.source.name(from));
        match value {
            Value::Name { name, .. } if is_environment(name) && key.is_some_and(is_home) => {
                text(self.home)
            }
            Value::Name { name, .. } if name == "Dir" => Value::Text(pattern(self.word(from, to))),
            _ => Value::Unknown,
        }
    }

    pub(super) fn call(&self, value: Value, arguments: &[Argument]) -> Value {
        let words = || {
            let given = arguments.iter().filter(|one| one.name.is_none());
            given.flat_map(|one| self.words(one))
        };
        let first = || words().next().unwrap_or_else(unknown);
        match value {
            Value::Name { of, name } => match name.as_str() {
                "join" | "joinpath" | "resolve" | "catfile" | "catdir" | "expand_path" => {
                    Value::Text(self.expanded(join(words())))
                }
                "expanduser" | "expandvars" => Value::Text(self.expanded(first())),
                "home" | "homedir" => text(self.home),
                "getenv" | "get" | "fetch"
                    if (name == "getenv" || is_environment(&of))
                        && first().known().is_some_and(is_home) =>
                {
                    text(self.home)
                }
                // That of Perl stands for the home folder; whoever writes it elsewhere means that as well.
                "glob" | "iglob" => Value::Text(pattern(self.expanded(first()))),
                "getcwd" | "cwd" | "pwd" => text("."),
                "require" => Value::Name {
                    of: String::new(),
                    name: first().known().unwrap_or_default().to_owned(),
                },
                name if is_wrapper(name) => Value::Text(without_scheme(join(words()))),
                "new" if is_wrapper(&of) => Value::Text(join(words())),
                _ => Value::Unknown,
            },
            Value::Method { of, name } => self.method(*of, &name, words().collect()),
            _ => Value::Unknown,
        }
    }

    fn method(&self, of: Value, name: &str, words: Vec<Word>) -> Value {
        match (of, name) {
            (Value::List(parts), "join") => {
                let between = words.into_iter().next();
                Value::Text(between_all(
                    parts,
                    &between.unwrap_or_else(|| Word::from("")),
                ))
            }
            (Value::Text(between), "join") if self.source.language == Language::Python => {
                Value::Text(between_all(words, &between))
            }
            (Value::Text(root), "joinpath" | "join") => {
                Value::Text(join(std::iter::once(root).chain(words)))
            }
            (Value::Text(root), "glob" | "rglob") => {
                Value::Text(pattern(join(std::iter::once(root).chain(words))))
            }
            (Value::Text(path), "expanduser") => Value::Text(self.expanded(path)),
            (Value::Text(path), name) if is_same(name) => Value::Text(path),
            (_, "homedir" | "home") => text(self.home),
            _ => Value::Unknown,
        }
    }

    /// A path whose `~` is the home folder.
    fn expanded(&self, word: Word) -> Word {
        match &word {
            Word::Known(text) if text == "~" => Word::from(self.home),
            word if word.prefix().starts_with("~/") => {
                concat([Word::from(self.home), crate::programs::without(word, 1)])
            }
            _ => word,
        }
    }
}

fn is_environment(name: &str) -> bool {
    matches!(
        name,
        "env" | "environ" | "ENV" | "$ENV" | "environb" | "$_ENV" | "$_SERVER"
    )
}

pub(super) fn is_home(name: &str) -> bool {
    matches!(name, "HOME" | "USERPROFILE")
}

/// Makes a path of what it is given, and changes nothing of it.
fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "Path"
            | "PurePath"
            | "PosixPath"
            | "PurePosixPath"
            | "Pathname"
            | "URL"
            | "String"
            | "str"
            | "fspath"
            | "abspath"
            | "realpath"
            | "normpath"
            | "normalize"
            | "fileURLToPath"
            | "pathToFileURL"
    )
}

/// A method that gives the same path or text again.
fn is_same(name: &str) -> bool {
    matches!(
        name,
        "resolve"
            | "absolute"
            | "as_posix"
            | "toString"
            | "to_s"
            | "to_path"
            | "encode"
            | "trim"
            | "strip"
            | "freeze"
            | "href"
            | "pathname"
    )
}

fn without_scheme(word: Word) -> Word {
    if word.prefix().starts_with("file://") {
        return crate::programs::without(&word, 7);
    }
    word
}
