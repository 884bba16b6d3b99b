//! Package programs and the tasks of a project: its own tasks run, code from others is asked about.

mod scripts;

use crate::effect::{EffectKind, Target, Zone};
use crate::place::Access;
use crate::programs::lookup;
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{Act, Grammar, Program, READ, TEXT, flags, program, value};
use crate::verdict::Verdict;
use crate::word::Word;
use crate::world::Dialect;
pub(super) use scripts::script;
use scripts::{bun, execute, own_command, yarn};

const INSTALL: &str = "package-install";
const INSTALLS: &str = "installs packages from others, whose scripts run";
const PUBLISH: &str = "publish";
const PUBLISHES: &str = "publishes a package to everyone";
const ACCOUNT: &str = "package-account";
const SHELL: Act = Act::Deny(
    "helper-program",
    "It runs scripts with another program than the shell.",
);
const LOADS: Act = Act::Ask("loads-code", "It loads code or options from elsewhere.");

const fn reads(names: &'static str) -> Program {
    program(names)
}

const fn installs(names: &'static str) -> Program {
    program(names).asks(EffectKind::System, INSTALL, INSTALLS)
}

#[rustfmt::skip]
const NPM_OPTIONS: &[crate::programs::table::Opt] = &[
    value("--script-shell --shell", SHELL), value("--node-options", SHELL), value("--git --viewer --editor --browser", SHELL), value("--userconfig --globalconfig", LOADS), value("--prefix -C --cwd --dir", Act::Path(Access::Create)),
    value("--registry --proxy --https-proxy", Act::Ask("other-registry", "Packages come from elsewhere.")), value("-w --workspace --loglevel --cache -F --filter --omit --include --if", TEXT), flags("-s --silent -q --quiet -y --yes -g --global --json -ws --workspaces --if-present --offline -r --recursive --parallel --no-audit --no-fund --ignore-scripts --verbose --version -v --help -h"),
];

