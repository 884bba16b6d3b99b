//! What every provider takes of a call that another model made, or that a model made badly. One that a provider does not
//! take would have every later request of the session refused.

use std::borrow::Cow;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// OpenAI and Anthropic take names of so many characters.
const LONGEST_NAME: usize = 64;

/// OpenAI takes ids of so many characters.
const LONGEST_ID: usize = 40;

/// Letters, digits, `_` and `-`: all that OpenAI and Anthropic take.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// The name of a tool, without what none takes in it.
pub(super) fn name(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        return Cow::Borrowed("unnamed");
    }
    if name.len() <= LONGEST_NAME && name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let plain = |character| if is_plain(character) { character } else { '_' };
    Cow::Owned(name.chars().take(LONGEST_NAME).map(plain).collect())
}

/// The id of a call, or another in its place, always the same one: a result is found by it.
pub(super) fn id(id: &str) -> Cow<'_, str> {
    let is_taken = !id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(is_plain);
    if is_taken {
        return Cow::Borrowed(id);
    }
    let digest = Sha256::digest(id.as_bytes());
    let digest: String = digest[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Cow::Owned(format!("call_{digest}"))
}

/// Arguments are an object. What is none is kept where the model can see what it wrote.
pub(super) fn arguments(arguments: &Value) -> Value {
    match arguments {
        Value::Object(_) => arguments.clone(),
        Value::Null => json!({}),
        other => json!({"_invalid": other}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_provider_takes_stays_as_it_is() {
        assert_eq!(name("web_fetch"), "web_fetch");
        assert_eq!(id("toolu_01A-b"), "toolu_01A-b");
        assert_eq!(arguments(&json!({"a": 1})), json!({"a": 1}));
    }

    #[test]
    fn names_and_ids_that_a_provider_would_refuse_become_such_as_it_takes() {
        assert_eq!(
            name("exec<|channel|>commentary"),
            "exec__channel__commentary"
        );
        assert_eq!(name(&"x".repeat(100)).len(), LONGEST_NAME);
        assert_eq!(name(""), "unnamed");
        for odd in ["functions.exec:0", "", &"x".repeat(200)] {
            let sent = id(odd);
            assert!(
                sent.len() <= LONGEST_ID && sent.chars().all(is_plain),
                "{sent}"
            );
            assert_eq!(sent, id(odd));
        }
        assert_ne!(id("a.b"), id("a:b"));
    }
}
