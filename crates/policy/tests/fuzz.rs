//! Random bytes and broken lines: no panic, no overflow, no more steps than there are.

mod support;

use gatehouse_policy::{Plan, Verdict};
use proptest::prelude::*;
use support::{analyse, labelled};

const BUDGET: u32 = 50_000;

fn holds(text: &str) -> Result<(), TestCaseError> {
    let analysis = analyse(text);
    prop_assert!(analysis.steps <= BUDGET, "{} steps", analysis.steps);
    prop_assert!(analysis.plan != Plan::Nothing || analysis.verdict > Verdict::Allow);
    prop_assert_eq!(
        analysis.verdict,
        analysis
            .findings
            .iter()
            .map(|f| f.verdict)
            .max()
            .unwrap_or_default(),
        "the verdict is that of the strictest finding"
    );
    for finding in &analysis.findings {
        prop_assert!(!finding.text.is_empty() && !finding.code.is_empty());
        if let Some(span) = finding.span {
            let (start, end) = (span.start as usize, span.end as usize);
            prop_assert!(
                start <= end && text.get(start..end).is_some(),
                "{finding:?} in {text:?}"
            );
        }
    }
    Ok(())
}

fn mutated(line: &str, changes: &[(u8, u16, char)], other: &str) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    for &(what, at, c) in changes {
        let at = usize::from(at) % (chars.len() + 1);
        match what % 6 {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 => chars.insert(at, c),
            2 if at < chars.len() => chars[at] = c,
            3 => {
                let tail: Vec<char> = chars[at..].iter().take(8).copied().collect();
                chars.splice(at..at, tail);
            }
            4 => {
                let piece: Vec<char> = other.chars().take(24).collect();
                chars.splice(at..at, piece);
            }
            _ => chars.truncate(at.max(1)),
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn random_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn broken_lines_are_survived(
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<u8>(), any::<u16>(), prop::sample::select("'\"\\$`(){}[]<>|&;#*?~= \n\tax1é\u{200b}".chars().collect::<Vec<_>>())), 1..6),
    ) {
        let lines = labelled();
        let text = mutated(&a.get(&lines).command, &changes, &b.get(&lines).command);
        holds(&text)?;
    }
}

#[test]
fn heavy_lines_end_in_a_question_and_soon() {
    let heavy = [
        format!("echo {}", "{a,b}".repeat(40)),
        "echo {1..100000000}".to_owned(),
        "f() { f; f; }; f".to_owned(),
        "x=a; ".to_owned() + &"x=$x$x; ".repeat(200) + "rm $x",
        "x=a; ".to_owned() + &"x+=$x; ".repeat(200) + "rm $x",
        "a=(b); ".to_owned() + &"a+=(\"${a[@]}\"); ".repeat(200) + "rm \"${a[@]}\"",
        "set -- a; ".to_owned() + &"set -- \"$@\" \"$@\"; ".repeat(200) + "rm \"$@\"",
        "for a in {1..60}; do for b in {1..60}; do for c in {1..60}; do rm -rf \"x$a$b$c\"; done; done; done".to_owned(),
        "( ".repeat(3_000),
        "((".repeat(3_000),
        "(a ".repeat(60) + &")".repeat(60),
        "((a && (b && (c && (d && (e && (f && (g && (h && (i && (j && (k && (l && (m; n))))))))))))))".to_owned(),
        "$(".repeat(3_000),
        "`".repeat(3_000),
        "\"".repeat(60_000),
        "a".repeat(70_000),
        "a ".repeat(30_000),
        "[[ ".repeat(3_000),
        "99999999999999999999>x".to_owned(),
        "${".repeat(3_000),
        "if ".repeat(3_000),
        "$((".repeat(3_000),
        "a <<E\n".repeat(500),
        "case x in ".repeat(63),
    ];
    for text in heavy {
        let started = std::time::Instant::now();
        let shown: String = text.chars().take(60).collect();
        let analysis = analyse(&text);
        println!(
            "{shown}: {} steps, {:?}, {:?}",
            analysis.steps,
            started.elapsed(),
            analysis.verdict
        );
        assert!(
            analysis.verdict > Verdict::Allow,
            "{shown}: {:?}",
            support::codes(&analysis)
        );
        assert!(
            // Steps are what is bounded; the clock only tells an end from none, on a busy machine too.
            started.elapsed().as_secs() < 30,
            "{shown} took {:?}",
            started.elapsed()
        );
    }
}
