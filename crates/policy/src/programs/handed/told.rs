//! What no row of a table says: values that hold more than one thing, and words that are part of a value.

use super::*;
use crate::place::Access;
use crate::programs::network::{Use, url};
use crate::programs::reader::shown_word;

pub(super) fn judge(name: &str, args: &[Word], reader: &mut Reader<'_>) {
    match name {
        "jo" => args.iter().for_each(|word| content(word, reader)),
        "java" | "javaw" => args.iter().for_each(|word| virtual_machine(word, reader)),
        "tsc" | "javac" | "javadoc" => args.iter().for_each(|word| listed(word, reader)),
        "go" => args.iter().for_each(|word| linker(word, reader)),
        "rustc" | "cargo" | "rustdoc" => args.iter().for_each(|word| backend(word, reader)),
        "ghc" | "runghc" | "runhaskell" | "cabal" | "stack" => {
            let helper = |word: &&Word| word.prefix().starts_with("-pgm");
            let named = args.iter().find(helper);
            named.into_iter().for_each(|word| reader.act(HELPER, word));
        }
        "node" => reporters(args, reader),
        "cppcheck" => addons(args, reader),
        "gh" | "glab" => filters(args, reader),
        "fx" => args.iter().for_each(|word| expression(word, reader)),
        "gio" => {
            let far = args.iter().filter(|word| word.prefix().contains("://"));
            far.for_each(|word| url(reader, word, Use::Send));
        }
        "R" => of_r(args, reader),
        "mix" | "rebar3" => of_erlang(args, reader),
        "coverage" => covered(args, reader),
        _ => {}
    }
}

/// `jo name=@FILE`, `name=%FILE`, `name=:FILE`: what the file holds.
fn content(word: &Word, reader: &mut Reader<'_>) {
    let text = word.prefix();
    if let Some(at) = text.find('=')
        && text[at + 1..].starts_with(['@', '%', ':'])
    {
        reader.touch(&without(word, at + 2), Access::Read);
    }
}

/// `@FILE` is a file of arguments, shown where they are wrong.
fn listed(word: &Word, reader: &mut Reader<'_>) {
    if word.prefix().len() > 1 && word.prefix().starts_with('@') {
        reader.touch(&without(word, 1), Access::Read);
    }
}

/// `-Xlog:all:file=F`, `-XX:HeapDumpPath=F`.
fn virtual_machine(word: &Word, reader: &mut Reader<'_>) {
    listed(word, reader);
    let text = word.prefix();
    if let Some(file) = text.strip_prefix("-Xloggc:") {
        reader.touch(&Word::from(file), Access::Write);
    }
    if !text.starts_with("-X") {
        return;
    }
    for begin in ["file=", "Path=", "File=", "filename="] {
        if let Some((_, file)) = text.split_once(begin) {
            let file = file.split([':', ',']).next().unwrap_or_default();
            reader.touch(&Word::from(file), Access::Write);
        }
    }
}

/// `-ldflags=-extld=F`: the program that links, or what it loads.
fn linker(word: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(word);
    let Some((_, flags)) = text.split_once("-extld") else {
        return;
    };
    let Some(flags) = flags.strip_prefix("flags") else {
        return reader.act(HELPER, word);
    };
    if ["-B", "plugin", "-wrapper", "-specs", "-fuse-ld=/"]
        .iter()
        .any(|part| flags.contains(part))
    {
        reader.act(HELPER, word);
    }
}

/// `-Zcodegen-backend=F`, `link-args=-BF`.
fn backend(word: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(word);
    let links = text
        .split_once("link-arg")
        .is_some_and(|(_, args)| args.contains("-B") || args.contains("plugin"));
    if links || text.contains("codegen-backend=") && text.contains('/') {
        reader.act(HELPER, word);
    }
}

