//! What of a folder a program reads when it is told to read all of it: what its options leave out.

use crate::place::{Access, Among};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::word::{Piece, Word};

/// Everything but what some names name, of files and of folders.
pub(super) fn without<'a>(names: impl IntoIterator<Item = &'a str>) -> Among {
    // A pattern of a path is not followed: it leaves out less than it says.
    let names = names.into_iter().filter(|name| !name.contains('/'));
    let names: Vec<String> = names.map(str::to_owned).collect();
    Among {
        without: names.clone(),
        without_folders: names,
        ..Among::default()
    }
}

fn known<'a>(parsed: &'a Parsed, name: &'a str) -> Vec<String> {
    let values = parsed.values(name).filter_map(Word::known);
    values.flat_map(braces).collect()
}

/// `grep -r`: what is hidden as well.
pub(super) fn of_grep(parsed: &Parsed) -> Among {
    // Unquoted, the shell would make no more of it than it matches.
    let only: Option<Vec<String>> = parsed.values("--include").map(as_glob).collect();
    let only = only.unwrap_or_default();
    Among {
        only: only.iter().flat_map(|glob| braces(glob)).collect(),
        without: known(parsed, "--exclude"),
        without_folders: known(parsed, "--exclude-dir"),
        follows: parsed.has("-R"),
        ..Among::default()
    }
}

/// Kinds of files of which none is called like what authenticates someone.
#[rustfmt::skip]
const SOURCES: &[&str] = &[
    "rust", "py", "python", "js", "ts", "typescript", "go", "c", "cpp", "h", "java", "kotlin", "scala", "swift", "ruby", "php",
    "html", "css", "less", "sass", "md", "markdown", "svelte", "vue", "lua", "zig", "haskell", "elixir", "csharp", "cs", "sql",
];

/// `rg`: neither what is hidden nor what git leaves out, unless it is told to. None where nothing of it is secret.
pub(super) fn of_ripgrep(parsed: &Parsed, argv: &[Word]) -> Option<Among> {
    let has = |names: &[&str]| {
        let given = |arg: &Word| arg.known().is_some_and(|arg| names.contains(&arg));
        argv.iter().any(given)
    };
    // Letters of a cluster; those of a value are taken for some as well, and more is read then.
    let letters = |letter: char| -> usize {
        let cluster = |text: &&str| text.starts_with('-') && !text.starts_with("--");
        let words = argv.iter().map(Word::prefix).filter(cluster);
        words.map(|text| text.matches(letter).count()).sum()
    };
    let types: Vec<&str> = parsed.values("--type").filter_map(Word::known).collect();
    if !types.is_empty()
        && types.iter().all(|one| SOURCES.contains(one))
        && !parsed.has("--type-add")
    {
        return None;
    }
    let open = parsed.values("-g").any(|word| word.known().is_none());
    let mut among = Among {
        but_hidden: letters('.') == 0 && letters('u') < 2 && !has(&["--hidden", "--unrestricted"]),
        but_ignored: letters('u') == 0 && !argv.iter().any(|arg| is_of_ignored(arg.prefix())),
        follows: letters('L') > 0 || has(&["--follow"]),
        ..Among::default()
    };
    for glob in parsed.values("-g").filter_map(Word::known).flat_map(braces) {
        choose(&glob, &mut among);
    }
    if open {
        among.only.clear();
        among.but_hidden = false;
        among.but_ignored = false;
    }
    Some(among)
}

fn is_of_ignored(arg: &str) -> bool {
    arg.starts_with("--no-ignore") || arg.starts_with("--unrestricted") || arg == "--no-require-git"
}

/// A glob of `rg -g`, which leaves out where it begins with `!`.
fn choose(glob: &str, among: &mut Among) {
    if let Some(out) = glob.strip_prefix('!') {
        let name = out.trim_start_matches("**/").trim_end_matches('/');
        let folder = name.trim_end_matches("/**").trim_end_matches("/*");
        if !folder.contains('/') {
            among.without_folders.push(folder.to_owned());
        }
        if !name.contains('/') && !out.ends_with('/') {
            among.without.push(name.to_owned());
        }
        return;
    }
    let name = glob
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(glob);
    among.only.push(name.to_owned());
}