#[rustfmt::skip]
const NPM: &[Program] = &[
    program("test t tst").also(|parsed, reader| script(reader, "test", &parsed.operands)),
    program("start").also(|parsed, reader| script(reader, "start", &parsed.operands)),
    program("stop restart").also(|parsed, reader| script(reader, "stop", &parsed.operands)),
    program("run run-script rum urn").shared(NPM_OPTIONS).also(|parsed, reader| {
        if let Some(name) = parsed.operands.first() {
            script(reader, &shown_word(name), &parsed.operands[1..]);
        }
    }),
    reads("ls list ll la view info show v outdated why explain root prefix bin help help-search query fund doctor ping whoami search find completion docs bugs repo sbom licenses --version"),
    program("audit").also(|parsed, reader| {
        if parsed.operand(0) == Some("fix") {
            reader.ask(INSTALL, "It installs packages from others, whose scripts run.");
        }
    }),
    program("pack").shared(NPM_OPTIONS).also(|_, reader| { reader.touch(&Word::from("package.tgz"), Access::Create); }),
    program("config c get set").shared(NPM_OPTIONS).also(config),
    program("pkg").grammar(Grammar::Stops).subs(&[
        reads("get"), program("set delete fix").asks(EffectKind::Write, "manifest", "changes the manifest of the project").also(|parsed, reader| {
            // What a task will run is judged now: some run unasked, when packages are installed.
            let tasks = parsed.operands.iter().filter(|word| word.prefix().starts_with("scripts"));
            for (word, at) in tasks.filter_map(|word| Some((word, word.prefix().find('=')?))) {
                reader.shell(crate::programs::options::without(word, at + 1));
            }
        }),
    ]),
    program("version").grammar(Grammar::Plain).also(|parsed, reader| {
        if !parsed.operands.iter().all(|word| word.known() == Some("--json")) {
            reader.ask("manifest", "It changes the version and makes a commit.");
        }
    }),
    program("init create innit").also(|parsed, reader| {
        if !parsed.operands.is_empty() {
            reader.ask(INSTALL, "It downloads code from others and runs it.");
        }
    }),
    installs("install i ci add in isntall update up upgrade uninstall un remove rm r unlink link ln rebuild rb dedupe ddp prune install-test it cit clean-install install-ci-test shrinkwrap dlx-add patch patch-commit import deploy fetch store env self-update approve-builds"),
    program("exec x dlx").options(&[value("-c --call --shell-mode", Act::Shell)]).shared(NPM_OPTIONS).grammar(Grammar::Stops).also(execute),
    program("publish unpublish deprecate dist-tag stage").asks(EffectKind::Remote, PUBLISH, PUBLISHES),
    program("login logout adduser token owner access team org profile hook star unstar set-script trust").asks(EffectKind::Remote, ACCOUNT, "handles an account"),
    program("cache").asks(EffectKind::System, "package-cache", "changes the cache of packages"),
];

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("npm npm.cmd cnpm").shared(NPM_OPTIONS).subs(NPM),
    program("pnpm").shared(NPM_OPTIONS).subs(NPM).open().also(own_command),
    program("yarn yarnpkg").shared(NPM_OPTIONS).subs(NPM).open().also(yarn),
    program("bun").shared(NPM_OPTIONS).grammar(Grammar::Stops).options(&[value("-e --eval -p --print", Act::Code(crate::programs::code::Language::Node)), value("-r --preload", LOADS)]).also(bun),
    program("npx bunx pnpx").grammar(Grammar::Stops).strict().options(&[
        flags("--no-install --no --offline"), flags("-y --yes -q --quiet --bun --silent --ignore-existing --version -v --help -h --prefer-offline"), value("-p --package", TEXT), value("-c --call", Act::Shell), value("--script-shell --node-options -n --node-arg", SHELL), value("-w --workspace --cache", TEXT),
    ]).also(execute),
    program("corepack nvm fnm volta n nodenv asdf mise rtx pyenv rbenv jenv sdk sdkman rustup ghcup opam juliaup proto").also(versions),
    program("pip pip3 pipx").subs(&[
        reads("list show freeze check config-get debug inspect help index hash search"),
        installs("install uninstall download wheel inject upgrade upgrade-all reinstall run runpip ensurepath").also(from_files),
        program("config cache").asks(EffectKind::System, "package-configuration", "reads or changes how packages are installed"),
    ]).options(&[flags("-V --version -q -v -h --help --disable-pip-version-check"), value("--python --proxy --log --cache-dir", LOADS)]),
    program("uv").grammar(Grammar::Stops).subs(&[
        program("run").grammar(Grammar::Stops).options(&[value("--with --with-requirements --with-editable --index --index-url --extra-index-url --env-file --python -p --script --directory --project", LOADS), value("--extra --group --package", TEXT), flags("--frozen --locked --no-sync --all-extras --isolated --dev -q -v --offline --active --no-project -s")]).also(in_environment),
        reads("tree version help --version"),
        program("pip").grammar(Grammar::Stops).subs(&[reads("list show freeze check tree"), installs("install uninstall sync compile")]),
        installs("lock").also(|parsed, reader| {
            // It says whether the file is as it would be made.
            let only = |name: &String| matches!(name.as_str(), "--check" | "--locked" | "--check-exists" | "--offline");
            if !parsed.strange.is_empty() && parsed.strange.iter().all(only) && parsed.operands.is_empty() && parsed.strange != ["--offline"] {
                reader.out.findings.retain(|finding| finding.code != INSTALL);
            }
        }),
        installs("sync add remove tool venv-install python build init export"), program("venv").each(Act::Path(Access::Create)),
        program("publish").asks(EffectKind::Remote, PUBLISH, PUBLISHES), program("cache self").asks(EffectKind::System, "package-cache", "changes the cache of packages"),
    ]),
    program("uvx pipx-run").asks(EffectKind::Execute, INSTALL, "downloads code from others and runs it"),
    program("poetry pdm pipenv rye hatch conda mamba micromamba pixi").grammar(Grammar::Stops).subs(&[
        program("run test").grammar(Grammar::Stops).options(&[value("-n --name -e -p --prefix", TEXT), flags("-q -v --no-capture-output --live-stream")]).also(in_environment),
        reads("show check version list info graph tree help about search outdated lint fmt --version"),
        installs("install add remove update lock sync upgrade uninstall create shell build self tool activate init new env clean cache"),
        program("publish").asks(EffectKind::Remote, PUBLISH, PUBLISHES), program("config").asks(EffectKind::System, "package-configuration", "changes how packages are installed"),
    ]).also(|parsed, reader| {
        // `conda env list`
        if matches!((parsed.operand(0), parsed.operand(1)), (Some("env"), Some("list" | "info"))) && parsed.operands.len() == 2 {
            reader.out.findings.retain(|finding| finding.code != INSTALL);
        }
    }),
    program("gem").subs(&[
        reads("list search environment env info specification contents which help outdated dependency query"),
        installs("install uninstall update fetch unpack pristine cleanup build cert sources exec"), program("push yank owner signin signout").asks(EffectKind::Remote, PUBLISH, PUBLISHES),
    ]),
    program("bundle bundler").subs(&[
        program("exec e").grammar(Grammar::Stops).also(in_environment), reads("list show info check outdated version platform help why licenses"),
        installs("install update add remove lock package cache pristine clean init gem binstubs"), program("config plugin").asks(EffectKind::System, "package-configuration", "changes how packages are installed"),
        program("open console").asks(EffectKind::Execute, "editor", "opens an editor or a console"),
    ]).open(),
    program("composer").subs(&[
        reads("show validate status licenses outdated why why-not check-platform-reqs audit diagnose about list depends prohibits fund dump-autoload dumpautoload"),
        program("run-script run exec test").also(|parsed, reader| script(reader, parsed.operand(0).unwrap_or("test"), &[])),
        installs("install update require remove create-project global self-update init reinstall archive bump config"),
    ]),
    installs("apt apt-get aptitude dpkg dnf yum rpm microdnf zypper pacman yay paru apk emerge xbps-install xbps-remove snap flatpak brew port fink nix nix-env nix-shell nix-channel guix eopkg pkg pkg_add pkgin swupd rpm-ostree winget choco scoop cabal-install mas softwareupdate installer gdebi alien update-alternatives dpkg-reconfigure add-apt-repository apt-key tlmgr cpan cpanm pod carthage luarocks vcpkg conan spack easy_install helm-install krew").also(system_packages),
    program("twine").grammar(Grammar::Stops).subs(&[
        program("upload register").asks(EffectKind::Remote, PUBLISH, PUBLISHES), program("check").each(READ),
    ]),
    program("apt-cache dpkg-query rpmquery apt-file apt-config pkg-config pkgconf equery").also(|_, _| {}),
    program("pre-commit lefthook husky commitlint lint-staged overcommit git-secrets").asks(EffectKind::Execute, "hooks", "installs or runs what git runs unasked"),
];

