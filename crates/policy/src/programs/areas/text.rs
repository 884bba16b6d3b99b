//! Text: shown, searched, cut, sorted, compared, counted.

use super::backups::backups;
use super::below;
use super::lists::files_from;
use crate::place::Access;
use crate::programs::code::{Language, text_of};
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, DECODES, FILTERS, Grammar, Operands, PASSES, PRINTS, Program, READ, READ_ALL, RUNS, TEXT,
    WRITE, flag, flags, joined, program, value,
};
use crate::programs::{Stdin, variables};
use crate::verdict::Verdict;
use crate::word::Word;

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    // Of those that only read, options with values that are not named here are taken for files: no more is read.
    program("cat gcat tac nl fmt expand unexpand column colrm paste join comm pr od strings look glow mdcat hexyl csvlook ul more pg most cmp fold gfold hd vis col lam rs")
        .io(PASSES).each(READ),
    program("bat batcat highlight pygmentize source-highlight").strict().io(PASSES).each(READ).options(&[
        flags("-A -n -p -pp -P -L -u -d -f -S -h -V --plain --number --show-all --diff --list-themes --list-languages --force-colorization --no-pager -g -N"),
        joined("--paging --color --decorations --italic-text --style --theme --language --line-range --wrap --tabs --highlight-line --file-name --terminal-width", TEXT),
        value("-l -r -H -m --map-syntax", TEXT), value("--pager", TEXT),
    ]).also(named_pager),
    program("wc gwc sum cksum sha1sum sha224sum sha256sum sha384sum sha512sum gsha256sum md5sum gmd5sum b2sum b3sum shasum md5 sha256 sha512 crc32 xxhsum xxh64sum numfmt")
        .each(READ).options(&[value("--files0-from", READ)]).also(files_from),
    program("head ghead").io(PASSES).each(READ).options(&[value("-n --lines -c --bytes", TEXT), flags("-q -v -z --quiet --silent --verbose")]),
    program("cut gcut").io(PASSES).each(READ).options(&[
        value("-b --bytes -c --characters -d --delimiter -f --fields --output-delimiter", TEXT), flags("-n -s -z -w --complement --only-delimited"),
    ]),
    program("tail gtail").io(PASSES).each(READ).options(&[
        value("-n --lines -c --bytes -s --sleep-interval --pid --max-unchanged-stats -b", TEXT), joined("--follow", TEXT), flags("-f -F -q -v -z -r --retry --quiet --verbose"),
    ]),
    program("less gless lv zless").strict().io(PASSES).each(READ).options(&[
        flags("-N -S -R -r -F -X -i -I -M -m -n -e -E -f -g -G -J -q -Q -s -u -U -w -W -~ -a -A -c -d -V --version --help -K -L --chop-long-lines --LINE-NUMBERS --RAW-CONTROL-CHARS --no-init --quit-if-one-screen"),
        value("-b -h -j -p -P -t -T -x -y -z -D -#", TEXT), value("-o -O --log-file --LOG-FILE", WRITE), value("-k --lesskey-file --lesskey-src", Act::Ask("pager-keys", "A file decides what the pager's keys run.")),
    ]).also(pager),
    program("grep egrep fgrep rgrep ggrep zgrep bzgrep xzgrep").io(PASSES).operands(Operands::FirstUnless("-e -f --regexp --file", TEXT, READ)).options(&[
        value("-e --regexp -m --max-count -A -B -C --after-context --before-context --context --label -D --devices --binary-files --group-separator", TEXT),
        value("--include", TEXT), value("--exclude", TEXT), value("--exclude-dir", TEXT), value("-d --directories", TEXT),
        value("-f --file --exclude-from", READ), joined("--color --colour", TEXT),
        flags("-r --recursive"), flags("-R --dereference-recursive"), flags("-l -L --files-with-matches --files-without-match"),
        flags("-i -v -w -x -c -n -o -q -s -h -H -E -F -G -P -a -I -U -z -Z -b -T -y"),
    ]).also(search),
    program("rg ripgrep").strict().io(PASSES).operands(Operands::FirstUnless("-e -f --regexp --file --files --type-list", TEXT, READ)).options(&[
        value("-e --regexp -m --max-count -A -B -C --after-context --before-context --context -T --type-not --type-clear -M --max-columns -j --threads -d --max-depth --maxdepth --max-filesize --sort --sortr --encoding -E -r --replace --color --colors --context-separator --field-match-separator --field-context-separator --path-separator --dfa-size-limit --regex-size-limit --engine --generate --hyperlink-format --pre-glob", TEXT),
        value("-f --file --ignore-file", READ), value("-g --glob --iglob", TEXT), value("-t --type", TEXT), value("--type-add", TEXT),
        value("--pre", Act::Deny("helper-program", "It runs a program that is named by an option.")), value("--hostname-bin", Act::Deny("helper-program", "It runs a program that is named by an option.")),
        flag("--files", TEXT), flags("-l --files-with-matches --files-without-match -L --follow"),
        flags("-i --ignore-case -s --case-sensitive -S --smart-case -v --invert-match -w --word-regexp -x --line-regexp -c --count --count-matches -n --line-number -N --no-line-number -o --only-matching -q --quiet -h -H --with-filename -I --no-filename -F --fixed-strings -P --pcre2 -a --text -u --unrestricted -U --multiline --multiline-dotall -z --search-zip -0 --null --null-data -p --pretty -b --byte-offset --json --vimgrep --heading --no-heading --hidden -. --no-hidden --no-ignore --no-ignore-vcs --no-ignore-parent --no-ignore-dot --no-ignore-global --no-ignore-files --no-ignore-messages --no-messages --no-config --stats --column --no-column --trim --passthru --passthrough --crlf --debug --trace --type-list --version -V --help --binary --block-buffered --line-buffered --one-file-system --glob-case-insensitive --include-zero --no-pre --mmap --no-mmap --no-require-git --auto-hybrid-regex --no-unicode --max-columns-preview"),
    ]).also(search),
    program("ag ack pt ugrep ug sift").strict().io(PASSES).operands(Operands::First(TEXT, READ)).options(&[
        flags("--python --py --js --ts --rust --go --java --cpp --cc --c --csharp --ruby --php --perl --shell --html --css --json --yaml --markdown --md --xml --sql --swift --kotlin --elixir --haskell --lua --make --cmake --docker --toml"),
        flags("-i -l -L -c -n -v -w -Q -s -S -a -u -t -o -r -R -f -H -h -0 --hidden --nocolor --nogroup --column --files-with-matches -E -F -P -q --no-heading --literal"),
        value("-A -B -C -m -G --ignore --ignore-dir --depth -g --type --include --exclude", TEXT), value("--pager", TEXT), value("--filter", Act::Shell), value("-p --path-to-ignore", READ),
    ]).also(other_search),
    program("sort gsort").strict().io(PASSES).each(READ).options(&[
        flags("-b -d -f -g -i -M -h -n -R -r -V -c -C -m -s -u -z --ignore-leading-blanks --dictionary-order --ignore-case --general-numeric-sort --ignore-nonprinting --month-sort --human-numeric-sort --numeric-sort --random-sort --reverse --version-sort --merge --stable --unique --zero-terminated --debug --version --help"),
        value("-k --key -t --field-separator -S --buffer-size --parallel --batch-size --sort", TEXT), joined("--check", TEXT),
        value("-o --output", WRITE), value("-T --temporary-directory", Act::Path(Access::Create)), value("--files0-from", READ), value("--random-source", READ),
        value("--compress-program", Act::Deny("helper-program", "It runs a program that is named by an option.")),
    ]).also(files_from),
    program("uniq guniq").strict().io(PASSES).options(&[
        flags("-c -d -D -i -u -z --count --repeated --ignore-case --unique --zero-terminated"), joined("--all-repeated --group", TEXT), value("-f -s -w --skip-fields --skip-chars --check-chars", TEXT),
    ]).operands(Operands::First(READ, WRITE)),
    program("tr gtr").grammar(Grammar::Plain).io(DECODES),
    program("rev").io(DECODES).each(READ),
    program("base64 base32 basenc gbase64 base58").io(PASSES).each(READ).options(&[
        flag("-d -D --decode", TEXT), value("-w --wrap -b --break", TEXT), value("-i --input", READ), value("-o --output", WRITE), flags("--ignore-garbage --base64 --base64url --base32 --base16 --z85"),
    ]).also(decodes),
    program("xxd").io(PASSES).options(&[
        flag("-r -revert", TEXT), value("-c -g -l -s -n -o -R -len -seek -cols -offset", TEXT), flags("-p -ps -plain -postscript -i -u -b -C -v -e -a -d -E -x"),
    ]).operands(Operands::First(READ, WRITE)).also(decodes),
    program("hexdump uuencode").io(PASSES).each(READ),
    program("uudecode").io(DECODES).each(READ).options(&[value("-o", WRITE), flags("-c -i -m -p -r -s")]),
    program("diff gdiff colordiff sdiff diff3 wdiff delta difft icdiff diffstat interdiff").strict().io(PASSES).each(READ_ALL).options(&[
        flags("-q -s -c -u -e -n -y -l -p -t -T -i -E -b -w -B -a -d -N -r -P -x -w -Z --brief --report-identical-files --unified --recursive --new-file --text --ignore-case --ignore-all-space --ignore-space-change --ignore-blank-lines --side-by-side --suppress-common-lines --minimal --no-dereference --left-column --strip-trailing-cr -3 -A -m"),
        value("-C -U -W -I -F -L --label --exclude --horizon-lines --tabsize --width --ignore-matching-lines", TEXT), joined("--color --context", TEXT), value("-X --exclude-from --from-file --to-file", READ),
        value("-o --output", WRITE), value("--diff-program", Act::Program),
    ]),
    program("patch gpatch").strict().options(&[
        flags("-b -c -e -E -f -l -n -N -R -s -t -T -u -v -Z --backup --dry-run --force --forward --reverse --silent --batch --unified --verbose --binary -C --check"),
        value("-z --suffix", TEXT), value("-B --prefix", TEXT), value("-Y --basename-prefix", TEXT), value("-p --strip -F --fuzz -D --ifdef -V -g --reject-format", TEXT), value("-i --input", READ), value("-o --output -r --reject-file", WRITE), value("-d --directory", Act::Path(Access::Write)),
    ]).operands(Operands::First(WRITE, READ)).also(|parsed, reader| {
        let file = parsed.value("-i").or(parsed.operands.get(1)).cloned();
        super::patches::changes(file.as_slice(), reader);
        let file = parsed.operands.get(..1).unwrap_or_default();
        super::backups::of_patch(parsed, file, reader);
    }),
    program("sed gsed ssed").io(FILTERS).strict().options(&[
        value("-e --expression", Act::Code(Language::Sed)), value("-f --file", Act::CodeFile(Language::Sed)), value("-l --line-length", TEXT),
        joined("-i --in-place", TEXT), flags("-n -E -r -s -u -z --quiet --silent --regexp-extended --separate --unbuffered --null-data --posix --debug --follow-symlinks --sandbox --help --version"),
        value("-I", TEXT),
    ]).also(sed),
    program("awk gawk mawk nawk original-awk goawk").io(FILTERS).strict().grammar(Grammar::Stops).options(&[
        value("-F --field-separator", TEXT), value("-v --assign", TEXT), value("-f --file -E --exec", Act::CodeFile(Language::Awk)), value("-e --source", Act::Code(Language::Awk)),
        value("-i --include -l --load", Act::Ask("loads-code", "It loads more code.")), value("-W", TEXT),
        joined("-d -o -p --dump-variables --pretty-print --profile", Act::Ask("writes-profile", "It writes a file.")), flags("-b -c -C -g -h -I -k -M -n -N -O -P -r -s -S -t -V --sandbox --posix --csv --bignum --version --help --re-interval"),
    ]).also(awk),
    program("gron ungron jless fx").io(PASSES).each(READ), program("datamash numsum").io(PASSES),
    program("htmlq pup").io(PASSES).strict().options(&[value("-f --filename --file", READ), value("-o --output", WRITE), value("-a --attribute -r --remove-nodes -b --base -c --charset", TEXT), flags("-t --text -p --pretty -w --ignore-whitespace -B --detect-base --color -h --help")]),
    program("jq gojq jaq").io(FILTERS).options(&[
        value("-L --library-path", Act::Ask("loads-code", "It loads more code.")), value("--indent", TEXT), value("-f --from-file", READ),
        flags("-r -c -s -n -e -S -C -M -a -j -R --raw-output --compact-output --slurp --null-input --exit-status --sort-keys --tab --stream --seq --raw-output0"),
        value("--arg --argjson", TEXT), value("--slurpfile --rawfile", TEXT), flag("--args --jsonargs", TEXT),
    ]).operands(Operands::FirstUnless("-f --from-file", TEXT, READ)).also(jq),
    program("yq xq tomlq dasel").io(FILTERS).strict().options(&[
        flags("-r -y -Y -c -n -e -j -P -C -M -s -t -N -o=json --raw-output --prettyPrint --null-input --unwrapScalar --exit-status --no-doc"),
        flag("-i --inplace", TEXT), value("-o --output-format -p --input-format -I --indent -f -w -s --selector", TEXT), value("--from-file", READ),
    ]).operands(Operands::First(TEXT, READ)).also(yq),
    program("iconv giconv recode dos2unix unix2dos").options(&[value("-f -t --from-code --to-code", TEXT), value("-o --output", WRITE), flags("-c -l -s --list")]).also(in_place),
    program("shuf gshuf tsort ptx").strict().io(PASSES).each(READ).options(&[
        value("-n --head-count -i --input-range", TEXT), flags("-e -r -z --echo --repeat --zero-terminated"), value("-o --output", WRITE), value("--random-source", READ),
    ]),
    program("gseq expr factor cal ncal jot primes banner").io(PRINTS).also(calculator),
    program("bc numbat lolcat fortune").io(PASSES).each(READ),
    program("units").options(&[value("-L --log", WRITE), value("-f --file -H --history", READ)]),
    program("qalc").also(|parsed, reader| {
        let files = |word: &Word| ["export", "load", "save"].iter().any(|name| crate::programs::reader::shown_word(word).contains(name));
        if parsed.operands.iter().any(files) {
            reader.ask("code-files", "It reads or writes files.");
        }
    }),
    program("figlet toilet cowsay").io(FILTERS).options(&[value("-f -d -C", READ), value("-w -W -e -T -m -F", TEXT)]),
    program("dc").strict().each(Act::Script).options(&[
        value("-e --expression", TEXT), value("-f --file", Act::Script), flags("-x -i -V --version -h --help"), value("-I", TEXT),
    ]).also(desk_calculator),
    program("date gdate").strict().options(&[
        value("-d --date -r --reference -v -j", TEXT), value("-f --file", READ), joined("-I --iso-8601 --rfc-3339", TEXT), flags("-u --utc --universal -R --rfc-email --debug --help --version -n"),
        value("-s --set", Act::Ask("set-clock", "It sets the clock.")),
    ]).operands(Operands::Each(TEXT)).also(date),
    program("pv gpv").io(PASSES).each(READ).options(&[value("-o --output -P --pidfile", WRITE), value("-L -B -s -i -w -H -N -F -d -D -m -A", TEXT)]),
    program("mbuffer").io(PASSES).each(READ).options(&[value("-o -l -T", WRITE), value("-i", READ), value("-I -O", Act::Host), value("-A", Act::Shell), value("-m -s -b -R -r -p -P -d -n -W", TEXT)]),
    program("progress").each(TEXT),
    program("vipe vidir zathura").asks(crate::effect::EffectKind::Execute, "editor", "opens an editor"),
    program("fzf sk peco gum dialog whiptail").io(PASSES).strict().options(&[
        value("--preview --bind --execute", Act::Shell), value("-q --query -f --filter -d --delimiter -n --nth --with-nth --height --prompt --header", TEXT), flags("-m --multi -e --exact -1 -0 -i +i --ansi --no-sort --reverse -s --version --help"),
    ]),
    program("cloc tokei scc sloccount loc").each(READ).strict().options(&[flags("--by-file --json --yaml --csv --quiet --vcs -f -s --files --hidden"), value("--exclude-dir --include-lang --exclude-lang -e -t", TEXT), value("-o --out --report-file", WRITE)]),
    program("ripgrep-all rga").io(PASSES).asks(crate::effect::EffectKind::Execute, "helper-program", "runs other programs for each kind of file"),
    program("ctags etags cscope gtags").each(READ).options(&[value("-f -o --output", WRITE), value("--options", Act::Ask("loads-options", "A file of options is read.")), flags("-R -a")]),
    program("envsubst").io(PASSES).also(envsubst),
    program("apply-input").io(RUNS),
];

