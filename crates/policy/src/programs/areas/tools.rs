//! Tools of one task each: checkers, builders of firmware, filters. What of them writes, runs or sends is named; all that
//! is not named here is asked about.

use crate::effect::EffectKind;
use crate::place::Access;
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, FILTERS, Grammar, Operands, PRINTS, Program, READ, TEXT, WRITE, flag, flags, joined,
    program, value,
};
use crate::word::Word;

const LOADS: Act = Act::Ask("loads-code", "It loads code or rules from elsewhere.");
const FOLDER: Act = Act::Path(Access::Create);
const DEVICE: Act = Act::Ask("device", "It writes what it builds to a device.");

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("luac").strict().each(READ).options(&[flag("-p", TEXT), flags("-l -s -v"), value("-o", WRITE)]).also(|parsed, reader| {
        if !parsed.has("-p") && !parsed.has("-o") && !parsed.operands.is_empty() {
            reader.touch(&Word::from("luac.out"), Access::Write);
        }
    }),
    program("msgfmt").strict().each(READ).options(&[
        value("-o --output-file", WRITE), value("-D --directory", READ), value("-a --alignment -l --locale -r --resource --endianness", TEXT),
        flags("-c --check -v --verbose --statistics --strict -f --use-fuzzy --check-format --check-header --check-domain --check-compatibility --no-hash -h --help -V --version"),
    ]),
    program("sd").strict().io(FILTERS).options(&[
        flag("-p --preview", TEXT), flags("-F --fixed-strings -A --across -s --string-mode -h --help -V --version"), value("-n --max-replacements -f --flags", TEXT),
    ]).also(|parsed, reader| {
        let access = if parsed.has("-p") { Access::Read } else { Access::Write };
        for file in parsed.operands.iter().skip(2) {
            reader.touch(file, access);
        }
    }),
    program("choose").strict().io(FILTERS).options(&[
        value("-f --field-separator -o --output-field-separator", TEXT), value("-i --input", READ), flags("-c --character-wise -d --debug -x --exclusive -n --non-greedy --one-indexed -h --help -V --version"),
    ]),
    program("checkov").strict().each(READ).options(&[
        value("-d --directory -f --file --var-file --baseline --repo-root-for-plan-enrichment", READ), value("--output-file-path", WRITE), value("-o --output --framework --skip-framework -c --check --skip-check --skip-path --soft-fail-on --hard-fail-on --evaluate-variables", TEXT),
        value("--external-checks-dir --external-checks-git --config-file --policy-metadata-filter --external-modules-download-path", LOADS), flags("-l --list --quiet --compact -s --soft-fail --no-guide --skip-download --skip-resources-without-violations -v --version -h --help --no-fail-on-crash"),
    ]),
    program("tfsec").strict().each(READ).options(&[
        value("--tfvars-file --config-file", READ), value("-O --out", WRITE), value("-f --format -e --exclude -m --minimum-severity --exclude-path -W --workspace --filter-results", TEXT),
        value("--custom-check-dir --custom-check-url --rego-policy-dir", LOADS), flags("--no-color --no-colour -s --soft-fail --verbose --debug --include-ignored --include-passed --no-module-downloads --concise-output --force-all-dirs --exclude-downloaded-modules --ignore-hcl-errors -v --version -h --help --code-theme"),
    ]),
    program("pio platformio").strict().options(&[flags("--version -h --help --no-ansi")]).subs(&[
        program("run").strict().options(&[
            value("-e --environment -j --jobs", TEXT), value("-t --target", TEXT), value("-d --project-dir", FOLDER), value("-c --project-conf", LOADS), flags("-s --silent -v --verbose --list-targets --disable-auto-clean"), value("--upload-port --monitor-port", DEVICE),
        ]).also(firmware),
        program("check").strict().options(&[value("-e --environment --severity --pattern --flags --src-filters", TEXT), value("-d --project-dir", FOLDER), flags("-s --silent -v --verbose --json-output --skip-packages --fail-on-defect")]).also(firmware),
        program("boards").strict().options(&[flags("--installed --json-output")]),
        program("device").strict().subs(&[program("list").strict().options(&[flags("--serial --logical --mdns --json-output")])]),
        program("project").strict().subs(&[program("config metadata").strict().options(&[value("-d --project-dir", READ), value("-e --environment", TEXT), flags("--json-output --lint")])]),
        program("system").strict().subs(&[program("info").strict().options(&[flags("--json-output")])]),
    ]),
    program("west").strict().options(&[flags("-h --help -V --version -v --verbose -q --quiet")]).subs(&[
        program("build").strict().options(&[
            value("-b --board -T --test-item --domain --shield -S --snippet", TEXT), value("-t --target", TEXT), value("-d --build-dir", FOLDER), value("-s --source-dir", READ), joined("-p --pristine", TEXT), flags("-c --cmake -f --force --cmake-only -n --just-print --dry-run --sysbuild --no-sysbuild"),
        ]).also(firmware),
        program("list topdir boards status diff compare").strict().options(&[value("-f --format -n --name", TEXT), flags("-a --all")]),
    ]),
    program("arduino-cli").strict().options(&[flags("--json --no-color -v --verbose -h --help"), value("--format --log-level --log-format", TEXT), value("--log-file", WRITE), value("--config-file --config-dir", LOADS)]).subs(&[
        program("compile").strict().each(READ).options(&[
            value("-b --fqbn --board-options --warnings -j --jobs -m --profile -p --port", TEXT), value("--build-path --build-cache-path --output-dir", FOLDER), value("--libraries --library", READ),
            value("--build-property", Act::Ask("inline-code", "It changes which commands the build runs.")), flag("-u --upload", DEVICE), flags("-e --export-binaries -v --verbose --clean --only-compilation-database --dump-profile --quiet -q --json --no-color --show-properties --preprocess --optimize-for-debug"),
        ]),
        program("board").strict().subs(&[program("list listall details search").strict().options(&[value("-b --fqbn --timeout", TEXT), flags("--json -v --verbose")])]),
        program("core lib").strict().subs(&[program("list").strict().options(&[flags("--json --all --updatable")])]),
        program("version help").strict().options(&[flags("--json")]),
    ]),
    program("xmake").strict().options(&[flags("-v --verbose -D --diagnosis -q --quiet --version -h --help -r --rebuild -w --warning"), value("-j --jobs", TEXT), value("-P --project", FOLDER), value("-F --file", LOADS)]).subs(&[
        program("build b").strict().options(&[flags("-v --verbose -D --diagnosis -q --quiet -a --all -r --rebuild -w --warning -b --build"), value("-j --jobs -g --group", TEXT), value("-P --project", FOLDER), value("-F --file", LOADS)]).also(elsewhere),
        program("config f").strict().options(&[value("-m --mode -p --plat -a --arch -k --kind --toolchain", TEXT), value("-o --buildir --builddir", FOLDER), flags("-c --clean -v --verbose")]),
        program("clean c").strict().options(&[flags("-a --all -v --verbose")]),
        program("test").strict().options(&[flags("-v --verbose -D --diagnosis"), value("-j --jobs -g --group", TEXT)]),
        program("run r").grammar(Grammar::Stops).strict().options(&[flags("-a --all -v --verbose"), value("-g --group -j --jobs", TEXT)]).also(|parsed, reader| super::builds::careful(&parsed.operands, reader)),
        program("show check format").strict().options(&[value("-l --list -t --target", TEXT)]),
    ]),
    program("earthly").strict().options(&[
        flags("--ci --no-output --no-cache -V --verbose --strict -h --help --version --output"), value("--build-arg --platform", TEXT), value("--build-arg-file-path --arg-file-path --env-file-path", READ),
        flag("--push", Act::Ask("publish", "It sends what it builds to others.")), flag("-P --allow-privileged", Act::Ask("privilege", "What it builds may have all rights on this machine.")), value("-a --artifact", TEXT),
    ]).also(earthly),
    program("cross").grammar(Grammar::Plain).also(|parsed, reader| reader.again("cargo", &parsed.operands)),
    program("jwt").strict().subs(&[
        program("decode").strict().io(PRINTS).options(&[value("-A --alg", TEXT), value("-S --secret", Act::Ask("keys", "It is given a key.")), value("-o --out", WRITE), joined("--date --time_format", TEXT), flags("-j --json --ignore-exp -h --help")]),
    ]),
    program("prisma").strict().options(&[flags("-v --version -h --help")]).subs(&[
        program("validate format generate version").strict().options(&[value("--schema", READ), value("--generator", TEXT), value("--config", LOADS), flags("--watch --no-engine --no-hints --allow-no-models --sql --json --check -h --help")]),
    ]),
    program("perf").grammar(Grammar::Stops).options(&[flags("-v --version -h --help")]).also(perf),
];