fn config(parsed: &Parsed, reader: &mut Reader<'_>) {
    let called = reader.invocation.argv[1..]
        .iter()
        .any(|word| word.known() == Some("get"));
    let get = called || matches!(parsed.operand(0), Some("ls" | "list"));
    if get {
        return gets(&parsed.operands, reader);
    }
    let shell = parsed.operands.iter().any(|word| {
        let text = word.prefix();
        text.starts_with("script-shell")
            || text.starts_with("node-options")
            || text.starts_with("git")
            || text.starts_with("shell")
            || text.starts_with("init-module")
            || text.starts_with("onload")
    });
    if shell {
        return reader.deny(
            "persistent-helper",
            "It makes later commands run another program.",
        );
    }
    reader.ask(
        "package-configuration",
        "It changes how packages are installed.",
    );
}

/// `npm config get _authToken`: what lets a person publish.
fn gets(settings: &[Word], reader: &mut Reader<'_>) {
    let named = |word: &Word| {
        let lower = shown_word(word).to_ascii_lowercase();
        ["auth", "token", "password", "passwd"]
            .iter()
            .any(|part| lower.contains(part))
    };
    if settings.iter().any(named) {
        reader.out.io.emits_secret = true;
        reader.deny(
            "print-secret",
            "It prints what authenticates someone to the registry.",
        );
    } else if settings.iter().any(|word| word.known().is_none()) {
        reader.ask(
            "unknown-argument",
            "Which setting it prints is only known when it runs.",
        );
    }
}

fn in_environment(parsed: &Parsed, reader: &mut Reader<'_>) {
    let (uv, first) = (
        reader.invocation.argv[0].prefix() == "uv",
        parsed.operand(0),
    );
    match first {
        Some(file) if uv && file.contains("://") => {
            return reader.ask("remote-code", "It runs code from elsewhere.");
        }
        // `uv run FILE.py` runs it by Python.
        Some(file) if uv && file.ends_with(".py") => {
            let python = [Word::from("python")];
            let argv: Vec<Word> = python.iter().chain(&parsed.operands).cloned().collect();
            return reader.run(&argv);
        }
        _ => {}
    }
    reader.run(&parsed.operands);
}

