//! Wrapping, quoting, spacing, order and company never lower a verdict.

mod support;

use gatehouse_policy::Verdict;
use proptest::prelude::*;
use support::{analyse, codes, labelled};

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Lines that surround another without hiding it.
fn wrapped(line: &str) -> Vec<String> {
    vec![
        format!("( {line}\n)"),
        format!("{{ {line}\n}}"),
        format!("true; {line}"),
        format!("true && {{ {line}\n}}"),
        format!("{line}\ntrue"),
        format!("{line}\nls"),
        format!("ls; {line}"),
        format!("eval {}", quoted(line)),
        format!("sh -c {}", quoted(line)),
        format!("env A=1 bash -c {}", quoted(line)),
        format!("command eval {}", quoted(line)),
        format!("if true; then {line}\nfi"),
        format!("for i in 1; do {line}\ndone"),
        format!("f() {{ {line}\n}}; f"),
        format!("echo \"$( {line}\n)\""),
        format!("nice -n 5 bash -c {}", quoted(line)),
        format!("timeout 5 sh -c {}", quoted(line)),
    ]
}

#[test]
fn wrapping_never_lowers_a_verdict() {
    let mut wrong = Vec::new();
    for entry in labelled() {
        let line = entry.command;
        // Too long to be wrapped: what is asked about for its length alone.
        if line.len() > 1_000 || line.contains('\0') {
            continue;
        }
        let verdict = analyse(&line).verdict;
        for wrapped in wrapped(&line) {
            let analysis = analyse(&wrapped);
            if analysis.verdict < verdict {
                wrong.push(format!(
                    "{wrapped:?} is {:?}, {line:?} is {verdict:?}: {:?}",
                    analysis.verdict,
                    codes(&analysis)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are lowered:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Labelled lines of plain words, which can be quoted and spaced without changing them.
fn plain_lines() -> Vec<(Vec<String>, Verdict)> {
    labelled()
        .into_iter()
        .filter(|entry| {
            let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:,@%+".contains(c);
            entry.command.chars().all(plain) && !entry.command.starts_with("time ")
        })
        .map(|entry| {
            let words = entry.command.split(' ').map(str::to_owned).collect();
            let verdict = analyse(&entry.command).verdict;
            (words, verdict)
        })
        .collect()
}

fn requoted(word: &str, how: u8) -> String {
    match how % 6 {
        0 => word.to_owned(),
        1 => format!("'{word}'"),
        2 => format!("\"{word}\""),
        3 => word.chars().map(|c| format!("\\{c}")).collect(),
        4 => format!(
            "$'{}'",
            word.bytes()
                .map(|b| format!("\\x{b:02x}"))
                .collect::<String>()
        ),
        _ => {
            let middle = word.len() / 2;
            format!("{}''\"{}\"", &word[..middle], &word[middle..])
        }
    }
}

fn spaced(how: u8) -> &'static str {
    [" ", "  ", "\t", " \\\n ", " \t "][usize::from(how) % 5]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn quoting_and_spacing_change_nothing(which in any::<prop::sample::Index>(), how in prop::collection::vec(any::<(u8, u8)>(), 16)) {
        let lines = plain_lines();
        let (words, verdict) = which.get(&lines);
        let mut line = String::new();
        for (n, word) in words.iter().enumerate() {
            let (quote, space) = how[n % how.len()];
            if n > 0 {
                line.push_str(spaced(space));
            }
            line.push_str(&requoted(word, quote));
        }
        let analysis = analyse(&line);
        prop_assert_eq!(analysis.verdict, *verdict, "{:?}: {:?}", line, codes(&analysis));
    }

    #[test]
    fn company_never_lowers_a_verdict(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), joint in 0_usize..4) {
        let lines = labelled();
        let (a, b) = (&a.get(&lines).command, &b.get(&lines).command);
        if a.len() + b.len() < 2_000 {
            let joint = ["\n", "\n\n", "\ntrue\n", "\n: && true\n"][joint];
            let both = format!("{a}{joint}{b}");
            let analysis = analyse(&both);
            let most = analyse(a).verdict;
            prop_assert!(analysis.verdict >= most, "{:?}: {:?}", both, codes(&analysis));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_command_that_is_appended_in_any_way_never_lowers_a_verdict(
        a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), joint in 0_usize..7,
    ) {
        let lines = plain_lines();
        let ((a, least), (b, _)) = (a.get(&lines), b.get(&lines));
        let joint = ["; ", " && ", " || ", " | ", " |& ", " & ", "\n"][joint];
        let both = format!("{}{joint}{}", a.join(" "), b.join(" "));
        let analysis = analyse(&both);
        prop_assert!(analysis.verdict >= *least, "{:?}: {:?}", both, codes(&analysis));
    }
}

#[test]
fn order_and_abbreviation_of_options_change_nothing() {
    support::check(
        Verdict::Deny,
        &[
            "rm -rf /",
            "rm -fr /",
            "rm -r -f /",
            "rm / -rf",
            "rm -f / -r",
            "rm --recursive --force /",
            "rm --recurs --forc /",
            "rm --no-preserve-root -rf /",
            "rm -rvf /",
            "rm -rf -- /",
            "rm -r --force -v /",
            "rm -R -f //",
            "rm -rf /.",
        ],
    );
}
