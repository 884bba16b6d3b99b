//! Options and verbs, of tools whose entries share much else, that are handed code, a command, a file to write or a
//! program to run. Asked of the words as they stand, before and beside what the entry of the tool says.

mod told;

use super::code::{self, Language};
use super::options::without;
use super::reader::Reader;
use super::table::{Act, WRITE, has_name};
use crate::word::Word;

/// What stands behind a verb, or is the value of an option.
#[derive(Clone, Copy)]
enum How {
    /// The value of an option, apart from it or joined by `=` or `:`; without options the first operand of the verb.
    Is(Act),
    /// As well, and glued to a short option: a path.
    Glued(Act),
    /// The option is there.
    Flag(Act),
    /// All that follows is a command.
    Command,
    /// The first known program behind the verb, and what follows it.
    Tail,
}

struct Handed {
    programs: &'static str,
    /// One of them stands among the words; any line where there are none.
    verbs: &'static str,
    options: &'static str,
    how: How,
}

const fn row(
    programs: &'static str,
    verbs: &'static str,
    options: &'static str,
    how: How,
) -> Handed {
    Handed {
        programs,
        verbs,
        options,
        how,
    }
}

const HELPER: Act = Act::Deny(
    "helper-program",
    "It runs a program that is named by an option.",
);
const INLINE: Act = Act::Ask("inline-code", "It runs code that is given in an argument.");
const LOADS: Act = Act::Ask("loads-code", "It loads code that an argument names.");

#[rustfmt::skip]
const HANDED: &[Handed] = &[
    row("rails", "runner r", "", How::Is(Act::Code(Language::Ruby))),
    row("manage.py django-admin", "shell shell_plus", "-c --command", How::Is(Act::Code(Language::Python))),
    row("artisan", "tinker", "--execute", How::Is(Act::Code(Language::Php))),
    row("busted", "", "-e", How::Is(Act::Code(Language::Lua))),
    row("stack", "", "--exec", How::Is(Act::Shell)),
    row("gotestsum", "", "--post-run-command", How::Is(Act::Shell)), row("gotestsum ginkgo", "", "-exec -toolexec -vettool", How::Is(HELPER)),
    row("bazel bazelisk", "", "--run_under", How::Is(Act::Shell)),
    row("ctest", "", "--test-command", How::Command),
    row("c8 nyc", "", "", How::Tail), row("gum", "spin", "", How::Tail), row("composer", "exec", "", How::Tail),
    row("fastfetch", "", "--command-text --command-shell", How::Is(Act::Shell)),
    row("gio", "launch open mount", "", How::Flag(Act::Ask("opens", "It starts what a file or an address belongs to."))),
    row("tar gtar bsdtar", "", "--one-top-level", How::Is(WRITE)),
    row("7z 7za 7zz 7zr p7zip", "x e", "-spf -spf2", How::Flag(Act::Ask("absolute-names", "It writes wherever the archive says."))),
    row("unzstd unlz4 zstd lz4", "", "-o", How::Glued(WRITE)),
    row("git", "read-tree", "--index-output", How::Is(WRITE)),
    row("gpg gpg2", "", "--log-file --logger-file --status-file --attribute-file", How::Is(WRITE)),
    row("gpg gpg2", "", "--agent-program --dirmngr-program --keyboxd-program --photo-viewer --exec-path --load-extension", How::Is(HELPER)),
    row("nim", "", "--out -o --outdir --nimcache", How::Glued(WRITE)),
    row("zig", "", "-o -femit-bin -femit-asm -femit-docs --prefix -p --cache-dir --global-cache-dir", How::Glued(WRITE)),
    row("crystal dart ghc v", "", "-o --output", How::Glued(WRITE)),
    row("kubectl oc", "", "--output-directory --profile-output --cache-dir", How::Is(WRITE)),
    row("helm", "", "--output-dir --destination --untardir", How::Is(WRITE)), row("helm", "", "--post-renderer", How::Is(HELPER)),
    row("npm pnpm", "", "--pack-destination", How::Is(WRITE)), row("go", "mod work", "-o", How::Is(WRITE)),
    row("pip pip3", "", "--log --report", How::Is(WRITE)), row("pv gpv", "", "-U --store-and-forward", How::Glued(WRITE)),
    row("uuencode", "", "-o --output-file", How::Glued(WRITE)), row("coredumpctl", "", "-o --output", How::Glued(WRITE)),
    row("kustomize kubectl oc", "", "--helm-command", How::Is(HELPER)), row("kustomize kubectl oc", "", "--enable-exec --enable-alpha-plugins --enable-star", How::Flag(LOADS)),
    row("go", "tool", "-extld", How::Is(HELPER)),
    row("clang-tidy", "", "-load --load", How::Is(LOADS)),
    row("dircolors", "", "", How::Is(Act::Path(crate::place::Access::Read))),
];

