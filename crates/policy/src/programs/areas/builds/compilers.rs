//! Compilers, linkers and what works on what they make: which of their options write, read, or run another program.

use super::*;
use crate::programs::reader::shown_word;

/// Options whose value is text, a name, or a folder that is looked through: whatever looks like a path in it is not
/// written.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "-I", "-L", "-D", "-U", "-B", "-F", "-isystem", "-iquote", "-idirafter", "-iprefix", "-iwithprefix", "-isysroot", "--sysroot", "-sysroot",
    "-rpath", "--rpath", "-rpath-link", "--rpath-link", "-dynamic-linker", "--dynamic-linker", "-install_name", "-soname", "--gcc-toolchain",
    "-gcc-toolchain", "-fdebug-prefix-map", "-ffile-prefix-map", "-fmacro-prefix-map", "-fdebug-compilation-dir", "--remap-path-prefix",
    "-classpath", "-cp", "--class-path", "--classpath", "-sourcepath", "--source-path", "-modulepath", "--module-path", "-p", "--release",
    "--proto_path", "-proto_path", "--extern", "--cfg", "--check-cfg", "--edition", "--crate-name", "--target", "-target", "-arch", "-march",
    "-mtune", "-std", "-x", "-l", "-j", "--adjust-vma", "--rename-section", "--set-section-flags", "--prefix", "-e", "--executable",
];

/// Options whose value is a file that is read, and shown in what is made or in the messages about it.
#[rustfmt::skip]
const READS: &[&str] = &[
    "-include", "-imacros", "-include-pch", "-T", "--script", "-dT", "--version-script", "--dynamic-list", "-exported_symbols_list",
    "--add-section", "--update-section", "--add-gnu-debuglink", "--keep-symbols", "--strip-symbols", "--redefine-syms", "-sectcreate",
    "--embed-file", "--preload-file", "--js-library", "--pre-js", "--post-js", "--skeleton", "--descriptor_set_in",
    "-fprofile-use", "-fauto-profile", "--just-symbols", "--symbols-file",
];

/// Programs that change what they are given.
#[rustfmt::skip]
const IN_PLACE: &[&str] = &["strip", "ranlib", "install_name_tool", "objcopy", "llvm-strip", "llvm-objcopy"];

/// Programs that only show what they are given.
#[rustfmt::skip]
const SHOW: &[&str] = &["nm", "readelf", "size", "addr2line", "c++filt", "otool", "llvm-config", "llvm-objdump", "objdump"];

pub(super) fn compiler(parsed: &Parsed, reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    let program = crate::place::name(argv[0].prefix()).to_owned();
    helpers(&argv[1..], reader);
    if program == "ar" {
        prints_a_member(&argv, reader);
    }
    for pair in argv.windows(2) {
        option(&program, &pair[0], Some(&pair[1]), reader);
    }
    if let Some(last) = argv.last().filter(|_| argv.len() > 1) {
        option(&program, last, None, reader);
    }
    operands(&program, parsed, reader);
    if let Some(file) = unnamed_output(parsed, reader) {
        reader.touch(&Word::Known(file), Access::Write);
    }
}

/// `ar p ARCHIVE`: what lies packed in it is written, and nobody saw what that is.
fn prints_a_member(argv: &[Word], reader: &mut Reader<'_>) {
    let prints = |word: &Word| word.prefix().trim_start_matches('-').contains('p');
    reader.out.io.decodes |= argv.get(1).is_some_and(prints);
}

