//! Interpreters of one language each.

use super::super::backups::backups;
use super::*;

/// Packages that only teach node a language or settings of the project.
#[rustfmt::skip]
const REGISTER: &[&str] = &[
    "tsx", "tsx/esm", "tsx/cjs", "ts-node/register", "ts-node/register/transpile-only", "ts-node/esm", "tsconfig-paths/register",
    "esbuild-register", "@swc-node/register", "@swc-node/register/esm-register", "@babel/register", "source-map-support/register",
    "dotenv/config",
];

pub(super) fn node(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut given = false;
    for name in ["-e", "-p"] {
        for text in parsed.values(name) {
            code::read(reader, text, Language::Node);
            given = true;
        }
    }
    let registers = |word: &&Word| word.known().is_none_or(|name| !REGISTER.contains(&name));
    for word in parsed.values("-r").filter(registers) {
        reader.act(LOADS, word);
    }
    let test = parsed.has("--test");
    let check = parsed.has("--check");
    let tells = reader
        .invocation
        .argv
        .iter()
        .any(|arg| matches!(arg.known(), Some("--version" | "--help" | "--v8-options")));
    if let Some(script) = parsed.value("--run") {
        return super::super::packages::script(
            reader,
            script.known().unwrap_or("…"),
            &parsed.operands,
        );
    }
    if test {
        // They may be named by a pattern.
        for word in &parsed.operands {
            reader.touch(word, Access::Execute);
        }
        return;
    }
    if given {
        reads_arguments(parsed, reader);
    }
    if check && !given {
        // Its words are looked at and nothing of it is run.
        for word in &parsed.operands {
            reader.touch(word, Access::Read);
        }
        return;
    }
    let nothing = tells && parsed.operands.is_empty();
    if !given && !nothing {
        file_or_input(parsed, reader, Language::Node);
    }
}

pub(super) fn runs_file(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.any("-e -p") {
        return reads_arguments(parsed, reader);
    }
    file_or_input(parsed, reader, Language::Node);
}

/// Code that is given in an option has the operands as its arguments, and does with them what it does.
pub(super) fn reads_arguments(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut accesses = std::mem::take(&mut reader.code_changes_arguments);
    accesses.push(Access::Read);
    for word in &parsed.operands {
        for access in &accesses {
            reader.touch(word, *access);
        }
    }
    if reader.code_runs_arguments {
        match parsed.operands.as_slice() {
            [line] => reader.shell(line.clone()),
            argv => reader.run(argv),
        }
    }
}

pub(super) fn perl(parsed: &Parsed, reader: &mut Reader<'_>) {
    for name in parsed.values("-M") {
        let module = name.known().unwrap_or("…").trim_start_matches('-');
        // It is put behind `use` as it stands.
        if module.contains([';', '{', '`', '\n']) {
            code::read(
                reader,
                &Word::Known(format!("use {module};")),
                Language::Perl,
            );
            reader.ask("inline-code", "It runs code that is given in an argument.");
        }
        let module = module.split(['=', ' ']).next().unwrap_or("");
        if !matches!(
            module,
            "strict"
                | "warnings"
                | "utf8"
                | "Data::Dumper"
                | "List::Util"
                | "POSIX"
                | "JSON::PP"
                | "JSON"
                | "Time::HiRes"
                | "feature"
                | "bigint"
                | "bignum"
                | "integer"
                | "Time::Local"
                | "Encode"
                | "open"
                | "5.010"
                | "v5.10"
                | "MIME::Base64"
                | "Digest::SHA"
                | "Digest::MD5"
                | "Text::Wrap"
                | "Scalar::Util"
                | "constant"
        ) {
            reader.ask("loads-code", "It loads more code.");
        }
    }
    let mut given = false;
    for text in parsed.values("-e") {
        code::read(reader, text, Language::Perl);
        given = true;
    }
    if !given {
        return file_or_input(parsed, reader, Language::Perl);
    }
    let in_place = parsed.has("-i");
    reads_arguments(parsed, reader);
    if parsed.any("-n -p") || in_place {
        reader.out.io.passes_input = true;
        backups(parsed.value("-i"), &parsed.operands, reader);
        for word in &parsed.operands {
            if in_place {
                reader.touch(word, Access::Write);
            }
            // The two-argument `open` behind `<>` runs what ends or begins with a bar.
            if word.prefix().trim().starts_with('|')
                || word.known().is_some_and(|text| text.trim().ends_with('|'))
            {
                reader.deny("pipe-open", "The name of a file is run as a command.");
            }
        }
    }
}

pub(super) fn ruby(parsed: &Parsed, reader: &mut Reader<'_>) {
    for name in parsed.values("-r") {
        if !matches!(
            name.known().unwrap_or("…"),
            "json"
                | "yaml"
                | "set"
                | "time"
                | "date"
                | "pp"
                | "csv"
                | "bigdecimal"
                | "digest"
                | "base64"
                | "securerandom"
        ) {
            reader.ask("loads-code", "It loads more code.");
        }
    }
    if !parsed.has("-e") {
        return file_or_input(parsed, reader, Language::Ruby);
    }
    reads_arguments(parsed, reader);
    if parsed.has("-i") {
        backups(parsed.value("-i"), &parsed.operands, reader);
        for word in &parsed.operands {
            reader.touch(word, Access::Write);
        }
    }
}

