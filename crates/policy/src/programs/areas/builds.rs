//! Tools that build, test, check and format a project. They run the project's own code, which the workspace's owner
//! has trusted; what they are told to read or write outside of it is judged.

mod cmake;
mod compilers;
mod loading;
mod media;
mod reaching;
mod tex;
mod toolchains;

use crate::effect::{EffectKind, Zone};
use crate::place::{Access, Guard, locate};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, Opt, Program, READ, TEXT, WRITE, flag, flags, joined, program, rest, value,
};
use crate::programs::variables;
use crate::verdict::Verdict;
use crate::word::Word;
use compilers::{compiler, helpers};
use loading::pytest;
pub(super) use loading::unittest;
use media::media;
pub(in crate::programs) use reaching::framework;
pub(super) use reaching::reaching;
use tex::tex;
use toolchains::{dotnet, go_env, go_packages, jvm, swift, toolchain};

const HELPER: Act = Act::Deny(
    "helper-program",
    "It runs a program that is named by an option.",
);
const LOADS: Act = Act::Ask("loads-code", "It loads code or options from elsewhere.");
const FOLDER: Act = Act::Path(Access::Create);

#[rustfmt::skip]
const CARGO: &[Opt] = &[
    value("--config", Act::Ask("other-configuration", "Its configuration decides what is run.")), value("-Z", Act::Ask("unstable-option", "It uses options that may run programs.")),
    value("--manifest-path --lockfile-path", READ), value("--target-dir --out-dir --artifact-dir --root --path", FOLDER), value("-C", READ),
    value("--output-path --output-dir", WRITE), value("--ignore-filename-regex --fail-under-lines --fail-under-functions --fail-under-regions", TEXT),
    value("-P --cargo-profile", TEXT), value("-p --package --exclude -j --jobs --features -F --bin --example --test --bench --profile --target --message-format --color --edition --name --vcs -i --invert -e --edges --depth --prefix --charset --format --filter-platform --format-version --partition -E --filter-expr --retries --run-ignored --test-threads", TEXT),
    flags("-d --duplicates --release -r -v --verbose -q --quiet --all --workspace --lib --bins --examples --tests --benches --all-targets --all-features --no-default-features --locked --offline --frozen --no-run --no-fail-fast --doc --open --no-deps --keep-going --fix --allow-dirty --allow-staged --check --timings --future-incompat-report --ignore-rust-version -h --help -V --version --list --no-capture --nocapture --document-private-items --unit-graph --ignored --broken-code --summary-only --html --lcov --json --text --codecov --cobertura --no-clean -n --each-feature --feature-powerset --no-dev-deps --clean-per-run --optional-deps --crates --time --wide"),
];

#[rustfmt::skip]
const GO: &[Opt] = &[
    rest("-args"), value("-exec -toolexec -vettool", HELPER), value("-overlay -modfile -pgo", READ), value("-o -coverprofile -cpuprofile -memprofile -blockprofile -mutexprofile -trace -outputdir -pkgdir", WRITE),
    value("-run -bench -count -timeout -tags -ldflags -gcflags -asmflags -gccgoflags -p -parallel -cpu -covermode -coverpkg -benchtime -shuffle -skip -fuzz -fuzztime -mod -f -compiler -buildmode -vet -installsuffix -buildvcs -list", TEXT),
    flags("-v -x -n -a -race -msan -asan -work -short -cover -json -failfast -benchmem -c -i -m -u -deps -e -find -test -trimpath -modcacherw -linkshared -fullpath -artifacts"),
];

