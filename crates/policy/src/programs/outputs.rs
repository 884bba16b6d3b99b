//! Files that a command leaves behind and that its words do not name: what an archive held, what a patch changed, the
//! pieces of a file.

use super::table::has_name;
use crate::effect::{Effect, EffectKind, Target};
use crate::place;
use crate::word::Word;

/// What a command leaves behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaves {
    /// How the paths of files begin that it may write.
    pub(crate) begins: Vec<String>,
    /// Files that it writes.
    pub(crate) files: Vec<String>,
    pub(crate) named: Option<Named>,
}

/// Files that are named in a text that the command reads: a patch, something encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The files that hold the text; its input where there are none.
    pub(crate) texts: Vec<String>,
    /// The folders that the names may count from.
    pub(crate) folders: Vec<String>,
}

const ARCHIVES: &str = "tar gtar bsdtar star pax-tar unzip funzip 7z 7za 7zz 7zr p7zip unrar rar unar unace arj lha zoo cabextract innoextract dtrx atool aunpack ouch patool bsdcpio msiextract unsquashfs xorriso";

/// Endings that a file has while it is compressed, and what they become.
#[rustfmt::skip]
const ENDINGS: &[(&str, &str)] = &[
    (".gz", ""), (".bz2", ""), (".xz", ""), (".zst", ""), (".lz4", ""), (".lzma", ""), (".lz", ""), (".br", ""), (".Z", ""), (".z", ""),
    (".lzo", ""), (".lrz", ""), (".tgz", ".tar"), (".tbz2", ".tar"), (".tbz", ".tar"), (".txz", ".tar"), (".tzst", ".tar"), (".taz", ".tar"),
];

/// What a command leaves behind, where its words do not name it. `decodes` where it undoes a compression.
pub(crate) fn leaves(
    argv: &[Word],
    effects: &[Effect],
    decodes: bool,
    folder: Option<&str>,
    workspace: &str,
) -> Leaves {
    let mut words = argv.iter().map(|word| word.known().unwrap_or_default());
    let name = place::name(words.next().unwrap_or_default());
    let words: Vec<&str> = words.collect();
    let mut leaves = Leaves::default();
    let Some(here) = folder else {
        return leaves;
    };
    let at = |path: &str| place::normalise(path, folder).unwrap_or_default();
    match name {
        _ if has_name(ARCHIVES, name) => leaves.begins = made(effects, &[EffectKind::Create]),
        "cpio" | "pax" if unpacks_names(&words) => {
            leaves.begins = made(effects, &[EffectKind::Create, EffectKind::Write]);
            let plain = words.iter().filter(|word| !word.starts_with('-'));
            leaves.begins.extend(plain.map(|word| inside(&at(word))));
        }
        "jar" | "ar" if words.first().is_some_and(|how| how.contains('x')) => {
            leaves.begins = vec![inside(here)];
        }
        _ if name.starts_with("python") && is_archive_module(&words) => {
            leaves.begins = made(effects, &[EffectKind::Write]);
        }
        "split" | "gsplit" => {
            leaves.begins.push(at("x"));
            leaves.begins.extend(words.last().map(|prefix| at(prefix)));
        }
        "csplit" | "gcsplit" => {
            let prefix = value(&words, "-f", "--prefix").unwrap_or("xx");
            leaves.begins = vec![at(prefix)];
        }
        "patch" | "gpatch" => leaves.named = Some(patch(&words, here)),
        "git" => leaves.named = applied(&words, here, workspace),
        "uudecode" => {
            let plain = words.iter().filter(|word| !word.starts_with('-'));
            leaves.named = Some(Named {
                texts: plain.map(|word| at(word)).collect(),
                folders: vec![here.to_owned()],
            });
        }
        _ if decodes => leaves.files = undone(effects),
        _ => {}
    }
    leaves
}

