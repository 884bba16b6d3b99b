//! Searches of the file system that can also delete, write and run what they find.

mod fd;
mod found;
mod narrowed;

use super::below::{self, holds_secrets};
use crate::effect::Zone;
use crate::place::{Access, Among, is_critical, locate};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Grammar, LIST, NAMES, Operands, Program, TEXT, flag, flags, joined, program, value,
};
use crate::word::Word;
use found::Search;
use narrowed::narrowing;

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("find gfind").grammar(Grammar::Plain).also(find),
    program("bfs").grammar(Grammar::Plain).also(find),
    program("fd fdfind").io(NAMES).grammar(Grammar::Plain).also(fd::command),
    program("locate mlocate plocate mdfind which whereis command-not-found apropos whatis tldr cheat").options(&[flags("-a -b -i -l -n -r -s -v -c -e -0"), value("-onlyin", LIST)]),
    program("updatedb").asks(crate::effect::EffectKind::System, "index", "reads every name on this machine"),
    program("fd-options").strict().options(FD).operands(Operands::First(TEXT, LIST)),
];

#[rustfmt::skip]
const FD: &[crate::programs::table::Opt] = &[
    flag("-x --exec -X --exec-batch", TEXT),
    value("-e --extension", TEXT), value("--search-path", LIST), value("--base-directory -C", LIST), flags("-g --glob"), flags("-p --full-path"), flags("-L --follow"), flags("-s --case-sensitive"), flags("-i --ignore-case"),
    value("-t --type -E --exclude -d --max-depth --min-depth --exact-depth -S --size --changed-within --changed-before --newer --older -o --owner --color -j --threads --max-results --path-separator --strip-cwd-prefix -c --format --and --ignore-file --max-buffer-time --batch-size --gen-completions", TEXT),
    flags("-H --hidden -u --unrestricted"), flags("-I --no-ignore -F --fixed-strings -a --absolute-path -l --list-details -0 --print0 -q --quiet -1 --prune --show-errors --one-file-system -V --version -h --help --no-ignore-vcs --no-ignore-parent --no-global-ignore-file --no-follow --relative-path"),
    joined("--hyperlink", TEXT),
];

/// The folders that a search begins at, and the expression after them.
fn roots(words: &[Word]) -> (Vec<Word>, &[Word]) {
    let mut at = 0;
    while let Some(text) = words.get(at).and_then(Word::known) {
        match text {
            "-H" | "-L" | "-P" | "-E" | "-X" | "-x" | "-d" | "-s" => at += 1,
            "-D" | "-f" => at += 2,
            text if text.starts_with("-O") => at += 1,
            _ => break,
        }
    }
    let from = at.min(words.len());
    let end = words[from..]
        .iter()
        .position(|word| {
            let text = word.prefix();
            text.starts_with('-') || matches!(text, "(" | ")" | "!" | ",")
        })
        .map_or(words.len(), |count| from + count);
    let mut roots = words[from..end].to_vec();
    if roots.is_empty() {
        roots.push(Word::from("."));
    }
    (roots, &words[end..])
}

/// Tests and actions with one argument that do nothing but choose or show.
#[rustfmt::skip]
const ONE: &[&str] = &[
    "-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex", "-regextype", "-type", "-xtype", "-size", "-mtime", "-mmin", "-atime",
    "-amin", "-ctime", "-cmin", "-newer", "-anewer", "-cnewer", "-newermt", "-newerct", "-newerat", "-newermm", "-perm", "-user", "-group", "-uid", "-gid", "-links",
    "-inum", "-samefile", "-lname", "-ilname", "-maxdepth", "-mindepth", "-fstype", "-used", "-context", "-printf", "-flags", "-Bmin", "-Btime", "-depth-n", "-since", "-limit",
];

