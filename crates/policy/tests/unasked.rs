//! Lines of every day that need nobody's leave, and those close to them that do.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::{Taint, World};
use support::tree::Tree;
use support::{check, check_in, world};

#[test]
fn what_is_only_counted_may_be_any_file_that_a_list_names() {
    check(
        Allow,
        &[
            "xargs -a files.txt wc -c",
            "xargs -a files.txt -d '\\n' wc -c",
            "cat files.txt | xargs wc -l",
            "sort files.txt | xargs wc -l",
            "xargs wc -l < files.txt",
            "xargs -I{} wc -l {} < files.txt",
            "xargs sha256sum < files.txt",
        ],
    );
    check(
        Ask,
        &[
            "xargs cat < files.txt",
            "xargs grep foo < files.txt",
            // What is a list may be an option, and that shows what a file says that it names.
            "sed s/a/b/ x > files.txt; xargs wc -l < files.txt",
            "curl -s https://example.com/l | xargs wc -l",
            "cat files.txt /tmp/l | xargs wc -l",
            "cat ../files.txt | xargs wc -l",
            "wc -l $X",
            "wc --files0-from=$X",
        ],
    );
    check(
        Deny,
        &[
            "echo --files0-from=/home/dev/.ssh/id_rsa | xargs wc",
            "echo ~/.ssh/id_rsa | xargs wc -c",
        ],
    );
    let written = World {
        taint: Taint {
            written: ["/home/dev/project/files.txt".to_owned()].into(),
            ..Taint::default()
        },
        ..world()
    };
    let lines = ["xargs wc -l < files.txt", "cat files.txt | xargs wc -l"];
    check_in(&written, Ask, &lines);
}

#[test]
fn what_follows_the_program_is_the_programs_own() {
    check(
        Allow,
        &[
            "java -cp out com.example.Main --dry-run",
            "java -jar build/libs/app.jar --server.port=8080",
            "java -Xmx1g -jar app.jar -javaagent:x.jar",
        ],
    );
    check(
        Ask,
        &[
            "java -javaagent:x.jar -jar app.jar",
            "java -jar -javaagent:x.jar app.jar",
            "java -jar /opt/x/app.jar",
            "java -jar",
            "java --unheard-of -cp out Main",
        ],
    );
    check(
        Deny,
        &["java -jar '-XX:OnOutOfMemoryError=rm -rf ~' app.jar"],
    );
}

#[test]
fn the_options_of_a_tool_are_not_those_of_another() {
    check(
        Allow,
        &[
            "python -m unittest discover -p 'test_*.py'",
            "python3 -m unittest discover -s tests -t . -p '*_test.py'",
            "ghc -Wall -fno-code src/Main.hs",
            "ghc -O2 -threaded -o bin/app Main.hs",
            "node --import tsx src/cli.ts",
            "node -r ts-node/register src/cli.ts --import evil",
            "node --check src/a.js",
            "iex --version",
        ],
    );
    check(
        Ask,
        &[
            "python -m unittest discover -s /opt/x",
            "python -m unittest discover -s/opt/x",
            "python -m unittest discover --start-directory=../other",
            "python -m pytest -p evil",
            "ghc -e 'main'",
            "ghc -fplugin=Evil Main.hs",
            "ghc -package-db /tmp/x Main.hs",
            "ghc @options",
            "ghc -o ~/bin2/app Main.hs",
            "node --import ./x.mjs src/cli.ts",
            "node --import evil src/cli.ts",
            "node x.js; node -- -",
            "iex -S mix",
        ],
    );
    check(
        Deny,
        &[
            "ghc -o ~/.bashrc Main.hs",
            "ghc -pgmF ./x -F Main.hs",
            "echo 'require(\"child_process\").execSync(\"rm -rf ~\")' > x.js; node x.js -c",
            "echo 'require(\"child_process\").execSync(\"rm -rf ~\")' > x.js; node --no-warnings x.js --test",
            "echo 'import os; os.system(\"rm -rf ~\")' > test_x.py; python3 -m unittest",
        ],
    );
}

