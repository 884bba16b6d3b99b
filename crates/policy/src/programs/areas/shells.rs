//! Shells and interpreters: what they run is given as text, as a file, or comes in.

mod compiled;
mod languages;

use super::builtins::{self, runs_input_with};
use crate::effect::EffectKind;
use crate::place::Access;
use crate::programs::code::{self, Language, input, is_input};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, Program, READ, READ_ALL, TEXT, WRITE, flag, flags, joined, last, program, value,
};
use crate::programs::{Args, Stdin, foreign};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};
use crate::world::Dialect;
use compiled::{ghc, java};
use languages::{deno, node, osascript, other, perl, php, reads_arguments, ruby, runs_file};

const STARTUP: Act = Act::Deny("startup-file", "A file is run before anything else is.");
const LOADS: Act = Act::Ask("loads-code", "It loads more code.");

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("sh bash zsh dash ksh mksh ksh93 pdksh ash yash rbash oksh posh csh tcsh fish xonsh nu elvish osh ysh rc es").grammar(Grammar::Stops).strict().options(&[
        flag("-c --command", TEXT), flag("-s --stdin", TEXT), flag("-i --interactive", TEXT),
        flag("-x", TEXT), flag("-n", TEXT), flags("-l --login -e -u -v -f -a -b -h -k -m -p -r -t -B -C -E -H -P -T -L -D --posix --noprofile --norc --no-config --noediting --restricted --verbose --help --version --debugger --dump-strings --private --no-rcs -d"),
        value("-o -O +o +O", TEXT), flags("+x +e +u +m"),
        value("--rcfile --init-file -C --init-command", STARTUP), value("--emulate", TEXT),
    ]).also(shell),
    program("python python2 python3 pypy pypy3 ipython ipython3 micropython cpython jython bpython pythonw").grammar(Grammar::Stops).strict().options(&[
        last("-c", TEXT), last("-m", TEXT), value("-W -X --check-hash-based-pycs -Q", TEXT),
        flags("-b -B -d -E -h -I -O -OO -P -q -R -s -S -u -v -V -x -bb -VV -t -3 --help --version --help-env --help-xoptions --help-all"), flag("-i", LOADS),
    ]).also(python),
    program("node nodejs iojs").grammar(Grammar::Stops).strict().options(&[
        value("-e --eval", TEXT), value("-p --print", TEXT), value("-r --require --import --loader --experimental-loader", TEXT), flag("-c --check", TEXT), flag("--test", TEXT),
        flag("-i --interactive", LOADS), value("--env-file --env-file-if-exists", READ), value("-C --conditions --input-type --max-old-space-size --stack-trace-limit --title --unhandled-rejections --test-name-pattern --test-reporter --test-concurrency --test-timeout --stack-size", TEXT),
        value("--test-reporter-destination --cpu-prof-dir --heap-prof-dir --diagnostic-dir --report-dir", WRITE),
        flags("-v --version -h --help --watch --no-warnings --trace-warnings --enable-source-maps --experimental-vm-modules --experimental-strip-types --experimental-modules --trace-deprecation --no-deprecation --experimental-test-coverage --preserve-symlinks --expose-gc --test-only --throw-deprecation --abort-on-uncaught-exception --use-strict --experimental-sqlite --experimental-transform-types --v8-options --cpu-prof --heap-prof --test-update-snapshots --test-force-exit --watch-path"),
        joined("--inspect --inspect-brk --inspect-port", Act::Ask("debug-port", "It lets others run code in it through a port.")),
        value("--run", TEXT),
    ]).also(node),
    program("ts-node tsx esno ts-node-esm jiti babel-node coffee sucrase-node vite-node").grammar(Grammar::Stops).strict().options(&[
        value("-e --eval", Act::Code(Language::Node)), value("-p --print", Act::Code(Language::Node)), value("-r --require --import", LOADS), value("-P --project --tsconfig", READ),
        flags("-T --transpile-only --esm --files --version -v -h --no-cache --swc --pretty watch --test --no-warnings"),
    ]).also(runs_file),
    program("deno").grammar(Grammar::Stops).also(deno),
    program("perl perl5 raku perl6").grammar(Grammar::Stops).strict().options(&[
        value("-e -E", TEXT), flag("-n", TEXT), flag("-p", TEXT), joined("-i", TEXT), flags("-w -W -X -c -s -S -t -T -u -U -v -a -f -g -h"),
        joined("-l -0 -C -F -V -D -x", TEXT), value("-M -m", TEXT), value("-I", READ), joined("-d", LOADS),
    ]).also(perl),
    program("ruby jruby truffleruby mruby irb pry").grammar(Grammar::Stops).strict().options(&[
        value("-e", Act::Code(Language::Ruby)), flags("-n -p -a -l -w -v -c -s -S -U -y -h -W --version --help --yjit --jit --verbose --disable-gems"), joined("-i -F -0 -K -T -x -W", TEXT), value("-r", TEXT), value("-I -C -E", READ), value("--encoding --enable --disable", TEXT),
    ]).also(ruby),
    program("php php-cli hhvm").grammar(Grammar::Stops).strict().options(&[
        value("-r", Act::Code(Language::Php)), value("-B -R -E", Act::Code(Language::Php)), value("-f -F", Act::CodeFile(Language::Php)), value("-d", TEXT), value("-z", LOADS), value("-c", LOADS), flags("-n -i -l -m -q -v -w -s -H --ini --version --help"), flag("-a", TEXT),
        value("-S", Act::Ask("listens", "It opens a port.")), value("-t", READ_ALL), value("--rf --rc --re", TEXT),
    ]).also(php),
    program("lua luajit lua5.1 lua5.3 lua5.4 texlua luau").grammar(Grammar::Stops).strict().options(&[value("-e", Act::Code(Language::Lua)), value("-l", LOADS), flags("-v -E -W -"), flag("-i", LOADS)]).also(runs_file),
    program("osascript osacompile").grammar(Grammar::Stops).strict().options(&[value("-e", Act::Code(Language::AppleScript)), value("-l -s", TEXT), flags("-i")]).also(osascript),
    program("R Rscript julia octave runghc runhaskell elixir erl erlang escript scala groovy kotlin jshell clojure clj lein bb guile racket sbcl clisp scheme gosh tclsh wish ocaml swipl crystal nim nimble dart zig v janet fennel maxima sage gap gp pforth bqn apl awkc m4 gnuplot")
        .grammar(Grammar::Stops).also(other),
    program("ghc").grammar(Grammar::Single).options(&[
        value("-o -ohi -odir -hidir -hiedir -stubdir -dumpdir -outputdir -tmpdir -dyno -dynosuf", WRITE), value("-e", Act::Code(Language::Other)), value("-package -hide-package -package-id -x -main-is -framework -this-unit-id -j", TEXT),
        value("-i -I -L -l -D -U", TEXT), flags("--make -M -c -S -C -E -v --version -V --help -? --info --supported-extensions --numeric-version --print-libdir -threaded -debug -prof -static -dynamic -shared -g -no-link -no-hs-main -fforce-recomp -cpp -w -n -s -eventlog -rtsopts -keep-hi-files -keep-o-files -H"),
    ]).also(ghc),
    program("java javaw").grammar(Grammar::SingleStops).strict().options(&[
        flag("-jar", TEXT), value("-cp -classpath --class-path -p --module-path -m --module --add-modules --add-opens --add-exports", TEXT), flags("-version --version -help -server -ea -enableassertions -Xint"),
        value("-javaagent -agentlib -agentpath", LOADS),
    ]).also(java),
    program("pwsh powershell pwsh-preview powershell.exe pwsh.exe").grammar(Grammar::Plain).also(powershell),
    program("cmd cmd.exe command.com").grammar(Grammar::Plain).also(cmd),
    program("wine wine64 wsl wsl.exe mono box64 qemu-user").grammar(Grammar::Stops).asks(EffectKind::Execute, "emulator", "runs a program for another system").also(super::wrappers::tail),
];

