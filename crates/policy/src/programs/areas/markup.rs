//! Markup and tables: checked, cut, changed. What they write besides their output, and what they load.

use crate::place::Access;
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    Act, FETCHES, Grammar, PASSES, Program, READ, TEXT, WRITE, flag, flags, joined, program, value,
};
use crate::word::Word;

const ENTITIES: Act = Act::Ask(
    "loads-entities",
    "What the document names is read as well, wherever that lies.",
);
const CODE: Act = Act::Ask(
    "code-input",
    "It runs code that can write files or read them.",
);
const OPTIONS: Act = Act::Ask("loads-options", "A file of options is read.");

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("xmllint").grammar(Grammar::Single).strict().io(PASSES).each(READ).options(&[
        value("--output -output -o", WRITE), value("--path -path --schema -schema --relaxng -relaxng --schematron -schematron --dtdvalid -dtdvalid", READ),
        flag("--noent -noent --xinclude -xinclude --noxincludenode -noxincludenode --loaddtd -loaddtd --dtdattr -dtdattr --valid -valid --postvalid -postvalid --insert -insert", ENTITIES),
        flag("--shell -shell", Act::Ask("code-input", "It runs whatever it is given.")), value("--xpath -xpath --pattern -pattern --encode -encode --maxmem -maxmem --dtdvalidfpi -dtdvalidfpi --pretty -pretty --max-ampl -max-ampl", TEXT),
        flags("--noout -noout --format -format --nonet -nonet --nowarning -nowarning --noblanks -noblanks --nocdata -nocdata --nodefdtd -nodefdtd --nofixup-base-uris -nofixup-base-uris --nocatalogs -nocatalogs --catalogs -catalogs --load-trace -load-trace --html -html --htmlout -htmlout --nodict -nodict --nsclean -nsclean --oldxml10 -oldxml10 --push -push --quiet -quiet --recover -recover --sax -sax --sax1 -sax1 --stream -stream --timing -timing --repeat -repeat --version -version --walker -walker --xmlout -xmlout --c14n -c14n --c14n11 -c14n11 --exc-c14n -exc-c14n --canonical -canonical --compress -compress --copy -copy --debug -debug --debugent -debugent --dropdtd -dropdtd --huge -huge --memory -memory --auto -auto --testIO -testIO --chkregister -chkregister --help"),
    ]),
    program("xmlstarlet").grammar(Grammar::Stops).io(PASSES).subs(&[
        program("sel select val validate el elements fo format c14n canonic pyx p2x depyx ls list esc escape unesc unescape").each(READ).options(&[value("-N", TEXT), value("-d --dtd -s --xsd -r --relaxng", READ), value("-m -v -c -i -o -E --encode --indent-spaces", TEXT), flags("-t -n -b -T -R -I -D -B -C --var")]),
        program("ed edit").options(&[flag("-L --inplace", TEXT), value("-N -d --delete -u --update -v --value -x --expr -i --insert -a --append -s --subnode -t --type -n --name -m --move -r --rename --var", TEXT)]).also(|parsed, reader| touched(parsed, "-L", reader)),
        program("tr transform").each(CODE),
    ]),
    program("tidy").grammar(Grammar::Single).io(PASSES).options(&[
        value("-o -output --output-file -f -file --error-file", WRITE), value("-config", OPTIONS), flag("-m -modify", TEXT), flag("--write-back", TEXT),
        value("-wrap -w --indent-spaces --char-encoding -access -language -lang", TEXT),
    ]).also(|parsed, reader| touched(parsed, "-m --write-back", reader)),
    program("csvcut csvgrep csvstat csvsort csvjson").io(PASSES).each(READ).options(&[value("-f --file", READ), value("-c --columns -d --delimiter -q --quotechar -u --quoting -p --escapechar -e --encoding -m --match -r --regex", TEXT)]),
    program("in2csv").io(PASSES).each(READ).options(&[
        value("-s --schema", READ), value("--write-sheets", Act::Ask("writes-beside", "It writes files beside the one that it reads.")), value("-f --format -d --delimiter -e --encoding -k --key --sheet", TEXT),
    ]),
    program("xsv").grammar(Grammar::Stops).io(PASSES).subs(&[
        program("cat count fixlengths flatten fmt frequency headers input join reverse sample search select slice sort stats table").each(READ).options(TABLE),
        program("split partition").each(WRITE), program("index").each(WRITE).options(TABLE),
    ]),
    program("qsv").grammar(Grammar::Stops).io(PASSES).subs(&[
        program("cat count datefmt dedup enum exclude explode extdedup fill fixlengths flatten fmt frequency headers input join jsonl json lens rename replace reverse safenames sample search searchset select slice sniff sort sortcheck stats table tojsonl transpose validate").each(READ).options(TABLE),
        program("split partition index schema extsort excel").each(WRITE).options(TABLE),
        program("fetch fetchpost").io(FETCHES).asks(crate::effect::EffectKind::Network, "network", "fetches from elsewhere"),
    ]),
    program("mlr").io(PASSES).grammar(Grammar::Plain).also(miller),
];

