//! Commands of git that write revisions, or names of branches and tags, and nothing else: none of them is an option.

use crate::word::Word;

/// Whether git writes one revision and nothing else. A name that it does not know it writes as it is.
pub(super) fn is_revision(argv: &[Word]) -> bool {
    let words: Option<Vec<&str>> = argv.iter().map(Word::known).collect();
    let words = words.unwrap_or_default();
    let named = |names: &[&str]| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@^~".contains(c);
        names.iter().all(|name| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
                && name.chars().all(plain)
        })
    };
    match words.as_slice() {
        ["git", "describe", args @ ..] if is_described(args) => true,
        [
            "git",
            "rev-parse",
            "--verify" | "--short" | "--short=7" | "--short=8",
            names @ ..,
        ]
        | ["git", "rev-parse" | "merge-base", names @ ..]
        | ["git", "rev-list", "-1", names @ ..]
        | ["git", "rev-list", "-n" | "--max-count", "1", names @ ..] => {
            !names.is_empty() && named(names)
        }
        ["git", "log", "-1" | "-n1", format] | ["git", "log", format, "-1" | "-n1"] => matches!(
            format.split_once('='),
            Some((
                "--format" | "--pretty",
                "%H" | "%h" | "format:%H" | "format:%h"
            ))
        ),
        ["git", "rev-list", args @ ..] if args.iter().all(|arg| chooses_revisions(arg)) => true,
        ["git", "log" | "rev-list", args @ ..] => only_revisions(args),
        // A name of a branch or of a tag begins with no dash.
        ["git", "branch" | "tag" | "for-each-ref", args @ ..] => only_names(args),
        _ => false,
    }
}

/// What says of which revisions `git rev-list` writes, and nothing of what it writes of each.
fn chooses_revisions(arg: &str) -> bool {
    const PLAIN: &[&str] = &[
        "-n",
        "--all",
        "--branches",
        "--tags",
        "--no-merges",
        "--merges",
        "--reverse",
        "--first-parent",
        "--topo-order",
        "--date-order",
        "--",
    ];
    const VALUED: &[&str] = &[
        "--max-count=",
        "--skip=",
        "--since=",
        "--after=",
        "--until=",
        "--before=",
        "--author=",
        "--grep=",
    ];
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit());
    !arg.starts_with('-')
        || PLAIN.contains(&arg)
        || VALUED.iter().any(|begin| arg.starts_with(begin))
        || arg.strip_prefix("-n").is_some_and(is_number)
        || arg.strip_prefix('-').is_some_and(is_number)
}

/// Whether each line of `git log` is a revision and nothing else.
fn only_revisions(args: &[&str]) -> bool {
    let begins = ["--format=", "--pretty="];
    let formats: Vec<&str> = args
        .iter()
        .filter_map(|arg| begins.iter().find_map(|begin| arg.strip_prefix(begin)))
        .map(|format| format.trim_start_matches("format:"))
        .collect();
    matches!(formats.as_slice(), ["%H" | "%h"])
        && !args.iter().any(|arg| {
            [
                "-p",
                "-u",
                "--patch",
                "--stat",
                "--name",
                "--raw",
                "--numstat",
                "--graph",
                "-L",
                "-g",
            ]
            .iter()
            .any(|more| arg.starts_with(more))
        })
}

fn only_names(args: &[&str]) -> bool {
    let format = args.iter().find_map(|arg| arg.strip_prefix("--format="));
    matches!(format, Some("%(refname:short)" | "%(refname)"))
}

/// Whether `git describe` writes the name of a tag, or what stands for a revision where there is none.
fn is_described(args: &[&str]) -> bool {
    #[rustfmt::skip]
    const PLAIN: &[&str] = &[
        "--tags", "--all", "--always", "--long", "--exact-match", "--first-parent", "--contains", "--dirty", "--broken",
    ];
    const WITH_VALUE: &[&str] = &["--abbrev=", "--candidates=", "--match=", "--exclude="];
    args.iter().all(|arg| {
        !arg.starts_with('-')
            || PLAIN.contains(arg)
            || WITH_VALUE.iter().any(|begin| arg.starts_with(begin))
    })
}
