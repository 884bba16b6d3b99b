use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use proptest::prelude::*;

use super::{REDACTED, Redactor};
use crate::Secret;

fn knowing(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for secret in secrets {
        redactor.learn(&Secret::new(*secret));
    }
    redactor
}

#[test]
fn a_secret_is_taken_out_in_every_common_form() {
    let secret = "p?ss/w+rd \"ü\"";
    let redactor = knowing(&[secret]);
    for form in [
        secret.to_owned(),
        serde_json::json!({ "token": secret }).to_string(),
        format!("{secret:?}"),
        "703f73732f772b72642022c3bc22".to_owned(),
        "703F73732F772B72642022C3BC22".to_owned(),
        "token=p%3Fss%2Fw%2Brd%20%22%C3%BC%22".to_owned(),
        "token=p%3fss%2fw%2brd%20%22%c3%bc%22".to_owned(),
        "token=p%3Fss%2Fw%2Brd+%22%C3%BC%22".to_owned(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
    ] {
        let line = format!("before {form} after");
        let clean = redactor.redact(&line);
        assert!(clean.contains(REDACTED), "{form} must be found");
        assert!(
            clean.starts_with("before ") && clean.ends_with(" after"),
            "{clean}"
        );
    }
}

/// What a program of this machine writes of the variable `TK`; nothing where there is no such program.
fn shown(value: &str, line: &[&str]) -> Option<String> {
    let shown = std::process::Command::new(line[0])
        .args(&line[1..])
        .env("TK", value)
        .output()
        .ok()?;
    let said = [shown.stdout, shown.stderr].concat();
    shown
        .status
        .success()
        .then(|| String::from_utf8(said).unwrap())
}

#[cfg(unix)]
#[test]
fn what_a_shell_quotes_is_taken_out() {
    const LINES: [&[&str]; 12] = [
        &["bash", "-c", "printf %q \"$TK\""],
        &["bash", "-c", "printf '%q' \"token=$TK\""],
        &["bash", "-c", "export -p"],
        &["bash", "-c", "declare -p TK"],
        &["bash", "-c", "set"],
        &["bash", "-c", "echo ${TK@Q}"],
        &["bash", "-c", "set -x; : \"$TK\" >/dev/null"],
        &["bash", "-c", "LC_ALL=C; printf %q \"$TK\""],
        &["zsh", "-c", "printf %q \"$TK\""],
        &["dash", "-c", "export -p"],
        &["dash", "-c", "set -x; : \"$TK\""],
        &["/usr/bin/printf", "%q", "S3cr3tValue-abcdef/+?=&xyz"],
    ];
    for secret in [
        "S3cr3tValue-abcdef/+?=&xyz",
        "it's \"a\" $ecret, `of` \\ours!",
        "#~pa:~ss=~wo#rd{1,2}",
        "tab\tand\u{1b}[0m and end",
        "grüße-an-alle-välker",
    ] {
        let redactor = knowing(&[secret]);
        let mut heard = 0;
        for line in LINES {
            if line[0].ends_with("printf") && secret != line[2] {
                continue;
            }
            let Some(said) = shown(secret, line) else {
                continue;
            };
            heard += 1;
            let clean = redactor.redact(&said);
            assert!(clean.contains(REDACTED), "{line:?} of {secret}: {said}");
        }
        assert!(heard >= 7, "there is a bash");
    }
    let redactor = knowing(&["S3cr3tValue-abcdef/+?=&xyz"]);
    let clean = redactor.redact("TK=S3cr3tValue-abcdef/+\\?=\\&xyz;");
    assert_eq!(clean, format!("TK={REDACTED};"));
}

#[test]
fn a_secret_inside_of_a_longer_base32_text_is_taken_out() {
    // `printf %s tok-0123456789abcdef | base32`, and so on with a letter more before it.
    let redactor = knowing(&["tok-0123456789abcdef"]);
    for encoded in [
        "ORXWWLJQGEZDGNBVGY3TQOLBMJRWIZLG",
        "OV2G62ZNGAYTEMZUGU3DOOBZMFRGGZDFMY======",
        "OV2XI33LFUYDCMRTGQ2TMNZYHFQWEY3EMVTA====",
        "OV2XK5DPNMWTAMJSGM2DKNRXHA4WCYTDMRSWM===",
        "OV2XK5LUN5VS2MBRGIZTINJWG44DSYLCMNSGKZQ=",
    ] {
        let clean = redactor.redact(encoded).into_owned();
        assert!(clean.contains(REDACTED), "{encoded}: {clean}");
        let rest = clean.replace(REDACTED, "").len();
        assert!(rest <= 16, "no more than the ends may stay: {clean}");
    }
}

#[test]
fn a_secret_inside_of_a_longer_base64_text_is_taken_out() {
    let secret = "tok-0123456789abcdef";
    let redactor = knowing(&[secret]);
    for before in 0..4 {
        for after in 0..4 {
            let text = format!("{}{secret}{}", "u".repeat(before), "v".repeat(after));
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                let clean = redactor.redact(&encoded).into_owned();
                assert!(
                    clean.contains(REDACTED),
                    "{before} before, {after} after: {clean}"
                );
                let rest = clean.replace(REDACTED, "").len();
                assert!(rest <= 14, "no more than the ends may stay: {clean}");
            }
        }
    }
}

