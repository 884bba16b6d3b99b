//! CMake: what it is told of the programs that it runs, and its own small commands.

use super::super::tasks::assignment;
use super::*;
use crate::programs::lookup;
use crate::programs::reader::shown_word;

/// What ends the name of a setting that names a program.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    "_COMPILER", "_LAUNCHER", "_LINKER", "_AR", "_RANLIB", "_STRIP", "_NM", "_OBJCOPY", "_OBJDUMP", "_EMULATOR", "_MAKE_PROGRAM", "_CLANG_TIDY",
    "_CPPCHECK", "_CPPLINT", "_INCLUDE_WHAT_YOU_USE", "_LINK_WHAT_YOU_USE", "_EXECUTABLE", "_RULE_LAUNCH_COMPILE", "_RULE_LAUNCH_LINK",
    "_RC_COMPILER", "_COMMAND", "_PROGRAM",
];

/// What a setting that names a file or a folder of more settings holds.
const LOADED: &[&str] = &[
    "TOOLCHAIN_FILE",
    "_INCLUDE",
    "MODULE_PATH",
    "CMAKE_PROJECT_",
];

/// Programs that are such and nothing else.
#[rustfmt::skip]
const KNOWN: &[&str] = &["ccache", "sccache", "ninja", "make", "gmake", "clang-tidy", "cppcheck", "cpplint", "lld", "mold", "python3", "python"];

/// `-D NAME=VALUE`, and what comes after `--` for the program that builds.
fn configures(reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    let mut for_the_builder = false;
    for (at, word) in argv.iter().enumerate().skip(1) {
        let text = shown_word(word);
        if for_the_builder {
            builds(&text, reader);
        } else if text == "--" {
            for_the_builder = true;
        } else if text == "-D" {
            let next = argv.get(at + 1).map(shown_word).unwrap_or_default();
            setting(&next, reader);
        } else if let Some(setting_of) = text.strip_prefix("-D") {
            setting(setting_of, reader);
        }
    }
}

fn builds(text: &str, reader: &mut Reader<'_>) {
    if text.contains('=') && !text.starts_with('-') {
        return assignment(text, reader);
    }
    let loads = [
        "--eval",
        "-E",
        "-f",
        "--file",
        "--makefile",
        "-I",
        "--include-dir",
    ];
    if loads.iter().any(|name| text.starts_with(name)) {
        reader.ask("loads-code", "It runs rules that are given in an argument.");
    }
}

/// `NAME:TYPE=VALUE`
fn setting(text: &str, reader: &mut Reader<'_>) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let name = name.split(':').next().unwrap_or(name).to_ascii_uppercase();
    if value.is_empty() {
        return;
    }
    let value_word = Word::from(value);
    if LOADED.iter().any(|part| name.contains(part)) {
        return loading::loads(&value_word, reader);
    }
    if PROGRAMS.iter().any(|end| name.ends_with(end)) {
        for program in value.split(';').filter(|part| !part.starts_with('-')) {
            // Another project's setting, and a program of the system by its name.
            let plain = !name.starts_with("CMAKE_") && !program.contains('/');
            if !plain && !is_a_compiler(program) {
                return reader.deny(
                    "helper-program",
                    "It runs a program that is named by an option.",
                );
            }
        }
        return;
    }
    if name != "CMAKE_INSTALL_PREFIX" && (name.contains("OUTPUT") || name.contains("DESTDIR")) {
        careful(&[value_word], reader);
    }
}

/// `gcc`, `/usr/bin/clang++-17`: of the system, by its name or where it lies.
fn is_a_compiler(program: &str) -> bool {
    let folders = [
        "/usr/bin/",
        "/bin/",
        "/usr/local/bin/",
        "/opt/homebrew/bin/",
    ];
    let name = folders
        .iter()
        .find_map(|folder| program.strip_prefix(folder))
        .unwrap_or(program);
    if name.contains('/') {
        return false;
    }
    let compiles = |name: &str| {
        lookup::find(name).is_some_and(|entry| entry.is("gcc")) || KNOWN.contains(&name)
    };
    compiles(name)
        || name
            .rsplit_once('-')
            .is_some_and(|(_, last)| compiles(last))
}

/// `cmake -E rm -rf x` is `rm`; `cmake -E env A=b tool` runs a tool.
pub(super) fn cmake(parsed: &Parsed, reader: &mut Reader<'_>) {
    if !parsed.has("-E") {
        return configures(reader);
    }
    let rest = parsed.operands.get(1..).unwrap_or(&[]);
    match parsed.operand(0).unwrap_or("…") {
        "rm" => reader.again("rm", rest),
        "remove" | "remove_directory" => {
            let mut args = vec![Word::from("-rf")];
            args.extend_from_slice(rest);
            reader.again("rm", &args);
        }
        "copy" | "copy_if_different" | "copy_directory" | "copy_directory_if_different" => {
            reader.again("cp", rest)
        }
        "rename" => reader.again("mv", rest),
        "touch" | "touch_nocreate" => reader.again("touch", rest),
        "make_directory" => reader.again("mkdir", rest),
        "cat" => reader.again("cat", rest),
        "tar" => reader.again("tar", rest),
        "create_symlink" => {
            let mut args = vec![Word::from("-s")];
            args.extend_from_slice(rest);
            reader.again("ln", &args);
        }
        "create_hardlink" => reader.again("ln", rest),
        "env" => reader.again("env", rest),
        "time" => reader.run(rest),
        "chdir" => reader.run(rest.get(1..).unwrap_or(&[])),
        "echo" | "echo_append" | "capabilities" | "compare_files" | "md5sum" | "sha1sum"
        | "sha256sum" | "sleep" | "true" | "false" => {}
        other => {
            let text = format!("cmake -E {} is not known.", shown_word(&Word::from(other)));
            reader.find(Verdict::Ask, "unknown-subcommand", text);
        }
    }
}
