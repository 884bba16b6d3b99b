//! What a program does beside its task: the files that it writes, the machines that it reaches, the secrets that it
//! shows, the code that it loads.

mod support;

use gatehouse_policy::Verdict::{self, Allow, Ask, Deny};
use gatehouse_policy::{Taint, World, shell};
use support::tree::Tree;
use support::{analyse, check, check_in, codes, world};

/// Checks that no line is allowed, whichever of asked and denied it is.
#[track_caller]
fn check_held(lines: &[&str]) {
    let allowed: Vec<&&str> = lines
        .iter()
        .filter(|line| analyse(line).verdict == Verdict::Allow)
        .collect();
    assert!(allowed.is_empty(), "allowed: {allowed:#?}");
}

#[test]
fn an_output_option_is_judged_as_what_it_writes() {
    check(
        Deny,
        &[
            "xmllint --output ~/.profile a.xml",
            "xmllint -output ~/.profile a.xml",
            "tidy -o ~/.bashrc a.html",
            "tidy -f ~/.bashrc a.html",
            "tidy -m ~/.bashrc",
            "xmlstarlet ed -L -d //a ~/.bashrc",
            "xsv split ~/.ssh a.csv",
            "qsv select 1 -o ~/.bashrc a.csv",
            "mlr -I --icsv cat ~/.bashrc",
            "dot -Tpng -o ~/.bashrc x",
            "dot -o.git/hooks/pre-commit x",
            "dot -o /etc/passwd x",
            "neato -o ~/.bashrc x",
            "objcopy a.o .git/hooks/pre-commit",
            "objcopy a ~/.bashrc",
            "objcopy --dump-section .t=/root/.bashrc a",
            "strip ~/.bashrc",
            "ar rcs ~/.bashrc a.o",
            "cpp a.c ~/.bashrc",
            "gcc -c -MD -MF ~/.bash_aliases a.c",
            "gcc -MF.git/hooks/pre-commit -MD -c a.c",
            "gcc -Wl,-Map=/root/x a.c",
            "clang -MJ ~/.bashrc -c a.c",
            "rustc --emit=dep-info=/root/.bashrc a.rs",
            "protoc --foo_out=/root a.proto",
            "protoc --go_out=paths=x:/root a.proto",
            "javac -d /root A.java",
            "tree -o ~/.bashrc",
            "ffmpeg -i a.mp4 ~/.bashrc b.mp4",
            "convert a.png ~/.bashrc",
            "mogrify -strip ~/.ssh/x.png",
            "ffprobe -o ~/.bashrc a.mp4",
            "gs -sOutputFile=/root/x a.ps",
            "tesseract a.png ~/.bashrc pdf",
            "pytest -o cache_dir=/root",
            "cloc --out ~/.bashrc .",
            "recode utf8 ~/.bashrc",
            "units -L ~/.bashrc 1 m",
            "pv -o ~/.bashrc a",
            "gofmt -cpuprofile ~/.bashrc a.go",
            "shfmt -o/root/.bashrc a.sh",
            "eslint -o .husky/pre-commit src",
            "lshw -dump ~/.bashrc",
            "sar -o ~/.bashrc 1 1",
            "git interpret-trailers --in-place ~/.bashrc",
        ],
    );
    check(
        Ask,
        &[
            "xmllint --output ~/notes.xml a.xml",
            "dot -o ~/x.png a.dot",
            "gcc -c -MD -MF ../x.d a.c",
            "protoc --go_out=../other a.proto",
            "in2csv --write-sheets - a.xlsx",
            "mlr --icsv tee out.csv a.csv",
            "qalc 'export(x, file)'",
            "neofetch --config x.conf",
        ],
    );
    check(
        Allow,
        &[
            "xmllint --format --output b.xml a.xml",
            "xmllint --xpath '//a' a.xml",
            "tidy -q -e a.html",
            "tidy -o b.html a.html",
            "csvcut -c 1,2 a.csv",
            "mlr --icsv --ojson cat a.csv",
            "dot -Tpng -o x.png a.dot",
            "objcopy -O binary a.elf a.bin",
            "objdump -d /usr/bin/ls",
            "gcc -c -MD -MF build/a.d -I/usr/include -L/usr/lib a.c",
            "gcc -Wl,-rpath,/usr/lib -o a a.c",
            "g++ -std=c++17 -O2 -Iinclude -o build/a src/a.cc -lm",
            "rustc --emit=dep-info=a.d --edition 2024 a.rs",
            "protoc -I/usr/include --go_out=. a.proto",
            "ar rcs liba.a a.o",
            "convert ~/Pictures/a.png b.png",
            "ffprobe -v error -show_format ~/a.mp4",
            "ffmpeg -i a.mp4 b.mp4",
            "pytest -o cache_dir=.cache",
            "clang-tidy -p build src/a.cc",
            "ncdu .",
            "shellcheck .husky/pre-commit",
            "bc -l",
            "figlet hello",
            "tree -L 2",
        ],
    );
}

