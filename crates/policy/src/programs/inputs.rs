//! Files that decide what a tool of a project runs.
//!
//! A tool that builds or tests runs the project's own code, which is what it is there for. Two things are not: a file
//! that names commands and was written in this session, and code that stands in the very line that runs it.

use super::table::has_name;
use crate::place;
use crate::word::Word;

/// What a tool takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs {
    /// Files that name commands.
    commands: &'static str,
    /// Code, and settings that name code.
    code: &'static str,
}

const C: &str = "*.c *.h *.cc *.cpp *.cxx *.hpp *.s *.S *.sh *.py *.pl *.awk";
const PYTHON: &str =
    "*.py pytest.ini tox.ini setup.cfg pyproject.toml .pylintrc pylintrc .coveragerc .flake8";
const SCRIPT: &str = "*.js *.mjs *.cjs *.jsx *.ts *.mts *.cts *.tsx *.vue *.svelte .*rc .*rc.*";
const JVM: &str = "*.java *.kt *.kts *.groovy *.scala";

#[rustfmt::skip]
static INPUTS: &[(&str, Inputs)] = &[
    ("make gmake bmake remake", Inputs { commands: "Makefile makefile GNUmakefile BSDmakefile *.mk *.mak", code: C }),
    ("cmake ctest cpack", Inputs { commands: "CMakeLists.txt *.cmake CMakePresets.json CMakeUserPresets.json", code: C }),
    ("ninja samu", Inputs { commands: "*.ninja", code: C }),
    ("meson", Inputs { commands: "meson.build meson_options.txt meson.options", code: C }),
    ("scons waf", Inputs { commands: "SConstruct SConscript wscript", code: C }),
    ("autoconf automake autoreconf configure", Inputs { commands: "configure.ac configure.in *.m4 *.am *.in configure", code: "" }),
    ("bazel bazelisk buck buck2 pants", Inputs { commands: "BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel BUCK *.bzl", code: C }),
    ("just", Inputs { commands: "justfile Justfile .justfile *.just", code: "" }),
    ("task go-task", Inputs { commands: "Taskfile.yml Taskfile.yaml taskfile.yml taskfile.yaml", code: "" }),
    ("latexmk", Inputs { commands: ".latexmkrc latexmkrc LatexMk", code: "*.tex *.sty *.cls" }),
    ("rake thor rspec rails cucumber minitest rubocop", Inputs { commands: "Rakefile rakefile *.rake Thorfile", code: "*.rb .rspec Gemfile .rubocop.yml .*rc" }),
    ("grunt gulp jake", Inputs { commands: "Gruntfile.* gulpfile.* Jakefile*", code: SCRIPT }),
    ("tox nox invoke inv fab doit", Inputs { commands: "tox.ini noxfile.py tasks.py fabfile.py dodo.py", code: PYTHON }),
    ("pytest py.test unittest doctest nosetests green slipcover coverage robot behave mypy pylint", Inputs { commands: "", code: PYTHON }),
    ("cargo cross", Inputs { commands: "build.rs", code: "*.rs Cargo.toml rust-toolchain" }),
    ("go ginkgo gotestsum mage", Inputs { commands: "magefile.go", code: "*.go go.mod" }),
    ("npm pnpm yarn yarnpkg bun cnpm npx bunx pnpx", Inputs { commands: MANIFEST, code: SCRIPT }),
    ("jest vitest mocha jasmine ava tap karma cypress playwright webpack webpack-cli vite rollup esbuild parcel tsup unbuild turbo nx lerna gulp-cli eslint prettier stylelint next nuxt nuxi astro svelte-kit ng react-scripts storybook metro expo c8 nyc deno", Inputs { commands: "", code: SCRIPT }),
    ("gradle gradlew", Inputs { commands: "*.gradle *.gradle.kts gradle.properties gradle-wrapper.properties", code: JVM }),
    ("mvn mvnw mvnd", Inputs { commands: "pom.xml", code: JVM }),
    ("ant sbt mill lein bb", Inputs { commands: "build.xml *.sbt build.sc project.clj bb.edn", code: JVM }),
    ("java javaw", Inputs { commands: "", code: JVM }),
    ("dotnet", Inputs { commands: "*.csproj *.fsproj *.vbproj *.props *.targets *.sln", code: "*.cs *.fs *.vb" }),
    ("swift", Inputs { commands: "Package.swift", code: "*.swift" }),
    ("mix rebar3", Inputs { commands: "mix.exs rebar.config", code: "*.ex *.exs *.erl" }),
    ("stack cabal", Inputs { commands: "package.yaml *.cabal Setup.hs", code: "*.hs" }),
    ("dune", Inputs { commands: "dune dune-project", code: "*.ml" }),
    ("phpunit pest composer", Inputs { commands: "composer.json", code: "*.php phpunit.xml" }),
    ("earthly", Inputs { commands: "Earthfile", code: "" }),
    ("pio platformio", Inputs { commands: "platformio.ini *.py", code: C }),
    ("west", Inputs { commands: "CMakeLists.txt *.cmake west.yml", code: C }),
    ("xmake", Inputs { commands: "xmake.lua", code: C }),
    ("flutter dart", Inputs { commands: "build.yaml", code: "*.dart" }),
];

/// Its tasks are judged by what they say, where that can be read.
pub(crate) const MANIFEST: &str = "package.json";

/// Arguments with which a tool runs nothing of the project.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "--version", "--help", "-h", "version", "help", "fmt", "ls", "list", "view", "tree", "metadata", "env", "why", "outdated",
];

/// What a command takes, where it is a tool that runs what files say.
pub(crate) fn inputs(argv: &[Word]) -> Option<&'static Inputs> {
    let mut argv = argv;
    // `python3 -m pytest` is `pytest`.
    let interpreter = place::name(argv.first()?.known()?);
    if (interpreter.starts_with("python") || interpreter.starts_with("pypy"))
        && let Some(at) = argv.iter().position(|word| word.known() == Some("-m"))
    {
        argv = &argv[at + 1..];
    }
    let mut name = place::name(argv.first()?.known()?);
    if matches!(name, "node" | "nodejs") {
        if !argv.iter().any(|word| word.known() == Some("--test")) {
            return None;
        }
        name = "jest";
    }
    let first = argv.get(1).and_then(Word::known).unwrap_or_default();
    if LOOKS.contains(&first) {
        return None;
    }
    let entry = INPUTS.iter().find(|(names, _)| has_name(names, name));
    entry.map(|(_, inputs)| inputs)
}

/// Whether a command is a tool that runs what a file of this path says.
pub fn is_commanded_by(argv: &[String], path: &str) -> bool {
    let argv: Vec<Word> = argv.iter().map(|word| Word::from(word.as_str())).collect();
    inputs(&argv).is_some_and(|inputs| inputs.commands(path))
}

impl Inputs {
    /// Whether a file names commands that the tool runs.
    pub(crate) fn commands(&self, path: &str) -> bool {
        is_one(self.commands, path)
    }

    /// Whether it is code that the tool runs.
    pub(crate) fn code(&self, path: &str) -> bool {
        is_one(self.code, path)
    }
}

fn is_one(patterns: &str, path: &str) -> bool {
    let name = place::name(path);
    patterns
        .split(' ')
        .any(|pattern| !pattern.is_empty() && place::matches(pattern, name))
}