/// `less +!cmd` runs a command, and `LESSOPEN` is not set in a clean environment.
fn pager(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        if text.starts_with('+') && text.contains('!') {
            reader.deny("pager-command", "It runs a command from the pager.");
        }
    }
}

/// Pagers that show and run nothing else.
const PAGERS: &[&str] = &["", "cat", "less", "more", "most", "builtin", "never"];

/// `bat --pager ./x`: as with the variable that names it.
fn named_pager(parsed: &Parsed, reader: &mut Reader<'_>) {
    let named = |word: &Word| {
        let mut words = word.known()?.split_ascii_whitespace();
        let program = words.next().unwrap_or_default();
        Some(PAGERS.contains(&program) && words.all(|word| word.starts_with('-')))
    };
    if !parsed
        .values("--pager")
        .all(|word| named(word) == Some(true))
    {
        reader.deny(
            "helper-program",
            "It runs a program that is named by an option.",
        );
    }
}

fn search(parsed: &Parsed, reader: &mut Reader<'_>) {
    let rg = reader.invocation.argv[0].prefix().ends_with("rg");
    if parsed.any("-l --files") {
        reader.out.io.names_files = super::files::in_workspace(reader)
            && parsed
                .operands
                .iter()
                .skip(1)
                .all(|word| !word.prefix().starts_with('/') && !word.prefix().contains(".."));
    }
    if parsed.has("--files") {
        let chosen = |word: &Word| word.prefix().starts_with("-g");
        reader.out.io.names_all =
            parsed.operands.is_empty() && !reader.invocation.argv.iter().any(chosen);
    }
    let named = crate::place::name(reader.invocation.argv[0].prefix());
    let told = parsed.values("-d").any(|word| word.known() != Some("skip"));
    if !parsed.any("-r -R") && !told && !rg && named != "rgrep" {
        return;
    }
    let among = if rg {
        let Some(among) = below::of_ripgrep(parsed, &reader.invocation.argv[1..]) else {
            return;
        };
        among
    } else {
        below::of_grep(parsed)
    };
    if parsed.has("--files") && rg {
        // Names alone.
        let here = [Word::from(".")];
        let roots = match parsed.operands.as_slice() {
            [] => &here,
            roots => roots,
        };
        return below::names(reader, roots, &among);
    }
    let skip = usize::from(!parsed.any("-e -f --files"));
    for word in parsed.operands.iter().skip(skip) {
        reader.read_among(word, &among);
    }
    if parsed.operands.len() <= skip {
        reader.read_among(&Word::from("."), &among);
    }
}

