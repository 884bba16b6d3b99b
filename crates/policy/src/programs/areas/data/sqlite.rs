//! Databases that are files: what a statement or a command of the shell reads, writes and runs beside them.

use crate::place::Access;
use crate::programs::Stdin;
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::READ;
use crate::word::Word;

/// Commands that show something or change how it is shown.
#[rustfmt::skip]
const SHOWS: &[&str] = &[
    ".tables", ".schema", ".dump", ".mode", ".headers", ".header", ".indexes", ".indices", ".databases", ".help", ".show", ".stats", ".timer",
    ".width", ".separator", ".nullvalue", ".echo", ".explain", ".eqp", ".limit", ".lint", ".fullschema", ".print", ".prompt", ".quit", ".exit",
    ".version", ".changes", ".bail", ".binary", ".timeout", ".parameter", ".dbinfo", ".sha3sum", ".dbconfig", ".scanstats", ".vfsinfo",
    ".vfslist", ".vfsname", ".progress", ".intck", ".expert", ".maxrows", ".maxwidth", ".columns", ".rows",
];

/// What begins a statement that only asks.
const QUESTIONS: &[&str] = &["select", "pragma", "explain", "with"];

/// What a statement that changes something holds.
#[rustfmt::skip]
const CHANGES: &[&str] = &[
    "insert ", "update ", "delete ", "drop ", "create ", "alter ", "attach ", "replace ", "vacuum", "detach ", "reindex",
];

/// What makes a statement read or write other files.
#[rustfmt::skip]
const FILES: &[&str] = &[
    "writefile(", "readfile(", "writefile (", "readfile (", "attach ", "attach'", "attach\"", "fsdir(", "lsdir(", "zipfile(", "sqlar",
    "copy ", "export database", "import database", "read_text(", "read_blob(", "install ",
];

pub(super) fn sqlite(parsed: &Parsed, reader: &mut Reader<'_>) {
    let text = statements(parsed, reader);
    let lower = text.to_ascii_lowercase();
    if ["drop ", "delete from", "truncate "]
        .iter()
        .any(|word| lower.contains(word))
    {
        reader.ask("database-delete", "It deletes what is kept in a database.");
    }
    if let Some(file) = parsed.operands.first() {
        database(file, asks_only(&lower), reader);
    }
    runs(&lower, reader);
    files(&text, &lower, reader);
    if parsed.has("-A") {
        archive(reader);
    }
    let shows = |arg: &Word| {
        let text = arg.known().unwrap_or_default();
        matches!(text.trim_start_matches('-'), "version" | "help") && text.starts_with('-')
    };
    if text.trim().is_empty()
        && parsed.operands.len() < 2
        && !reader.invocation.argv.iter().any(shows)
    {
        reader.ask("code-input", "It runs whatever it is given.");
    }
}

/// What it is told to do, by its arguments and its input, a statement or a command a line.
fn statements(parsed: &Parsed, reader: &Reader<'_>) -> String {
    let mut text = String::new();
    let given = parsed.values("-cmd").chain(parsed.values("-c"));
    for word in given.chain(parsed.operands.iter().skip(1)) {
        text.push_str(&shown_word(word));
        text.push('\n');
    }
    if let Stdin::Text(word) = &reader.invocation.stdin {
        text.push_str(&shown_word(word));
    }
    text
}

fn asks_only(lower: &str) -> bool {
    let begin = lower.trim_start();
    let first = begin.split_ascii_whitespace().next().unwrap_or_default();
    (QUESTIONS.iter().any(|word| begin.starts_with(word)) || SHOWS.contains(&first))
        && !CHANGES.iter().any(|word| lower.contains(word))
}

/// The database itself: a path, or `file:PATH?mode=ro`.
fn database(word: &Word, asks_only: bool, reader: &mut Reader<'_>) {
    let path = match word.known().and_then(|text| text.strip_prefix("file:")) {
        Some(uri) => {
            if uri.contains('%') {
                reader.ask(
                    "database-files",
                    "The name of its file is spelled so that it is not read here.",
                );
            }
            let path = uri.split(['?', '#']).next().unwrap_or_default();
            let path = path.trim_start_matches("//localhost");
            let slashes = path.len() - path.trim_start_matches('/').len();
            Word::from(&path[slashes.saturating_sub(1)..])
        }
        None => word.clone(),
    };
    reader.act(READ, &path);
    if !asks_only {
        reader.touch(&path, Access::Write);
    }
}

