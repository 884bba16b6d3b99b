//! Code that names nothing but the project's own things and what reaches nothing, so that a tool of the project may run it
//! in the line that writes it: tests, components.
//!
//! Each word counts wherever it stands, in a comment or a text as well, so that nothing hides in what is taken for one.
//! What it cannot see through is not plain: names that are put together, calls of what has no name, modules of others.

use super::words::{DECODES, EXEC, OPENS, READS, is_danger};
use crate::place::{is_below, name, normalise, trimmed};
use crate::world::World;

/// More text is not looked through.
const LONGEST: usize = 32 * 1024;

/// Modules of Python that reach nothing outside of the program, whatever of them is called.
#[rustfmt::skip]
const OF_PYTHON: &[&str] = &[
    "__future__", "abc", "bisect", "calendar", "collections", "contextlib", "copy", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "numbers", "operator", "pprint", "random", "re", "statistics",
    "string", "textwrap", "time", "typing", "unicodedata", "uuid", "pytest", "unittest", "freezegun", "parameterized",
];

/// Packages of JavaScript of which the same holds.
#[rustfmt::skip]
const OF_NODE: &[&str] = &[
    "react", "react-dom", "react-dom/test-utils", "vitest", "@jest/globals", "chai", "assert", "assert/strict", "test", "vue",
    "@vue/test-utils", "svelte", "preact", "solid-js", "prop-types", "clsx", "classnames", "react-router-dom",
];

/// What loads code by a name that is a text, or reaches what has another name.
#[rustfmt::skip]
const REACH: &[&str] = &[
    // Python
    "breakpoint", "attrgetter", "methodcaller", "delattr", "pytest_plugins", "importorskip", "discover", "loadTestsFromName",
    "loadTestsFromNames", "load_tests", "FileIO", "pluginmanager", "import_plugin", "from_parent", "pytester",
    "testdir", "get_type_hints", "ForwardRef", "get_annotations", "singledispatch", "singledispatchmethod", "Formatter", "get_field", "vformat",
    "get_original", "getter", "temp_original", "inspect", "linecache", "getline", "getlines", "tokenize", "copyreg", "platform", "resolve_name",
    "os", "sys", "types", "multiprocessing",
    // JavaScript
    "require", "module", "global", "window", "self", "createRequire", "requireActual", "requireMock", "importActual", "importMock",
    "child_process", "fs", "cluster", "Deno", "Bun", "cy", "page", "browser", "getOwnPropertyDescriptor", "getOwnPropertyDescriptors",
    "getPrototypeOf", "defineProperty", "defineProperties", "setPrototypeOf", "innerHTML", "outerHTML",
    "subprocess",
];

/// Words that reach something in another language, and nothing in Python.
#[rustfmt::skip]
const NOT_IN_PYTHON: &[&str] = &[
    "assert", "code", "constructor", "debug", "do", "Function", "method", "process", "Proxy", "Reflect", "page", "self", "module", "global",
    "window", "test", "browser",
];
#[rustfmt::skip]
const NOT_IN_NODE: &[&str] = &[
    "assert", "code", "debug", "do", "include", "link", "load", "method", "modules", "send", "vars", "types", "discover", "locals", "file",
    "platform", "inspect", "getter", "tokenize", "Formatter",
];

/// Whether the code in a file is plain: of Python, JavaScript or TypeScript, by its name.
pub(crate) fn is_plain(text: &str, path: &str, world: &World<'_>) -> bool {
    if text.len() > LONGEST || text.contains(['\0', '\u{2028}', '\u{2029}']) || chooses_code(path) {
        return false;
    }
    let (folder, _) = path.rsplit_once('/').unwrap_or_default();
    match path.rsplit_once('.').map(|(_, kind)| kind) {
        Some("py") => python(text, folder, world),
        Some("js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx") => {
            script(text, folder, world)
        }
        _ => false,
    }
}