/// A word as a glob, where no part of it is unknown.
fn as_glob(word: &Word) -> Option<String> {
    match word {
        Word::Known(text) => Some(text.clone()),
        Word::Partial(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Pattern(text) => Some(text.as_str()),
                Piece::Unknown(_) => None,
            })
            .collect(),
        Word::Unknown(_) => None,
    }
}

/// `*.{ts,tsx}` as what it stands for.
fn braces(glob: &str) -> Vec<String> {
    let parts = glob
        .find('{')
        .and_then(|from| Some((from, from + glob[from..].find('}')?)));
    let Some((from, to)) = parts else {
        return vec![glob.to_owned()];
    };
    let (begin, end) = (&glob[..from], &glob[to + 1..]);
    let each = glob[from + 1..to].split(',').take(32);
    each.map(|one| format!("{begin}{one}{end}")).collect()
}

/// `git grep`: what git keeps, and with some options all that lies there.
pub(super) fn of_git_grep(argv: &[Word], reader: &mut Reader<'_>, roots: &[Word]) {
    let has = |name: &str| argv.iter().any(|arg| arg.known() == Some(name));
    let among = Among {
        but_ignored: !has("--no-index") && !has("--no-exclude-standard"),
        ..Among::default()
    };
    let paths = roots.iter().filter(|word| !word.prefix().starts_with(':'));
    let (globs, plain): (Vec<&Word>, Vec<&Word>) = paths.partition(|word| {
        word.known()
            .is_none_or(|text| text.contains(['*', '?', '[']))
    });
    for word in &plain {
        reader.read_among(word, &among);
    }
    if plain.is_empty() || !globs.is_empty() {
        // A pattern such as `*.rs` narrows it to names.
        let name = |word: &&Word| Some(word.known()?.rsplit('/').next()?.to_owned());
        let only: Option<Vec<String>> = globs.iter().map(name).collect();
        let only = only.unwrap_or_default();
        reader.read_among(&Word::from("."), &Among { only, ..among });
    }
}

/// What is named may be what authenticates someone: whoever reads the names is asked about then.
pub(super) fn names(reader: &mut Reader<'_>, roots: &[Word], among: &Among) {
    let (cwd, world) = (reader.cwd(), reader.world);
    let holds = |root: &Word| {
        let touched = crate::place::touch_among(root, Access::ReadAll, among, cwd, world);
        !touched.below.is_empty()
    };
    if reader.out.io.names_files && roots.iter().any(holds) {
        reader.out.io.names_files = false;
    }
}

/// What is looked for by the names of what authenticates someone is meant to be that, whatever lies there.
pub(super) fn chosen<'a>(reader: &mut Reader<'_>, globs: impl IntoIterator<Item = &'a str>) {
    if reader.out.io.names_files && globs.into_iter().any(is_of_secrets) {
        reader.out.io.names_files = false;
    }
}

/// Whether a pattern of names is one of what authenticates someone: `id_rsa`, `*.pem`, `.env*`, `[iI][dD]_rsa`.
fn is_of_secrets(glob: &str) -> bool {
    let last = glob.rsplit('/').next().unwrap_or(glob);
    let mut plain = String::with_capacity(last.len());
    let mut rest = last;
    while let Some(c) = rest.chars().next() {
        let set = rest.strip_prefix('[').and_then(|set| set.split_once(']'));
        match set {
            Some((set, after)) => {
                plain.extend(set.chars().next());
                rest = after;
            }
            None => {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    let stars = ["", "x"].map(|one| plain.replace('*', one));
    stars.iter().any(|name| crate::place::is_secret_name(name))
}

/// Whether what a search names holds what authenticates someone.
pub(super) fn holds_secrets(reader: &Reader<'_>, root: &Word) -> bool {
    let touched = crate::place::touch(root, Access::ReadAll, reader.cwd(), reader.world);
    touched.effect.secret || !touched.below.is_empty()
}
