//! Finding where something ends, without reading it.

/// The length up to the parenthesis that closes a substitution, its opening one being read.
pub(super) fn to_close(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut scan = Scan {
        word_starts: true,
        leads: true,
        ..Scan::default()
    };
    let mut at = 0;
    while at < bytes.len() {
        let begins = scan.word_starts;
        scan.word_starts = false;
        if begins && matches!(bytes[at], b'\\' | b'\'' | b'"' | b'`' | b'$') {
            scan.leads = false;
        }
        match bytes[at] {
            b'\\' => at += 1,
            b'\'' => at += 1 + text[at + 1..].find('\'')?,
            b'"' => at += 1 + to_quote(&text[at + 1..])?,
            b'`' => at += 1 + to_backquote(&text[at + 1..])?,
            b'$' => at += expansion(&text[at..])?,
            b'#' if begins => {
                at += text[at..].find('\n').unwrap_or(text.len() - at) - 1;
            }
            b'<' if text[at..].starts_with("<<<") => at += 2,
            b'<' if text[at..].starts_with("<<") => at += scan.here(&text[at..])?,
            b'\n' => {
                at += scan.bodies(&text[at + 1..])?;
                scan.command_starts();
            }
            b'(' => {
                scan.depth += 1;
                scan.command_starts();
            }
            b')' => {
                if scan.in_pattern() {
                    scan.command_starts();
                } else if scan.depth == 0 {
                    return Some(at);
                } else {
                    scan.depth -= 1;
                    scan.command_starts();
                }
            }
            b';' | b'&' | b'|' => scan.command_starts(),
            b' ' | b'\t' | b'>' | b'<' => scan.word_starts = true,
            _ if begins => scan.keyword(&text[at..]),
            _ => {}
        }
        at += 1;
    }
    None
}

#[derive(Default)]
struct Scan {
    depth: usize,
    word_starts: bool,
    /// Whether the next word may be a keyword: `case` is a plain word in `grep case file`.
    leads: bool,
    /// For each open `case`, how deep it stands.
    cases: Vec<usize>,
    here: Vec<(String, bool)>,
}

impl Scan {
    fn in_pattern(&self) -> bool {
        self.cases.last() == Some(&self.depth)
    }

    fn command_starts(&mut self) {
        self.word_starts = true;
        self.leads = true;
    }

    fn keyword(&mut self, rest: &str) {
        let word = super::quotes::identifier(rest);
        let leads = std::mem::replace(&mut self.leads, false);
        match word {
            "case" if leads => self.cases.push(self.depth),
            "esac" if leads => {
                self.cases.pop();
            }
            // `case x in esac` has no pattern.
            "in" if self.in_pattern() => self.leads = true,
            "then" | "do" | "else" | "elif" | "if" | "while" | "until" | "time" => {
                self.leads = leads;
            }
            "" if rest.starts_with("{ ") || rest.starts_with("! ") => self.leads = leads,
            _ => {}
        }
    }

    /// Notes a here-document; how far to step.
    fn here(&mut self, rest: &str) -> Option<usize> {
        let tabs = rest.starts_with("<<-");
        let mut length = 2 + usize::from(tabs);
        length += rest[length..].len() - rest[length..].trim_start_matches([' ', '\t']).len();
        let tag = &rest[length..];
        let end = tag
            .find(|c: char| " \t\n;&|<>()".contains(c))
            .unwrap_or(tag.len());
        let name = tag[..end].replace(['\'', '"', '\\'], "");
        if name.is_empty() {
            return None;
        }
        self.here.push((name, tabs));
        Some(length + end - 1)
    }

    /// The length of the here-documents that begin on this line.
    fn bodies(&mut self, text: &str) -> Option<usize> {
        let mut length = 0;
        for (tag, tabs) in std::mem::take(&mut self.here) {
            loop {
                let line = text[length..].split_inclusive('\n').next()?;
                length += line.len();
                let line = line.strip_suffix('\n').unwrap_or(line);
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == tag {
                    break;
                }
            }
        }
        Some(length)
    }
}

/// The length less one of what begins with a dollar.
fn expansion(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix("$(") {
        return Some(2 + to_close(inner)?);
    }
    if let Some(inner) = text.strip_prefix("${") {
        return Some(2 + to_brace(inner)?);
    }
    if let Some(quoted) = text.strip_prefix("$'") {
        let mut escaped = false;
        for (at, byte) in quoted.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'\'' => return Some(2 + at),
                _ => {}
            }
        }
        return None;
    }
    Some(0)
}

/// The length up to the double quote that closes.
pub(super) fn to_quote(text: &str) -> Option<usize> {
    to_end(text, b'"')
}

/// The length up to the brace that closes `${`.
pub(super) fn to_brace(text: &str) -> Option<usize> {
    to_end(text, b'}')
}

fn to_backquote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'`' => return Some(at),
            _ => {}
        }
    }
    None
}

fn to_end(text: &str, end: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            byte if byte == end => return Some(at),
            b'\\' => at += 1,
            b'$' if !text[at..].starts_with("$'") => at += expansion(&text[at..])?,
            b'`' => at += 1 + to_backquote(&text[at + 1..])?,
            b'"' => at += 1 + to_quote(&text[at + 1..])?,
            _ => {}
        }
        at += 1;
    }
    None
}
