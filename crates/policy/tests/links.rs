//! Patterns that go through links, those that are there and those that the line makes.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::World;
use support::tree::Tree;
use support::{check, check_in, world};

/// A workspace in which `d/l` leads to the home folder and `s` to its keys.
fn tree() -> Tree {
    let at = |path: &str| format!("/home/dev/project/{path}");
    Tree::default()
        .file("/home/dev/.ssh/id_rsa", "")
        .file("/home/dev/.bashrc", "")
        .file("/home/dev/Documents/letter", "")
        .file(&at("src/a.rs"), "")
        .file(&at("packages/a/node_modules/b/index.js"), "")
        .file(&at("packages/a/build/out.o"), "")
        .file(&at("d/real/x"), "")
        .link(&at("d/l"), "/home/dev")
        .link(&at("s"), "/home/dev/.ssh")
        .link(&at("packages/a/linked"), "/home/dev/project/src")
}

#[test]
fn what_a_pattern_reaches_through_a_link_is_judged_where_it_lies() {
    let tree = tree();
    let world = World {
        files: &tree,
        ..world()
    };
    check_in(
        &world,
        Deny,
        &[
            "rm -rf d/*/.ssh",
            "cat d/*/.ssh/id_rsa",
            "echo x >> d/*/.bashrc",
            "cp evil d/*/.ssh/authorized_keys",
            "mv d/*/.ssh .",
            "cat s/*",
            "cat s/id_*",
            "tar cf a.tar s/*",
            "for x in d/*/.ssh; do rm -rf \"$x\"; done",
        ],
    );
    check_in(
        &world,
        Ask,
        &[
            "rm -rf d/*/*",
            "for x in d/*/Documents; do rm -rf \"$x\"; done",
            "sed -i s/a/b/ d/*/Documents/letter",
        ],
    );
    check_in(
        &world,
        Allow,
        &[
            "rm -rf packages/*/node_modules",
            "rm -f packages/*/build/*.o",
            "cat packages/*/linked/*.rs",
            "wc -l d/*/x",
            // The link itself goes, not what it leads to.
            "rm d/l*",
        ],
    );
}

#[test]
fn links_that_the_line_makes_are_gone_through() {
    check(
        Deny,
        &[
            "ln -s ~/.config d/k; cat d/*/gh/hosts.yml",
            "mkdir d; ln -s ~/.ssh d/k; cat d/*/id_rsa",
            "ln -s ~/Documents a; ln -s a b; rm -rf b/../../.ssh",
        ],
    );
    check(
        Ask,
        &[
            "mkdir -p d; ln -s ~/Documents d/k; rm -rf d/*/*",
            "ln -s ~/Documents d/; cat d/*/x",
            "ln -s ~/.cargo d/k; cat d/*/config",
            "ln -s ~/Documents d",
        ],
    );
}

#[test]
fn where_nobody_knows_the_links_a_pattern_of_folders_asks() {
    check(
        Ask,
        &[
            "rm -rf */*",
            "rm -rf packages/*/node_modules",
            "echo x > */notes",
            "cat d/*/gh/hosts.yml",
            "cat */.env",
            "for x in d/*/Documents; do rm -rf \"$x\"; done",
        ],
    );
    check(
        Allow,
        &[
            "rm -f *.log",
            "cat packages/*/package.json",
            "grep -n x src/*/*.rs",
            "for f in *.txt; do wc -l \"$f\"; done",
        ],
    );
}
