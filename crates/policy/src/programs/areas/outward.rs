//! Programs of a project whose name says that they reach outside of it: `./scripts/deploy.sh`, `bin/app publish`.
//!
//! A task of a manifest is asked about by its name; a script that does the same is no different.

use crate::place;
use crate::programs::reader::Reader;
use crate::word::Word;

/// Parts of a name that say that something outside of the workspace is changed.
#[rustfmt::skip]
const REACHES: &[&str] = &[
    "deploy", "redeploy", "undeploy", "deployment", "publish", "unpublish", "release", "rollout", "rollback", "ship", "promote", "upload",
    "uninstall", "destroy", "teardown", "nuke",
];

/// Parts that say what else is done: `release-notes`, `test-deploy`, `build_release`.
#[rustfmt::skip]
const ONLY: &[&str] = &[
    "build", "test", "tests", "spec", "specs", "lint", "check", "checks", "verify", "validate", "notes", "note", "changelog", "status", "list",
    "format", "fmt", "docs", "doc", "preview", "plan", "diff", "dry",
];

/// What is named so and stays in the project: files of a package are copied into it.
const LOCAL: &[&str] = &["vendor:publish"];

/// Tools that send what a project makes to others, whatever they are told.
const TOOLS: &[&str] = &["np", "gh-pages", "dpl", "release-please"];

/// Whether a name says that it reaches outside.
pub(super) fn is_outward(name: &str) -> bool {
    let lower = spaced(name).to_ascii_lowercase();
    let parts = || lower.split(|c: char| !c.is_ascii_alphanumeric());
    parts().any(|part| REACHES.contains(&part)) && !parts().any(|part| ONLY.contains(&part))
}

/// `deployProd` as `deploy-Prod`.
fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for c in name.chars() {
        if lower && c.is_ascii_uppercase() {
            out.push('-');
        }
        lower = c.is_ascii_lowercase();
        out.push(c);
    }
    out
}

/// Asks about a program or a script that is named so, or that is told so by its first word.
pub(in crate::programs) fn by_name(program: &Word, args: &[Word], reader: &mut Reader<'_>) {
    let name = place::name(program.prefix());
    let only_told = matches!(args, [Word::Known(only)] if is_question(only));
    if only_told || only_checked(program, reader) {
        return;
    }
    let stem = name.split('.').next().unwrap_or(name);
    let told = args
        .iter()
        .filter_map(Word::known)
        .find(|word| !word.starts_with('-'));
    // The name of a file says nothing of what is done with it.
    let told = told.filter(|word| !word.contains(['.', '/', '=', ' ']) && !LOCAL.contains(word));
    let only = |name: &str| {
        spaced(name)
            .to_ascii_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| ONLY.contains(&part))
    };
    let outward =
        TOOLS.contains(&stem) || is_outward(stem) || !only(stem) && told.is_some_and(is_outward);
    if outward {
        reader.ask(
            "task-publishes",
            "The program's name, or what it is told, says that it changes something outside of the workspace.",
        );
    }
}

fn is_question(word: &str) -> bool {
    matches!(
        word,
        "--help" | "-h" | "help" | "--version" | "-V" | "version"
    )
}

/// `php -l FILE`, `ruby -c FILE`: it is read and not run.
fn only_checked(file: &Word, reader: &Reader<'_>) -> bool {
    let argv = &reader.invocation.argv;
    let checks: &[&str] = match place::name(argv[0].prefix()) {
        "php" => &["-l"],
        "ruby" | "perl" => &["-c", "-wc", "-cw"],
        "node" => &["-c", "--check"],
        _ => &[],
    };
    let before = argv.iter().take_while(|word| *word != file);
    before
        .filter_map(Word::known)
        .any(|word| checks.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::is_outward;

    #[test]
    fn a_name_that_says_what_else_is_done_reaches_nowhere() {
        for name in [
            "deploy",
            "deploy_prod",
            "publish-npm",
            "deployAll",
            "app:release",
        ] {
            assert!(is_outward(name), "{name}");
        }
        for name in [
            "release-notes",
            "test-deploy",
            "buildRelease",
            "deployer",
            "shipping",
            "lint",
        ] {
            assert!(!is_outward(name), "{name}");
        }
    }
}
