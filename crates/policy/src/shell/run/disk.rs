//! What fills a disk: output without an end that goes to a file, and files of a size that nobody means.

use super::super::judge::{Input, Judge};
use super::super::scope::Flow;
use crate::effect::{EffectKind, Target, Zone};
use crate::place;
use crate::programs::{Reading, Stdin};
use crate::word::Word;

/// More than a gibibyte is a person's to say.
const MOST: u128 = 1 << 30;
/// `seq` writes about ten bytes a line.
const MOST_LINES: f64 = 1e8;

/// Devices that can be read for ever.
const SOURCES: &[&str] = &["/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"];

/// Programs that copy what they read to the files that they name.
const COPIES: &[&str] = &[
    "cp", "gcp", "install", "ginstall", "dd", "gdd", "tee", "gtee", "sponge", "split", "gsplit",
];

impl Judge<'_> {
    /// Whether a command's output has no end, or one that is far away. Asks where it goes to a file by itself.
    pub(super) fn endless(&mut self, argv: &[Word], reading: &Reading, input: &Input) -> bool {
        let name = argv.first().and_then(Word::known).map_or("", place::name);
        self.sized(name, argv);
        let from = input.flow.endless || is_source(input) || reads_a_source(reading);
        let endless = goes_on(name, argv, reading, from);
        if endless && COPIES.contains(&name) && reading.effects.iter().any(fills) {
            self.fills_disk();
        }
        endless
    }

    pub(super) fn fills_disk(&mut self) {
        self.ask(
            "fills-disk",
            "It writes to a file without an end, or more than a disk may hold.",
        );
    }

    /// `fallocate -l 100T x`, `truncate -s 100T x`.
    fn sized(&mut self, name: &str, argv: &[Word]) {
        let options: &[&str] = match name {
            "fallocate" => &["-l", "--length", "-o", "--offset"],
            "truncate" | "gtruncate" => &["-s", "--size"],
            _ => return,
        };
        for option in options {
            if let Some(size) = option_of(argv, option)
                && size.known().and_then(bytes).is_none_or(|size| size > MOST)
            {
                return self.fills_disk();
            }
        }
    }
}

fn goes_on(name: &str, argv: &[Word], reading: &Reading, from: bool) -> bool {
    match name {
        "yes" | "gyes" => true,
        "seq" | "gseq" => argv.iter().filter_map(Word::known).any(is_many),
        "head" | "ghead" => match option_of(argv, "-c").or_else(|| option_of(argv, "--bytes")) {
            Some(size) => from && size.known().and_then(bytes).is_none_or(|size| size > MOST),
            // Lines have an end where something makes lines.
            None => reads_a_source(reading),
        },
        "dd" | "gdd" | "dcfldd" => copies_much(argv, from),
        "od" | "god" if bounded(argv, &["-N", "--read-bytes"]) => false,
        "xxd" if bounded(argv, &["-l", "-len"]) => false,
        "hexdump" | "hd" if bounded(argv, &["-n"]) => false,
        _ => from && (reading.io.passes_input || COPIES.contains(&name)),
    }
}

fn bounded(argv: &[Word], names: &[&str]) -> bool {
    names.iter().any(|name| option_of(argv, name).is_some())
}

/// `dd bs=1G count=1000`; without a count it goes on as long as there is something to read.
fn copies_much(argv: &[Word], from: bool) -> bool {
    let value = |name: &str| {
        let mut values = argv.iter().filter_map(|word| {
            let rest = word.prefix().strip_prefix(name)?.strip_prefix('=')?;
            Some(word.known().map(|_| rest.to_owned()))
        });
        values.next_back()
    };
    let number = |name: &str, usual: u128| match value(name) {
        None => usual,
        Some(text) => text.as_deref().and_then(bytes).unwrap_or(u128::MAX),
    };
    let block = number("bs", 512)
        .max(number("ibs", 0))
        .max(number("obs", 0));
    let seek = number("seek", 0).max(number("oseek", 0));
    let count = match value("count") {
        None if from => return true,
        None => 0,
        Some(_) if !from => 0,
        Some(_) => number("count", 0),
    };
    block.saturating_mul(count.saturating_add(seek)) > MOST
}

fn is_many(text: &str) -> bool {
    !text.starts_with('-') && text.parse::<f64>().is_ok_and(|number| number > MOST_LINES)
}

/// The value of an option: `-c 5`, `-c5`, `--bytes=5`.
fn option_of(argv: &[Word], name: &str) -> Option<Word> {
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let Some(rest) = word.prefix().strip_prefix(name) else {
            continue;
        };
        return match (word.known(), rest) {
            (Some(_), "") => words.next().cloned(),
            (Some(_), rest) => Some(Word::from(rest.trim_start_matches('='))),
            (None, _) => Some(word.clone()),
        };
    }
    None
}

/// `100T`, `1GiB`, `4x512`, `+5M`, as the core utilities read it.
fn bytes(text: &str) -> Option<u128> {
    let text = text.trim_start_matches(['+', '<', '>', '/', '%', '-']);
    if let Some((a, b)) = text.split_once('x').filter(|(a, _)| *a != "0") {
        return Some(bytes(a)?.saturating_mul(bytes(b)?));
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: u128 = digits.parse().ok()?;
    let power = match unit.trim_end_matches(['B', 'b']).trim_end_matches('i') {
        "" if unit == "b" => return number.checked_mul(512),
        "" | "c" | "w" => 0,
        "K" | "k" => 1,
        "M" | "m" => 2,
        "G" | "g" => 3,
        "T" | "t" => 4,
        "P" | "p" => 5,
        "E" | "e" => 6,
        "Z" | "Y" | "R" | "Q" => 7,
        _ => return None,
    };
    Some(number.saturating_mul(1 << (10 * power)))
}

fn is_source(input: &Input) -> bool {
    matches!(&input.from, Stdin::File(Word::Known(path)) if SOURCES.contains(&path.as_str()))
}

fn reads_a_source(reading: &Reading) -> bool {
    reading.effects.iter().any(|effect| {
        effect.kind == EffectKind::Read
            && matches!(&effect.target, Target::Path(path) if SOURCES.contains(&path.as_str()))
    })
}

fn fills(effect: &crate::effect::Effect) -> bool {
    let writes = matches!(
        effect.kind,
        EffectKind::Write | EffectKind::Append | EffectKind::Create
    );
    writes && effect.zone != Zone::Device
}

impl Flow {
    /// What goes on without an end, whatever else it carries.
    pub(super) fn going_on(mut self, endless: bool) -> Self {
        self.endless = endless;
        self
    }
}
