//! One change of a file, as `apply_patch` has it: from the lines of a patch to a file's new text. Pure.
//!
//! What a patch repeats of a file stays as the file has it, with its blanks and its line ends; only what is new comes
//! from the patch.

use super::{indent::Indents, patch::PatchError};

/// One change of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hunk {
    /// Lines that come somewhere before the change, in their order.
    contexts: Vec<String>,
    body: Vec<Part>,
    at_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Same(String),
    Old(String),
    New(String),
}

impl Part {
    /// The line that the file has.
    fn there(&self) -> Option<&str> {
        match self {
            Self::Same(line) | Self::Old(line) => Some(line),
            Self::New(_) => None,
        }
    }
}

impl Hunk {
    /// Adds a line that leads to the change; an empty one leads nowhere.
    pub(super) fn comes_after(&mut self, context: &str) {
        if !context.trim().is_empty() {
            self.contexts.push(context.to_owned());
        }
    }

    pub(super) fn changes_something(&self) -> bool {
        !self.body.is_empty()
    }

    pub(super) fn is_at_end(&mut self) -> Result<(), ()> {
        self.at_end = true;
        Ok(())
    }

    pub(super) fn take(&mut self, line: &str) -> Result<(), ()> {
        if self.at_end {
            return Err(());
        }
        let part = if let Some(line) = line.strip_prefix('+') {
            Part::New(line.to_owned())
        } else if let Some(line) = line.strip_prefix('-') {
            Part::Old(line.to_owned())
        } else if let Some(line) = line.strip_prefix(' ') {
            Part::Same(line.to_owned())
        } else if line.is_empty() {
            // Editors and models strip the blank before an empty line.
            Part::Same(String::new())
        } else {
            return Err(());
        };
        self.body.push(part);
        Ok(())
    }

    pub(super) fn old(&self) -> Vec<&str> {
        self.body.iter().filter_map(Part::there).collect()
    }

    /// The lines that stand there then: those that stay are the file's own.
    fn put(&self, path: &str, there: &[Line], end: &'static str) -> Result<Vec<Line>, PatchError> {
        let pairs = self.old().into_iter().zip(there);
        let indents = Indents::new(pairs.map(|(line, found)| (line, found.text.as_str())));
        let mut found = there.iter();
        let mut end = end;
        let mut before = 0;
        let mut put = Vec::new();
        for part in &self.body {
            let known = part.there().and_then(|_| found.next());
            end = known.map_or(end, |line| line.end);
            before += usize::from(known.is_some());
            match part {
                Part::Same(_) => put.extend(known.cloned()),
                Part::Old(_) => {}
                Part::New(line) => {
                    let unclear = || PatchError::IndentUnclear {
                        path: path.to_owned(),
                        line: line.clone(),
                    };
                    let text = indents.of(line, before).ok_or_else(unclear)?;
                    put.push(Line { text, end });
                }
            }
        }
        Ok(put)
    }
}

/// A line of a file, with what ends it: nothing, where the file ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: String,
    end: &'static str,
}

impl Line {
    fn of(line: &str) -> Self {
        let (text, end) = if let Some(text) = line.strip_suffix("\r\n") {
            (text, "\r\n")
        } else if let Some(text) = line.strip_suffix('\n') {
            (text, "\n")
        } else {
            (line, "")
        };
        let text = text.to_owned();
        Self { text, end }
    }
}

/// A file's text after the hunks, in their order.
pub(super) fn apply(path: &str, text: &str, hunks: &[Hunk]) -> Result<String, PatchError> {
    let mut lines: Vec<Line> = text.split_inclusive('\n').map(Line::of).collect();
    let first_end = lines.first().map_or("\n", |line| line.end);
    let mut cursor = 0;
    for hunk in hunks {
        let (at, replaced) = place(path, &lines, cursor, hunk)?;
        let before = at.checked_sub(1).map_or(first_end, |at| lines[at].end);
        let new = hunk.put(path, &lines[at..at + replaced], before)?;
        cursor = at + new.len();
        lines.splice(at..at + replaced, new);
    }
    let ends_open = !text.is_empty() && !text.ends_with('\n');
    let usual = if first_end.is_empty() {
        "\n"
    } else {
        first_end
    };
    let last = lines.len().saturating_sub(1);
    let ended = lines.iter().enumerate().map(|(at, line)| {
        let end = match line.end {
            _ if at == last && ends_open => "",
            "" => usual,
            end => end,
        };
        format!("{}{end}", line.text)
    });
    Ok(ended.collect())
}

/// Where a hunk goes, and how many lines it replaces there.
fn place(
    path: &str,
    lines: &[Line],
    cursor: usize,
    hunk: &Hunk,
) -> Result<(usize, usize), PatchError> {
    let mut from = cursor;
    for context in &hunk.contexts {
        let found = seek(lines, &[context.as_str()], from, false);
        let missing = || PatchError::ContextMissing {
            path: path.to_owned(),
            context: context.clone(),
        };
        from = found.ok_or_else(missing)? + 1;
    }
    let old = hunk.old();
    if old.is_empty() {
        let after_context = !hunk.contexts.is_empty() && !hunk.at_end;
        let at = if after_context { from } else { lines.len() };
        return Ok((at, 0));
    }
    let found = seek(lines, &old, from, hunk.at_end);
    let missing = || PatchError::LinesMissing {
        path: path.to_owned(),
        lines: old.join("\n"),
    };
    Ok((found.ok_or_else(missing)?, old.len()))
}

/// The first place of some lines: exactly as they are, or but for blanks at their ends, or around them.
fn seek(lines: &[Line], wanted: &[&str], from: usize, at_end: bool) -> Option<usize> {
    let last = lines.len().checked_sub(wanted.len())?;
    let first = if at_end { last } else { from };
    if first < from {
        return None;
    }
    let count = wanted.len();
    let exact: fn(&str) -> &str = |line| line;
    let views = [exact, str::trim_end, str::trim];
    views.iter().find_map(|view| {
        (first..=last).find(|&at| {
            let there = lines[at..].iter().map(|line| view(&line.text));
            let wanted = wanted.iter().map(|line| view(line));
            wanted.eq(there.take(count))
        })
    })
}
