//! What programs that only look write or load all the same, where an option says so.

use super::*;
use crate::programs::options::without;

/// Of what only looks: options that write a file.
#[rustfmt::skip]
const WRITES: &[(&str, &[&str])] = &[
    ("lshw", &["-dump"]), ("sar", &["-o"]), ("ncdu", &["-o"]), ("atop", &["-w"]), ("nvidia-smi", &["-f", "--filename"]),
];

/// Options that name a file of code.
#[rustfmt::skip]
const LOADS: &[(&str, &[&str])] = &[
    ("neofetch", &["--config"]), ("fastfetch", &["-c", "--config"]), ("screenfetch", &["-o"]), ("ncdu", &["-e"]),
];

fn told(program: &str, table: &[(&str, &[&str])], option: &str) -> bool {
    let mut entries = table.iter().filter(|(name, _)| *name == program);
    entries.any(|(_, options)| options.contains(&option))
}

/// What an option of a program writes or loads that otherwise only looks.
pub(super) fn beside(reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    let program = crate::place::name(argv[0].prefix()).to_owned();
    for (at, word) in argv.iter().enumerate().skip(1) {
        let option = word.prefix().split('=').next().unwrap_or_default();
        if told(&program, WRITES, option) {
            let joined = word.prefix().len() > option.len();
            let value = if joined {
                Some(without(word, option.len() + 1))
            } else {
                argv.get(at + 1).cloned()
            };
            value.iter().for_each(|path| {
                reader.touch(path, Access::Write);
            });
        }
        if told(&program, LOADS, option) {
            reader.ask(
                "loads-code",
                "It loads code or options that an argument names.",
            );
        }
    }
}
