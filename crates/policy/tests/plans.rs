//! In a temporary folder, with the real bash: the plan does what the original does.
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use gatehouse_policy::{Pipeline, Plan, Stage, World, shell};
use support::world;

/// A source of choices that is the same each time.
struct Choices(u64);

impl Choices {
    fn below(&mut self, most: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn word(&mut self) -> String {
        match self.below(10) {
            0 => format!("'{}'", self.of(&["a b", "$x", "it", "*", "\"", "~", ""])),
            1 => format!(
                "\"{}\"",
                self.of(&[
                    "a  b",
                    "$x y",
                    "\\$x",
                    "\\\\",
                    "${x:-d}",
                    "$(echo in)",
                    "`echo t`"
                ])
            ),
            2 => format!(
                "${{x{}}}",
                self.of(&["", ":-none", "%b*", "#a", "//a/o", ":1:2", "^^", "+set"])
            ),
            3 => format!("$(({}))", self.of(&["1 + 2", "n * 3", "(n + 1) % 4"])),
            4 => format!("$(echo {} | tr a-z A-Z)", self.of(&["abc", "x y"])),
            5 => format!(
                "{}{{1,2}}{}",
                self.of(&["f", "", "-"]),
                self.of(&["", ".t"])
            ),
            6 => format!("$'{}'", self.of(&["a\\tb", "\\x41", "q\\'q", "\\\\"])),
            7 => self.of(&["f*", "[ab]*", "a\\ b", "~+", "?"]).to_owned(),
            _ => self
                .of(&["a", "b", "abc", "f1", "1", "x=y", "#no", "a#b"])
                .to_owned(),
        }
    }

    fn simple(&mut self) -> String {
        let (a, b) = (self.word(), self.word());
        match self.below(12) {
            0 => format!("echo {a} {b} > f{}", self.below(3)),
            1 => format!("printf '%s|' {a} {b}"),
            2 => format!("cat <<< {a}"),
            3 => format!(
                "cat <<E\n$x {}\nE",
                self.of(&["text", "$(echo sub)", "\\$x", "\"q\""])
            ),
            4 => format!("cat <<'E'\n$x '{}'\nE", self.of(&["text", "$(no)"])),
            5 => format!("x={}", self.of(&["abc", "'a b'", "\"$x\"z", "$(echo v)"])),
            6 => "n=$((n + 1))".to_owned(),
            7 => format!(
                "mkdir -p d{} && cd d{} && pwd | wc -l",
                self.below(2),
                self.below(2)
            ),
            8 => "ls | sort".to_owned(),
            9 => format!("test {a} = {b} || echo differs"),
            10 => self
                .of(&[
                    "true",
                    "false",
                    "seq 3 | tac",
                    "sort f1 2> /dev/null | uniq -c",
                    "wc -l f0 f1 2>&1 | head -n 1",
                ])
                .to_owned(),
            _ => format!("echo {a}"),
        }
    }

    fn script(&mut self, depth: u32) -> String {
        let mut lines = Vec::new();
        for _ in 0..=self.below(3) {
            lines.push(if depth > 0 && self.below(2) == 0 {
                self.compound(depth - 1)
            } else {
                self.simple()
            });
        }
        lines.join("\n")
    }

    fn compound(&mut self, depth: u32) -> String {
        let (a, body) = (self.word(), self.script(depth));
        let other = self.script(depth);
        match self.below(10) {
            0 => format!(
                "for i in {a} {}; do\n{body}\necho \"$i\"\ndone",
                self.word()
            ),
            1 => format!(
                "if {}; then\n{body}\nelse\n{other}\nfi",
                self.of(&["true", "[[ $x == a* ]]", "test -e f1", "((n > 1))"])
            ),
            2 => format!("(\n{body}\n) | cat -n"),
            3 => format!("{{\n{body}\n}} > f2 2>&1"),
            4 => format!("case {a} in a*|'x y')\n{body}\n;; *)\n{other}\n;; esac"),
            5 => format!("g() {{\n{body}\necho \"$1 $#\"\n}}\ng {a} 'b c'"),
            6 => format!("printf '1\\n2\\n' | while read -r l; do\n{body}\necho \"<$l>\"\ndone"),
            7 => format!("echo \"$(\n{body}\n)\""),
            8 => format!("for ((k = 0; k < 2; k++)); do\n{body}\ndone"),
            _ => format!("! {{\n{body}\n}} && echo failed"),
        }
    }
}

fn prepare(folder: &Path) {
    fs::write(folder.join("f1"), "b\na\nb\n").expect("a file is written");
    fs::write(folder.join("abc"), "text\n").expect("a file is written");
}

fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("the folder is there").flatten() {
            let path = entry.path();
            let name = path
                .strip_prefix(folder)
                .expect("it is below")
                .display()
                .to_string();
            if path.is_dir() {
                all.insert(name, "folder".to_owned());
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap_or_default();
                all.insert(
                    name,
                    unnumbered(&text.replace(&folder.display().to_string(), "@")),
                );
            }
        }
    }
    all
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/home/dev")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