/// Options that name a program that is run, or a file of options.
pub(super) fn helpers(args: &[Word], reader: &mut Reader<'_>) {
    let begins = [
        "-fplugin",
        "-wrapper",
        "-B/",
        "-B.",
        "-specs",
        "--specs",
        "--plugin",
        "-fuse-ld=/",
        "-fuse-ld=.",
        "-ccbin",
        "--compiler-bindir",
        "--ld-path",
        "-fpass-plugin",
        "-ppx",
    ];
    for (at, word) in args.iter().enumerate() {
        let text = word.prefix();
        let holds = ["linker=", "fuse-ld=/", "fuse-ld=.", "ld-path="];
        if begins.iter().any(|begin| text.starts_with(begin))
            || text.starts_with('-') && holds.iter().any(|part| text.contains(part))
            || text.starts_with("linker=")
            || text.starts_with("link-arg") && holds.iter().any(|part| text.contains(part))
        {
            reader.find(
                Verdict::Deny,
                "helper-program",
                "It runs a program that is named by an option.",
            );
        }
        if text.starts_with("-processor") || text == "-pp" {
            reader.ask(
                "loads-code",
                "It loads code or runs a program that is named by an option.",
            );
        }
        if text.starts_with('@') || text.starts_with("-Wl,@") {
            reader.find(
                Verdict::Ask,
                "other-configuration",
                "A file of options decides what it does.",
            );
        }
        let config = match text {
            "--config" | "-config" => args.get(at + 1).cloned(),
            _ if text.starts_with("--config=") => {
                Some(crate::programs::options::without(word, "--config=".len()))
            }
            _ => None,
        };
        if let Some(file) = config {
            loading::loads(&file, reader);
        }
    }
}

/// One option: what it reads, and what it writes where that lies outside or is guarded.
fn option(program: &str, word: &Word, next: Option<&Word>, reader: &mut Reader<'_>) {
    let text = word.prefix();
    if !text.starts_with('-') || text.len() < 2 {
        return;
    }
    let name = text.split('=').next().unwrap_or(text);
    if READS.contains(&name) {
        let joined =
            (name.len() < text.len()).then(|| shown_word(word)[name.len() + 1..].to_owned());
        if let Some(value) = joined.map(Word::Known).or_else(|| next.cloned()) {
            // `--add-section .x=FILE`
            let shown = shown_word(&value);
            let path = shown.rsplit('=').next().unwrap_or_default().to_owned();
            reader.touch(
                &if path == shown {
                    value
                } else {
                    Word::Known(path)
                },
                Access::Read,
            );
        }
        return;
    }
    if let Some(file) = ["-include", "-imacros"]
        .iter()
        .find_map(|begin| text.strip_prefix(begin))
    {
        reader.touch(&Word::from(file), Access::Read);
        return;
    }
    // These the table has.
    let told = matches!(name, "-o" | "-d" | "--output" | "--out-dir" | "--dump-dir");
    if told || looks(name) || SHOW.contains(&program) {
        return;
    }
    for path in paths(&shown_word(word)) {
        outside(&path, reader);
    }
    if let Some(next) = next.filter(|next| !next.prefix().starts_with('-') && names_a_value(text)) {
        for path in paths(&format!("={}", shown_word(next))) {
            outside(&path, reader);
        }
        if next.known().is_none() {
            reader.touch(next, Access::Write);
        }
    }
}

fn looks(name: &str) -> bool {
    let passed = ["-Wl,", "-Xlinker"].iter().any(|begin| {
        name.strip_prefix(begin).is_some_and(|rest| {
            [
                "-rpath",
                "-L",
                "-dynamic-linker",
                "--dynamic-linker",
                "-soname",
            ]
            .iter()
            .any(|one| rest.starts_with(one))
        })
    });
    let glued = [
        "-I",
        "-L",
        "-D",
        "-U",
        "-F",
        "-isystem",
        "-iquote",
        "-idirafter",
        "--sysroot",
    ];
    passed || LOOKS.contains(&name) || glued.iter().any(|one| name.starts_with(one))
}

