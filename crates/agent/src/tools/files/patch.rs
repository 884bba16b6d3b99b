//! The patch format of `apply_patch`: from text to operations. Pure.

use thiserror::Error;

use super::hunk::Hunk;

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
    #[error(
        "{path}: the file has these lines with another indentation than the patch, which does not tell how this new \
         line is indented; write the lines around it as the file has them:\n{line}"
    )]
    IndentUnclear { path: String, line: String },
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
        if line.trim().is_empty() {
            continue;
        }
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
            // Several in a row lead to one place: a class, then what is in it.
            if hunks.last().is_none_or(Hunk::changes_something) {
                hunks.push(Hunk::default());
            }
            let hunk = hunks.last_mut().expect("one was pushed");
            hunk.comes_after(rest.trim_start_matches(' '));
            continue;
        }
        if line.trim().is_empty() && section_ends(lines.clone()) {
            continue;
        }
        if hunks.is_empty() {
            // The first marker may be left out.
            hunks.push(Hunk::default());
        }
        let hunk = hunks.last_mut().expect("one was pushed");
        let taken = if line == END_OF_FILE {
            hunk.is_at_end()
        } else {
            hunk.take(line)
        };
        taken.map_err(|()| unexpected(index, line))?;
    }
    hunks.retain(Hunk::changes_something);
    Ok(hunks)
}

/// Whether only empty lines are left of a section: they set it off from the next one, and are none of the file.
fn section_ends(mut lines: Lines) -> bool {
    let next = lines.find(|(_, line)| !line.trim().is_empty());
    next.is_none_or(|(_, line)| begins_operation(line))
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

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
