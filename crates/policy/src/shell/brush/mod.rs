//! The grammar of commands as `brush-parser` reads it, copied out into our own tree.
//!
//! Only the grammar is taken from it. Words are cut out of the text at the places that it names and read by `lex`,
//! because it puts the text of a substitution together from tokens, without its comments and blanks.

mod compound;
mod simple;

use std::cell::Cell;

use brush_parser::ast;
use brush_parser::{ParserOptions, SourceSpan};

use super::lex::{self, Mode, Nested};
use super::parser::{Parser, Unread};
use super::syntax::{At, Command, Item, Join, Pipeline, Script, Timed, Word};

pub(super) struct Brush;

/// How deep substitutions may stand in one another, and how much text may be read in all, since each level is read
/// again by the one that it stands in.
const DEEPEST: u32 = 64;
const MOST_TEXT: usize = 512 * 1024;

impl Parser for Brush {
    fn parse(&self, text: &str, base: Option<usize>) -> Result<Script, Unread> {
        let reader = Reader {
            depth: Cell::new(0),
            text: Cell::new(0),
        };
        reader.script(text, base)
    }
}

struct Reader {
    depth: Cell<u32>,
    text: Cell<usize>,
}

impl Nested for Reader {
    fn script(&self, text: &str, base: Option<usize>) -> Result<Script, Unread> {
        self.depth.set(self.depth.get() + 1);
        self.text.set(self.text.get() + text.len());
        if self.depth.get() > DEEPEST || self.text.get() > MOST_TEXT {
            return Err(Unread("too much in it is nested".to_owned()));
        }
        let options = ParserOptions {
            enable_extended_globbing: false,
            ..ParserOptions::default()
        };
        let mut parser = brush_parser::Parser::new(text.as_bytes(), &options);
        let program = parser.parse_program().map_err(|e| Unread(plain(&e)))?;
        let converter = Converter {
            source: Source::new(text, base),
            reader: self,
        };
        let script = converter.program(&program)?;
        self.depth.set(self.depth.get() - 1);
        Ok(script)
    }
}

fn plain(error: &brush_parser::ParseError) -> String {
    match error {
        brush_parser::ParseError::ParsingAtEndOfInput => "it ends too early".to_owned(),
        other => other.to_string(),
    }
}

/// The text, with places counted in characters turned into bytes.
struct Source<'a> {
    text: &'a str,
    base: Option<usize>,
    /// The byte at which each character begins; empty where the text is ASCII.
    starts: Vec<u32>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str, base: Option<usize>) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            let ends = [text.len() as u32];
            text.char_indices()
                .map(|(at, _)| at as u32)
                .chain(ends)
                .collect()
        };
        Self { text, base, starts }
    }

    fn byte(&self, character: usize) -> usize {
        match self.starts.get(character) {
            Some(at) => *at as usize,
            None => character.min(self.text.len()),
        }
    }

    /// What stands there, and where; blanks and continued lines before a word do not belong to it.
    fn slice(&self, location: &SourceSpan) -> (&'a str, Option<usize>) {
        let start = self.byte(location.start.index);
        let end = self.byte(location.end.index).max(start);
        let mut text = self.text.get(start..end).unwrap_or_default();
        loop {
            let trimmed = text.trim_start_matches([' ', '\t', '\n']);
            let trimmed = trimmed.strip_prefix("\\\n").unwrap_or(trimmed);
            if trimmed.len() == text.len() {
                break;
            }
            text = trimmed;
        }
        (text, self.base.map(|base| base + end - text.len()))
    }
}

struct Converter<'a> {
    source: Source<'a>,
    reader: &'a Reader,
}

impl Converter<'_> {
    fn program(&self, program: &ast::Program) -> Result<Script, Unread> {
        let mut script = Script::default();
        for list in &program.complete_commands {
            script.items.append(&mut self.list(list)?.items);
        }
        Ok(script)
    }

    fn list(&self, list: &ast::CompoundList) -> Result<Script, Unread> {
        let mut items = Vec::with_capacity(list.0.len());
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let mut rest = Vec::with_capacity(and_or.additional.len());
            for next in &and_or.additional {
                rest.push(match next {
                    ast::AndOr::And(pipeline) => (Join::And, self.pipeline(pipeline)?),
                    ast::AndOr::Or(pipeline) => (Join::Or, self.pipeline(pipeline)?),
                });
            }
            items.push(Item {
                first: self.pipeline(&and_or.first)?,
                rest,
                background: matches!(separator, ast::SeparatorOperator::Async),
            });
        }
        Ok(Script { items })
    }

    fn pipeline(&self, pipeline: &ast::Pipeline) -> Result<Pipeline, Unread> {
        let timed = match &pipeline.timed {
            None => Timed::No,
            Some(ast::PipelineTimed::Timed(_)) => Timed::Yes,
            Some(ast::PipelineTimed::TimedWithPosixOutput(_)) => Timed::Posix,
        };
        let commands = pipeline.seq.iter().map(|c| self.command(c));
        Ok(Pipeline {
            timed,
            negated: pipeline.bang,
            commands: commands.collect::<Result<Vec<Command>, _>>()?,
        })
    }

    fn word(&self, word: &ast::Word) -> Result<Word, Unread> {
        self.word_as(word, Mode::Word)
    }

    fn word_as(&self, word: &ast::Word, mode: Mode) -> Result<Word, Unread> {
        match &word.loc {
            Some(location) => {
                let (text, base) = self.source.slice(location);
                lex::word(text, base, mode, self.reader)
            }
            None => lex::word(&word.value, None, mode, self.reader),
        }
    }

    /// The place from the first character of one to the last of the other.
    fn at(&self, first: Option<&SourceSpan>, last: Option<&SourceSpan>) -> At {
        let (Some(first), Some(last), Some(base)) = (first, last, self.source.base) else {
            return At(None);
        };
        let start = self.source.byte(first.start.index) + base;
        let end = self.source.byte(last.end.index) + base;
        At(Some(super::span(start, end.max(start))))
    }
}