fn runs(lower: &str, reader: &mut Reader<'_>) {
    let line_runs = |line: &str| {
        let line = line.trim_start();
        let first = line.split_ascii_whitespace().next().unwrap_or_default();
        let command =
            (first.starts_with(".sh") || first.starts_with(".sy") || first.starts_with(".lo"))
                && !SHOWS.contains(&first)
                && first != ".log";
        command || first.starts_with('.') && !SHOWS.contains(&first) && line.contains('|')
    };
    if lower.lines().any(line_runs) || lower.contains("load_extension") || lower.contains("edit(") {
        reader.deny(
            "database-shell",
            "It makes the database run a command or load code.",
        );
    }
}

/// Whether a statement may write other files: all that it does with files is not reading them.
fn writes_files(spaced: &str) -> bool {
    const READ_ONLY: &[&str] = &[
        "readfile(",
        "readfile (",
        "read_text(",
        "read_blob(",
        "fsdir(",
        "lsdir(",
    ];
    let mut rest = spaced.to_owned();
    for call in READ_ONLY {
        rest = rest.replace(call, "");
    }
    rest.contains("vacuum") || FILES.iter().any(|word| rest.contains(word))
}

/// The file of `.import [--csv] [--skip N] FILE TABLE`, which is read into the database; none where the line is not as
/// plain as that.
fn imported(line: &str) -> Option<String> {
    let mut words = words(line)?.into_iter();
    if words.next()? != ".import" {
        return None;
    }
    let mut operands = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-csv" | "--csv" | "-ascii" | "--ascii" | "-v" => {}
            "-skip" | "--skip" | "-schema" | "--schema" => {
                words.next()?;
            }
            text if text.starts_with('-') => return None,
            _ => operands.push(word),
        }
    }
    match operands.as_slice() {
        // Behind a bar stands a command.
        [file, _] if !file.starts_with('|') && !file.contains('…') => Some(file.clone()),
        _ => None,
    }
}

/// The words of a command of the shell, quotes taken off; none where a backslash makes them something else.
fn words(line: &str) -> Option<Vec<String>> {
    if line.contains('\\') {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '\'' | '"');
        let (word, after) = if quoted {
            rest[1..].split_once(first)?
        } else {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        };
        out.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(out)
}

/// Other files than the database.
fn files(text: &str, lower: &str, reader: &mut Reader<'_>) {
    let by_command = |line: &str| {
        let first = line.split_ascii_whitespace().next().unwrap_or_default();
        first.starts_with('.') && !SHOWS.contains(&first) && imported(line).is_none()
    };
    for file in text.lines().filter_map(imported) {
        reader.act(READ, &Word::Known(file));
    }
    let spaced = lower.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let vacuum = spaced.contains("vacuum") && spaced.contains("into");
    let other =
        vacuum || FILES.iter().any(|word| spaced.contains(word)) || lower.lines().any(by_command);
    let duckdb = crate::place::name(reader.invocation.argv[0].prefix()) == "duckdb";
    let ends = ['\'', '"', '(', ')', ',', ';', ' ', '\n', '\t'];
    let paths: Vec<Word> = text
        .split(ends)
        .filter(|part| part.contains('/') || part.starts_with('.') && part.len() > 2)
        .filter(|part| !SHOWS.contains(part))
        // The database itself puts the home folder in.
        .map(|part| match part.strip_prefix("~/") {
            Some(rest) => Word::Known(format!("{}/{rest}", reader.world.home)),
            None => Word::from(part),
        })
        .collect();
    if other {
        reader.ask(
            "database-files",
            "It makes the database read or write files.",
        );
        let dots = |word: &&Word| !by_command(word.prefix()) || word.prefix().contains('/');
        let writes = writes_files(&spaced) || lower.lines().any(by_command);
        for path in paths.iter().filter(dots) {
            reader.act(READ, path);
            if writes && !path.prefix().contains("://") {
                reader.touch(path, Access::Write);
            }
        }
    }
    if duckdb {
        let loads = |part: &str| {
            part.trim_start().starts_with("load ") || part.trim_start().starts_with("force install")
        };
        if lower.split(';').any(loads) {
            reader.ask("loads-code", "It makes the database load code.");
        }
        if lower.contains("getenv") || lower.contains("duckdb_secrets") {
            reader.out.io.emits_secret = true;
            reader.ask(
                "print-environment",
                "It reads variables, credentials among them.",
            );
        }
    }
    if duckdb && !other {
        // `from 'FILE'` reads a file, wherever it lies.
        paths.iter().for_each(|path| reader.act(READ, path));
    }
}

/// `-A -x -f FILE -C FOLDER`: as an archiver.
fn archive(reader: &mut Reader<'_>) {
    reader.ask("database-files", "It packs or unpacks files.");
    for pair in reader.invocation.argv.windows(2) {
        match pair[0].known() {
            Some("-C" | "--directory") => {
                reader.touch(&pair[1], Access::Write);
            }
            Some("-f" | "--file") => {
                reader.touch(&pair[1], Access::Write);
            }
            _ => {}
        }
    }
}
