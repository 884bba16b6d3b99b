//! The texts of a transcript: made safe to show, kept inside their limits, freed of what the gateway keeps
//! to itself. Knows nothing of messages.

use std::borrow::Cow;

use crate::untrusted::{self, Policy};

/// The most text one message may hold.
pub(super) const MESSAGE_MAX: usize = 4 * 1024 * 1024;
/// The most output one tool call may hold; its end is what counts.
pub(super) const OUTPUT_MAX: usize = 256 * 1024;
/// What is left of an output that grew beyond `OUTPUT_MAX`. Cutting a good part at once keeps the cost per
/// printed byte constant: one replacement for every 64 KiB.
const OUTPUT_KEPT: usize = 192 * 1024;
/// The most indented JSON the arguments of a tool call may hold.
pub(super) const ARGUMENTS_MAX: usize = 64 * 1024;
/// The longest `data:` URL of an image.
pub(super) const IMAGE_MAX: usize = 2 * 1024 * 1024;
/// The longest line that sums a tool call up.
pub(super) const SUMMARY_MAX: usize = 300;
/// Stands where a text was cut.
pub(super) const CUT_MARK: &str = "\n\n[… cut: the text is longer than 4 MiB]";

const CONTEXT_BEGIN: &str = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const CONTEXT_END: &str = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";
/// What a gateway writes at the end of a text that its own limit cut.
const GATEWAY_CUT: &str = "\n...(truncated)...";

/// Markdown, safe to show. Carriage returns become line breaks, as CommonMark reads them.
pub(super) fn markdown(text: &str) -> String {
    untrusted::prose(&plain_breaks(text))
}

/// A whole text block: safe to show and inside the limit, with a mark where it is cut.
pub(super) fn whole_block(text: &str) -> String {
    let (head, cut) = untrusted::cap(text, MESSAGE_MAX);
    let safe = markdown(head);
    let (head, cut_again) = untrusted::cap(&safe, MESSAGE_MAX);
    if !cut && !cut_again {
        return safe;
    }
    let mut marked = head.to_owned();
    marked.push_str(CUT_MARK);
    marked
}

/// What a command printed. Colours (`SGR` sequences) stay for the page to draw, every other control
/// character is shown as an escape. A carriage return becomes a line break: what it would overwrite on a
/// terminal stays readable.
pub(super) fn terminal(text: &str) -> String {
    let text = plain_breaks(text);
    if !text.contains('\u{1b}') {
        return untrusted::prose(&text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&untrusted::prose(&rest[..at]));
        rest = &rest[at..];
        match colour_sequence(rest) {
            Sequence::Colour(length) => {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
            // Its rest comes with the next output, which repeats this one.
            Sequence::Unfinished => return out,
            Sequence::Other => {
                out.push_str(&untrusted::prose("\u{1b}"));
                rest = &rest[1..];
            }
        }
    }
    out.push_str(&untrusted::prose(rest));
    out
}

enum Sequence {
    Colour(usize),
    Unfinished,
    Other,
}

/// Reads `ESC [ digits and semicolons m`; 32 characters are more than any real one has.
fn colour_sequence(text: &str) -> Sequence {
    let mut bytes = text.bytes().enumerate().skip(1);
    match bytes.next() {
        None => return Sequence::Unfinished,
        Some((_, b'[')) => {}
        Some(_) => return Sequence::Other,
    }
    for (at, byte) in bytes.take(32) {
        match byte {
            b'0'..=b'9' | b';' | b':' => {}
            b'm' => return Sequence::Colour(at + 1),
            _ => return Sequence::Other,
        }
    }
    if text.len() < 34 {
        Sequence::Unfinished
    } else {
        Sequence::Other
    }
}

fn plain_breaks(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The end of an output, inside its limit, and whether anything was cut.
pub(super) fn output_tail(text: &str) -> (&str, bool) {
    if text.len() <= OUTPUT_MAX {
        return (text, false);
    }
    let (tail, _) = untrusted::cap_tail(text, OUTPUT_KEPT);
    (tail, true)
}

/// The arguments of a tool call as indented JSON.
pub(super) fn arguments(value: &serde_json::Value) -> Option<String> {
    let parsed = value
        .as_str()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let value = parsed.as_ref().unwrap_or(value);
    let text = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).ok()?,
    };
    let (head, cut) = untrusted::cap(&text, ARGUMENTS_MAX);
    let safe = untrusted::escape(head, Policy::Command).text;
    let (head, cut_again) = untrusted::cap(&safe, ARGUMENTS_MAX);
    let mut arguments = head.to_owned();
    if cut || cut_again {
        arguments.push('…');
    }
    Some(arguments)
}

