//! Lines of PowerShell and cmd within other lines.

use super::*;
use crate::programs::Args;

/// `powershell -NoProfile -EncodedCommand …`: what it runs is judged, decoded where it is encoded.
pub(super) fn inner_powershell(
    command: &Command,
    world: &World<'_>,
    out: &mut Reading,
    depth: u32,
) {
    let words: Vec<&str> = command.args().collect();
    let mut at = 0;
    while at < words.len() {
        let word = words[at].replacen('/', "-", usize::from(words[at].starts_with('/')));
        at += 1;
        let is = |parameter: &str, least: usize| {
            word.len() >= least && word.starts_with('-') && parameter.starts_with(word.as_str())
        };
        if is("-encodedcommand", 2) && !is("-executionpolicy", 3) || word == "-ec" {
            let encoded = command.words.get(at + 1);
            at += 1;
            match encoded.and_then(|word| base64::decoded(&word.raw)) {
                Some(text) => {
                    find(out, Verdict::Deny, "decode-run", &quoting(&text));
                    return line(&text, Dialect::PowerShell, world, out, depth + 1);
                }
                None => find(
                    out,
                    Verdict::Deny,
                    "decode-run",
                    "What it runs is encoded in a way that cannot be read.",
                ),
            }
        } else if is("-command", 2) {
            return line(
                &words[at..].join(" "),
                Dialect::PowerShell,
                world,
                out,
                depth + 1,
            );
        } else if is("-file", 2) {
            return find(out, Verdict::Ask, "foreign-script", "It runs a script.");
        } else if is("-executionpolicy", 3) || word == "-ep" {
            find(
                out,
                Verdict::Ask,
                "execution-policy",
                "It says itself what scripts may run.",
            );
            at += 1;
        } else if is("-windowstyle", 2)
            || is("-inputformat", 4)
            || is("-outputformat", 2)
            || is("-version", 2)
            || is("-configurationname", 5)
            || is("-workingdirectory", 4)
        {
            at += 1;
        } else if !word.starts_with('-') {
            return line(
                &words[at - 1..].join(" "),
                Dialect::PowerShell,
                world,
                out,
                depth + 1,
            );
        }
    }
    find(
        out,
        Verdict::Ask,
        "shell-input",
        "A shell runs whatever it is given.",
    );
}

/// What is hidden in Base64, for a person.
fn quoting(text: &str) -> String {
    const SHOWN: usize = 200;
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN)
        .collect();
    let more = if text.chars().count() > SHOWN {
        "…"
    } else {
        ""
    };
    format!("What it runs is encoded, so that nobody sees it: \"{line}{more}\".")
}

/// `cmd /c LINE`: what follows is judged.
pub(super) fn inner_cmd(command: &Command, world: &World<'_>, out: &mut Reading, depth: u32) {
    let words: Vec<&str> = command.args().collect();
    match words
        .iter()
        .position(|word| word.starts_with("/c") || word.starts_with("/k") || word.starts_with("/r"))
    {
        Some(at) => {
            let mut text = words[at].get(2..).unwrap_or("").to_owned();
            for word in &words[at + 1..] {
                text.push(' ');
                text.push_str(word);
            }
            line(&text, Dialect::Cmd, world, out, depth + 1);
        }
        None => find(
            out,
            Verdict::Ask,
            "shell-input",
            "A shell runs whatever it is given.",
        ),
    }
}

/// A name that the table of programs does not have, but PowerShell or cmd does: `ri -r -fo $env:USERPROFILE`.
pub(crate) fn by_name(name: &str, args: &[Word], reader: &mut Reader<'_>) {
    let lower = name.to_ascii_lowercase();
    let drive = |word: &Word| {
        let text = word.prefix();
        text.len() == 2 && text.ends_with(':')
    };
    let formats = lower == "format" && args.first().is_some_and(drive);
    if !names::is_foreign(&lower) && !formats {
        return;
    }
    if names::full(&lower) == "remove-item" && deletes_a_home(args, reader) {
        reader.deny(
            "delete-home",
            "It deletes a whole folder of a person or of the system.",
        );
    }
    if names::full(&lower) == "remove-item" && deletes_the_system(args, reader) {
        reader.deny(
            "delete-system",
            "It deletes a whole folder of a person or of the system.",
        );
    }
    let mut text = lower;
    for arg in args {
        text.push(' ');
        text.push_str(&written(arg));
    }
    let mut reading = read(&text, Dialect::PowerShell, reader.world);
    find(
        &mut reading,
        Verdict::Ask,
        "foreign-command",
        "It is a command of another shell.",
    );
    reader.out.known = true;
    reader.out.findings.extend(reading.findings);
    reader.out.effects.extend(reading.effects);
    reader.out.runs.extend(reading.runs);
}