/// Those search below by themselves, and leave out what is hidden or what git leaves out.
fn other_search(parsed: &Parsed, reader: &mut Reader<'_>) {
    named_pager(parsed, reader);
    let Some(among) = below::of_ripgrep(parsed, &reader.invocation.argv[1..]) else {
        return;
    };
    let here = [Word::from(".")];
    let folders = match parsed.operands.get(1..) {
        Some(folders) if !folders.is_empty() => folders,
        _ => &here,
    };
    for folder in folders {
        reader.read_among(folder, &among);
    }
}

fn decodes(parsed: &Parsed, reader: &mut Reader<'_>) {
    let name = reader.invocation.argv[0].prefix();
    if parsed.any("-d -r") || name.ends_with("uudecode") {
        reader.out.io.decodes = true;
    }
}

fn sed(parsed: &Parsed, reader: &mut Reader<'_>) {
    let given = parsed.any("-e -f");
    let files = if given {
        &parsed.operands[..]
    } else {
        parsed.operands.get(1..).unwrap_or(&[])
    };
    if !given && let Some(text) = parsed.operands.first() {
        crate::programs::code::read(reader, text, Language::Sed);
    }
    let in_place = parsed.any("-i -I");
    backups(parsed.value("-i").or(parsed.value("-I")), files, reader);
    for word in files {
        reader.touch(word, Access::Read);
        if in_place {
            reader.touch(word, Access::Write);
        }
    }
}

