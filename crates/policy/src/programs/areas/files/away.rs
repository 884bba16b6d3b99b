//! Backups and copies that leave this machine.

use crate::place::Access;
use crate::programs::network::upload;
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::word::Word;

/// `restic -r sftp:user@host:/path backup FOLDER`: what is kept on another machine leaves this one.
pub(super) fn backed_up(parsed: &Parsed, reader: &mut Reader<'_>) {
    let away = |word: &Word| {
        let text = shown_word(word);
        text.contains("://")
            || text.contains('@')
            || text
                .split_once(':')
                .is_some_and(|(to, _)| REMOTE.contains(&to))
    };
    if !reader.invocation.argv.iter().any(away) {
        return;
    }
    for path in parsed.operands.iter().filter(|word| !away(word)) {
        upload(reader, path);
        reader.touch(path, Access::ReadAll);
    }
}

/// Where backups are kept that are not on this machine.
const REMOTE: &[&str] = &["sftp", "s3", "b2", "azure", "gs", "swift", "rest", "rclone"];

/// `rclone copy FOLDER REMOTE:`
pub(super) fn copied_away(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((verb, paths)) = parsed.operands.split_first() else {
        return;
    };
    match (verb.known(), parsed.operand(1)) {
        (Some("cat" | "copy" | "copyto" | "sync" | "move" | "moveto"), Some(from))
            if from.contains(':') =>
        {
            reader.out.io.emits_network = true;
            if let Some(to) = paths.get(1).filter(|to| !to.prefix().contains(':')) {
                let file = from.rsplit([':', '/']).next().unwrap_or_default();
                let kept = Word::Known(format!("{}/{file}", shown_word(to).trim_end_matches('/')));
                reader.touch(&kept, Access::Write);
            }
        }
        (Some("config"), Some("show" | "dump")) => {
            reader.out.io.emits_secret = true;
            return reader.deny(
                "read-secret",
                "It prints what logs in to each of its remotes.",
            );
        }
        (Some("purge" | "delete"), Some(_)) => {
            let argv = &reader.invocation.argv;
            let only_shown = |word: &Word| {
                matches!(
                    word.known(),
                    Some("-n" | "--dry-run" | "-i" | "--interactive")
                )
            };
            if !argv.iter().any(only_shown) {
                return reader.deny(
                    "infrastructure-delete",
                    "It deletes what is kept elsewhere, and nobody is asked again.",
                );
            }
        }
        _ => {}
    }
    let copies = ["copy", "copyto", "sync", "move", "moveto", "bisync"];
    if !verb.known().is_some_and(|verb| copies.contains(&verb)) {
        return;
    }
    for path in paths.iter().filter(|path| !path.prefix().contains(':')) {
        upload(reader, path);
        reader.touch(path, Access::ReadAll);
    }
}