/// Whether it deletes all of a home, which the outer shell named by its own variables.
fn deletes_a_home(args: &[Word], reader: &Reader<'_>) -> bool {
    let home = crate::place::trimmed(&reader.world.home);
    deletes(args, reader, |path| path == home)
}

fn deletes_the_system(args: &[Word], reader: &Reader<'_>) -> bool {
    let home = crate::place::trimmed(&reader.world.home);
    deletes(args, reader, |path| {
        path != home && crate::place::is_critical(path, reader.world)
    })
}

fn deletes(args: &[Word], reader: &Reader<'_>, is: impl Fn(&str) -> bool) -> bool {
    let recursive = args.iter().any(|word| {
        let text = word.prefix().to_ascii_lowercase();
        text.len() > 1 && "-recurse".starts_with(&text)
    });
    let mut paths = args.iter().filter_map(Word::known);
    recursive
        && paths
            .any(|text| crate::place::normalise(text, reader.cwd()).is_some_and(|path| is(&path)))
}

/// Whether a line of another shell has a command that this one does not have: `Remove-Item`, `irm`.
pub(crate) fn is_name(name: &str) -> bool {
    /// Short names that no program of this shell has: what they fetch goes to others of their shell.
    const FETCH: &[&str] = &["iwr", "irm"];
    let name = name.to_ascii_lowercase();
    FETCH.contains(&name.as_str()) || name.contains('-') && names::is_foreign(&name)
}

/// `type %USERPROFILE%…`: what names commands here and shows files there, with a path of theirs.
pub(crate) fn shows_a_file(argv: &[String]) -> bool {
    let is_path = |word: &String| {
        let drive = word.as_bytes().get(1) == Some(&b':');
        drive || word.matches('%').count() > 1 || word.contains('\\')
    };
    matches!(argv, [name, paths @ ..] if name == "type" && paths.iter().any(is_path))
}

/// Whether a line has a path as only the other shell writes them.
pub(crate) fn has_a_path(line: &str) -> bool {
    const MARKS: &[&str] = &[":\\", "~\\", "$home\\", "$env:", "%\\"];
    line.contains(['\\', ':']) && {
        let lower = line.to_ascii_lowercase();
        MARKS.iter().any(|mark| lower.contains(mark))
    }
}

/// `rm -r -fo C:\Users`, `cat $HOME\.ssh\id_rsa`: a name that both shells have, for a line with a path of the other.
pub(crate) fn is_alias(argv: &[String]) -> bool {
    argv.first().is_some_and(|name| {
        names::full(name) != name || names::is_foreign(name) || name.starts_with(':')
    })
}

/// A word as it was before this shell took it for its own: `$env` is a variable there.
pub(super) fn written(word: &Word) -> String {
    match word {
        Word::Partial(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Pattern(text) => text.clone(),
                Piece::Unknown(why) if why.contains("env") => "$env".to_owned(),
                Piece::Unknown(_) => "…".to_owned(),
            })
            .collect(),
        word => {
            let text = shown_word(word);
            // `$env:X` with `$env` empty.
            if text.starts_with(':') && text.len() > 3 {
                format!("$env{text}")
            } else {
                text
            }
        }
    }
}

/// `pwsh -c LINE` from another shell.
pub(crate) fn powershell_line(args: &[Word], reader: &mut Reader<'_>) {
    let Some((text, encoded)) = base64::command(args) else {
        return reader.ask("shell-input", "A shell runs whatever it is given.");
    };
    if encoded {
        reader.find(Verdict::Deny, "decode-run", quoting(&text));
    }
    if args.iter().any(|arg| arg.known().is_none()) {
        reader.ask(
            "unknown-code",
            "A part of what it runs is only known when it runs.",
        );
    }
    reader.out.runs.push(Runs::Script {
        text: Word::Known(text),
        dialect: Dialect::PowerShell,
        elsewhere: false,
        args: Args::default(),
    });
}

/// `cmd /c LINE` from another shell.
pub(crate) fn cmd_line(args: &[Word], reader: &mut Reader<'_>) {
    let words: Vec<String> = args.iter().map(shown_word).collect();
    let Some(at) = words
        .iter()
        .position(|word| matches!(word.to_ascii_lowercase().get(..2), Some("/c" | "/k" | "/r")))
    else {
        return reader.ask("shell-input", "A shell runs whatever it is given.");
    };
    if args.iter().any(|arg| arg.known().is_none()) {
        reader.ask(
            "unknown-code",
            "A part of what it runs is only known when it runs.",
        );
    }
    let mut text = words[at].get(2..).unwrap_or("").to_owned();
    for word in &words[at + 1..] {
        text.push(' ');
        text.push_str(word);
    }
    reader.out.runs.push(Runs::Script {
        text: Word::Known(text),
        dialect: Dialect::Cmd,
        elsewhere: false,
        args: Args::default(),
    });
}
