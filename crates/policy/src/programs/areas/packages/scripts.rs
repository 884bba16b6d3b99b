//! Tasks and tools that a manifest of the project names.

use super::*;
use crate::programs::code::{self, Language};

/// The manifest that a task is named in.
pub(super) fn manifest(reader: &Reader<'_>) -> Option<serde_json::Value> {
    let cwd = reader.cwd()?;
    let text = reader
        .world
        .files
        .text(&format!("{}/package.json", cwd.trim_end_matches('/')))?;
    serde_json::from_str(&text).ok()
}

/// Runs a task of the project by its name. Where the manifest can be read, its text is what is judged.
pub(crate) fn script(reader: &mut Reader<'_>, name: &str, rest: &[Word]) {
    reader.effect(
        EffectKind::Execute,
        Target::Named(name.to_owned()),
        Zone::Workspace,
        format!("runs the project's task {name}"),
    );
    if name.contains('…') {
        return reader.ask(
            "unknown-task",
            "Which task it runs is only known when it runs.",
        );
    }
    super::super::builds::careful(rest, reader);
    for found in reader.invocation.argv.iter() {
        let text = found.prefix();
        if text.starts_with("--script-sh") || text.starts_with("--node-opt") {
            reader.deny(
                "helper-program",
                "It runs scripts with another program than the shell.",
            );
        }
    }
    let elsewhere = ["--prefix", "-C", "--cwd", "--dir"];
    for pair in reader.invocation.argv.clone().windows(2) {
        let (name, value) = (pair[0].prefix(), &pair[1]);
        if elsewhere.contains(&name) {
            super::super::tasks::elsewhere(value, reader);
        } else if let Some((name, value)) = name.split_once('=')
            && elsewhere.contains(&name)
        {
            super::super::tasks::elsewhere(&Word::from(value), reader);
        }
    }
    if !super::super::files::in_workspace(reader) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
    let risky = [
        "publish",
        "deploy",
        "release",
        "postinstall",
        "preinstall",
        "destroy",
        "eject",
        "nuke",
    ];
    if super::super::outward::is_outward(name)
        || risky
            .iter()
            .any(|word| name.split([':', '-', '_']).any(|part| part == *word))
    {
        reader.ask(
            "task-publishes",
            "The task's name says that it changes something outside of the workspace.",
        );
    }
    let Some(manifest) = manifest(reader) else {
        return;
    };
    for when in ["pre", "", "post"] {
        if let Some(text) = manifest["scripts"][format!("{when}{name}")].as_str() {
            reader.script(Word::from(text), Dialect::Posix, false);
        }
    }
}

/// Whether a tool of the project is already there, so that nothing is downloaded.
pub(super) fn is_installed(reader: &Reader<'_>, name: &str) -> bool {
    let workspace = reader.world.workspace.trim_end_matches('/');
    let mut folder = reader.cwd().unwrap_or(workspace);
    loop {
        let tools = format!("{}/node_modules/.bin", folder.trim_end_matches('/'));
        let listing = reader.world.files.list(&tools, MOST_TOOLS);
        if listing.entries.iter().any(|entry| entry.name == name) {
            return true;
        }
        // The packages of a workspace share the tools of the folders above.
        match folder.rsplit_once('/') {
            Some((above, _)) if folder != workspace && !above.is_empty() => folder = above,
            _ => return false,
        }
    }
}

/// Tools of one project that are looked through; a large one has about a thousand.
const MOST_TOOLS: usize = 10_000;

pub(super) fn execute(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((tool, rest)) = parsed.operands.split_first() else {
        return;
    };
    let name = shown_word(tool);
    let local = parsed.has("--no-install") || is_installed(reader, &name);
    let program = reader.invocation.argv[0].prefix().to_owned();
    // `yarn exec` and `pnpm exec` run what is installed.
    let exec = matches!(program.as_str(), "pnpm" | "yarn")
        && matches!(
            reader.invocation.argv.get(1).and_then(Word::known),
            Some("exec")
        );
    if parsed.has("-p") || !(local || exec) || name.contains('@') {
        reader.ask(
            "downloaded-tool",
            "It may download code from others and runs it.",
        );
    }
    if exec && rest.is_empty() && name.contains(' ') {
        // One word with blanks in it is a line of a shell.
        reader.shell(tool.clone());
    } else if lookup::find(&name).is_some() {
        let mut argv = vec![tool.clone()];
        argv.extend_from_slice(rest);
        reader.run(&argv);
    } else if !local {
        reader.ask("unknown-tool", "The tool that it runs is not known.");
    } else {
        super::super::outward::by_name(tool, rest, reader);
        super::super::builds::careful(rest, reader);
    }
}

