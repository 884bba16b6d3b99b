//! From a program's name to its entry: one map, made at first use.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::areas;
use super::table::Program;

static INDEX: LazyLock<HashMap<&'static str, &'static Program>> = LazyLock::new(|| {
    let mut index = HashMap::with_capacity(2_048);
    for program in areas::all() {
        for name in program.names.split(' ') {
            index.entry(name).or_insert(program);
        }
    }
    index
});

/// Finds a program by its name: `rm`, `grm`, `python3.12`, `gcc-13`.
pub(crate) fn find(name: &str) -> Option<&'static Program> {
    if let Some(program) = INDEX.get(name) {
        return Some(program);
    }
    let begin = name
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
        .trim_end_matches('-');
    if begin.len() < name.len() && begin.len() > 1 {
        return INDEX.get(begin).copied();
    }
    None
}

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<_> = INDEX.keys().copied().collect();
    names.sort_unstable();
    names
});

/// Every name in the table, in the order in which a shell lists what a pattern matches.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Program, areas};

    #[test]
    fn a_name_stands_in_the_table_once() {
        let mut seen = HashSet::new();
        let names = areas::all().flat_map(|program| program.names.split(' '));
        let twice: Vec<&str> = names.filter(|name| !seen.insert(*name)).collect();
        assert!(
            twice.is_empty(),
            "the second entry of a name is never read: {twice:?}"
        );
    }

    #[test]
    fn an_entry_that_does_not_count_is_taken_out_and_not_renamed() {
        fn spelled(program: &Program) -> Vec<&'static str> {
            let options = program.options.iter().chain(program.shared);
            let words = options.flat_map(|option| option.names.split(' '));
            let below = program.subs.iter().flat_map(spelled);
            let names = program.names.split(' ');
            names.chain(words).chain(below).collect()
        }
        let made_up: Vec<_> = areas::all()
            .flat_map(spelled)
            .filter(|word| word.ends_with("-off"))
            .collect();
        assert!(
            made_up.is_empty(),
            "a program of that name would count as known: {made_up:?}"
        );
    }
}
