//! Copying, moving and linking: what is read, what is written, and where a link leads.

use crate::effect::Zone;
use crate::place::{Access, begins_guarded, is_critical, locate};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{Opt, TEXT, flags, joined, value};
use crate::verdict::Verdict;
use crate::word::Word;

#[rustfmt::skip]
pub(super) const COPY: &[Opt] = &[
    flags("-a --archive"),
    flags("-R -r --recursive"),
    flags("-f --force -i --interactive -n --no-clobber -v --verbose -p -u --strip-trailing-slashes"),
    flags("-b -H -L --dereference -P --no-dereference -x --one-file-system -T --no-target-directory --attributes-only --copy-contents --remove-destination -c -X --debug --keep-directory-symlink -h -Z --no-copy"),
    flags("-d"),
    flags("-l --link"),
    flags("-s --symbolic-link"),
    joined("--backup --preserve --no-preserve --reflink --sparse --update --context --exchange --parents", TEXT),
    value("-S --suffix", TEXT),
    value("-t --target-directory", TEXT),
];

struct Ends<'a> {
    from: &'a [Word],
    to: Option<&'a Word>,
}

fn ends(parsed: &Parsed) -> Ends<'_> {
    match (parsed.value("-t"), parsed.operands.split_last()) {
        (Some(to), _) => Ends {
            from: &parsed.operands,
            to: Some(to),
        },
        (None, Some((to, from))) => Ends { from, to: Some(to) },
        (None, None) => Ends {
            from: &[],
            to: None,
        },
    }
}

/// What is written when a file is put at, or into, a place: `cp x ~/.ssh/`, `cp authorized_keys ~/.ssh`.
fn put(reader: &mut Reader<'_>, from: &[Word], to: &Word) {
    reader.touch(to, Access::Write);
    let Some(folder) = to.known() else {
        return;
    };
    let into = folder.ends_with('/')
        || matches!(folder, "." | "..")
        || folder.ends_with("/.")
        || folder.ends_with("/..")
        || from.len() > 1
        || is_folder(reader, folder);
    if !into {
        return takes_the_name(reader, folder);
    }
    if folder.ends_with('/') && !is_folder(reader, folder) {
        takes_the_name(reader, folder);
    }
    for word in from {
        if let Some(name) = word
            .known()
            .map(crate::place::name)
            .filter(|name| !name.is_empty() && !matches!(*name, "." | ".."))
        {
            reader.touch(
                &Word::Known(format!("{}/{name}", folder.trim_end_matches('/'))),
                Access::Write,
            );
        }
    }
}

/// A folder that is put where tools look for their settings brings whatever lies in it: `mv c .cargo`.
fn takes_the_name(reader: &mut Reader<'_>, folder: &str) {
    let Some(place) = locate(folder, reader.cwd(), reader.world) else {
        return;
    };
    if place.guard.is_none() && begins_guarded(&place.path) {
        reader.ask(
            "write-instructions",
            &format!(
                "It puts something at {}, where tools look for settings that they act on unasked.",
                place.path
            ),
        );
    }
}

fn is_folder(reader: &Reader<'_>, folder: &str) -> bool {
    let Some(place) = locate(folder, reader.cwd(), reader.world) else {
        return false;
    };
    place.path == reader.world.home
        || place.path == reader.world.workspace
        || reader.world.files.is_dir(&place.path).unwrap_or(false)
}

pub(super) fn copy(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("--directory") {
        for word in &parsed.operands {
            reader.touch(word, Access::Create);
        }
        return;
    }
    if let Some(mode) = parsed.value("-m").and_then(Word::known)
        && (mode.contains('s') || (mode.len() >= 4 && mode.trim_start_matches('0').len() >= 4))
    {
        reader.find(
            Verdict::Deny,
            "set-user-id",
            "It lets a program run with the rights of its owner.",
        );
    }
    let ends = ends(parsed);
    let all = parsed.any("-r -a");
    for word in ends.from {
        reader.touch(word, if all { Access::ReadAll } else { Access::Read });
    }
    if let Some(to) = ends.to {
        put(reader, ends.from, to);
    }
    if parsed.any("-s -l") {
        ends.from
            .iter()
            .for_each(|word| leads(parsed, reader, word, ends.to));
    }
}

pub(super) fn rename(parsed: &Parsed, reader: &mut Reader<'_>) {
    let ends = ends(parsed);
    for word in ends.from {
        // What is moved away is gone from where it was, with all that is below it.
        reader.touch(word, Access::DeleteAll);
        reader.touch(word, Access::Read);
    }
    if let Some(to) = ends.to {
        put(reader, ends.from, to);
    }
}

pub(super) fn link(parsed: &Parsed, reader: &mut Reader<'_>) {
    let single = parsed.operands.len() == 1 && !parsed.has("-t");
    let ends = if single {
        Ends {
            from: &parsed.operands,
            to: None,
        }
    } else {
        ends(parsed)
    };
    for word in ends.from {
        leads(parsed, reader, word, ends.to);
        if !parsed.has("-s") {
            // What lies under two names is read by either: a hard link is as secret as what it names.
            reader.touch(word, Access::Read);
        }
    }
    match ends.to {
        Some(to) => put(reader, ends.from, to),
        None => {
            let name = ends
                .from
                .first()
                .and_then(Word::known)
                .map_or("", crate::place::name);
            reader.touch(&Word::from(name), Access::Create);
        }
    }
}

/// A link makes what it leads to reachable under another name: what may not be read or deleted may not be linked.
fn leads(parsed: &Parsed, reader: &mut Reader<'_>, word: &Word, at: Option<&Word>) {
    let Some(text) = word.known() else {
        return reader.ask(
            "link-unknown",
            "Where the link leads is only known when it runs.",
        );
    };
    // A relative link counts from the folder it lies in.
    let folder = at
        .and_then(Word::known)
        .and_then(|at| crate::place::normalise(at, reader.cwd()))
        .and_then(|at| at.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    let symbolic = parsed.has("-s");
    let cwd = if symbolic && !text.starts_with('/') {
        folder.as_deref().filter(|f| !f.is_empty()).or(reader.cwd())
    } else {
        reader.cwd()
    };
    let Some(place) = locate(text, cwd, reader.world) else {
        return reader.ask("link-unknown", "Where the link leads is not known.");
    };
    let path = &place.path;
    if is_critical(path, reader.world) && place.zone != Zone::Tmp {
        reader.find(
            Verdict::Deny,
            "link-to-root",
            format!("The link leads to {path}, and what is done to the link is done to it."),
        );
    } else if place.secret == Some(Verdict::Deny) || place.guard == Some(crate::place::Guard::Own) {
        reader.find(
            Verdict::Deny,
            "link-to-secret",
            format!("The link leads to {path}, which authenticates someone."),
        );
    } else if place.zone == Zone::Protected || place.zone == Zone::Device {
        reader.find(
            Verdict::Ask,
            "link-to-protected",
            format!("The link leads to {path}."),
        );
    // What lies beside the workspace is linked to by the way there.
    } else if place.zone == Zone::System || (place.zone == Zone::Home && text.starts_with('/')) {
        reader.find(
            Verdict::Ask,
            "link-outside",
            format!("The link leads to {path}, outside of the workspace."),
        );
    }
}