#[rustfmt::skip]
const TABLE: &[crate::programs::table::Opt] = &[
    value("-o --output", WRITE), value("-d --delimiter -s --select -j --jobs -l --len --seed", TEXT), joined("--limit -i --idx", TEXT), flags("-h --no-headers -v -r -u -R -N"),
];

/// Reads its operands, and with one of these options writes them as well.
fn touched(parsed: &Parsed, in_place: &str, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        reader.act(READ, word);
        if parsed.any(in_place) && word.known() != Some("yes") {
            reader.touch(word, Access::Write);
        }
    }
}

/// `mlr -I` writes what it reads; its language runs commands and writes files.
fn miller(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words = &parsed.operands;
    let in_place = words.iter().any(|word| word.known() == Some("-I"));
    for (at, word) in words.iter().enumerate() {
        let text = shown_word(word);
        match at.checked_sub(1).and_then(|at| words[at].known()) {
            Some("--prepipe" | "--prepipex") => reader.shell(word.clone()),
            Some("-s") if at == 1 => {
                reader.act(READ, word);
                reader.ask("loads-code", "What it does stands in a file.");
            }
            Some("-f") if is_code(&words[..at]) => miller_code(word, reader),
            Some("--from" | "-f" | "-s" | "--mfrom") => reader.act(READ, word),
            Some("then" | "tac" | "cat") if matches!(text.as_str(), "tee" | "split" | "case") => {
                reader.ask("writes-beside", "It writes files besides its output.");
            }
            _ => {}
        }
        if matches!(text.as_str(), "tee" | "split") {
            reader.ask("writes-beside", "It writes files besides its output.");
        }
        if runs(&text) {
            reader.ask("code-command", "Its code runs a command or writes a file.");
        }
        let is_path = text.contains(['/', '.']) && !text.starts_with('-') && !text.contains('$');
        if is_path {
            reader.act(READ, word);
            if in_place {
                reader.touch(word, Access::Write);
            }
        }
    }
}

/// Whether the verb before an option is one that takes code.
fn is_code(before: &[Word]) -> bool {
    let verbs = before.iter().rev().filter_map(Word::known);
    let mut verbs = verbs.take_while(|word| *word != "then");
    verbs.any(|word| matches!(word, "put" | "filter"))
}

fn miller_code(file: &Word, reader: &mut Reader<'_>) {
    reader.act(READ, file);
    match crate::programs::code::text_of(reader, file) {
        Some(text) if !runs(&text) => {}
        _ => reader.ask(
            "code-command",
            "Its code runs a command or writes a file, or is not known.",
        ),
    }
}

fn runs(code: &str) -> bool {
    let code = &code.split_ascii_whitespace().collect::<String>();
    let calls = ["system(", "exec("];
    let writes = ["tee", "emit", "print", "dump"];
    let redirected = code.contains(['>', '|']) && writes.iter().any(|word| code.contains(word));
    calls.iter().any(|call| code.contains(call)) || redirected
}