/// Settings that name code, which is run before anything else is.
#[rustfmt::skip]
const SETTINGS_OF_CODE: &[&str] = &[
    "auto_prepend_file", "auto_append_file", "extension", "zend_extension", "extension_dir", "opcache.preload", "ffi.preload",
];

/// Settings of which any value is harmless.
#[rustfmt::skip]
const PLAIN_SETTINGS: &[&str] = &[
    "memory_limit", "max_execution_time", "display_errors", "display_startup_errors", "error_reporting", "date.timezone", "default_charset",
    "precision", "serialize_precision", "html_errors", "log_errors", "zend.assertions", "assert.exception", "pcov.enabled", "short_open_tag",
    "implicit_flush", "output_buffering", "opcache.enable", "opcache.enable_cli",
];

fn setting(word: &Word, reader: &mut Reader<'_>) {
    let text = crate::programs::reader::shown_word(word);
    let name = text
        .split('=')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if SETTINGS_OF_CODE.contains(&name.as_str()) {
        reader.act(STARTUP, word);
    } else if !PLAIN_SETTINGS.contains(&name.as_str())
        && text != "xdebug.mode=off"
        && text != "xdebug.mode=coverage"
    {
        reader.act(LOADS, word);
    }
}

pub(super) fn php(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in parsed.values("-d") {
        setting(word, reader);
    }
    if parsed.has("-a") {
        input(reader, Language::Php);
    }
    if parsed.any("-r -B -f -S --ini -n")
        && (parsed.any("-r -B -f -S") || parsed.operands.is_empty())
    {
        reads_arguments(parsed, reader);
        return;
    }
    file_or_input(parsed, reader, Language::Php);
}

pub(super) fn osascript(parsed: &Parsed, reader: &mut Reader<'_>) {
    if !parsed.has("-e") {
        reader.ask(
            "inline-code",
            "It runs AppleScript, which drives other programs.",
        );
        file_or_input(parsed, reader, Language::AppleScript);
    }
}

pub(super) fn deno(parsed: &Parsed, reader: &mut Reader<'_>) {
    let rest = parsed.operands.get(1..).unwrap_or(&[]);
    match parsed.operand(0) {
        Some(
            "fmt" | "lint" | "check" | "test" | "bench" | "doc" | "info" | "types" | "--version"
            | "-V" | "task" | "coverage" | "completions" | "help",
        ) => {
            if rest.iter().any(|word| word.prefix().contains("://")) {
                reader.ask("remote-code", "It runs code from elsewhere.");
            }
        }
        Some("eval") => rest.iter().for_each(|word| {
            if !word.prefix().starts_with('-') {
                code::read(reader, word, Language::Node);
            }
        }),
        Some("run" | "serve" | "compile") => {
            for (at, word) in rest.iter().enumerate() {
                let text = word.prefix();
                if text.contains("://") || text.starts_with("npm:") || text.starts_with("jsr:") {
                    reader.ask("remote-code", "It runs code from elsewhere.");
                } else if is_input(word) {
                    return input(reader, Language::Node);
                } else if !text.starts_with('-') {
                    return reader.file_with(word, &rest[at + 1..]);
                }
            }
        }
        _ => reader.ask(
            "unknown-subcommand",
            "What deno does here is not known to be harmless.",
        ),
    }
}

pub(super) fn other(parsed: &Parsed, reader: &mut Reader<'_>) {
    if is_question(reader) {
        return;
    }
    let program = reader.invocation.argv[0].prefix().to_owned();
    if super::super::builds::reaching(&program, &parsed.operands, reader) {
        return;
    }
    let code = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-e" | "-E"
                | "--eval"
                | "--execute"
                | "-c"
                | "--command"
                | "-x"
                | "-r"
                | "--batch-string"
        ) || (program == "swipl" && matches!(name.as_str(), "-g" | "-t" | "--goal"))
    });
    if code {
        for word in &parsed.operands {
            code::read(reader, word, Language::Other);
        }
        reader.ask("inline-code", "It runs code that is given in an argument.");
        return;
    }
    let project = matches!(
        program.as_str(),
        "dart" | "zig" | "nim" | "crystal" | "lein" | "nimble" | "v" | "elixir"
    );
    match parsed.operand(0) {
        Some(
            "build" | "test" | "check" | "fmt" | "format" | "analyze" | "version" | "spec" | "doc"
            | "c" | "compile" | "build-exe" | "build-lib",
        ) if project => {}
        Some("eval" | "e") if project && parsed.operands.len() > 1 => {
            for word in &parsed.operands[1..] {
                code::read(reader, word, Language::Other);
            }
            reader.ask("inline-code", "It runs code that is given in an argument.");
        }
        Some(text) if text.contains(['(', '"', '\'', '\n', ';']) => {
            code::read(reader, &parsed.operands[0], Language::Other);
            reader.ask("inline-code", "It runs code that is given in an argument.");
        }
        _ => file_or_strange_input(parsed, reader),
    }
}

fn file_or_strange_input(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((file, rest)) = parsed.operands.split_first() else {
        return code::strange_input(reader);
    };
    if is_input(file) {
        return code::strange_input(reader);
    }
    super::super::outward::by_name(file, rest, reader);
    reader.file(file);
    // Where an option that is not known took the first for its value, the next is what is run.
    if let (false, Some(next)) = (parsed.strange.is_empty(), rest.first())
        && next.prefix().contains(['/', '.'])
    {
        reader.touch(next, Access::Execute);
    }
}