#[test]
fn a_database_that_is_a_file_keeps_to_that_file() {
    check(
        Deny,
        &[
            "sqlite3 x.db \"vacuum into '/home/dev/.bashrc'\"",
            "sqlite3 x.db \"VACUUM main  INTO '/root/.bashrc'\"",
            "sqlite3 -A -x -f x.sqlar -C /etc/ssh",
            "sqlite3 'file:/root/x.db' 'select 1'",
            "sqlite3 'file:///home/dev/.bashrc?mode=rwc' 'create table t(a)'",
            "sqlite3 x.db '.output /root/.bashrc' 'select 1'",
            "sqlite3 x.db '.once /home/dev/.bashrc' 'select 1'",
            "sqlite3 x.db '.on /home/dev/.bashrc' 'select 1'",
            "sqlite3 x.db '.backup /home/dev/.bashrc'",
            "sqlite3 x.db '.save /home/dev/.bashrc'",
            "sqlite3 x.db '.import /home/dev/.ssh/id_rsa t'",
            "sqlite3 x.db \"attach '/home/dev/.ssh/x.db' as a\"",
            "sqlite3 x.db \"select writefile('/home/dev/.bashrc', 'x')\"",
            "sqlite3 --cmd '.shell id' x.db 'select 1'",
            "duckdb x.db \"select * from '/home/dev/.ssh/id_rsa'\"",
        ],
    );
    check(
        Ask,
        &[
            "sqlite3 x.db \"vacuum into 'b.db'\"",
            "sqlite3 x.db '.backup b.db'",
            "sqlite3 -A -x -f x.sqlar -C /srv",
            "sqlite3 --init x.sql x.db 'select 1'",
            "sqlite3 'file:%2Froot%2Fx.db' 'select 1'",
            "duckdb x.db \"select * from 'https://example.com/a.csv'\"",
        ],
    );
    check(
        Allow,
        &[
            "sqlite3 x.db 'select a from t where b = 1.5'",
            "sqlite3 x.db '.schema t'",
            "sqlite3 x.db '.show'",
            "sqlite3 'file:x.db?mode=ro' 'select 1'",
            "sqlite3 -csv -header x.db 'select * from t'",
            "sqlite3 x.db 'insert into t values (1)'",
            "duckdb x.db \"select * from 'a/b.csv'\"",
        ],
    );
}

#[test]
fn a_variable_that_names_a_file_is_judged_as_what_is_written_there() {
    check(
        Deny,
        &[
            "GIT_TRACE=$HOME/.bashrc git status",
            "GIT_TRACE2_EVENT=/root/x git status",
            "GIT_INDEX_FILE=.git/hooks/pre-commit git status",
            "FFREPORT=file=/root/.bashrc:level=32 ffmpeg -i a b.mp4",
            "CARGO_TARGET_DIR=/root cargo build",
            "CARGO_BUILD_TARGET_DIR=/root cargo build",
            "export NODE_V8_COVERAGE=/root; node a.js",
            "COVERAGE_FILE=~/.bashrc pytest",
            "ASAN_OPTIONS=log_path=/root/x ./a",
        ],
    );
    check(
        Ask,
        &[
            "GIT_TRACE=$HOME/.traced git status",
            "CARGO_TARGET_DIR=../other cargo build",
        ],
    );
    check(
        Allow,
        &[
            "GIT_TRACE=1 git status",
            "GIT_TRACE2=0 git status",
            "CARGO_TARGET_DIR=target/x cargo build",
            "CARGO_TARGET_DIR=/tmp/x cargo build",
            "CARGO_BUILD_JOBS=2 cargo build",
            "GOPATH=$HOME/go go build ./...",
            "ASAN_OPTIONS=detect_leaks=0 make test",
            "LESSHISTFILE=- less a",
        ],
    );
}

