//! Wrappers that run a command for each line, or for as long as something is held.

use super::*;
use crate::place;
use crate::programs::options::without;
use crate::programs::{More, code};

pub(super) fn xargs(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.operands.is_empty() {
        reader.out.io.passes_input = true;
        return;
    }
    let mark = parsed
        .value("-I")
        .or_else(|| parsed.value("-i"))
        .or_else(|| parsed.value("--replace"))
        .or_else(|| parsed.value("-J"));
    let mark = match mark {
        Some(mark) => mark.known().map(str::to_owned),
        None if parsed.any("-i --replace") => Some("{}".to_owned()),
        None => None,
    };
    let separator = match parsed.value("-d") {
        Some(given) => given.known().map_or(Some('\n'), separator),
        None => parsed.has("-0").then_some('\0'),
    };
    let mut more = More {
        separator,
        from: parsed
            .value("-a")
            .filter(|file| !code::is_input(file))
            .cloned(),
        ..More::default()
    };
    let Some(mark) = mark.filter(|mark| !mark.is_empty()) else {
        let number = |word: &Word| word.known().and_then(|text| text.parse().ok());
        more.by_line = parsed.any("-L -l");
        let most = parsed.value("-L").or_else(|| parsed.value("-l"));
        if let Some(most) = most.or_else(|| parsed.value("-n")) {
            more.most = Some(number(most).unwrap_or(1));
        } else if more.by_line {
            more.most = Some(1);
        }
        more.by_length = parsed.has("-s");
        return reader.command_with(&parsed.operands, more);
    };
    more.put_in = true;
    let argv: Vec<Word> = parsed
        .operands
        .iter()
        .map(|word| replaced(word, &mark))
        .collect();
    reader.command_with(&argv, more);
}

/// `-d '\n'`, `-d ,`; blanks where another escape is meant.
fn separator(text: &str) -> Option<char> {
    match text {
        "\\n" => Some('\n'),
        "\\t" => Some('\t'),
        "\\0" => Some('\0'),
        text if text.len() > 1 => None,
        text => text.chars().next(),
    }
}

/// The word with what is put in at a mark unknown.
pub(crate) fn replaced(word: &Word, mark: &str) -> Word {
    use crate::word::Piece;
    let Some(text) = word.known().filter(|text| text.contains(mark)) else {
        return word.clone();
    };
    let mut pieces = Vec::new();
    for (at, part) in text.split(mark).enumerate() {
        if at > 0 {
            pieces.push(Piece::Unknown("a line of the input".to_owned()));
        }
        if !part.is_empty() {
            pieces.push(Piece::Text(part.to_owned()));
        }
    }
    if pieces.len() == 1 {
        Word::Unknown("a line of the input".to_owned())
    } else {
        Word::Partial(pieces)
    }
}

/// `parallel gzip ::: *.txt`: a plain command, once for each word that stands in the line, is judged as that command.
fn plain_parallel(parsed: &Parsed, reader: &mut Reader<'_>) -> bool {
    let marks = |word: &&Word| word.prefix().starts_with(":::");
    let Some(end) = parsed.operands.iter().position(|word| marks(&word)) else {
        return false;
    };
    let (command, given) = (&parsed.operands[..end], &parsed.operands[end + 1..]);
    // A shell reads the command, and braces may hold code.
    let plain = |word: &Word| {
        word.known().is_some_and(|text| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,:+@%".contains(c);
            text == "{}" || text.chars().all(plain)
        })
    };
    let named = place::name(reader.invocation.argv[0].prefix()) == "parallel";
    // What it is to run may not be what it is given.
    let named = named
        && command
            .first()
            .is_some_and(|word| word.known() != Some("{}"));
    let one = parsed.operands[end].known() == Some(":::") && !given.iter().any(|word| marks(&word));
    if !named
        || !one
        || command.is_empty()
        || !parsed.strange.is_empty()
        || !command.iter().all(plain)
    {
        return false;
    }
    let holds = |word: &Word| word.known() == Some("{}");
    for word in given {
        let mut argv: Vec<Word> = command
            .iter()
            .map(|part| {
                if holds(part) {
                    word.clone()
                } else {
                    part.clone()
                }
            })
            .collect();
        if !command.iter().any(holds) {
            argv.push(word.clone());
        }
        reader.run(&argv);
    }
    reader
        .out
        .findings
        .retain(|finding| finding.code != "parallel");
    true
}