/// `-W` holds a long option.
fn awk_long(option: &Word, reader: &mut Reader<'_>) {
    const SAY: &str = "version v help usage posix compat traditional lint copyright copyleft sandbox interactive dump random sprintf re-interval";
    let text = option.prefix();
    let name = text.split('=').next().unwrap_or_default();
    if name == "source" {
        let code = crate::programs::options::without(option, "source=".len().min(text.len()));
        crate::programs::code::read(reader, &code, Language::Awk);
    } else if !crate::programs::table::has_name(SAY, name) {
        reader.ask("loads-code", "It loads more code.");
    }
}

fn awk(parsed: &Parsed, reader: &mut Reader<'_>) {
    parsed
        .values("-W")
        .for_each(|option| awk_long(option, reader));
    let given = parsed.any("-f -e")
        || parsed
            .values("-W")
            .any(|option| option.prefix().starts_with("source"));
    if !given && let Some(text) = parsed.operands.first() {
        crate::programs::code::read(reader, text, Language::Awk);
    }
    for word in parsed.operands.iter().skip(usize::from(!given)) {
        // `name=value` sets a variable of the script.
        if crate::programs::variables::split(word).is_none() {
            reader.act(READ, word);
        }
    }
}

fn jq(parsed: &Parsed, reader: &mut Reader<'_>) {
    let script = parsed.value("-f").and_then(|file| text_of(reader, file));
    let given = parsed.has("-f") && script.is_none();
    let text = script.as_deref().or(parsed.operand(0)).unwrap_or("");
    if parsed.has("--slurpfile") {
        parsed
            .operands
            .iter()
            .for_each(|word| reader.act(READ, word));
    }
    let names_secret = || {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(crate::programs::variables::is_secret)
    };
    if !given
        && (text.contains("env.") || text.contains("$ENV") || text.contains("env["))
        && names_secret()
    {
        reader.deny("print-secret", "It prints a credential of the environment.");
    }
    if !given
        && (text.contains("env.")
            || text.contains("$ENV")
            || text
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == "env"))
    {
        reader.out.io.emits_secret = true;
        reader.ask(
            "print-environment",
            "It reads variables, credentials among them.",
        );
    }
    if text.contains("input_filename") || includes(text) {
        reader.ask("loads-code", "It loads more code.");
    }
}

