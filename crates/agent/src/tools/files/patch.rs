//! The patch format of `apply_patch`: from text to operations, and from a hunk to new lines. Pure.

use thiserror::Error;

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File: ";
const DELETE: &str = "*** Delete File: ";
const UPDATE: &str = "*** Update File: ";
const MOVE: &str = "*** Move to: ";
const END_OF_FILE: &str = "*** End of File";

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Add {
        path: String,
        text: String,
    },
    Delete {
        path: String,
    },
    Update {
        path: String,
        move_to: Option<String>,
        hunks: Vec<Hunk>,
    },
}

/// One change of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hunk {
    /// A line that comes somewhere before the change.
    context: Option<String>,
    old: Vec<String>,
    new: Vec<String>,
    at_end: bool,
}

/// A patch that cannot be read or does not fit.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum PatchError {
    #[error("the patch must begin with “{BEGIN}” and end with “{END}”")]
    NoFrame,
    #[error("line {line} of the patch is not expected: {text}")]
    Unexpected { line: usize, text: String },
    #[error("the patch changes nothing")]
    Empty,
    #[error("{path}: an update needs at least one change or a move")]
    NothingToUpdate { path: String },
    #[error("{path}: the line “{context}” is not in the file")]
    ContextMissing { path: String, context: String },
    #[error("{path}: these lines are not in the file as the patch has them:\n{lines}")]
    LinesMissing { path: String, lines: String },
}

/// Lines of a patch, with their numbers from 1.
type Lines<'a> = std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>;

pub(super) fn parse(text: &str) -> Result<Vec<Operation>, PatchError> {
    let mut lines: Lines = text.trim().lines().enumerate().peekable();
    if lines.next().is_none_or(|(_, line)| line.trim() != BEGIN) {
        return Err(PatchError::NoFrame);
    }
    let mut operations = Vec::new();
    while let Some((index, line)) = lines.next() {
        if line.trim() == END {
            if let Some((index, line)) = lines.next() {
                return Err(unexpected(index, line));
            }
            if operations.is_empty() {
                return Err(PatchError::Empty);
            }
            return Ok(operations);
        }
        operations.push(operation(index, line, &mut lines)?);
    }
    Err(PatchError::NoFrame)
}

fn operation(index: usize, line: &str, lines: &mut Lines) -> Result<Operation, PatchError> {
    let named = |prefix| {
        let path = line.strip_prefix(prefix).map(str::trim);
        path.filter(|path| !path.is_empty()).map(str::to_owned)
    };
    if let Some(path) = named(ADD) {
        let text = added(lines);
        return Ok(Operation::Add { path, text });
    }
    if let Some(path) = named(DELETE) {
        return Ok(Operation::Delete { path });
    }
    let Some(path) = named(UPDATE) else {
        return Err(unexpected(index, line));
    };
    let move_to = lines
        .peek()
        .and_then(|(_, line)| line.strip_prefix(MOVE))
        .map(|to| to.trim().to_owned());
    if move_to.is_some() {
        lines.next();
    }
    let hunks = hunks(lines)?;
    if hunks.is_empty() && move_to.is_none() {
        return Err(PatchError::NothingToUpdate { path });
    }
    Ok(Operation::Update {
        path,
        move_to,
        hunks,
    })
}

fn added(lines: &mut Lines) -> String {
    let mut text = String::new();
    while let Some(line) = lines.peek().and_then(|(_, line)| line.strip_prefix('+')) {
        text.push_str(line);
        text.push('\n');
        lines.next();
    }
    text
}

