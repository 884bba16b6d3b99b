//! What trees and canonical text have in common; everything else is tested from outside.

use proptest::prelude::*;

use super::emit::{Insertions, script as emit};
use super::parser::parse_caged;
use super::prescan;
use super::syntax::Script;

fn parse(text: &str) -> Option<Script> {
    let nesting = prescan::scan(text).ok()?;
    parse_caged(text, nesting).ok()
}

fn again(text: &str) {
    let Some(tree) = parse(text) else { return };
    let written = emit(&tree, &Insertions::new());
    let reread = parse(&written);
    assert_eq!(
        reread.as_ref(),
        Some(&tree),
        "{text:?} is written as {written:?} and read otherwise"
    );
}

#[test]
fn what_is_written_out_is_read_as_the_same_tree() {
    let lines = [
        "ls -la 'a b' \"c $d\" e\\ f",
        "cat <<E | sort\nx $y `z`\nE\n",
        "cat <<'E'\n$(x) \"'\nE",
        "for i in a {b,c}d {1..3}; do echo \"$i\" & done; wait",
        "case $x in a|b*) echo 1;; (c) ;; *) echo 2 ;& d) echo;; esac",
        "if a; then b; elif c; then d; else e; fi > f 2>&1",
        "while read -r l; do echo \"${l%%:*}\" \"${l//a/b}\" \"${#l}\"; done < x",
        "f() { local a=1; ((a++)); [[ $a -gt 2 && -n \"$b\" ]]; }; f",
        "a=(1 2 'x y'); echo \"${a[@]}\" \"${a[0]}\" ${!b} \"${c:-'q' \"r\"}\" ${d:1:2}",
        "x=$(( (1+2) * $(echo 3) )) y=`echo \\`date\\`` z=\"$(echo \"$(echo)\")\"",
        "time -p ! a | b |& c && d || e; ( f; g ) & { h; }",
        "diff <(sort a) <(sort b) > >(tee c)",
        "echo $'a\\tb\\'c' \"\\$x \\\\ \\\" \\`\" '' ~/x ~root a~ [ab]* x[ ?",
        "[[ $x =~ ^(a|b)+$ ]] && [[ ! -e y || ( a == b* ) ]]",
        "coproc { a; }; until false; do :; done; for ((i=0; i<3; i++)); do :; done",
    ];
    for line in lines {
        assert!(parse(line).is_some(), "{line:?} is not read");
        again(line);
    }
}

#[test]
fn labelled_commands_are_written_out_as_they_are_read() {
    for line in include_str!("../../tests/commands.jsonl").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        again(line["command"].as_str().expect("a command"));
    }
}

/// Pieces that shells read in more than one way, next to one another at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "echo",
        " ",
        " ",
        "a",
        "$x",
        "\"",
        "'",
        "\\",
        "$(",
        ")",
        "(",
        "{",
        "}",
        ";",
        "&",
        "|",
        "<",
        ">",
        "\n",
        "`",
        "${",
        "#",
        "*",
        "[",
        "]",
        "~",
        "=",
        "x=",
        "if ",
        "then ",
        "fi",
        "do ",
        "done",
        "for i in ",
        "<<E\n",
        "\nE\n",
        "$((",
        "))",
        "[[ ",
        " ]]",
        "!",
        "1",
        "$'",
        "case x in ",
        "esac",
        ";;",
        "a)",
        ",",
        "..",
        ":-",
        "é",
        "<(",
        "&&",
        "||",
        "f()",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn anything_that_is_read_is_written_out_as_the_same(text in pieces()) {
        again(&text);
    }

    #[test]
    fn a_written_tree_is_written_the_same_again(text in pieces()) {
        if let Some(tree) = parse(&text) {
            let once = emit(&tree, &Insertions::new());
            let twice = parse(&once).map(|tree| emit(&tree, &Insertions::new()));
            prop_assert_eq!(Some(once), twice);
        }
    }
}

#[test]
fn a_word_that_goes_on_in_the_next_line_is_not_read() {
    for text in ["~\\\nroot\n", "echo ~\\\nroot\n", "[~\\\nE\n"] {
        assert!(
            parse(text).is_none_or(|tree| format!("{tree:?}").contains("Unread")),
            "{text:?}"
        );
    }
}

#[test]
fn a_panic_unwinds_so_that_the_cage_can_hold_it() {
    let manifest = include_str!("../../../../Cargo.toml");
    assert!(
        !manifest.contains("panic = \"abort\""),
        "a parser that panics would end the gateway"
    );
}

#[test]
fn deep_nesting_is_read_in_the_cage_or_not_at_all() {
    for (open, close) in [
        ("( ", " )"),
        ("{ ", "; }"),
        ("$(", ")"),
        ("if a; then ", "; fi"),
        ("\"$(", ")\""),
    ] {
        for depth in [4, 11, 40, 60, 5_000] {
            let text = format!("{}echo{}", open.repeat(depth), close.repeat(depth));
            let _ = parse(&text);
        }
    }
}

#[test]
fn a_quote_that_arithmetic_escapes_is_not_taken_for_one_of_a_pair() {
    for line in [r#"<$((\"))"#, r#"echo $((\"1\"))"#, r#"echo $(("1" + 1))"#] {
        assert!(parse(line).is_some(), "{line:?} is not read");
        again(line);
    }
    assert!(parse(r#"echo $[\"]"#).is_none());
}
