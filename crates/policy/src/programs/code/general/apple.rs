//! AppleScript: what it hands to a shell is judged, the rest asks.

use crate::programs::code::tokens::unescaped;
use crate::programs::reader::Reader;
use crate::word::Word;

/// AppleScript drives other programs: it asks, and what it hands to a shell is judged.
pub(super) fn read(reader: &mut Reader<'_>, text: &str) {
    reader.ask(
        "inline-code",
        "It runs AppleScript, which drives other programs.",
    );
    let lower = text.to_lowercase();
    let mut rest = text;
    while let Some(at) = rest.to_lowercase().find("do shell script") {
        let Some(after) = rest.get(at + 15..) else {
            break;
        };
        let begin = after.find('"').map_or(after.len(), |at| at + 1);
        let body = &after[begin.min(after.len())..];
        let end = body
            .char_indices()
            .find(|(at, c)| *c == '"' && (*at == 0 || body.as_bytes()[at - 1] != b'\\'))
            .map_or(body.len(), |(at, _)| at);
        reader.shell(Word::Known(unescaped(&body[..end])));
        rest = &body[end..];
    }
    if lower.contains("administrator privileges")
        || lower.contains("keystroke")
        || lower.contains("key code")
        || lower.contains("password")
        || lower.contains("hidden answer")
        || lower.contains("login item")
    {
        reader.deny(
            "drives-desktop",
            "It acts as a person does, or asks a person for a password.",
        );
    }
}
