//! Folders that are made, and those that are deleted by programs of their file system.

use super::*;

/// An empty folder that programs are looked for in runs nothing yet; what is put into it does.
pub(super) fn folders(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let home = crate::place::trimmed(&reader.world.home);
        let path = word
            .known()
            .and_then(|text| crate::place::normalise(text, reader.cwd()));
        let own = path.as_deref().and_then(|path| path.strip_prefix(home));
        if matches!(own, Some("/bin" | "/.local/bin")) {
            reader.ask(
                "write-outside",
                "It makes a folder that programs are looked for in.",
            );
        } else {
            reader.touch(word, Access::Create);
        }
    }
}

/// `btrfs subvolume delete PATH`
pub(super) fn subvolume(parsed: &Parsed, reader: &mut Reader<'_>) {
    let begins = |word: Option<&str>, whole: &str| {
        word.is_some_and(|text| !text.is_empty() && whole.starts_with(text))
    };
    if begins(parsed.operand(0), "subvolume") && begins(parsed.operand(1), "delete") {
        for word in &parsed.operands[2..] {
            reader.touch(word, Access::DeleteAll);
        }
    }
}