/// Options of `perf stat` that only choose what is counted, before the command that is.
static COUNTED: Program = program("stat")
    .grammar(Grammar::Stops)
    .strict()
    .options(&[
        flags("-d -v --verbose --detailed -B --big-num -n --null -S --sync -i --no-inherit -j --json-output"),
        value("-r --repeat -e --event -M --metrics -x --field-separator -I --interval-print --timeout", TEXT),
        value("-o --output", WRITE),
    ])
    .operands(Operands::Command(0));

/// Counting what a command does is its own; all else looks into others.
fn perf(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operands.split_first() {
        Some((Word::Known(stat), rest)) if stat == "stat" && !rest.is_empty() => {
            reader.by(&COUNTED, rest);
        }
        None if !parsed.found.is_empty() => {}
        _ => {
            let text = "perf looks into processes or the system.";
            reader.effect(
                EffectKind::System,
                crate::effect::Target::Named("perf".to_owned()),
                crate::effect::Zone::System,
                text,
            );
            reader.ask("trace", text);
            super::wrappers::tail(parsed, reader);
        }
    }
}

/// A build of what runs on a device: some of its targets write it there.
fn firmware(parsed: &Parsed, reader: &mut Reader<'_>) {
    #[rustfmt::skip]
    const BUILDS: &[&str] = &[
        "clean", "fullclean", "buildfs", "size", "checkprogsize", "compiledb", "all", "pristine", "ram_report", "rom_report", "footprint",
        "puncover", "initlevels", "help",
    ];
    let builds = |word: &Word| word.known().is_some_and(|name| BUILDS.contains(&name));
    if !parsed.values("-t").all(builds) {
        reader.act(DEVICE, &Word::from(""));
    }
    elsewhere(parsed, reader);
    super::builds::careful(&parsed.operands, reader);
}

/// A project that an option names.
fn elsewhere(parsed: &Parsed, reader: &mut Reader<'_>) {
    for option in ["--project-dir", "-P", "--source-dir"] {
        if let Some(folder) = parsed.value(option) {
            super::tasks::elsewhere(folder, reader);
        }
    }
    if !super::files::in_workspace(reader) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
}

/// `earthly [FOLDER]+TARGET`: the targets of the project's own file.
fn earthly(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in parsed.operands.iter().chain(parsed.values("-a")) {
        let Some((folder, target)) = word.known().and_then(|text| text.split_once('+')) else {
            // Where what is built is put.
            reader.touch(word, Access::Write);
            continue;
        };
        if !folder.is_empty() && !folder.starts_with('.') {
            reader.ask("remote-code", "It runs code from elsewhere.");
        } else if !folder.is_empty() {
            super::tasks::elsewhere(&Word::from(folder), reader);
        }
        super::tasks::named(target, reader);
    }
    if !super::files::in_workspace(reader) {
        reader.ask(
            "task-outside",
            "It runs a task of a project that is not the workspace.",
        );
    }
}
