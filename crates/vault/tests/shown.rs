//! What the programs of this machine that show bytes make of a secret holds none of it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use gatehouse_vault::{REDACTED, Redactor, Secret};

/// What a program makes of a text; nothing where there is no such program.
fn shown(line: &str, text: &str) -> Option<Vec<u8>> {
    let mut program = Command::new("sh")
        .args(["-c", line])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may have ended without reading, where there is no such program.
    let _ = program.stdin.take().unwrap().write_all(text.as_bytes());
    let done = program.wait_with_output().unwrap();
    done.status.success().then_some(done.stdout)
}

fn knowing(secret: &str) -> Redactor {
    let redactor = Redactor::new();
    redactor.learn(&Secret::new(secret));
    redactor
}

fn in_two(redactor: &Redactor, text: &[u8], border: usize) -> String {
    let (mut stream, mut out) = (redactor.stream(), Vec::new());
    stream.push(&text[..border], &mut out);
    stream.push(&text[border..], &mut out);
    stream.finish(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The ways in which these programs write some bytes, without white space.
fn written(bytes: &[u8]) -> Vec<String> {
    let each = |write: fn(&u8) -> String| bytes.iter().map(write).collect::<String>();
    let words = |write: fn(u16) -> String| {
        let pairs = bytes.chunks_exact(2);
        let words = pairs.map(|pair| write(u16::from_le_bytes([pair[0], pair[1]])));
        words.collect::<String>()
    };
    vec![
        String::from_utf8_lossy(bytes).into_owned(),
        each(|byte| match byte {
            byte if byte.is_ascii_graphic() => char::from(*byte).to_string(),
            byte => format!("{byte:03o}"),
        }),
        each(|byte| format!("{byte:03o}")),
        words(|word| format!("{word:04x}")),
        words(|word| format!("{word:06o}")),
    ]
}

/// No six bytes of it are left, in whatever way they are written.
fn check(secret: &str, clean: &str, said: &str) {
    assert!(clean.contains(REDACTED), "{said}gave {clean}");
    let left: String = clean.replace(REDACTED, "|").split_whitespace().collect();
    for piece in secret.as_bytes().windows(6) {
        for form in written(piece) {
            assert!(!left.contains(&form), "{form} of {said}is in {clean}");
        }
    }
}

#[test]
fn what_a_program_shows_in_columns_is_taken_out() {
    const LINES: [&str; 14] = [
        "od -c",
        "od -An -c",
        "od",
        "od -b",
        "od -x",
        "od -An -tx2 -w8",
        "od -to1 -Ax",
        "hexdump",
        "hexdump -x",
        "hexdump -b",
        "hexdump -c",
        "fold -w1",
        "sed 's/./& /g'",
        "grep -o .",
    ];
    for secret in [
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "gr\u{fc}\u{df}e-an-alle-v\u{f6}lker",
    ] {
        let redactor = knowing(secret);
        let mut heard = 0;
        for line in LINES {
            for before in [0, 1, 7, 16, 33] {
                let text = format!("{}{secret}\nmore\n", "x".repeat(before));
                let Some(said) = shown(line, &text) else {
                    continue;
                };
                heard += 1;
                for border in (0..said.len()).step_by(31) {
                    let clean = in_two(&redactor, &said, border);
                    check(secret, &clean, &String::from_utf8_lossy(&said));
                }
            }
        }
        assert!(heard >= 50, "there is an od");
    }
}

#[test]
fn what_is_written_backwards_is_taken_out() {
    let redactor = knowing("ghp_0123456789abcdef");
    let clean = redactor.redact("token: fedcba9876543210_phg.");
    assert_eq!(clean, "token: [redacted].");
}

#[test]
fn numbers_in_a_column_are_no_short_secret() {
    let numbers = "1\n2\n3\n4\n5\n6\n";
    assert_eq!(knowing("123456").redact(numbers), numbers);
}

#[test]
fn a_dump_without_a_secret_is_given_back_as_it_is() {
    let redactor = knowing("ghp_0123456789abcdef");
    for line in ["od -c", "od", "od -x"] {
        let said = shown(line, "nothing of it is in here, ghp_0123 is too little").unwrap();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(redactor.redact(&said), said);
    }
}
