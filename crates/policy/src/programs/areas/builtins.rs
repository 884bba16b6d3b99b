//! What shells have built in. The caller follows those that change its state; here is what remains of them.

use crate::effect::EffectKind;
use crate::programs::options::{Parsed, without};
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, Operands, PRINTS, Program, flag, flags, program, value,
};
use crate::programs::{Args, Runs, variables};
use crate::word::{Piece, Word};

const HISTORY: Act = Act::Deny(
    "erase-evidence",
    "It erases or rewrites the record of the commands that were run.",
);

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("echo printf").grammar(Grammar::Plain).io(PRINTS),
    program("print").io(PRINTS),
    program("test [ [[").grammar(Grammar::Plain),
    program(
        "true false : pwd times umask wait fg bg shift return exit logout break continue getopts let dirs cd chdir pushd popd \
         local readonly integer float rehash disown suspend shopt setopt unsetopt sleep usleep caller \
         zmodload whence colors builtin-help complete compopt",
    )
    .grammar(Grammar::Plain),
    program("yes seq").grammar(Grammar::Plain).io(PRINTS),
    program("jobs").grammar(Grammar::Plain).also(jobs),
    program("compgen").grammar(Grammar::Plain).also(compgen),
    program("hash").grammar(Grammar::Plain).also(hash),
    program("read mapfile readarray").grammar(Grammar::Plain),
    program("type help").grammar(Grammar::Plain),
    program("export declare typeset").grammar(Grammar::Plain).also(assignments),
    program("unset").grammar(Grammar::Plain).also(unset),
    program("set").grammar(Grammar::Plain).also(set),
    program("ulimit").grammar(Grammar::Plain),
    program("history").options(&[flag("-c -d -w -a -r -n", HISTORY), flags("-p -s")]),
    program("fc").strict().options(&[flags("-l -n -r")]),
    program("alias unalias").grammar(Grammar::Plain).also(alias),
    program("bind enable").grammar(Grammar::Plain).asks(
        EffectKind::Environment,
        "shell-state",
        "changes what the shell itself does",
    ).also(enable),
    program("eval").grammar(Grammar::Plain).also(eval),
    program("source .").grammar(Grammar::Stops).also(source),
    program("trap").grammar(Grammar::Plain).also(trap),
    program("command").grammar(Grammar::Stops).options(&[flags("-p"), flags("-v -V")]).also(command),
    program("builtin noglob nocorrect -").grammar(Grammar::Stops).operands(Operands::Command(0)),
    program("exec").grammar(Grammar::Stops).strict().options(&[flags("-c -l"), value("-a", Act::Nothing)]).operands(Operands::Command(0)),
    program("coproc time").grammar(Grammar::Stops).options(&[flags("-p -v -l -h --verbose --portability -a --append --quiet -q"), value("-f --format", Act::Nothing), value("-o --output", crate::programs::table::WRITE)]).operands(Operands::Command(0)),
];

/// `jobs -x` runs a command.
fn jobs(parsed: &Parsed, reader: &mut Reader<'_>) {
    let at = parsed
        .operands
        .iter()
        .position(|word| word.known() == Some("-x"));
    if let Some(at) = at {
        reader.run(&parsed.operands[at + 1..]);
    }
}

/// What completes words: a command, a function, a text that is expanded as the shell would.
fn compgen(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut words = parsed.operands.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.prefix().strip_prefix('-') else {
            continue;
        };
        let Some((at, letter)) = letters
            .char_indices()
            .find(|(_, c)| "CFWAGPSXo".contains(*c))
        else {
            continue;
        };
        let value = match without(word, at + 2) {
            Word::Known(rest) if rest.is_empty() => words.next().cloned(),
            rest => Some(rest),
        };
        match (letter, value) {
            ('C', Some(text)) => reader.shell(text),
            ('F', Some(function)) => reader.run(&[function]),
            ('W', Some(text)) => reader.shell(joined(&[Word::from("echo"), text])),
            _ => {}
        }
    }
}

/// `hash -p FILE NAME`: which program a name is from now on, as `PATH` would decide it.
fn hash(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        let names = text.starts_with('-') && text.contains('p') || text.contains('=');
        if names {
            return reader.deny(
                "poisoned-path",
                "It decides which program a name is from now on.",
            );
        }
        if word.known().is_none() {
            reader.ask(
                "shell-state",
                "It may decide which program a name is from now on.",
            );
        }
    }
}