#[test]
fn an_address_among_files_is_a_machine_that_is_reached() {
    check(
        Ask,
        &[
            "xmllint http://example.com/x",
            "xmllint --load-trace http://example.com/x",
            "xmllint --path http://example.com a.xml",
            "xmllint --noent a.xml",
            "xmllint --noout --valid a.xml",
            "pandoc 'http://example.com/?x=1'",
            "pandoc -o x.html --self-contained http://example.com/x",
            "cloc http://example.com",
            "wc -l ftp://example.com/x",
        ],
    );
    check(
        Deny,
        &[
            "xmllint http://127.0.0.1:18789/x",
            "xmllint file:///home/dev/.ssh/id_rsa",
            "pandoc http://169.254.169.254/latest",
        ],
    );
    check(
        Allow,
        &[
            "grep -n 'https://example.com' README.md",
            "jq --arg u https://a.example --arg v https://b.example '.x' a.json",
            "basename https://example.com/a.tar.gz",
            "pandoc -o a.html a.md",
        ],
    );
    let local = analyse("xmllint http://127.0.0.1:9/x");
    assert!(
        local
            .effects
            .iter()
            .any(|effect| effect.text.contains("connects to")),
        "{:?}",
        local.effects
    );
}

#[test]
fn what_shows_a_secret_by_another_way_is_held_as_reading_it() {
    check(
        Deny,
        &[
            "tree --fromfile ~/.ssh/id_rsa",
            "tree --fromtabfile ~/.netrc",
            "tree --infofile=/home/dev/.netrc",
            "gcc -include ~/.ssh/id_rsa a.c",
            "gcc -include/home/dev/.ssh/id_rsa a.c",
            "gcc -imacros ~/.ssh/id_rsa -E a.c",
            "latex '\\input{/home/dev/.ssh/id_rsa}'",
            "pdflatex '\\openout5=/home/dev/.bashrc'",
            "pdflatex '\\immediate\\write18{id}'",
            "sum ~/.netrc",
            "lolcat ~/.netrc",
            "cksum ~/.netrc",
            "cp ~/.local/share/app.gatehouse.desktop/gatehouse.db x",
            "cat ~/.local/share/app.gatehouse.desktop/logs/x",
            "cat '/home/dev/Library/Application Support/app.gatehouse.desktop/gatehouse.db'",
            "echo x > ~/.config/app.gatehouse.desktop/x",
        ],
    );
    check(
        Ask,
        &[
            "git show HEAD:.env",
            "git show :.env",
            "git show HEAD:a/.env",
            "git cat-file -p HEAD:.env",
            "git grep x -- .env",
            "git grep -e x .env",
            "git diff HEAD~1 .env",
            "git diff HEAD~1 -- '.env*'",
            "git log -p -- .env",
            "git log -L1,5:.env",
            "git blame .env",
            "git archive HEAD .env",
            "docker inspect web",
            "docker inspect -f '{{.Config.Env}}' web",
            "docker inspect -f '{{json .}}' web",
            "docker inspect -f '{{.State.Status}} {{range .Config.Env}}{{.}}{{end}}' web",
            "docker container inspect web",
            "docker compose config",
            "docker compose config --environment",
            "docker-compose config",
            "latex '\\input{a}'",
        ],
    );
    check(
        Allow,
        &[
            "git show HEAD:README.md",
            "git show HEAD:.env.example",
            "git log --oneline -- .env",
            "git diff --stat HEAD~1 -- .env",
            "git diff -- . ':!.env'",
            "git grep .env",
            "git check-ignore .env",
            "git cat-file -t HEAD:.env",
            "docker inspect -f '{{.State.Status}}' web",
            "docker inspect --format '{{json .State}}' web",
            "docker compose config --services",
            "docker compose config -q",
            "docker network inspect bridge",
            "pdflatex main.tex",
            "cksum a",
            "tree --fromfile list.txt",
        ],
    );
}

