//! `fd`, which is told what to look for by a part of the name.

use super::super::below;
use super::below_own;
use super::found::{Search, names_of};
use super::narrowed::{Names, Narrowed, any_case};
use crate::place::Among;
use crate::programs::lookup;
use crate::programs::options::{Parsed, parse};
use crate::programs::reader::Reader;
use crate::word::Word;

pub(super) fn command(_: &Parsed, reader: &mut Reader<'_>) {
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
    let among = Among {
        only: names_of(narrowed.names.as_deref().unwrap_or_default()),
        but_hidden: !parsed.any("-H -u"),
        follows: search.follows,
        ..Among::default()
    };
    below::chosen(reader, among.only.iter().map(String::as_str));
    // Who names files wants hidden ones too, which `fd` leaves out all the same.
    if narrowed.names.is_none() || !among.but_hidden {
        below::names(reader, &search.roots, &among);
    }
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
    if let Some(base) = parsed.value("--base-directory") {
        roots = match base.known() {
            Some(known) if !roots.is_empty() => {
                roots.iter().map(|root| joined_to(known, root)).collect()
            }
            _ => vec![base.clone()],
        };
    }
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

fn joined_to(base: &str, root: &Word) -> Word {
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
        Some(glob) => Narrowed::to(vec![Names::Name(any_case(&glob))]),
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
