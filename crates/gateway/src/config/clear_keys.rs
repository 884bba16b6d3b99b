//! Keys of model providers that stand in the configuration in the clear, and references in their place.

use gatehouse_vault::Secret;
use serde_json::Value;
use zeroize::Zeroizing;

use super::redact::is_reference;

/// A key in the clear.
pub(crate) struct ClearKey {
    pub(crate) provider: String,
    pub(crate) base_url: Option<String>,
    pub(crate) secret: Secret,
}

/// A provider, the key that it had, and what is to stand there.
pub(crate) type Referred = (String, Secret, String);

/// All of them.
pub(super) fn found(source: &Value) -> Vec<ClearKey> {
    let providers = source["models"]["providers"].as_object();
    let key = |(id, provider): (&String, &Value)| {
        let text = provider["apiKey"].as_str()?.trim();
        let is_clear = !text.is_empty() && !text.contains("${") && !is_reference(text);
        is_clear.then(|| ClearKey {
            provider: id.clone(),
            base_url: provider["baseUrl"].as_str().map(str::to_owned),
            secret: Secret::new(text),
        })
    };
    providers.into_iter().flatten().filter_map(key).collect()
}

/// Puts references in place of keys that are still the ones they were. Says whether there was any.
pub(super) fn replace(source: &mut Value, referred: &[Referred]) -> bool {
    let mut any = false;
    for (provider, secret, reference) in referred {
        let key = &mut source["models"]["providers"][provider.as_str()]["apiKey"];
        if key
            .as_str()
            .is_some_and(|text| text.trim() == secret.expose())
        {
            *key = Value::String(reference.clone());
            any = true;
        }
    }
    any
}

/// The person's own text with the references in it; none where that cannot be done by the text alone.
pub(super) fn replace_in_text(text: &str, referred: &[Referred], wanted: &Value) -> Option<String> {
    // What still holds a key is wiped.
    let mut text = Zeroizing::new(text.to_owned());
    for (_, secret, reference) in referred {
        text = Zeroizing::new(text.replace(secret.expose(), reference));
    }
    let same = json5::from_str::<Value>(&text).is_ok_and(|read| read == *wanted);
    same.then(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_in_the_clear_are_found_and_no_reference_is() {
        let source = json!({"models": {"providers": {
            "a": {"apiKey": "sk-1234567890", "baseUrl": "https://a.example/v1"},
            "b": {"apiKey": "${B_KEY}"}, "c": {"apiKey": "{{cred:c}}"}, "d": {}, "e": {"apiKey": " "},
        }}});
        let keys = found(&source);
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].provider, "a");
        assert_eq!(keys[0].secret.expose(), "sk-1234567890");
        assert!(found(&json!({})).is_empty());
    }

    #[test]
    fn a_persons_words_stay_around_the_reference() {
        let text = "{ // mine\n models: {providers: {a: {apiKey: 'sk-1234567890'}}} }";
        let mut wanted: Value = json5::from_str(text).unwrap();
        let referred = [(
            "a".to_owned(),
            Secret::new("sk-1234567890"),
            "{{cred:p}}".to_owned(),
        )];
        assert!(replace(&mut wanted, &referred));
        assert!(!replace(&mut wanted.clone(), &referred), "once");
        let told = replace_in_text(text, &referred, &wanted).unwrap();
        assert_eq!(
            told,
            "{ // mine\n models: {providers: {a: {apiKey: '{{cred:p}}'}}} }"
        );
    }
}
