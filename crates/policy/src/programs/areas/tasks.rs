//! Task runners whose tasks stand in a file of the project: make, just.

use crate::effect::{EffectKind, Target, Zone};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::variables;
use crate::verdict::Verdict;
use crate::word::Word;
use crate::world::Dialect;

/// `make VAR=value target`.
pub(super) fn make(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut targets = Vec::new();
    for word in parsed.values("-E").cloned().collect::<Vec<_>>() {
        let rules = crate::programs::reader::shown_word(&word);
        functions(&rules, reader);
        given_recipes(&rules, reader);
    }
    for word in &parsed.operands {
        match word.known() {
            Some(text) if text.contains('=') => assignment(text, reader),
            Some(text) => targets.push(text.to_owned()),
            None => reader.ask(
                "unknown-task",
                "Which target it makes is only known when it runs.",
            ),
        }
    }
    // Printed and not run: what its name says does not happen.
    let printed = parsed.has("-n");
    if !printed {
        targets.iter().for_each(|target| named(target, reader));
    }
    if !super::files::in_workspace(reader) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
    if let Some(folder) = parsed.value("-C") {
        elsewhere(folder, reader);
    }
    if parsed.has("-f") || parsed.has("-C") {
        return;
    }
    recipes(&targets, printed, reader);
}

/// Whether make runs a line of a recipe that it is to print: one that is marked so, or that calls make again.
fn runs_when_printed(line: &str) -> bool {
    let marks = line.chars().take_while(|c| "@-+ \t".contains(*c));
    marks.into_iter().any(|mark| mark == '+')
        || line.contains("$(MAKE)")
        || line.contains("${MAKE}")
}

/// A project that is not in the workspace: what it builds is not what was trusted.
pub(super) fn elsewhere(path: &Word, reader: &mut Reader<'_>) {
    let zone = path
        .known()
        .and_then(|path| crate::place::locate(path, reader.cwd(), reader.world))
        .map(|place| place.zone);
    if zone != Some(Zone::Workspace) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
}

/// Variables by which the rules that make knows itself, and most that are written, name a program.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "RM", "AS", "CPP", "FC", "PC", "CO", "GET", "LEX", "YACC", "LINT", "MAKEINFO", "TEX", "TEXI2DVI", "WEAVE", "TANGLE", "CWEAVE", "CTANGLE",
    "INSTALL", "MKDIR", "CP", "MV", "LN", "SED", "AWK", "GREP", "FIND", "TAR", "ECHO", "PYTHON", "NODE", "RUBY", "PERL", "GO", "CARGO", "NPM", "DOCKER",
];

pub(super) fn assignment(text: &str, reader: &mut Reader<'_>) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let name = name.trim_end_matches([':', '?', '+', '!']);
    const SHELLS: &[&str] = &[
        "sh",
        "bash",
        "/bin/sh",
        "/bin/bash",
        "/usr/bin/bash",
        "/bin/zsh",
    ];
    if name == "SHELL" && SHELLS.contains(&value) {
        return;
    }
    if matches!(
        name,
        "SHELL" | ".SHELLFLAGS" | "MAKE" | "MAKEFLAGS" | "MAKEFILES"
    ) {
        return reader.find(
            Verdict::Deny,
            "helper-program",
            format!("{name} decides which program runs every recipe."),
        );
    }
    variables::judge(name, &Word::from(value), reader);
    functions(value, reader);
    if PROGRAMS.contains(&name) && value.contains(' ') {
        reader.shell(Word::from(value));
    }
    if value.contains(['`', ';', '|', '&']) || value.contains("$(") || value.contains("$$") {
        reader.find(
            Verdict::Ask,
            "inline-code",
            format!("The value of {name} is a command to whatever uses it."),
        );
    }
    super::builds::careful(
        &[Word::from(
            text.split_once('=').map_or("", |(_, value)| value),
        )],
        reader,
    );
}

/// `$(shell …)` in what make is given runs when it is read.
pub(super) fn functions(text: &str, reader: &mut Reader<'_>) {
    for begin in ["$(shell ", "${shell "] {
        for part in text.split(begin).skip(1) {
            let end = part.rfind([')', '}']).unwrap_or(part.len());
            reader.shell(Word::from(&part[..end]));
        }
    }
}

/// Targets whose name says that they reach outside.
pub(super) fn named(target: &str, reader: &mut Reader<'_>) {
    reader.effect(
        EffectKind::Execute,
        Target::Named(target.to_owned()),
        Zone::Workspace,
        format!("runs the project's task {target}"),
    );
    let parts = [
        "install",
        "uninstall",
        "deploy",
        "publish",
        "release",
        "push",
        "upload",
        "destroy",
        "distclean-all",
        "ship",
        "rollback",
        "db",
        "migrate",
    ];
    let tells = [":status", ":version", "db:schema:dump", "db:structure:dump"];
    if tells.iter().any(|end| target.ends_with(end)) {
        return;
    }
    if target
        .split(['-', '_', ':', '/', '.'])
        .any(|part| parts.contains(&part))
    {
        reader.ask(
            "task-publishes",
            "The task's name says that it changes something outside of the workspace.",
        );
    }
}

