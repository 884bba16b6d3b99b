//! What may not matter does not: the order of options, their abbreviations, how a path is spelt.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{judge, line, world};
use crate::verdict::Verdict;
use crate::word::Word;

/// Commands with options that can be put in any order before or after the operands.
const COMMANDS: &[(&str, &[&str], &[&str])] = &[
    ("rm", &["-r", "-f", "-v"], &["/home/dev"]),
    ("rm", &["--recursive", "--force", "--verbose"], &["/etc"]),
    ("cp", &["-r", "-v", "-f"], &["/home/dev/.ssh", "x"]),
    ("tee", &["-a", "-i"], &["/home/dev/.bashrc"]),
    ("chmod", &["-R", "-v"], &["777", "/"]),
    ("sort", &["-u", "-r", "--output=/home/dev/.profile"], &["x"]),
    (
        "tar",
        &["--create", "--gzip", "--file=x.tgz", "--to-command=sh"],
        &["src"],
    ),
    ("curl", &["-s", "-S", "-L"], &["http://169.254.169.254/"]),
    ("rg", &["-n", "--pre=sh", "-i"], &["x", "src"]),
    ("ls", &["-l", "-a", "-h"], &["src"]),
    ("grep", &["-r", "-n", "-i"], &["x", "src"]),
];

fn verdict(argv: &[String]) -> Verdict {
    let words: Vec<Word> = argv.iter().map(|word| Word::from(word.as_str())).collect();
    judge(&words, &world(), 0, &mut Vec::new())
}

fn argv(name: &str, options: &[&str], operands: &[&str], options_last: bool) -> Vec<String> {
    let (first, second) = if options_last {
        (operands, options)
    } else {
        (options, operands)
    };
    std::iter::once(name)
        .chain(first.iter().copied())
        .chain(second.iter().copied())
        .map(str::to_owned)
        .collect()
}

proptest! {
    #[test]
    fn the_order_of_options_does_not_matter(
        which in select(COMMANDS),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..4),
        last in any::<bool>(),
    ) {
        let (name, options, operands) = which;
        let mut shuffled = options.to_vec();
        for (a, b) in swaps {
            let (a, b) = (a.index(shuffled.len()), b.index(shuffled.len()));
            shuffled.swap(a, b);
        }
        let plain = verdict(&argv(name, options, operands, false));
        let other = argv(name, &shuffled, operands, last);
        prop_assert_eq!(verdict(&other), plain, "{:?}", other);
    }

    #[test]
    fn an_abbreviated_option_is_never_judged_more_mildly(cut in 4_usize..16) {
        for (name, option, rest) in [
            ("rm", "--recursive", &["-f", "/home/dev"][..]),
            ("tar", "--to-command=sh", &["-xf", "x"]),
            ("tar", "--use-compress-program=sh", &["-xf", "x"]),
            ("sort", "--compress-program=x", &["y"]),
            ("sort", "--output=/etc/passwd", &["y"]),
            ("rg", "--hostname-bin=x", &["y"]),
            ("chmod", "--recursive", &["777", "/"]),
        ] {
            let whole = verdict(&argv(name, &[option], rest, false));
            let (long, value) = option.split_once('=').map_or((option, ""), |(long, value)| (long, value));
            let mut short = long[..cut.min(long.len())].to_owned();
            if !value.is_empty() {
                short = format!("{short}={value}");
            }
            let got = verdict(&argv(name, &[&short], rest, false));
            prop_assert!(got >= whole.min(Verdict::Ask), "{name} {short} is {got:?}");
        }
    }

    #[test]
    fn a_path_is_judged_alike_however_it_is_spelt(
        path in select(&["/home/dev/.ssh/id_rsa", "/etc/shadow", "/home/dev/.bashrc", "/home/dev/project/src/a", "/opt/x", "/tmp/x", "/home/dev"][..]),
        detours in prop::collection::vec((any::<Index>(), select(&["/", "/./", "/x/../", "//", "/../dev/../"][..])), 0..4),
        program in select(&["cat", "tee", "rm -rf", "cp x"][..]),
    ) {
        let mut spelt = path.to_owned();
        for (at, detour) in detours {
            let slashes: Vec<usize> = spelt.match_indices('/').map(|(at, _)| at).collect();
            let at = slashes[at.index(slashes.len())];
            // Going up and down again only works where the folder is the one that is named.
            let detour = if detour.contains("dev") { "/./" } else { detour };
            spelt.replace_range(at..=at, detour);
        }
        let world = world();
        let plain = line(&format!("{program} {path}"), &world, 0, &mut Vec::new());
        let other = line(&format!("{program} {spelt}"), &world, 0, &mut Vec::new());
        prop_assert_eq!(plain, other, "{}", spelt);
    }

    #[test]
    fn no_arguments_make_it_panic(words in prop::collection::vec(".{0,12}", 1..6), name in select(&["git", "tar", "find", "curl", "sed", "awk", "python3", "docker", "rm", "perl", "node", "kill", "ssh", "env", "cmd", "pwsh", "zip", "dd"][..])) {
        let mut argv = vec![name.to_owned()];
        for word in words {
            argv.push("-c".to_owned());
            argv.push(word.clone());
            argv.push("-e".to_owned());
            argv.push(word);
        }
        verdict(&argv);
    }
}
