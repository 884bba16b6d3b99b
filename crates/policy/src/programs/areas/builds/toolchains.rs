//! Compilers and build programs with habits of their own.

use super::*;
use crate::programs::code::{self, Language};

/// `cargo +nightly build`: the first operand chooses a toolchain.
pub(super) fn toolchain(parsed: &Parsed, reader: &mut Reader<'_>) {
    settings(parsed, reader);
    let Some(first) = parsed.operand(0).filter(|first| first.starts_with('+')) else {
        return;
    };
    reader
        .out
        .findings
        .retain(|finding| finding.code != "unknown-subcommand");
    if first.contains('/') {
        reader.find(
            Verdict::Ask,
            "loads-code",
            "The toolchain is named by a path.",
        );
    }
    let mut argv = vec![Word::from("cargo")];
    argv.extend_from_slice(&parsed.operands[1..]);
    reader.run(&argv);
}

pub(super) fn go_packages(parsed: &Parsed, reader: &mut Reader<'_>) {
    let run = reader
        .invocation
        .argv
        .iter()
        .any(|arg| arg.known() == Some("run"));
    if run && parsed.operands.first().is_some_and(code::is_input) {
        return code::strange_input(reader);
    }
    let packages = parsed.dashes.unwrap_or(parsed.operands.len());
    let (packages, given) = parsed.operands.split_at(packages);
    careful(given, reader);
    for (at, word) in packages.iter().enumerate() {
        let text = word.prefix();
        let first = text.split('/').next().unwrap_or("");
        let remote = text.contains('@')
            || (first.contains('.')
                && !text.starts_with('.')
                && !text.ends_with(".go")
                && !text.contains("..."));
        if remote && (!run || at == 0) {
            reader.find(
                Verdict::Ask,
                "downloaded-tool",
                "It may download code from others and runs it.",
            );
        }
        if run && text.ends_with(".go") && word.known().is_some() {
            reader.file(word);
        } else if run {
            careful(std::slice::from_ref(word), reader);
        }
    }
}

pub(super) fn go_env(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed
        .strange
        .iter()
        .any(|name| name == "-w" || name == "-u")
    {
        reader.ask(
            "persistent-configuration",
            "It changes what later commands do.",
        );
    }
    if parsed.strange.iter().any(|name| name == "-m")
        && reader
            .invocation
            .argv
            .iter()
            .any(|arg| arg.prefix().contains("cache"))
    {
        reader.ask("package-cache", "It deletes downloaded packages.");
    }
}

pub(super) fn jvm(parsed: &Parsed, reader: &mut Reader<'_>, loads: &[&str]) {
    let args = &reader.invocation.argv[1..];
    for word in args {
        let text = word.prefix();
        if loads.iter().any(|name| {
            text == *name
                || text
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('='))
        }) {
            reader.ask("loads-code", "It loads a build from elsewhere.");
        }
        if text.starts_with("-Dexec")
            || text.starts_with("exec:")
            || text.contains("jvmargs")
            || text.starts_with("-Djavaagent")
        {
            reader.find(
                Verdict::Ask,
                "inline-code",
                "It runs what an argument says.",
            );
        }
    }
    for word in &parsed.operands {
        let text = word.prefix().to_ascii_lowercase();
        if [
            "publish",
            "deploy",
            "release",
            "upload",
            "install-",
            "site-deploy",
        ]
        .iter()
        .any(|part| text.contains(part))
        {
            reader.ask("publish", "It publishes what it builds.");
        }
    }
    let args = args.to_vec();
    careful(&args, reader);
}

pub(super) fn dotnet(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some(
            "test" | "build" | "run" | "clean" | "format" | "publish" | "pack" | "msbuild"
            | "vstest" | "list" | "sln" | "new" | "watch" | "help",
        )
        | None => {
            let args: Vec<Word> = parsed.operands.iter().map(switch).collect();
            careful(&args, reader);
        }
        Some("ef")
            if matches!(
                (parsed.operand(1), parsed.operand(2)),
                (
                    Some("migrations"),
                    Some("list" | "has-pending-model-changes")
                ) | (Some("dbcontext"), Some("list" | "info"))
            ) =>
        {
            careful(&parsed.operands, reader);
        }
        Some("add" | "remove" | "restore" | "tool" | "workload" | "nuget" | "package") => {
            reader.ask("package-install", "It installs or publishes packages.")
        }
        Some(file) if file.ends_with(".dll") => {
            let file = Word::from(file);
            reader.file(&file);
        }
        _ => reader.ask(
            "unknown-subcommand",
            "What dotnet does here is not known to be harmless.",
        ),
    }
    if reader.invocation.argv.iter().any(|arg| {
        arg.prefix().starts_with(['-', '/'])
            && arg.prefix()[1..].starts_with("p:")
            && arg.prefix().contains("Event")
            || arg.prefix().contains("Exec")
            || arg.prefix().starts_with("-logger:")
            || arg.prefix().starts_with("/p:PreBuild")
    }) {
        reader.ask("inline-code", "It runs what an argument says.");
    }
}

/// `/p:Configuration=Release`: an option of MSBuild, which is written with a dash as well.
fn switch(word: &Word) -> Word {
    const SWITCHES: &[&str] = &[
        "p",
        "property",
        "t",
        "target",
        "v",
        "verbosity",
        "m",
        "maxcpucount",
        "nologo",
        "restore",
        "bl",
        "clp",
        "nr",
    ];
    let rest = word.known().and_then(|text| text.strip_prefix('/'));
    match rest {
        Some(rest) if SWITCHES.contains(&rest.split(':').next().unwrap_or(rest)) => {
            Word::Known(format!("-{rest}"))
        }
        _ => word.clone(),
    }
}

pub(super) fn swift(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some("build" | "test" | "run" | "format") => careful(&parsed.operands[1..], reader),
        Some("package") => match parsed.operand(1) {
            Some(
                "describe" | "dump-package" | "show-dependencies" | "clean" | "tools-version"
                | "init" | "reset" | "dump-symbol-graph",
            ) => {}
            _ => reader.ask("package-install", "It brings in packages from others."),
        },
        Some(file) if file.ends_with(".swift") => {
            let file = Word::from(file);
            reader.file(&file);
        }
        None if reader.invocation.argv.len() == 2 => {}
        _ => reader.ask("code-input", "It runs code that it is given."),
    }
    let argv = reader.invocation.argv.clone();
    if let Some(at) = argv.iter().position(|arg| arg.known() == Some("-e")) {
        if let Some(text) = argv.get(at + 1) {
            code::read(reader, text, Language::Other);
        }
        reader.ask("inline-code", "It runs code that is given in an argument.");
    }
}
