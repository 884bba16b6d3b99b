//! PowerShell and cmd: cut into commands by rules of their own, held against a table of what is denied and a short
//! list of what only reads. Everything else asks.

mod base64;
mod control;
mod cut;
mod judge;
mod names;
mod together;

mod inner;

use std::collections::HashSet;

use super::reader::{Reader, shown_word};
use super::{Invocation, Reading, Runs, Stdin};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::verdict::{Finding, Verdict};
use crate::word::{Piece, Word};
use crate::world::{Dialect, World};
use cut::{Command, cut};
pub(super) use inner::{by_name, cmd_line, powershell_line};
pub(crate) use inner::{has_a_path, is_alias, is_name, shows_a_file};
use inner::{inner_cmd, inner_powershell};
use together::together;

/// Lines within lines are read so deep.
const DEEPEST: u32 = 4;

/// Reads a line of PowerShell or of cmd.
pub fn read(text: &str, dialect: Dialect, world: &World<'_>) -> Reading {
    let mut out = Reading {
        known: true,
        ..Reading::default()
    };
    line(text, dialect, world, &mut out, 0);
    out
}

/// What a text is denied for as PowerShell, read from each of some places on. Most commands are the same from all of
/// them, and are looked at once.
pub(crate) fn denied<'a>(texts: impl Iterator<Item = &'a str>, world: &World<'_>) -> Vec<Finding> {
    let mut out = Reading::default();
    let mut seen = HashSet::new();
    for text in texts {
        let commands = cut(text, Dialect::PowerShell);
        together(&text.to_lowercase(), &commands, &mut out);
        for command in commands {
            if !seen.contains(&command) {
                one(&command, Dialect::PowerShell, world, &mut out, 0);
                seen.insert(command);
            }
        }
    }
    out.findings
        .retain(|finding| finding.verdict == Verdict::Deny);
    out.findings
}

fn find(out: &mut Reading, verdict: Verdict, code: &str, text: &str) {
    let known = out
        .findings
        .iter()
        .any(|finding| finding.code == code && finding.verdict >= verdict);
    if !known {
        out.findings.push(Finding {
            verdict,
            code: code.to_owned(),
            span: None,
            text: text.to_owned(),
        });
    }
}

fn line(text: &str, dialect: Dialect, world: &World<'_>, out: &mut Reading, depth: u32) {
    if depth > DEEPEST || text.len() > 64 * 1024 {
        return find(
            out,
            Verdict::Ask,
            "too-nested",
            "Commands are nested deeper than is looked.",
        );
    }
    let commands = cut(text, dialect);
    if dialect == Dialect::Cmd {
        control::loops(&commands, world, out, depth);
        if let Some(text) = control::with_values(text, &commands) {
            line(&text, dialect, world, out, depth + 1);
        }
    }
    for command in &commands {
        one(command, dialect, world, out, depth);
    }
    together(&text.to_lowercase(), &commands, out);
}

/// One command: what is denied, what is run in turn, what only reads.
fn one(command: &Command, dialect: Dialect, world: &World<'_>, out: &mut Reading, depth: u32) {
    for (verdict, code, text) in judge::reasons(command) {
        find(out, verdict, code, text);
    }
    if let (Dialect::Cmd, Some(held)) = (dialect, control::held(command)) {
        if command.name() == "start" {
            find(
                out,
                Verdict::Ask,
                "foreign-command",
                "It starts a program beside this one.",
            );
        }
        return line(&held, dialect, world, out, depth + 1);
    }
    let name = names::full(command.name());
    control::posix(command, name, out);
    out.effects.push(Effect {
        kind: EffectKind::Execute,
        target: Target::Program(name.to_owned()),
        zone: Zone::Unknown,
        secret: false,
        span: None,
        text: format!("runs {name}"),
    });
    match name {
        "powershell" | "pwsh" => return inner_powershell(command, world, out, depth),
        "cmd" => return inner_cmd(command, world, out, depth),
        "invoke-expression" => {
            find(
                out,
                Verdict::Ask,
                "inline-code",
                "It runs a text as a command.",
            );
            for word in command.words.iter().skip(1).filter(|word| word.quoted) {
                line(&word.text, Dialect::PowerShell, world, out, depth + 1);
            }
        }
        "start-process" | "runas" | "start-job" | "invoke-command" | "forfiles" => {
            let rest: Vec<&str> = command
                .args()
                .filter(|arg| !(arg.starts_with('-') || arg.starts_with('/') && arg.len() < 4))
                .collect();
            line(&rest.join(" "), dialect, world, out, depth + 1);
        }
        _ => {}
    }
    if !is_plain_read(command, name, dialect, world) && !runs_task(command, name, world, out, depth)
    {
        find(
            out,
            Verdict::Ask,
            "foreign-command",
            "It is not among the few commands of this shell that are known to be harmless.",
        );
    }
    for file in &command.writes {
        if !matches!(file.as_str(), "nul" | "$null") {
            find(out, Verdict::Ask, "foreign-write", "It writes a file.");
        }
    }
}

