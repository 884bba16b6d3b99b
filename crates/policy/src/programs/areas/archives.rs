//! Archives and compression: what goes in is read, what comes out is written where they are told to.

use super::below;
use super::lists::{names_from, names_in};
use crate::place::{Access, Among};
use crate::programs::options::{Parsed, without};
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, DECODES, Grammar, PASSES, Program, READ, TEXT, WRITE, flag, flags, joined, program, value,
};
use crate::word::Word;

const HELPER: Act = Act::Deny(
    "helper-program",
    "It runs a program that is named by an option.",
);

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("tar gtar bsdtar star pax-tar").grammar(Grammar::Tar).strict().options(&[
        flag("-c --create", TEXT), flag("-x --extract --get", TEXT), flag("-t --list", TEXT), flag("-r --append", TEXT), flag("-u --update", TEXT), flag("-A --catenate --concatenate", TEXT), flag("-d --diff --compare", TEXT), flag("--delete", TEXT),
        value("-f --file", TEXT), value("-C --directory --cd", TEXT), flag("-O --to-stdout", TEXT), flag("--null", TEXT), flag("-P --absolute-names", Act::Ask("absolute-names", "It writes wherever the archive says.")), flag("--remove-files", TEXT),
        value("-I --use-compress-program", HELPER), value("--to-command --rsh-command --rmt-command -F --info-script --new-volume-script", HELPER), value("--checkpoint-action", TEXT),
        value("-T --files-from", READ), value("-X --exclude-from", READ), value("-g --listed-incremental --index-file --volno-file", WRITE),
        value("--exclude", TEXT),
        value("--exclude-tag --strip-components --transform --xform --owner --group --mode --mtime -b --blocking-factor -N --newer --newer-mtime --format -H --sort --warning --suffix --record-size -L --tape-length -V --label -K --starting-file --pax-option --owner-map --group-map --include --options --uid --gid --uname --gname --level --quoting-style --no-quote-chars --quote-chars --sparse-version --hole-detection", TEXT),
        joined("--checkpoint --totals --backup --atime-preserve --occurrence", TEXT),
        flag("-h --dereference", TEXT), flags("-s --same-order --preserve-order -z --gzip --gunzip --ungzip -j --bzip2 -J --xz --lzma --lzip --lzop --zstd -Z --compress -a --auto-compress -v --verbose -p --preserve-permissions --same-permissions -k --keep-old-files --keep-newer-files --overwrite --overwrite-dir --no-overwrite-dir -m --touch --hard-dereference -w --interactive --confirmation -l --check-links --one-file-system -S --sparse -W --verify --numeric-owner --no-same-owner --no-same-permissions --same-owner --exclude-vcs --exclude-vcs-ignores --exclude-caches --exclude-backups --wildcards --no-wildcards --anchored --no-anchored --ignore-case --recursion --no-recursion --show-transformed-names --full-time --utc -R --block-number --no-null --ignore-zeros -i -B --read-full-records --ignore-failed-read --unlink-first -U --recursive-unlink --skip-old-files --acls --xattrs --selinux --no-acls --no-xattrs --no-selinux --one-top-level --force-local --help --version --usage --verbatim-files-from --no-ignore-command-error --delay-directory-restore --keep-directory-symlink --show-omitted-dirs --seek -n -G --incremental -o --old-archive --portability --posix --restrict --no-seek --mac-metadata --no-mac-metadata --disable-copyfile -M --multi-volume --test-label --check-device --no-check-device --no-auto-compress --no-delay-directory-restore --no-unquote --unquote --disable-copyfile"),
    ]).also(tar),
    program("zip").strict().options(&[
        flag("-T --test", TEXT), value("-TT --unzip-command", HELPER), flag("-r --recurse-paths -R --recurse-patterns", TEXT), flag("-m --move", TEXT), flag("-d --delete", TEXT), value("-P --password -b --temp-path -n --suffixes -t -tt -Z --compression-method -s --split-size -i --include -O -UN", TEXT), value("-x --exclude", TEXT), flag("-y --symlinks", TEXT), value("--out --output-file -lf", WRITE), flag("-@ --names-stdin", TEXT),
        flags("-q -v -j -D -u -f -e -o -0 -1 -2 -3 -4 -5 -6 -7 -8 -9 -X -g -l -ll -A -F -FF -J -S -h -c -z -k -L -w -p --quiet --verbose --junk-paths --encrypt --no-dir-entries --update --freshen --store-only --no-extra -sf -db -dc -dd -dg -du -dv --filesync -FS --grow --help --version"),
    ]).also(zip),
    program("unzip funzip").strict().options(&[
        value("-d", TEXT), value("-P -x -O -I", TEXT), flag("-l -v -t -z -Z", TEXT), flag("-p -c", TEXT), flag("-:", Act::Ask("absolute-names", "It writes wherever the archive says.")), flags("-o -n -q -u -f -j -a -b -C -L -V -X -K -M -UU -U -W -s -B -D -qq -aa"),
    ]).also(unzip),
    program("7z 7za 7zz 7zr p7zip").grammar(Grammar::Plain).also(seven),
    program("unrar rar unar lsar unace arj lha zoo cabextract innoextract dtrx atool aunpack ouch patool bsdcpio msiextract unsquashfs mksquashfs genisoimage mkisofs xorriso").grammar(Grammar::Plain).also(loose),
    program("jar").grammar(Grammar::Tar).options(&[flags("-c -x -t -u -v -0 -M -m -i"), value("-f -C", WRITE)]).each(READ),
    program("cpio").strict().io(PASSES).options(&[
        flag("-o --create -p --pass-through", TEXT), flag("-0 --null", TEXT),
        flag("-t --list", TEXT), flag("--no-absolute-filenames", TEXT), flag("-i --extract", TEXT),
        flags("-d -v -u -m -B -c -a -V -z -j -k -l -L -r -w -x --make-directories --verbose --quiet --preserve-modification-time --unconditional"), value("-H --format -C --io-size -s", TEXT), value("-F --file -O -I -E --pattern-file -D --directory -f", WRITE), value("--rsh-command", HELPER), flag("--absolute-filenames", Act::Ask("absolute-names", "It writes wherever the archive says.")),
    ]).also(cpio),
    program("pax").strict().io(PASSES).options(&[
        flag("-r", TEXT), flag("-w", TEXT), flag("-0", TEXT), flags("-a -c -d -H -i -j -k -l -L -n -O -P -t -u -v -X -Y -z -Z -D"), value("-f -o", WRITE), value("-b -B -E -G -p -s -T -U -x", TEXT),
    ]).also(pax),
    program("gzip bzip2 xz zstd lz4 lzma lzip brotli compress pigz pbzip2 pxz lzop lrzip pzstd").io(PASSES).strict().options(&[
        flag("-c --stdout --to-stdout", TEXT), flag("-d --decompress --uncompress", TEXT), flag("-t --test -l --list", TEXT), flag("-k --keep", TEXT), value("-o --output", WRITE), value("-S --suffix -b --blocksize -p --processes -T --threads -M --memlimit -C --check -F --format -w -q --quality --lgwin -D --block-size --memory --flush-timeout --filters", TEXT), joined("--long --fast --adapt --patch-from --files --files0", TEXT),
        flags("-f --force -q --quiet -v --verbose -n --no-name -N --name -r --recursive -1 -2 -3 -4 -5 -6 -7 -8 -9 -0 --best --fast -e --extreme -z --compress --rm --ultra --no-progress --rsyncable --no-sync --no-sparse --sparse --content-size -m -s -h -V --help --version --single-stream"),
    ]).also(compress),
    program("gunzip bunzip2 unxz unzstd unlz4 unlzma uncompress lunzip unpigz").io(DECODES).options(&[
        flag("-c --stdout", TEXT), flag("-t --test -l --list", TEXT), flag("-k --keep", TEXT), value("-o -S --suffix", TEXT), flags("-f -q -v -n -N -r -d"),
    ]).also(compress),
    program("zcat gzcat bzcat xzcat zstdcat lz4cat lzcat brotlicat").io(DECODES).each(READ),
];

