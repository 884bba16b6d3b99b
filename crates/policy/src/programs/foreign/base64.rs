//! The line that a call of PowerShell carries, plain or encoded (Base64 of UTF-16).

use crate::programs::reader::shown_word;
use crate::word::Word;

/// The text that is run, and whether it was encoded. None where nothing is given to run.
pub(super) fn command(args: &[Word]) -> Option<(String, bool)> {
    let words: Vec<String> = args.iter().map(shown_word).collect();
    let mut at = 0;
    while at < words.len() {
        let lower = words[at].to_ascii_lowercase();
        let word = lower.replacen('/', "-", usize::from(lower.starts_with('/')));
        at += 1;
        let is = |parameter: &str, least: usize| {
            word.len() >= least && word.starts_with('-') && parameter.starts_with(word.as_str())
        };
        if word == "-ec" || word.starts_with("-e") && "-encodedcommand".starts_with(word.as_str()) {
            let text = words.get(at).and_then(|text| decoded(text));
            return Some((
                text.unwrap_or_else(|| "invoke-expression $unreadable".to_owned()),
                true,
            ));
        }
        if is("-command", 2) {
            return Some((words[at..].join(" "), false));
        }
        if is("-file", 2) {
            return Some((format!("& {}", words[at..].join(" ")), false));
        }
        if is("-executionpolicy", 3)
            || word == "-ep"
            || is("-windowstyle", 2)
            || is("-version", 2)
            || is("-inputformat", 4)
            || is("-outputformat", 2)
            || is("-workingdirectory", 4)
        {
            at += 1;
        } else if word == "--version" || word == "-help" || word == "-h" {
            return Some(("get-host".to_owned(), false));
        } else if !word.starts_with('-') {
            return Some((words[at - 1..].join(" "), false));
        }
    }
    None
}

/// Base64 of UTF-16, little end first.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut bits = 0_u32;
    let mut count = 0;
    for c in text.bytes().filter(|&b| b != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).ok()
}