#[test]
fn a_variable_or_an_option_that_names_a_program_is_held() {
    check(
        Deny,
        &[
            "CARGO_BUILD_RUSTC_WRAPPER=./x cargo build",
            "CARGO_BUILD_RUSTC=./x cargo build",
            "CARGO_BUILD_RUSTFLAGS='-C linker=./x' cargo build",
            "CARGO_ALIAS_B='run --bin x' cargo b",
            "cargo rustc -- -C linker=./x",
            "cargo rustc -- -Clinker=./x",
            "cargo rustc -- -C link-arg=-fuse-ld=./x",
            "GOCACHEPROG=./x go build",
            "ZIP='-T -TT id' zip x y",
            "MANOPT='-P id' man ls",
            "JQ_LIBRARY_PATH=./x jq . a.json",
            "BAT_CONFIG_PATH=./x bat a",
            "LESSKEYIN=./x less a",
            "CMAKE_C_COMPILER_LAUNCHER=./x cmake -B build",
            "cmake -DCMAKE_C_COMPILER=./x .",
            "cmake -D CMAKE_CXX_COMPILER:FILEPATH=./x .",
            "cmake . -DCMAKE_C_COMPILER_LAUNCHER=./x",
            "cmake --build . -- SHELL=./x",
            "cmake -DFOO_EXECUTABLE=./x .",
            "bat --pager ./x y",
            "bat --pager=./x y",
            "ag --pager ./x y",
            "clang -fpass-plugin=./x.so -c a.c",
            "gcc --ld-path=./x a.c",
        ],
    );
    check(
        Ask,
        &[
            "PYTEST_ADDOPTS='-p bad' pytest",
            "PYTEST_PLUGINS=bad pytest",
            "export PYTEST_ADDOPTS=-pbad",
            "clang --config ../x -c a.c",
            "clang --config=/srv/x -c a.c",
            "mypy --python-executable /srv/x a.py",
            "mocha -r /srv/x.js",
            "jest --globalSetup ../x.js",
            "prettier --plugin /tmp/x.js a.js",
            "cmake -DCMAKE_TOOLCHAIN_FILE=/srv/x.cmake .",
            "pandoc -d ../x.yaml a.md",
        ],
    );
    check(
        Allow,
        &[
            "CARGO_BUILD_RUSTFLAGS='-D warnings' cargo build",
            "CMAKE_C_COMPILER_LAUNCHER=ccache cmake -B build",
            "PYTEST_ADDOPTS='-q --maxfail=1' pytest",
            "ZIP=release.zip; zip -r \"$ZIP\" src",
            "cargo rustc -- -C opt-level=3",
            "cmake -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=/usr/bin/clang++ -B build",
            "cmake -DCMAKE_C_COMPILER=arm-none-eabi-gcc -B build",
            "cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -B build",
            "cmake --build build -- -j8",
            "cmake -DFOO_PROGRAM=bar -B build",
            "cmake --build build -- VERBOSE=1",
            "bat --pager=never a",
            "bat --pager 'less -R' a",
            "mocha -r ts-node/register test",
            "prettier --plugin prettier-plugin-svelte --check a.svelte",
        ],
    );
}

#[test]
fn code_that_a_tool_loads_is_the_projects_own_unless_it_was_just_written() {
    let lines = [
        "mocha -r ./x.js",
        "jest --globalSetup ./x.js",
        "prettier --plugin ./x.js a.js",
        "mypy --python-executable ./x a.py",
        "clang --config ./x -c a.c",
    ];
    check(Allow, &lines);
    let written = |path: &str| World {
        taint: Taint {
            written: [path.to_owned()].into(),
            ..Taint::default()
        },
        ..world()
    };
    let (script, program) = (
        written("/home/dev/project/x.js"),
        written("/home/dev/project/x"),
    );
    check_in(&script, Ask, &lines[..3]);
    check_in(&program, Ask, &lines[3..]);
}

