//! Forges: looking is allowed, what others see is asked about.

use super::*;

pub(super) fn gh_alias(parsed: &Parsed, reader: &mut Reader<'_>) {
    if reader.invocation.argv.get(1).and_then(Word::known) == Some("alias") {
        for word in &parsed.operands {
            if let Some(command) = word.known().and_then(|text| text.strip_prefix('!')) {
                reader.shell(Word::from(command));
            }
        }
    }
}

/// Looking is allowed; what others see is asked about; deletion without a question is denied.
pub(super) fn forge(parsed: &Parsed, reader: &mut Reader<'_>) {
    let group = reader
        .invocation
        .argv
        .get(1)
        .and_then(Word::known)
        .unwrap_or("")
        .to_owned();
    let verb = parsed.operand(0).unwrap_or("").to_owned();
    if READS_GH.split(' ').any(|read| read == verb) || verb == "watch" {
        return;
    }
    if verb == "delete" && (confirmed(reader) || group == "repo") {
        return reader.deny(
            DELETES,
            "It deletes what is kept on the forge, and nobody is asked again.",
        );
    }
    reader.ask("publish", "It changes what others see on the forge.");
    if matches!(
        (group.as_str(), verb.as_str()),
        ("gist", "create" | "edit") | ("release", "upload" | "create")
    ) {
        for word in parsed.operands.iter().skip(1) {
            if word.known().is_none_or(|text| !text.starts_with('-')) {
                let word = word.clone();
                published(reader, &word);
            }
        }
    }
    let args = reader.invocation.argv.clone();
    for pair in args.windows(2) {
        if matches!(pair[0].known(), Some("-F" | "--body-file" | "--notes-file")) {
            published(reader, &pair[1]);
        }
    }
}

/// What is published is sent; a secret is denied whether it lies in the workspace or not.
pub(super) fn published(reader: &mut Reader<'_>, word: &Word) {
    upload(reader, word);
}

pub(super) fn gh_api(parsed: &Parsed, reader: &mut Reader<'_>) {
    let method = parsed
        .value("-X")
        .and_then(Word::known)
        .unwrap_or("GET")
        .to_ascii_uppercase();
    if method == "DELETE" {
        reader.deny(
            DELETES,
            "It deletes what is kept on the forge, and nobody is asked again.",
        );
    }
    for word in parsed.values("-f") {
        // A key may have brackets, which the shell takes for a pattern.
        let text = shown_word(word);
        if let Some((_, path)) = text.split_once("=@") {
            upload(reader, &Word::from(path));
        }
    }
    for word in parsed.values("--input") {
        if word.known() != Some("-") {
            upload(reader, word);
        } else {
            reader.out.io.sends_input = true;
        }
    }
}
