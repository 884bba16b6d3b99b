//! What a page says: as Markdown or text, and marked as written by others.

use std::sync::LazyLock;

use regex::Regex;

use super::{Mode, Page};

static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"!?\[([^\]]*)\]\([^)]*\)").expect("the pattern is fixed"));
static MARKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^#{1,6} |\*\*|__|`").expect("the pattern is fixed"));
static TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?is)<title[^>]*>(.*?)</title>").expect("the pattern is fixed"));

pub(super) const BEGIN: &str = "<<<EXTERNAL_UNTRUSTED_CONTENT>>>";
pub(super) const END: &str = "<<<END_EXTERNAL_UNTRUSTED_CONTENT>>>";

/// Marks a text as written by others. Marks inside of it are taken out: a page must not end its own.
pub(super) fn wrapped(text: &str) -> String {
    let text = text.replace(BEGIN, "[mark removed]");
    let text = text.replace(END, "[mark removed]");
    format!("{BEGIN}\nSource: web_fetch\n---\n{text}\n{END}")
}

fn is_html(page: &Page) -> bool {
    let kind = page.content_type.to_lowercase();
    let begins = page.body.trim_start().get(..15).unwrap_or_default();
    kind.contains("html") || (kind.is_empty() && begins.eq_ignore_ascii_case("<!doctype html>"))
}

/// What a page says, and what took it out of the page.
pub(super) fn extract(page: &Page, mode: Mode) -> (String, &'static str) {
    if !is_html(page) {
        return (page.body.clone(), "raw");
    }
    let skipped = vec![
        "script", "style", "noscript", "template", "svg", "iframe", "head",
    ];
    let converter = htmd::HtmlToMarkdown::builder().skip_tags(skipped).build();
    let Ok(markdown) = converter.convert(&page.body) else {
        return (page.body.clone(), "raw");
    };
    match mode {
        Mode::Markdown => (markdown, "htmd"),
        Mode::Text => (without_marks(&markdown), "htmd"),
    }
}

/// Markdown without its links and marks.
fn without_marks(markdown: &str) -> String {
    let text = LINK.replace_all(markdown, "$1");
    MARKS.replace_all(&text, "").into_owned()
}

/// What a page is called, marked likewise.
pub(super) fn title(page: &Page) -> Option<String> {
    let found = TITLE.captures(&page.body).filter(|_| is_html(page))?;
    let title = htmd::convert(&found[1]).ok()?;
    let title: String = title.trim().chars().take(256).collect();
    (!title.is_empty()).then(|| wrapped(&title))
}
