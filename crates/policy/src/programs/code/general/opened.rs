//! How a file is opened: what is not plainly read is written.

use super::source::Argument;
use super::{Access, Language, Token, Walker};
use crate::word::Word;

/// Parts of names and values of flags that only read.
#[rustfmt::skip]
const READS_ONLY: &[&str] = &[
    "os", "fs", "File", "Fcntl", "constants", "Constants", "O_RDONLY", "RDONLY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY",
];

/// A file as a call opens it: its path, and whether it is read or written.
pub(super) struct Opened {
    pub(super) path: Word,
    pub(super) access: Access,
}

/// Whether a text says how a file is opened.
pub(super) fn is_mode(text: &str) -> bool {
    let letters = text.len() <= 4 && text.chars().all(|c| "rwaxbtU+".contains(c));
    letters && text.contains(['r', 'w', 'a', 'x'])
}

fn reads(mode: &str) -> bool {
    let mode = mode.split(':').next().unwrap_or_default().trim();
    match mode.strip_prefix('r') {
        Some(rest) => rest.chars().all(|c| "btU".contains(c)),
        None => mode == "<" || mode == "rs",
    }
}

impl Walker<'_, '_> {
    pub(super) fn opened(&self, at: usize, name: &str, arguments: &[Argument]) -> Opened {
        if self.language == Language::Perl {
            return self.opened_by_perl(name, arguments);
        }
        let place = |at: usize, names: &[&str]| {
            let given = arguments.iter().filter(|one| one.name.is_none()).nth(at);
            given.or_else(|| {
                let named = |one: &&Argument| {
                    one.name
                        .as_deref()
                        .is_some_and(|name| names.contains(&name))
                };
                arguments.iter().find(named)
            })
        };
        let first = place(0, &["file", "path", "name", "filename"]);
        let said = first.map(|one| self.values().argument(one));
        let of_a_path = self.source.is_attribute(at)
            && said
                .as_ref()
                .is_none_or(|word| word.known().is_some_and(is_mode));
        let receiver = self.receiver(at);
        let (path, mode) = if receiver.is_some() || of_a_path {
            (receiver, place(0, &["mode"]))
        } else {
            (said, place(1, &["mode", "flags"]))
        };
        Opened {
            path: path.unwrap_or_else(|| Word::Unknown("a path".to_owned())),
            access: self.mode(mode),
        }
    }

    /// `open(my $in, '<', $path)`, `open F, ">path"`, `sysopen F, $path, $flags`.
    fn opened_by_perl(&self, name: &str, arguments: &[Argument]) -> Opened {
        let word = |at: usize| {
            let unknown = || Word::Unknown("a path".to_owned());
            arguments
                .get(at)
                .map_or_else(unknown, |one| self.values().argument(one))
        };
        if name == "sysopen" {
            let access = self.mode(arguments.get(2));
            return Opened {
                path: word(1),
                access,
            };
        }
        if arguments.len() > 2 {
            let access = self.mode(arguments.get(1));
            return Opened {
                path: word(2),
                access,
            };
        }
        let path = word(1);
        let begin = path.prefix().trim_start();
        let access = if begin.starts_with('>') || begin.starts_with("+<") {
            Access::Write
        } else {
            Access::Read
        };
        let plain = begin.trim_start_matches(['<', '>', '+', ' ']);
        let cut = path.prefix().len() - plain.len();
        Opened {
            path: crate::programs::without(&path, cut),
            access,
        }
    }

    fn mode(&self, mode: Option<&Argument>) -> Access {
        let Some(mode) = mode else {
            return Access::Read;
        };
        let tokens = self
            .source
            .tokens()
            .get(mode.from..mode.to)
            .unwrap_or_default();
        let is_function = tokens.windows(2).any(|pair| {
            matches!(pair, [Token::Sign('='), Token::Sign('>')])
                || matches!(&pair[0], Token::Name(name) if name == "function")
        });
        let flags = tokens.iter().all(|token| match token {
            Token::Name(name) => READS_ONLY.contains(&name.as_str()),
            Token::Number(number) => matches!(number.as_str(), "0" | "0o0"),
            Token::Sign(sign) => matches!(sign, '.' | '|' | ':'),
            _ => false,
        });
        let says = self.values().argument(mode);
        if is_function || flags || says.known().is_some_and(reads) {
            Access::Read
        } else {
            Access::Write
        }
    }
}
