//! Editors, which run and write what they are told.

use super::*;
use crate::programs::Stdin;

/// Editors run commands when they are told to: `vim -c '!cmd'`, `emacs --eval`.
pub(super) fn editor(parsed: &Parsed, reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    if argv.len() == 2
        && matches!(
            argv[1].known(),
            Some("--version" | "--help" | "-v" | "-h" | "--list-extensions")
        )
    {
        return;
    }
    reader.ask(
        "editor",
        "It opens an editor, which can run and write anything.",
    );
    let name = argv[0].prefix().to_owned();
    let mut at = 1;
    while let Some(word) = argv.get(at) {
        let text = crate::programs::reader::shown_word(word);
        at += 1;
        let letters = text.strip_prefix('-').unwrap_or_default();
        let ends_in_command = (2..5).contains(&letters.len())
            && letters.ends_with('c')
            && letters.bytes().all(|b| b.is_ascii_alphabetic());
        let code = if let Some(code) = text.strip_prefix('+') {
            Some(code.to_owned())
        } else if ends_in_command
            || matches!(
                text.as_str(),
                "-c" | "--cmd"
                    | "-eval"
                    | "--eval"
                    | "-e"
                    | "--execute"
                    | "-f"
                    | "--funcall"
                    | "-l"
                    | "--load"
                    | "-S"
                    | "-u"
                    | "-x"
            )
        {
            at += 1;
            argv.get(at - 1).map(crate::programs::reader::shown_word)
        } else if text.starts_with("--eval=") || text.starts_with("--load=") {
            text.split_once('=').map(|(_, code)| code.to_owned())
        } else {
            if !text.starts_with('-') {
                reader.touch(word, Access::Read);
                reader.touch(word, Access::Write);
            }
            None
        };
        let Some(code) = code else {
            continue;
        };
        let files = [
            "w ", "w! ", "wq ", "wq! ", "saveas ", "saveas! ", "write ", "sav ",
        ];
        let file = files
            .iter()
            .find_map(|verb| code.trim_start_matches(':').strip_prefix(verb));
        if let Some(file) = file.filter(|file| !file.starts_with('!')) {
            let home = crate::place::trimmed(&reader.world.home).to_owned();
            let file = file
                .trim()
                .replacen('~', &home, usize::from(file.starts_with("~/")));
            reader.touch(&Word::Known(file), Access::Write);
        }
        if let Some((_, command)) = code.split_once('!') {
            reader.deny("editor-command", "It runs a command from the editor.");
            reader.shell(Word::from(command));
        } else if [
            "shell",
            "system",
            "call-process",
            "start-process",
            "term",
            "delete-",
            "write",
            "libcall",
            "os.execute",
            "lua",
            "python",
            "perl",
            "ruby",
            "exec",
        ]
        .iter()
        .any(|word| code.contains(word))
        {
            reader.deny("editor-command", "It runs code from the editor.");
        } else if matches!(text.as_str(), "-u" | "-S" | "-l" | "--load") && !name.contains("code") {
            reader.touch(&Word::Known(code), Access::Execute);
        }
    }
    typed(&name, reader);
    if parsed
        .operands
        .iter()
        .any(|word| matches!(word.known(), Some("tunnel" | "serve-web")))
        || argv.iter().any(|word| word.prefix() == "--add-mcp")
    {
        reader.deny(PERSIST, "It adds what the editor runs from now on.");
    }
    if argv
        .iter()
        .any(|word| word.prefix() == "--install-extension")
    {
        reader.ask(
            "package-install",
            "It brings in code from others, which the editor runs from now on.",
        );
    }
}

/// Editors that are told what to do by their input: lines such as `!cmd`, `1,$!cmd`, `r !cmd`.
fn typed(name: &str, reader: &mut Reader<'_>) {
    let editors = ["ed", "red", "ex", "vi", "vim", "nvim"];
    let Stdin::Text(text) = &reader.invocation.stdin else {
        return;
    };
    if !editors.contains(&name) {
        return;
    }
    let text = crate::programs::reader::shown_word(text);
    for line in text.lines() {
        let Some((before, command)) = line.split_once('!') else {
            continue;
        };
        let begin = before.trim_matches(|c: char| c.is_ascii_digit() || " ,.$%;:".contains(c));
        if matches!(
            begin,
            "" | "r" | "w" | "e" | "read" | "write" | "sil" | "silent"
        ) {
            reader.deny("editor-command", "It runs a command from the editor.");
            reader.shell(Word::from(command));
        }
    }
}
