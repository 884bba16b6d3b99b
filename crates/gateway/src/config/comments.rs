//! Comments of the file, which a person wrote and a machine's JSON does not have. Before a write loses any, the text is
//! kept beside the file, without the secrets that are known in it.

use serde_json::Value;

use super::redact::SENTINEL;

/// The comments of a JSON5 text, each from its first slash on.
fn comments(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        let length = match bytes[at] {
            quote @ (b'"' | b'\'') => quoted(rest.as_bytes(), quote),
            b'/' if rest.starts_with("//") => {
                let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
                found.push(rest[..line].trim_end());
                line
            }
            b'/' if rest.starts_with("/*") => {
                let block = rest.find("*/").map_or(rest.len(), |end| end + 2);
                found.push(&rest[..block]);
                block
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += length;
    }
    found
}

/// How long a quoted text is, with both of its quotes.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != quote {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    // An escape may stand at the very end of what is no JSON5; quotes and escapes are never within a character.
    (at + 1).min(text.len())
}

/// Whether a text lacks any comment of the one before it.
pub(super) fn are_lost(before: &str, after: &str) -> bool {
    let kept = comments(after);
    comments(before)
        .iter()
        .any(|comment| !kept.contains(comment))
}

/// The text as it may be kept: whole where it is surely without the secrets, else its comments alone. `shown` is what it
/// says with every secret hidden.
pub(super) fn keepsake(text: &str, secrets: &[String], shown: &Value) -> String {
    let hide = |text: &str| {
        let secrets = secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret, SENTINEL)
        })
    };
    let whole = hide(text);
    if json5::from_str::<Value>(&whole).is_ok_and(|read| read == *shown) {
        return whole;
    }
    let mut alone = hide(&comments(text).join("\n"));
    alone.push('\n');
    alone
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_are_told_from_what_looks_like_them() {
        let text = "{ // one\n a: 'https://x', b: \"/* no */ \\\" // no\", /* two\n lines */ c: 1 } // \u{e9}nd";
        assert_eq!(
            comments(text),
            ["// one", "/* two\n lines */", "// \u{e9}nd"]
        );
        for broken in ["'", "\"\\", "/*", "//", "'\\\u{e9}", "\u{e9}/"] {
            comments(broken);
        }
    }

    #[test]
    fn a_write_loses_comments_only_where_one_is_gone() {
        assert!(are_lost("{ // mine\n}", "{}"));
        assert!(are_lost("{ // mine\n /* both */ }", "{ // mine\n}"));
        assert!(!are_lost("{ // mine\n}", "{ // mine\n a: 1 // more\n}"));
        assert!(!are_lost("{'a': '// none'}", "{}"));
    }

    #[test]
    fn what_is_kept_has_no_secret_also_where_it_is_written_with_escapes() {
        let secrets = ["hunter2".to_owned()];
        let shown = json!({"key": SENTINEL});
        let plain = keepsake("{ // mine\n key: 'hunter2' }", &secrets, &shown);
        assert_eq!(plain, format!("{{ // mine\n key: '{SENTINEL}' }}"));
        let escaped = keepsake("{ // mine\n key: 'hunter\\x32' }", &secrets, &shown);
        assert_eq!(escaped, "// mine\n");
    }
}