#[test]
fn what_fills_a_disk_is_asked_about() {
    check(
        Ask,
        &[
            "yes > x",
            "yes >> x",
            "{ yes; } > x",
            "timeout 60 yes > x",
            "yes | tee x",
            "cat /dev/zero > x",
            "cat < /dev/urandom > x",
            "cp /dev/zero x",
            "base64 /dev/urandom > x",
            "cat /dev/zero | tr a b > x",
            "fallocate -l 100T x",
            "fallocate --length=100TiB x",
            "truncate -s 100T x",
            "truncate -s +100T x",
            "dd if=/dev/zero of=x",
            "dd if=/dev/zero of=x bs=1G count=1000",
            "dd if=/dev/zero of=x bs=1 count=0 seek=100T",
            "head -c 100T /dev/zero > x",
            "head -c100G < /dev/zero > x",
            "seq 1 99999999999 > x",
        ],
    );
    check(
        Allow,
        &[
            "head -c 1M /dev/urandom > x",
            "yes | head -3",
            "yes | head -100 > x",
            "yes > /dev/null",
            "tr -dc a-z < /dev/urandom | head -c 20 > x",
            "dd if=/dev/zero of=x bs=1M count=10",
            "dd if=/dev/urandom bs=32 count=1 | base64 > x",
            "fallocate -l 10M x",
            "truncate -s 1G x",
            "truncate -s 0 x",
            "od -An -N4 -tu4 /dev/urandom > x",
            "seq 1 1000 > x",
            "cp a b",
        ],
    );
}

#[test]
fn a_number_that_grows_in_a_loop_stays_a_number() {
    check(
        Allow,
        &[
            "i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done",
            "n=1; until [ $n -gt 9 ]; do n=$((n * 2)); done; echo $n",
        ],
    );
    check(
        Ask,
        &[
            "i=0; while [ $i -lt 3 ]; do i=$(cat f); echo $((i+1)); done",
            "i=0; while read -r i; do echo $((i+1)); done < f",
        ],
    );
}

#[test]
fn what_the_line_put_into_the_background_may_be_stopped() {
    check(Allow, &["sleep 9 & kill $!"]);
    check(
        Ask,
        &[
            "kill $PID",
            "sleep 9 & kill $!$X",
            "sleep 9 & kill $(cat pid)",
        ],
    );
    check(Deny, &["sleep 9 & kill -9 -1"]);
}

#[test]
fn a_pattern_is_not_about_instructions_that_are_not_there() {
    let tree = Tree::default()
        .file("/home/dev/project/build/a.o", "")
        .file("/home/dev/project/bin/x", "");
    let there = World {
        files: &tree,
        ..world()
    };
    check_in(&there, Allow, &["rm -rf ./build/*", "chmod 755 bin/*"]);
    let tree = Tree::default().file("/home/dev/project/build/AGENTS.md", "");
    let told = World {
        files: &tree,
        ..world()
    };
    check_in(&told, Ask, &["rm -rf ./build/*", "rm -rf *"]);
    // Where nobody knows what is there, everything in a folder is the folder.
    check(
        Allow,
        &["rm -rf ./build/*", "rm -f ./build/*.md", "rm -rf build"],
    );
    check(Ask, &["rm -rf ./*", "rm -f ./*.md"]);
}

#[test]
fn questions_are_answered_and_their_neighbours_asked_about() {
    check(
        Allow,
        &[
            "npm pkg get version",
            "npm version",
            "npm version --json",
            "fzf --version",
            "git lfs ls-files",
            "screen -ls",
        ],
    );
    check_held(&[
        "npm pkg set scripts.test=x",
        "npm version patch",
        "git lfs push origin main",
        "git lfs install",
        "screen -ls -dm sh -c x",
        "fzf --preview 'rm -rf ~'",
    ]);
}

#[test]
fn a_file_that_a_program_read_from_the_network_is_not_run() {
    let analysis = shell::analyse("pandoc -t plain http://localhost:8080/x | sh", &world());
    assert_eq!(analysis.verdict, Deny, "{:?}", codes(&analysis));
}