/// Whether the word after an option is its value. Flags of letters that take none are followed by an operand.
fn names_a_value(text: &str) -> bool {
    let flags = [
        "-c",
        "-S",
        "-E",
        "-g",
        "-w",
        "-v",
        "-s",
        "-M",
        "-MM",
        "-MD",
        "-MMD",
        "-MP",
        "-MG",
        "-H",
        "-h",
        "-n",
        "-r",
        "-shared",
        "-static",
        "-pipe",
        "-pthread",
        "-ansi",
        "-pedantic",
        "-rdynamic",
        "-nostdlib",
        "-nostdinc",
        "-pie",
        "-no-pie",
        "-Werror",
        "-Wall",
        "-Wextra",
        "--test",
        "--version",
        "--help",
        "-save-temps",
        "--save-temps",
        "--strip-all",
        "--strip-debug",
        "--strip-unneeded",
        "-fsyntax-only",
    ];
    let plain = ["-W", "-f", "-m", "-O", "-g", "-std"]
        .iter()
        .any(|begin| text.starts_with(begin));
    !text.contains('=')
        && !flags.contains(&text)
        && (!plain || matches!(text, "-ftime-trace" | "-main"))
}

/// What may be a path in an option: after `=`, `,` or `:`, or glued to its letters.
fn paths(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let begins: Vec<usize> = text
        .match_indices(['=', ',', ':'])
        .map(|(at, _)| at + 1)
        .collect();
    all.extend(begins.iter().map(|at| text[*at..].to_owned()));
    all.extend(begins.iter().map(|at| {
        let rest = &text[*at..];
        rest.split(['=', ',', ':'])
            .next()
            .unwrap_or(rest)
            .to_owned()
    }));
    if begins.is_empty() {
        let at = text.find(['/', '~']).map(|at| {
            if text[..at].ends_with("..") {
                at - 2
            } else {
                at
            }
        });
        let at = at.or_else(|| text.find(".git/"));
        all.extend(at.map(|at| text[at..].to_owned()));
        // `-o.git/hooks/x`, `-MF.git/x`
        all.extend(text.find('.').map(|at| text[at..].to_owned()));
    }
    all.retain(|path| path.contains('/') || path.starts_with('.'));
    all.dedup();
    all
}

/// Writes a path, where that is not the agent's to write unasked.
fn outside(path: &str, reader: &mut Reader<'_>) {
    let Some(place) = locate(path, reader.cwd(), reader.world) else {
        return;
    };
    let own = matches!(place.zone, Zone::Workspace | Zone::Tmp) && place.guard.is_none();
    if !own && path != "/dev/null" {
        reader.touch(&Word::from(path), Access::Write);
    }
}

/// What an archiver, a linker's tool or a preprocessor writes that has no option for it.
fn operands(program: &str, parsed: &Parsed, reader: &mut Reader<'_>) {
    let words = &parsed.operands;
    match program {
        "ar" | "llvm-ar" => {
            let letters = reader
                .invocation
                .argv
                .get(1)
                .map(shown_word)
                .unwrap_or_default();
            let looks = letters.trim_start_matches('-').starts_with(['t', 'p', 'x']);
            let archive = words.iter().find(|word| word.prefix().contains(['.', '/']));
            if let (Some(archive), false) = (archive, looks) {
                reader.touch(archive, Access::Write);
            }
        }
        "cpp" => {
            if let Some(output) = words.get(1) {
                reader.touch(output, Access::Write);
            }
        }
        _ if IN_PLACE.contains(&program) && !parsed.has("-o") => {
            let from = usize::from(program == "objcopy" && words.len() > 1);
            for word in words.iter().skip(from) {
                reader.touch(word, Access::Write);
            }
        }
        _ => {}
    }
}

/// What a compiler writes that is not told where to.
fn unnamed_output(parsed: &Parsed, reader: &Reader<'_>) -> Option<String> {
    if parsed.has("-o") {
        return None;
    }
    let sources: Vec<&str> = parsed.operands.iter().filter_map(Word::known).collect();
    let first = crate::place::name(sources.first()?);
    match crate::place::name(reader.invocation.argv[0].prefix()) {
        "rustc" => Some(first.strip_suffix(".rs")?.to_owned()),
        "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "tcc" => {
            let stops = ["-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"];
            let stops = |word: &Word| stops.contains(&word.prefix());
            (!reader.invocation.argv.iter().any(stops)).then(|| "a.out".to_owned())
        }
        _ => None,
    }
}