/// A command of the short list, with arguments that name nothing outside of the folder that it runs in; or one that
/// the table of programs knows to read only.
fn is_plain_read(command: &Command, name: &str, dialect: Dialect, world: &World<'_>) -> bool {
    let plain = |arg: &str| {
        !arg.contains("..")
            && !arg.contains(':')
            && !arg.contains('$')
            && !arg.contains('%')
            && !arg.contains('~')
            && !(arg.starts_with('\\')
                || arg.starts_with('/') && dialect == Dialect::PowerShell && arg.len() > 1)
            && !arg.contains("::")
            && !arg.contains(".env")
            && !arg.contains("secret")
            && !arg.contains('`')
    };
    if names::READS.contains(&name) {
        return command
            .args()
            .all(|arg| plain(arg) || arg.starts_with('-') && !arg.contains('$'))
            && !command.called
            && command
                .writes
                .iter()
                .all(|file| matches!(file.as_str(), "nul" | "$null"));
    }
    if command.called || !command.args().all(plain) {
        return false;
    }
    if !matches!(
        name,
        "git"
            | "node"
            | "python"
            | "python3"
            | "npm"
            | "cargo"
            | "go"
            | "dotnet"
            | "rustc"
            | "docker"
            | "kubectl"
            | "tsc"
            | "pytest"
            | "jq"
            | "rg"
    ) {
        return false;
    }
    let reading = by_table(command, world);
    let reads = |effect: &Effect| matches!(effect.kind, EffectKind::Read | EffectKind::List);
    reading.known
        && reading.findings.is_empty()
        && reading.runs.is_empty()
        && reading.effects.iter().all(reads)
}

/// What the table of programs says of a command.
fn by_table(command: &Command, world: &World<'_>) -> Reading {
    let words = command.words.iter();
    let invocation = Invocation {
        argv: words.map(|word| Word::from(word.text.as_str())).collect(),
        cwd: Some(world.cwd.clone()),
        stdin: Stdin::Inherited,
    };
    super::read(&invocation, world)
}

/// `npm test`: a task of the project, judged by what it says where that can be read.
fn runs_task(
    command: &Command,
    name: &str,
    world: &World<'_>,
    out: &mut Reading,
    depth: u32,
) -> bool {
    let plain = |arg: &str| !arg.contains(['$', '%', '`', '~', ':']) && !arg.contains("..");
    let tool = matches!(name, "npm" | "pnpm" | "yarn");
    if !tool || command.called || !command.writes.is_empty() || !command.args().all(plain) {
        return false;
    }
    let reading = by_table(command, world);
    let own = |effect: &Effect| match effect.kind {
        EffectKind::Read | EffectKind::List => true,
        EffectKind::Execute => effect.zone == Zone::Workspace,
        _ => false,
    };
    if !reading.known || !reading.findings.is_empty() || !reading.effects.iter().all(own) {
        return false;
    }
    for run in &reading.runs {
        let Runs::Script { text, .. } = run else {
            return false;
        };
        let Some(text) = text.known() else {
            return false;
        };
        // The words of cmd in it are denied where cmd would be; the rest is judged as any script is.
        let mut aside = Reading::default();
        line(text, Dialect::Cmd, world, &mut aside, depth + 1);
        let denied = aside.findings.into_iter();
        out.findings
            .extend(denied.filter(|finding| finding.verdict == Verdict::Deny));
    }
    out.effects.extend(reading.effects);
    out.runs.extend(reading.runs);
    true
}