/// A name that begins like an option is one, when a pattern leaves it open.
fn open_pattern(parsed: &Parsed, reader: &mut Reader<'_>) {
    // The agent's own files are matched; one that is named like an option would run a program.
    let named = reader
        .world
        .taint
        .written
        .iter()
        .any(|path| crate::place::name(path).starts_with('-'));
    if parsed.open && named {
        reader.ask(
            "pattern-option",
            "A file that the pattern matches is named like an option.",
        );
    }
}

/// What packs the names that stand in a list.
fn packs() -> [Word; 3] {
    ["tar", "-cf", "-"].map(Word::from)
}

fn cpio(parsed: &Parsed, reader: &mut Reader<'_>) {
    reader.touch(&Word::from("."), Access::Create);
    if parsed.has("-o") {
        let separator = if parsed.has("-0") { '\0' } else { '\n' };
        names_from(&Word::from("-"), separator, &packs(), reader);
    } else if !parsed.any("-t --no-absolute-filenames") {
        // Without `-o` or `-p` it unpacks, and keeps the absolute names of an archive unless it is told not to.
        reader.ask("absolute-names", "It writes wherever the archive says.");
    }
}

/// `pax -w` packs, `pax -r` unpacks, with both it copies.
fn pax(parsed: &Parsed, reader: &mut Reader<'_>) {
    reader.touch(&Word::from("."), Access::Create);
    if !parsed.has("-w") {
        if parsed.has("-r") {
            reader.ask("absolute-names", "It writes wherever the archive says.");
        }
        return;
    }
    let (to, from) = match parsed.operands.split_last() {
        Some((to, from)) if parsed.has("-r") => (Some(to), from),
        _ => (None, parsed.operands.as_slice()),
    };
    to.into_iter().for_each(|word| {
        reader.touch(word, Access::Create);
    });
    for word in from {
        reader.touch(word, Access::ReadAll);
    }
    if from.is_empty() {
        let separator = if parsed.has("-0") { '\0' } else { '\n' };
        names_from(&Word::from("-"), separator, &packs(), reader);
    }
}

