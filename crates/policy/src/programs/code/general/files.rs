//! Files in code: opened, read, written, deleted. Where the path is known it is judged, elsewhere it is asked about.

use super::deeds::Deed;
use super::opened::is_mode;
use super::source::Argument;
use super::{Access, Language, Walker};
use crate::place::touch;
use crate::verdict::Verdict;
use crate::word::{Piece, Word};

/// Names that lists and other values have as well, where they are given nothing.
const OF_VALUES: &[&str] = &[
    "remove", "move", "truncate", "link", "cp", "mv", "rm", "rename",
];

/// Calls that have something else before the paths, and how much of it.
fn before_the_paths(name: &str) -> usize {
    match name {
        "chmod" => 1,
        "chown" | "lchown" | "utime" => 2,
        _ => 0,
    }
}

impl Walker<'_, '_> {
    pub(super) fn files(&mut self, at: usize, name: &str, called: bool, attribute: bool) -> bool {
        let Some(deed) = self.deed(at, name, called, attribute) else {
            return false;
        };
        let arguments = self.source.arguments(at);
        match deed {
            Deed::Name => {
                if let Some(first) = arguments.first() {
                    let word = self.values().argument(first);
                    self.path(&word, Access::List);
                }
            }
            Deed::Open => self.opens(at, name, &arguments),
            Deed::List => self.lists(at, &arguments),
            Deed::Touch(access) => self.touches(at, name, access, &arguments),
            Deed::Copy(access) => self.both_ends(at, &arguments, &[access], &[Access::Write]),
            Deed::Move => self.both_ends(
                at,
                &arguments,
                &[Access::Read, Access::Delete],
                &[Access::Write],
            ),
            Deed::Link => {
                let both = [Access::Read, Access::Write];
                self.both_ends(at, &arguments, &both, &both);
            }
        }
        true
    }

    /// The path that a method is called on.
    pub(super) fn receiver(&self, at: usize) -> Option<Word> {
        let (from, to) = self.source.receiver(at)?;
        match self.values().word(from, to) {
            Word::Unknown(_) => None,
            word => Some(word),
        }
    }

    fn opens(&mut self, at: usize, name: &str, arguments: &[Argument]) {
        if self.opens_a_command(arguments) {
            return;
        }
        let opened = self.opened(at, name, arguments);
        let nothing_said = self.source.is_attribute(at)
            && matches!(opened.path, Word::Unknown(_))
            && opened.access == Access::Read
            && arguments
                .first()
                .is_none_or(|one| self.values().argument(one).known().is_some_and(is_mode));
        if nothing_said {
            self.seen.reads_unknown = true;
            return;
        }
        self.path(&opened.path, opened.access);
    }

    fn lists(&mut self, at: usize, arguments: &[Argument]) {
        let mut words: Vec<Word> = self.receiver(at).into_iter().collect();
        if let Some(first) = arguments.first() {
            words.extend(self.values().words(first));
        }
        for word in words {
            let word = super::values::pattern(word);
            self.path(&word, Access::List);
            self.seen.listed.push(word);
        }
    }

    fn touches(&mut self, at: usize, name: &str, access: Access, arguments: &[Argument]) {
        if access == Access::Read && self.opens_a_command(arguments) {
            return;
        }
        if let Some(path) = self.receiver(at) {
            if self.is_list(name) {
                self.seen.listed.push(path.clone());
            }
            return self.path(&path, access);
        }
        let attribute = self.source.is_attribute(at);
        if arguments.is_empty() && attribute {
            match access {
                Access::Read => self.seen.reads_unknown = true,
                _ if OF_VALUES.contains(&name) => {}
                _ => self.unknown(access),
            }
            return;
        }
        let words = self.paths(name, access, arguments);
        if words.is_empty() {
            self.unknown(access);
        }
        for word in words {
            if self.is_list(name) {
                self.seen.listed.push(word.clone());
            }
            self.path(&word, access);
        }
    }

    /// Which of its arguments a call takes for paths.
    fn paths(&self, name: &str, access: Access, arguments: &[Argument]) -> Vec<Word> {
        let many = matches!(self.language, Language::Perl | Language::Ruby);
        let before = match name {
            "opendir" | "readdir" if many && arguments.len() > 1 => 1,
            _ if many => before_the_paths(name),
            _ => 0,
        };
        let deletes = matches!(access, Access::Delete | Access::DeleteAll);
        let most = if many && (deletes || before > 0) {
            usize::MAX
        } else {
            1
        };
        let given = arguments
            .iter()
            .filter(|one| one.name.is_none() && self.sign(one.from) != '{');
        let mut words: Vec<Word> = given
            .skip(before)
            .take(most)
            .flat_map(|one| self.values().words(one))
            .collect();
        if words.is_empty() {
            let named = ["file", "path", "name", "src", "dst", "target"];
            let by_name = arguments.iter().filter(|one| {
                one.name
                    .as_deref()
                    .is_some_and(|name| named.contains(&name))
            });
            words.extend(by_name.map(|one| self.values().argument(one)));
        }
        words
    }

