//! Searches that do something to what they find, wherever it lies below the folder.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::World;
use support::tree::Tree;
use support::{check, check_in, world};

#[test]
fn a_name_is_found_at_any_depth_and_in_hidden_folders() {
    check(
        Deny,
        &[
            "find . -name config -exec sed -i s/a/b/ {} +",
            "find . -name pre-commit -exec cp x {} \\;",
            "find . -name post-checkout -exec sed -i 1iX {} \\;",
            "find . -path '*/.git/config' -delete",
            "find sub -name config -delete",
            "find .. -name hosts.yml -exec cat {} \\;",
            "find / -name shadow -exec cat {} \\;",
            "fd -H . ~/.ssh -x cat",
            "fd hosts.yml ~ -x cat",
            "fd id_rsa ~ -x cat",
            "fd --base-directory ~ id_rsa -x cat",
        ],
    );
    check(
        Ask,
        &[
            "find . -iname CONFIG -delete",
            "find . -name HEAD -delete",
            "find . -name index -delete",
            "find . -name '*.json' -exec sed -i s/a/b/ {} +",
            "find -L . -name x -delete",
        ],
    );
    check(
        Allow,
        &[
            "find . -name '*.pyc' -delete",
            "find src -name '*.ts' -exec grep foo {} +",
            "find . -name __pycache__ -type d -exec rm -rf {} +",
            "find . \\( -name '*.o' -o -name '*.a' \\) -delete",
            "find . -maxdepth 1 -name config -delete",
            "find . -type d -empty -delete",
            "find . -not -path './.git/*' -name '*.orig' -delete",
            "fd -e pyc -x rm",
            "fd -t f . src -x wc -l",
        ],
    );
}

#[test]
fn a_name_that_is_not_there_is_not_asked_about() {
    let tree = Tree::default().file("/home/dev/project/package.json", "{}");
    let world = World {
        files: &tree,
        ..world()
    };
    let line = "find . -name '*.json' -exec sed -i s/a/b/ {} +";
    check_in(&world, Allow, &[line]);
}

#[test]
fn what_does_not_choose_by_name_is_about_everything() {
    check(
        Ask,
        &[
            "find . ! -name keep -delete",
            "find . -name a -o -delete",
            "find . \\( -name a -o -type f \\) -delete",
            "find . -type f -mtime +30 -delete",
            "find . -type f -mtime +30 -exec rm {} +",
            "find . -type f -exec sed -i s/a/b/ {} +",
            "find . -type f | xargs rm",
            "find . -type f | sort | xargs rm",
            "find . -type f | grep -v keep | xargs rm",
            "ls | xargs rm -rf",
            "git ls-files | xargs rm",
            "rg --files | xargs rm",
            "fd -x rm",
        ],
    );
    check(
        Allow,
        &[
            "find build -type f -mtime +30 -delete",
            "find . -type f -exec grep foo {} +",
            "find . -type f | xargs grep foo",
            "find . -type f | grep '\\.pyc$' | xargs rm",
            "find . -name '*.pyc' | xargs rm",
            "ls *.log | xargs rm",
        ],
    );
}