#[rustfmt::skip]
const NONE: &[&str] = &[
    "-print", "-print0", "-ls", "-prune", "-quit", "-depth", "-d", "-not", "-and", "-a", "-or", "-o", "-empty", "-executable", "-readable", "-writable", "-nouser",
    "-nogroup", "-true", "-false", "-xdev", "-mount", "-daystart", "-follow", "-noleaf", "-warn", "-nowarn", "-help", "--help", "-version", "--version", "-ignore_readdir_race", "-noignore_readdir_race", "-X", "-E",
    "(", ")", "!", ",", "-hidden", "-nohidden", "-x", "-s", "-acl", "-sparse",
];

fn find(parsed: &Parsed, reader: &mut Reader<'_>) {
    let (roots, expression) = roots(&parsed.operands);
    for root in &roots {
        reader.touch(root, Access::List);
    }
    let mut names = roots.iter().all(|root| below_own(reader, root));
    reader.out.io.names_critical = roots.iter().any(|root| whole(reader, root));
    let search = Search {
        follows: parsed.operands.iter().any(follows),
        skips_git: narrowed::skips_git(expression),
        roots,
    };
    let mut at = 0;
    while at < expression.len() {
        let word = &expression[at];
        at += 1;
        let Some(text) = word.known() else {
            reader.ask(
                "unknown-argument",
                "A part of the search is only known when it runs.",
            );
            continue;
        };
        match text {
            "-delete" => {
                names = false;
                search.deletes(reader, &narrowing(expression, at - 1));
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                names = false;
                let narrowed = narrowing(expression, at - 1);
                let end = expression[at..]
                    .iter()
                    .position(|word| matches!(word.known(), Some(";" | "+")))
                    .map_or(expression.len(), |count| at + count);
                search.runs(reader, &narrowed, &expression[at..end]);
                at = (end + 1).min(expression.len());
            }
            "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                if let Some(file) = expression.get(at) {
                    reader.touch(file, Access::Write);
                }
                at += if text == "-fprintf" { 2 } else { 1 };
            }
            "-files0-from" | "-f" => {
                if let Some(file) = expression.get(at) {
                    reader.touch(file, Access::Read);
                }
                at += 1;
            }
            text if ONE.contains(&text) || text.starts_with("-newer") => {
                names &= text != "-printf";
                at += 1;
            }
            text if NONE.contains(&text) => names &= text != "-ls",
            text if text.starts_with('-') && text[1..].bytes().all(|b| b.is_ascii_digit()) => {}
            text => {
                let text = format!("find has no {text} that is known to be harmless.");
                reader.find(crate::verdict::Verdict::Ask, "unknown-option", text);
            }
        }
    }
    reader.out.io.names_all = narrowing(expression, expression.len()).names.is_none();
    let secrets =
        reader.out.io.names_all && search.roots.iter().any(|root| holds_secrets(reader, root));
    reader.out.io.names_files = names;
    reader.out.io.names_secrets = secrets && !names;
    let only = match narrowing(expression, expression.len()).names {
        Some(names) => found::names_of(&names),
        None => Vec::new(),
    };
    below::chosen(reader, only.iter().map(String::as_str));
    let among = Among {
        only,
        follows: search.follows,
        ..Among::default()
    };
    below::names(reader, &search.roots, &among);
}

/// Whether the search goes through the links that it finds.
fn follows(word: &Word) -> bool {
    matches!(word.known(), Some("-L" | "-follow"))
}

fn below_own(reader: &Reader<'_>, root: &Word) -> bool {
    let Some(text) = root.known() else {
        return false;
    };
    locate(text, reader.cwd(), reader.world).is_some_and(|place| {
        matches!(place.zone, Zone::Workspace | Zone::Tmp) && place.guard.is_none()
    })
}

/// Whether a search begins at a home, at the root or at what the system lies in.
fn whole(reader: &Reader<'_>, root: &Word) -> bool {
    let place = root
        .known()
        .and_then(|text| locate(text, reader.cwd(), reader.world));
    place.is_some_and(|place| is_critical(&place.path, reader.world))
}
