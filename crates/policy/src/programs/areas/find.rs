//! Searches of the file system that can also delete, write and run what they find.

use super::wrappers::replaced;
use crate::effect::Zone;
use crate::place::{Access, is_critical, locate};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Grammar, LIST, NAMES, Operands, Program, TEXT, flag, flags, joined, program, value,
};
use crate::word::{Piece, Word};

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
    value("-t --type -e --extension -E --exclude -d --max-depth --min-depth --exact-depth -S --size --changed-within --changed-before --newer --older -o --owner --color -j --threads --max-results --base-directory --path-separator --search-path --strip-cwd-prefix -c --format --and --ignore-file --max-buffer-time --batch-size --gen-completions -C", TEXT),
    flags("-H --hidden -I --no-ignore -u --unrestricted -s --case-sensitive -i --ignore-case -g --glob -F --fixed-strings -a --absolute-path -l --list-details -L --follow -p --full-path -0 --print0 -q --quiet -1 --prune --show-errors --one-file-system -V --version -h --help --no-ignore-vcs --no-ignore-parent --no-global-ignore-file --no-follow --relative-path"),
    joined("--hyperlink", TEXT),
];

/// What a search that is given no more may find below a folder.
fn found(root: &Word) -> Word {
    match root {
        Word::Known(root) => Word::Partial(vec![
            Piece::Text(format!("{}/", root.trim_end_matches('/'))),
            Piece::Pattern("*".to_owned()),
        ]),
        _ => Word::Unknown("what the search finds".to_owned()),
    }
}

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
    let narrow = expression.iter().any(|word| {
        matches!(
            word.known(),
            Some(
                "-name"
                    | "-iname"
                    | "-path"
                    | "-ipath"
                    | "-regex"
                    | "-empty"
                    | "-mtime"
                    | "-size"
                    | "-newer"
                    | "-wholename"
                    | "-mmin"
                    | "-inum"
                    | "-samefile"
                    | "-iregex"
            )
        )
    });
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
                deletes(reader, &roots, expression, narrow);
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                names = false;
                let end = expression[at..]
                    .iter()
                    .position(|word| matches!(word.known(), Some(";" | "+")))
                    .map_or(expression.len(), |count| at + count);
                runs(reader, &roots, expression, &expression[at..end], narrow);
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

/// Programs that read what they are given.
#[rustfmt::skip]
const READERS: &[&str] = &[
    "cat", "head", "tail", "less", "more", "base64", "xxd", "od", "strings", "cp", "tar", "curl", "scp", "rsync", "nc",
    "openssl", "gzip", "zip", "sed", "awk", "python3", "perl", "sh", "bash", "hexdump", "nl", "tac", "bat", "install",
];

/// What the expression says of the names that are found, as words below a root; none where it says nothing.
fn chosen(root: &str, expression: &[Word]) -> Vec<Word> {
    let mut chosen = Vec::new();
    for pair in expression.windows(2) {
        let (Some(test), Some(pattern)) = (pair[0].known(), pair[1].known()) else {
            continue;
        };
        let root = root.trim_end_matches('/');
        let text = match test {
            "-name" | "-iname" => format!("{root}/{pattern}"),
            "-path" | "-ipath" | "-wholename" | "-iwholename" => pattern.to_owned(),
            _ => continue,
        };
        chosen.push(patterned(&text));
    }
    chosen
}

/// A pattern as a word: what surely comes first, and the rest.
fn patterned(text: &str) -> Word {
    match text.find(['*', '?', '[']) {
        None => Word::from(text),
        Some(0) => Word::Partial(vec![Piece::Pattern(text.to_owned())]),
        Some(at) => Word::Partial(vec![
            Piece::Text(text[..at].to_owned()),
            Piece::Pattern(text[at..].to_owned()),
        ]),
    }
}

/// All that a search finds is deleted: with nothing to narrow it, everything.
fn deletes(reader: &mut Reader<'_>, roots: &[Word], expression: &[Word], narrow: bool) {
    for root in roots {
        if !(narrow && below_own(reader, root)) {
            reader.touch(root, Access::DeleteAll);
            continue;
        }
        let chosen = chosen(root.known().unwrap_or("."), expression);
        if chosen.is_empty() {
            reader.touch(&one(root), Access::Delete);
        }
        chosen.iter().for_each(|word| {
            reader.touch(word, Access::Delete);
        });
    }
}

/// One file below a root, of which no more is known.
fn one(root: &Word) -> Word {
    match root {
        Word::Known(root) => Word::Partial(vec![
            Piece::Text(format!("{}/", root.trim_end_matches('/'))),
            Piece::Pattern("*".to_owned()),
            Piece::Text("found".to_owned()),
        ]),
        other => found(other),
    }
}

fn runs(
    reader: &mut Reader<'_>,
    roots: &[Word],
    expression: &[Word],
    command: &[Word],
    narrow: bool,
) {
    for root in roots {
        let own = below_own(reader, root);
        let reads = command
            .first()
            .and_then(Word::known)
            .is_some_and(|name| READERS.contains(&name));
        if !own && reads && !narrow {
            reader.touch(root, Access::ReadAll);
        } else if !own && reads {
            reader.ask(
                "read-outside",
                "It reads files that it finds outside of the workspace.",
            );
        }
        let mut stand_ins = if narrow && (own || reads) {
            chosen(root.known().unwrap_or("."), expression)
        } else {
            Vec::new()
        };
        if stand_ins.is_empty() {
            stand_ins.push(match (own, narrow) {
                (true, true) => one(root),
                (true, false) => found(root),
                (false, _) => root.clone(),
            });
        }
        for stands_for in stand_ins {
            let argv: Vec<Word> = command
                .iter()
                .map(|word| {
                    if word.known() == Some("{}") {
                        stands_for.clone()
                    } else {
                        replaced(word, "{}")
                    }
                })
                .collect();
            reader.command(&argv, false, None, false);
        }
    }
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
    if let Some(at) = at {
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
            .map(|word| replaced(&word, "{}"))
            .collect();
        let outside = own
            .iter()
            .filter(|word| !word.prefix().starts_with('-'))
            .skip(1)
            .find(|word| !below_own(reader, word));
        let own_folder = super::files::in_workspace(reader);
        let stands_for = if let Some(outside) = outside {
            outside.clone()
        } else if own_folder {
            found(&Word::from("."))
        } else {
            Word::Unknown("what the search finds".to_owned())
        };
        argv.push(stands_for);
        reader.command(&argv, false, None, false);
    }
}
