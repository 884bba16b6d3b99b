//! PowerShell and cmd: cut into commands by rules of their own, held against a table of what is denied and a short
//! list of what only reads. Everything else asks.

mod base64;
mod cut;
mod judge;
mod names;

mod inner;

use super::reader::{Reader, shown_word};
use super::{Invocation, Reading, Runs, Stdin};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::verdict::{Finding, Verdict};
use crate::word::{Piece, Word};
use crate::world::{Dialect, World};
use cut::{Command, cut};
pub(crate) use inner::is_name;
pub(super) use inner::{by_name, cmd_line, powershell_line};
use inner::{inner_cmd, inner_powershell};

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
    let name = names::full(command.name());
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
    if !is_plain_read(command, name, dialect, world) {
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
    let argv: Vec<Word> = command
        .words
        .iter()
        .map(|word| Word::from(word.text.as_str()))
        .collect();
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
    ) || argv.is_empty()
    {
        return false;
    }
    let invocation = Invocation {
        argv,
        cwd: Some(world.cwd.clone()),
        stdin: Stdin::Inherited,
    };
    let reading = super::read(&invocation, world);
    let reads = |effect: &Effect| matches!(effect.kind, EffectKind::Read | EffectKind::List);
    reading.known
        && reading.findings.is_empty()
        && reading.runs.is_empty()
        && reading.effects.iter().all(reads)
}

/// What commands do only together: download and run, decode and run.
fn together(text: &str, commands: &[Command], out: &mut Reading) {
    let has = |names: &[&str]| {
        commands
            .iter()
            .any(|command| names.contains(&names::full(command.name())))
    };
    let any = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let fetches = has(&[
        "invoke-webrequest",
        "invoke-restmethod",
        "start-bitstransfer",
        "bitsadmin",
        "certutil",
    ]) || any(&[
        "downloadstring",
        "downloadfile",
        "downloaddata",
        "net.webclient",
        "httpclient",
        "openread(",
    ]);
    let evaluates = has(&["invoke-expression", "add-type"])
        || any(&[
            "[scriptblock]::create",
            ".invoke()",
            "invokescript",
            "executioncontext",
            "invoke-expression",
            "iex ",
            "iex(",
            "|iex",
        ]);
    let starts = has(&["start-process", "invoke-item", "start-job"])
        || commands.iter().any(|command| {
            command.called
                || command.name().starts_with(".\\")
                || command.name().starts_with("./")
                || command.name().ends_with(".ps1")
                || command.name().ends_with(".bat")
                || command.name().ends_with(".exe")
                    && command.name().contains(['\\', '/', '$', '%'])
        });
    let shells = commands.iter().any(|command| {
        command.piped
            && matches!(
                names::full(command.name()),
                "powershell" | "pwsh" | "cmd" | "sh" | "bash" | "python" | "node"
            )
    });
    let decodes = any(&[
        "frombase64string",
        "convert]::from",
        "gzipstream",
        "deflatestream",
        "-join",
        "[char]",
        "-bxor",
        "tobase64off",
        "replace(",
        "-replace",
        "-split",
        "reverse(",
    ]);
    if fetches && (evaluates || shells || starts) {
        find(
            out,
            Verdict::Deny,
            "download-run",
            "It runs what it downloads.",
        );
    }
    if decodes && (evaluates || shells) {
        find(
            out,
            Verdict::Deny,
            "decode-run",
            "It decodes a text and runs it, and nobody saw what it is.",
        );
    }
    if any(&["-f'", "-f \"", "-f '"])
        && text.contains("{0}")
        && (evaluates || commands.iter().any(|command| command.called))
    {
        find(
            out,
            Verdict::Deny,
            "obfuscated-command",
            "It hides the name of what it runs.",
        );
    }
    if any(&[":~", "%comspec:"]) && text.contains('%') {
        find(
            out,
            Verdict::Ask,
            "obfuscated-command",
            "It puts a command together from pieces of variables.",
        );
    }
    if fetches {
        out.io.emits_network = true;
        find(
            out,
            Verdict::Ask,
            "network",
            "It connects to another machine.",
        );
    }
    let lists_all = commands.iter().any(|command| {
        matches!(names::full(command.name()), "get-childitem" | "get-item")
            && command.args().any(names::is_critical)
    });
    let deletes_it = commands
        .iter()
        .any(|command| command.piped && names::full(command.name()) == "remove-item");
    if lists_all && deletes_it {
        find(
            out,
            Verdict::Deny,
            "delete-system",
            "It deletes a whole folder of a person or of the system.",
        );
    }
    metadata(text, out);
}

fn metadata(text: &str, out: &mut Reading) {
    for part in text.split("://").skip(1) {
        let host = part
            .split(['/', '\'', '"', ' ', ')', ':'])
            .next()
            .unwrap_or("");
        if crate::place::host_class(host) == crate::place::HostClass::Metadata {
            find(
                out,
                Verdict::Deny,
                "metadata-address",
                "It asks the cloud's metadata service, which hands out this machine's credentials.",
            );
        }
    }
}