#[test]
fn a_line_of_a_private_key_is_taken_out_by_itself() {
    let redactor = knowing(&["-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END KEY-----\n"]);
    assert_eq!(
        redactor.redact("key: MC4CAQAwBQYDK2VwBCIEIJ."),
        "key: [redacted]."
    );
}

#[test]
fn a_token_that_is_kept_inside_of_json_is_taken_out_by_itself() {
    let kept = r#"{"token":"dev-5f2d9c81\/x","role":"operator","scopes":["operator.approvals"]}"#;
    let redactor = knowing(&[kept]);
    let log = "dev-5f2d9c81/x for operator with operator.approvals";
    assert_eq!(
        redactor.redact(log),
        "[redacted] for operator with operator.approvals",
        "what is not secret in it stays readable"
    );
    let encoded = STANDARD.encode("x dev-5f2d9c81/x");
    assert!(redactor.redact(&encoded).contains(REDACTED), "{encoded}");
}

#[test]
fn text_without_a_secret_is_given_back_as_it_is() {
    let redactor = knowing(&["hunter22", "short"]);
    for text in ["", "nothing here", "a short word", "hunter2"] {
        assert!(matches!(redactor.redact(text), std::borrow::Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn of_two_secrets_with_the_same_beginning_the_longer_is_taken_out_whole() {
    let redactor = knowing(&["token-12", "token-1234"]);
    assert_eq!(
        redactor.redact("token-1234 token-12"),
        "[redacted] [redacted]"
    );
}

#[test]
fn what_a_clone_learns_the_writer_takes_out() {
    let redactor = Redactor::new();
    let mut log = redactor.writer(Vec::new());
    redactor.clone().learn(&Secret::new("late-secret"));
    log.write_all(b"header late-secret \xff\n").unwrap();
    assert_eq!(
        String::from_utf8_lossy(&log.inner),
        "header [redacted] \u{fffd}\n"
    );
}

/// A whole text, in chunks that end at these places.
fn in_chunks(redactor: &Redactor, text: &[u8], borders: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let (mut out, mut from) = (Vec::new(), 0);
    for border in borders.iter().map(|at| at % (text.len() + 1)) {
        if border > from {
            stream.push(&text[from..border], &mut out);
            from = border;
        }
    }
    stream.push(&text[from..], &mut out);
    stream.finish(&mut out);
    out
}

#[test]
fn a_secret_that_is_cut_anywhere_is_taken_out() {
    let secret = "tok-0123456789abcdef";
    let redactor = knowing(&[secret, "another-secret"]);
    let text = format!("x {secret} y another-secret{secret} tok-0123 z");
    let clean = "x [redacted] y [redacted][redacted] tok-0123 z";
    for border in 0..text.len() {
        let out = in_chunks(&redactor, text.as_bytes(), &[border]);
        assert_eq!(String::from_utf8_lossy(&out), clean, "cut at {border}");
    }
    let all: Vec<usize> = (0..text.len()).collect();
    let out = in_chunks(&redactor, text.as_bytes(), &all);
    assert_eq!(String::from_utf8_lossy(&out), clean, "byte by byte");
}

#[test]
fn what_cannot_be_a_secret_is_not_held_back() {
    let redactor = knowing(&["tok-0123456789abcdef"]);
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    stream.push(b"Password: tok-", &mut out);
    assert_eq!(out, b"Password: ", "only what may be a beginning waits");
    stream.push(b"no", &mut out);
    assert_eq!(out, b"Password: tok-no");
}

#[test]
fn what_is_learned_in_the_middle_of_a_text_counts_from_then_on() {
    let redactor = knowing(&["first-secret"]);
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    stream.push(b"a second-secret, first-", &mut out);
    redactor.learn(&Secret::new("second-secret"));
    stream.push(b"secret, second-sec", &mut out);
    stream.push(b"ret.", &mut out);
    stream.finish(&mut out);
    let told = String::from_utf8_lossy(&out);
    assert_eq!(told, "a second-secret, [redacted], [redacted].");
}

#[test]
fn an_encoded_secret_that_is_broken_over_lines_is_taken_out() {
    let secret = "glpat-0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz";
    let redactor = knowing(&[secret]);
    let encoded = STANDARD.encode(format!("GITLAB_TOKEN={secret}\nHOME=/root\n"));
    let wrapped: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let clean = redactor.redact(&wrapped.join("\n")).into_owned();
    assert!(clean.contains(REDACTED), "{clean}");
    assert!(clean.len() < 60, "only what is beside it stays: {clean}");
    let grouped: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(redactor.redact(&grouped.join(" ")), REDACTED);
}

/// A line of a dump for each `width` bytes: an address, the digits in groups, and the characters.
fn dumped(bytes: &[u8], width: usize, line: impl Fn(usize, &[String], &str) -> String) -> String {
    let lines = bytes.chunks(width).enumerate().map(|(at, bytes)| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| {
            if byte.is_ascii_graphic() || *byte == b' ' {
                char::from(*byte)
            } else {
                '.'
            }
        };
        line(
            at * width,
            &digits,
            &bytes.iter().map(shown).collect::<String>(),
        )
    });
    lines.collect()
}

fn by_xxd(bytes: &[u8], width: usize, group: usize) -> String {
    let per_line = width * 2 + width.div_ceil(group);
    dumped(bytes, width, |at, digits, shown| {
        let groups: Vec<String> = digits.chunks(group).map(<[String]>::concat).collect();
        format!("{at:08x}: {:per_line$} {shown}\n", groups.join(" "))
    })
}

fn by_hexdump(bytes: &[u8]) -> String {
    let dump = dumped(bytes, 16, |at, digits, shown| {
        let halves: Vec<String> = digits.chunks(8).map(|half| half.join(" ")).collect();
        format!("{at:08x}  {:49}  |{shown}|\n", halves.join("  "))
    });
    format!("{dump}{:08x}\n", bytes.len())
}

fn by_od(bytes: &[u8]) -> String {
    let dump = dumped(bytes, 16, |at, digits, _| {
        format!("{at:07o} {}\n", digits.join(" "))
    });
    format!("{dump}{:07o}\n", bytes.len())
}

#[test]
fn a_dump_of_a_secret_shows_neither_its_digits_nor_its_characters() {
    let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
    let redactor = knowing(&[secret]);
    for before in [0, 1, 7, 15, 30] {
        let text = format!("{}{secret}\nmore\n", "x".repeat(before));
        let bytes = text.as_bytes();
        for dump in [
            by_xxd(bytes, 16, 2),
            by_xxd(bytes, 16, 2).to_uppercase().replace("GHP", "ghp"),
            by_xxd(bytes, 16, 1),
            by_xxd(bytes, 8, 4),
            by_xxd(bytes, 256, 2),
            by_hexdump(bytes),
            by_od(bytes),
        ] {
            for border in (0..dump.len()).step_by(7) {
                let out = in_chunks(&redactor, dump.as_bytes(), &[border]);
                let out = String::from_utf8(out).unwrap();
                assert!(out.contains(REDACTED), "{dump}gave {out}");
                let digits = |from: usize| {
                    let part = &secret.as_bytes()[from..from + 4];
                    part.iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>()
                };
                let squeezed: String = out.chars().filter(|c| !c.is_whitespace()).collect();
                for from in 0..secret.len() - 4 {
                    let part = &secret[from..from + 4];
                    assert!(!out.contains(part), "{part} of {dump}is in {out}");
                    let part = digits(from);
                    assert!(!squeezed.contains(&part), "{part} of {dump}is in {out}");
                }
            }
        }
    }
}

#[test]
fn what_stands_around_a_secret_in_a_dump_stays_readable() {
    let redactor = knowing(&["hunter2-hunter2"]);
    let text = format!(
        "first line......{}hunter2-hunter2\nlast line.......",
        "y".repeat(16)
    );
    let clean = redactor
        .redact(&by_xxd(text.as_bytes(), 16, 2))
        .into_owned();
    assert!(clean.contains("first line"), "{clean}");
    assert!(clean.contains("last line"), "{clean}");
    assert_eq!(clean.lines().count(), 4, "{clean}");
}

#[test]
fn the_rest_of_a_line_without_end_is_not_held_for_ever() {
    let redactor = knowing(&["hunter2-hunter2"]);
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    let line = by_xxd(b"hunter2-hunter2", 16, 2);
    stream.push(line.trim_end().as_bytes(), &mut out);
    for _ in 0..100 {
        stream.push(&[b'z'; 1_000], &mut out);
    }
    assert!(out.len() > 90_000, "{} bytes came through", out.len());
}

#[test]
fn overlapping_secrets_leave_nothing_of_either() {
    let redactor = knowing(&["abcdefgh", "efghijkl"]);
    assert_eq!(redactor.redact("_abcdefghijkl_"), "_[redacted]_");
    let out = in_chunks(&redactor, b"_abcdefghijkl_", &[4, 7, 10]);
    assert_eq!(out, b"_[redacted]_");
}

/// A secret as people have them: printable, with characters that encodings treat each in its own way.
fn secrets() -> impl Strategy<Value = String> {
    "[ -~\u{e4}\u{20ac}]{8,40}".prop_filter("not only spaces", |text| text.trim().len() >= 8)
}

/// How a program may write it.
fn written(secret: &str, how: usize) -> String {
    let hex = |upper: bool| -> String {
        let text: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
        if upper { text.to_uppercase() } else { text }
    };
    let percent: String = secret
        .bytes()
        .map(|b| match b {
            b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    match how {
        0 => secret.to_owned(),
        1 => STANDARD.encode(secret),
        2 => URL_SAFE.encode(secret),
        3 => hex(false),
        4 => hex(true),
        5 => percent,
        6 => serde_json::Value::from(secret).to_string(),
        _ => format!("{secret:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_form_of_a_secret_comes_through_whatever_the_chunks(
        secret in secrets(),
        how in 0_usize..8,
        before in "[a-zA-Z0-9 \n]{0,30}",
        after in "[a-zA-Z0-9 \n]{0,30}",
        borders in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let redactor = knowing(&[&secret, "quite-another-one"]);
        let form = written(&secret, how);
        // Base64 shares its last character with padding, and quotes stand around JSON: neither is secret.
        let bare = form.trim_matches(['=', '"']).to_owned();
        let text = format!("{before}{form}{after}");
        let mut borders: Vec<usize> = borders.iter().map(|at| at % (text.len() + 1)).collect();
        borders.sort_unstable();
        let out = in_chunks(&redactor, text.as_bytes(), &borders);
        let out = String::from_utf8(out).unwrap();
        prop_assert!(out.contains(REDACTED), "{text:?} gave {out:?}");
        prop_assert!(!out.contains(&bare), "{text:?} gave {out:?}");
        prop_assert_eq!(redactor.redact(&text).into_owned(), out, "as in one piece");
    }

    #[test]
    fn a_secret_inside_of_encoded_text_does_not_come_through(
        secret in "[a-zA-Z0-9]{12,40}",
        before in "[ -~]{0,9}",
        after in "[ -~]{0,9}",
        url_safe: bool,
        border in any::<usize>(),
    ) {
        let redactor = knowing(&[&secret]);
        let whole = format!("{before}{secret}{after}");
        let text = if url_safe { URL_SAFE.encode(&whole) } else { STANDARD.encode(&whole) };
        let out = in_chunks(&redactor, text.as_bytes(), &[border]);
        let out = String::from_utf8(out).unwrap();
        let rest = out.replace(REDACTED, "").len();
        let beside = (before.len() + after.len()) * 4 / 3 + 8;
        prop_assert!(rest <= beside, "{text} gave {out}");
    }

    #[test]
    fn text_without_secrets_comes_through_unchanged(
        text in prop::collection::vec(any::<u8>(), 0..300),
        borders in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let redactor = knowing(&["a-secret-that-is-not-there", "-----------------"]);
        let mut borders: Vec<usize> = borders.iter().map(|at| at % (text.len() + 1)).collect();
        borders.sort_unstable();
        prop_assert_eq!(in_chunks(&redactor, &text, &borders), text);
    }
}
