//! Languages that are compiled first: what of their arguments is the compiler's, and what the program's own.

use super::*;

pub(super) fn java(parsed: &Parsed, reader: &mut Reader<'_>) {
    let odd = parsed
        .strange
        .iter()
        .any(|name| !(name.starts_with("-D") || name.starts_with("-X") || name.starts_with("-ea")));
    reader
        .out
        .findings
        .retain(|finding| odd || finding.code != "unknown-option");
    if reader
        .invocation
        .argv
        .iter()
        .any(|arg| arg.prefix().contains("OnOutOfMemoryError") || arg.prefix().contains("OnError="))
    {
        reader.deny(
            "helper-program",
            "It runs a command that is named by an option.",
        );
    }
    if parsed.has("-jar") {
        // Options may stand between it and the file; what follows the file is the program's own.
        match parsed.operands.split_first() {
            Some((file, args)) => reader.file_with(file, args),
            None => reader.ask("code-input", "What it runs is not known."),
        }
    } else if !is_question(reader) {
        match parsed.operand(0) {
            Some(file) if file.ends_with(".java") => {
                let file = Word::from(file);
                reader.file(&file);
            }
            Some(_) => {}
            None => reader.ask("code-input", "What it runs is not known."),
        }
    }
}

/// Begins of options of GHC that choose how it compiles and what it warns about.
const CHOOSE: &[&str] = &[
    "-W",
    "-f",
    "-X",
    "-O",
    "-d",
    "-v",
    "-j",
    "-with-rtsopts=",
    "-rtsopts=",
];

/// Options that begin so as well, and load or run code.
const RUN: &[&str] = &[
    "-fplugin",
    "-fclear-plugins",
    "-fpackage-trust",
    "-fexternal",
];

/// `ghc -e EXPRESSION` runs a text, `ghc FILE` compiles.
pub(super) fn ghc(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in parsed.operands.iter() {
        reader.file(word);
    }
    if parsed.has("-e") {
        return reader.ask("inline-code", "It runs code that is given in an argument.");
    }
    let strange = parsed.strange.iter().find(|name| {
        let name = name.as_str();
        let runs = RUN.iter().any(|begin| name.starts_with(begin));
        let folders = ["-i", "-I", "-L", "-l", "-D", "-U"];
        runs || !CHOOSE
            .iter()
            .chain(&folders)
            .any(|begin| name.starts_with(begin))
    });
    if let Some(name) = strange {
        let text = format!("ghc has no option {name} that is known to be harmless.");
        reader.find(Verdict::Ask, "unknown-option", text);
    }
    let file_of_options = |word: &Word| word.prefix().starts_with('@');
    if parsed.operands.iter().any(file_of_options) {
        reader.ask(
            "other-configuration",
            "A file of options decides what it does.",
        );
    }
    if parsed.operands.is_empty() && reader.invocation.argv.len() == 1 {
        code::strange_input(reader);
    }
}
