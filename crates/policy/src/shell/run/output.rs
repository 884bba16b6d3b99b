//! The output of programs that only turn known text into other text.

use crate::programs::{Reading, Stdin};
use crate::word::{Piece, Word};

/// Longer texts are not followed.
const LONGEST: usize = 64 * 1024;

/// What a program writes; none where that is not known.
pub(super) fn known(argv: &[Word], input: Option<&str>) -> Option<String> {
    let words: Vec<&str> = argv.iter().map(Word::known).collect::<Option<_>>()?;
    let (name, args) = words.split_first()?;
    let name = name.rsplit('/').next()?;
    let text = match name {
        "echo" => echo(args),
        "printf" => printed(&argv[1..]),
        "cat" if args.is_empty() || args == ["-"] => input.map(str::to_owned),
        "tee" => input.map(str::to_owned),
        "rev" if args.is_empty() => Some(
            input?
                .lines()
                .map(|l| l.chars().rev().collect::<String>() + "\n")
                .collect(),
        ),
        "tac" if args.is_empty() => Some(input?.lines().rev().map(|l| format!("{l}\n")).collect()),
        "tr" => translated(args, input?),
        "base64" | "gbase64" => unbase64(args, input?),
        "base32" => None,
        "xxd" => unhex(args, input?),
        "true" | ":" | "false" | "cd" | "export" | "test" | "[" | "set" | "sleep" | "mkdir"
        | "touch" | "chmod" => Some(String::new()),
        "seq" => sequence(args),
        "dirname" => match args {
            [path] => Some(format!("{}\n", folder(path))),
            _ => None,
        },
        "basename" => match args {
            [path] => Some(format!(
                "{}\n",
                path.trim_end_matches('/').rsplit('/').next().unwrap_or("/")
            )),
            [path, end] if !path.starts_with('-') => {
                let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or("/");
                let stem = name.strip_suffix(end).filter(|stem| !stem.is_empty());
                Some(format!("{}\n", stem.unwrap_or(name)))
            }
            _ => None,
        },
        _ => None,
    };
    text.filter(|text| text.len() <= LONGEST)
}

/// `realpath ~`: the path of which it writes where it leads.
pub(super) fn resolves(argv: &[Word]) -> Option<&str> {
    let words: Vec<&str> = argv.iter().map(Word::known).collect::<Option<_>>()?;
    match words.as_slice() {
        ["realpath" | "grealpath", path] | ["realpath" | "readlink", "-f" | "-e" | "-m", path] => {
            Some(path)
        }
        _ => None,
    }
}

/// The name of a new temporary file, as far as it is known.
pub(super) fn temporary(argv: &[Word], tmp: &str) -> Option<Vec<Piece>> {
    let words: Vec<&str> = argv.iter().map(Word::known).collect::<Option<_>>()?;
    let (&("mktemp" | "gmktemp"), args) = words.split_first()? else {
        return None;
    };
    let (mut below, mut template) = (false, None);
    for arg in args {
        match *arg {
            "-d" | "--directory" | "-q" | "--quiet" | "-u" | "--dry-run" | "-dq" | "-qd" => {}
            "-t" | "-dt" | "-td" | "--tmpdir" => below = true,
            text if !text.starts_with('-') && template.is_none() => template = Some(text),
            _ => return None,
        }
    }
    let template = template.unwrap_or_else(|| {
        below = true;
        "tmp.XXXXXXXXXX"
    });
    let at = template.rfind("XXX")? + "XXX".len();
    let begin = template[..at].trim_end_matches('X');
    let begin = if below {
        format!("{}/{begin}", tmp.trim_end_matches('/'))
    } else {
        begin.to_owned()
    };
    let rest = template[at..].to_owned();
    let name = Piece::Pattern("…".to_owned());
    let pieces = [Piece::Text(begin), name, Piece::Text(rest)];
    let known = |piece: &Piece| !matches!(piece, Piece::Text(text) if text.is_empty());
    Some(pieces.into_iter().filter(known).collect())
}

/// Whether a program passes on some lines of its input, and which was said.
pub(super) fn chooses(argv: &[Word]) -> bool {
    let words: Vec<&str> = argv.iter().filter_map(Word::known).collect();
    let all = |word: &&str| {
        matches!(*word, "--invert-match" | "--files")
            || word.starts_with('-') && !word.starts_with("--") && word.contains('v')
    };
    match words.split_first() {
        Some((&("grep" | "egrep" | "fgrep" | "rg" | "ag" | "ack"), args)) => !args.iter().any(all),
        Some((&("head" | "tail" | "fzf" | "shuf"), _)) => true,
        _ => false,
    }
}