/// Whether each command is written to the error output before it runs.
fn traces(parsed: &Parsed) -> bool {
    parsed.has("-x")
        || parsed
            .values("-o")
            .any(|name| name.known() == Some("xtrace"))
}

/// `bash -n FILE` reads a script and runs none of it.
fn only_reads(parsed: &Parsed, reader: &Reader<'_>) -> bool {
    let shell = crate::place::name(reader.invocation.argv[0].prefix());
    let mut written = reader.world.taint.written.iter();
    let option = |path: &String| crate::place::name(path).starts_with(['-', '+']);
    let alone = matches!(parsed.found.as_slice(), [one] if one.option.is("-n"));
    alone
        && parsed.strange.is_empty()
        && matches!(shell, "sh" | "bash" | "dash" | "zsh" | "ksh")
        && parsed.operands.first().is_some_and(|file| match file {
            Word::Known(text) => !text.starts_with('+'),
            Word::Partial(pieces) => match pieces.first() {
                Some(Piece::Text(text)) => !text.starts_with('+'),
                Some(Piece::Pattern(_)) => !written.any(option),
                _ => false,
            },
            Word::Unknown(_) => false,
        })
}

fn shell(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("-c") {
        match parsed.operands.split_first() {
            Some((text, rest)) => {
                let zero = rest.first().unwrap_or(&reader.invocation.argv[0]).clone();
                let words = rest.get(1..).unwrap_or_default().to_vec();
                let text = if traces(parsed) {
                    builtins::joined(&[Word::from("set -x\n"), text.clone()])
                } else {
                    text.clone()
                };
                reader.shell_with(text, Args { zero, words });
            }
            None => reader.ask("missing-code", "The code that it is to run is missing."),
        }
        return;
    }
    if only_reads(parsed, reader) {
        reader.touch(&parsed.operands[0], Access::Read);
        return;
    }
    // A lone dash ends the options.
    let operands = match parsed.operands.split_first() {
        Some((Word::Known(dash), rest)) if dash == "-" => rest,
        _ => parsed.operands.as_slice(),
    };
    let mut zero = reader.invocation.argv[0].clone();
    let mut words = operands;
    if !parsed.has("-s")
        && let Some((file, rest)) = operands.split_first()
    {
        if !is_input(file) {
            return reader.script_file(file, rest);
        }
        (zero, words) = (file.clone(), rest);
    }
    let args = Args {
        zero,
        words: words.to_vec(),
    };
    if parsed
        .found
        .iter()
        .any(|found| found.option.is("-l") && found.value.is_none())
        && parsed.strange.is_empty()
        && reader
            .invocation
            .argv
            .iter()
            .any(|arg| matches!(arg.known(), Some("--version" | "--help")))
    {
        return;
    }
    match &reader.invocation.stdin {
        Stdin::Pipe if parsed.has("-i") => {
            reader.deny(
                "reverse-shell",
                "A shell is driven by what another program hands it.",
            );
        }
        Stdin::File(path) => {
            let path = path.clone();
            reader.out.io.runs_input = true;
            return reader.script_file(&path, &args.words);
        }
        Stdin::Text(_) => {}
        Stdin::Inherited => reader.ask("shell-input", "A shell runs whatever it is given."),
        Stdin::Pipe => reader.ask(
            "shell-input",
            "A shell runs whatever another command writes.",
        ),
    }
    runs_input_with(reader, Dialect::Posix, args);
}