fn in_bash(text: &str, folder: &Path) -> Output {
    command("bash", folder)
        .args(["--noprofile", "--norc", "-c", text])
        .output()
        .expect("bash runs")
}

/// Runs programs as a plan without a shell says.
fn direct(lists: &[Pipeline], folder: &Path) -> (String, bool) {
    let mut out = String::new();
    let mut succeeded = true;
    for pipeline in lists {
        let runs = match pipeline.when {
            Stage::Always => true,
            Stage::OnSuccess => succeeded,
            Stage::OnFailure => !succeeded,
        };
        if !runs {
            continue;
        }
        let mut input = Vec::new();
        for spawn in &pipeline.spawns {
            let file = tempfile::NamedTempFile::new().expect("a file");
            fs::write(file.path(), &input).expect("it is written");
            let output = command(&spawn.argv[0], folder)
                .args(&spawn.argv[1..])
                .envs(spawn.assignments.iter().cloned())
                .stdin(fs::File::open(file.path()).expect("it opens"))
                .output();
            let Ok(output) = output else {
                return (out, false);
            };
            succeeded = output.status.success();
            input = output.stdout;
        }
        succeeded ^= pipeline.negated;
        out.push_str(&String::from_utf8_lossy(&input));
    }
    (out, succeeded)
}

/// Messages without the number of the line, which canonical text does not keep.
fn unnumbered(text: &str) -> String {
    let mut words = text
        .split("line ")
        .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, part| all + "line " + part)
}

/// Compares the plan with the original; false where the original is not read though bash reads it.
fn compare(script: &str) -> bool {
    let (here, there) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    prepare(here.path());
    prepare(there.path());
    let folder = there.path().display().to_string();
    let world = World {
        cwd: folder.clone(),
        workspace: folder,
        ..world()
    };
    let plan = shell::analyse(script, &world).plan;
    let (said, succeeded, how) = match &plan {
        Plan::Shell { text } => {
            let output = in_bash(text, there.path());
            (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                output.status.success(),
                text.clone(),
            )
        }
        Plan::Direct { lists } => {
            let (said, succeeded) = direct(lists, there.path());
            (said, succeeded, format!("{lists:?}"))
        }
        Plan::Nothing => {
            let check = command("bash", here.path())
                .args(["-n", "-c", script])
                .output();
            return !check.expect("bash runs").status.success();
        }
    };
    let original = in_bash(script, here.path());
    let theirs =
        String::from_utf8_lossy(&original.stdout).replace(&here.path().display().to_string(), "@");
    let theirs = unnumbered(&theirs);
    let ours = unnumbered(&said.replace(&there.path().display().to_string(), "@"));
    assert_eq!(ours, theirs, "output of\n{script}\nas\n{how}");
    assert_eq!(
        succeeded,
        original.status.success(),
        "success of\n{script}\nas\n{how}"
    );
    assert_eq!(
        contents(there.path()),
        contents(here.path()),
        "files of\n{script}\nas\n{how}"
    );
    true
}

#[test]
fn the_plan_does_what_the_original_does() {
    let mut unread = Vec::new();
    for seed in 1..=250_u64 {
        let mut choices = Choices(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let script = choices.script(2);
        if !compare(&script) {
            unread.push(script);
        }
    }
    assert!(
        unread.len() <= 10,
        "{} are not read: {}",
        unread.len(),
        unread.join("\n----\n")
    );
}

#[test]
fn what_a_line_may_have_made_before_it_runs_it_is_left_to_a_shell_to_find() {
    for (line, direct) in [
        ("gcc a.c -o app && ./app", false),
        ("make && ./app", false),
        ("cargo build && target/debug/app", false),
        ("cp abc run.sh && bash run.sh", false),
        ("git pull && bash deploy.sh", false),
        ("npm run build && node dist/index.js", false),
        ("sleep 1; bash run.sh", true),
        ("ls && ./app", true),
        ("./app && ls", true),
        ("bash run.sh && make", true),
        ("make && cat abc", true),
    ] {
        let plan = shell::analyse(line, &world()).plan;
        assert_eq!(
            matches!(plan, Plan::Direct { .. }),
            direct,
            "{line}: {plan:?}"
        );
    }
}

#[test]
fn programs_alone_are_run_without_a_shell() {
    for line in [
        "ls",
        "sort f1 | uniq -c",
        "cat f1 && wc -l abc",
        "grep -q x f1 || cat abc",
        "LC_ALL=C sort 'f1'",
        "! grep -q x f1; cat abc",
    ] {
        let plan = shell::analyse(line, &world()).plan;
        assert!(matches!(plan, Plan::Direct { .. }), "{line}: {plan:?}");
        assert!(compare(line), "{line} is not read");
    }
}