/// `enable -f FILE NAME` loads a library into the shell.
fn enable(parsed: &Parsed, reader: &mut Reader<'_>) {
    let name = reader.invocation.argv[0].prefix();
    let loads = parsed.operands.iter().any(|word| {
        let text = word.prefix();
        text.starts_with('-') && text.contains('f')
    });
    if name == "enable" && loads {
        reader.deny("loads-library", "It loads a library into the shell itself.");
    }
}

/// `declare -p NAME` prints a variable as it would be written.
fn prints_named(parsed: &Parsed, reader: &mut Reader<'_>) {
    let is_option = |word: &&Word| word.prefix().starts_with('-');
    let mut options = parsed.operands.iter().filter(is_option);
    if !options.any(|word| word.prefix().contains('p')) {
        return;
    }
    for word in parsed.operands.iter().filter(|word| !is_option(word)) {
        match word.known() {
            Some(name) if !variables::is_secret(name) => {}
            Some(_) => {
                reader.out.io.emits_secret = true;
                reader.deny(
                    "print-credential",
                    "It prints a credential of the environment.",
                );
            }
            None => reader.ask(
                "print-environment",
                "Which variable it prints is only known when it runs.",
            ),
        }
    }
}

/// Without names, `set`, `export` and `declare` print every variable.
fn prints_all(parsed: &Parsed, reader: &mut Reader<'_>) {
    let none = parsed
        .operands
        .iter()
        .all(|word| matches!(word.known(), Some("-p" | "-x" | "-px" | "-xp" | "-g")));
    if none {
        reader.out.io.emits_secret = true;
        reader.ask(
            "print-environment",
            "It prints every variable, credentials among them.",
        );
    }
}

fn assignments(parsed: &Parsed, reader: &mut Reader<'_>) {
    prints_all(parsed, reader);
    prints_named(parsed, reader);
    for word in &parsed.operands {
        let Some((name, value)) = variables::split(word) else {
            continue;
        };
        variables::judge(&name, &value, reader);
    }
}

fn unset(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed
        .operands
        .iter()
        .any(|word| word.known().is_some_and(|name| name.starts_with("HIST")))
    {
        reader.deny(
            "erase-evidence",
            "It stops the record of the commands that are run.",
        );
    }
}

fn set(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.operands.is_empty() {
        prints_all(parsed, reader);
    }
    for pair in parsed.operands.windows(2) {
        if pair[0].known() == Some("+o") && pair[1].known() == Some("history") {
            reader.deny(
                "erase-evidence",
                "It stops the record of the commands that are run.",
            );
        }
    }
}

/// An alias is what a later command means: its text is read as the command it becomes.
fn alias(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        if let Some((_, value)) = variables::split(word) {
            reader.ask("shell-state", "It changes what a later command means.");
            reader.shell(value);
        }
    }
}

fn eval(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words = match parsed.operands.first().and_then(Word::known) {
        Some("--") => &parsed.operands[1..],
        _ => &parsed.operands[..],
    };
    if !words.is_empty() {
        reader.shell(joined(words));
    }
}

/// The words with blanks between them, as one word.
pub(crate) fn joined(words: &[Word]) -> Word {
    if let Some(known) = words.iter().map(Word::known).collect::<Option<Vec<_>>>() {
        return Word::Known(known.join(" "));
    }
    let mut pieces = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            pieces.push(Piece::Text(" ".to_owned()));
        }
        match word {
            Word::Known(text) => pieces.push(Piece::Text(text.clone())),
            Word::Partial(parts) => pieces.extend(parts.iter().cloned()),
            Word::Unknown(why) => pieces.push(Piece::Unknown(why.clone())),
        }
    }
    Word::Partial(pieces)
}

fn source(parsed: &Parsed, reader: &mut Reader<'_>) {
    if let Some(path) = parsed.operands.first() {
        reader.ask("source-file", "It runs a file in the shell itself.");
        reader.file(path);
    }
}

fn trap(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words = match parsed.operands.first().and_then(Word::known) {
        Some("--") => &parsed.operands[1..],
        Some("-l" | "-p" | "-" | "") => return,
        _ => &parsed.operands[..],
    };
    if let [text, _, ..] = words {
        reader.shell(text.clone());
    }
}

fn command(parsed: &Parsed, reader: &mut Reader<'_>) {
    if !parsed.has("-v") {
        reader.run(&parsed.operands);
    }
}

/// What runs its input when it is given nothing else to run.
pub(crate) fn runs_input(reader: &mut Reader<'_>, dialect: crate::world::Dialect) {
    runs_input_with(reader, dialect, Args::default());
}

pub(crate) fn runs_input_with(reader: &mut Reader<'_>, dialect: crate::world::Dialect, args: Args) {
    reader.out.io.runs_input = true;
    reader.out.runs.push(Runs::Input { dialect, args });
}