fn tar(parsed: &Parsed, reader: &mut Reader<'_>) {
    open_pattern(parsed, reader);
    for action in parsed.values("--checkpoint-action") {
        let text = action.prefix();
        if text.starts_with("exec") || action.known().is_none() {
            reader.deny(
                "helper-program",
                "It runs a program that is named by an option.",
            );
            let at = text.find('=').map_or(text.len(), |at| at + 1);
            reader.shell(without(action, at));
        }
    }
    for name in ["-I", "--to-command"] {
        for command in parsed.values(name) {
            reader.shell(command.clone());
        }
    }
    let file = parsed.value("-f");
    let folder = parsed
        .value("-C")
        .cloned()
        .unwrap_or_else(|| Word::from("."));
    let makes = parsed.any("-c -r -u -A --delete");
    let remote = file.is_some_and(|file| {
        file.prefix()
            .split('/')
            .next()
            .is_some_and(|begin| begin.contains(':'))
    });
    if remote
        && !reader
            .invocation
            .argv
            .iter()
            .any(|arg| arg.known() == Some("--force-local"))
    {
        reader.ask("network", "The archive is on another machine.");
    } else if let Some(file) = file.filter(|file| file.known() != Some("-")) {
        reader.touch(file, if makes { Access::Write } else { Access::Read });
    }
    if makes {
        let left_out = parsed.values("--exclude").filter_map(Word::known);
        let packed = Among {
            follows: parsed.has("-h"),
            ..below::without(left_out)
        };
        let base = folder
            .known()
            .filter(|folder| *folder != ".")
            .map(str::to_owned);
        for word in &parsed.operands {
            let word = match (&base, word.known()) {
                (Some(base), Some(text)) if !text.starts_with('/') => {
                    Word::Known(format!("{}/{text}", base.trim_end_matches('/')))
                }
                _ => word.clone(),
            };
            reader.read_among(&word, &packed);
            if parsed.has("--remove-files") {
                reader.touch(&word, Access::DeleteAll);
            }
        }
        let separator = if parsed.has("--null") { '\0' } else { '\n' };
        for list in parsed.values("-T") {
            names_in(
                parsed.value("-C").cloned(),
                list,
                separator,
                &packs(),
                reader,
            );
        }
        reader.out.io.passes_input |= file.is_none() || file.and_then(Word::known) == Some("-");
    } else if parsed.has("-x") && !parsed.has("-O") {
        into(reader, &folder);
    } else if parsed.has("-x") {
        reader.out.io.decodes = true;
    }
}

/// What an archive holds is written below a folder.
fn into(reader: &mut Reader<'_>, folder: &Word) {
    reader.touch(folder, Access::Create);
    if let Some(place) = folder
        .known()
        .and_then(|text| crate::place::locate(text, reader.cwd(), reader.world))
        && crate::place::is_critical(&place.path, reader.world)
        && place.path != reader.world.workspace
        && !["/opt", "/srv", "/mnt", "/media"].contains(&place.path.as_str())
    {
        reader.deny(
            "unpack-home",
            "What the archive holds lands in a home folder or in the system, start-up files among it.",
        );
    }
}

