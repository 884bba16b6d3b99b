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

#[test]
fn an_address_is_read_as_the_program_reads_it_that_is_given_it() {
    check(
        Deny,
        &[
            "curl 'file:///home/dev/{.netrc,x}'",
            "curl file:///home/dev/%2enetrc",
            "curl file://localhost/home/dev/.netrc",
            "curl file:////home/dev/.netrc",
            "curl -w '%output{/home/dev/.bashrc}x' http://localhost:3000",
            "curl -w '%output{>>/home/dev/.bashrc}x' http://localhost:3000",
        ],
    );
    check(
        Ask,
        &[
            "curl 'http://localhost\\@evil.example/'",
            "curl 'file:///home/dev/.net[r-r]c'",
            "curl --proto-default file localhost/home/dev/.ssh/id_rsa",
            "wget -i list",
        ],
    );
    check(
        Allow,
        &[
            "curl -s -o /dev/null -w '%{http_code}\\n' http://localhost:3000",
            "curl 'http://localhost:3000/a{1,2}'",
            "curl file:///home/dev/project/README.md",
        ],
    );
}

#[test]
fn what_a_wrapper_does_by_its_own_options_is_judged() {
    check(
        Deny,
        &[
            "strace -E LD_PRELOAD=./x.so ls",
            "strace --env=LD_PRELOAD=./x.so ls",
            "strace -o '|rm -rf ~' ls",
            "strace -o '!rm -rf ~' ls",
            "strace -o /home/dev/.bashrc ls",
            "valgrind --log-file=/home/dev/.bashrc ls",
            "valgrind --tool=../../x ls",
            "fakeroot -l ./evil.so ls",
            "fakeroot rm -rf ~",
            "faketime '2020-01-01' rm -rf ~",
            "heaptrack -o /home/dev/.bashrc ls",
            "mispipe ls 'rm -rf ~'",
        ],
    );
    check(
        Allow,
        &[
            "strace -ff -o trace ls",
            "strace -f -e trace=file -E LANG=C ls",
            "valgrind --leak-check=full --error-exitcode=1 -q ./app",
            "valgrind --tool=callgrind --callgrind-out-file=out ./app",
            "fakeroot ls",
            "faketime '2020-01-01' date",
        ],
    );
}

#[test]
fn a_variable_that_names_a_program_or_hands_over_options_is_judged_by_its_value() {
    check(
        Deny,
        &[
            "KUBECTL_EXTERNAL_DIFF=./evil ls",
            "GH_PAGER=./evil gh pr list",
            "LUA_INIT_5_4=@evil.lua lua x",
            "BAT_OPTS='--pager ./evil' bat x",
            "BUN_OPTIONS='--preload ./x' bun test",
            "JAVACMD=./evil mvn test",
            "HARNESS_PERL=./evil prove",
            "HARNESS_PERL_SWITCHES=-Mevil prove",
            "RAKEOPT=-revil rake test",
            "SPEC_OPTS='-r ./evil' rspec",
            "TARGET_CC=./evil cargo build",
            "CC_x86_64_unknown_linux_gnu=./evil cargo build",
            "CPPFLAGS=-fplugin=./x make",
            "CONFIG_SHELL=./evil ls",
            "MPLBACKEND=module://evil python3 x.py",
            "CC_PRINT_OPTIONS_FILE=/home/dev/.bashrc gcc x.c",
            "TF_LOG_PATH=/home/dev/.bashrc terraform fmt",
            "VALGRIND_OPTS=--log-file=/home/dev/.bashrc valgrind ls",
        ],
    );
    check(
        Ask,
        &[
            "GH_HOST=evil.example gh pr list",
            "RSYNC_PROXY=evil:80 rsync a b",
            "CARGO_REGISTRIES_X_INDEX=https://evil cargo build",
            "FOO_PAGER=./evil ls",
            "FOO_OPTS='--require ./x' ls",
            "FOO_FLAGS=-r/tmp/x ls",
        ],
    );
    check(
        Allow,
        &[
            "CPPFLAGS=-Iinclude make",
            "TARGET_CC=aarch64-linux-gnu-gcc cargo build",
            "CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc cargo build",
            "MPLBACKEND=Agg python3 x.py",
            "MAVEN_ARGS='-B -ntp' mvn test",
            "JEST_ARGS=--runInBand npm test",
            "GO_TEST_FLAGS='-v -race' make test",
            "CMAKE_ARGS='-DFOO=ON -GNinja' make",
            "BAT_OPTS='--paging never' bat x",
            "TEST_SHELL=/bin/bash make test",
            "CONFIG_SHELL=/bin/bash ls",
        ],
    );
}
