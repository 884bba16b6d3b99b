//! What the value of an option or of a variable comes to: a path, a command, code, an address.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use support::check;

#[test]
fn a_copy_that_is_kept_of_a_file_may_be_a_path_of_its_own() {
    check(
        Deny,
        &[
            "sed -i\"$HOME/.ssh/*\" s/a/b/ authorized_keys",
            "sed --in-place=/home/dev/.ssh/\\* s/a/b/ authorized_keys",
            "perl -i/home/dev/.ssh/\\* -pe s/a/b/ authorized_keys",
            "patch -b -Y /home/dev/.ssh/ authorized_keys p",
            "patch -b -B /home/dev/. bashrc p",
        ],
    );
    check(Ask, &["patch -b -z /../../x f p"]);
    check(
        Allow,
        &[
            "sed -i.bak s/a/b/ f",
            "sed -i'bak/*' s/a/b/ f",
            "perl -i.orig -pe s/a/b/ f",
            "patch -b -z .orig f p",
        ],
    );
}

#[test]
fn a_name_that_a_variable_holds_and_a_number_that_one_is_set_to_are_calculated() {
    check(
        Deny,
        &[
            "x='a[$(rm -rf ~)]'; echo ${!x}",
            "RANDOM='a[$(rm -rf ~)]'",
            "OPTIND='a[$(rm -rf ~)]'; getopts a b",
        ],
    );
    check(Ask, &["read -r k < f; echo ${!k}"]);
    check(
        Allow,
        &[
            "x=HOME; echo ${!x}",
            "a=(1 2); x='a[@]'; echo ${!x}",
            "for v in A B; do echo \"${!v}\"; done",
            "OPTIND=1; SECONDS=0; RANDOM=42",
            "f() { echo \"${!#}\"; }; f a b",
        ],
    );
}

#[test]
fn a_name_that_only_begins_like_an_address_of_this_machine_is_another() {
    check(Ask, &["curl http://127.0.0.1.evil.example/"]);
    check(
        Allow,
        &[
            "curl http://127.0.0.1.nip.io:3000/",
            "curl http://127-0-0-1.sslip.io:3000/",
        ],
    );
}
