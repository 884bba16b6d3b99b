//! Files in code: opened, read, written, deleted. Where the path is a text it is judged.

use super::*;

impl Walker<'_, '_> {
    /// Opening, reading, writing, deleting: where the path is a text it is judged, elsewhere it is asked about.
    pub(super) fn files(&mut self, at: usize, name: &str, called: bool, attribute: bool) -> bool {
        let ours = called || attribute;
        let class = if attribute {
            self.tokens[..at]
                .iter()
                .rev()
                .find_map(|token| match token {
                    Token::Name(name) => Some(name.as_str()),
                    _ => None,
                })
        } else {
            None
        };
        let of_files = matches!(
            class,
            Some("File" | "IO" | "Dir" | "FileUtils" | "Pathname" | "io")
        );
        let access = if of_files
            && matches!(
                name,
                "read"
                    | "new"
                    | "open"
                    | "readlines"
                    | "foreach"
                    | "entries"
                    | "children"
                    | "glob"
                    | "each_line"
            ) {
            self.mode(at)
        } else if of_files && matches!(name, "delete") {
            Access::Delete
        } else if of_files && matches!(name, "write" | "binwrite") {
            Access::Write
        } else if DELETES_ALL.contains(&name) && ours {
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
                let word = self.path_word(path);
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
                    let word = self.path_word(path);
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
                if matches!(access, Access::Delete | Access::DeleteAll) {
                    let all = self.seen.deletes_unknown.unwrap_or_default();
                    self.seen.deletes_unknown = Some(all || access == Access::DeleteAll);
                }
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
    pub(super) fn path_before(&self, at: usize) -> Option<String> {
        if at < 3 || self.sign(at - 1) != '.' || self.sign(at - 2) != ')' {
            return None;
        }
        let of_a_path = at >= 5
            && matches!(
                self.name(at - 5),
                Some("Path" | "PurePath" | "PosixPath" | "Pathname")
            );
        if !of_a_path {
            return None;
        }
        match &self.tokens[at - 3] {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether a file is opened to be read: the mode is the second text.
    pub(super) fn mode(&self, at: usize) -> Access {
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

    /// The texts among the arguments of a call; whether there are arguments that are no texts.
    pub(super) fn arguments(&self, at: usize) -> (Vec<String>, bool) {
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
}