fn hunks(lines: &mut Lines) -> Result<Vec<Hunk>, PatchError> {
    let mut hunks: Vec<Hunk> = Vec::new();
    while let Some((index, line)) = lines.next_if(|(_, line)| !begins_operation(line)) {
        if let Some(rest) = line.strip_prefix("@@") {
            let context = rest.trim_start_matches(' ');
            hunks.push(Hunk {
                context: (!context.trim().is_empty()).then(|| context.to_owned()),
                ..Hunk::default()
            });
            continue;
        }
        if hunks.is_empty() {
            // The first marker may be left out.
            hunks.push(Hunk::default());
        }
        let hunk = hunks.last_mut().expect("one was pushed");
        hunk.take(line).map_err(|()| unexpected(index, line))?;
    }
    hunks.retain(|hunk| !hunk.old.is_empty() || !hunk.new.is_empty());
    Ok(hunks)
}

fn begins_operation(line: &str) -> bool {
    line.trim() == END
        || [ADD, DELETE, UPDATE]
            .iter()
            .any(|prefix| line.starts_with(prefix))
}

fn unexpected(index: usize, line: &str) -> PatchError {
    let text = line.chars().take(120).collect();
    let line = index + 1;
    PatchError::Unexpected { line, text }
}

impl Hunk {
    fn take(&mut self, line: &str) -> Result<(), ()> {
        if line == END_OF_FILE {
            self.at_end = true;
            return Ok(());
        }
        if self.at_end {
            return Err(());
        }
        if let Some(line) = line.strip_prefix('+') {
            self.new.push(line.to_owned());
        } else if let Some(line) = line.strip_prefix('-') {
            self.old.push(line.to_owned());
        } else if let Some(line) = line.strip_prefix(' ') {
            self.both(line);
        } else if line.is_empty() {
            // Editors and models strip the blank before an empty line.
            self.both("");
        } else {
            return Err(());
        }
        Ok(())
    }

    fn both(&mut self, line: &str) {
        self.old.push(line.to_owned());
        self.new.push(line.to_owned());
    }
}

/// A file's text after the hunks, in their order.
pub(super) fn apply(path: &str, text: &str, hunks: &[Hunk]) -> Result<String, PatchError> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut cursor = 0;
    for hunk in hunks {
        let (at, replaced) = place(path, &lines, cursor, hunk)?;
        let new = hunk.new.iter().cloned();
        lines.splice(at..at + replaced, new);
        cursor = at + hunk.new.len();
    }
    let mut text = lines.join(ending);
    if !lines.is_empty() {
        text.push_str(ending);
    }
    Ok(text)
}

/// Where a hunk goes, and how many lines it replaces there.
fn place(
    path: &str,
    lines: &[String],
    cursor: usize,
    hunk: &Hunk,
) -> Result<(usize, usize), PatchError> {
    let mut from = cursor;
    if let Some(context) = &hunk.context {
        let found = seek(lines, std::slice::from_ref(context), from, false);
        let missing = || PatchError::ContextMissing {
            path: path.to_owned(),
            context: context.clone(),
        };
        from = found.ok_or_else(missing)? + 1;
    }
    if hunk.old.is_empty() {
        let after_context = hunk.context.is_some() && !hunk.at_end;
        let at = if after_context { from } else { lines.len() };
        return Ok((at, 0));
    }
    let found = seek(lines, &hunk.old, from, hunk.at_end);
    let missing = || PatchError::LinesMissing {
        path: path.to_owned(),
        lines: hunk.old.join("\n"),
    };
    Ok((found.ok_or_else(missing)?, hunk.old.len()))
}

/// The first place of some lines: exactly as they are, or but for blanks at their ends, or around them.
fn seek(lines: &[String], wanted: &[String], from: usize, at_end: bool) -> Option<usize> {
    let last = lines.len().checked_sub(wanted.len())?;
    let first = if at_end { last } else { from };
    if first < from {
        return None;
    }
    let exact: fn(&str) -> &str = |line| line;
    let views = [exact, str::trim_end, str::trim];
    views.iter().find_map(|view| {
        (first..=last).find(|&at| {
            let there = lines[at..].iter().map(|line| view(line));
            wanted
                .iter()
                .map(|line| view(line))
                .eq(there.take(wanted.len()))
        })
    })
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