const fn task(names: &'static str) -> Program {
    program(names)
        .grammar(Grammar::Plain)
        .also(|parsed, reader| {
            careful(&parsed.operands, reader);
            loading::options(&parsed.operands, reader);
            let program = reader.invocation.argv[0].prefix().to_owned();
            reaching(crate::place::name(&program), &parsed.operands, reader);
            reaching::open_to_all(&parsed.operands, reader);
            // `lerna exec -- COMMAND`, `nx exec -- COMMAND`
            if parsed.operand(0) == Some("exec") {
                super::wrappers::tail(parsed, reader);
            }
            // Rails keeps its tasks behind its own name.
            let tasks = parsed.operands.iter().filter_map(Word::known);
            for task in tasks.filter(|word| word.starts_with("db:")) {
                super::tasks::named(task, reader);
            }
        })
}

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("cargo").grammar(Grammar::Stops).shared(CARGO).subs(&[
        program("build b check c test t bench doc d clippy fix tree metadata pkgid locate-project verify-project read-manifest version nextest llvm-cov miri expand udeps machete deny audit outdated geiger bloat semver-checks msrv hack insta fuzz careful tarpaulin sort report rustc rustdoc criterion hakari help generate-lockfile mutants show-asm asm modules depgraph")
            .strict().shared(CARGO).also(after_dashes),
        program("fmt").options(CARGO).also(after_dashes),
        program("run r").grammar(Grammar::Stops).strict().shared(CARGO).also(manifest),
        program("clean").strict().shared(CARGO).also(|parsed, reader| {
            if let Some(folder) = parsed.value("--target-dir") {
                reader.touch(folder, Access::DeleteAll);
            }
        }),
        program("new init").strict().shared(CARGO).each(FOLDER),
        program("vendor package").strict().shared(CARGO).each(FOLDER),
        program("watch").options(&[value("-s --shell", Act::Shell), value("-x --exec", TEXT)]).also(|parsed, reader| {
            for word in parsed.values("-x") {
                // A shell runs it.
                reader.shell(super::builtins::joined(&[Word::from("cargo"), word.clone()]));
            }
            if let Some(at) = parsed.dashes {
                reader.run(&parsed.operands[at..]);
            }
        }),
        program("search info").asks(EffectKind::Network, "network", "asks the registry"),
        program("install").options(&[flag("--list", TEXT)]).also(|parsed, reader| {
            // By itself it says what is installed.
            if reader.invocation.argv.len() != 3 || !parsed.has("--list") {
                let text = "It brings in packages from others, whose build scripts run.";
                reader.effect(EffectKind::System, crate::effect::Target::Named("cargo install".to_owned()), Zone::System, text);
                reader.ask("package-install", text);
            }
        }),
        program("add remove rm update fetch uninstall upgrade binstall").asks(EffectKind::System, "package-install", "brings in packages from others, whose build scripts run"),
        program("publish yank owner login logout release").asks(EffectKind::Remote, "publish", "publishes a package to everyone"),
    ]).also(toolchain),
    program("rustc rustdoc gcc g++ cc c++ clang clang++ clang-cpp tcc icc icx zigcc nvcc gfortran gnat swiftc kotlinc javac scalac erlc ghc-make ocamlc ocamlopt dmd ldc2 as nasm yasm ld lld gold mold ar ranlib strip objcopy lipo install_name_tool libtool dsymutil emcc em++ wasm-pack wasm-bindgen wasm-opt protoc flatc thrift swig bison flex yacc lex cpp gcov lcov gcovr")
        .options(&[
            value("-o --output --out-dir -d --dump-dir", WRITE), value("-wrapper -B -fplugin -fuse-ld", HELPER), value("-Xclang -load", LOADS), value("-C --codegen", TEXT), value("--plugin", LOADS),
            value("-I -L -D -U -l -x -W -isystem -include -imacros -include-pch --edition --crate-type --crate-name --emit --cfg --target -arch -std", TEXT), flags("-c -S -E -g -w -v -O -f -m -s -p -M --version --help -shared -static -pipe -pthread -ansi -nostdlib"),
        ]).each(READ).also(compiler),
    program("objdump llvm-objdump nm readelf size addr2line c++filt otool llvm-config javap").each(READ).also(compiler),
    program("go").grammar(Grammar::Stops).options(&[value("-C", READ)]).subs(&[
        program("run").grammar(Grammar::SingleStops).options(GO).strict().also(go_packages),
        program("build test vet list").grammar(Grammar::Single).options(GO).strict().also(go_packages),
        program("tool").grammar(Grammar::SingleStops).also(|parsed, reader| careful(&parsed.operands, reader)), program("fmt fix doc version help clean env").also(go_env), program("generate").also(|parsed, reader| careful(&parsed.operands, reader)),
        program("mod work").also(|parsed, reader| {
            if !matches!(parsed.operand(0), Some("tidy" | "verify" | "graph" | "why" | "edit" | "init" | "vendor" | "use" | "sync")) {
                reader.ask("package-install", "It brings in packages from others.");
            }
        }),
        program("get install").asks(EffectKind::System, "package-install", "brings in packages from others"), program("telemetry bug").asks(EffectKind::Network, "network", "sends to others"),
    ]),
    program("gofmt goimports gofumpt").options(&[flag("-w", TEXT), value("-cpuprofile --cpuprofile", WRITE), value("-r -local", TEXT), flags("-l -d -s -e")]).also(|parsed, reader| {
        for word in &parsed.operands {
            reader.touch(word, if parsed.has("-w") { Access::Write } else { Access::Read });
        }
    }),
    program("make gmake bmake remake").strict().options(&[
        value("-C --directory", FOLDER), value("-f --file --makefile", Act::Script), value("-I --include-dir", READ), joined("-j --jobs -l --load-average --max-load -O --output-sync --debug --shuffle --jobserver-auth", TEXT), value("-o --old-file --assume-old -W --what-if --new-file --assume-new", TEXT),
        value("-E --eval", Act::Ask("inline-code", "It runs rules that are given in an argument.")),
        flag("-n --just-print --dry-run --recon", TEXT), flags("-b -m -B --always-make -d -e --environment-overrides -h --help -i --ignore-errors -k --keep-going -L --check-symlink-times -p --print-data-base -q --question -r --no-builtin-rules -R --no-builtin-variables -s --silent --quiet -S --no-keep-going --stop -t --touch --trace -v --version -w --print-directory --no-print-directory --warn-undefined-variables --no-silent"),
    ]).also(super::tasks::make),
    program("just task go-task mage doit invoke inv fab rake thor grunt gulp jake sbt mill lein-run ant").also(super::tasks::runner),
    program("nox tox").options(&[value("-e -s --session --sessions -p --parallel --python -m -k -t --tags", TEXT), value("-c --conf --root --workdir", LOADS)]).also(super::tasks::runner),
    program("cmake").strict().options(&[
        value("-P", Act::Script), value("-S -B", FOLDER), value("-G -A -T -D -U --target -t --config -j --parallel --preset -W --log-level --loglevel --component --trace-format", TEXT), value("-C --toolchain", LOADS), value("--build --install --open --prefix", FOLDER), flag("-E", TEXT),
        value("--graphviz --trace-redirect --profiling-output", WRITE), flags("-L -LA -LAH -LH -N -h --help --version -v --verbose --fresh --clean-first --use-stderr --warn-uninitialized --trace --trace-expand --debug-output --list-presets --workflow --debug-find -Wno-dev -Wdev -Wno-deprecated"),
    ]).grammar(Grammar::Stops).also(cmake::cmake),
    task("ninja samu meson ctest cpack scons bazel bazelisk buck buck2 pants waf premake5 autoconf automake autoreconf aclocal autoheader qmake tup configure xcodebuild swiftlint swiftformat"),
    program("gradle gradlew").also(|parsed, reader| jvm(parsed, reader, &["-I", "--init-script", "--include-build", "-b", "--build-file", "-c", "--settings-file"])),
    program("mvn mvnw mvnd").also(|parsed, reader| {
        loading::options(&reader.invocation.argv[1..], reader);
        jvm(parsed, reader, &["-s", "--settings", "-gs", "--global-settings", "-t", "--toolchains"]);
    }),
    program("flutter").subs(&[
        program("analyze test format build clean doctor devices emulators gen-l10n symbolize --version").also(|parsed, reader| careful(&parsed.operands, reader)),
        program("pub create upgrade downgrade precache channel config").asks(EffectKind::System, "package-install", "brings in packages or tools from others"),
    ]),
    program("dotnet").also(dotnet),
    program("swift").also(swift),
    task("tsc eslint prettier biome oxlint jest vitest mocha jasmine ava tap karma cypress playwright storybook start-storybook build-storybook webpack webpack-cli vite rollup esbuild parcel swc babel tsup unbuild turbo nx lerna rush lage stylelint standard xo tslint htmlhint markdownlint markdownlint-cli2 cspell typedoc jsdoc api-extractor c8 nyc knip depcheck madge size-limit publint svelte-check svelte-kit vue-tsc vue-cli-service next nuxt nuxi astro remix gatsby react-scripts craco ng ember expo metro tailwindcss postcss sass lessc stylus cssnano svgo imagemin jscodeshift ls-lint textlint alex remark ajv json5 graphql-codegen openapi-typescript buf tsd dprint rome attw npm-check tree-sitter wasm2wat wat2wasm solc hardhat"),
    program("cross-env env-cmd dotenv concurrently start-server-and-test npm-run-all run-s run-p wireit").also(node_wrappers),
    program("pytest py.test").grammar(Grammar::Plain).also(pytest),
    task("ruff black isort flake8 pylint mypy pyright basedpyright pyre bandit pydocstyle pycodestyle pyflakes autopep8 yapf coverage sphinx-build sphinx-quickstart mkdocs vulture radon djlint codespell behave robot nbqa nosetests green slipcover cython maturin pyinstaller python-build twine-check ty pip-audit safety"),
    task("rspec rubocop standardrb brakeman reek minitest cucumber rails sorbet srb steep erb haml-lint phpunit phpstan psalm pest php-cs-fixer phpcs phpcbf rector artisan infection golangci-lint staticcheck govulncheck gotestsum errcheck ginkgo mockgen wire sqlc gosec revive"),
    program("prove").strict().options(&[
        value("-e --exec", Act::Shell), value("-P --formatter --source --harness", LOADS), value("-I", READ), value("-j --jobs --state --ext --rules", TEXT),
        flags("-l --lib -b --blib -r --recurse -v --verbose -q --quiet -Q --QUIET -c --color --nocolor -s --shuffle -f --failures -o --comments --timer -w -W -t -T -n --dry -p --parse --merge --count --nocount --directives --version --help"),
    ]).also(|parsed, reader| careful(&parsed.operands, reader)),
    task("shellcheck xcpretty xcbeautify editorconfig-checker ec scala-cli shfmt bats yamllint actionlint hadolint ansible-lint tflint jsonlint taplo toml-test markdown-link-check vale proselint write-good typos ast-grep comby clang-format clang-tidy cppcheck cpplint include-what-you-use rustfmt clippy-driver rust-analyzer cbindgen bindgen uncrustify astyle ktlint detekt google-java-format checkstyle pmd spotbugs jacoco flask uvicorn gunicorn hypercorn granian daphne celery typst pint tensorboard alembic django-admin jupyter trunk pipdeptree scalafmt scalafix ormolu fourmolu hlint stylish-haskell stack cabal mix rebar3 gleam elm elm-test elm-format elm-review purs spago credo dialyzer dune ocamlformat zls stylua luacheck selene busted nimpretty nixfmt nixpkgs-fmt alejandra statix deadnix terraform-docs verilator iverilog yosys doxygen asciidoctor mdbook hugo jekyll zola eleventy eslint_d prettierd tsserver gopls pyls clangd"),
    program("latexmk").grammar(Grammar::Single).options(&[
        flag("-shell-escape --shell-escape", Act::Ask("shell-escape", "The document may run commands.")), value("-outdir -output-directory -auxdir", FOLDER), value("-r", LOADS),
        value("-e", Act::Ask("inline-code", "It runs code that is given in an argument.")), value("-latex -pdflatex -lualatex -xelatex -usepretex -pretex", HELPER), value("-jobname -p", TEXT),
    ]).also(|parsed, reader| {
        // `$pdflatex = 'COMMAND'`
        for code in parsed.values("-e").filter_map(Word::known).map(str::to_owned).collect::<Vec<_>>() {
            if let Some((_, command)) = code.split_once('=') {
                reader.shell(Word::from(command.trim().trim_matches(['"', '\'', ';', '/'])));
            }
        }
        tex(parsed, reader);
    }),
    program("pdflatex xelatex lualatex latex tex luatex tectonic bibtex biber dvipdf").options(&[flag("-shell-escape --shell-escape -enable-write18", Act::Ask("shell-escape", "The document may run commands.")), value("-output-directory", FOLDER)]).also(tex),
    program("pandoc").strict().each(READ).options(&[
        value("-o --output --log --extract-media", WRITE), value("-F --filter -L --lua-filter", LOADS), value("--pdf-engine", HELPER), value("-f -t -r -w --from --to --read --write -V --variable -M --metadata --toc-depth --columns --wrap --shift-heading-level-by --highlight-style --mathjax", TEXT), value("--template -c --css -H -B -A --bibliography --csl --metadata-file --reference-doc", READ), value("-d --defaults", LOADS),
        flags("-s --standalone --toc -N --number-sections -v -h --help --self-contained --embed-resources --no-highlight --ascii --quiet"),
    ]),
    program("dot neato").each(READ).options(&[
        value("-o", WRITE), value("-l", READ), value("-T -G -N -E -A -K -s -n -x -y -m", TEXT), flag("-c", Act::Ask("other-configuration", "It changes how the program is set up.")), flags("-v -V -q -P -L -C -?"),
        flag("-O", Act::Path(Access::Write)),
    ]).also(|parsed, reader| if parsed.has("-O") {
        parsed.operands.iter().for_each(|word| { reader.touch(word, Access::Write); });
    }),
    program("ffmpeg ffprobe ffplay sox convert magick identify mogrify montage composite gm exiftool pngquant optipng jpegoptim cwebp dwebp rsvg-convert inkscape gs ghostscript qpdf pdftk pdftotext pdfinfo pdftoppm pdfunite mutool img2pdf tesseract mmdc plantuml wkhtmltopdf weasyprint libreoffice soffice unoconv mediainfo lame flac oggenc opusenc")
        .grammar(Grammar::Plain).also(media),
];

