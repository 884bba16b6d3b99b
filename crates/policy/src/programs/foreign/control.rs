//! Words of cmd that hold other commands, and programs that hand a line to another shell.

use super::cut::{Command, Word};
use super::{Dialect, Reading, Runs, line};
use crate::programs::Args;
use crate::word::Word as Known;
use crate::world::World;

/// What a loop goes through is followed so far.
const MOST_ROUNDS: usize = 16;

/// Words as they would be written in a line.
fn written(words: &[Word]) -> String {
    let one = |word: &Word| match word.quoted {
        true => format!("\"{}\"", word.raw),
        false => word.raw.clone(),
    };
    words.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The command that a word of cmd holds: after the condition of `if`, after `do` and `else`, after the options of
/// `start`. None where the word is none of these.
pub(super) fn held(command: &Command) -> Option<String> {
    let words = &command.words;
    let after = match command.name() {
        "if" => condition(words),
        "do" | "else" => 1,
        "start" => options(words),
        _ => return None,
    };
    Some(rest(command, after))
}

/// A command from one of its words on, with what it writes to.
fn rest(command: &Command, after: usize) -> String {
    let mut text = written(command.words.get(after..).unwrap_or_default());
    for file in &command.writes {
        text.push_str(&format!(" > \"{file}\""));
    }
    text
}

/// Where the command stands that `if` holds.
fn condition(words: &[Word]) -> usize {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut at = 1;
    while matches!(text(at), "/i" | "not") {
        at += 1;
    }
    if matches!(
        text(at),
        "exist" | "defined" | "errorlevel" | "cmdextversion"
    ) {
        return at + 2;
    }
    let compares =
        |text: &str| matches!(text, "==" | "equ" | "neq" | "lss" | "leq" | "gtr" | "geq");
    match text(at) {
        one if one.ends_with("==") => at + 2,
        one if one.contains("==") => at + 1,
        _ if compares(text(at + 1)) => at + 3,
        _ if text(at + 1).starts_with("==") => at + 2,
        _ => at + 1,
    }
}

/// Where the command stands that `start` is given: after a title and its switches.
fn options(words: &[Word]) -> usize {
    let mut at = 1 + usize::from(words.get(1).is_some_and(|word| word.quoted));
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('/')) {
        let valued = matches!(
            word.text.as_str(),
            "/d" | "/affinity" | "/node" | "/machine"
        );
        at += 1 + usize::from(valued);
    }
    at
}

/// `for %f in (SET) do COMMAND`: the command, once for each of the set.
pub(super) fn loops(commands: &[Command], world: &World<'_>, out: &mut Reading, depth: u32) {
    for (at, command) in commands.iter().enumerate() {
        if command.name() != "for" {
            continue;
        }
        let variable = command.args().find(|word| word.starts_with('%'));
        let (Some(variable), Some(set)) = (variable, commands.get(at + 1)) else {
            continue;
        };
        if command.args().any(|word| word == "/f") {
            let text = written(&set.words);
            line(
                text.trim_matches(['\'', '`']),
                Dialect::Cmd,
                world,
                out,
                depth + 1,
            );
        }
        let bodies = commands[at + 1..].iter().filter(|one| one.name() == "do");
        let Some(body) = bodies.into_iter().next() else {
            continue;
        };
        let text = rest(body, 1).to_lowercase();
        for item in set.words.iter().take(MOST_ROUNDS) {
            let text = text.replace(variable, &item.raw);
            line(&text, Dialect::Cmd, world, out, depth + 1);
        }
    }
}

/// A line of cmd with the values in it that it sets itself; none where it sets none of them.
pub(super) fn with_values(text: &str, commands: &[Command]) -> Option<String> {
    let lower = text.to_lowercase();
    let mut all = lower.clone();
    for command in commands.iter().filter(|command| command.name() == "set") {
        let words: Vec<&str> = command.args().collect();
        let set = words.join(" ").split_once('=').map(owned);
        // What is put together of other values is not followed.
        let Some((name, value)) = set.filter(|(_, value)| !value.contains(['%', '!'])) else {
            continue;
        };
        for mark in ['%', '!'] {
            all = all.replace(&format!("{mark}{name}{mark}"), &value);
        }
    }
    (all != lower).then_some(all)
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.trim().to_owned(), value.trim().to_owned())
}

/// `wsl COMMAND`, `bash -c LINE`: what a shell of the other kind is handed.
pub(super) fn posix(command: &Command, name: &str, out: &mut Reading) {
    let words = match name {
        "wsl" => {
            let at = options_of_wsl(&command.words);
            command.words.get(at..).unwrap_or_default()
        }
        "bash" | "sh" | "zsh" | "dash" => &command.words[..],
        _ => return,
    };
    if words.is_empty() {
        return;
    }
    let one = |word: &Word| match word.quoted {
        true => format!("'{}'", word.raw.replace('\'', "'\\''")),
        false => word.raw.clone(),
    };
    let text = words.iter().map(one).collect::<Vec<_>>().join(" ");
    out.runs.push(Runs::Script {
        text: Known::Known(text),
        dialect: Dialect::Posix,
        elsewhere: false,
        args: Args::default(),
    });
}

fn options_of_wsl(words: &[Word]) -> usize {
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
        let valued = matches!(
            word.text.as_str(),
            "-d" | "--distribution" | "-u" | "--user" | "--cd" | "--shell-type"
        );
        at += 1 + usize::from(valued);
    }
    at
}
