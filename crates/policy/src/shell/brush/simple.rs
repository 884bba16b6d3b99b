//! Simple commands: assignments, words and redirections.

use brush_parser::ast;
use brush_parser::ast::CommandPrefixOrSuffixItem as Piece;

use super::Converter;
use crate::shell::lex::{self, Mode, Nested};
use crate::shell::parser::Unread;
use crate::shell::syntax::{
    AssignedValue, Assignment, At, Command, FileMode, Kind, Part, Redirect, RedirectKind, Simple,
    Word,
};

impl Converter<'_> {
    pub(super) fn simple(&self, simple: &ast::SimpleCommand) -> Result<Command, Unread> {
        let mut parsed = Simple {
            assignments: Vec::new(),
            words: Vec::new(),
        };
        let mut redirects = Vec::new();
        for piece in simple.prefix.iter().flat_map(|p| &p.0) {
            match piece {
                Piece::AssignmentWord(_, word) => parsed.assignments.push(self.assignment(word)?),
                other => self.piece(other, &mut parsed, &mut redirects)?,
            }
        }
        if let Some(word) = &simple.word_or_name {
            parsed.words.push(self.word(word)?);
        }
        for piece in simple.suffix.iter().flat_map(|s| &s.0) {
            self.piece(piece, &mut parsed, &mut redirects)?;
        }
        let location = ast::SourceLocation::location(simple);
        Ok(Command {
            at: self.at(location.as_ref(), location.as_ref()),
            kind: Kind::Simple(parsed),
            redirects,
        })
    }

    fn piece(
        &self,
        piece: &Piece,
        simple: &mut Simple,
        redirects: &mut Vec<Redirect>,
    ) -> Result<(), Unread> {
        match piece {
            Piece::IoRedirect(redirect) => redirects.push(self.redirect(redirect)?),
            Piece::Word(word) => simple.words.push(self.word(word)?),
            Piece::AssignmentWord(assignment, word) => {
                simple.words.push(self.declared(assignment, word)?);
            }
            Piece::ProcessSubstitution(kind, subshell) => {
                let before = simple.words.last().and_then(|w| w.at.0);
                let word = self.process(kind, subshell)?;
                // Written together they are one word, which the grammar took for two.
                if let (Some(before), Some(here)) = (before, word.at.0)
                    && before.end == here.start
                {
                    return Err(Unread("it is not clear where a word of it ends".to_owned()));
                }
                simple.words.push(word);
            }
        }
        Ok(())
    }

    fn process(
        &self,
        kind: &ast::ProcessSubstitutionKind,
        subshell: &ast::SubshellCommand,
    ) -> Result<Word, Unread> {
        let script = self.list(&subshell.list)?;
        let input = matches!(kind, ast::ProcessSubstitutionKind::Read);
        let mut at = self.at(Some(&subshell.loc), Some(&subshell.loc));
        if let Some(span) = &mut at.0 {
            span.start = span.start.saturating_sub(1);
        }
        Ok(Word {
            parts: vec![Part::Process { input, script }],
            at,
        })
    }

    /// An argument that looks like an assignment: a word, or an array for `declare` and its like.
    fn declared(&self, assignment: &ast::Assignment, word: &ast::Word) -> Result<Word, Unread> {
        if !matches!(assignment.value, ast::AssignmentValue::Array(_)) {
            return self.word(word);
        }
        let array = self.assignment(word)?;
        if array.index.is_some() {
            return Err(Unread(
                "an array is declared in a way that is not read".to_owned(),
            ));
        }
        let at = array.at;
        let parts = vec![Part::Array(Box::new(array))];
        Ok(Word { parts, at })
    }

    fn assignment(&self, word: &ast::Word) -> Result<Assignment, Unread> {
        let (text, base) = match &word.loc {
            Some(location) => self.source.slice(location),
            None => (word.value.as_str(), None),
        };
        let unclear = || Unread("an assignment is not understood".to_owned());
        let name_end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .ok_or_else(unclear)?;
        let mut at = name_end;
        let mut index = None;
        if text[at..].starts_with('[') {
            let close = text
                .find("]=")
                .or_else(|| text.find("]+="))
                .ok_or_else(unclear)?;
            let inner = &text[at + 1..close];
            let place = base.map(|b| b + at + 1);
            index = Some(lex::word(inner, place, Mode::Arith, self.reader)?.parts);
            at = close + 1;
        }
        let append = text[at..].starts_with("+=");
        at += usize::from(append);
        if !text[at..].starts_with('=') {
            return Err(unclear());
        }
        at += 1;
        let value = self.assigned(&text[at..], base.map(|b| b + at))?;
        Ok(Assignment {
            name: text[..name_end].to_owned(),
            index,
            append,
            value,
            at: At(base.map(|b| crate::shell::span(b, b + text.len()))),
        })
    }

    fn assigned(&self, text: &str, base: Option<usize>) -> Result<AssignedValue, Unread> {
        let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else {
            return Ok(AssignedValue::Scalar(lex::word(
                text,
                base,
                Mode::Assigned,
                self.reader,
            )?));
        };
        // The members of an array are read as the arguments of a command.
        let script = self
            .reader
            .script(&format!(": {}", inner.replace('\n', " ")), None)?;
        let [item] = script.items.as_slice() else {
            return Err(Unread("an array is not understood".to_owned()));
        };
        match item.first.commands.as_slice() {
            [
                Command {
                    kind: Kind::Simple(simple),
                    redirects,
                    ..
                },
            ] if redirects.is_empty() && item.rest.is_empty() => {
                Ok(AssignedValue::Array(simple.words[1..].to_vec()))
            }
            _ => Err(Unread("an array is not understood".to_owned())),
        }
    }

    pub(super) fn redirects(
        &self,
        list: Option<&ast::RedirectList>,
    ) -> Result<Vec<Redirect>, Unread> {
        list.iter()
            .flat_map(|l| &l.0)
            .map(|r| self.redirect(r))
            .collect()
    }

    fn redirect(&self, redirect: &ast::IoRedirect) -> Result<Redirect, Unread> {
        let (fd, kind) = match redirect {
            ast::IoRedirect::File(fd, kind, target) => (*fd, self.file(kind, target)?),
            ast::IoRedirect::HereDocument(fd, document) => (*fd, self.document(document)?),
            ast::IoRedirect::HereString(fd, word) => (*fd, RedirectKind::Text(self.word(word)?)),
            ast::IoRedirect::OutputAndError(word, append) => {
                let mode = if *append {
                    FileMode::BothAppend
                } else {
                    FileMode::Both
                };
                (None, RedirectKind::File(mode, self.word(word)?))
            }
        };
        let at = match &kind {
            RedirectKind::File(_, word) | RedirectKind::Duplicate { word, .. } => word.at,
            RedirectKind::Text(word) => word.at,
            RedirectKind::Empty => At(None),
        };
        let fd = fd
            .map(|n| u32::try_from(n).map_err(|_| Unread("a descriptor is no number".into())))
            .transpose()?;
        Ok(Redirect {
            fd: fd.or_else(|| implied(&kind)),
            kind,
            at,
        })
    }

    fn file(
        &self,
        kind: &ast::IoFileRedirectKind,
        target: &ast::IoFileRedirectTarget,
    ) -> Result<RedirectKind, Unread> {
        use ast::IoFileRedirectKind as From;
        let word = match target {
            ast::IoFileRedirectTarget::Filename(word)
            | ast::IoFileRedirectTarget::Duplicate(word) => self.word(word)?,
            ast::IoFileRedirectTarget::Fd(fd) => Word {
                parts: vec![Part::Text(fd.to_string())],
                at: At(None),
            },
            ast::IoFileRedirectTarget::ProcessSubstitution(kind, subshell) => {
                self.process(kind, subshell)?
            }
        };
        let mode = match kind {
            From::Read => FileMode::Read,
            From::Write => FileMode::Write,
            From::Append => FileMode::Append,
            From::ReadAndWrite => FileMode::ReadWrite,
            From::Clobber => FileMode::Clobber,
            From::DuplicateInput => {
                return Ok(RedirectKind::Duplicate {
                    output: false,
                    word,
                });
            }
            From::DuplicateOutput => return Ok(RedirectKind::Duplicate { output: true, word }),
        };
        Ok(RedirectKind::File(mode, word))
    }

    /// A here-document ends with its tag. After `((` within a substitution the tokens are not what they should be,
    /// and what is taken for the document is not it.
    fn check_document(&self, document: &ast::IoHereDocument) -> Result<(), Unread> {
        let ends = document.doc.loc.as_ref().is_some_and(|location| {
            let (text, _) = self.source.slice(location);
            let last = text
                .trim_end_matches('\n')
                .rsplit('\n')
                .next()
                .unwrap_or_default();
            last.trim_start_matches('\t') == unquoted(&document.here_end.value)
        });
        if ends {
            Ok(())
        } else {
            Err(Unread("a here-document in it is not understood".to_owned()))
        }
    }

    fn document(&self, document: &ast::IoHereDocument) -> Result<RedirectKind, Unread> {
        self.check_document(document)?;
        let text = document.doc.value.as_str();
        let Some(text) = text.strip_suffix('\n') else {
            return Ok(RedirectKind::Empty);
        };
        if !document.requires_expansion {
            return Ok(RedirectKind::Text(quoted(text)));
        }
        let word = lex::word(text, None, Mode::HereDoc, self.reader)?;
        let word = match word.parts.as_slice() {
            [] => quoted(""),
            [Part::Text(text)] => quoted(text),
            _ => Word {
                parts: vec![Part::Double(word.parts)],
                at: At(None),
            },
        };
        Ok(RedirectKind::Text(word))
    }
}

/// Text with quotes and backslashes taken off.
fn unquoted(tag: &str) -> String {
    tag.chars().filter(|c| !"'\"\\".contains(*c)).collect()
}

/// The descriptor that `>&2` and `<&3` leave unsaid. `>& file` is another thing and has none.
fn implied(kind: &RedirectKind) -> Option<u32> {
    let RedirectKind::Duplicate { output, word } = kind else {
        return None;
    };
    match word.parts.as_slice() {
        [Part::Text(text)] if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            Some(u32::from(*output))
        }
        _ => None,
    }
}

fn quoted(text: &str) -> Word {
    Word {
        parts: vec![Part::Quoted(text.to_owned())],
        at: At(None),
    }
}