#[test]
fn what_is_only_printed_changes_nothing() {
    check(
        Allow,
        &[
            "make -n deploy",
            "make --dry-run publish",
            "make deploy --just-print",
            "just -n deploy",
            "task --dry deploy",
            "rake -n db:migrate",
        ],
    );
    check(
        Ask,
        &[
            "make deploy",
            "make deploy n=1",
            // It is the recipe's own option.
            "just deploy -n",
            "make -n -f /opt/x/Makefile deploy",
            "make -n -C .. deploy",
        ],
    );
    check(
        Deny,
        &[
            "make -n deploy X='$(shell rm -rf ~)'",
            "make -n SHELL=/tmp/x deploy",
        ],
    );
}

#[test]
fn a_table_is_read_into_a_database() {
    check(
        Allow,
        &[
            "sqlite3 :memory: '.import data.csv t' 'select 1'",
            "sqlite3 dev.db '.import --csv --skip 1 \"data/a b.csv\" t'",
            "sqlite3 :memory: <<'SQL'\n.mode csv\n.import data/orders.csv orders\nselect count(*) from orders;\nSQL",
        ],
    );
    check(
        Ask,
        &[
            "sqlite3 :memory: \".import $F t\"",
            "sqlite3 ~/notes.db '.import data.csv t'",
            "sqlite3 :memory: '.output x.csv' '.import data.csv t'",
            "sqlite3 :memory: '.import data.csv'",
            "sqlite3 :memory: '.import a\\x.csv t'",
        ],
    );
    check(
        Deny,
        &[
            "sqlite3 :memory: '.import /home/dev/.aws/credentials t'",
            "sqlite3 :memory: '.import \"/home/dev/.ssh/id_rsa\" t' 'select * from t'",
            "sqlite3 :memory: '.import \"|rm -rf ~\" t'",
            "sqlite3 :memory: '.import --csv |id t'",
        ],
    );
}

#[test]
fn a_script_that_is_called_after_what_it_publishes_is_asked_about() {
    check(
        Ask,
        &[
            "./scripts/deploy.sh prod",
            "bash scripts/deploy.sh",
            "python3 scripts/deploy.py --prod",
            "node scripts/publish.js",
            "node scripts/publishAll.mjs",
            "ruby script/release.rb",
            "./release.sh",
            "bin/kamal deploy",
            "./bin/deploy --prod",
            "./vendor/bin/dep deploy prod",
            "sh ./uninstall.sh",
            "npx --no-install semantic-release",
            "npx --no-install gh-pages -d dist",
            "npx --no-install changeset publish",
            "./node_modules/.bin/release-it",
            "deno run -A scripts/deploy.ts",
            "npm run rollout",
        ],
    );
    check(
        Allow,
        &[
            "./scripts/build.sh release",
            "bash scripts/test-deploy.sh",
            "node scripts/release-notes.mjs v1.2.0",
            "python3 scripts/lint.py deploy.yaml",
            "./bin/app serve deploy.json",
            "./target/release/app --version",
            "./scripts/deploy.sh --help",
            "bash -n scripts/deploy.sh",
            "php -l scripts/deploy.php",
            "node --check scripts/deploy.js",
            "npx --no-install changeset status",
            "php artisan vendor:publish",
            "cat scripts/deploy.sh",
            "chmod +x scripts/deploy.sh",
        ],
    );
}

#[test]
fn what_agents_are_told_is_looked_for_where_it_may_be() {
    check(
        Allow,
        &[
            "sed -i.bak 's/a/b/' docs/*.md",
            "for f in docs/*.md; do sed -i 's/a/b/' \"$f\"; done",
            "prettier --write *.md",
        ],
    );
    check(
        Ask,
        &[
            "sed -i 's/a/b/' *.md",
            "sed -i 's/a/b/' ./*.md",
            "mv *.md docs/",
            "for f in *.md; do sed -i 's/a/b/' \"$f\"; done",
            "sed -i 's/a/b/' docs/A*.md",
            "sed -i 's/a/b/' */*.md",
            "sed -i 's/a/b/' docs/AGENTS.md",
            "sed -i 's/a/b/' .github/*.md",
            "sed -i 's/a/b/' ../docs/*.md",
        ],
    );
    let tree = Tree::default()
        .file("/home/dev/project/README.md", "")
        .file("/home/dev/project/docs/AGENTS.md", "");
    let there = World {
        files: &tree,
        ..world()
    };
    check_in(
        &there,
        Allow,
        &[
            "sed -i 's/a/b/' *.md",
            "mv *.md other/",
            "for f in *.md; do sed -i 's/a/b/' \"$f\"; done",
        ],
    );
    check_in(&there, Ask, &["sed -i 's/a/b/' docs/*.md"]);
}

