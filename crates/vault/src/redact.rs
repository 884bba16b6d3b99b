//! Takes known secrets out of text: the last net under the log, for what should never have got there.
//!
//! It knows the values it was told, as they are and as they are commonly written: base64 (both alphabets, at
//! any place inside of a longer text), hex, percent-encoded, and escaped for JSON or a Rust debug print. It
//! does not guess what looks like a secret. Of a secret that is kept as a JSON object it knows the whole and
//! the fields that are secret by their name.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use zeroize::Zeroizing;

use crate::Secret;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Shorter values would blacken ordinary words. No token is this short; a password that is, is no secret.
const SHORTEST: usize = 6;

/// Each line of a longer secret, such as a private key, counts by itself from this length.
const SHORTEST_LINE: usize = 16;

/// How many values are remembered; the oldest are forgotten first. A gateway has five at most.
const MOST: usize = 1024;

/// Knows secrets and takes them out of text. A clone knows the same ones.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: VecDeque<Secret>,
    patterns: Option<AhoCorasick>,
}

impl Redactor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a value. One that is too short to be told from ordinary text is not taken.
    pub fn learn(&self, secret: &Secret) {
        if secret.expose().len() < SHORTEST {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.secrets.iter().any(|one| one.matches(secret)) {
            return;
        }
        known.secrets.push_back(secret.clone());
        if known.secrets.len() > MOST {
            known.secrets.pop_front();
        }
        let forms: BTreeSet<String> = known.secrets.iter().flat_map(forms).collect();
        // It fails only past limits that a thousand secrets are far from; then the former ones stay known.
        match AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(forms)
        {
            Ok(patterns) => known.patterns = Some(patterns),
            Err(cause) => tracing::error!(%cause, "a secret could not be added to the redaction"),
        }
    }

    /// The text with every known secret replaced by [`REDACTED`].
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(patterns) = &known.patterns else {
            return Cow::Borrowed(text);
        };
        if !patterns.is_match(text) {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        patterns.replace_all_with(text, &mut clean, |_, _, out| {
            out.push_str(REDACTED);
            true
        });
        Cow::Owned(clean)
    }

    /// A writer that redacts what goes through it. Each call to `write` is taken as a whole, as the
    /// formatting layers of `tracing` write whole lines; a secret cut in two by the caller is not found.
    pub fn writer<W: io::Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter {
            redactor: self.clone(),
            inner,
        }
    }
}

/// Redacts what is written through it.
pub struct RedactingWriter<W> {
    redactor: Redactor,
    inner: W,
}

impl<W: io::Write> io::Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.inner
            .write_all(self.redactor.redact(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Everything that gives the secret away.
fn forms(secret: &Secret) -> Vec<String> {
    let value = secret.expose();
    let mut forms = forms_of(value);
    for inner in fields_that_are_secret(value) {
        forms.extend(forms_of(&inner));
    }
    forms
}

/// The fields of a secret kept as a JSON object that are secret by themselves. The others, such as a role or
/// scopes, are ordinary words that must stay readable.
const SECRET_FIELDS: [&str; 7] = [
    "token",
    "deviceToken",
    "password",
    "secret",
    "key",
    "privateKey",
    "seed",
];

fn fields_that_are_secret(value: &str) -> Vec<Zeroizing<String>> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(value) else {
        return Vec::new();
    };
    let secret = |(name, value)| match value {
        serde_json::Value::String(text) if SECRET_FIELDS.contains(&String::as_str(&name)) => {
            Some(Zeroizing::new(text))
        }
        _ => None,
    };
    fields.into_iter().filter_map(secret).collect()
}

fn forms_of(value: &str) -> Vec<String> {
    let lines = value
        .lines()
        .map(str::trim)
        .filter(|line| line.len() >= SHORTEST_LINE);
    let mut forms = vec![value.to_owned(), value.trim().to_owned()];
    forms.extend(lines.map(str::to_owned));
    forms.extend(escaped(value));
    forms.extend(hex(value.as_bytes()));
    forms.extend(percent_encoded(value));
    forms.extend(base64_forms(value.as_bytes()));
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn escaped(value: &str) -> [String; 2] {
    let json = serde_json::Value::from(value).to_string();
    let debug = format!("{value:?}");
    [json, debug].map(|quoted| quoted[1..quoted.len() - 1].to_owned())
}

fn hex(bytes: &[u8]) -> [String; 2] {
    let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = lower.to_uppercase();
    [lower, upper]
}

/// Encoders differ in what they leave alone and in the case of the digits.
fn percent_encoded(value: &str) -> Vec<String> {
    let encode = |left_alone: &str, upper: bool, space: &str| {
        let one = |byte: u8| match byte {
            b' ' => space.to_owned(),
            _ if byte.is_ascii_alphanumeric() || left_alone.as_bytes().contains(&byte) => {
                char::from(byte).to_string()
            }
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        value.bytes().map(one).collect::<String>()
    };
    // RFC 3986 unreserved; JavaScript's encodeURIComponent and encodeURI; HTML forms.
    let sets = [
        ("-._~", "%20"),
        ("-._~!*'()", "%20"),
        ("-._~!*'();/?:@&=+$,#", "%20"),
        ("-._*", "+"),
    ];
    let both = |(set, space): (&str, &str)| [encode(set, true, space), encode(set, false, space)];
    sets.into_iter().flat_map(both).collect()
}

/// Inside of a longer encoded text the value begins at one of three places in a group of four characters,
/// and the characters at its ends are shared with its neighbours: what is certain is what lies between.
fn base64_forms(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let whole_bits = padded.len() * 8;
        // Each character holds six bits: the first that is ours alone, and the last.
        let first = (before * 8).div_ceil(6);
        let last = whole_bits / 6;
        for text in [
            STANDARD_NO_PAD.encode(&padded),
            URL_SAFE_NO_PAD.encode(&padded),
        ] {
            forms.extend(text.get(first..last).map(str::to_owned));
        }
    }
    // Encoded by itself, its last character is ours too.
    forms.extend([STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]);
    forms
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

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
        let redactor =
            knowing(&["-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END KEY-----\n"]);
        assert_eq!(
            redactor.redact("key: MC4CAQAwBQYDK2VwBCIEIJ."),
            "key: [redacted]."
        );
    }

    #[test]
    fn a_token_that_is_kept_inside_of_json_is_taken_out_by_itself() {
        let kept =
            r#"{"token":"dev-5f2d9c81\/x","role":"operator","scopes":["operator.approvals"]}"#;
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
            assert!(
                matches!(redactor.redact(text), std::borrow::Cow::Borrowed(same) if same == text)
            );
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
}