/// Judges what the words of a tool are handed.
pub(crate) fn judge(name: &str, args: &[Word], reader: &mut Reader<'_>) {
    for handed in HANDED.iter().filter(|row| has_name(row.programs, name)) {
        if let Some(behind) = behind_verb(handed.verbs, args) {
            apply(handed, args, behind, reader);
        }
    }
    told::judge(name, args, reader);
}

/// Where what follows the verb begins.
fn behind_verb(verbs: &str, args: &[Word]) -> Option<usize> {
    if verbs.is_empty() {
        return Some(0);
    }
    let is = |word: &Word| word.known().is_some_and(|word| has_name(verbs, word));
    args.iter().position(is).map(|at| at + 1)
}

fn apply(handed: &Handed, args: &[Word], behind: usize, reader: &mut Reader<'_>) {
    let rest = &args[behind..];
    if handed.options.is_empty() {
        let first = rest.iter().find(|word| !word.prefix().starts_with('-'));
        return match handed.how {
            How::Is(act) | How::Glued(act) => {
                first.into_iter().for_each(|word| reader.act(act, word));
            }
            How::Flag(act) => reader.act(act, &Word::from("")),
            How::Command => reader.run(rest),
            How::Tail => tail(rest, reader),
        };
    }
    for (at, word) in args.iter().enumerate() {
        let option = |word: &Word| {
            word.known()
                .is_some_and(|word| has_name(handed.options, word))
        };
        match handed.how {
            How::Command if option(word) => return reader.run(&args[at + 1..]),
            How::Flag(act) if named(handed.options, word).is_some() => {
                reader.act(act, &Word::from(""));
            }
            How::Is(act) | How::Glued(act) => {
                let glued = matches!(handed.how, How::Glued(_));
                let joined = joined(handed.options, word, glued);
                let value = if option(word) {
                    args.get(at + 1).cloned()
                } else {
                    joined
                };
                value.iter().for_each(|value| reader.act(act, value));
            }
            _ => {}
        }
    }
}

/// The option of a word, with or without a value.
fn named<'a>(options: &str, word: &'a Word) -> Option<&'a str> {
    let name = word.prefix().split(['=', ':']).next()?;
    (!name.is_empty() && has_name(options, name)).then_some(name)
}

/// The value that is joined to an option: `--out=F`, `--out:F`, `-o/F`.
fn joined(options: &str, word: &Word, glued: bool) -> Option<Word> {
    let text = word.prefix();
    if let Some(name) = named(options, word) {
        return (text.len() > name.len()).then(|| without(word, name.len() + 1));
    }
    let short = text.get(..2).filter(|short| has_name(options, short))?;
    let path = text[short.len()..].starts_with(['/', '.', '~']);
    (glued && path).then(|| without(word, 2))
}

fn tail(words: &[Word], reader: &mut Reader<'_>) {
    let known = |word: &Word| {
        let name = word.known().unwrap_or_default();
        super::lookup::find(crate::place::name(name)).is_some()
    };
    if let Some(at) = words.iter().position(known) {
        reader.run(&words[at..]);
    }
}
