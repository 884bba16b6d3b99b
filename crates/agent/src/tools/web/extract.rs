//! What a page says: as Markdown or text, and marked as written by others.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Mode, Page,
    html::{GivenUp, tree, words},
};

static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"!?\[([^\]]*)\]\([^)]*\)").expect("the pattern is fixed"));
static MARKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^#{1,6} |\*\*|__|`").expect("the pattern is fixed"));

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

/// What was taken out of a page.
pub(super) struct Extract {
    pub(super) text: String,
    pub(super) title: Option<String>,
    /// What took it out.
    pub(super) extractor: &'static str,
}

/// What a page says; none when nobody waits for it any more. It can take long, and is no work for an async thread.
pub(super) fn extract(page: &Page, mode: Mode, given_up: GivenUp) -> Option<Extract> {
    if !is_html(page) {
        return Some(Extract {
            text: page.body.clone(),
            title: None,
            extractor: "raw",
        });
    }
    let words = words(&page.body, given_up)?;
    let title = in_one_line(&words.title);
    let (text, extractor) = match tree(&page.body, given_up) {
        Some(tree) => (markdown(&tree, mode), "htmd"),
        None if given_up() => return None,
        // One that is made to exhaust its reader, or a very large one: its words alone.
        None => (without_empty_lines(&words.text), "text"),
    };
    Some(Extract {
        text,
        title: (!title.is_empty()).then_some(title),
        extractor,
    })
}

fn markdown(tree: &std::rc::Rc<htmd::Node>, mode: Mode) -> String {
    let skipped = vec![
        "script", "style", "noscript", "template", "svg", "iframe", "head",
    ];
    let converter = htmd::HtmlToMarkdown::builder().skip_tags(skipped).build();
    let markdown = converter.tree_to_markdown(tree);
    match mode {
        Mode::Markdown => markdown,
        Mode::Text => without_marks(&markdown),
    }
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_empty_lines(text: &str) -> String {
    let lines = text.lines().map(in_one_line);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Markdown without its links and marks.
fn without_marks(markdown: &str) -> String {
    let text = LINK.replace_all(markdown, "$1");
    MARKS.replace_all(&text, "").into_owned()
}