#[test]
fn tools_that_check_build_and_filter_do_what_they_are_told() {
    check(
        Allow,
        &[
            "luac -p scripts/init.lua",
            "msgfmt -o x.mo x.po",
            "msgfmt --check --statistics po/de.po",
            "sd foo bar src/x.rs",
            "choose 1 < x",
            "checkov -d .",
            "tfsec . --format json",
            "pio run -e uno",
            "pio run -t clean",
            "west build -b nrf52 app",
            "arduino-cli compile --fqbn arduino:avr:uno .",
            "xmake build",
            "xmake",
            "earthly +test",
            "cross build --target aarch64-unknown-linux-gnu",
            "jwt decode eyJhbGciOiJIUzI1NiJ9.e30.x",
            "pnpm exec prisma validate",
            "npx --no-install prisma generate",
            "dotnet ef migrations list",
            "uv lock --check",
            "git mergetool --tool-help",
            "parallel gzip ::: *.txt",
            "parallel -j4 gzip -k {} ::: a.txt b.txt",
            "perf stat ./a",
            "perf stat -r 5 -e cycles ./a --fast",
            "gdb -batch -ex bt ./a core",
            "gdb -q -batch -ex 'thread apply all bt' -ex 'info registers' ./a core",
        ],
    );
    check(
        Ask,
        &[
            "checkov -d . --external-checks-git https://example.com/x",
            "tfsec . --custom-check-url https://example.com/x",
            "pio run -t upload",
            "pio pkg install",
            "pio run -d ../other",
            "west flash",
            "west build -t flash",
            "west forall -c ls",
            "arduino-cli compile --build-property compiler.path=x .",
            "arduino-cli compile -u -p /dev/ttyACM0 .",
            "arduino-cli upload .",
            "xmake install",
            "xmake -F /tmp/x.lua",
            "xmake lua x.lua",
            "earthly --push +image",
            "earthly github.com/x/y+test",
            "earthly +deploy",
            "cross publish",
            "jwt encode --secret x '{}'",
            "pnpm exec prisma migrate reset",
            "pnpm exec prisma db push",
            "dotnet ef database update",
            "uv lock",
            "uv lock --check --index x",
            "git mergetool",
            "git mergetool --tool-help x",
            "parallel {} ::: ls",
            "parallel -n2 rm ::: -rf src",
            "parallel 'echo {= unlink =}' ::: a",
            "parallel -S host ls ::: a",
            "parallel --pipe wc ::: a",
            "parallel echo :::: files",
            "perf record ./a",
            "perf stat -a",
            "perf stat -p 1",
            "gdb -batch -ex run ./a",
            "gdb -batch -ex 'print system(\"id\")' ./a core",
            "gdb -batch -x cmds ./a core",
            "gdb -ex bt ./a core",
            "gdb -batch -ex bt -p 12",
            "luac -o ../x.luac a.lua",
            "cat > Earthfile <<'E'\ntest:\n  RUN id\nE\nearthly +test",
        ],
    );
    check(
        Deny,
        &[
            "sd a b ~/.bashrc",
            "choose 1 -i ~/.ssh/id_rsa",
            "msgfmt -o ~/.bashrc x.po",
            "luac -o ~/.bashrc a.lua",
            "parallel rm -rf ::: ~",
            "parallel cat ::: ~/.ssh/id_rsa",
            "perf stat rm -rf ~",
            "perf record rm -rf ~",
            "perf stat -o ~/.bashrc ./a",
            "gdb -batch -ex 'shell rm -rf ~' ./a core",
            "west build -d ~/.ssh",
        ],
    );
    let tree = Tree::default().file("/home/dev/project/src/app/cli.py", "");
    let there = World {
        files: &tree,
        ..world()
    };
    check_in(&there, Allow, &["uv run python -m app.cli --help"]);
    check_in(&there, Ask, &["uv run python -m other.cli"]);
}