fn versions(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some(
            "list" | "ls" | "current" | "which" | "where" | "version" | "versions" | "show"
            | "--version" | "whence",
        )
        | None => {}
        // `rustup toolchain list`
        Some("toolchain" | "target" | "component" | "override" | "plugin" | "plugins")
            if matches!(parsed.operand(1), Some("list" | "ls")) => {}
        Some("run") => {
            if parsed.operands.len() > 2 {
                let argv = parsed.operands[2..].to_vec();
                reader.run(&argv);
            }
        }
        Some("exec" | "x") => super::wrappers::tail(parsed, reader),
        _ => reader.ask(
            INSTALL,
            "It changes which programs a name means, or installs them.",
        ),
    }
}

/// `nix-shell --run LINE`, `nix develop -c COMMAND …`
fn in_a_shell_of_nix(reader: &mut Reader<'_>) {
    let argv = &reader.invocation.argv;
    let Some(at) = argv
        .iter()
        .position(|word| matches!(word.known(), Some("--run" | "--command" | "-c")))
    else {
        return;
    };
    match argv.get(at + 1) {
        Some(line) if argv[0].prefix() == "nix-shell" => reader.shell(line.clone()),
        Some(_) => reader.run(&argv[at + 1..]),
        None => {}
    }
}

/// A package that lies in a file, whose scripts run when it is installed: it may have been fetched.
fn from_files(parsed: &Parsed, reader: &mut Reader<'_>) {
    const ENDINGS: &[&str] = &[
        ".deb", ".rpm", ".apk", ".pkg", ".whl", ".tar.gz", ".tgz", ".zst", ".snap", ".flatpak",
        ".msi",
    ];
    for word in &parsed.operands {
        let file = word.known().filter(|text| !text.contains("://"));
        if file.is_some_and(|text| ENDINGS.iter().any(|ending| text.ends_with(ending))) {
            reader.file(word);
        }
    }
}

/// Questions to the packages of the system.
fn system_packages(parsed: &Parsed, reader: &mut Reader<'_>) {
    from_files(parsed, reader);
    let first = parsed.operand(0).unwrap_or("");
    let program = reader.invocation.argv[0].prefix().to_owned();
    let questions = [
        "list",
        "search",
        "show",
        "info",
        "depends",
        "rdepends",
        "policy",
        "madison",
        "deps",
        "uses",
        "leaves",
        "home",
        "config",
        "doctor",
        "outdated",
        "desc",
        "help",
        "provides",
        "repolist",
        "history",
        "--version",
        "why",
        "cat",
        "list-installed",
        "connections",
        "remotes",
    ];
    let flags_ask = match program.as_str() {
        "dpkg" => parsed.strange.iter().any(|name| {
            matches!(
                name.as_str(),
                "-l" | "-L"
                    | "-s"
                    | "-S"
                    | "--list"
                    | "--status"
                    | "--listfiles"
                    | "--search"
                    | "--version"
                    | "--print-architecture"
                    | "-p"
                    | "-I"
                    | "-c"
            )
        }),
        "rpm" => parsed
            .strange
            .iter()
            .any(|name| name == "-q" || name == "--query"),
        "pacman" | "yay" | "paru" => parsed
            .strange
            .first()
            .is_some_and(|name| name == "-Q" || name == "-F"),
        _ => {
            parsed.operands.is_empty()
                && parsed
                    .strange
                    .iter()
                    .any(|name| name == "--version" || name == "--prefix" || name == "--help")
        }
    };
    if program.starts_with("nix") {
        in_a_shell_of_nix(reader);
    }
    if program == "brew" && first == "services" {
        reader
            .out
            .findings
            .retain(|finding| finding.code != INSTALL);
        if !matches!(parsed.operand(1), None | Some("list" | "info")) {
            reader.ask("service", "It starts or stops a service.");
        }
    }
    if flags_ask || (questions.contains(&first) && !matches!(program.as_str(), "nix" | "apt-key")) {
        reader
            .out
            .findings
            .retain(|finding| finding.code != INSTALL);
    }
    // Options of these can run programs: `-o APT::Update::Pre-Invoke::=…`, `--eval`.
    for word in reader.invocation.argv.iter().skip(1) {
        let text = word.prefix();
        if text.contains("Pre-Invoke")
            || text.contains("Post-Invoke")
            || text.contains("--eval")
            || text.starts_with("--pre-invoke")
            || text.contains("Dpkg::Pre-Install-Pkgs")
        {
            reader.find(
                Verdict::Deny,
                "helper-program",
                "It runs a command that is named by an option.",
            );
        }
    }
}