    fn both_ends(
        &mut self,
        at: usize,
        arguments: &[Argument],
        source: &[Access],
        target: &[Access],
    ) {
        let mut ends: Vec<Vec<Word>> = self
            .receiver(at)
            .map(|word| vec![word])
            .into_iter()
            .collect();
        let paths = arguments.iter().filter(|one| {
            one.name
                .as_deref()
                .is_none_or(|name| matches!(name, "src" | "dst" | "target"))
        });
        ends.extend(
            paths
                .take(2 - ends.len())
                .map(|one| self.values().words(one)),
        );
        if ends.is_empty() && self.source.is_attribute(at) {
            let name = self.name(at).unwrap_or_default();
            if OF_VALUES.contains(&name) && self.sign(at + 1) == '(' {
                return;
            }
        }
        ends.resize(2, vec![Word::Unknown("a path".to_owned())]);
        for (words, accesses) in ends.iter().zip([source, target]) {
            for (word, access) in words
                .iter()
                .flat_map(|word| accesses.iter().map(move |one| (word, *one)))
            {
                self.path(word, access);
            }
        }
    }

    /// Judges what a call does to a path.
    pub(super) fn path(&mut self, word: &Word, access: Access) {
        match word {
            Word::Known(text) => {
                if !self.is_elsewhere(text) {
                    let word = self.path_word(text);
                    self.reader.touch(&word, access);
                }
            }
            Word::Partial(pieces)
                if !pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Unknown(_))) =>
            {
                self.reader.touch(word, access);
            }
            _ if access == Access::List => {}
            Word::Partial(_) => {
                denied(self.reader, word, access);
                self.unknown(access);
            }
            Word::Unknown(_) => self.unknown(access),
        }
    }

    fn unknown(&mut self, access: Access) {
        let text = match access {
            Access::Read | Access::ReadAll => {
                self.seen.reads_unknown = true;
                "Its code reads files that are only known when it runs."
            }
            Access::Delete | Access::DeleteAll => {
                let all = self.seen.deletes_unknown.unwrap_or_default();
                self.seen.deletes_unknown = Some(all || access == Access::DeleteAll);
                "Its code changes files that are only known when it runs."
            }
            _ => {
                self.seen.writes_unknown = true;
                "Its code changes files that are only known when it runs."
            }
        };
        self.reader.ask("code-files", text);
    }

    /// An address where a path is expected: PHP and Ruby fetch what lies there.
    fn is_elsewhere(&mut self, text: &str) -> bool {
        let Some((scheme, rest)) = text.split_once("://") else {
            return false;
        };
        match (self.language, scheme) {
            (Language::Php, "php") => {
                let own = [
                    "stdin", "input", "stdout", "stderr", "output", "memory", "temp",
                ];
                if !own.iter().any(|own| rest.starts_with(own)) {
                    self.reader
                        .ask("inline-code", "Its code reads through a filter.");
                }
            }
            (Language::Php | Language::Ruby, "http" | "https" | "ftp" | "ftps") => {
                self.seen.network = true;
                self.seen.fetches = true;
            }
            (Language::Php, scheme) if scheme != "file" => {
                self.reader
                    .ask("inline-code", "Its code reads through a filter.");
            }
            _ => return false,
        }
        true
    }

    /// `open(F, "command |")`, `open("|command")`: what is opened is a command.
    fn opens_a_command(&mut self, arguments: &[Argument]) -> bool {
        if !self.perl_like() {
            return false;
        }
        let texts: Vec<&str> = arguments
            .iter()
            .flat_map(|one| one.from..one.to)
            .filter_map(|at| self.source.text(at))
            .filter(|text| !is_mode(text))
            .collect();
        let pipe = texts.first().is_some_and(|path| {
            let path = path.trim();
            path.starts_with('|') || path.ends_with('|') || path == "-|" || path == "|-"
        });
        if pipe {
            self.seen.runs = true;
            self.reader.ask("code-command", "Its code opens a command.");
            let command = texts
                .iter()
                .map(|text| text.trim_matches(['|', '-', ' ']))
                .collect::<Vec<_>>()
                .join(" ");
            self.reader.shell(Word::Known(command));
        }
        pipe
    }
}

/// What of a touch is denied, where it is only supposed or known in part.
pub(super) fn denied(reader: &mut super::Reader<'_>, word: &Word, access: Access) {
    let touched = touch(word, access, reader.cwd(), reader.world);
    let before = reader.out.findings.len();
    let denied = |one: &crate::verdict::Finding| one.verdict == Verdict::Deny;
    reader
        .out
        .findings
        .extend(touched.findings.into_iter().filter(denied));
    if reader.out.findings.len() > before {
        reader.out.io.emits_secret |= touched.effect.secret;
        reader.out.effects.push(touched.effect);
    }
}