/// Files that a patch or an encoded text names.
pub(crate) fn named_by_a_text(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for line in text.lines() {
        let name = ["+++ ", "--- ", "rename to ", "copy to "]
            .iter()
            .find_map(|begin| line.strip_prefix(begin))
            .or_else(|| {
                line.strip_prefix("*** ")?
                    .split_once("File: ")
                    .map(|(_, name)| name)
            })
            .or_else(|| encoded(line));
        let name = name.map(|name| name.split('\t').next().unwrap_or(name).trim());
        names.extend(name.filter(|name| !matches!(*name, "" | "/dev/null")));
    }
    names
}

/// `begin 644 name` of an encoded text.
fn encoded(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("begin ")
        .or_else(|| line.strip_prefix("begin-base64 "))?;
    rest.trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix(' ')
}

/// Folders that a command makes or fills.
fn made(effects: &[Effect], kinds: &[EffectKind]) -> Vec<String> {
    let made = effects.iter().filter(|effect| kinds.contains(&effect.kind));
    made.filter_map(|effect| match &effect.target {
        Target::Path(path) | Target::Below(path) => Some(inside(path)),
        _ => None,
    })
    .collect()
}

/// How paths in a folder begin.
pub(crate) fn inside(folder: &str) -> String {
    format!("{}/", folder.trim_end_matches('/'))
}

fn unpacks_names(words: &[&str]) -> bool {
    words.iter().any(|word| {
        let short = word.starts_with('-') && !word.starts_with("--");
        short && word.contains(['i', 'p', 'r']) || matches!(*word, "--extract" | "--pass-through")
    })
}

fn is_archive_module(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "zipfile" | "tarfile"))
        && words.iter().any(|word| matches!(*word, "-e" | "--extract"))
}

/// The value of an option, apart from its name or joined to it.
fn value<'a>(words: &[&'a str], short: &str, long: &str) -> Option<&'a str> {
    let is = |word: &str| word == short || word == long;
    let apart = words.windows(2).find(|pair| is(pair[0]));
    let joined = || {
        words.iter().find_map(|word| match word.strip_prefix(long) {
            Some(rest) => rest.strip_prefix('='),
            None => word.strip_prefix(short).filter(|rest| !rest.is_empty()),
        })
    };
    apart.map(|pair| pair[1]).or_else(joined)
}

fn patch(words: &[&str], here: &str) -> Named {
    let folder = value(words, "-d", "--directory").unwrap_or(".");
    let folder = place::normalise(folder, Some(here)).unwrap_or_default();
    let given = value(words, "-i", "--input");
    // `patch FILE PATCH`
    let plain: Vec<&str> = words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .copied()
        .collect();
    let last = plain.last().filter(|_| plain.len() > 1).copied();
    let texts = given.into_iter().chain(last);
    Named {
        texts: texts
            .filter_map(|text| place::normalise(text, Some(here)))
            .collect(),
        folders: vec![folder],
    }
}

/// `git apply`, `git am`: names count from the folder or from the repository.
fn applied(words: &[&str], here: &str, workspace: &str) -> Option<Named> {
    let verb = words
        .iter()
        .position(|word| matches!(*word, "apply" | "am"))?;
    let before = &words[..verb];
    let folder = value(before, "-C", "--work-tree").unwrap_or(".");
    let here = place::normalise(folder, Some(here))?;
    let mut folders = vec![here.clone(), workspace.to_owned()];
    if let Some(below) = value(&words[verb..], "--directory", "--directory") {
        folders = folders
            .iter()
            .filter_map(|folder| place::normalise(below, Some(folder)))
            .collect();
    }
    let plain = words[verb + 1..]
        .iter()
        .filter(|word| !word.starts_with('-'));
    Some(Named {
        texts: plain
            .filter_map(|text| place::normalise(text, Some(&here)))
            .collect(),
        folders,
    })
}

/// What is left where a compressed file was.
fn undone(effects: &[Effect]) -> Vec<String> {
    let written = effects
        .iter()
        .filter(|effect| effect.kind == EffectKind::Write);
    written
        .filter_map(|effect| match &effect.target {
            Target::Path(path) => ENDINGS.iter().find_map(|(ending, instead)| {
                let begin = path.strip_suffix(ending)?;
                Some(format!("{begin}{instead}"))
            }),
            _ => None,
        })
        .collect()
}