/// One line for a tool call.
pub(super) fn summary(text: &str) -> String {
    untrusted::one_line(text.trim(), SUMMARY_MAX)
}

/// Takes out the blocks that a gateway writes for the model and hides from people. The gateway's own page
/// does the same: markers stand on lines of their own and may nest; an unfinished block runs to the end.
pub(super) fn without_internal_context(text: &str) -> Cow<'_, str> {
    if !text.contains(CONTEXT_BEGIN) && !text.contains(CONTEXT_END) {
        return Cow::Borrowed(text);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut depth = 0_usize;
    let mut removed = false;
    for line in text.split('\n') {
        match line.trim() {
            CONTEXT_BEGIN => depth += 1,
            CONTEXT_END => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                kept.push(line);
                continue;
            }
            _ => {}
        }
        removed = true;
    }
    if !removed {
        return Cow::Borrowed(text);
    }
    Cow::Owned(kept.join("\n").trim().to_owned())
}

/// True for a reply that says only that there is nothing to say.
pub(super) fn is_silent_reply(text: &str) -> bool {
    let text = text.trim();
    text.eq_ignore_ascii_case("NO_REPLY") || text == "HEARTBEAT_OK"
}

/// The text without the gateway's mark for "cut here", and whether it had one.
pub(super) fn without_gateway_cut(text: &str) -> (&str, bool) {
    match text.strip_suffix(GATEWAY_CUT) {
        Some(head) => (head, true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_every_other_escape_is_shown() {
        assert_eq!(
            terminal("\u{1b}[1;31mred\u{1b}[0m \u{1b}[2Jgone \u{1b}]0;t\u{7}"),
            "\u{1b}[1;31mred\u{1b}[0m ⟨U+001B⟩[2Jgone ⟨U+001B⟩]0;t⟨U+0007⟩"
        );
    }

    #[test]
    fn an_unfinished_colour_waits_for_its_rest() {
        assert_eq!(terminal("a\u{1b}[3"), "a");
        assert_eq!(terminal("a\u{1b}"), "a");
        assert_eq!(terminal("a\u{1b}[31mb"), "a\u{1b}[31mb");
    }

    #[test]
    fn what_a_carriage_return_would_hide_stays_readable() {
        assert_eq!(terminal("10%\r20%\r\ndone"), "10%\n20%\ndone");
        assert_eq!(markdown("a\r\nb"), "a\nb");
    }

    #[test]
    fn internal_context_is_taken_out_where_it_stands_on_its_own_lines() {
        let text = format!(
            "before\n\n{CONTEXT_BEGIN}\nsecret\n{CONTEXT_BEGIN}\n{CONTEXT_END}\n{CONTEXT_END}\nafter"
        );
        assert_eq!(without_internal_context(&text), "before\n\nafter");
        let open = format!("before\n{CONTEXT_BEGIN}\nsecret");
        assert_eq!(without_internal_context(&open), "before");
        let quoted = format!("Echo: {CONTEXT_BEGIN} and more");
        assert_eq!(without_internal_context(&quoted), quoted);
    }

    #[test]
    fn a_text_over_the_limit_is_cut_with_a_mark() {
        let block = whole_block(&"é".repeat(MESSAGE_MAX));
        assert!(block.len() <= MESSAGE_MAX + CUT_MARK.len());
        assert!(block.ends_with(CUT_MARK));
        assert_eq!(whole_block("short"), "short");
    }

    #[test]
    fn arguments_are_indented_escaped_and_capped() {
        let value = serde_json::json!({"path": "a\u{202e}b"});
        assert_eq!(
            arguments(&value).unwrap(),
            "{\n  \"path\": \"a⟨U+202E⟩b\"\n}"
        );
        let huge = serde_json::json!({"text": "\u{200b}".repeat(ARGUMENTS_MAX)});
        assert!(arguments(&huge).unwrap().len() <= ARGUMENTS_MAX + '…'.len_utf8());
    }
}