fn zip(parsed: &Parsed, reader: &mut Reader<'_>) {
    open_pattern(parsed, reader);
    for command in parsed.values("-TT") {
        reader.shell(command.clone());
    }
    // `-TT` is read as two clusters where it stands alone.
    if reader
        .invocation
        .argv
        .iter()
        .any(|arg| arg.prefix().starts_with("-TT") || arg.prefix().starts_with("--unzip-c"))
    {
        reader.deny(
            "helper-program",
            "It runs a program that is named by an option.",
        );
    }
    let Some((archive, files)) = parsed.operands.split_first() else {
        return;
    };
    if archive.known() != Some("-") {
        reader.touch(archive, Access::Write);
    }
    if parsed.has("-d") {
        return;
    }
    if parsed.has("-@") {
        names_from(&Word::from("-"), '\n', &packs(), reader);
    }
    // Its patterns are of whole paths: one that begins with a star is of names at any depth.
    let left_out = parsed.values("-x").filter_map(Word::known);
    let left_out = left_out.filter(|glob| glob.starts_with('*'));
    let packed = Among {
        follows: !parsed.has("-y"),
        ..below::without(left_out)
    };
    for word in files {
        reader.read_among(word, &packed);
        if parsed.has("-m") {
            reader.touch(word, Access::DeleteAll);
        }
    }
}

fn unzip(parsed: &Parsed, reader: &mut Reader<'_>) {
    if let Some(archive) = parsed.operands.first() {
        reader.touch(archive, Access::Read);
    }
    if parsed.any("-l") {
        return;
    }
    if parsed.has("-p") {
        reader.out.io.decodes = true;
        return;
    }
    let folder = parsed
        .value("-d")
        .cloned()
        .unwrap_or_else(|| Word::from("."));
    into(reader, &folder);
}

fn seven(parsed: &Parsed, reader: &mut Reader<'_>) {
    let Some((verb, rest)) = parsed.operands.split_first() else {
        return;
    };
    reader.out.io.decodes |= rest.iter().any(|word| word.known() == Some("-so"));
    let folder = rest
        .iter()
        .find(|word| word.prefix().starts_with("-o"))
        .map(|word| without(word, 2));
    let files: Vec<&Word> = rest
        .iter()
        .filter(|word| !word.prefix().starts_with('-'))
        .collect();
    match verb.known() {
        Some("l" | "t" | "i" | "h" | "b") => files.iter().for_each(|word| {
            reader.touch(word, Access::Read);
        }),
        Some("x" | "e") => {
            files.iter().take(1).for_each(|word| {
                reader.touch(word, Access::Read);
            });
            into(reader, &folder.unwrap_or_else(|| Word::from(".")));
        }
        Some("a" | "u" | "d" | "rn") => {
            for (at, word) in files.iter().enumerate() {
                if word.prefix().starts_with('@') {
                    names_from(&without(word, 1), '\n', &packs(), reader);
                    continue;
                }
                reader.touch(
                    word,
                    if at == 0 {
                        Access::Write
                    } else {
                        Access::ReadAll
                    },
                );
            }
            if rest.iter().any(|word| word.prefix() == "-sdel") {
                reader.ask("deletes-sources", "It deletes what it packs.");
            }
        }
        _ => reader.ask("unknown-subcommand", "What 7z does here is not known."),
    }
}

fn loose(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        if !text.starts_with('-')
            && (text.contains('/') || text.contains('.') || word.known().is_none())
        {
            reader.touch(word, Access::Read);
            reader.touch(word, Access::Write);
        }
    }
    reader.touch(&Word::from("."), Access::Create);
}

/// Unless told to keep it or to write to the output, the file is replaced.
fn compress(parsed: &Parsed, reader: &mut Reader<'_>) {
    let undoes = parsed.has("-d") || reader.invocation.argv[0].prefix().contains("un");
    reader.out.io.decodes |= undoes;
    let looks = parsed.any("-c -t");
    let keeps = parsed.has("-k") || !takes_away(&reader.invocation.argv);
    for word in &parsed.operands {
        reader.touch(word, Access::Read);
        if !looks {
            reader.touch(word, Access::Write);
        }
        if !looks && !keeps {
            reader.touch(word, Access::Delete);
        }
    }
}

/// Whether the file that was put in is gone afterwards: some keep it unless they are told otherwise.
fn takes_away(argv: &[Word]) -> bool {
    let name = crate::place::name(argv[0].prefix());
    let keeping = matches!(
        name,
        "zstd" | "unzstd" | "pzstd" | "lz4" | "unlz4" | "brotli" | "lrzip"
    );
    !keeping
        || argv
            .iter()
            .any(|word| matches!(word.known(), Some("--rm" | "-j")))
}