/// What a tool of a project is told to touch outside of the workspace.
pub(crate) fn careful(args: &[Word], reader: &mut Reader<'_>) {
    for (nth, word) in args.iter().enumerate() {
        let text = word.prefix();
        let at = if text.starts_with('-') {
            text.find('=').map(|at| at + 1).or_else(|| glued(text))
        } else {
            Some(0)
        };
        let Some(at) = at else {
            continue;
        };
        let path = crate::programs::options::without(word, at);
        let begin = path.prefix();
        // Bazel's `//app:test` is a label.
        let outside = begin.starts_with('/') && !begin.starts_with("//")
            || begin.starts_with("..")
            || begin.contains("/../")
            || begin.starts_with(".git/")
            || begin.contains("/.git/")
            || begin.starts_with(".vscode")
            || begin.starts_with(".claude");
        let place = || {
            path.known()
                .and_then(|text| locate(text, reader.cwd(), reader.world))
        };
        let given = at > 0 || nth > 0 && args[nth - 1].prefix().starts_with('-');
        let guarded = given && place().is_some_and(|place| place.guard == Some(Guard::Protected));
        if !outside && !guarded {
            continue;
        }
        let config = text.starts_with('-')
            && [
                "config",
                "plugin",
                "require",
                "preset",
                "loader",
                "import",
                "setup",
                "rc",
                "resolver",
                "formatter",
                "reporter",
                "transform",
            ]
            .iter()
            .any(|part| text[..at].contains(part));
        let zone = path
            .known()
            .and_then(|text| locate(text, reader.cwd(), reader.world))
            .map(|place| place.zone);
        if config && zone != Some(Zone::Workspace) {
            reader.ask(
                "loads-code",
                "It loads code or options from outside of the workspace.",
            );
        }
        reader.touch(&path, Access::Write);
    }
}