/// Whether what was read of a script can be all that there is to it: what a text, a pattern or a document in it may hide
/// from who cuts it into tokens names nothing that does something.
pub(crate) fn hides_nothing(text: &str, kind: &str) -> bool {
    let python = kind == "py";
    let harmless = if python { NOT_IN_PYTHON } else { NOT_IN_NODE };
    let does = |word: &str| {
        (is_danger(word) || EXEC.contains(&word) || DECODES.contains(&word))
            && !harmless.contains(&word)
    };
    let reads = |word: &str| OPENS.contains(&word) || READS.contains(&word);
    let tricky = !python || has_templates(text);
    !words(text).any(|word| does(word) || tricky && reads(word))
        && (python || !text.contains('`') && !text.contains("%x") && !text.contains("<?="))
}

/// Whether texts of Python hold code: `f"{…}"`.
fn has_templates(text: &str) -> bool {
    text.match_indices(['"', '\'']).any(|(at, _)| {
        let before = text[..at].trim_end_matches(['r', 'R', 'b', 'B']);
        before.ends_with(['f', 'F', 't', 'T'])
    })
}

/// Whether a file says by texts which code a tool loads.
fn chooses_code(path: &str) -> bool {
    let name = name(path).to_ascii_lowercase();
    let tools = [
        "config",
        "conf.",
        "rc.",
        "gulpfile",
        "gruntfile",
        "jakefile",
        "webpack",
        "setup",
        "preset",
    ];
    name.starts_with('.') || tools.iter().any(|part| name.contains(part))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.is_empty())
}

fn reaches(word: &str, harmless: &[&str]) -> bool {
    let listed = is_danger(word)
        || EXEC.contains(&word)
        || DECODES.contains(&word)
        || OPENS.contains(&word)
        || REACH.contains(&word);
    listed && !harmless.contains(&word)
}

fn python(text: &str, folder: &str, world: &World<'_>) -> bool {
    const OWN: &[&str] = &[
        "__name__",
        "__init__",
        "__main__",
        "__str__",
        "__repr__",
        "__eq__",
        "__len__",
        "__future__",
    ];
    // What a module keeps to itself is another module, more often than not.
    let of_its_own = |at: usize| {
        let before = text[..at].trim_end();
        before.ends_with("self") || before.ends_with("cls")
    };
    let private = text.match_indices('.').any(|(at, _)| {
        let name = text[at + 1..].trim_start();
        name.starts_with('_') && !name.starts_with("__") && !of_its_own(at)
    });
    // Letters that look alike are the same name to Python, and a first line may say that it is spelled otherwise.
    let spelled = text.is_ascii() && !text.lines().take(2).any(|line| line.contains("coding"));
    spelled
        && !private
        && !words(text).any(|word| {
            reaches(word, NOT_IN_PYTHON) || word.starts_with("__") && !OWN.contains(&word)
        })
        && text
            .split(['\n', '\r', ';'])
            .all(|line| !words(line).any(|word| word == "import") || imports(line, folder, world))
}

/// Whether a statement is one that brings in modules, each of which is the project's own or reaches nothing.
fn imports(line: &str, folder: &str, world: &World<'_>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_., \t()*".contains(c);
    let line = line.split('#').next().unwrap_or_default().trim();
    if !line.chars().all(plain) {
        return false;
    }
    let own = |module: &str| {
        let first = module.split('.').next().unwrap_or_default();
        first.is_empty() || OF_PYTHON.contains(&first) || is_own(first, folder, world)
    };
    if let Some(rest) = line.strip_prefix("from ") {
        let (module, names) = rest.split_once(" import ").unwrap_or_default();
        return own(module.trim())
            && !names.is_empty()
            && !words(names).any(|word| word == "import");
    }
    line.strip_prefix("import ").is_some_and(|modules| {
        modules.split(',').all(|one| {
            let mut words = one.split_whitespace();
            let module = words.next().unwrap_or_default();
            let alias = words.next().is_none_or(|word| word == "as");
            alias && !module.is_empty() && !module.starts_with('.') && own(module)
        })
    })
}