/// Whether a program writes what it makes of a text that stands in the line: of its input, which is known, or of its
/// own code, which reads nothing.
pub(super) fn turns(argv: &[Word], reading: &Reading, input: &Stdin) -> bool {
    const TURN: &[&str] = &[
        "sed", "gsed", "awk", "gawk", "mawk", "nawk", "cut", "tr", "rev", "tac", "fold", "paste",
        "column", "colrm", "expand", "fmt", "iconv", "grep", "egrep", "head", "tail", "sort",
        "uniq", "nl", "jq", "perl", "python", "python3", "python2", "ruby", "node", "php", "lua",
        "bun",
    ];
    let name = argv.first().and_then(Word::known).map(crate::place::name);
    if !name.is_some_and(|name| TURN.contains(&name)) {
        return false;
    }
    let reads = |effect: &crate::effect::Effect| effect.kind == crate::effect::EffectKind::Read;
    if reading.effects.iter().any(reads) {
        return false;
    }
    match input {
        Stdin::Text(word) => word.known().is_some_and(|text| !text.trim().is_empty()),
        Stdin::Inherited => true,
        Stdin::File(_) | Stdin::Pipe => false,
    }
}

/// Whether a program writes a number and nothing else.
pub(super) fn is_number(argv: &[Word]) -> bool {
    let words: Vec<&str> = argv.iter().filter_map(Word::known).collect();
    if words.len() != argv.len() {
        return false;
    }
    // `date +%Y-%m-%d`: digits, and what stands between them leads nowhere.
    if let ["date" | "gdate", format] | ["date" | "gdate", "-u", format] = words.as_slice() {
        let rest = format.strip_prefix("+%").unwrap_or("/");
        return rest.chars().all(|c| "YymdHMSsNjuwFT%-_.Z".contains(c));
    }
    matches!(
        words.as_slice(),
        ["wc", "-l" | "-c" | "-w" | "-m"] | ["nproc"] | ["id", "-u" | "-g"]
    )
}

/// The folder that a path names something in.
fn folder(path: &str) -> &str {
    let path = match path.trim_end_matches('/') {
        "" if path.starts_with('/') => return "/",
        path => path,
    };
    match path.rsplit_once('/') {
        None => ".",
        Some((folder, _)) => match folder.trim_end_matches('/') {
            "" => "/",
            folder => folder,
        },
    }
}

