//! The table, read as sentences. A small splitter stands in for the shell: quotes, pipes and lists, nothing else.

mod areas;
mod corpus;
mod denied;
mod properties;

use super::{Invocation, Reading, Runs, Stdin, foreign, read};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};
use crate::world::{Dialect, NoFiles, Taint, World};

pub(super) fn world() -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: "/home/dev/project".to_owned(),
        workspace: "/home/dev/project".to_owned(),
        home: "/home/dev".to_owned(),
        user: "dev".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: Default::default(),
        protected: vec!["/home/dev/.local/share/gatehouse".to_owned()],
        own_ports: vec![18789],
        ignore_case: false,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

/// Stands for an unquoted `*`.
const PATTERN: char = '\u{1}';

fn patterned(text: String) -> Word {
    let Some(at) = text.find(PATTERN) else {
        return Word::Known(text);
    };
    let mut pieces = Vec::new();
    if at > 0 {
        pieces.push(Piece::Text(text[..at].to_owned()));
    }
    pieces.push(Piece::Pattern(text[at..].replace(PATTERN, "*")));
    Word::Partial(pieces)
}

/// Splits a line into commands of words, as far as these tests need it.
pub(super) fn split(line: &str) -> Vec<Vec<Word>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let text = word.get_or_insert_default();
                text.extend(chars.by_ref().take_while(|&c| c != '\''));
            }
            '"' => {
                let text = word.get_or_insert_default();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => text.extend(chars.next()),
                        c => text.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '~' if word.is_none() => word = Some("/home/dev".to_owned()),
            ' ' | '\n' | '\t' | '|' | ';' | '&' => {
                let last = commands.len() - 1;
                commands[last].extend(word.take().map(patterned));
                if c != ' ' && c != '\t' {
                    commands.push(Vec::new());
                }
            }
            c => word
                .get_or_insert_default()
                .push(if c == '*' { PATTERN } else { c }),
        }
    }
    let last = commands.len() - 1;
    commands[last].extend(word.map(patterned));
    commands.retain(|command| !command.is_empty());
    commands
}

/// The verdict on a command and all that it runs.
pub(super) fn judge(
    argv: &[Word],
    world: &World<'_>,
    depth: u32,
    notes: &mut Vec<String>,
) -> Verdict {
    if depth > 6 {
        return Verdict::Ask;
    }
    let reading = read(
        &Invocation {
            argv: argv.to_vec(),
            cwd: Some(world.cwd.clone()),
            stdin: Stdin::Inherited,
        },
        world,
    );
    of_reading(&reading, world, depth, notes)
}

fn of_reading(
    reading: &Reading,
    world: &World<'_>,
    depth: u32,
    notes: &mut Vec<String>,
) -> Verdict {
    let mut verdict = if reading.known {
        Verdict::Allow
    } else {
        Verdict::Ask
    };
    for finding in &reading.findings {
        notes.push(format!(
            "{:?} {} {}",
            finding.verdict, finding.code, finding.text
        ));
        verdict = verdict.max(finding.verdict);
    }
    for runs in &reading.runs {
        verdict = verdict.max(match runs {
            Runs::Command { argv, .. } => judge(argv, world, depth + 1, notes),
            Runs::Script {
                text,
                dialect: Dialect::Posix,
                ..
            } => match text.known() {
                Some(text) => line(text, world, depth + 1, notes),
                None => Verdict::Ask,
            },
            Runs::Script { text, dialect, .. } => match text.known() {
                Some(text) => of_reading(
                    &foreign::read(text, *dialect, world),
                    world,
                    depth + 1,
                    notes,
                ),
                None => Verdict::Ask,
            },
            Runs::Input { .. } | Runs::File { .. } | Runs::Code { .. } => Verdict::Allow,
        });
    }
    verdict
}

pub(super) fn line(text: &str, world: &World<'_>, depth: u32, notes: &mut Vec<String>) -> Verdict {
    split(text)
        .iter()
        .map(|argv| judge(argv, world, depth, notes))
        .max()
        .unwrap_or_default()
}

/// Checks that each line gets the verdict.
pub(super) fn check(verdict: Verdict, lines: &[&str]) {
    let world = world();
    let mut wrong = Vec::new();
    for text in lines {
        let mut notes = Vec::new();
        let got = line(text, &world, 0, &mut notes);
        if got != verdict {
            wrong.push(format!(
                "{text}\n    is {got:?}, not {verdict:?}: {notes:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