/// `import "x" as $x`, `include"x"`.
fn includes(code: &str) -> bool {
    ["import", "include"].iter().any(|word| {
        let mut behind = code.split(word).skip(1);
        behind.any(|rest| rest.starts_with(['"', ' ', '\t', '\n']))
    })
}

fn yq(parsed: &Parsed, reader: &mut Reader<'_>) {
    for found in &parsed.found {
        found.value.iter().for_each(|word| reader.act(READ, word));
    }
    parsed
        .operands
        .first()
        .into_iter()
        .for_each(|word| reader.act(READ, word));
    if parsed.has("-i") {
        for word in parsed.operands.iter().skip(1) {
            reader.touch(word, Access::Write);
        }
    }
    // `yq e EXPRESSION`, `yq eval EXPRESSION`
    let at = usize::from(matches!(
        parsed.operand(0),
        Some("e" | "eval" | "ea" | "eval-all")
    ));
    let text = parsed.operand(at).unwrap_or("").to_owned();
    let is_secret = |word: &str| crate::programs::variables::is_secret(word);
    if text.contains("env(") || text.contains("$ENV") || text.contains("envsubst") {
        reader.out.io.emits_secret = true;
        reader.ask(
            "print-environment",
            "It reads variables, credentials among them.",
        );
        let names = |c: char| !c.is_alphanumeric() && c != '_';
        if !parsed.has("-i") && text.split(names).any(is_secret) {
            reader.deny("print-secret", "It prints a credential of the environment.");
        }
    }
    if text.contains("load") {
        reader.ask("loads-code", "It reads other files.");
        let files = text
            .split("load")
            .skip(1)
            .filter_map(|rest| rest.split('"').nth(1));
        for file in files {
            reader.act(READ, &Word::from(file));
        }
    }
}

