//! Searches of the file system that can also delete, write and run what they find.

mod found;
mod tests;

use crate::effect::Zone;
use crate::place::{Access, is_critical, locate};
use crate::programs::lookup;
use crate::programs::options::{Parsed, parse};
use crate::programs::reader::Reader;
use crate::programs::table::{
    Grammar, LIST, NAMES, Operands, Program, TEXT, flag, flags, joined, program, value,
};
use crate::word::Word;
use found::Search;
use tests::{Names, Narrowed, narrowing};

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("find gfind").grammar(Grammar::Plain).also(find),
    program("bfs").grammar(Grammar::Plain).also(find),
    program("fd fdfind").io(NAMES).grammar(Grammar::Plain).also(fd),
    program("locate mlocate plocate mdfind which whereis command-not-found apropos whatis tldr cheat").options(&[flags("-a -b -i -l -n -r -s -v -c -e -0"), value("-onlyin", LIST)]),
    program("updatedb").asks(crate::effect::EffectKind::System, "index", "reads every name on this machine"),
    program("fd-options").strict().options(FD).operands(Operands::First(TEXT, LIST)),
];

#[rustfmt::skip]
const FD: &[crate::programs::table::Opt] = &[
    flag("-x --exec -X --exec-batch", TEXT),
    value("-e --extension", TEXT), value("--search-path", LIST), value("--base-directory -C", LIST), flags("-g --glob"), flags("-p --full-path"), flags("-L --follow"), flags("-s --case-sensitive"), flags("-i --ignore-case"),
    value("-t --type -E --exclude -d --max-depth --min-depth --exact-depth -S --size --changed-within --changed-before --newer --older -o --owner --color -j --threads --max-results --path-separator --strip-cwd-prefix -c --format --and --ignore-file --max-buffer-time --batch-size --gen-completions", TEXT),
    flags("-H --hidden -I --no-ignore -u --unrestricted -F --fixed-strings -a --absolute-path -l --list-details -0 --print0 -q --quiet -1 --prune --show-errors --one-file-system -V --version -h --help --no-ignore-vcs --no-ignore-parent --no-global-ignore-file --no-follow --relative-path"),
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
        skips_git: tests::skips_git(expression),
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
    reader.out.io.names_files = names;
    reader.out.io.names_all = narrowing(expression, expression.len()).names.is_none();
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

fn fd(_: &Parsed, reader: &mut Reader<'_>) {
    let args = reader.invocation.argv[1..].to_vec();
    let at = args.iter().position(|word| {
        let text = word.prefix();
        matches!(text, "-x" | "--exec" | "-X" | "--exec-batch")
            || text.starts_with("--exec")
            || (text.starts_with('-') && !text.starts_with("--") && text.contains(['x', 'X']))
    });
    let (own, command) = match at {
        Some(at) => (&args[..at], args.get(at + 1..).unwrap_or(&[])),
        None => (&args[..], &[][..]),
    };
    reader.again("fd-options", own);
    let parsed = parse(
        own,
        lookup::find("fd-options").expect("the options of fd are in the table"),
    );
    let search = fd_search(&parsed);
    let narrowed = fd_names(&parsed);
    reader.out.io.names_all = narrowed.names.is_none();
    reader.out.io.names_files &= search.roots.iter().all(|root| below_own(reader, root));
    let Some(at) = at else {
        return;
    };
    reader.out.io.names_files = false;
    let joined = args[at]
        .known()
        .and_then(|text| text.split_once('='))
        .map(|(_, rest)| Word::from(rest));
    let end = command
        .iter()
        .position(|word| word.known() == Some(";"))
        .unwrap_or(command.len());
    let mut argv: Vec<Word> = joined
        .into_iter()
        .chain(command[..end].iter().cloned())
        .collect();
    let marks = ["{}", "{.}", "{/}", "{//}", "{/.}"];
    let marked = |word: &Word| marks.iter().any(|mark| word.prefix().contains(mark));
    if !argv.iter().any(marked) {
        argv.push(Word::from("{}"));
    }
    search.runs(reader, &narrowed, &argv);
}

fn fd_search(parsed: &Parsed) -> Search {
    let mut roots: Vec<Word> = parsed.operands.iter().skip(1).cloned().collect();
    roots.extend(parsed.values("--search-path").cloned());
    let base = parsed.value("--base-directory").map(|word| word.prefix());
    let mut roots: Vec<Word> = match (base, roots.is_empty()) {
        (Some(base), true) => vec![Word::from(base)],
        (Some(base), false) => roots.iter().map(|root| below(base, root)).collect(),
        (None, _) => roots,
    };
    if roots.is_empty() {
        roots.push(Word::from("."));
    }
    Search {
        follows: parsed.has("-L"),
        // It leaves out `.git` unless it is told to show what is hidden.
        skips_git: !parsed.any("-H -u"),
        roots,
    }
}

fn below(base: &str, root: &Word) -> Word {
    match root.known() {
        Some(root) if !root.starts_with('/') => Word::Known(format!("{base}/{root}")),
        _ => root.clone(),
    }
}

/// What the pattern of `fd`, a regular expression for a part of the name, says of the names.
fn fd_names(parsed: &Parsed) -> Narrowed {
    let endings: Vec<String> = parsed
        .values("-e")
        .filter_map(Word::known)
        .map(|ending| format!("*.{}", ending.trim_start_matches('.')))
        .collect();
    if !endings.is_empty() {
        let names = endings.into_iter().map(Names::Name).collect();
        return Narrowed::to(names);
    }
    let text = parsed.operand(0).unwrap_or("");
    if parsed.has("-p") || matches!(text, "" | "." | "^" | "*") {
        return Narrowed::default();
    }
    let glob = if parsed.has("-g") {
        Some(text.to_owned())
    } else {
        literal(text)
    };
    let exact = parsed.has("-s") || text.chars().any(char::is_uppercase) && !parsed.has("-i");
    match glob {
        Some(glob) if exact => Narrowed::to(vec![Names::Name(glob)]),
        Some(glob) => Narrowed::to(vec![Names::Name(tests::any_case(&glob))]),
        None => Narrowed::picky(),
    }
}

/// A regular expression without anything but letters and anchors, as a pattern of a name.
fn literal(text: &str) -> Option<String> {
    let (begin, rest) = match text.strip_prefix('^') {
        Some(rest) => ("", rest),
        None => ("*", text),
    };
    let (rest, end) = match rest.strip_suffix('$') {
        Some(rest) => (rest, ""),
        None => (rest, "*"),
    };
    let rest = rest.replace("\\.", ".");
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    rest.chars()
        .all(plain)
        .then(|| format!("{begin}{rest}{end}"))
}