fn is_question(reader: &Reader<'_>) -> bool {
    reader.invocation.argv.len() == 2
        && matches!(
            reader.invocation.argv[1].known(),
            Some(
                "--version"
                    | "-V"
                    | "-v"
                    | "--help"
                    | "-h"
                    | "-version"
                    | "-VV"
                    | "version"
                    | "help"
                    | "-help"
            )
        )
}

fn file_or_input(parsed: &Parsed, reader: &mut Reader<'_>, language: Language) {
    match parsed.operands.split_first() {
        Some((file, _)) if is_input(file) => input(reader, language),
        Some((file, args)) => {
            super::builds::framework(file, args, reader);
            reader.file_with(file, args);
        }
        None if is_question(reader) => {}
        None => input(reader, language),
    }
}

/// The folder of a module that is the project's own: where it is looked for first, or below `src`, from where it is
/// installed in the project's environment.
fn own_module(module: &str, reader: &Reader<'_>) -> Option<&'static str> {
    /// More names in a folder are not looked at.
    const MOST: usize = 4096;
    let folder = reader.cwd()?.trim_end_matches('/');
    let first = module.split('.').next().unwrap_or("");
    ["", "src/"].into_iter().find(|below| {
        let folder = format!("{folder}/{below}");
        let names = reader.world.files.list(&folder, MOST).entries;
        names.iter().any(|entry| {
            entry.name == first && !entry.link || entry.name.strip_suffix(".py") == Some(first)
        })
    })
}

/// `python -m cProfile -s cumtime script.py`
fn profiled(args: &[Word], reader: &mut Reader<'_>) {
    let mut words = args.iter().enumerate();
    while let Some((at, word)) = words.next() {
        match word.prefix() {
            "-s" | "--sort" => {
                words.next();
            }
            "-o" | "--outfile" => {
                if let Some((_, file)) = words.next() {
                    reader.touch(file, crate::place::Access::Write);
                }
            }
            text if text.starts_with('-') => {
                return reader.ask("inline-code", "It runs a module that an argument names.");
            }
            _ => return reader.file_with(word, &args[at + 1..]),
        }
    }
}

fn python(parsed: &Parsed, reader: &mut Reader<'_>) {
    if let Some(text) = parsed.value("-c") {
        code::read(reader, text, Language::Python);
        return reads_arguments(parsed, reader);
    }
    let Some(module) = parsed.value("-m") else {
        return file_or_input(parsed, reader, Language::Python);
    };
    let args = &parsed.operands;
    code::loads(reader, module.known().unwrap_or("…"), Language::Python);
    match module.known().unwrap_or("…") {
        "pip" | "pip3" => reader.again("pip", args),
        "pytest" | "py.test" => reader.again("pytest", args),
        "unittest" => super::builds::unittest(args, reader),
        "doctest" | "mypy" | "black" | "ruff" | "flake8" | "pylint" | "isort" | "coverage"
        | "tox" | "nox" | "pyright" | "build" | "bandit" | "sphinx" | "autopep8" | "yapf"
        | "pyflakes" | "pycodestyle" | "pydocstyle" | "behave" | "ipykernel" | "mkdocs"
        | "cython" | "numpy.f2py" => reader.again("pytest", args),
        "json.tool" | "tokenize" | "ast" | "tabnanny" | "dis" | "calendar" | "this"
        | "platform" | "base64" | "sysconfig" | "quopri" | "gzip" | "symtable" | "pyclbr"
        | "inspect" | "site" => {
            for word in args {
                if !word.prefix().starts_with('-') {
                    reader.touch(word, Access::Read);
                }
            }
            if module.known() == Some("json.tool")
                && args
                    .iter()
                    .filter(|word| !word.prefix().starts_with('-'))
                    .count()
                    > 1
            {
                reader.touch(&args[args.len() - 1], Access::Write);
            }
            reader.out.io.passes_input = true;
        }
        "venv" | "virtualenv" | "compileall" | "py_compile" | "zipfile" | "tarfile" | "zipapp" => {
            for word in args {
                if !word.prefix().starts_with('-') {
                    reader.touch(word, Access::Write);
                }
            }
        }
        "http.server" | "SimpleHTTPServer" | "pyftpdlib" | "smtpd" | "xmlrpc.server" => {
            let folder = given(args, &["-d", "--directory"]);
            serves(folder.unwrap_or(Word::from(".")), reader);
        }
        "code" | "pdb" | "idlelib" | "asyncio" => input(reader, Language::Python),
        "timeit" => {
            let code = args.iter().filter(|word| !word.prefix().starts_with('-'));
            code.for_each(|word| code::read(reader, word, Language::Python));
            for word in args {
                let setup = ["-s", "--setup="]
                    .iter()
                    .find(|begin| word.prefix().starts_with(**begin));
                if let Some(begin) = setup {
                    let text = crate::programs::options::without(word, begin.len());
                    code::read(reader, &text, Language::Python);
                }
            }
        }
        "cProfile" | "profile" => profiled(args, reader),
        "trace" | "runpy" => {
            reader.ask("inline-code", "It runs code that is given in an argument.");
        }
        "awscli" => reader.again("aws", args),
        "flask" => task("flask", args, reader),
        "uvicorn" => task("uvicorn", args, reader),
        "gunicorn" => task("gunicorn", args, reader),
        "hypercorn" => task("hypercorn", args, reader),
        "daphne" => task("daphne", args, reader),
        "celery" => task("celery", args, reader),
        "alembic" => task("alembic", args, reader),
        "django" => task("django-admin", args, reader),
        module => {
            if let Some(folder) = own_module(module, reader) {
                let path = format!("{folder}{}.py", module.replace('.', "/"));
                reader.file(&Word::Known(path));
            } else {
                let text = format!("It runs the module {module}.");
                reader.find(Verdict::Ask, "unknown-module", text);
            }
        }
    }
}

/// The value of an option: `-d x`, `-dx`, `--directory=x`.
fn given(args: &[Word], names: &[&str]) -> Option<Word> {
    let mut args = args.iter();
    while let Some(word) = args.next() {
        let text = word.prefix();
        if names.contains(&text) {
            return args.next().cloned();
        }
        let glued = |name: &&str| {
            let rest = text.strip_prefix(*name)?;
            Some(text.len() - rest.trim_start_matches('=').len())
        };
        if let Some(at) = names.iter().find_map(glued) {
            return Some(crate::programs::options::without(word, at));
        }
    }
    None
}

/// All of a folder can be read through a port.
fn serves(folder: Word, reader: &mut Reader<'_>) {
    reader.ask("listens", "It opens a port and serves files through it.");
    reader.touch(&folder, Access::ReadAll);
}

/// `python -m flask …`: the task that is called so.
fn task(name: &'static str, args: &[Word], reader: &mut Reader<'_>) {
    super::builds::reaching(name, args, reader);
    reader.again(name, args);
}

fn powershell(_: &Parsed, reader: &mut Reader<'_>) {
    let args = reader.invocation.argv[1..].to_vec();
    foreign::powershell_line(&args, reader);
}

fn cmd(_: &Parsed, reader: &mut Reader<'_>) {
    let args = reader.invocation.argv[1..].to_vec();
    foreign::cmd_line(&args, reader);
}
