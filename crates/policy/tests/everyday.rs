//! Lines of every day that are close to others that are not.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::World;
use support::tree::Tree;
use support::{check, check_in, world};

#[test]
fn a_new_temporary_file_lies_in_the_temporary_folder() {
    check(
        Allow,
        &[
            "T=$(mktemp -d) && cp a.txt \"$T\"/",
            "T=$(mktemp -d); trap 'rm -rf \"$T\"' EXIT; cp a \"$T/x\"; cat \"$T/x\"",
            "f=$(mktemp -t notes.XXXXXX); echo hi > \"$f\"; rm -f \"$f\"",
        ],
    );
    check(
        Ask,
        &[
            "T=$(mktemp -p ~ x.XXX); echo hi > \"$T\"",
            "TMPDIR=/etc; T=$(mktemp); echo hi > \"$T\"",
            "T=$(mktemp -d); echo ls > \"$T/x\"; sh \"$T/x\"",
        ],
    );
    check(Deny, &["T=$(mktemp ~/.ssh/xXXXXX); echo hi > \"$T\""]);
}

#[test]
fn tools_that_are_installed_run_and_others_are_fetched() {
    let tools = "/home/dev/project/node_modules/.bin";
    let tree = Tree::default()
        .file(&format!("{tools}/vitest"), "")
        .link(&format!("{tools}/eslint"), "../eslint/bin/eslint.js");
    let there = World {
        files: &tree,
        ..world()
    };
    let below = World {
        files: &tree,
        cwd: "/home/dev/project/packages/a".to_owned(),
        ..world()
    };
    let lines = ["npx vitest run", "npx eslint src --fix"];
    check_in(&there, Allow, &lines);
    check_in(&below, Allow, &lines);
    check_in(&there, Ask, &["npx create-vite app", "npx prettier ."]);
    check(Ask, &lines);
    check(Allow, &["flutter analyze", "flutter test"]);
    check(Ask, &["flutter pub get", "flutter unheard-of"]);
}

#[test]
fn another_repository_is_asked_about_even_to_look_at_it() {
    check(Ask, &["git -C /tmp/evil status", "git -C ../other log"]);
    check(Allow, &["git -C sub status", "git -C . log"]);
}

#[test]
fn rights_that_lock_everyone_out_are_asked_about() {
    let locking = [
        "chmod -R 000 .",
        "chmod -R a-r src",
        "chmod -R u= .",
        "chmod -R 077 x",
    ];
    check(Ask, &locking);
    let usual = [
        "chmod -R 755 .",
        "chmod -R u+w .",
        "chmod -R go-w .",
        "chmod 000 lock",
    ];
    check(Allow, &usual);
}
