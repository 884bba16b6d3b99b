//! Tools that reach beyond the project by a sub-command, wrappers that were taken for less than they are, code that works
//! out what it does; and everyday lines beside them, which are no question.

mod support;

use gatehouse_policy::Verdict::{self, Allow, Ask, Deny};
use support::{analyse, check, codes};

#[test]
fn a_build_tool_that_brings_in_code_from_others_is_asked_about() {
    check(
        Ask,
        &[
            "mix deps.get",
            "mix archive.install hex phx_new",
            "rebar3 get-deps",
            "cabal install hlint",
            "stack install hlint",
            "dart pub get",
            "nimble install x",
            "dotnet restore",
            "playwright install chromium",
            "ng add @angular/material",
        ],
    );
    check(
        Allow,
        &[
            "mix test --stale",
            "mix phx.routes",
            "cabal test",
            "stack build --fast",
            "dart format lib",
            "nimble build",
            "playwright test",
            "ng test",
        ],
    );
}

#[test]
fn a_build_tool_that_publishes_is_asked_about() {
    check(
        Ask,
        &[
            "mix hex.publish",
            "cabal upload a.tar.gz",
            "lerna publish",
            "mkdocs gh-deploy",
            "buf push",
        ],
    );
    check(Allow, &["lerna run build", "mkdocs build", "buf lint"]);
}

#[test]
fn what_a_framework_does_to_a_whole_database_is_asked_about() {
    check(
        Ask,
        &[
            "php artisan migrate:fresh --seed",
            "php artisan db:wipe",
            "python manage.py flush --noinput",
            "./manage.py reset_db",
            "mix ecto.drop",
            "bin/console doctrine:database:drop --force",
            "alembic downgrade base",
        ],
    );
    check(
        Allow,
        &[
            "php artisan route:list",
            "php artisan make:model Post",
            "python manage.py makemigrations --check",
            "bin/console debug:router",
            "alembic history",
        ],
    );
}

#[test]
fn a_program_that_runs_another_is_judged_by_the_other() {
    check(
        Deny,
        &[
            "ls | entr sh -c 'rm -rf ~'",
            "ls | entr -s 'rm -rf ~'",
            "cargo watch -- rm -rf ~",
            "nodemon --exec 'rm -rf ~'",
            "tsc-watch --onSuccess 'rm -rf ~'",
            "npx --no-install start-server-and-test 'rm -rf ~' 3000 ls",
            "ssh-agent bash -c 'rm -rf ~'",
            "daemonize /bin/rm -rf /home/dev",
            "start-stop-daemon -S --exec /bin/rm -- -rf /home/dev",
            "npm exec -c 'rm -rf ~'",
            "nix-shell --run 'rm -rf ~'",
            "nix develop -c rm -rf ~",
            "bear -- rm -rf ~",
            "make --eval='x:;rm -rf ~' x",
            "npm pkg set 'scripts.preinstall=rm -rf ~'",
        ],
    );
    check(
        Allow,
        &[
            "ls *.ts | entr npm test",
            "find src -name '*.rs' | entr -c cargo check",
            "bear -- make -j4",
            "inotifywait -q -e modify src/a.rs",
            "yarn workspaces foreach -A run build",
        ],
    );
}

#[test]
fn a_command_of_code_is_judged_with_what_is_worked_out_in_it() {
    check(
        Deny,
        &[
            r#"perl -e 'system("rm","-rf",$ENV{HOME})'"#,
            r#"perl -e 'exec "rm", "-rf", "$ENV{HOME}"'"#,
            r#"ruby -e 'system("rm", "-rf", Dir.home)'"#,
            r#"node -e 'require("child_process").spawn("rm", ["-rf", require("os").homedir()])'"#,
            r#"R -q -e 'unlink("~", recursive=TRUE)'"#,
            "julia -e 'run(`rm -rf /home/dev`)'",
            r#"elixir -e 'System.cmd("rm", ["-rf", "/home/dev"])'"#,
            r#"erl -noshell -eval 'os:cmd("rm -rf ~").'"#,
            r#"ghc -e 'System.Process.callCommand "rm -rf ~"'"#,
            r#"sbcl --eval '(uiop:run-program "rm -rf ~")'"#,
        ],
    );
}

#[test]
fn a_loop_over_texts_is_gone_through() {
    check(
        Allow,
        &[
            "python3 -c 'for f in [\"a.txt\", \"b.txt\"]: open(f, \"w\").write(\"x\")'",
            "python3 -c 'for f in (\"src/a.py\", \"src/b.py\"): print(open(f).read())'",
            "node -e 'for (const f of [\"a.json\", \"b.json\"]) console.log(require(\"fs\").readFileSync(f, \"utf8\").length)'",
            "python3 - <<'PY'\nfrom pathlib import Path\nfor name in [\"src/a.py\", \"src/b.py\"]:\n    p = Path(name)\n    s = p.read_text()\n    p.write_text(s.replace(\"a\", \"b\"))\nPY",
        ],
    );
    check(
        Ask,
        &[
            "python3 -c 'for f in [\"a\", g()]: open(f, \"w\")'",
            "python3 -c 'for f in [\"a\"]: f = input(); open(f, \"w\")'",
            "python3 -c 'for f in [\"a\"]:\n  for f in x: open(f, \"w\")'",
            "python3 -c 'for f in [\"a\"]:\n  for g in [\"b\"]: open(f + g, \"w\")'",
            "python3 -c 'for f in [\"a\", \"../b\"]: open(f, \"w\")'",
        ],
    );
    check(
        Deny,
        &[
            "python3 -c 'for f in [\"a\", \"/home/dev/.bashrc\"]: open(f, \"w\")'",
            "python3 -c 'for f in [\"/home/dev/.ssh/id_rsa\"]: print(open(f).read())'",
        ],
    );
}