/// `just --shell PROGRAM` runs every recipe by it, `just --command COMMAND …` runs that command instead of one.
fn chosen(reader: &mut Reader<'_>) {
    const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "fish", "nu", "pwsh", "cmd.exe"];
    let argv = reader.invocation.argv.clone();
    let after = |name: &str| {
        let at = argv.iter().position(|word| word.known() == Some(name))?;
        argv.get(at + 1..).filter(|rest| !rest.is_empty())
    };
    let joined = argv
        .iter()
        .find_map(|word| word.prefix().strip_prefix("--shell="));
    let shell = joined.or_else(|| after("--shell").map(|rest| rest[0].prefix()));
    if shell.is_some_and(|shell| !SHELLS.contains(&shell)) {
        reader.deny(
            "helper-program",
            "An option decides which program runs every recipe.",
        );
    }
    if let Some(command) = after("--command").or_else(|| after("-c")) {
        match command {
            [line] => reader.shell(line.clone()),
            words => reader.run(words),
        }
    }
}

/// The recipes of rules that stand in an argument: `x: y; command`, and lines that begin with a tab.
fn given_recipes(rules: &str, reader: &mut Reader<'_>) {
    for line in rules.lines() {
        let recipe = match line.strip_prefix('\t') {
            Some(recipe) => Some(recipe),
            None => line
                .split_once(':')
                .and_then(|(_, rest)| rest.split_once(';'))
                .map(|(_, recipe)| recipe),
        };
        if let Some(recipe) = recipe {
            let recipe = recipe.trim_start().trim_start_matches(['@', '-', '+']);
            reader.shell(Word::Known(recipe.replace("$$", "$")));
        }
    }
}

/// Where the makefile can be read, the recipes of what is made are judged.
fn recipes(targets: &[String], printed: bool, reader: &mut Reader<'_>) {
    let Some(cwd) = reader.cwd() else {
        return;
    };
    let text = ["GNUmakefile", "makefile", "Makefile"]
        .iter()
        .find_map(|name| {
            reader
                .world
                .files
                .text(&format!("{}/{name}", cwd.trim_end_matches('/')))
        });
    let Some(text) = text else {
        return;
    };
    let mut wanted: Vec<String> = targets.to_vec();
    if wanted.is_empty() {
        wanted.extend(first_target(&text));
    }
    let mut at = 0;
    while at < wanted.len() && at < 32 {
        let (before, recipe) = rule(&text, &wanted[at]);
        for one in before {
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        for line in recipe {
            if !printed || runs_when_printed(&line) {
                reader.script(Word::Known(as_shell(&line)), Dialect::Posix, false);
            }
        }
        at += 1;
    }
}

fn first_target(text: &str) -> Option<String> {
    text.lines()
        .filter(|line| {
            !line.starts_with(['\t', '#', '.', ' ']) && !line.contains(":=") && !line.contains("?=")
        })
        .find_map(|line| line.split_once(':').map(|(name, _)| name.trim().to_owned()))
}

/// A line of a recipe as a shell reads it.
fn as_shell(line: &str) -> String {
    line.trim_start_matches(['@', '-', '+']).replace("$$", "$")
}

/// What a target needs, and the lines of its recipe as they are written.
fn rule(text: &str, target: &str) -> (Vec<String>, Vec<String>) {
    let mut before = Vec::new();
    let mut recipe = Vec::new();
    let mut inside = false;
    for line in text.replace("\\\n", " ").lines() {
        if let Some(command) = line.strip_prefix('\t') {
            if inside {
                recipe.push(command.to_owned());
            }
            continue;
        }
        inside = line.split_once(':').is_some_and(|(names, rest)| {
            let ours =
                !rest.starts_with('=') && names.split_whitespace().any(|name| name == target);
            if ours {
                // `all: dep; command`
                let (needs, command) = rest.split_once(';').unwrap_or((rest, ""));
                before.extend(
                    needs
                        .trim_start_matches(':')
                        .split_whitespace()
                        .map(str::to_owned),
                );
                if !command.trim().is_empty() {
                    recipe.push(command.trim_start().to_owned());
                }
            }
            ours
        });
    }
    (before, recipe)
}

/// Whether a runner of tasks is told to print what it would do. Behind a task's name an option is the task's own.
fn only_prints(reader: &Reader<'_>) -> bool {
    let options: &[&str] = match crate::place::name(reader.invocation.argv[0].prefix()) {
        "just" => &["-n", "--dry-run"],
        "task" | "go-task" => &["-n", "--dry"],
        "rake" => &["-n", "--dry-run"],
        "invoke" | "inv" => &["-R", "--dry"],
        _ => &[],
    };
    let words = reader.invocation.argv[1..].iter().map_while(Word::known);
    words
        .take_while(|word| word.starts_with('-'))
        .any(|word| options.contains(&word))
}

pub(super) fn runner(parsed: &Parsed, reader: &mut Reader<'_>) {
    let printed = only_prints(reader);
    for word in &parsed.operands {
        match word.known() {
            Some(text) if text.contains('=') => assignment(text, reader),
            Some(_) if printed => {}
            Some(text) => named(text, reader),
            None => reader.ask(
                "unknown-task",
                "Which task it runs is only known when it runs.",
            ),
        }
    }
    let loads = [
        "-f",
        "--justfile",
        "--taskfile",
        "-d",
        "--dir",
        "--working-directory",
        "--shell",
        "--shell-arg",
        "-c",
        "--command",
        "--rakefile",
        "-r",
        "--require",
        "-e",
        "--execute",
        "-E",
        "--eval",
        "--global",
        "-g",
    ];
    if reader.invocation.argv[0].prefix() == "just" {
        chosen(reader);
    }
    for name in &parsed.strange {
        if loads.contains(&name.as_str()) {
            reader.ask(
                "loads-code",
                "It runs tasks from elsewhere, or by another shell.",
            );
        }
    }
    if !super::files::in_workspace(reader) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
}
