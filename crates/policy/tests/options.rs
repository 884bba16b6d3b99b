//! The order of options, how they are gathered and how far they are abbreviated never lower a verdict.

mod support;

use gatehouse_policy::Verdict;
use proptest::prelude::*;
use support::{analyse, codes};

/// An option as it is written short and long, and how much of the long one says which it is.
type Opt = (char, &'static str, usize);

/// Programs that take their options in any order, also behind what they are about; none of these takes a value.
const PROGRAMS: &[(&str, &[Opt], &[&str])] = &[
    (
        "rm",
        &[
            ('r', "recursive", 1),
            ('f', "force", 1),
            ('v', "verbose", 4),
            ('d', "dir", 1),
        ],
        &["/", "~", "build", "../other", "/etc/passwd", "a b", "*"],
    ),
    (
        "cp",
        &[
            ('r', "recursive", 3),
            ('f', "force", 1),
            ('v', "verbose", 4),
            ('n', "no-clobber", 4),
        ],
        &[
            "a b",
            "x /etc/passwd",
            "x ~/.bashrc",
            "~/.ssh/id_rsa x",
            "x .git/hooks/post-commit",
        ],
    ),
    (
        "mv",
        &[
            ('f', "force", 1),
            ('v', "verbose", 4),
            ('n', "no-clobber", 4),
        ],
        &["a b", "x /etc/passwd", "/etc x", "x ~/.ssh/authorized_keys"],
    ),
    (
        "chmod",
        &[
            ('R', "recursive", 3),
            ('v', "verbose", 4),
            ('c', "changes", 1),
        ],
        &["777 /", "600 a", "777 ~", "644 ~/.ssh"],
    ),
    (
        "chown",
        &[
            ('R', "recursive", 3),
            ('v', "verbose", 4),
            ('c', "changes", 1),
        ],
        &["dev /", "dev a", "dev /etc"],
    ),
    (
        "ln",
        &[('s', "symbolic", 2), ('f', "force", 1), ('v', "verbose", 4)],
        &["a b", "/etc/passwd x", "x ~/.bashrc"],
    ),
    (
        "mkdir",
        &[('p', "parents", 1), ('v', "verbose", 4)],
        &["a", "/etc/x", "~/.ssh/x"],
    ),
    (
        "tee",
        &[('a', "append", 1), ('i', "ignore-interrupts", 1)],
        &["a", "/etc/passwd", "~/.bashrc"],
    ),
    (
        "cat",
        &[
            ('n', "number", 7),
            ('E', "show-ends", 6),
            ('T', "show-tabs", 6),
        ],
        &["a", "~/.ssh/id_rsa", "/etc/shadow"],
    ),
    (
        "grep",
        &[
            ('r', "recursive", 3),
            ('i', "ignore-case", 4),
            ('n', "line-number", 6),
        ],
        &["x .", "key ~/.ssh", "x /etc/shadow"],
    ),
    (
        "ls",
        &[('a', "all", 3), ('R', "recursive", 3), ('s', "size", 2)],
        &[".", "~/.ssh", "/"],
    ),
    (
        "shred",
        &[('f', "force", 1), ('v', "verbose", 4), ('z', "zero", 1)],
        &["a", "/dev/sda", "~/.ssh/id_rsa"],
    ),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Writing {
    Short,
    /// With the short one before it, in one word.
    Gathered,
    Long,
    Abbreviated(usize),
}

/// The words of the options in an order, each in its writing.
fn written(options: &[Opt], how: &[Writing]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for ((short, long, least), how) in options.iter().zip(how) {
        let gathers = words.last().is_some_and(|word| !word.starts_with("--"));
        match how {
            Writing::Gathered if gathers => words.last_mut().expect("there is one").push(*short),
            Writing::Short | Writing::Gathered => words.push(format!("-{short}")),
            Writing::Long => words.push(format!("--{long}")),
            Writing::Abbreviated(more) => {
                let length = (least + more % 4).min(long.len());
                words.push(format!("--{}", &long[..length]));
            }
        }
    }
    words
}

fn writing() -> impl Strategy<Value = Writing> {
    prop_oneof![
        Just(Writing::Short),
        Just(Writing::Gathered),
        Just(Writing::Long),
        (0_usize..4).prop_map(Writing::Abbreviated),
    ]
}

fn verdict(line: &str) -> Verdict {
    analyse(line).verdict
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn options_say_the_same_however_they_are_written(
        which in any::<prop::sample::Index>(),
        about in any::<prop::sample::Index>(),
        chosen in prop::collection::vec(any::<bool>(), 4),
        order in Just([0_usize, 1, 2, 3]).prop_shuffle(),
        how in prop::collection::vec(writing(), 4),
        behind in prop::collection::vec(any::<bool>(), 4),
        ended: bool,
    ) {
        let (program, options, operands) = *which.get(PROGRAMS);
        let operands = *about.get(operands);
        let picked = |n: &usize| options.get(*n).copied().filter(|_| chosen[*n]);
        let plainly: Vec<Opt> = (0..4).filter_map(|n| picked(&n)).collect();
        let plain = written(&plainly, &[Writing::Short; 4]).join(" ");
        let plain = format!("{program} {plain} {operands}");

        let shuffled: Vec<Opt> = order.iter().filter_map(picked).collect();
        let words = written(&shuffled, &how);
        let (mut before, mut after) = (vec![program.to_owned()], Vec::new());
        for (n, word) in words.into_iter().enumerate() {
            if behind[n] && !ended { after.push(word) } else { before.push(word) }
        }
        if ended {
            before.push("--".to_owned());
        }
        before.push(operands.to_owned());
        let other = [before, after].concat().join(" ");

        let abbreviated = how.iter().any(|how| matches!(how, Writing::Abbreviated(_)));
        let (least, found) = (verdict(&plain), verdict(&other));
        prop_assert!(
            found >= least && (found == least || abbreviated),
            "{:?} is {:?}, {:?} is {:?}: {:?}",
            other, found, plain, least, codes(&analyse(&other))
        );
    }
}