/// Whether a module is a file or a folder of the project.
fn is_own(module: &str, folder: &str, world: &World<'_>) -> bool {
    let workspace = trimmed(&world.workspace);
    [workspace, &format!("{workspace}/src"), folder]
        .iter()
        .any(|at| {
            world.files.is_dir(&format!("{at}/{module}")) == Some(true)
                || world.files.text(&format!("{at}/{module}.py")).is_some()
        })
}

fn script(text: &str, folder: &str, world: &World<'_>) -> bool {
    let escaped = text.contains("\\u") || text.contains("\\x");
    let told = text.contains("@jsx") || text.contains("-environment");
    !escaped
        && !told
        && !words(text).any(|word| reaches(word, NOT_IN_NODE) || word.starts_with("__"))
        && !calls_the_unnamed(text)
        && brings_in_own(text, folder, world)
}

/// Words before a bracket that it does not belong to.
#[rustfmt::skip]
const BEFORE: &[&str] = &["return", "of", "in", "const", "let", "var", "case", "default", "yield", "await", "typeof", "export", "from"];

/// Whether a name is put together, or what a bracket holds is called: `x["a" + b]`, `f()()`, `` f`x` ``.
fn calls_the_unnamed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let before = |at: usize| text[..at].trim_end();
    let named = |at: usize| {
        let before = before(at);
        let word = before
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .next()
            .unwrap_or_default();
        match before.chars().next_back() {
            Some(')' | ']' | '\'' | '"' | '`' | '}' | '.') => true,
            Some(_) => !word.is_empty() && !BEFORE.contains(&word),
            None => false,
        }
    };
    (0..bytes.len()).any(|at| match bytes[at] {
        b'(' => before(at).ends_with([')', ']', '}']),
        b'`' => {
            let inside = bytes[..at].iter().filter(|byte| **byte == b'`').count() % 2 == 1;
            !inside && named(at)
        }
        b'[' => {
            let end = text[at..].find(']').map_or(text.len(), |end| at + end);
            let within = text[at + 1..end].trim();
            let index = within.bytes().all(|byte| byte.is_ascii_digit());
            let key = text[end..]
                .trim_start_matches(']')
                .trim_start()
                .starts_with(':');
            !index && named(at) || key
        }
        _ => false,
    })
}

/// Whether each module is the project's own or reaches nothing, and is named by a text at the place where it is brought in.
fn brings_in_own(text: &str, folder: &str, world: &World<'_>) -> bool {
    let at_begin = |line: &str| {
        let rest = line.trim_start();
        let rest = rest.strip_prefix("import").map(str::trim_start);
        rest.is_some_and(|rest| {
            let next = rest.chars().next().unwrap_or('(');
            (next.is_ascii_alphabetic() || "{*\"'_$".contains(next))
                && !words(rest).any(|word| word == "import")
        })
    };
    let plain_lines = text
        .split(['\n', '\r'])
        .all(|line| !words(line).any(|word| word == "import") || at_begin(line));
    // A comment between them would hide the module.
    let parted = text
        .match_indices("from")
        .any(|(at, word)| text[at + word.len()..].trim_start().starts_with('/'));
    plain_lines
        && !parted
        && modules(text, "from")
            .chain(modules(text, "import"))
            .all(|module| is_own_script(module, folder, world))
}

/// The texts that stand behind a word.
fn modules<'a>(text: &'a str, word: &'static str) -> impl Iterator<Item = &'a str> {
    text.match_indices(word).filter_map(move |(at, _)| {
        let rest = text[at + word.len()..].trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split_once(quote).map(|(module, _)| module)
    })
}

fn is_own_script(module: &str, folder: &str, world: &World<'_>) -> bool {
    if module.starts_with('.') {
        let path = normalise(module, Some(folder));
        return path.is_some_and(|path| is_below(&path, trimmed(&world.workspace)));
    }
    let plain = module.trim_start_matches("node:");
    OF_NODE.contains(&plain)
        || module.starts_with("@testing-library/")
        || (module.starts_with("@/") || module.starts_with("~/")) && !module.contains("..")
}