/// A name that is no sub-command is a script of the manifest or a tool of the project.
pub(super) fn own_command(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((first, rest)) = parsed.operands.split_first() else {
        if reader.invocation.argv.len() == 1 {
            reader.ask(
                INSTALL,
                "It installs packages from others, whose scripts run.",
            );
        }
        return;
    };
    let Some(name) = first.known() else {
        return;
    };
    if NPM.iter().any(|sub| sub.is(name)) || name == "help" {
        return;
    }
    let is_script = manifest(reader).is_some_and(|manifest| manifest["scripts"][name].is_string());
    let common = [
        "build",
        "dev",
        "lint",
        "format",
        "fmt",
        "typecheck",
        "type-check",
        "check",
        "watch",
        "clean",
        "coverage",
        "e2e",
        "serve",
        "preview",
        "ci",
        "compile",
        "generate",
        "storybook",
    ];
    if is_script || common.contains(&name.split(':').next().unwrap_or("")) {
        return script(reader, name, rest);
    }
    match lookup::find(name) {
        Some(_) => reader.run(&parsed.operands),
        None => reader.ask("unknown-tool", "The tool that it runs is not known."),
    }
}

pub(super) fn yarn(parsed: &Parsed, reader: &mut Reader<'_>) {
    if matches!(parsed.operand(0), Some("workspace"))
        && let Some(rest) = parsed.operands.get(2..)
    {
        let mut argv = vec![Word::from("yarn")];
        argv.extend_from_slice(rest);
        return reader.run(&argv);
    }
    // `yarn workspaces foreach -A run build`
    if parsed.operand(0) == Some("workspaces")
        && let Some(at) = parsed
            .operands
            .iter()
            .position(|word| word.known() == Some("run"))
    {
        let mut argv = vec![Word::from("yarn")];
        argv.extend_from_slice(&parsed.operands[at..]);
        return reader.run(&argv);
    }
    if matches!(
        parsed.operand(0),
        Some("workspaces" | "plugin" | "policies" | "global" | "constraints" | "unplug")
    ) {
        return reader.ask(
            "unknown-subcommand",
            "What yarn does here is not known to be harmless.",
        );
    }
    own_command(parsed, reader);
}

pub(super) fn bun(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some("test") => super::super::builds::careful(&parsed.operands[1..], reader),
        Some("run") => match parsed.operand(1) {
            Some("-") => code::input(reader, Language::Node),
            Some(file) if file.contains("://") => {
                reader.ask("remote-code", "It runs code from elsewhere.");
            }
            Some(file) if file.contains(['.', '/']) => {
                reader.file_with(&Word::from(file), &parsed.operands[2..]);
            }
            Some(name) => script(reader, name, &parsed.operands[2..]),
            None => {}
        },
        Some("build") => super::super::builds::careful(&parsed.operands[1..], reader),
        Some("x") => {
            let mut argv = vec![Word::from("bunx")];
            argv.extend_from_slice(&parsed.operands[1..]);
            reader.run(&argv);
        }
        Some("pm" | "outdated" | "why") => {}
        Some(file) if file.contains("://") => {
            reader.ask("remote-code", "It runs code from elsewhere.");
        }
        Some(file) if file.contains('.') => {
            reader.file_with(&Word::from(file), &parsed.operands[1..]);
        }
        Some(name)
            if manifest(reader).is_some_and(|manifest| manifest["scripts"][name].is_string()) =>
        {
            script(reader, name, &parsed.operands[1..])
        }
        None if parsed.any("-e --version -v -h") => {}
        _ => reader.ask(
            INSTALL,
            "It installs packages from others, whose scripts run.",
        ),
    }
}
