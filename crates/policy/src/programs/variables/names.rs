//! Variables whose value authenticates someone, by their names.

/// A credential, wherever it stands in a name: `GITHUB_TOKEN`, `DBPASSWORD`.
#[rustfmt::skip]
const CREDENTIALS: &[&str] = &[
    "SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "API_KEY", "APIKEY", "ACCESS_KEY",
    "PRIVATE_KEY", "AUTH_KEY", "DATABASE_URL", "CONNECTION_STRING",
];

/// What goes on after one of those and makes another word of it: `TOKENIZER`, `SECRETARY`, `PASSWORDLESS`.
const GOES_ON: &[&str] = &["IZ", "IS", "ARY", "LESS"];

/// Words that are counted, not kept: `MAX_TOKENS`.
const COUNTS: &[&str] = &["MAX", "MIN", "NUM", "COUNT", "LIMIT"];

/// Whether a variable of this name holds what authenticates someone.
pub(crate) fn is_credential(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.ends_with("_KEY") || has_credential(&upper)
}

fn has_credential(upper: &str) -> bool {
    let is_one = |part: &str| {
        let mut ends = upper
            .match_indices(part)
            .map(|(at, _)| &upper[at + part.len()..]);
        ends.any(|rest| !GOES_ON.iter().any(|more| rest.starts_with(more)))
    };
    CREDENTIALS
        .iter()
        .any(|part| is_one(part) && !(*part == "TOKEN" && is_counted(upper)))
}

/// Whether it says how many there are: `MAX_TOKENS`, `TOKENS_LIMIT`.
fn is_counted(upper: &str) -> bool {
    let has = |names: &[&str]| words(upper).any(|word| names.contains(&word));
    has(COUNTS) && has(&["TOKENS"])
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
}

/// Words of a name that a credential may be kept under, and what one may end with.
const WORDS: &[&str] = &[
    "AUTHORIZATION",
    "PRIVATE",
    "COOKIES",
    "KEYS",
    "PAT",
    "WEBHOOKS",
];
const ENDS: &[&str] = &["KEY", "PASS", "AUTH", "COOKIE", "DSN", "WEBHOOK"];

/// Words that end like that and are others.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "MONKEY", "DONKEY", "TURKEY", "HOTKEY", "WHISKEY", "HOCKEY", "JOCKEY", "COMPASS", "BYPASS", "SURPASS", "TRESPASS",
    "ENCOMPASS",
];

/// The same, and whatever is named like a key, a password, a way to log in.
pub(crate) fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if upper == "SSH_AUTH_SOCK" {
        return false;
    }
    let named = |word: &str| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let ends = || ENDS.iter().any(|end| word.ends_with(end)) && !OTHERS.contains(&word);
        WORDS.contains(&word) || ends()
    };
    has_credential(&upper) || words(&upper).any(named)
}

#[cfg(test)]
mod tests {
    use super::{is_credential, is_secret};

    #[test]
    fn a_name_is_that_of_a_credential_by_its_words() {
        for name in [
            "GITHUB_TOKEN",
            "githubToken",
            "DBPASSWORD",
            "OPENAI_API_KEY",
            "STRIPE_KEY",
            "TOKENS",
            "token2",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "TOKENIZER",
            "TOKENIZERS_PARALLELISM",
            "SECRETARY",
            "MAX_TOKENS",
            "MONKEY",
            "KEYBOARD",
        ] {
            assert!(!is_credential(name), "{name}");
        }
        for name in [
            "SSHPASS",
            "DB_PASS",
            "OAUTH",
            "GH_PAT",
            "SENTRY_DSN",
            "SSH_KEY_2",
            "KEYS",
            "SLACK_WEBHOOK_URL",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "GIT_AUTHOR_NAME",
            "LD_LIBRARY_PATH",
            "HOTKEY",
            "XAUTHORITY",
            "SSH_AUTH_SOCK",
            "KEYMAP",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
