//! Options of a project's tools that name more code: plugins, configurations, what comes in.

use super::{Zone, careful, locate};
use crate::programs::code::{self, Language, is_input};
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::word::Word;

/// Options whose value, a word of its own, names code that the tool loads.
#[rustfmt::skip]
const LOAD: &[&str] = &[
    "-p", "-c", "-f", "-r", "-b", "--config", "--project", "--rulesdir", "--rules-dir", "--plugin", "--plugins", "--require", "--import",
    "--loader", "--preset", "--setup", "--setupFiles", "--globalSetup", "--globalTeardown", "--transform", "--resolver", "--reporter",
    "--reporters", "--formatter", "--format", "--parser", "--resolve-plugins-relative-to", "--rootDir", "--runner", "--testRunner",
    "--test-runner", "--testEnvironment", "--env", "--tsconfig", "--configfile", "--rcfile", "--file", "--bootstrap", "--autoload-file",
    "--rulesdirs", "--load", "--confcutdir", "--rootdir", "-I", "--include", "--extension",
    "--config-file", "--config-path", "--configFile", "--presets", "--custom-syntax", "--python-executable", "--inspection-profile",
];

/// Asks where what is loaded lies outside of the workspace, or comes in.
pub(super) fn options(args: &[Word], reader: &mut Reader<'_>) {
    for pair in args.windows(2) {
        if let Some(name) = pair[0].known() {
            named(name, &pair[1], reader);
        }
    }
    for word in args {
        let glued = word.known().and_then(|text| text.split_at_checked(2));
        if let Some((name, path)) = glued.filter(|(_, path)| path.starts_with(['/', '.'])) {
            named(name, &Word::from(path), reader);
        }
        if let Some((name, value)) = word.known().and_then(|text| text.split_once('=')) {
            named(name, &Word::from(value), reader);
        }
    }
}

fn named(name: &str, value: &Word, reader: &mut Reader<'_>) {
    match name {
        // Pylint runs it as it starts.
        "--init-hook" => {
            code::read(reader, value, Language::Python);
            reader.ask("inline-code", "It runs code that is given in an argument.");
        }
        "--load-plugins" => {
            reader.ask("loads-code", "It loads a plugin that an argument names.");
        }
        _ if LOAD.contains(&name) => loads(value, reader),
        _ => {}
    }
}

/// A file of options or code: asked about outside of the workspace, and judged as what is run where the session wrote it.
pub(super) fn loads(value: &Word, reader: &mut Reader<'_>) {
    if is_input(value) || value.prefix().starts_with("/dev/fd/") {
        return reader.ask("code-input", "It runs what comes in.");
    }
    let text = shown_word(value);
    // A configuration can be written in the line itself.
    let outside = if text.starts_with('{') {
        text.split(['"', '\'']).any(|part| is_outside(part, reader))
    } else {
        is_outside(&text, reader)
    };
    if outside {
        reader.ask(
            "loads-code",
            "It loads code or options from outside of the workspace.",
        );
    } else if is_code(&text) {
        reader.file(value);
    }
}

/// Whether a value names a file of code, not a module or a way to print.
fn is_code(text: &str) -> bool {
    let ends = [
        ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".py", ".rb", ".php",
    ];
    let path = text.starts_with("./") && !text.ends_with(".json") && !text.ends_with('/');
    !text.starts_with('{') && (path || ends.iter().any(|end| text.ends_with(end)))
}

fn is_outside(text: &str, reader: &Reader<'_>) -> bool {
    let is_path = text.starts_with('/') || text == ".." || text.contains("../");
    is_path
        && locate(text, reader.cwd(), reader.world)
            .is_none_or(|place| place.zone != Zone::Workspace)
}

/// Plugins that many projects use; others are named by whoever writes the line.
const PLUGINS: &[&str] = &[
    "xdist",
    "pytest_cov",
    "asyncio",
    "anyio",
    "pytest_mock",
    "randomly",
    "timeout",
    "pytester",
    "cacheprovider",
];

/// `python -m unittest discover -s FOLDER -p PATTERN`: its letters are not those of other tools.
pub(in crate::programs::areas) fn unittest(args: &[Word], reader: &mut Reader<'_>) {
    careful(args, reader);
    let folders = ["-s", "--start-directory", "-t", "--top-level-directory"];
    for pair in args.windows(2) {
        if folders.contains(&pair[0].prefix()) {
            loads(&pair[1], reader);
        }
    }
    for word in args {
        let joined = word
            .prefix()
            .split_once('=')
            .map(|(name, _)| name.len() + 1);
        let glued = ["-s", "-t"]
            .iter()
            .any(|name| word.prefix().starts_with(name));
        match joined {
            Some(at) if folders.contains(&&word.prefix()[..at - 1]) => {
                loads(&crate::programs::options::without(word, at), reader);
            }
            None if glued && word.prefix().len() > 2 => {
                loads(&crate::programs::options::without(word, 2), reader);
            }
            _ => {}
        }
    }
    // A file or a module that is named is run.
    for word in args.iter().filter(|word| !word.prefix().starts_with('-')) {
        if word.prefix().ends_with(".py") {
            reader.file(word);
        }
    }
}

/// `pytest -p NAME` imports a module, wherever it lies.
pub(super) fn pytest(parsed: &Parsed, reader: &mut Reader<'_>) {
    careful(&parsed.operands, reader);
    options(&parsed.operands, reader);
    let mut words = parsed.operands.iter();
    while let Some(word) = words.next() {
        let name = match word.prefix() {
            "-p" if word.known().is_some() => words.next().map(shown_word),
            "-o" | "--override-ini" => {
                let value = words.next().map(shown_word).unwrap_or_default();
                // `cache_dir=…`, `log_file=…`
                if let Some((_, path)) = value.split_once('=') {
                    careful(&[Word::from(path)], reader);
                }
                value
                    .starts_with("addopts=")
                    .then(|| value.split_once("-p"))
                    .flatten()
                    .map(|(_, name)| name.trim().to_owned())
            }
            text if text.starts_with("-oaddopts=")
                || text.starts_with("--override-ini=addopts=") =>
            {
                text.split_once("-p")
                    .map(|(_, name)| name.trim().to_owned())
            }
            text if text.starts_with("-p") => Some(shown_word(word)[2..].to_owned()),
            _ => None,
        };
        let Some(name) = name else {
            continue;
        };
        if !name.starts_with("no:") && !PLUGINS.contains(&name.as_str()) {
            reader.ask("loads-code", "It loads a plugin that an argument names.");
        }
    }
}