fn in_place(parsed: &Parsed, reader: &mut Reader<'_>) {
    let name = crate::place::name(reader.invocation.argv[0].prefix());
    let access = if name.contains('2') || name == "recode" {
        Access::Write
    } else {
        Access::Read
    };
    for word in &parsed.operands {
        reader.touch(word, access);
    }
}

/// A text in which variables stand for their values; with an argument, for those that it names.
fn envsubst(parsed: &Parsed, reader: &mut Reader<'_>) {
    let text = match (parsed.operands.first(), &reader.invocation.stdin) {
        (Some(named), _) => named.known().map(str::to_owned),
        (None, Stdin::Text(text)) => text.known().map(str::to_owned),
        (None, Stdin::File(file)) => text_of(reader, file),
        (None, Stdin::Inherited | Stdin::Pipe) => None,
    };
    let Some(text) = text else {
        return reader.ask(
            "print-environment",
            "Which variables it prints is only known when it runs.",
        );
    };
    let named = text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    });
    for name in named.filter(|name| variables::is_secret(name)) {
        reader.out.io.emits_secret = true;
        reader.find(
            Verdict::Deny,
            "print-credential",
            format!("It prints {name}, which authenticates someone."),
        );
    }
}

fn calculator(_: &Parsed, _: &mut Reader<'_>) {}

/// `dc -e '!cmd'`: what comes after the mark is run, unless it compares.
fn desk_calculator(parsed: &Parsed, reader: &mut Reader<'_>) {
    let given: Vec<Word> = parsed.values("-e").cloned().collect();
    for text in &given {
        desk_code(text, reader);
    }
    let asked = parsed.any("-V -f") || !parsed.operands.is_empty();
    if !given.is_empty() || asked {
        return;
    }
    match reader.invocation.stdin.clone() {
        crate::programs::Stdin::Text(text) => desk_code(&text, reader),
        _ => crate::programs::code::input(reader, Language::Other),
    }
}

fn desk_code(text: &Word, reader: &mut Reader<'_>) {
    if text.known().is_none() {
        reader.ask(
            "unknown-code",
            "A part of the code that it runs is only known when it runs.",
        );
    }
    let text = crate::programs::reader::shown_word(text);
    for line in text.lines() {
        let Some((_, command)) = line.split_once('!') else {
            continue;
        };
        if !command.starts_with(['<', '>', '=']) || command.contains('!') {
            reader.ask("code-command", "Its code runs a command.");
            reader.shell(Word::from(command));
        }
    }
}

fn date(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        if word.known().is_some_and(|text| {
            !text.starts_with('+')
                && text.len() >= 8
                && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        }) {
            reader.ask("set-clock", "It sets the clock.");
        }
    }
}