#[test]
fn a_name_that_a_function_or_a_loop_has_for_itself_is_not_the_one_outside() {
    for line in [
        "python3 -c 'f=\"a\"; list(map(lambda f, m: open(f, m), [\"/home/dev/.bashrc\"], [\"w\"]))'",
        "python3 -c 'f=\"a\"; list(open(f, m).write(\"x\") for f, m in [(\"/home/dev/.bashrc\", \"w\")])'",
        "python3 -c 'f=\"a\"\ndef g(x):\n  return list(open(f, m) for f, m in x)\ng([(\"/home/dev/.bashrc\", \"w\")])'",
        "node -e 'const f=\"a\"; function g(x) {\n return x.map((f, i) => require(\"fs\").writeFileSync(f, \"x\"))\n}; g([\"/home/dev/.bashrc\"])'",
        "lua -e 'local f=\"a\"; local g=function()\n return h(function(f, m) io.open(f, m) end, \"/home/dev/.bashrc\", \"w\") end'",
    ] {
        let analysis = analyse(line);
        assert!(analysis.verdict > Allow, "{line}: {:#?}", codes(&analysis));
    }
    check(
        Allow,
        &[
            "python3 -c 'p=\"a.txt\"; s=open(p).read(); open(p, \"w\").write(s)'",
            "python3 -c 'p=\"a.txt\"\nassert \"x\" in open(p).read(), p'",
        ],
    );
}

#[test]
fn a_list_of_what_is_packed_is_about_the_folder_that_is_packed() {
    check(
        Deny,
        &[
            "tar -C ~ -czf /tmp/o.tgz -T <(echo .ssh)",
            "tar -C ~ -czf /tmp/o.tgz -T - <<< .ssh/id_rsa",
        ],
    );
    check(Allow, &["tar -C src -czf /tmp/o.tgz -T - <<< a.rs"]);
}

#[test]
fn what_is_packed_by_code_is_read() {
    check(
        Deny,
        &[
            "python3 -c \"import shutil; shutil.make_archive('/tmp/o', 'zip', '/home/dev/.ssh')\"",
            "python3 -c \"import shutil,os; shutil.make_archive('/tmp/o','zip',os.path.expanduser('~/.aws'))\"",
            "python3 -c \"import tarfile; t=tarfile.open('/tmp/o.tgz','w'); t.add('/home/dev/.gnupg')\"",
        ],
    );
    check(
        Ask,
        &["python3 -c \"import shutil; shutil.make_archive('out','zip','dist')\""],
    );
}

#[test]
fn a_statement_for_a_database_is_no_command() {
    check(
        Allow,
        &[
            "python3 -c \"import sqlite3; c=sqlite3.connect('a.db'); print(c.execute('select 1').fetchone())\"",
            "duckdb -c \"select count(*) from 'data.parquet'\"",
            "duckdb a.duckdb 'show tables'",
        ],
    );
    check(
        Ask,
        &[
            "python3 -c \"import sqlite3; sqlite3.connect('a.db').execute('drop table t')\"",
            "python3 -c \"import sqlite3; sqlite3.connect('a.db').execute('attach ? as x')\"",
            "python3 -c \"import sqlite3,sys; sqlite3.connect('a.db').execute(sys.argv[1])\"",
            "duckdb -c 'install httpfs; load httpfs'",
            "duckdb -c \"select getenv('X')\"",
            "duckdb -c \"from 'https://example.com/a.parquet'\"",
        ],
    );
    check(
        Deny,
        &[
            "python3 -c \"import sqlite3; sqlite3.connect('/home/dev/.gatehouse/a.db').execute('select 1')\"",
            "duckdb -c \"select * from read_csv('/home/dev/.aws/credentials')\"",
            "duckdb -c \"copy (select 1) to '/home/dev/.bashrc'\"",
        ],
    );
}

#[test]
fn a_table_is_read_from_a_file_or_fetched() {
    check(
        Allow,
        &["python3 -c \"import pandas as pd; print(pd.read_csv('a.csv').describe())\""],
    );
    check(
        Ask,
        &["python3 -c \"import pandas as pd; print(pd.read_csv('https://example.com/a.csv'))\""],
    );
    check(
        Deny,
        &[
            "python3 -c \"import pandas as pd; print(pd.read_csv('/home/dev/.aws/credentials'))\"",
            "python3 -c \"import pandas as pd; pd.DataFrame([1]).to_csv('/home/dev/.bashrc')\"",
        ],
    );
}