/// Where a path stands that is glued to a letter: `-o/root/x`. Of some letters it is a folder that is looked through.
fn glued(text: &str) -> Option<usize> {
    let [b'-', letter, b'/' | b'.', ..] = text.as_bytes() else {
        return None;
    };
    (!b"ILDFip".contains(letter) && letter.is_ascii_alphabetic()).then_some(2)
}

/// `cargo --config KEY=VALUE`: settings that name a program.
fn settings(parsed: &Parsed, reader: &mut Reader<'_>) {
    let programs = [
        "wrapper",
        "runner",
        "linker",
        "rustc",
        "rustdoc",
        "credential",
        "alias",
    ];
    let names_one = |word: &Word| {
        let text = crate::programs::reader::shown_word(word);
        programs.iter().any(|name| text.contains(name))
    };
    if parsed.values("--config").any(names_one) {
        reader.deny(
            "helper-program",
            "It runs a program that is named by an option.",
        );
    }
}

/// `cargo --manifest-path`: another project than the one at hand.
fn manifest(parsed: &Parsed, reader: &mut Reader<'_>) {
    settings(parsed, reader);
    if let Some(path) = parsed.value("--manifest-path") {
        super::tasks::elsewhere(path, reader);
    }
}

/// What stands after `--` goes to the program that is built or to the tool that is started.
fn after_dashes(parsed: &Parsed, reader: &mut Reader<'_>) {
    manifest(parsed, reader);
    let after = parsed.operands.get(parsed.dashes.unwrap_or(0)..);
    let after = after.unwrap_or(&[]);
    careful(after, reader);
    // What the program or its tests are given is their own; these hand it to the compiler.
    let compiles = |word: &Word| matches!(word.known(), Some("rustc" | "rustdoc" | "clippy"));
    if reader.invocation.argv.iter().any(compiles) {
        helpers(after, reader);
    }
}

/// `cross-env A=b tool`, `concurrently 'a' 'b'`.
fn node_wrappers(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    if program == "concurrently" || program == "start-server-and-test" {
        for word in &parsed.operands {
            let text = word.known().unwrap_or_default();
            // The other one is given tasks and addresses among its commands.
            let named = program != "concurrently" && !text.is_empty() && !text.contains(' ');
            match text.strip_prefix("npm:") {
                Some(task) => super::packages::script(reader, task, &[]),
                None if named => super::packages::script(reader, text, &[]),
                None => reader.shell(word.clone()),
            }
        }
        return;
    }
    if program.starts_with("run") || program == "npm-run-all" || program == "wireit" {
        for word in &parsed.operands {
            super::packages::script(reader, &crate::programs::reader::shown_word(word), &[]);
        }
        return;
    }
    let mut rest = parsed.operands.as_slice();
    while let [first, after @ ..] = rest {
        let Some((name, value)) = variables::split(first) else {
            break;
        };
        variables::judge(&name, &value, reader);
        rest = after;
    }
    reader.run(rest);
}
