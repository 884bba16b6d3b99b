//! Another preset in a document, and all else as it was written.

use std::sync::LazyLock;

use gatehouse_policy::rules::Preset;
use regex::Regex;

static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([{,\n]\s*["']?preset["']?\s*:\s*)["'][a-z]*["']"#)
        .expect("the pattern was tested")
});

pub(super) fn with_preset(document: &str, preset: Preset) -> String {
    let word = match preset {
        Preset::Guarded => "guarded",
        Preset::Strict => "strict",
        Preset::Observe => "observe",
    };
    if NAMED.is_match(document) {
        let put = format!("${{1}}\"{word}\"");
        return NAMED.replacen(document, 1, put.as_str()).into_owned();
    }
    document.replacen('{', &format!("{{\n  preset: \"{word}\","), 1)
}