#[test]
fn names_of_a_harmless_module_are_harmless_to_bring_in() {
    check(
        Allow,
        &[
            "python3 -c 'from datetime import date, timedelta; print(date.today() - timedelta(days=3))'",
        ],
    );
    check(
        Deny,
        &["python3 -c \"from os import path, remove; remove('/etc/passwd')\""],
    );
}

#[test]
fn a_credential_is_one_in_any_language_of_filters() {
    check(
        Deny,
        &[
            "awk 'BEGIN { print ENVIRON[\"GITHUB_TOKEN\"] }'",
            "jq -n 'env.OPENAI_API_KEY'",
            "jq -n '$ENV[\"NPM_TOKEN\"]'",
        ],
    );
    check(
        Ask,
        &[
            "awk 'BEGIN { print ENVIRON[\"LANG\"] }'",
            "jq -n '$ENV.LANG'",
        ],
    );
}

#[test]
fn a_trap_is_judged_by_the_variables_of_the_end() {
    check(
        Deny,
        &[
            "trap 'rm -rf \"$d\"' EXIT; d=$HOME",
            "(trap 'rm -rf \"$d\"' EXIT; d=~)",
            "trap 'rm -rf \"$d\"/*' EXIT; d=",
        ],
    );
    check(
        Allow,
        &[
            "T=$(mktemp -d); trap 'rm -rf \"$T\"' EXIT; cp a \"$T\"/",
            "trap 'echo done' EXIT; make",
        ],
    );
}

#[test]
fn a_key_that_is_added_goes_with_the_repository() {
    let analysis = analyse("git add -f id_rsa && git commit -m x && git push");
    assert_eq!(analysis.verdict, Verdict::Deny, "{:#?}", codes(&analysis));
    assert!(
        analysis
            .findings
            .iter()
            .any(|one| one.code == "secret-to-network")
    );
    check(Ask, &["git add id_rsa", "git add src/a.rs && git push"]);
    check(Allow, &["git add src/a.rs docs", "git add -u"]);
}

#[test]
fn the_screen_a_camera_and_a_microphone_are_no_files() {
    check(
        Ask,
        &[
            "ffmpeg -f x11grab -i :0 out.mp4",
            "ffmpeg -f alsa -i default a.wav",
            "convert x:root a.png",
        ],
    );
    check(Allow, &["ffmpeg -y -i a.wav -f mp3 b.mp3"]);
}

#[test]
fn a_question_about_a_program_is_harmless_and_nothing_else_is() {
    check(
        Allow,
        &[
            "psql --version",
            "kubectl --help",
            "aws --version",
            "az --help",
        ],
    );
    check(
        Ask,
        &[
            "unheard-of --version",
            "psql --version -c 'select 1'",
            "aws --version s3 ls",
        ],
    );
    check(
        Deny,
        &[
            "bash --help -c 'rm -rf ~'",
            "echo --help | xargs -I{} rm -rf ~ {}",
        ],
    );
}

#[test]
fn what_python_and_the_desktop_load_unasked_is_protected() {
    check(
        Deny,
        &[
            "cp x.pth ~/.local/lib/python3.11/site-packages/",
            "echo 'import os' > ~/.ipython/profile_default/startup/00.py",
            "cp x ~/.config/i3/config",
            "cp x.service ~/.local/share/dbus-1/services/x.service",
            "mount --bind /tmp/e /etc",
        ],
    );
}

#[test]
fn what_a_program_prints_to_others_is_read() {
    check(
        Deny,
        &[
            "wall ~/.netrc",
            "logger -f ~/.netrc",
            "xclip ~/.netrc",
            "cat $(find ~/.ssh -type f)",
        ],
    );
}

#[test]
fn options_that_are_not_the_programs_own_are_no_question() {
    check(
        Allow,
        &[
            "go run ./cmd/tool --help",
            "tox -e lint",
            "nox -s tests lint",
            "cargo llvm-cov --html",
            "ag --python 'import os'",
            "git branch -d merged",
            "python3 -m timeit '\"-\".join(map(str, range(9)))'",
            "python3 -m cProfile -s tottime scripts/a.py",
        ],
    );
    check(
        Deny,
        &[
            "go run -exec 'sh -c \"rm -rf ~\"' ./cmd/x",
            "python3 -m timeit '__import__(\"os\").system(\"rm -rf ~\")'",
            "python3 -m cProfile -o ~/.bashrc a.py",
        ],
    );
    check(Ask, &["tox -c /tmp/x.ini", "git branch -D topic"]);
}

#[test]
fn a_finding_names_the_program_that_was_called() {
    let texts = |line: &str| -> String {
        let findings = analyse(line).findings;
        findings.into_iter().map(|one| one.text).collect()
    };
    assert!(texts("az vm list").contains("az uses"));
    assert!(texts("terraform output").contains("terraform output uses"));
}