fn reporters(args: &[Word], reader: &mut Reader<'_>) {
    const KNOWN: &[&str] = &["spec", "tap", "dot", "junit", "lcov"];
    for (at, word) in args.iter().enumerate() {
        let value = match word.prefix().strip_prefix("--test-reporter") {
            Some("") => args.get(at + 1).map(shown_word),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if value.is_some_and(|value| !KNOWN.contains(&value.as_str())) {
            reader.act(LOADS, word);
        }
    }
}

/// An addon is named, or is a file of code.
fn addons(args: &[Word], reader: &mut Reader<'_>) {
    let named = |word: &&Word| {
        word.prefix()
            .strip_prefix("--addon=")
            .is_some_and(|name| name.contains('/'))
    };
    let word = args.iter().find(named);
    word.into_iter().for_each(|word| reader.act(LOADS, word));
}

/// `--jq CODE` of a forge's tool has the variables of the environment.
fn filters(args: &[Word], reader: &mut Reader<'_>) {
    for (at, word) in args.iter().enumerate() {
        let value = match word.prefix() {
            "-q" | "--jq" => args.get(at + 1).cloned(),
            text if text.starts_with("--jq=") => Some(without(word, 5)),
            _ => None,
        };
        if let Some(value) = value
            .filter(|value| shown_word(value).contains("env") || shown_word(value).contains("ENV"))
        {
            reader.again("jq", &[Word::from("-n"), value]);
        }
    }
}

/// What `fx` is given behind a file is code, but for a plain path into it.
fn expression(word: &Word, reader: &mut Reader<'_>) {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '[' | ']');
    if !shown_word(word).chars().all(plain) {
        code::read(reader, word, Language::Node);
        reader.act(INLINE, word);
    }
}

/// `R CMD COMMAND`: one of its own, or any other.
fn of_r(args: &[Word], reader: &mut Reader<'_>) {
    const OWN: &str = "BATCH COMPILE SHLIB INSTALL REMOVE build check LINK Rprof Rdconv Rd2pdf Rd2txt Stangle Sweave Rdiff config javareconf rtags texi2dvi";
    let [Word::Known(verb), rest @ ..] = args else {
        return;
    };
    let own = rest.first().and_then(Word::known);
    if verb == "CMD" && !own.is_some_and(|name| has_name(OWN, name)) {
        reader.run(rest);
    }
}

/// `mix run -e CODE`, `mix eval CODE`, `rebar3 shell --eval CODE`: to print something is everyday work.
fn of_erlang(args: &[Word], reader: &mut Reader<'_>) {
    #[rustfmt::skip]
    const REACHES: &[&str] = &[
        "System.cmd", "System.shell", ":os", "os:", "Port.", "open_port", "File.", "file", "Code.", "Path.", "erlang", "http", "Req.", "apply", "to_atom", "spawn", "Mix.", "get_env",
    ];
    for pair in args.windows(2) {
        if !matches!(pair[0].known(), Some("-e" | "--eval" | "eval")) {
            continue;
        }
        let text = pair[1].known();
        if text.is_none_or(|text| REACHES.iter().any(|part| text.contains(part))) {
            code::read(reader, &pair[1], Language::Other);
            reader.act(INLINE, &pair[1]);
        }
    }
}

/// `coverage run -m MODULE`, `coverage run FILE`: what Python would run.
fn covered(args: &[Word], reader: &mut Reader<'_>) {
    const VALUES: &str =
        "--source --rcfile --omit --include --context --concurrency --data-file --debug";
    let [Word::Known(verb), rest @ ..] = args else {
        return;
    };
    if verb != "run" {
        return;
    }
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        let text = word.prefix();
        if text == "-m" || text == "--module" || !text.starts_with('-') {
            let mut argv = vec![Word::from("python3")];
            let module = text.starts_with('-');
            argv.extend(module.then(|| Word::from("-m")));
            argv.extend_from_slice(&rest[at + usize::from(module)..]);
            return reader.run(&argv);
        }
        at += if has_name(VALUES, text) { 2 } else { 1 };
    }
}