pub(super) fn parallel(parsed: &Parsed, reader: &mut Reader<'_>) {
    if plain_parallel(parsed, reader) {
        return;
    }
    let end = parsed
        .operands
        .iter()
        .position(|word| matches!(word.known(), Some(":::" | "::::" | ":::+")))
        .unwrap_or(parsed.operands.len());
    let mut words: Vec<Word> = parsed.operands[..end]
        .iter()
        .map(|word| replaced(word, "{}"))
        .collect();
    if words.is_empty() {
        for word in parsed.operands.iter().skip(1) {
            reader.shell(word.clone());
        }
        return super::super::builtins::runs_input(reader, Dialect::Posix);
    }
    for given in parsed.operands.iter().skip(end + 1) {
        let mut line = words.clone();
        line.push(given.clone());
        reader.shell(joined(&line));
    }
    if end == parsed.operands.len() {
        words.push(Word::Unknown("a line of the input".to_owned()));
        reader.shell(joined(&words));
    }
}

pub(super) fn watch(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("-x") {
        return reader.run(&parsed.operands);
    }
    if !parsed.operands.is_empty() {
        reader.shell(joined(&parsed.operands));
    }
}

/// `entr COMMAND`, its words as they are, and `entr -s LINE`. `/_` stands for the file that changed.
pub(super) fn entr(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("-s") {
        if let Some(line) = parsed.operands.first() {
            reader.shell(line.clone());
        }
        return;
    }
    let argv: Vec<Word> = parsed
        .operands
        .iter()
        .map(|word| replaced(word, "/_"))
        .collect();
    if argv == parsed.operands {
        return reader.run(&argv);
    }
    let more = More {
        separator: Some('\n'),
        put_in: true,
        ..More::default()
    };
    reader.command_with(&argv, more);
}

/// `start-stop-daemon --exec PROGRAM -- ARGUMENTS`, `daemonize PROGRAM ARGUMENTS`.
pub(super) fn daemon(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words = &reader.invocation.argv[1..];
    let named = words.iter().enumerate().find_map(|(at, word)| {
        let text = word.prefix();
        match text.split_once('=') {
            Some(("--exec" | "--startas", _)) => {
                Some(without(word, text.find('=').unwrap_or(0) + 1))
            }
            None if matches!(text, "-x" | "-a" | "--exec" | "--startas") => {
                words.get(at + 1).cloned()
            }
            _ => None,
        }
    });
    let Some(program) = named else {
        return tail(parsed, reader);
    };
    let dashes = words.iter().position(|word| word.known() == Some("--"));
    let mut argv = vec![program];
    argv.extend_from_slice(dashes.map_or(&[], |at| &words[at + 1..]));
    reader.run(&argv);
}

pub(super) fn flock(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((file, rest)) = parsed.operands.split_first() else {
        return;
    };
    if file
        .known()
        .is_none_or(|file| !file.bytes().all(|b| b.is_ascii_digit()))
    {
        reader.touch(file, crate::place::Access::Create);
    }
    match rest {
        [Word::Known(flag), line, ..] if flag == "-c" || flag == "--command" => {
            reader.shell(line.clone())
        }
        _ => reader.run(rest),
    }
}

pub(super) fn script(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((file, rest)) = parsed.operands.split_first() else {
        if !parsed.has("-c") {
            super::super::builtins::runs_input(reader, Dialect::Posix);
        }
        return;
    };
    reader.touch(file, crate::place::Access::Write);
    if rest.is_empty() && !parsed.has("-c") {
        super::super::builtins::runs_input(reader, Dialect::Posix);
    }
    reader.run(rest);
}

/// `sg GROUP -c COMMAND`; the short name of ast-grep as well.
pub(super) fn group(parsed: &Parsed, reader: &mut Reader<'_>) {
    const SEARCHES: &[&str] = &["run", "scan", "test", "new", "lsp", "completions", "help"];
    let words = &parsed.operands;
    let first = words.first().map_or("", Word::prefix);
    if SEARCHES.contains(&first) || first.starts_with('-') && first.len() > 1 {
        return reader.again("ast-grep", words);
    }
    reader.ask("privilege", "It runs with the rights of another group.");
    let command = words.get(1..).unwrap_or_default();
    let command = match command.first().and_then(Word::known) {
        Some("-c") => &command[1..],
        _ => command,
    };
    if command.is_empty() {
        return super::super::builtins::runs_input(reader, Dialect::Posix);
    }
    reader.shell(joined(command));
}