fn echo(args: &[&str]) -> Option<String> {
    let mut rest = args;
    let (mut newline, mut escapes) = (true, false);
    while let Some((first, after)) = rest.split_first() {
        let flags = first.strip_prefix('-').unwrap_or_default();
        if flags.is_empty() || !flags.chars().all(|c| "neE".contains(c)) {
            break;
        }
        for flag in flags.chars() {
            match flag {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = after;
    }
    let mut text = rest.join(" ");
    if escapes {
        text = unescaped(&text)?;
    }
    if newline {
        text.push('\n');
    }
    Some(text)
}

/// `printf` with `%s`, `%b`, `%d`, `%x`-free formats; none for others.
pub(super) fn printed(args: &[Word]) -> Option<String> {
    let words: Vec<&str> = args.iter().map(Word::known).collect::<Option<_>>()?;
    let words = match words.as_slice() {
        ["--", rest @ ..] => rest,
        rest => rest,
    };
    let (format, values) = words.split_first()?;
    if format.starts_with('-') {
        return None;
    }
    let mut values = values.iter();
    let mut out = String::new();
    loop {
        let mut consumed = false;
        let mut chars = unescaped_format(format)?.into_iter();
        while let Some(c) = chars.next() {
            let (c, literal) = c;
            if c != '%' || literal {
                out.push(c);
                continue;
            }
            match chars.next()?.0 {
                '%' => out.push('%'),
                's' | 'd' | 'i' | 'u' | 'c' => {
                    out.push_str(values.next().copied().unwrap_or_default());
                    consumed = true;
                }
                'b' => {
                    out.push_str(&unescaped(values.next().copied().unwrap_or_default())?);
                    consumed = true;
                }
                _ => return None,
            }
        }
        if values.len() == 0 || !consumed || out.len() > LONGEST {
            return Some(out);
        }
    }
}

/// The characters of a format and whether each was escaped.
fn unescaped_format(format: &str) -> Option<Vec<(char, bool)>> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let (escaped, length) = escape(&rest[1..])?;
            out.extend(escaped.map(|c| (c, true)));
            rest = &rest[1 + length..];
        } else {
            out.push((c, false));
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(out)
}

fn unescaped(text: &str) -> Option<String> {
    Some(
        unescaped_format(text)?
            .into_iter()
            .map(|(c, _)| c)
            .collect(),
    )
}

/// The character that an escape stands for, and the length of what follows the backslash.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let digits = |text: &str, radix: u32, most: usize| -> (u32, usize) {
        let length = text
            .chars()
            .take(most)
            .take_while(|c| c.is_digit(radix))
            .count();
        (
            u32::from_str_radix(&text[..length], radix).unwrap_or(0),
            length,
        )
    };
    let Some(first) = rest.chars().next() else {
        return Some((Some('\\'), 0));
    };
    let simple = match first {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        'e' => '\u{1b}',
        '\\' => '\\',
        '"' => '"',
        '0'..='7' => {
            let zero = usize::from(first == '0');
            let (value, length) = digits(&rest[zero..], 8, 3);
            return Some((Some(char::from_u32(value)?), zero + length)).filter(|_| value < 128);
        }
        'x' => {
            let (value, length) = digits(&rest[1..], 16, 2);
            return Some((Some(char::from_u32(value)?), 1 + length))
                .filter(|_| value < 128 && length > 0);
        }
        'c' | 'u' | 'U' => return None,
        other => {
            // The backslash stays; the caller sees it and then the character.
            let _ = other;
            return Some((Some('\\'), 0));
        }
    };
    Some((Some(simple), 1))
}

fn translated(args: &[&str], input: &str) -> Option<String> {
    match args {
        ["-d", set] => {
            let set = expanded(set)?;
            Some(input.chars().filter(|c| !set.contains(c)).collect())
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (expanded(from)?, expanded(to)?);
            let last = *to.last()?;
            Some(
                input
                    .chars()
                    .map(|c| match from.iter().position(|f| *f == c) {
                        Some(at) => to.get(at).copied().unwrap_or(last),
                        None => c,
                    })
                    .collect(),
            )
        }
        _ => None,
    }
}

fn expanded(set: &str) -> Option<Vec<char>> {
    match set {
        "[:upper:]" => return Some(('A'..='Z').collect()),
        "[:lower:]" => return Some(('a'..='z').collect()),
        _ if set.contains("[:") || set.contains('\\') && unescaped(set).is_none() => return None,
        _ => {}
    }
    let chars: Vec<char> = unescaped(set)?.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if at + 2 < chars.len() && chars[at + 1] == '-' && chars[at] <= chars[at + 2] {
            out.extend(chars[at]..=chars[at + 2]);
            at += 3;
        } else {
            out.push(chars[at]);
            at += 1;
        }
        if out.len() > 4096 {
            return None;
        }
    }
    Some(out)
}

fn unbase64(args: &[&str], input: &str) -> Option<String> {
    let decodes = |arg: &str| {
        matches!(arg, "-d" | "-D" | "-i" | "-di") || (arg.len() > 3 && "--decode".starts_with(arg))
    };
    if args.is_empty() || !args.iter().all(|arg| decodes(arg)) {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in input.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

fn unhex(args: &[&str], input: &str) -> Option<String> {
    if !args
        .iter()
        .all(|a| matches!(*a, "-r" | "-p" | "-ps" | "-rp" | "-pr" | "-r -p"))
        || !args.iter().any(|a| a.contains('r'))
    {
        return None;
    }
    let digits: String = input.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() % 2 == 1 || !digits.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

fn sequence(args: &[&str]) -> Option<String> {
    let numbers: Vec<i64> = args.iter().map(|a| a.parse().ok()).collect::<Option<_>>()?;
    let (from, to) = match numbers.as_slice() {
        [to] => (1, *to),
        [from, to] => (*from, *to),
        _ => return None,
    };
    if to.checked_sub(from)? > 1000 {
        return None;
    }
    Some((from..=to).map(|n| format!("{n}\n")).collect())
}
